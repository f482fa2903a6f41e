/* Tuners on surfaces whose best count is known. */
#include <math.h>
#include <stdio.h>

#include "stats/tuner.h"
#include "support.h"

/* 1 ms of cpu and 9 ms of waiting on two CPUs: a knee at 20; beyond it flat. */
static struct ps_surface knee(double noise)
{
    struct ps_surface surface = {0};
    for (unsigned n = 1; n <= 40; n++) {
        double rate = fmin(n * 100, 2000);
        ps_surface_add(&surface, n, rate, n <= 20 ? 10e6 : n / 2000.0 * 1e9);
    }
    surface.noise = noise;
    return surface;
}

static struct ps_tuner_task task_on(const struct ps_surface *surface)
{
    return (struct ps_tuner_task){.surface = surface,
                                  .low = 1,
                                  .high = 40,
                                  .start = 2,
                                  .slot_s = 2,
                                  .seconds = 120,
                                  .seed = 1};
}

static void every_tuner_leaves_a_bad_start(void **state)
{
    (void)state;
    struct ps_surface surface = knee(0.01);
    struct ps_tuner_task task = task_on(&surface);
    for (unsigned i = 0; i < PS_TUNERS; i++) {
        struct ps_tuner_run run = ps_tuner_replay(i, &task);
        printf("%s: %.1f (%.0f..%.0f) in %.0f s, %u reversals, %.2f\n", run.name, run.settled,
               run.lowest, run.highest, run.settle_s, run.reversals, run.share);
        assert_true(run.share > 0.7);
        assert_true(run.lowest >= 1 && run.highest <= 40);
        assert_true(run.settled >= run.lowest && run.settled <= run.highest);
    }
}

/* Without noise AIMD is a saw between 0.9 of its limit and the limit. */
static void aimd_is_a_saw(void **state)
{
    (void)state;
    struct ps_surface surface = knee(0);
    struct ps_tuner_task task = task_on(&surface);
    task.goal_ns = 12e6; /* exceeded from 25 workers on */
    struct ps_tuner_run run = ps_tuner_replay(2, &task);
    assert_true(run.lowest >= 21 && run.highest <= 26);
    assert_true(run.reversals > 20);
}

static void the_same_seed_is_the_same_replay(void **state)
{
    (void)state;
    struct ps_surface surface = knee(0.05);
    struct ps_tuner_task task = task_on(&surface);
    for (unsigned i = 0; i < PS_TUNERS; i++) {
        struct ps_tuner_run one = ps_tuner_replay(i, &task), two = ps_tuner_replay(i, &task);
        assert_true(one.settled == two.settled && one.reversals == two.reversals);
    }
}

/* Where a worker more makes it slower, hill climbing stays low. */
/* What is shown of a race is the replay that is told. */
static void a_path_leads_from_the_start_to_where_it_settles(void **state)
{
    (void)state;
    struct ps_surface surface = knee(0.01);
    struct ps_tuner_task task = task_on(&surface);
    for (unsigned i = 0; i < PS_TUNERS; i++) {
        float path[480];
        struct ps_tuner_run run = ps_tuner_replay(i, &task);
        ps_tuner_path(i, &task, 480, path);
        assert_true(path[0] == 2);
        for (unsigned k = 361; k < 480; k++)
            assert_true(path[k] >= (float)run.lowest && path[k] <= (float)run.highest);
    }
}

static void hill_climbing_does_not_climb_down_a_slope(void **state)
{
    (void)state;
    struct ps_surface surface = {0};
    for (unsigned n = 1; n <= 40; n++)
        ps_surface_add(&surface, n, 4000.0 / (3 + n), 1e6);
    surface.noise = 0.005;
    struct ps_tuner_task task = task_on(&surface);
    task.start = 20;
    assert_true(ps_tuner_replay(0, &task).settled < 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_tuner_leaves_a_bad_start),
        cmocka_unit_test(aimd_is_a_saw),
        cmocka_unit_test(the_same_seed_is_the_same_replay),
        cmocka_unit_test(a_path_leads_from_the_start_to_where_it_settles),
        cmocka_unit_test(hill_climbing_does_not_climb_down_a_slope),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
