/* 10,000 random worker counts under load: every task runs once, nothing is lost. */
#include "kit.h"

#include <stdlib.h>

#include "base/rng.h"

enum { RESIZES = 10000, MOST = 64, LOAD = 400, ROUNDS = 4 };

static struct kit kit;
static _Atomic bool over;
static _Atomic uint64_t turns;

struct load {
    struct ps_task task;
    struct ps_task child[ROUNDS];
    struct ps_rng rng;
};
static struct load loads[LOAD];

static void child_run(struct ps_task *task)
{
    (void)task;
    atomic_fetch_add(&turns, 1);
}

/* Yields, sleeps, spawns and joins until told to end. */
static void load_run(struct ps_task *task)
{
    static const struct ps_body body = {.name = "child", .run = child_run};
    struct load *self = task->user;
    while (!atomic_load(&over)) {
        for (unsigned i = 0; i < ROUNDS; i++) {
            ps_task_init(&self->child[i], &body, i, 1);
            self->child[i].parent = task;
            assert_int_equal(ps_submit(task->engine, &self->child[i], PS_NEVER), PS_OK);
        }
        assert_int_equal(kit_wait(task, PS_WAIT_JOIN, PS_STATE_JOIN), PS_OK);
        if (ps_rng_below(&self->rng, 2))
            assert_int_equal(kit_wait(task, PS_WAIT_YIELD, PS_STATE_SLEEP), PS_OK);
        else
            assert_int_equal(kit_sleep(task, ps_rng_below(&self->rng, 300000)), PS_OK);
    }
}

static void storm(const char *policy, bool stealing)
{
    static const struct ps_body body = {.name = "load", .run = load_run};
    struct ps_rng rng = ps_rng_make(9, 0);
    kit_open(&kit, (struct kit_case){policy, 2});
    if (!stealing)
        ps_engine_tune(kit.engine, PS_KNOB_STEALING, 0);
    atomic_store(&over, false);
    atomic_store(&turns, 0);
    for (uint32_t i = 0; i < LOAD; i++) {
        ps_task_init(&loads[i].task, &body, i, 0);
        loads[i].task.user = &loads[i];
        loads[i].rng = ps_rng_make(10, i);
        assert_int_equal(ps_submit(kit.engine, &loads[i].task, PS_NEVER), PS_OK);
    }
    for (unsigned i = 0; i < RESIZES / KIT_SCALE; i++) {
        unsigned workers = 1 + ps_rng_below(&rng, MOST);
        assert_int_equal(ps_engine_resize(kit.engine, workers), PS_OK);
    }
    atomic_store(&over, true);
    ps_engine_close(kit.engine, PS_CLOSE_DRAIN);
    assert_int_equal(ps_engine_stop(kit.engine, ps_now_ns() + 60ull * PS_NS_PER_S), PS_OK);
    assert_true(kit_ended(&kit, PS_COMPLETED) == LOAD + atomic_load(&turns));
    assert_true(kit_started(&kit) == LOAD + atomic_load(&turns));
    for (unsigned slot = 0; slot < MOST; slot++) {
        assert_int_equal(atomic_load(&ps_segment_cell(kit.segment, slot)->tid), 0);
        assert_int_equal(atomic_load(&ps_segment_cell(kit.segment, slot)->queue_depth), 0);
    }
    kit_close(&kit, PS_CLOSE_DRAIN);
}

static void resizing_loses_nothing_when_stealing(void **state)
{
    (void)state;
    storm("steal", true);
}

/* Nobody but the retiring worker itself can save its queue then. */
static void resizing_loses_nothing_without_stealing(void **state)
{
    (void)state;
    storm("steal", false);
}

static void resizing_loses_nothing_with_one_queue(void **state)
{
    (void)state;
    storm("global", true);
}

static void bad_counts_are_refused(void **state)
{
    (void)state;
    kit_open(&kit, (struct kit_case){"steal", 2});
    assert_int_equal(ps_engine_resize(kit.engine, 0), PS_EINVAL);
    assert_int_equal(ps_engine_resize(kit.engine, MOST + 1), PS_EINVAL);
    kit_close(&kit, PS_CLOSE_DRAIN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(resizing_loses_nothing_when_stealing),
        cmocka_unit_test(resizing_loses_nothing_without_stealing),
        cmocka_unit_test(resizing_loses_nothing_with_one_queue),
        cmocka_unit_test(bad_counts_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
