/* The queue of one worker: small capacity, indices that wrap around, one owner against thieves who take
 * offers and revoke; biased, where the kernel can, and not. */
#include "support.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

#include "engines/green/own.h"

enum { TASKS = 20000, THIEVES = 2, REVOCATIONS = 20000 };

static struct ps_task tasks[TASKS];
static _Atomic uint32_t seen[TASKS];

static void open_queue(struct own_queue *queue, unsigned slots, bool biased)
{
    own_init(queue, slots, biased);
    queue->head = queue->tail = UINT32_MAX - 1;
}

static bool push(struct own_queue *queue, struct ps_task *task)
{
    own_enter(queue);
    bool done = own_push(queue, task);
    own_leave(queue);
    return done;
}

static struct ps_task *pop(struct own_queue *queue)
{
    own_enter(queue);
    struct ps_task *task = own_pop(queue);
    own_leave(queue);
    return task;
}

static void first_in_first_out(void **state)
{
    (void)state;
    struct own_queue queue;
    open_queue(&queue, 4, own_biased());
    assert_null(pop(&queue));
    for (int i = 0; i < 4; i++)
        assert_true(push(&queue, &tasks[i]));
    assert_false(push(&queue, &tasks[4]));
    assert_int_equal(own_depth(&queue), 4);
    for (int i = 0; i < 4; i++)
        assert_ptr_equal(pop(&queue), &tasks[i]);
    assert_null(pop(&queue));
    assert_int_equal(own_depth(&queue), 0);
}

static void an_offer_is_the_older_half(void **state)
{
    (void)state;
    struct own_queue queue;
    open_queue(&queue, 4, own_biased());
    assert_false(own_make_offer(&queue));
    for (int i = 0; i < 3; i++)
        assert_true(push(&queue, &tasks[i]));
    assert_true(own_make_offer(&queue));
    assert_false(own_make_offer(&queue));
    assert_int_equal(own_waiting(&queue), 1);
    assert_int_equal(own_depth(&queue), 3);
    struct task_chain chain = own_take_offer(&queue);
    assert_int_equal(chain.count, 2);
    assert_ptr_equal(chain.first, &tasks[0]);
    assert_ptr_equal(chain.last, &tasks[1]);
    assert_null(chain.last->next);
    assert_int_equal(own_take_offer(&queue).count, 0);
    assert_ptr_equal(pop(&queue), &tasks[2]);
    assert_int_equal(own_depth(&queue), 0);
}

static void revoking_takes_the_ring_before_the_hot_task(void **state)
{
    (void)state;
    struct own_queue queue;
    open_queue(&queue, 4, own_biased());
    assert_int_equal(own_revoke(&queue).count, 0);
    own_enter(&queue);
    own_swap_hot(&queue, &tasks[9]);
    own_leave(&queue);
    assert_false(own_visible(&queue));
    assert_true(push(&queue, &tasks[0]));
    assert_true(own_visible(&queue));
    struct task_chain chain = own_revoke(&queue);
    assert_int_equal(chain.count, 1);
    assert_ptr_equal(chain.first, &tasks[0]);
    chain = own_revoke(&queue);
    assert_int_equal(chain.count, 1);
    assert_ptr_equal(chain.first, &tasks[9]);
    assert_null(chain.last->next);
    assert_int_equal(own_revoke(&queue).count, 0);
}

static void a_kept_hot_task_is_its_workers(void **state)
{
    (void)state;
    struct own_queue queue;
    open_queue(&queue, 4, own_biased());
    queue.kept = true;
    own_enter(&queue);
    own_swap_hot(&queue, &tasks[9]);
    own_leave(&queue);
    assert_int_equal(own_revoke(&queue).count, 0);
    assert_true(push(&queue, &tasks[0]));
    struct task_chain chain = own_revoke(&queue);
    assert_int_equal(chain.count, 1);
    assert_ptr_equal(chain.first, &tasks[0]);
    assert_int_equal(own_revoke(&queue).count, 0);
    assert_ptr_equal(own_hot(&queue), &tasks[9]);
}

static void nobody_revokes_while_the_owner_is_inside(void **state)
{
    (void)state;
    struct own_queue queue;
    open_queue(&queue, 4, own_biased());
    assert_true(push(&queue, &tasks[0]));
    own_enter(&queue);
    assert_false(own_visible(&queue));
    assert_int_equal(own_revoke(&queue).count, 0);
    own_leave(&queue);
    assert_int_equal(own_revoke(&queue).count, 1);
}

