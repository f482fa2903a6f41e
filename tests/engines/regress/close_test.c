/* The end of an engine. tokio #2119, oneTBB #1281 (shutdown deadlocks), tokio #2082 (a scheduler's
 * lock held while tasks end), libuv #2231 (a handle closed during a send), crossbeam #726 (resize
 * during a steal: twice, or never). */
#include "kit.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { CHAINS = 8, WORKERS = 3 };

/* What the tasks of one round count together. */
struct end {
    struct ps_engine *engine;
    _Atomic uint32_t accepted, ended, released, twice, refused;
};

struct item {
    struct ps_task task;
    struct end *end;
    _Atomic uint32_t ends;
};

static struct ps_wait *nothing(struct ps_task *task)
{
    (void)task;
    return NULL;
}

static void count_end(struct ps_task *task)
{
    struct item *item = (struct item *)task;
    if (atomic_fetch_add(&item->ends, 1) != 0)
        atomic_fetch_add(&item->end->twice, 1);
    atomic_fetch_add(&item->end->ended, 1);
}

static enum ps_err submit_one(struct item *item, const struct ps_body *body, struct end *end,
                              uint64_t deadline_ns)
{
    ps_task_init(&item->task, body, 0, 0);
    item->end = end;
    atomic_store(&item->ends, 0);
    atomic_fetch_add(&end->accepted, 1);
    enum ps_err err = ps_submit(end->engine, &item->task, deadline_ns);
    if (err != PS_OK) {
        atomic_fetch_sub(&end->accepted, 1);
        atomic_fetch_add(&end->refused, 1);
    }
    return err;
}

static void submit_next(struct ps_task *task);
static void free_it(struct ps_task *task);
static const struct ps_body chained = {
    .name = "chained", .step = nothing, .ended = submit_next, .release = free_it};

static void submit_chained(struct end *end)
{
    struct item *item = calloc(1, sizeof *item);
    if (!item)
        abort();
    if (submit_one(item, &chained, end, 0) != PS_OK)
        free(item);
}

static void submit_next(struct ps_task *task)
{
    count_end(task);
    submit_chained(((struct item *)task)->end);
}

static void free_it(struct ps_task *task)
{
    free(task);
}

/* Each task's end submits the next, on every worker and on the closing thread: the chains end by a
 * refusal, and nothing else. */
static void close_chains(const struct ps_engine_ops *ops, const struct ps_policy *policy,
                         enum ps_close how)
{
    struct kit kit;
    kit_open(&kit, ops, policy, policy->max_workers < WORKERS ? policy->max_workers : WORKERS);
    struct end end = {.engine = kit.engine};
    for (unsigned i = 0; i < CHAINS; i++)
        submit_chained(&end);
    kit_await(&end.ended, 4 * CHAINS);
    /* A drain lets workers go on with it for ever, so it is hastened. */
    ps_engine_close(kit.engine, how);
    kit_stop(&kit, PS_CLOSE_DISCARD);
    assert_int_equal(atomic_load(&end.twice), 0);
    assert_int_equal(atomic_load(&end.refused), CHAINS);
    assert_int_equal(atomic_load(&end.accepted), atomic_load(&end.ended));
    kit_destroy(&kit);
}

static void discard_chains(const struct ps_engine_ops *ops, const struct ps_policy *policy)
{
    close_chains(ops, policy, PS_CLOSE_DISCARD);
    close_chains(ops, policy, PS_CLOSE_DRAIN);
}

static void callbacks_submit_while_it_closes(void **state)
{
    (void)state;
    kit_each(discard_chains);
}

/* ---- no lock is held while tasks end ---- */

enum { QUEUED = 64 };

struct nest {
    struct end end;
    struct item task[QUEUED], late[QUEUED];
    _Atomic uint32_t next;
};

static void count_release(struct ps_task *task)
{
    atomic_fetch_add(&((struct item *)task)->end->released, 1);
}

static const struct ps_body plain = {
    .name = "plain", .step = nothing, .ended = count_end, .release = count_release};

