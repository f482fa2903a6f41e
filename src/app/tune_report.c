#include "app/tune_report.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "app/json_tools.h"
#include "app/tune_cells.h"
#include "base/text.h"

#define SCHEMA 1
#define BAR    26u

/* ---- text ---- */

static const char *time_text(char into[24], double ns)
{
    if (isnan(ns))
        snprintf(into, 24, "n/a");
    else
        ps_format_duration(into, 24, (uint64_t)(ns + 0.5));
    return into;
}

static void print_head(const struct ps_tune_report *report, FILE *to)
{
    const struct ps_tune_about *about = report->about;
    char cpu[24], wait[24], slot[24], warmup[24];
    fprintf(to, "%s on %s%s%s, workers %u to %u, %u usable cpu%s\n", about->preset, about->engine,
            about->policy[0] ? ":" : "", about->policy, about->low, about->high, about->usable_cpus,
            about->usable_cpus == 1 ? "" : "s");
    fprintf(to, " a task: cpu %s + wait %s; load: %s%s\n", time_text(cpu, about->cpu_ns),
            time_text(wait, about->wait_ns), about->load, about->saturated ? " (to saturate)" : "");
    fprintf(to, " %u points, %u repeats, %s each after a warm-up of %s\n", report->surface->count,
            about->repeats, time_text(slot, about->slot_s * 1e9),
            time_text(warmup, about->warmup_s * 1e9));
}

static double highest(const struct ps_surface *surface)
{
    double most = 0;
    for (unsigned i = 0; i < surface->count; i++)
        most = fmax(most, surface->point[i].middle);
    return most;
}

static bool has_failed(const struct ps_tune_report *report, unsigned workers)
{
    for (unsigned i = 0; i < report->cell_count; i++)
        if (report->cells[i].workers == workers && report->cells[i].failed[0])
            return true;
    return false;
}

static void print_point(const struct ps_tune_report *report, const struct ps_point *point, FILE *to)
{
    const struct ps_choice *choice = &report->conclusion->choice;
    const struct ps_curve *cap = &ps_conclusion_model(report->conclusion, "hard cap")->curve;
    double most = highest(report->surface);
    char bar[BAR + 2] = "", rate[24], spread[24], p99[24];
    unsigned full = most > 0 ? (unsigned)(point->middle / most * BAR + 0.5) : 0;
    unsigned bound = most > 0 ? (unsigned)(ps_curve_at(cap, point->workers) / most * BAR + 0.5) : 0;
    memset(bar, ' ', BAR + 1);
    memset(bar, '#', full);
    if (bound <= BAR && bar[bound] == ' ')
        bar[bound] = '.';
    fprintf(to, " %7u %9s %8s %9s  %s%s%s%s\n", point->workers,
            ps_format_count(rate, sizeof rate, point->middle),
            point->repeats > 1 ? ps_format_count(spread, sizeof spread, point->deviation) : "-",
            time_text(p99, point->middle_p99_ns), bar,
            has_failed(report, point->workers) ? "failed" : "",
            point->workers == choice->best ? " best" : "",
            point->workers == choice->recommended ? " <- take" : "");
}

static void print_points(const struct ps_tune_report *report, FILE *to)
{
    fprintf(to, "\n %7s %9s %8s %9s  # measured  . hard-cap bound\n", "workers", "done/s", "+-",
            "p99");
    for (unsigned i = 0; i < report->surface->count; i++)
        print_point(report, &report->surface->point[i], to);
}

static void print_failures(const struct ps_tune_report *report, FILE *to)
{
    for (unsigned i = 0; i < report->cell_count; i++)
        if (report->cells[i].failed[0]) {
            char clean[80];
            ps_text_clean(clean, sizeof clean, report->cells[i].failed);
            fprintf(to, " %u workers: %s\n", report->cells[i].workers, clean);
            return;
        }
}

