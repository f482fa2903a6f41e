#include "ui/tune_answer.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "ui/format.h"

/* ---- the answer ---- */

/* Throughput and p99 at a count; `measured` says whether there is a point or only neighbours. */
static void describe(const struct ps_tune_view *view, unsigned workers, char *into, size_t size)
{
    const struct ps_point *point = ps_surface_find(view->surface, workers);
    char rate[PS_FIGURE_BYTES], spread[PS_FIGURE_BYTES], p99[PS_FIGURE_BYTES];
    double p99_ns = ps_surface_p99_ns(view->surface, workers);
    int n = snprintf(into, size, "%4u worker%s %s%s/s", workers, workers == 1 ? " " : "s",
                     point ? " " : "~",
                     ps_figure_rate(rate, ps_surface_throughput(view->surface, workers)));
    if (point && point->repeats > 1)
        n +=
            snprintf(into + n, size - (size_t)n, " +-%s", ps_figure_rate(spread, point->deviation));
    if (!isnan(p99_ns))
        snprintf(into + n, size - (size_t)n, "  p99 %s", ps_figure_time(p99, (uint64_t)p99_ns));
}

enum { LABEL = 18, FIGURES = 58 };

/* Where a row is too short for all of it, the rest stands on the next one. */
static bool is_narrow(const struct ps_canvas *c)
{
    return c->width < 76 && c->height >= 6;
}

static void draw_line(const struct ps_canvas *c, int number, enum ps_style style, const char *label,
                      const char *figures, const char *rest)
{
    int y = is_narrow(c) ? 2 * number : number;
    ps_canvas_put(c, 0, y, PS_STYLE_LABEL, label);
    if (is_narrow(c)) {
        ps_canvas_fit(c, LABEL, y, c->width - LABEL, style, figures);
        ps_canvas_fit(c, LABEL + 2, y + 1, c->width - LABEL - 2, PS_STYLE_NORMAL, rest);
        return;
    }
    int x = ps_canvas_fit(c, LABEL, y, c->width - LABEL, style, figures);
    x = x + 2 > FIGURES ? x + 2 : FIGURES;
    if (x + ps_text_width(rest) > c->width)
        x = c->width - ps_text_width(rest) > LABEL + ps_text_width(figures) + 2
                ? c->width - ps_text_width(rest)
                : LABEL + ps_text_width(figures) + 2;
    ps_canvas_fit(c, x, y, c->width - x, PS_STYLE_NORMAL, rest);
}

static double rate_at(const struct ps_tune_view *view, unsigned workers)
{
    return ps_surface_throughput(view->surface, workers);
}

static void draw_recommended(const struct ps_canvas *c, const struct ps_tune_view *view)
{
    const struct ps_choice *choice = &view->conclusion->choice;
    char figures[120], rest[120], goal[PS_FIGURE_BYTES];
    if (choice->recommended == 0) {
        snprintf(figures, sizeof figures, "none keeps p99 within %s",
                 ps_figure_time(goal, (uint64_t)view->about->goal_ns));
        snprintf(rest, sizeof rest, "the nearest is %u", choice->nearest);
        draw_line(c, 1, PS_STYLE_WARNING, "recommended", figures, choice->nearest ? rest : "");
        return;
    }
    double best = rate_at(view, choice->best), taken = rate_at(view, choice->recommended);
    describe(view, choice->recommended, figures, sizeof figures);
    const struct ps_point *point = ps_surface_find(view->surface, choice->recommended);
    unsigned kept = ps_point_kept(point, view->about->goal_ns);
    int n = view->about->goal_ns > 0
                ? snprintf(rest, sizeof rest, "goal kept in %u of %u", kept, point->repeats)
            : choice->recommended == choice->best
                ? snprintf(rest, sizeof rest, "the same")
                : snprintf(rest, sizeof rest, "%.0f %% of it", best > 0 ? 100 * taken / best : 0);
    if (view->about->usable_cpus && view->about->goal_ns <= 0)
        snprintf(rest + n, sizeof rest - (size_t)n, ", %.3gx%u cpu%s",
                 (double)choice->recommended / view->about->usable_cpus, view->about->usable_cpus,
                 view->about->usable_cpus == 1 ? "" : "s");
    draw_line(c, 1, PS_STYLE_FOCUS, "recommended", figures, rest);
}

