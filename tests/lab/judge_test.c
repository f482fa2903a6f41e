/* Verdicts on snapshots made by hand. */
#include "support.h"

#include <glob.h>
#include <stdlib.h>
#include <string.h>

#include "lab/judge.h"

#define SECOND UINT64_C(1000000000)

struct judge_fixture {
    struct ps_lab lab;
    struct ps_experiment experiment;
    struct ps_snapshot snapshots[4];
    struct ps_metric_peaks peaks[4];
    struct ps_lab_run runs[4];
    struct ps_lab_judgement judgement;
    struct ps_complaints complaints;
};

static void fill(struct ps_snapshot *s, uint64_t completed, uint32_t traits)
{
    s->phase = PS_PHASE_ENDED;
    s->end = PS_END_DURATION;
    s->started_ns = SECOND;
    s->ended_ns = s->at_ns = 3 * SECOND;
    s->workers = s->slots = s->types = 2;
    s->traits = traits;
    s->usable_cpus = 2;
    strcpy(s->engine, "threadpool");
    strcpy(s->policy, "fifo");
    s->totals.ended[PS_COMPLETED] = completed;
    strcpy(s->type[0].name, "short");
    strcpy(s->type[1].name, "long");
    s->type[1].totals.ended[PS_COMPLETED] = completed / 2;
    s->worker[0].totals.ended[PS_COMPLETED] = completed - 1;
    s->worker[1].totals.ended[PS_COMPLETED] = 1;
}

static int make(void **state)
{
    struct judge_fixture *f = calloc(1, sizeof *f);
    if (!f)
        return -1;
    for (unsigned i = 0; i < 4; i++)
        f->runs[i] = (struct ps_lab_run){&f->snapshots[i], &f->peaks[i]};
    fill(&f->snapshots[0], 100, 0);
    fill(&f->snapshots[1], 300, PS_TRAIT_STEALS);
    fill(&f->snapshots[2], 50, 0);
    fill(&f->snapshots[3], 350, 0);
    f->experiment.type_count = 2;
    strcpy(f->experiment.types[0].name, "short");
    strcpy(f->experiment.types[1].name, "long");
    f->lab.trial_count = 2;
    strcpy(f->lab.trials[0].name, "slow");
    strcpy(f->lab.trials[1].name, "fast");
    *state = f;
    return 0;
}

static int drop(void **state)
{
    free(*state);
    return 0;
}

static void expect(struct judge_fixture *f, const char *formula)
{
    f->lab.expect_count = 1;
    f->lab.expects[0].line = 9;
    strcpy(f->lab.expects[0].words, "words");
    snprintf(f->lab.expects[0].formula, sizeof f->lab.expects[0].formula, "%s", formula);
}

static enum ps_lab_verdict verdict(struct judge_fixture *f, const char *formula)
{
    expect(f, formula);
    memset(&f->complaints, 0, sizeof f->complaints);
    if (ps_lab_check(&f->lab, &f->experiment, "lab.ini", &f->complaints) != PS_OK)
        fail_msg("%s: %s", formula, f->complaints.list[0].text);
    ps_lab_judge(&f->lab, f->runs, &f->judgement);
    return f->judgement.verdict;
}

static void figures_of_runs_types_and_workers_are_found(void **state)
{
    struct judge_fixture *f = *state;
    assert_int_equal(verdict(f, "fast.completed = 3 * slow.completed"), PS_LAB_SHOWN);
    assert_int_equal(verdict(f, "fast.completed[long] = 150"), PS_LAB_SHOWN);
    assert_int_equal(verdict(f, "slow.tasks[0] = 99"), PS_LAB_SHOWN);
    assert_int_equal(verdict(f, "most(slow.tasks) > 50 * least(slow.tasks)"), PS_LAB_SHOWN);
    assert_int_equal(verdict(f, "fast.throughput_per_s = 150"), PS_LAB_SHOWN);
    assert_int_equal(verdict(f, "cpus = 2"), PS_LAB_SHOWN);
    assert_int_equal(verdict(f, "realtime <= 1"), PS_LAB_SHOWN);
    assert_int_equal(verdict(f, "slow.workers = 2"), PS_LAB_SHOWN);
    assert_int_equal(verdict(f, "slow.ended[duration] = 1"), PS_LAB_SHOWN);
    assert_int_equal(verdict(f, "slow.ended[deadlock] = 1"), PS_LAB_NOT_SHOWN);
    assert_string_equal(f->judgement.because, "words: not 0 = 1");
}

