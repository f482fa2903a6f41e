/* Engines of OS threads when the system has no thread for them: linked with --wrap=pthread_create. */
#include "engines/contract/kit.h"

#include <errno.h>

int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*main)(void *), void *argument);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*main)(void *), void *argument);

/* How many more threads there are; and how often somebody was told that there is none. */
static _Atomic long threads_left = 1000000;
static _Atomic unsigned told;

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*main)(void *), void *argument)
{
    if (atomic_fetch_sub(&threads_left, 1) <= 0) {
        atomic_fetch_add(&told, 1);
        return EAGAIN;
    }
    return __real_pthread_create(thread, attributes, main, argument);
}

static const char *const fixed_threads[][2] = {{"threadpool", "fifo"},
                                               {"threadpool", "steal"},
                                               {"threadpool", "sharded"},
                                               {"pthread", "channel"}};
enum { FIXED = sizeof fixed_threads / sizeof fixed_threads[0] };

static struct subject subject_of(const char *engine, const char *policy)
{
    const struct ps_engine_ops *ops = ps_engine_find(engine);
    return (struct subject){ops, ps_policy_find(ops, policy)};
}

/* All workers or none; what failed once can be tried again. */
static void start_fails(void **state)
{
    (void)state;
    for (int i = 0; i < FIXED; i++) {
        struct subject subject = subject_of(fixed_threads[i][0], fixed_threads[i][1]);
        for (long left = 0; left < 6; left++) {
            struct rig rig;
            rig_create(&rig, &subject, rig_config(6, 16));
            rig_run(&rig, step_nothing);
            atomic_store(&threads_left, left);
            assert_int_equal(ps_engine_start(rig.engine), PS_EAGAIN);
            atomic_store(&threads_left, 1000000);
            assert_int_equal(rig.released, 0);
            if (left % 2)
                assert_int_equal(ps_engine_start(rig.engine), PS_OK);
            rig_close(&rig, left % 2 ? PS_CLOSE_DRAIN : PS_CLOSE_DISCARD);
        }
    }
}

static void resize_fails(void **state)
{
    (void)state;
    for (int i = 0; i < FIXED; i++) {
        struct subject subject = subject_of(fixed_threads[i][0], fixed_threads[i][1]);
        struct rig rig;
        rig_open(&rig, &subject, 2);
        for (long left = 0; left < 4; left++) {
            atomic_store(&threads_left, left);
            assert_int_equal(ps_engine_resize(rig.engine, 10), PS_EAGAIN);
            atomic_store(&threads_left, 1000000);
            for (int n = 0; n < 20; n++)
                rig_run(&rig, step_nothing);
        }
        assert_int_equal(ps_engine_resize(rig.engine, 10), PS_OK);
        rig_await(&rig, 80);
        rig_close(&rig, PS_CLOSE_DRAIN);
    }
}

/* Let there be so many more threads, and wait until somebody has asked for one more. */
static void use_up(long left)
{
    atomic_store(&threads_left, left);
    atomic_store(&told, 0);
    for (uint64_t until_ns = ps_now_ns() + PATIENCE_NS; atomic_load(&told) == 0;)
        assert_true(ps_now_ns() < until_ns);
}

/* A thread for every task: EAGAIN means to wait, and loses nothing. */
static void per_task_waits(void **state)
{
    (void)state;
    enum { COUNT = 200 };
    struct subject subject = subject_of("pthread", "per-task");
    struct rig rig;
    rig_open(&rig, &subject, 8);
    rig_pause(&rig, true);
    for (int i = 0; i < COUNT; i++)
        rig_run(&rig, step_nothing);
    atomic_store(&threads_left, 0);
    rig_pause(&rig, false);
    use_up(0);
    assert_int_equal(rig.released, 0);
    for (unsigned round = 1; round <= 10; round++) {
        use_up(5);
        rig_await(&rig, round * 5);
    }
    /* One may be out of the queue, with the dispatcher that asks for its thread. */
    assert_in_range(rig_depth(&rig), COUNT - 51, COUNT - 50);
    atomic_store(&threads_left, 1000000);
    rig_await(&rig, COUNT);
    rig_close(&rig, PS_CLOSE_DRAIN);
}

static void per_task_discards(void **state)
{
    (void)state;
    struct subject subject = subject_of("pthread", "per-task");
    struct rig rig;
    rig_open(&rig, &subject, 8);
    atomic_store(&threads_left, 0);
    for (int i = 0; i < 50; i++)
        rig_run(&rig, step_nothing);
    ps_engine_close(rig.engine, PS_CLOSE_DISCARD);
    rig_await(&rig, 50);
    assert_int_equal(rig.outcomes[PS_CANCELLED], 50);
    atomic_store(&threads_left, 1000000);
    rig_close(&rig, PS_CLOSE_DISCARD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(start_fails),
        cmocka_unit_test(resize_fails),
        cmocka_unit_test(per_task_waits),
        cmocka_unit_test(per_task_discards),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