/* Beyond the points nothing is known. */
static bool is_within(const struct ps_surface *surface, unsigned workers)
{
    return workers >= surface->point[0].workers &&
           workers <= surface->point[surface->count - 1].workers;
}

/* Two points have to differ by more than the recommendation allows, to be told apart. */
static bool is_noisy(const struct ps_choice *choice)
{
    return choice->noise > PS_TOLERANCE_MOST;
}

static void draw_guess(const struct ps_canvas *c, const struct ps_tune_view *view)
{
    const struct ps_choice *choice = &view->conclusion->choice;
    char figures[120], rest[120];
    if (!view->guess) {
        draw_line(c, 2, PS_STYLE_DIM, "your guess",
                  view->stage == PS_TUNE_MEASURED ? "none: type a number to see what it costs"
                                                  : "type a number: what will be best?",
                  "");
        return;
    }
    if (!is_within(view->surface, view->guess)) {
        snprintf(figures, sizeof figures, "%4u worker%s", view->guess, view->guess == 1 ? "" : "s");
        draw_line(c, 2, PS_STYLE_STRONG, "your guess", figures, "not measured yet");
        return;
    }
    double best = rate_at(view, choice->best), mine = rate_at(view, view->guess);
    double lost = best > 0 ? 1 - mine / best : 0;
    describe(view, view->guess, figures, sizeof figures);
    double alike = is_noisy(choice) ? choice->noise : choice->tolerance;
    char goal[PS_FIGURE_BYTES];
    if (view->about->goal_ns > 0 &&
        ps_surface_p99_ns(view->surface, view->guess) > view->about->goal_ns)
        snprintf(rest, sizeof rest, "misses the goal, %s",
                 ps_figure_time(goal, (uint64_t)view->about->goal_ns));
    else if (lost <= choice->tolerance && choice->recommended && view->guess > choice->recommended)
        snprintf(rest, sizeof rest, "as good, %u more than needed",
                 view->guess - choice->recommended);
    else if (lost <= alike)
        snprintf(rest, sizeof rest, "within noise of the best");
    else
        snprintf(rest, sizeof rest, "you would lose %.0f %%", lost * 100);
    draw_line(c, 2, PS_STYLE_STRONG, "your guess", figures, rest);
}

void ps_tune_answer_draw(const struct ps_canvas *c, const struct ps_tune_view *view)
{
    char figures[120];
    if (!view->conclusion) {
        if (view->guess)
            ps_canvas_print(c, 0, 0, PS_STYLE_STRONG, "your guess: %u workers", view->guess);
        else
            ps_canvas_put(
                c, 0, 0, PS_STYLE_DIM,
                "How many workers will be best? Type a number before the points come in.");
        return;
    }
    const struct ps_choice *choice = &view->conclusion->choice;
    describe(view, choice->best, figures, sizeof figures);
    draw_line(c, 0, PS_STYLE_STRONG, "highest measured", figures, "");
    draw_recommended(c, view);
    draw_guess(c, view);
}

/* ---- models ---- */

/* The point that the model misses by most, relative to what was measured. */
static double worst_of(const struct ps_model *model, const struct ps_surface *surface,
                       unsigned *workers)
{
    double worst = NAN;
    for (unsigned i = 0; i < surface->count; i++) {
        const struct ps_point *point = &surface->point[i];
        if (point->middle <= 0)
            continue;
        double off = ps_curve_at(&model->curve, point->workers) / point->middle - 1;
        if (isnan(worst) || fabs(off) > fabs(worst)) {
            worst = off;
            *workers = point->workers;
        }
    }
    return worst;
}

static void prediction_text(const struct ps_model *model, char into[48])
{
    if (isnan(model->prediction))
        snprintf(into, 48, "n/a");
    else if (model->rises)
        snprintf(into, 48, "rises to %.0f", model->prediction);
    else if (!isnan(model->low))
        snprintf(into, 48, "%.1f (%.1f..%.1f)", model->prediction, model->low, model->high);
    else
        snprintf(into, 48, "%.1f", model->prediction);
}

