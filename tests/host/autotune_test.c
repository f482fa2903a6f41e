#include "support.h"

#include <unistd.h>

#include "base/clock.h"
#include "host/autotune.h"
#include "host/control.h"

static const char *const names[] = {"t"};
static const struct ps_policy policy = {.name = "p", .max_workers = 1};

enum { TASKS_PER_MS = 1000 };

static void look(struct ps_autotune *tuner, struct ps_control *control, uint64_t ran_ns)
{
    struct ps_segment *segment = control->run->segment;
    atomic_store(&ps_segment_cell(segment, 0)->ended[PS_COMPLETED],
                 ran_ns / PS_NS_PER_MS * TASKS_PER_MS);
    ps_autotune_tick(tuner, control, ran_ns + atomic_load(&segment->paused_ns));
}

/* However long a run stands still, the tuner sees the throughput of the time in which it ran. */
static void a_pause_is_in_no_sample(void **state)
{
    (void)state;
    static struct ps_run run;
    static struct ps_autotune tuner;
    struct ps_control control = {.run = &run};
    int fd;
    run.policy = &policy;
    run.workers = 1;
    run.experiment.autotune = true;
    assert_int_equal(ps_segment_create(1, 1, names, &fd, &run.segment), PS_OK);
    ps_autotune_init(&tuner, &control, 0);
    for (uint64_t ms = 1; ms < 1000; ms++) {
        if (ms % 350 == 0)
            atomic_fetch_add(&run.segment->paused_ns, 60 * (uint64_t)PS_NS_PER_S);
        look(&tuner, &control, ms * PS_NS_PER_MS);
    }
    assert_in_range(tuner.hill.total, 5, PS_HILL_SAMPLES);
    for (unsigned i = 0; i < tuner.hill.total; i++)
        assert_in_range((uint64_t)tuner.hill.throughput[i], 999 * TASKS_PER_MS,
                        1001 * TASKS_PER_MS);
    ps_segment_unmap(run.segment);
    close(fd);
}

/* A count that the engine would refuse ends the tuner, so none is ever tried. */
static void reserved_workers_are_left_alone(void **state)
{
    (void)state;
    static const struct ps_policy bulkhead = {
        .name = "b", .max_workers = PS_MAX_WORKERS, .traits = PS_TRAIT_RESERVES};
    static struct ps_run run;
    static struct ps_autotune tuner;
    struct ps_control control = {.run = &run};
    int fd;
    run.policy = &bulkhead;
    run.workers = 8;
    run.experiment.autotune = true;
    run.experiment.type_count = 3;
    run.experiment.types[0].reserve = 2;
    run.experiment.types[2].reserve = 3;
    assert_int_equal(ps_segment_create(16, 1, names, &fd, &run.segment), PS_OK);
    ps_autotune_init(&tuner, &control, 0);
    assert_int_equal(tuner.hill.low, 6);
    assert_int_equal(tuner.hill.high, 16);
    /* No throughput at all, ever more of which is to be had with less: down it goes, to there. */
    for (unsigned i = 0; i < 2000; i++)
        assert_in_range(ps_hill_update(&tuner.hill, 1e6 / tuner.hill.count, 0.1), 6, 16);
    assert_true(tuner.hill.count < 8);
    run.policy = &policy;
    ps_autotune_init(&tuner, &control, 0);
    assert_int_equal(tuner.hill.low, 1);
    ps_segment_unmap(run.segment);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reserved_workers_are_left_alone),
        cmocka_unit_test(a_pause_is_in_no_sample),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
