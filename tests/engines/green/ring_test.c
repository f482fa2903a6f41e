/* The ring of a worker: small capacity, indices that pass 2^32, one owner against thieves. */
#include "support.h"

#include <pthread.h>
#include <stdlib.h>

#include "engines/green/queue.h"

enum { TASKS = 200000, THIEVES = 3 };

static struct ps_task tasks[TASKS];
static _Atomic uint32_t seen[TASKS];

static void first_in_first_out(void **state)
{
    (void)state;
    struct ring ring;
    ring_init(&ring, 4, 0);
    assert_null(ring_pop(&ring));
    for (int i = 0; i < 4; i++)
        assert_true(ring_push(&ring, &tasks[i]));
    assert_false(ring_push(&ring, &tasks[4]));
    assert_int_equal(ring_size(&ring), 4);
    for (int i = 0; i < 4; i++)
        assert_ptr_equal(ring_pop(&ring), &tasks[i]);
    assert_null(ring_pop(&ring));
}

static void indices_pass_32_bits(void **state)
{
    (void)state;
    struct ring ring, mine;
    ring_init(&ring, 4, UINT32_MAX - 1);
    for (int round = 0; round < 8; round++) {
        ring_init(&mine, 4, UINT32_MAX);
        for (int i = 0; i < 3; i++)
            assert_true(ring_push(&ring, &tasks[i]));
        struct ps_task *task;
        unsigned count;
        assert_int_equal(ring_steal(&ring, &mine, &task, &count), RING_GOT);
        assert_int_equal(count, 2);
        assert_ptr_equal(task, &tasks[0]);
        assert_ptr_equal(ring_pop(&mine), &tasks[1]);
        assert_ptr_equal(ring_pop(&ring), &tasks[2]);
        assert_int_equal(ring_steal(&ring, &mine, &task, &count), RING_EMPTY);
    }
}

static void half_of_a_full_ring_comes_out_in_order(void **state)
{
    (void)state;
    struct ring ring;
    struct ps_task *first, *last;
    ring_init(&ring, 4, UINT32_MAX - 2);
    assert_int_equal(ring_take_half(&ring, &first, &last), 0);
    for (int i = 0; i < 4; i++)
        assert_true(ring_push(&ring, &tasks[i]));
    assert_int_equal(ring_take_half(&ring, &first, &last), 2);
    assert_ptr_equal(first, &tasks[0]);
    assert_ptr_equal(first->next, &tasks[1]);
    assert_ptr_equal(last, &tasks[1]);
    assert_null(last->next);
    assert_ptr_equal(ring_pop(&ring), &tasks[2]);
}

struct match {
    struct ring ring;
    _Atomic bool over;
};

static void mark(struct ps_task *task)
{
    atomic_fetch_add(&seen[task - tasks], 1);
}

static void *thief(void *arg)
{
    struct match *match = arg;
    struct ring mine;
    ring_init(&mine, RING_SLOTS, 0);
    bool over;
    do {
        struct ps_task *task;
        unsigned count;
        over = atomic_load(&match->over);
        while (ring_steal(&match->ring, &mine, &task, &count) == RING_GOT) {
            mark(task);
            while ((task = ring_pop(&mine)))
                mark(task);
        }
    } while (!over || ring_size(&match->ring) > 0);
    return NULL;
}

/* The owner pushes, pops and spills; each task comes out exactly once. */
static void play(unsigned slots)
{
    static struct match match;
    pthread_t threads[THIEVES];
    ring_init(&match.ring, slots, UINT32_MAX - 100);
    atomic_store(&match.over, false);
    for (int i = 0; i < TASKS; i++)
        atomic_store(&seen[i], 0);
    for (int i = 0; i < THIEVES; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, thief, &match), 0);
    for (int i = 0; i < TASKS; i++) {
        struct ps_task *task, *last;
        while (!ring_push(&match.ring, &tasks[i]))
            if (ring_take_half(&match.ring, &task, &last))
                for (; task; task = task->next)
                    mark(task);
        if (i % 3 == 0 && (task = ring_pop(&match.ring)))
            mark(task);
    }
    atomic_store(&match.over, true);
    for (int i = 0; i < THIEVES; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < TASKS; i++)
        assert_int_equal(atomic_load(&seen[i]), 1);
}

static void thieves_and_owner_share_a_small_ring(void **state)
{
    (void)state;
    play(4);
}

static void thieves_and_owner_share_a_whole_ring(void **state)
{
    (void)state;
    play(RING_SLOTS);
}

int main(void)
{
    const struct CMUnitTest tests_of_ring[] = {
        cmocka_unit_test(first_in_first_out),
        cmocka_unit_test(indices_pass_32_bits),
        cmocka_unit_test(half_of_a_full_ring_comes_out_in_order),
        cmocka_unit_test(thieves_and_owner_share_a_small_ring),
        cmocka_unit_test(thieves_and_owner_share_a_whole_ring),
    };
    return cmocka_run_group_tests(tests_of_ring, NULL, NULL);
}