/* By how many percent it misses each point, in their order; returns the column after. */
static int draw_residuals(const struct ps_canvas *c, int x, int y, const struct ps_model *model,
                          const struct ps_surface *surface)
{
    for (unsigned i = 0; i < surface->count && x + 5 <= c->width; i++) {
        const struct ps_point *point = &surface->point[i];
        double off = point->middle > 0
                         ? 100 * (ps_curve_at(&model->curve, point->workers) / point->middle - 1)
                         : NAN;
        enum ps_style style = fabs(off) < 5 ? PS_STYLE_DIM : PS_STYLE_WARNING;
        char text[16];
        snprintf(text, sizeof text, fabs(off) < 999.5 ? "%+.0f" : "%.0e", off);
        ps_canvas_right(c, x + 5, y, style, text);
        x += 5;
    }
    return x;
}

void ps_tune_models_draw(const struct ps_canvas *c, const struct ps_tune_view *view)
{
    const struct ps_model *best = ps_tune_best_model(view->conclusion);
    if (!view->conclusion || view->surface->count < 3) {
        ps_canvas_fit(c, 0, 0, c->width, PS_STYLE_DIM, "three points are needed");
        return;
    }
    if (ps_tune_is_at_rate(view->about)) {
        ps_canvas_wrap(c, 0, 0, c->width, c->height, 0, PS_STYLE_DIM,
                       "They are of throughput, which is that of the load here. Load = saturate in "
                       "the form shows what the pool can do.");
        return;
    }
    bool wide = 41 + 5 * (int)view->surface->count <= c->width;
    for (unsigned i = 0; i < PS_MODELS; i++) {
        const struct ps_model *model = &view->conclusion->model[i];
        char text[48];
        unsigned at = 0;
        int y = (int)i;
        ps_canvas_put(c, 0, y, model == best ? PS_STYLE_STRONG : PS_STYLE_LABEL, model->name);
        prediction_text(model, text);
        ps_canvas_fit(c, 14, y, 18, PS_STYLE_NORMAL, text);
        if (isnan(model->r2))
            continue;
        snprintf(text, sizeof text, model->r2 > -9.995 ? "R2 %.3f" : "R2 < -10", model->r2);
        int x = ps_canvas_put(c, 33, y, model == best ? PS_STYLE_STRONG : PS_STYLE_DIM, text) + 1;
        double worst = worst_of(model, view->surface, &at);
        if (wide) {
            draw_residuals(c, 40, y, model, view->surface);
        } else if (!isnan(worst) && fabs(worst) < 9.995) {
            snprintf(text, sizeof text, "%+.0f %% at %u", worst * 100, at);
            if (x + ps_text_width(text) <= c->width)
                ps_canvas_put(c, x, y, fabs(worst) < 0.05 ? PS_STYLE_DIM : PS_STYLE_WARNING, text);
        }
    }
    if (wide && c->height > (int)PS_MODELS)
        ps_canvas_fit(c, 0, PS_MODELS, c->width, PS_STYLE_DIM,
                      "columns: by how many % it misses each point, from the fewest workers on");
}

/* ---- tuners ---- */

void ps_tune_tuners_draw(const struct ps_canvas *c, const struct ps_tune_view *view)
{
    if (!view->conclusion) {
        ps_canvas_fit(c, 0, 0, c->width, PS_STYLE_DIM, "they need points");
        return;
    }
    if (ps_tune_is_at_rate(view->about)) {
        ps_canvas_wrap(c, 0, 0, c->width, c->height, 0, PS_STYLE_DIM,
                       "They climb throughput, which the load keeps flat here.");
        return;
    }
    for (unsigned i = 0; i < PS_TUNERS; i++) {
        const struct ps_tuner_run *run = &view->conclusion->tuner[i];
        char text[96];
        int y = (int)i;
        ps_canvas_print(c, 0, y, view->racing ? PS_STYLE_SELECTION : PS_STYLE_DIM, "%u", i + 1);
        ps_canvas_put(c, 2, y, PS_STYLE_LABEL, run->name);
        if (view->racing)
            snprintf(text, sizeof text, "%4.1f now", (double)view->runner[i].workers);
        else if (isnan(run->settle_s))
            snprintf(text, sizeof text, c->width < 40 ? "roams %.0f..%.0f" : "wanders %.0f..%.0f",
                     run->lowest, run->highest);
        else
            snprintf(text, sizeof text, "%.0f in %.0f s", run->settled, run->settle_s);
        int x = ps_canvas_fit(c, 13, y, c->width - 13 - 5, PS_STYLE_NORMAL, text) + 2;
        snprintf(text, sizeof text, "%u reversal%s", run->reversals,
                 run->reversals == 1 ? "" : "s");
        if (c->width >= 54)
            ps_canvas_put(c, x < 31 ? 31 : x, y, PS_STYLE_LABEL, text);
        bool room = c->width >= 66;
        snprintf(text, sizeof text, room ? "%.0f %% of the best" : "%.0f %%", run->share * 100);
        ps_canvas_fit(c, room ? 46 : c->width - ps_text_width(text), y, c->width,
                      run->share < 0.9 ? PS_STYLE_WARNING : PS_STYLE_LABEL, text);
    }
    ps_canvas_fit(c, 0, PS_TUNERS, c->width, PS_STYLE_DIM,
                  view->racing ? "12 s a second; t ends the race" : "t races them along the curve");
}

