#include "lab/judge.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/machine.h"

/* What names mean: with runs, or (runs == NULL) only whether they mean anything. */
struct judging {
    const struct ps_lab *lab;
    const struct ps_experiment *experiment; /* runs == NULL */
    const struct ps_lab_run *runs;
};

__attribute__((format(printf, 2, 3))) static struct ps_figure without(enum ps_figure_kind kind,
                                                                      const char *format, ...)
{
    struct ps_figure figure = {.kind = kind, .unit = ""};
    va_list list;
    va_start(list, format);
    vsnprintf(figure.why, sizeof figure.why, format, list);
    va_end(list);
    return figure;
}

static struct ps_figure number(double value, const char *unit)
{
    return (struct ps_figure){.kind = PS_FIGURE_KNOWN, .number = value, .unit = unit};
}

static unsigned trial_runs(const struct ps_lab *lab)
{
    return ps_lab_runs(lab) - lab->sweep_count;
}

/* ---- one figure of one run ---- */

static struct ps_figure of_metric(const struct ps_metric *metric,
                                  const struct ps_metric_source *source)
{
    struct ps_metric_value value = ps_metric_value(metric, source);
    switch (value.kind) {
    case PS_METRIC_COUNT:
        return number((double)value.count, metric->unit);
    case PS_METRIC_REAL:
        return number(value.real, metric->unit);
    case PS_METRIC_FLAG:
        return number(value.flag, metric->unit);
    case PS_METRIC_NA:
        break;
    }
    return without(PS_FIGURE_NA, "%s is n/a on %s:%s", metric->key, source->snapshot->engine,
                   source->snapshot->policy);
}

static bool type_index(const struct judging *judging, const struct ps_lab_run *run,
                       const char *name, unsigned *index)
{
    unsigned count = run                   ? run->snapshot->types
                     : judging->experiment ? judging->experiment->type_count
                                           : 0;
    for (unsigned i = 0; i < count; i++) {
        *index = i;
        if (strcmp(run ? run->snapshot->type[i].name : judging->experiment->types[i].name, name) ==
            0)
            return true;
    }
    return false;
}

static bool worker_index(const char *text, unsigned *index)
{
    *index = (unsigned)strtoul(text, NULL, 10);
    return strspn(text, "0123456789") == strlen(text) && *index < PS_MAX_WORKERS;
}

/* cpus, realtime, workers, ended[WORD]. */
static bool plain_figure(const struct ps_lab_run *run, const char *key, const char *index,
                         struct ps_figure *into)
{
    const struct ps_snapshot *snapshot = run ? run->snapshot : NULL;
    bool ended = strcmp(key, "ended") == 0;
    if (strcmp(key, "cpus") == 0 && !*index)
        *into = number(snapshot ? snapshot->usable_cpus : 1, "");
    else if (strcmp(key, "realtime") == 0 && !*index)
        *into = number(snapshot ? ps_machine_realtime() : 1, "");
    else if (strcmp(key, "workers") == 0 && !*index)
        *into = number(snapshot ? snapshot->workers : 1, "");
    else if (ended)
        *into = without(PS_FIGURE_WRONG, "ended[WORD]: no run ends as '%s'", index);
    else
        return false;
    for (unsigned end = 0; ended && end < PS_END_COUNT; end++)
        if (strcmp(ps_end_name((enum ps_end)end), index) == 0)
            *into = number(snapshot && snapshot->end == (enum ps_end)end, "");
    return true;
}

static struct ps_figure figure_of(const struct judging *judging, const struct ps_lab_run *run,
                                  const char *key, const char *index)
{
    struct ps_figure plain;
    if (run && !run->snapshot)
        return without(PS_FIGURE_NA, "this run has not been made");
    struct ps_metric_source source = {run ? run->snapshot : NULL, run ? run->peaks : NULL, 0};
    enum ps_metric_scope scope = PS_METRIC_RUN;
    if (plain_figure(run, key, index, &plain))
        return plain;
    if (*index && type_index(judging, run, index, &source.index))
        scope = PS_METRIC_TYPE;
    else if (*index && worker_index(index, &source.index))
        scope = PS_METRIC_WORKER;
    else if (*index)
        return without(PS_FIGURE_WRONG, "'%s' is no task type and no number of a worker", index);
    const struct ps_metric *metric = ps_metric_find(scope, key);
    if (!metric)
        return without(PS_FIGURE_WRONG, "there is no figure '%s' of a %s ('help metrics')", key,
                       scope == PS_METRIC_RUN    ? "run"
                       : scope == PS_METRIC_TYPE ? "task type"
                                                 : "worker");
    if (!run)
        return number(1, metric->unit);
    if (scope == PS_METRIC_WORKER && source.index >= run->snapshot->slots)
        return without(PS_FIGURE_NA, "there is no worker %u", source.index);
    return of_metric(metric, &source);
}