static void print_disturbed(const struct ps_tune_report *report, FILE *to)
{
    unsigned disturbed = 0;
    for (unsigned i = 0; i < report->cell_count; i++)
        disturbed += report->cells[i].others > PS_TUNE_DISTURBED;
    if (disturbed)
        fprintf(to,
                " ! in %u of %u slots other processes took over %.0f %% of the CPUs, also when\n"
                "   measured again: quieten the machine, or give more --repeats\n",
                disturbed, report->cell_count, PS_TUNE_DISTURBED * 100);
}

static void print_count(const struct ps_tune_report *report, const char *what, unsigned workers,
                        FILE *to)
{
    const struct ps_point *point = ps_surface_find(report->surface, workers);
    char rate[24], p99[24];
    fprintf(to, " %-16s %4u workers  %s/s  p99 %s", what, workers,
            ps_format_count(rate, sizeof rate, point->middle),
            time_text(p99, point->middle_p99_ns));
}

static void print_answer(const struct ps_tune_report *report, FILE *to)
{
    const struct ps_choice *choice = &report->conclusion->choice;
    const struct ps_tune_about *about = report->about;
    const struct ps_point *best = ps_surface_find(report->surface, choice->best);
    char goal[24];
    fputs("\n Answer\n", to);
    print_count(report, "highest measured", choice->best, to);
    fputs("\n", to);
    if (choice->recommended == 0) {
        fprintf(to, " none of the counts keeps p99 within %s", time_text(goal, about->goal_ns));
        if (choice->nearest)
            fprintf(to, "; the nearest is %u", choice->nearest);
        fputs("\n", to);
        return;
    }
    const struct ps_point *taken = ps_surface_find(report->surface, choice->recommended);
    print_count(report, "recommended", choice->recommended, to);
    fprintf(to, "  %.0f %% of it\n", best->middle > 0 ? 100 * taken->middle / best->middle : 0);
    fprintf(to, " = %.3g x %u cpus; the smallest count within %.0f %% of the best%s%s\n",
            (double)choice->recommended / about->usable_cpus, about->usable_cpus,
            100 * choice->tolerance, about->goal_ns > 0 ? " that keeps p99 within " : "",
            about->goal_ns > 0 ? time_text(goal, about->goal_ns) : "");
    if (about->goal_ns > 0)
        fprintf(to, "   it was kept in %u of %u repeats\n", ps_point_kept(taken, about->goal_ns),
                taken->repeats);
    if (!ps_tune_is_at_rate(about) && choice->noise > PS_TOLERANCE_MOST &&
        choice->alike_low < choice->alike_high)
        fprintf(to,
                " ! noise of %.0f %% between two counts (95 %%): %u to %u workers cannot be told\n"
                "   apart; quieten the machine, or give more --repeats or a longer --slot\n",
                100 * choice->noise, choice->alike_low, choice->alike_high);
}

static void print_model(const struct ps_tune_report *report, const struct ps_model *model, FILE *to)
{
    char count[48] = "n/a", fit[24] = "";
    if (model->rises)
        snprintf(count, sizeof count, "no peak up to %.0f", model->prediction);
    else if (!isnan(model->low))
        snprintf(count, sizeof count, "%.1f  (%.1f .. %.1f)", model->prediction, model->low,
                 model->high);
    else if (!isnan(model->prediction))
        snprintf(count, sizeof count, "%.1f", model->prediction);
    if (!isnan(model->r2))
        snprintf(fit, sizeof fit, "R2 %.3f", model->r2);
    (void)report;
    fprintf(to, " %-34s %-24s %s\n", model->title, count, fit);
}