struct match {
    struct own_queue queue;
    _Atomic bool over;
    _Atomic uint64_t marked, revoked;
    unsigned number[THIEVES]; /* of each thief */
};

static struct match match;

static void mark(struct ps_task *task)
{
    atomic_fetch_add(&seen[task - tasks], 1);
    atomic_fetch_add(&match.marked, 1);
}

static unsigned mark_chain(struct task_chain chain)
{
    unsigned count = 0;
    for (struct ps_task *task = chain.first, *next; task; task = next, count++) {
        next = task->next;
        mark(task);
    }
    assert_int_equal(count, chain.count);
    return count;
}

/* The first only takes what is offered. */
static void *thief(void *arg)
{
    unsigned *number = arg;
    bool over;
    do {
        over = atomic_load(&match.over);
        mark_chain(own_take_offer(&match.queue));
        if (*number > 0 && mark_chain(own_revoke(&match.queue)) > 0)
            atomic_fetch_add(&match.revoked, 1);
    } while (!over || own_depth(&match.queue) > 0);
    return NULL;
}

static void put(struct ps_task *task, bool hot)
{
    struct task_chain spilt = {NULL, NULL, 0};
    own_enter(&match.queue);
    if (hot)
        task = own_swap_hot(&match.queue, task);
    if (task && !own_push(&match.queue, task)) {
        spilt = own_take_half(&match.queue);
        assert_true(own_push(&match.queue, task));
    }
    own_leave(&match.queue);
    mark_chain(spilt);
}

static struct ps_task *take(bool hot)
{
    own_enter(&match.queue);
    struct ps_task *task = hot ? own_swap_hot(&match.queue, NULL) : own_pop(&match.queue);
    own_leave(&match.queue);
    return task;
}

/* The owner puts, takes, spills and offers. */
static void go_round(void)
{
    struct ps_task *task;
    for (int i = 0; i < TASKS; i++) {
        put(&tasks[i], i % 5 == 0);
        if (i % 3 == 0 && (task = take(i % 2 == 0)))
            mark(task);
        if (i % 64 == 0)
            own_make_offer(&match.queue);
        if (i % 256 == 0)
            mark_chain(own_take_offer(&match.queue));
    }
    while ((task = take(true)) || (task = take(false)))
        mark(task);
}

/* Each task comes out exactly once a round. */
static void play(unsigned slots, bool biased)
{
    pthread_t threads[THIEVES];
    uint32_t rounds = 0;
    open_queue(&match.queue, slots, biased);
    atomic_store(&match.over, false);
    atomic_store(&match.marked, 0);
    atomic_store(&match.revoked, 0);
    for (int i = 0; i < TASKS; i++)
        atomic_store(&seen[i], 0);
    for (unsigned i = 0; i < THIEVES; i++) {
        match.number[i] = i;
        assert_int_equal(pthread_create(&threads[i], NULL, thief, &match.number[i]), 0);
    }
    do {
        go_round();
        rounds++;
        while (atomic_load(&match.marked) < (uint64_t)TASKS * rounds)
            sched_yield();
    } while (atomic_load(&match.revoked) < REVOCATIONS / (slots > 4 ? 4 : 1) / (biased ? 8 : 1) &&
             rounds < 500);
    atomic_store(&match.over, true);
    for (int i = 0; i < THIEVES; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < TASKS; i++)
        assert_int_equal(atomic_load(&seen[i]), rounds);
}

static void each_task_comes_out_once_biased(void **state)
{
    (void)state;
    if (!own_biased())
        skip();
    play(4, true);
    play(OWN_SLOTS, true);
}

static void each_task_comes_out_once_unbiased(void **state)
{
    (void)state;
    play(4, false);
    play(OWN_SLOTS, false);
}

int main(void)
{
    const struct CMUnitTest tests_of_queue[] = {
        cmocka_unit_test(first_in_first_out),
        cmocka_unit_test(an_offer_is_the_older_half),
        cmocka_unit_test(revoking_takes_the_ring_before_the_hot_task),
        cmocka_unit_test(a_kept_hot_task_is_its_workers),
        cmocka_unit_test(nobody_revokes_while_the_owner_is_inside),
        cmocka_unit_test(each_task_comes_out_once_biased),
        cmocka_unit_test(each_task_comes_out_once_unbiased),
    };
    return cmocka_run_group_tests(tests_of_queue, NULL, NULL);
}