static void what_an_engine_cannot_have_is_not_visible(void **state)
{
    struct judge_fixture *f = *state;
    assert_int_equal(verdict(f, "slow.steals.tasks > 0"), PS_LAB_NOT_VISIBLE);
    assert_string_equal(f->judgement.because, "words: steals.tasks is n/a on threadpool:fifo");
    assert_int_equal(verdict(f, "fast.steals.tasks = 0"), PS_LAB_SHOWN);
}

static void a_kernel_has_a_time_in_the_types_that_run_it(void **state)
{
    struct judge_fixture *f = *state;
    f->snapshots[0].answers = 2;
    f->snapshots[0].answer[0] = (struct ps_answer_view){.types = 1, .right = 0, .mean_ns = 7};
    f->snapshots[0].answer[1] =
        (struct ps_answer_view){.types = 2, .right = 3, .mean_ns = 5000000, .fastest_ns = 4000000};
    assert_int_equal(verdict(f, "slow.kernel_ns.mean[long] = 5ms"), PS_LAB_SHOWN);
    assert_int_equal(verdict(f, "slow.kernel_ns.fastest[long] = 4ms"), PS_LAB_SHOWN);
    assert_int_equal(verdict(f, "slow.kernel_ns.mean[short] > 0"), PS_LAB_NOT_VISIBLE);
    assert_int_equal(verdict(f, "fast.kernel_ns.mean[long] > 0"), PS_LAB_NOT_VISIBLE);
}

/* "fast.completed / slow.completed": the same figure of two runs is one column. */
static void the_figures_of_the_expectations_are_collected(void **state)
{
    struct judge_fixture *f = *state;
    struct ps_lab_figure figures[PS_LAB_FIGURES_MAX];
    f->lab.expect_count = 5;
    strcpy(f->lab.expects[3].formula, "realtime <= 1");
    strcpy(f->lab.expects[4].formula, "fast.workers <= cpus * 64");
    strcpy(f->lab.expects[0].formula, "fast.completed[long] > 2 * slow.completed[long]");
    strcpy(f->lab.expects[1].formula, "most(slow.tasks) > cpus * least(slow.tasks)");
    strcpy(f->lab.expects[2].formula, "slow.ended[duration] = 1");
    assert_int_equal(ps_lab_figures(&f->lab, figures), 3);
    assert_string_equal(figures[0].key, "completed");
    assert_string_equal(figures[0].index, "long");
    assert_string_equal(figures[1].over, "most");
    assert_string_equal(figures[2].over, "least");
    assert_true(ps_lab_figure_of(&f->runs[1], &figures[0]).number == 150);
    assert_true(ps_lab_figure_of(&f->runs[0], &figures[1]).number == 99);
}

static void a_run_that_was_not_made_has_no_figures(void **state)
{
    struct judge_fixture *f = *state;
    struct ps_lab_figure figures[PS_LAB_FIGURES_MAX];
    f->runs[1].snapshot = NULL;
    expect(f, "most(fast.tasks) > slow.completed");
    ps_lab_judge(&f->lab, f->runs, &f->judgement);
    assert_int_equal(f->judgement.verdict, PS_LAB_NOT_VISIBLE);
    assert_string_equal(f->judgement.because, "words: this run has not been made");
    assert_int_equal(ps_lab_figures(&f->lab, figures), 2);
    assert_int_equal(ps_lab_figure_of(&f->runs[1], &figures[0]).kind, PS_FIGURE_NA);
}

static void a_need_comes_before_expectations(void **state)
{
    struct judge_fixture *f = *state;
    f->lab.need_count = 1;
    strcpy(f->lab.needs[0].words, "eight CPUs");
    strcpy(f->lab.needs[0].formula, "cpus >= 8");
    assert_int_equal(verdict(f, "fast.completed < 1"), PS_LAB_NOT_VISIBLE);
    assert_string_equal(f->judgement.because, "eight CPUs: not 2 >= 8");
}