/* ---- notes ---- */

static void note_unsure(const struct ps_tune_view *view, const struct ps_choice *choice,
                        struct ps_lab_notes *notes)
{
    char others[48] = "";
    if (view->disturbed)
        snprintf(others, sizeof others, ", others in %u of %u slots", view->disturbed, view->cells);
    ps_lab_note(notes, PS_STYLE_WARNING, "! %u..%u workers cannot be told apart: noise %.0f %%%s",
                choice->alike_low, choice->alike_high, choice->noise * 100, others);
}

void ps_tune_notes_take(const struct ps_tune_view *view, struct ps_lab_notes *notes)
{
    const struct ps_tune_about *about = view->about;
    char slot[32];
    if (view->stage == PS_TUNE_BROKEN)
        ps_lab_note(notes, PS_STYLE_ERROR, "cannot measure: %s", view->why);
    if (view->failed_workers)
        ps_lab_note(notes, PS_STYLE_WARNING, "! %u workers: %s (counts as 0/s)",
                    view->failed_workers, view->failed);
    const struct ps_choice *choice = view->conclusion ? &view->conclusion->choice : NULL;
    if (choice && choice->best == about->high && about->high > about->low)
        ps_lab_note(notes, PS_STYLE_WARNING,
                    "! the best count is the last one measured: more may be better still%s",
                    view->stage == PS_TUNE_MEASURED ? " (Esc, To)" : "");
    bool at_rate = ps_tune_is_at_rate(about);
    bool unsure = !at_rate && choice && is_noisy(choice) && choice->alike_low < choice->alike_high;
    if (unsure)
        note_unsure(view, choice, notes);
    else if (view->disturbed)
        ps_lab_note(notes, PS_STYLE_WARNING,
                    "! in %u of %u slots other processes took over %.0f %% of the CPUs",
                    view->disturbed, view->cells, PS_TUNE_DISTURBED * 100);
    if (choice && choice->recommended)
        ps_lab_note(notes, PS_STYLE_NOTE,
                    "recommended: the smallest count within %.0f %% of the best%s",
                    100 * choice->tolerance, about->goal_ns > 0 ? " that keeps the p99 goal" : "");
    if (at_rate)
        ps_lab_note(notes, PS_STYLE_NOTE,
                    "at this rate p99 decides: done/s shows the rate, not what the pool can do");
    const struct ps_conclusion *conclusion = view->conclusion;
    if (conclusion && !at_rate) {
        const struct ps_model *usl = ps_conclusion_model(conclusion, "USL");
        const struct ps_model *lines = ps_conclusion_model(conclusion, "two lines");
        if (lines->has_curve && usl->has_curve && lines->r2 > usl->r2 + 0.005)
            ps_lab_note(
                notes, PS_STYLE_DIM,
                "USL and Amdahl know contention, not a limit of CPUs: two lines fit better");
    }
    ps_lab_note(notes, PS_STYLE_DIM, "a slot measures %s; each count up to %u times, in turns",
                ps_format_duration(slot, sizeof slot, (uint64_t)(about->slot_s * 1e9 + 0.5)),
                about->repeats);
}