/* ---- functions ---- */

static struct ps_figure over_workers(const struct judging *judging, const struct ps_lab_run *run,
                                     const char *key, bool most)
{
    if (!run || !run->snapshot)
        return figure_of(judging, run, key, "0");
    struct ps_figure best = without(PS_FIGURE_NA, "there are no workers");
    for (unsigned w = 0; w < run->snapshot->workers && w < run->snapshot->slots; w++) {
        char index[16];
        snprintf(index, sizeof index, "%u", w);
        struct ps_figure figure = figure_of(judging, run, key, index);
        if (figure.kind != PS_FIGURE_KNOWN)
            return figure;
        if (w == 0 || (most ? figure.number > best.number : figure.number < best.number))
            best = figure;
    }
    return best;
}

static struct ps_figure over_sweep(const struct judging *judging, const struct ps_figure_name *name)
{
    const struct ps_lab *lab = judging->lab;
    bool least = strcmp(name->function, "min") == 0, argument = strcmp(name->function, "best") == 0;
    struct ps_figure best = without(PS_FIGURE_WRONG, "%s() needs a [lab] sweep", name->function);
    const char *value = "0";
    for (unsigned i = 0; i < lab->sweep_count; i++) {
        const struct ps_lab_run *run = judging->runs ? &judging->runs[trial_runs(lab) + i] : NULL;
        struct ps_figure figure = figure_of(judging, run, name->name, name->index);
        if (figure.kind != PS_FIGURE_KNOWN)
            return figure;
        if (i == 0 || (least ? figure.number < best.number : figure.number > best.number)) {
            best = figure;
            value = lab->sweep_values[i];
        }
    }
    return argument && best.kind == PS_FIGURE_KNOWN ? number(strtod(value, NULL), "") : best;
}

/* ---- names ---- */

/* The run that "TRIAL." names; *key: what is behind it. Without one, and with one trial: that. */
static bool find_run(const struct ps_lab *lab, const char *name, unsigned *run, const char **key)
{
    for (unsigned i = 0; i < trial_runs(lab); i++) {
        const char *trial = ps_lab_run_name(lab, i);
        size_t length = strlen(trial);
        if (strncmp(name, trial, length) == 0 && name[length] == '.') {
            *run = i;
            *key = name + length + 1;
            return true;
        }
    }
    *run = 0;
    *key = name;
    return trial_runs(lab) == 1 || strcmp(name, "cpus") == 0 || strcmp(name, "realtime") == 0;
}

static struct ps_figure look_up(void *user, const struct ps_figure_name *name)
{
    const struct judging *judging = user;
    const char *function = name->function, *key;
    unsigned run;
    if (strcmp(function, "max") == 0 || strcmp(function, "min") == 0 ||
        strcmp(function, "best") == 0)
        return over_sweep(judging, name);
    bool most = strcmp(function, "most") == 0, over = most || strcmp(function, "least") == 0;
    if (*function && !over)
        return without(PS_FIGURE_WRONG,
                       "there is no function '%s': max min best over a sweep, most least over "
                       "workers",
                       function);
    if (!find_run(judging->lab, name->name, &run, &key))
        return without(PS_FIGURE_WRONG, "'%s' does not begin with the name of a trial and a dot",
                       name->name);
    const struct ps_lab_run *at = judging->runs ? &judging->runs[run] : NULL;
    if (over && *name->index)
        return without(PS_FIGURE_WRONG, "%s() is over all workers, without [%s]", function,
                       name->index);
    return over ? over_workers(judging, at, key, most) : figure_of(judging, at, key, name->index);
}

/* ---- before the runs ---- */

static void complain(struct ps_complaints *complaints, const char *file, unsigned line,
                     const char *key, const char *value, const char *why)
{
    if (complaints->count < PS_COMPLAINTS_MAX) {
        struct ps_complaint *complaint = &complaints->list[complaints->count];
        *complaint = (struct ps_complaint){.line = line};
        snprintf(complaint->file, sizeof complaint->file, "%s", file);
        snprintf(complaint->key, sizeof complaint->key, "%s", key);
        snprintf(complaint->value, sizeof complaint->value, "%.79s", value);
        snprintf(complaint->text, sizeof complaint->text, "%s", why);
    }
    complaints->count++;
}

static void check_list(const struct judging *judging, const char *section,
                       const struct ps_expect *list, unsigned count, const char *file,
                       struct ps_complaints *complaints)
{
    for (unsigned i = 0; i < count; i++) {
        struct ps_formula_result result =
            ps_formula_test(list[i].formula, look_up, (void *)judging);
        char key[80];
        snprintf(key, sizeof key, "%s.%s", section, list[i].words);
        if (result.answer == PS_FORMULA_WRONG)
            complain(complaints, file, list[i].line, key, list[i].formula, result.why);
    }
}