static void print_models(const struct ps_tune_report *report, FILE *to)
{
    const struct ps_conclusion *conclusion = report->conclusion;
    const struct ps_model *usl = ps_conclusion_model(conclusion, "USL");
    const struct ps_model *lines = ps_conclusion_model(conclusion, "two lines");
    fputs("\n Models: workers at the knee or peak (95 %), and how well they fit\n", to);
    for (unsigned i = 0; i < PS_MODELS; i++)
        print_model(report, &conclusion->model[i], to);
    if (!isnan(conclusion->sigma_low))
        fprintf(to, "   USL: sigma %.3g (%.3g .. %.3g), kappa %.2g (%.2g .. %.2g)\n",
                usl->curve.sigma, conclusion->sigma_low, conclusion->sigma_high, usl->curve.kappa,
                conclusion->kappa_low, conclusion->kappa_high);
    if (lines->has_curve && usl->has_curve && lines->r2 > usl->r2 + 0.005)
        fputs("   ! USL and Amdahl know contention, not a limit of CPUs: two lines fit better\n",
              to);
    if (lines->has_curve && !lines->rises)
        fprintf(to, "   measured knee: %.1f workers = %.3g x %u cpus\n", lines->prediction,
                lines->prediction / report->about->usable_cpus, report->about->usable_cpus);
}

static void print_tuners(const struct ps_tune_report *report, FILE *to)
{
    fputs("\n Auto-tuners replayed on these points (arithmetic, not a run; 120 s)\n", to);
    for (unsigned i = 0; i < PS_TUNERS; i++) {
        const struct ps_tuner_run *run = &report->conclusion->tuner[i];
        char settled[64];
        if (isnan(run->settle_s))
            snprintf(settled, sizeof settled, "wanders %.0f to %.0f", run->lowest, run->highest);
        else
            snprintf(settled, sizeof settled, "settled %.0f in %.0f s", run->settled,
                     run->settle_s);
        fprintf(to, " %-12s %-24s %3u reversal%s  %3.0f %% of the best\n", run->name, settled,
                run->reversals, run->reversals == 1 ? " " : "s", run->share * 100);
    }
}

void ps_tune_text(const struct ps_tune_report *report, FILE *to)
{
    print_head(report, to);
    print_points(report, to);
    print_failures(report, to);
    print_disturbed(report, to);
    print_answer(report, to);
    if (ps_tune_is_at_rate(report->about)) {
        fputs(
            "\n At this rate p99 decides: done/s shows the rate and not what the pool can do, so\n"
            " there are no models and tuners of it (--load saturate shows what it can do).\n",
            to);
        return;
    }
    print_models(report, to);
    print_tuners(report, to);
}

/* ---- JSON ---- */

static json_t *pair(double low, double high)
{
    if (isnan(low) || isnan(high))
        return json_null();
    json_t *array = json_array();
    json_array_append_new(array, json_real(low));
    json_array_append_new(array, json_real(high));
    return array;
}

static json_t *count_or_null(unsigned count)
{
    return count ? json_integer(count) : json_null();
}

static json_t *points(const struct ps_tune_report *report)
{
    json_t *array = json_array();
    for (unsigned i = 0; i < report->surface->count; i++) {
        const struct ps_point *point = &report->surface->point[i];
        json_t *object = json_object();
        json_object_set_new(object, "workers", json_integer(point->workers));
        json_object_set_new(object, "throughput_per_s", json_real(point->middle));
        json_object_set_new(object, "deviation_per_s",
                            point->repeats > 1 ? json_real(point->deviation) : json_null());
        json_object_set_new(object, "p99_ns", ps_json_number(point->middle_p99_ns));
        json_object_set_new(object, "repeats", json_integer(point->repeats));
        json_array_append_new(array, object);
    }
    return array;
}

static json_t *residuals(const struct ps_model *model, const struct ps_surface *surface)
{
    if (!model->has_curve)
        return json_null();
    json_t *array = json_array();
    for (unsigned i = 0; i < surface->count; i++) {
        const struct ps_point *point = &surface->point[i];
        double predicted = ps_curve_at(&model->curve, point->workers);
        json_array_append_new(array, ps_json_number(point->middle - predicted));
    }
    return array;
}

