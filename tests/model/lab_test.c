#include "support.h"

#include <stdlib.h>
#include <string.h>

#include "model/lab.h"
#include "vocabulary.h"

#define PRESET                                                          \
    "[preset]\ntitle = T\n[engine]\nname = threadpool\npolicy = fifo\n" \
    "workers = 2\n[task a]\nsteps = cpu 1ms\n[run]\nduration = 60s\n"

struct lab_fixture {
    struct ps_experiment experiment, run;
    struct ps_lab lab;
    struct ps_complaints complaints;
};

static enum ps_err parse(struct lab_fixture *f, const char *rest)
{
    char text[2048];
    snprintf(text, sizeof text, "%s%s", PRESET, rest);
    memset(&f->complaints, 0, sizeof f->complaints);
    return ps_lab_parse(&f->experiment, &f->lab, &test_words, "lab.ini", text, strlen(text),
                        &f->complaints);
}

static void experiment_of(struct lab_fixture *f, unsigned run)
{
    assert_int_equal(ps_lab_experiment(&f->lab, run, &f->experiment, &test_words, "lab.ini",
                                       &f->run, &f->complaints),
                     PS_OK);
}

static int make(void **state)
{
    *state = calloc(1, sizeof(struct lab_fixture));
    return *state ? 0 : -1;
}

static int drop(void **state)
{
    free(*state);
    return 0;
}

static void a_plain_preset_is_one_run(void **state)
{
    struct lab_fixture *f = *state;
    assert_int_equal(parse(f, ""), PS_OK);
    assert_int_equal(ps_lab_runs(&f->lab), 1);
    assert_string_equal(ps_lab_run_name(&f->lab, 0), "run");
    experiment_of(f, 0);
    assert_int_equal(f->run.workers.count, 2);
}

static void trials_and_a_sweep_are_runs(void **state)
{
    struct lab_fixture *f = *state;
    assert_int_equal(parse(f, "[trial one]\nengine.workers = 1\n"
                              "[trial other]\nengine.name = green\nrun.duration = 9s\n"
                              "task a.weight = 3\n"
                              "[lab]\nduration = 4s\nsweep = engine.workers 4 8\n"
                              "prediction = 8\nanswer = best(throughput_per_s)\n"
                              "[needs]\ntwo CPUs = cpus >= 2\n[expect]\nx y = one.a < other.a\n"),
                     PS_OK);
    assert_int_equal(ps_lab_runs(&f->lab), 4);
    experiment_of(f, 0);
    assert_int_equal(f->run.workers.count, 1);
    assert_int_equal(f->run.duration_ns, UINT64_C(4000000000));
    experiment_of(f, 1);
    assert_string_equal(f->run.engine, "green");
    assert_string_equal(f->run.policy, "");
    assert_int_equal(f->run.duration_ns, UINT64_C(9000000000));
    assert_true(f->run.types[0].weight == 3);
    experiment_of(f, 3);
    assert_string_equal(ps_lab_run_name(&f->lab, 3), "8");
    assert_int_equal(f->run.workers.count, 8);
    assert_string_equal(f->lab.needs[0].words, "two CPUs");
    assert_string_equal(f->lab.expects[0].formula, "one.a < other.a");
    assert_string_equal(f->lab.answer, "best(throughput_per_s)");
}

static void what_is_wrong_is_said_with_its_line(void **state)
{
    struct lab_fixture *f = *state;
    static const struct {
        const char *rest, *key, *text;
        unsigned line;
    } rows[] = {
        {"[trial]\nx = 1\n", "trial", "a trial is named by", 11},
        {"[trial a b]\n", "trial a b", "a trial is named by", 11},
        {"[trial a]\nengine.wrokers = 1\n", "engine.wrokers", "there is no such key", 12},
        {"[trial a]\nengine.workers = none\n", "engine.workers", "", 12},
        {"[trial a]\n[trial a]\n", "trial a", "given before, in line 11", 12},
        {"[trial a]\ntask a.weight = 0\n", "task a.weight", "no task arrives", 11},
        {"[expect]\nx =\n", "expect.x", "a value is missing", 12},
        {"[expect]\nx = 1 < 2\nx = 1 < 2\n", "expect.x", "given before", 13},
        {"[lab]\nsweep = engine.workers\n", "lab.sweep", "expected values", 12},
        {"[lab]\nsweep = engine.workers 1 0\n", "engine.workers", "", 12},
        {"[lab]\nansver = 1\n", "lab.ansver", "did you mean 'answer'?", 12},
        {"[lab]\nduration = 4\n", "run.duration", "", 12},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(parse(f, rows[i].rest), PS_EPARSE);
        const struct ps_complaint *complaint = &f->complaints.list[0];
        if (strcmp(complaint->key, rows[i].key) != 0 || complaint->line != rows[i].line ||
            !strstr(complaint->text, rows[i].text))
            fail_msg("%s: line %u %s: %s", rows[i].rest, complaint->line, complaint->key,
                     complaint->text);
    }
}

static void there_is_an_end_to_everything(void **state)
{
    struct lab_fixture *f = *state;
    char text[1500] = "";
    for (int i = 0; i < 7; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "[trial t%d]\n", i);
    assert_int_equal(parse(f, text), PS_EPARSE);
    assert_non_null(strstr(f->complaints.list[0].text, "more than 6 trials"));
    snprintf(text, sizeof text, "[expect]\n");
    for (int i = 0; i < 13; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "e%d = 1 < 2\n", i);
    assert_int_equal(parse(f, text), PS_EPARSE);
    assert_non_null(strstr(f->complaints.list[0].text, "more than 12 lines"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_plain_preset_is_one_run, make, drop),
        cmocka_unit_test_setup_teardown(trials_and_a_sweep_are_runs, make, drop),
        cmocka_unit_test_setup_teardown(what_is_wrong_is_said_with_its_line, make, drop),
        cmocka_unit_test_setup_teardown(there_is_an_end_to_everything, make, drop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