enum ps_err ps_lab_check(const struct ps_lab *lab, const struct ps_experiment *experiment,
                         const char *file, struct ps_complaints *complaints)
{
    struct judging judging = {.lab = lab, .experiment = experiment};
    unsigned before = complaints->count;
    check_list(&judging, "needs", lab->needs, lab->need_count, file, complaints);
    check_list(&judging, "expect", lab->expects, lab->expect_count, file, complaints);
    if (lab->answer[0]) {
        struct ps_figure answer = ps_formula_value(lab->answer, look_up, &judging);
        if (answer.kind == PS_FIGURE_WRONG)
            complain(complaints, file, lab->answer_line, "lab.answer", lab->answer, answer.why);
    }
    return complaints->count == before ? PS_OK : PS_EPARSE;
}

/* ---- what it is about ---- */

struct collection {
    const struct ps_lab *lab;
    struct ps_lab_figure *figures;
    unsigned count;
};

/* What the machine and the settings say is no result of a run. */
static bool is_measured(const char *key)
{
    static const char *const given[] = {"ended", "cpus", "workers", "realtime"};
    for (unsigned i = 0; i < sizeof given / sizeof *given; i++)
        if (strcmp(key, given[i]) == 0)
            return false;
    return true;
}

static struct ps_figure collect(void *user, const struct ps_figure_name *name)
{
    struct collection *collection = user;
    const char *key;
    unsigned run;
    bool over = strcmp(name->function, "most") == 0 || strcmp(name->function, "least") == 0;
    if (*name->function && !over) /* over the sweep: the figure itself, of each of its runs */
        key = name->name;
    else
        find_run(collection->lab, name->name, &run, &key);
    struct ps_lab_figure figure = {.over = ""};
    snprintf(figure.over, sizeof figure.over, "%.7s", over ? name->function : "");
    snprintf(figure.key, sizeof figure.key, "%.63s", key);
    snprintf(figure.index, sizeof figure.index, "%s", name->index);
    bool known = !is_measured(key) || collection->count == PS_LAB_FIGURES_MAX;
    for (unsigned i = 0; i < collection->count; i++)
        known = known || memcmp(&figure, &collection->figures[i], sizeof figure) == 0;
    if (!known)
        collection->figures[collection->count++] = figure;
    return number(1, "");
}

unsigned ps_lab_figures(const struct ps_lab *lab, struct ps_lab_figure figures[PS_LAB_FIGURES_MAX])
{
    struct collection collection = {.lab = lab, .figures = figures};
    for (unsigned i = 0; i < lab->expect_count; i++)
        ps_formula_test(lab->expects[i].formula, collect, &collection);
    return collection.count;
}

struct ps_figure ps_lab_figure_of(const struct ps_lab_run *run, const struct ps_lab_figure *figure)
{
    struct judging judging = {.runs = run};
    if (*figure->over)
        return over_workers(&judging, run, figure->key, strcmp(figure->over, "most") == 0);
    return figure_of(&judging, run, figure->key, figure->index);
}

/* ---- after the runs ---- */

static void settle(struct ps_lab_judgement *into, enum ps_lab_verdict verdict, const char *words,
                   const struct ps_formula_result *result)
{
    if (into->verdict != PS_LAB_SHOWN)
        return;
    char left[48], right[48];
    into->verdict = verdict;
    if (result->answer == PS_FORMULA_FALSE)
        snprintf(into->because, sizeof into->because, "%s: not %s %s %s", words,
                 ps_figure_format(left, sizeof left, result->left.number, result->left.unit),
                 result->relation,
                 ps_figure_format(right, sizeof right, result->right.number, result->right.unit));
    else
        snprintf(into->because, sizeof into->because, "%s: %s", words, result->why);
}

void ps_lab_judge(const struct ps_lab *lab, const struct ps_lab_run *runs,
                  struct ps_lab_judgement *into)
{
    struct judging judging = {.lab = lab, .runs = runs};
    memset(into, 0, sizeof *into);
    for (unsigned i = 0; i < lab->need_count; i++) {
        into->needs[i] = ps_formula_test(lab->needs[i].formula, look_up, &judging);
        if (into->needs[i].answer != PS_FORMULA_TRUE)
            settle(into, PS_LAB_NOT_VISIBLE, lab->needs[i].words, &into->needs[i]);
    }
    for (unsigned i = 0; i < lab->expect_count; i++) {
        struct ps_formula_result *result = &into->expects[i];
        *result = ps_formula_test(lab->expects[i].formula, look_up, &judging);
        if (result->answer != PS_FORMULA_TRUE)
            settle(into, result->answer == PS_FORMULA_NA ? PS_LAB_NOT_VISIBLE : PS_LAB_NOT_SHOWN,
                   lab->expects[i].words, result);
    }
    if (lab->answer[0])
        into->answer = ps_formula_value(lab->answer, look_up, &judging);
}
