/* Indices near the end of their range, and a ring that is stolen from while it steals: tokio #5041
 * (an index too narrow), tokio #2387 (stolen from while stealing into), crossbeam #148 (a batch that
 * overshoots). */
#include "support.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "engines/common/job_ring.h"
#include "engines/common/parker.h"
#include "engines/threadpool/deque.h"

enum { JOBS = 200000, THIEVES = 2 };

static struct ps_job_ring ring[THIEVES + 1]; /* 0: the owner's */
static _Atomic uint32_t times[JOBS];
static _Atomic uint32_t ran;

static void nothing(void *number)
{
    (void)number;
}

static void run(struct ps_job job)
{
    atomic_fetch_add(&times[(size_t)job.arg], 1);
    atomic_fetch_add(&ran, 1);
}

static void start_at(struct ps_job_ring *at, uint64_t index)
{
    memset(at, 0, sizeof *at);
    atomic_init(&at->head, index);
    atomic_init(&at->tail, index);
    at->head_seen = index;
}

/* Fills its empty ring from the others' and empties it, as a worker does. */
static void *thief(void *number)
{
    struct ps_job_ring *own = &ring[(size_t)number];
    struct ps_job loot[PS_JOB_RING / 2], job;
    while (atomic_load(&ran) < JOBS) {
        for (size_t victim = 0; victim <= THIEVES; victim++) {
            if (&ring[victim] == own)
                continue;
            unsigned count = ps_job_ring_steal(&ring[victim], loot, PS_JOB_RING / 2);
            ps_job_ring_fill(own, loot, count);
            while (ps_job_ring_pop(own, &job))
                run(job);
        }
    }
    return NULL;
}

static void contest(uint64_t first)
{
    pthread_t thread[THIEVES];
    memset(times, 0, sizeof times);
    atomic_store(&ran, 0);
    for (size_t i = 0; i <= THIEVES; i++)
        start_at(&ring[i], first);
    for (size_t i = 0; i < THIEVES; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, thief, (void *)(i + 1)), 0);
    for (size_t i = 0; i < JOBS; i++) {
        struct ps_job job = {nothing, (void *)i};
        while (!ps_job_ring_push(&ring[0], job)) {
            struct ps_job own;
            if (ps_job_ring_pop(&ring[0], &own))
                run(own);
        }
    }
    struct ps_job job;
    while (ps_job_ring_pop(&ring[0], &job))
        run(job);
    for (size_t i = 0; i < THIEVES; i++)
        pthread_join(thread[i], NULL);
    for (size_t i = 0; i < JOBS; i++)
        assert_int_equal(atomic_load(&times[i]), 1);
}

static void a_ring_wraps_at_64_bits(void **state)
{
    (void)state;
    contest(UINT64_MAX - JOBS / 8);
}

static void a_ring_passes_32_bits(void **state)
{
    (void)state;
    contest(UINT32_MAX - (uint64_t)JOBS / 8);
}

static void a_full_ring_is_full_across_the_wrap(void **state)
{
    (void)state;
    start_at(&ring[0], UINT64_MAX - PS_JOB_RING / 2);
    struct ps_job job = {nothing, NULL}, loot[PS_JOB_RING];
    for (size_t i = 0; i < PS_JOB_RING; i++)
        assert_true(ps_job_ring_push(&ring[0], (struct ps_job){nothing, (void *)i}));
    assert_false(ps_job_ring_push(&ring[0], job));
    assert_int_equal(ps_job_ring_size(&ring[0]), PS_JOB_RING);
    assert_int_equal(ps_job_ring_steal(&ring[0], loot, PS_JOB_RING), PS_JOB_RING / 2);
    for (size_t i = 0; i < PS_JOB_RING / 2; i++)
        assert_ptr_equal(loot[i].arg, (void *)i);
    for (size_t i = PS_JOB_RING / 2; i < PS_JOB_RING; i++) {
        assert_true(ps_job_ring_pop(&ring[0], &job));
        assert_ptr_equal(job.arg, (void *)i);
    }
    assert_false(ps_job_ring_pop(&ring[0], &job));
}

/* 2^31 and 2^32: where an index of 32 bits would change its sign or begin anew. */
static void a_deque_passes_32_bits(void **state)
{
    (void)state;
    enum { CAPACITY = 8 };
    const int64_t first[] = {INT32_MAX - 3, (int64_t)UINT32_MAX - 3};
    for (size_t i = 0; i < 2; i++) {
        struct ps_deque deque;
        struct ps_task task[CAPACITY + 1], *got;
        assert_int_equal(ps_deque_init(&deque, CAPACITY), PS_OK);
        atomic_store(&deque.top, first[i]);
        atomic_store(&deque.bottom, first[i]);
        for (size_t n = 0; n < CAPACITY; n++)
            assert_true(ps_deque_push(&deque, &task[n]));
        assert_false(ps_deque_push(&deque, &task[CAPACITY]));
        assert_int_equal(ps_deque_size(&deque), CAPACITY);
        for (size_t n = 0; n < CAPACITY / 2; n++) {
            assert_int_equal(ps_deque_steal(&deque, &got), PS_STEAL_GOT);
            assert_ptr_equal(got, &task[n]);
            assert_ptr_equal(ps_deque_pop(&deque), &task[CAPACITY - 1 - n]);
        }
        assert_null(ps_deque_pop(&deque));
        assert_int_equal(ps_deque_steal(&deque, &got), PS_STEAL_EMPTY);
        ps_deque_free(&deque);
    }
}

static void a_parkers_count_wraps(void **state)
{
    (void)state;
    struct ps_parker parker;
    ps_parker_init(&parker);
    atomic_store(&parker.word, UINT32_MAX & ~(uint32_t)3);
    uint32_t ticket = ps_parker_ticket(&parker);
    ps_parker_wake(&parker);
    assert_int_equal(ps_parker_ticket(&parker), 0);
    assert_true(ps_parker_wait(&parker, ticket, PS_NEVER));
    ps_parker_destroy(&parker);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_ring_wraps_at_64_bits),
        cmocka_unit_test(a_ring_passes_32_bits),
        cmocka_unit_test(a_full_ring_is_full_across_the_wrap),
        cmocka_unit_test(a_deque_passes_32_bits),
        cmocka_unit_test(a_parkers_count_wraps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
