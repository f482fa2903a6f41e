/* A slowed clock: every time of the workload is longer, and nothing else has changed. */
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "vocabulary.h"

static struct ps_experiment parsed(const char *clock)
{
    struct ps_experiment e;
    struct ps_complaints complaints = {.count = 0};
    char text[1024];
    int size = snprintf(text, sizeof text,
                        "[preset]\ntitle = t\n[engine]\ngil = on\ngil_interval = 5ms\n"
                        "[arrivals]\nrate = 300/s\nthink = exp 2ms\n"
                        "[task a]\ntimeout = 1s\n"
                        "steps = cpu 3ms, sleep uniform 1ms 2ms, net pareto 1ms 1.5, "
                        "lock x lognormal 4ms 0.5, disk write 4KiB, fail 5%%\n"
                        "[run]\nduration = 7s\nclock = %s\n",
                        clock);
    if (ps_experiment_parse(&e, &test_words, "t", text, (size_t)size, &complaints) != PS_OK)
        fail_msg("%s", complaints.list[0].text);
    return e;
}

static void every_time_is_stretched(void **state)
{
    (void)state;
    struct ps_experiment e = parsed("slow x10"), real = parsed("real");
    ps_experiment_stretch(&e);
    double cpu, wait, real_cpu, real_wait;
    ps_experiment_mean(&real, &real_cpu, &real_wait);
    ps_experiment_mean(&e, &cpu, &wait);
    assert_true(fabs(cpu - 10 * real_cpu) < 1);
    assert_true(fabs(wait - 10 * real_wait) < 1);
    const struct ps_step_def *step = e.types[0].steps;
    assert_true(fabs(step[1].time.b - 20e6) < 1);
    assert_true(fabs(step[2].time.b - 1.5) < 1e-9); /* shapes are no times */
    assert_true(fabs(step[3].time.b - 0.5) < 1e-9);
    assert_int_equal(step[4].size, 4096);
    assert_true(fabs(step[5].chance - 0.05) < 1e-9);
    assert_int_equal(e.types[0].timeout_ns, UINT64_C(10000000000));
    assert_true(fabs(e.rate - 30) < 1e-9);
    assert_true(fabs(ps_dist_mean(&e.think) - 20e6) < 1);
    assert_int_equal(e.gil_interval_ns, 50000000);
    assert_int_equal(e.hog_ns, 100000000);
    assert_int_equal(e.duration_ns, UINT64_C(7000000000));
}

static void a_real_clock_changes_nothing(void **state)
{
    (void)state;
    struct ps_experiment e = parsed("real"), same = e;
    ps_experiment_stretch(&e);
    assert_memory_equal(&e, &same, sizeof e);
    assert_int_equal(ps_clock_factor(PS_CLOCK_SLOW_100), 100);
}

static void other_clocks_are_refused(void **state)
{
    (void)state;
    struct ps_experiment e = parsed("real");
    struct ps_complaints complaints = {.count = 0};
    assert_int_equal(
        ps_experiment_set(&e, &test_words, "run.clock", "slow x7", "--set", &complaints),
        PS_EPARSE);
    assert_non_null(strstr(complaints.list[0].text, "slow x100"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_time_is_stretched),
        cmocka_unit_test(a_real_clock_changes_nothing),
        cmocka_unit_test(other_clocks_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