static json_t *models(const struct ps_tune_report *report)
{
    const struct ps_conclusion *conclusion = report->conclusion;
    json_t *array = json_array();
    for (unsigned i = 0; i < PS_MODELS; i++) {
        const struct ps_model *model = &conclusion->model[i];
        json_t *object = json_object();
        json_object_set_new(object, "name", json_string(model->name));
        json_object_set_new(object, "prediction", ps_json_number(model->prediction));
        json_object_set_new(object, "interval", pair(model->low, model->high));
        json_object_set_new(object, "rises", json_boolean(model->rises));
        json_object_set_new(object, "r2", ps_json_number(model->r2));
        json_object_set_new(object, "residuals_per_s", residuals(model, report->surface));
        if (model->has_curve && model->curve.kind != PS_CURVE_TWO_LINES)
            json_object_set_new(object, "sigma", json_real(model->curve.sigma));
        if (model->has_curve && model->curve.kind == PS_CURVE_USL) {
            json_object_set_new(object, "kappa", json_real(model->curve.kappa));
            json_object_set_new(object, "sigma_interval",
                                pair(conclusion->sigma_low, conclusion->sigma_high));
            json_object_set_new(object, "kappa_interval",
                                pair(conclusion->kappa_low, conclusion->kappa_high));
        }
        json_array_append_new(array, object);
    }
    return array;
}

static json_t *tuners(const struct ps_tune_report *report)
{
    json_t *array = json_array();
    for (unsigned i = 0; i < PS_TUNERS; i++) {
        const struct ps_tuner_run *run = &report->conclusion->tuner[i];
        json_t *object = json_object();
        json_object_set_new(object, "name", json_string(run->name));
        json_object_set_new(object, "settled_workers", ps_json_number(run->settled));
        json_object_set_new(object, "settle_seconds", ps_json_number(run->settle_s));
        json_object_set_new(object, "range", pair(run->lowest, run->highest));
        json_object_set_new(object, "reversals", json_integer(run->reversals));
        json_object_set_new(object, "share_of_best", ps_json_number(run->share));
        json_array_append_new(array, object);
    }
    return array;
}

static json_t *cells(const struct ps_tune_report *report)
{
    json_t *array = json_array();
    for (unsigned i = 0; i < report->cell_count; i++)
        json_array_append_new(array, ps_cell_object(report->about, &report->cells[i]));
    return array;
}

enum ps_err ps_tune_json(const struct ps_tune_report *report, FILE *to)
{
    const struct ps_tune_about *about = report->about;
    const struct ps_choice *choice = &report->conclusion->choice;
    const struct ps_model *lines = ps_conclusion_model(report->conclusion, "two lines");
    json_t *root = json_object();
    json_object_set_new(root, "schema", json_integer(SCHEMA));
    json_object_set_new(root, "version", json_string(POOLSCOPE_VERSION));
    json_object_set_new(root, "preset", ps_json_text(about->preset));
    json_object_set_new(root, "engine", ps_json_text(about->engine));
    json_object_set_new(root, "policy", ps_json_text(about->policy));
    json_object_set_new(root, "load", ps_json_text(about->load));
    json_object_set_new(root, "saturated", json_boolean(about->saturated));
    json_object_set_new(root, "usable_cpus", json_integer(about->usable_cpus));
    json_object_set_new(root, "cpu_ns", json_real(about->cpu_ns));
    json_object_set_new(root, "wait_ns", json_real(about->wait_ns));
    json_object_set_new(root, "p99_goal_ns",
                        about->goal_ns > 0 ? json_real(about->goal_ns) : json_null());
    json_object_set_new(root, "points", points(report));
    json_object_set_new(root, "best_workers", count_or_null(choice->best));
    json_object_set_new(root, "recommended_workers", count_or_null(choice->recommended));
    json_object_set_new(root, "knee_workers",
                        lines->rises ? json_null() : ps_json_number(lines->prediction));
    json_object_set_new(root, "tolerance", json_real(choice->tolerance));
    json_object_set_new(root, "noise", ps_json_number(choice->noise));
    json_object_set_new(root, "alike_workers",
                        choice->alike_low
                            ? json_pack("[ii]", (int)choice->alike_low, (int)choice->alike_high)
                            : json_null());
    json_object_set_new(root, "noise", json_real(report->surface->noise));
    json_object_set_new(root, "models", models(report));
    json_object_set_new(root, "tuners", tuners(report));
    json_object_set_new(root, "cells", cells(report));
    return ps_json_print(root, JSON_INDENT(2), to);
}