/* Everything that a callback may call: each of these takes the locks that the caller must not hold. */
static void enter_again(struct ps_task *task)
{
    count_end(task);
    struct nest *nest = task->user;
    struct ps_engine *engine = task->engine;
    uint32_t number = atomic_fetch_add(&nest->next, 1);
    if (number < QUEUED)
        submit_one(&nest->late[number], &plain, &nest->end, 0);
    (void)ps_engine_idle(engine);
    if (number == QUEUED / 4)
        ps_engine_close(engine, PS_CLOSE_DISCARD);
}

static const struct ps_body nesting = {
    .name = "nesting", .step = nothing, .ended = enter_again, .release = count_release};

/* Queued in a pause, then ended by the closing thread, by workers, and by a close inside a close. */
static void nest_one(const struct ps_engine_ops *ops, const struct ps_policy *policy,
                     enum ps_close how)
{
    struct kit kit;
    static struct nest nest;
    memset(&nest, 0, sizeof nest);
    kit_open(&kit, ops, policy, policy->max_workers < WORKERS ? policy->max_workers : WORKERS);
    nest.end.engine = kit.engine;
    assert_int_equal(ps_engine_tune(kit.engine, PS_KNOB_PAUSED, 1), PS_OK);
    for (uint32_t i = 0; i < QUEUED; i++) {
        struct item *item = &nest.task[i];
        ps_task_init(&item->task, &nesting, i, 0);
        item->task.user = &nest;
        item->end = &nest.end;
    }
    for (uint32_t i = 0; i < QUEUED; i++) {
        atomic_fetch_add(&nest.end.accepted, 1);
        assert_int_equal(ps_submit(kit.engine, &nest.task[i].task, 0), PS_OK);
    }
    ps_engine_close(kit.engine, how);
    kit_stop(&kit, how);
    assert_int_equal(atomic_load(&nest.end.twice), 0);
    assert_int_equal(atomic_load(&nest.end.accepted), atomic_load(&nest.end.ended));
    assert_int_equal(atomic_load(&nest.next), QUEUED);
    kit_destroy(&kit);
}

static void nest_both(const struct ps_engine_ops *ops, const struct ps_policy *policy)
{
    nest_one(ops, policy, PS_CLOSE_DISCARD);
    nest_one(ops, policy, PS_CLOSE_DRAIN);
}

static void callbacks_may_enter_the_engine(void **state)
{
    (void)state;
    kit_each(nest_both);
}

/* ---- senders ---- */

enum { SENDERS = 2, RESIZES = 12 };

static void give_back(struct ps_task *task)
{
    struct item *item = (struct item *)task;
    atomic_store(&item->ends, 2);
}

static const struct ps_body sent = {
    .name = "sent", .step = nothing, .ended = count_end, .release = give_back};

/* Sends until it is refused: to workers, queues and loops that come and go. */
static void *send(void *argument)
{
    struct end *end = argument;
    struct item item;
    while (submit_one(&item, &sent, end, PS_NEVER) == PS_OK && kit_spin(&item.ends, 2))
        ;
    return NULL;
}

static void send_and_resize(const struct ps_engine_ops *ops, const struct ps_policy *policy)
{
    struct kit kit;
    pthread_t sender[SENDERS];
    kit_open(&kit, ops, policy, policy->fixed ? 1 : WORKERS);
    struct end end = {.engine = kit.engine};
    for (unsigned i = 0; i < SENDERS; i++)
        assert_int_equal(pthread_create(&sender[i], NULL, send, &end), 0);
    for (unsigned i = 0; i < RESIZES; i++) {
        kit_await(&end.ended, atomic_load(&end.ended) + 3);
        if (!policy->fixed)
            assert_int_equal(ps_engine_resize(kit.engine, 1 + i % WORKERS), PS_OK);
    }
    kit_stop(&kit, PS_CLOSE_DRAIN);
    for (unsigned i = 0; i < SENDERS; i++)
        assert_int_equal(pthread_join(sender[i], NULL), 0);
    assert_int_equal(atomic_load(&end.refused), SENDERS);
    assert_int_equal(atomic_load(&end.twice), 0);
    assert_int_equal(atomic_load(&end.accepted), atomic_load(&end.ended));
    kit_destroy(&kit);
}

