/* Whom a task that arrives wakes: one idle worker, or with config.wake_all all of them. */
#include <sched.h>

#include "engines/contract/kit.h"

enum { WORKERS = 4 };

/* A worker counts a park when it is on the list of sleepers, which it leaves only if it is called. */
static bool all_asleep(struct rig *rig)
{
    for (unsigned slot = 0; slot < WORKERS; slot++)
        if (atomic_load(&ps_segment_cell(rig->segment, slot)->parks) == 0)
            return false;
    return true;
}

static uint64_t wakes(struct rig *rig)
{
    return atomic_load(&ps_segment_cell(rig->segment, rig->segment->slots)->wakes);
}

static void arrivals_wake(bool all, uint64_t expected)
{
    const struct ps_engine_ops *ops = ps_engine_find("pthread");
    struct subject subject = {ops, ps_policy_find(ops, "channel")};
    struct ps_engine_config config = rig_config(WORKERS, 64);
    config.wake_all = all;
    struct rig rig;
    rig_start(&rig, &subject, config);
    while (!all_asleep(&rig))
        sched_yield();
    uint64_t before = wakes(&rig);
    rig_run(&rig, step_nothing);
    assert_int_equal(wakes(&rig) - before, expected);
    rig_await(&rig, 1);
    rig_close(&rig, PS_CLOSE_DRAIN);
}

static void one_is_woken(void **state)
{
    (void)state;
    arrivals_wake(false, 1);
}

static void all_are_woken(void **state)
{
    (void)state;
    arrivals_wake(true, WORKERS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_is_woken),
        cmocka_unit_test(all_are_woken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
