#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "app/app.h"
#include "app/lab_runs.h"
#include "base/machine.h"
#include "base/text.h"

const struct ps_option ps_grade_options[] = {PS_OPTIONS_END};

/* Text in a table's cell. */
static void cell(const char *text)
{
    for (; *text; text++) {
        if (*text == '|' || *text == '\\')
            putchar('\\');
        putchar(*text);
    }
}

static void print_machine(const struct ps_lab_runs *runs)
{
    struct ps_machine machine;
    struct utsname names;
    char memory[32];
    ps_machine_read(&machine);
    printf("- machine: %u usable CPU%s of %u, %s", runs->runs[0].snapshot->usable_cpus,
           runs->runs[0].snapshot->usable_cpus == 1 ? "" : "s", machine.online,
           ps_format_bytes(memory, sizeof memory, machine.memory));
    if (uname(&names) == 0)
        printf(", %s %s %s", names.sysname, names.release, names.machine);
    printf("\n- poolscope %s\n", POOLSCOPE_VERSION);
}

/* The columns of the table of runs. */
static const char *const columns[] = {
    "throughput_per_s", "latency_ns.response.p50", "latency_ns.response.p99", "failed", "timed_out",
    "refused"};
#define COLUMNS (sizeof columns / sizeof *columns)

static void print_value(const struct ps_lab_run *run, const char *key)
{
    struct ps_metric_source source = {run->snapshot, run->peaks, 0};
    const struct ps_metric *metric = ps_metric_find(PS_METRIC_RUN, key);
    struct ps_metric_value value = ps_metric_value(metric, &source);
    char text[48];
    if (value.kind == PS_METRIC_COUNT || value.kind == PS_METRIC_REAL)
        ps_figure_format(text, sizeof text,
                         value.kind == PS_METRIC_COUNT ? (double)value.count : value.real,
                         metric->unit);
    else
        ps_metric_format(text, sizeof text, &value);
    printf(" %s |", text);
}

static void print_runs(const struct ps_lab *lab, const struct ps_lab_runs *runs)
{
    printf("\n## Runs\n\n| run | engine | workers | throughput | p50 | p99 | failed | timed out | "
           "refused | ended |\n|---|---|---|---|---|---|---|---|---|---|\n");
    for (unsigned i = 0; i < runs->count; i++) {
        const struct ps_snapshot *snapshot = runs->runs[i].snapshot;
        printf("| ");
        if (i >= runs->count - lab->sweep_count)
            printf("%s ", lab->sweep_key);
        cell(ps_lab_run_name(lab, i));
        printf(" | %s:%s | %" PRIu32 " |", snapshot->engine, snapshot->policy, snapshot->workers);
        for (size_t c = 0; c < COLUMNS; c++)
            print_value(&runs->runs[i], columns[c]);
        printf(" %s |\n", ps_end_name(snapshot->end));
    }
}

static void print_goals(const char *title, const struct ps_expect *list,
                        const struct ps_formula_result *results, unsigned count)
{
    if (count == 0)
        return;
    printf("\n## %s\n\n| | formula | measured | |\n|---|---|---|---|\n", title);
    for (unsigned i = 0; i < count; i++) {
        const struct ps_formula_result *result = &results[i];
        char left[32], right[32];
        printf("| ");
        cell(list[i].words);
        printf(" | `");
        cell(list[i].formula);
        printf("` | ");
        if (result->answer == PS_FORMULA_NA)
            cell(result->why);
        else
            printf("%s against %s",
                   ps_figure_format(left, sizeof left, result->left.number, result->left.unit),
                   ps_figure_format(right, sizeof right, result->right.number, result->right.unit));
        printf(" | %s |\n", result->answer == PS_FORMULA_TRUE    ? "yes"
                            : result->answer == PS_FORMULA_FALSE ? "**no**"
                                                                 : "n/a");
    }
}

static void print_answer(const struct ps_lab *lab, const struct ps_lab_judgement *judgement)
{
    if (!lab->prediction[0] && !lab->answer[0])
        return;
    printf("\n## Prediction\n\n- predicted: ");
    cell(lab->prediction[0] ? lab->prediction : "nothing");
    if (lab->answer[0]) {
        char text[48];
        printf("\n- measured: `");
        cell(lab->answer);
        printf("` = %s", judgement->answer.kind == PS_FIGURE_KNOWN
                             ? ps_figure_format(text, sizeof text, judgement->answer.number,
                                                judgement->answer.unit)
                             : judgement->answer.why);
    }
    printf("\n");
}

static void print_report(const struct ps_lab_done *done)
{
    const struct ps_experiment *experiment = &done->experiment;
    const struct ps_lab *lab = &done->lab;
    const struct ps_lab_runs *runs = &done->runs;
    const struct ps_lab_judgement *judgement = &runs->judgement;
    char name[256];
    const char *slash = strrchr(done->path, '/');
    ps_text_clean(name, sizeof name, slash ? slash + 1 : done->path);
    printf("# %s\n\n- file: %s\n- seed: %" PRIu64 "\n", experiment->title, name, experiment->seed);
    print_machine(runs);
    print_answer(lab, judgement);
    print_runs(lab, runs);
    print_goals("Needs", lab->needs, judgement->needs, lab->need_count);
    print_goals("Goals", lab->expects, judgement->expects, lab->expect_count);
    printf("\n## Result\n\n");
    if (judgement->verdict == PS_LAB_SHOWN)
        printf("**Met**: every goal.\n");
    else if (judgement->verdict == PS_LAB_NOT_VISIBLE)
        printf("**Not visible on this machine**, because %s.\n", judgement->because);
    else
        printf("**Not met**: %s.\n", judgement->because);
}

int ps_cmd_grade(const struct ps_command *command, int argc, char **argv)
{
    struct ps_arguments arguments;
    char nothing;
    int code;
    if (ps_app_options(command, argc, argv, &nothing, &arguments, &code) != PS_OPTIONS_DONE)
        return code;
    if (arguments.count != 1) {
        ps_app_complain("grade: expected one lab file");
        return PS_EXIT_USAGE;
    }
    return ps_app_finish(ps_lab_perform(arguments.item[0], print_report));
}