static void nothing_is_sent_to_what_is_closed(void **state)
{
    (void)state;
    kit_each(send_and_resize);
}

/* ---- a worker leaves while others steal from it ---- */

enum { LEAVES = 8, TREE = 40 };

struct tree {
    struct item node[TREE];
    struct end end;
};

/* Fills its worker's queue. */
static struct ps_wait *fill(struct ps_task *task)
{
    struct tree *tree = (struct tree *)task; /* node[0] */
    for (unsigned i = 1; i < TREE; i++)
        submit_one(&tree->node[i], &plain, &tree->end, 0);
    return NULL;
}

static const struct ps_body filling = {
    .name = "filling", .step = fill, .ended = count_end, .release = count_release};

static void leave_while_stolen_from(const struct ps_engine_ops *ops, const struct ps_policy *policy)
{
    struct kit kit;
    static struct tree tree;
    if (policy->fixed)
        return;
    kit_open(&kit, ops, policy, 2);
    for (unsigned i = 0; i < LEAVES; i++) {
        memset(&tree, 0, sizeof tree);
        tree.end.engine = kit.engine;
        assert_int_equal(ps_engine_resize(kit.engine, 4), PS_OK);
        submit_one(&tree.node[0], &filling, &tree.end, PS_NEVER);
        assert_int_equal(ps_engine_resize(kit.engine, 1), PS_OK);
        kit_await(&tree.end.released, TREE);
        assert_int_equal(atomic_load(&tree.end.twice), 0);
    }
    kit_close(&kit, PS_CLOSE_DRAIN);
}

static void no_task_is_lost_with_its_worker(void **state)
{
    (void)state;
    kit_each(leave_while_stolen_from);
}

/* ---- the last task ends on a worker that leaves ---- */

enum { ROUNDS = 5 };

struct hold {
    struct item item;
    _Atomic uint32_t *phase, *held;
};

/* The one on slot 0 ends in phase 1, the others in phase 2, a little later. */
static struct ps_wait *hold(struct ps_task *task)
{
    struct hold *hold = (struct hold *)task;
    atomic_fetch_add(hold->held, 1);
    bool first = ps_worker_self() == 0;
    kit_spin(hold->phase, first ? 1 : 2);
    for (uint64_t until_ns = ps_now_ns() + 200 * PS_NS_PER_US; !first && ps_now_ns() < until_ns;)
        ;
    return NULL;
}

static const struct ps_body holding = {
    .name = "holding", .step = hold, .ended = count_end, .release = count_release};

static void leave_last(const struct ps_engine_ops *ops, const struct ps_policy *policy)
{
    struct kit kit;
    if (policy->fixed)
        return;
    for (unsigned round = 0; round < ROUNDS; round++) {
        _Atomic uint32_t phase = 0, held = 0;
        struct hold task[WORKERS];
        kit_open(&kit, ops, policy, WORKERS);
        struct end end = {.engine = kit.engine};
        for (unsigned i = 0; i < WORKERS; i++) {
            task[i].phase = &phase;
            task[i].held = &held;
            assert_int_equal(submit_one(&task[i].item, &holding, &end, 0), PS_OK);
        }
        kit_await(&held, WORKERS);
        assert_int_equal(ps_engine_resize(kit.engine, 1), PS_OK);
        ps_engine_close(kit.engine, PS_CLOSE_DRAIN);
        atomic_store(&phase, 1);
        kit_await(&end.ended, 1);
        atomic_store(&phase, 2);
        kit_close(&kit, PS_CLOSE_DRAIN);
    }
}

static void stop_hears_of_a_worker_that_leaves(void **state)
{
    (void)state;
    kit_each(leave_last);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(callbacks_submit_while_it_closes),
        cmocka_unit_test(callbacks_may_enter_the_engine),
        cmocka_unit_test(nothing_is_sent_to_what_is_closed),
        cmocka_unit_test(no_task_is_lost_with_its_worker),
        cmocka_unit_test(stop_hears_of_a_worker_that_leaves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
