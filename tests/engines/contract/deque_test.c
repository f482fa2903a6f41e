#include "support.h"

#include <pthread.h>
#include <string.h>

#include "engines/engine.h"
#include "engines/threadpool/deque.h"

static struct ps_task tasks[64];

static void capacity(void **state)
{
    (void)state;
    struct ps_deque deque;
    assert_int_equal(ps_deque_init(&deque, 4), PS_OK);
    /* Enough rounds to wrap the slots many times, with both ends moving. */
    for (int round = 0; round < 50; round++) {
        struct ps_task *got;
        for (int i = 0; i < 4; i++)
            assert_true(ps_deque_push(&deque, &tasks[i]));
        assert_false(ps_deque_push(&deque, &tasks[4]));
        assert_int_equal(ps_deque_size(&deque), 4);
        assert_ptr_equal(ps_deque_pop(&deque), &tasks[3]);
        assert_int_equal(ps_deque_steal(&deque, &got), PS_STEAL_GOT);
        assert_ptr_equal(got, &tasks[0]);
        assert_ptr_equal(ps_deque_pop(&deque), &tasks[2]);
        assert_ptr_equal(ps_deque_pop(&deque), &tasks[1]);
        assert_null(ps_deque_pop(&deque));
        assert_int_equal(ps_deque_steal(&deque, &got), PS_STEAL_EMPTY);
        assert_int_equal(ps_deque_size(&deque), 0);
    }
    ps_deque_free(&deque);
}

/* An owner that pushes and pops, thieves that steal: everything is got once. */
enum { THIEVES = 3, COUNT = 60000 };

struct contest {
    struct ps_deque deque;
    _Atomic unsigned char got[COUNT];
    _Atomic bool over;
    _Atomic unsigned lost;
};

static struct ps_task *name_of(unsigned number)
{
    return (struct ps_task *)((uintptr_t)(number + 1) * 64);
}

static void note(struct contest *contest, const struct ps_task *task)
{
    uintptr_t number = (uintptr_t)task / 64 - 1;
    if (number >= COUNT)
        atomic_fetch_add(&contest->lost, 1);
    else
        atomic_fetch_add(&contest->got[number], 1);
}

static void *thief(void *argument)
{
    struct contest *contest = argument;
    for (;;) {
        bool over = atomic_load(&contest->over);
        struct ps_task *task;
        enum ps_steal got = ps_deque_steal(&contest->deque, &task);
        if (got == PS_STEAL_GOT)
            note(contest, task);
        if (got == PS_STEAL_EMPTY && over)
            return NULL;
    }
}

static void own(struct contest *contest)
{
    for (unsigned next = 0; next < COUNT;) {
        struct ps_task *task;
        /* Bursts of 1 to 7 keep the deque near empty, where owner and thieves meet. */
        for (unsigned i = 0; i <= next % 7 && next < COUNT; i++)
            if (ps_deque_push(&contest->deque, name_of(next)))
                next++;
        for (unsigned i = 0; i < next % 5 && (task = ps_deque_pop(&contest->deque)); i++)
            note(contest, task);
    }
}

static void contest(void **state)
{
    (void)state;
    static struct contest contest;
    memset(&contest, 0, sizeof contest);
    assert_int_equal(ps_deque_init(&contest.deque, 8), PS_OK);
    pthread_t thread[THIEVES];
    for (int i = 0; i < THIEVES; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, thief, &contest), 0);
    own(&contest);
    atomic_store(&contest.over, true);
    for (int i = 0; i < THIEVES; i++)
        pthread_join(thread[i], NULL);
    assert_int_equal(ps_deque_size(&contest.deque), 0);
    assert_int_equal(atomic_load(&contest.lost), 0);
    for (unsigned i = 0; i < COUNT; i++)
        assert_int_equal(atomic_load(&contest.got[i]), 1);
    ps_deque_free(&contest.deque);
}

int main(void)
{
    const struct CMUnitTest tests_of_deque[] = {
        cmocka_unit_test(capacity),
        cmocka_unit_test(contest),
    };
    return cmocka_run_group_tests(tests_of_deque, NULL, NULL);
}