static void a_sweep_has_a_largest_and_a_best(void **state)
{
    struct judge_fixture *f = *state;
    f->lab.sweep_count = 2;
    strcpy(f->lab.sweep_key, "engine.workers");
    strcpy(f->lab.sweep_values[0], "4");
    strcpy(f->lab.sweep_values[1], "16");
    strcpy(f->lab.answer, "best(completed)");
    assert_int_equal(verdict(f, "fast.completed > 80% * max(completed)"), PS_LAB_SHOWN);
    assert_true(f->judgement.answer.number == 16);
    assert_int_equal(verdict(f, "min(completed) = 50"), PS_LAB_SHOWN);
}

static void formulas_are_checked_before_anything_runs(void **state)
{
    struct judge_fixture *f = *state;
    static const struct {
        const char *formula, *why;
    } rows[] = {
        {"completed > 1", "does not begin with the name of a trial"},
        {"slow.complete > 1", "there is no figure 'complete' of a run"},
        {"slow.completed[middle] > 1", "'middle' is no task type"},
        {"slow.queue_depth[long] > 1", "no figure 'queue_depth' of a task type"},
        {"max(completed) > 1", "max() needs a [lab] sweep"},
        {"slow.ended[badly] = 1", "no run ends as 'badly'"},
        {"sum(slow.completed) > 1", "there is no function 'sum'"},
        {"most(slow.tasks[1]) > 1", "is over all workers"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        expect(f, rows[i].formula);
        memset(&f->complaints, 0, sizeof f->complaints);
        assert_int_equal(ps_lab_check(&f->lab, &f->experiment, "lab.ini", &f->complaints),
                         PS_EPARSE);
        const struct ps_complaint *complaint = &f->complaints.list[0];
        if (!strstr(complaint->text, rows[i].why))
            fail_msg("%s: %s", rows[i].formula, complaint->text);
        assert_int_equal(complaint->line, 9);
        assert_string_equal(complaint->key, "expect.words");
    }
}

static void every_lesson_can_check_itself(void **state)
{
    struct judge_fixture *f = *state;
    glob_t files;
    assert_int_equal(glob(TEST_PRESETS "/*.ini", 0, NULL, &files), 0);
    for (size_t i = 0; i < files.gl_pathc; i++) {
        const char *path = files.gl_pathv[i];
        memset(&f->complaints, 0, sizeof f->complaints);
        enum ps_err err = ps_lab_load(&f->experiment, &f->lab, NULL, path, &f->complaints);
        if (err == PS_OK)
            err = ps_lab_check(&f->lab, &f->experiment, path, &f->complaints);
        if (err != PS_OK)
            fail_msg("%s: %s", path, f->complaints.list[0].text);
        /* Requests come from clients of the outside. */
        bool asked = f->experiment.model == PS_ARRIVAL_HTTP;
        if (f->experiment.lesson && !asked && f->lab.expect_count == 0)
            fail_msg("%s: nothing is expected", path);
    }
    globfree(&files);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(figures_of_runs_types_and_workers_are_found, make, drop),
        cmocka_unit_test_setup_teardown(what_an_engine_cannot_have_is_not_visible, make, drop),
        cmocka_unit_test_setup_teardown(a_kernel_has_a_time_in_the_types_that_run_it, make, drop),
        cmocka_unit_test_setup_teardown(the_figures_of_the_expectations_are_collected, make, drop),
        cmocka_unit_test_setup_teardown(a_run_that_was_not_made_has_no_figures, make, drop),
        cmocka_unit_test_setup_teardown(a_need_comes_before_expectations, make, drop),
        cmocka_unit_test_setup_teardown(a_sweep_has_a_largest_and_a_best, make, drop),
        cmocka_unit_test_setup_teardown(formulas_are_checked_before_anything_runs, make, drop),
        cmocka_unit_test_setup_teardown(every_lesson_can_check_itself, make, drop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
