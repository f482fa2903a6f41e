/* Work beside an idle worker: whatever is published while its publisher stays inside a long call is
 * begun by somebody else. tokio #1768, #4383 (a lost wake), #6596 (a task stranded behind a blocking
 * call), #5712 (a hot slot that starves the queue), #8065, #4941 (waking for one's own hot slot); Go
 * #45867, #43997 (an idle worker beside queued work; spinning in vain). */
#include "kit.h"

#include <string.h>

#include "engines/fork.h"

enum { ROUNDS = 300, STRANDED = 20 };

/* ---- forks and jobs ---- */

struct parent {
    struct ps_fork fork;
    struct ps_engine *engine;
    _Atomic uint32_t begun, ended, lost;
};

static struct ps_strand *begin(struct ps_strand *self, struct ps_fork *fork)
{
    atomic_fetch_add(&((struct parent *)fork)->begun, 1);
    return self;
}

/* A job that forks and stays inside a call until the fork was begun, which only a thief can do. */
static void forks(void *argument)
{
    struct parent *parent = argument;
    struct ps_strand *self = ps_strand_self();
    ps_fork(self, &parent->fork, begin);
    if (!kit_spin(&parent->begun, 1))
        atomic_store(&parent->lost, 1);
    ps_fork_join(self, &parent->fork);
    atomic_fetch_add(&parent->ended, 1);
}

static void counts(void *argument)
{
    atomic_fetch_add(&((struct parent *)argument)->begun, 1);
}

static void submits(void *argument)
{
    struct parent *parent = argument;
    if (ps_job(parent->engine, counts, parent) != PS_OK || !kit_spin(&parent->begun, 1))
        atomic_store(&parent->lost, 1);
    atomic_fetch_add(&parent->ended, 1);
}

static void others_begin_it(const char *engine, void (*job)(void *argument))
{
    struct kit kit;
    kit_open_named(&kit, engine, "steal", 2);
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct parent parent = {.engine = kit.engine};
        assert_int_equal(ps_job(kit.engine, job, &parent), PS_OK);
        kit_await(&parent.ended, 1);
        assert_int_equal(atomic_load(&parent.lost), 0);
    }
    kit_close(&kit, PS_CLOSE_DRAIN);
}

static void a_thief_begins_a_fork_of_a_busy_parent(void **state)
{
    (void)state;
    others_begin_it("threadpool", forks);
}

static void a_green_thief_begins_a_fork_of_a_busy_parent(void **state)
{
    (void)state;
    others_begin_it("green", forks);
}

static void a_thief_begins_a_job_of_a_busy_job(void **state)
{
    (void)state;
    others_begin_it("threadpool", submits);
}

static void a_green_thief_begins_a_job_of_a_busy_job(void **state)
{
    (void)state;
    others_begin_it("green", submits);
}

/* ---- tasks ---- */

struct pair {
    struct ps_task first, second;
    _Atomic uint32_t begun, released, lost;
};

static struct ps_wait *second_step(struct ps_task *task)
{
    atomic_fetch_add(&((struct pair *)task->user)->begun, 1);
    return NULL;
}

static void released(struct ps_task *task)
{
    atomic_fetch_add(&((struct pair *)task->user)->released, 1);
}

static const struct ps_body second = {.name = "second", .step = second_step, .release = released};

/* Spawns the second task, most likely into its worker's hot slot, and blocks its thread. */
static struct ps_wait *first_step(struct ps_task *task)
{
    struct pair *pair = task->user;
    if (ps_submit(task->engine, &pair->second, 0) != PS_OK || !kit_spin(&pair->begun, 1))
        atomic_store(&pair->lost, 1);
    return NULL;
}

static const struct ps_body first = {.name = "first", .step = first_step, .release = released};

static void strand(const struct ps_engine_ops *ops, const struct ps_policy *policy)
{
    /* A loop's tasks are pinned to it: that is the lesson of that engine. */
    if (strcmp(ops->name, "async") == 0 || policy->max_workers < 2)
        return;
    struct kit kit;
    kit_open(&kit, ops, policy, 2);
    for (uint32_t round = 0; round < STRANDED; round++) {
        struct pair pair = {.lost = 0};
        ps_task_init(&pair.first, &first, 2 * round, 0);
        ps_task_init(&pair.second, &second, 2 * round + 1, 0);
        pair.first.user = pair.second.user = &pair;
        assert_int_equal(ps_submit(kit.engine, &pair.first, PS_NEVER), PS_OK);
        kit_await(&pair.released, 2);
        assert_int_equal(atomic_load(&pair.lost), 0);
    }
    kit_close(&kit, PS_CLOSE_DRAIN);
}

static void nobody_is_stranded_behind_a_blocking_call(void **state)
{
    (void)state;
    kit_each(strand);
}

/* ---- a chain of tasks, each of which spawns the next ---- */

enum { CHAIN = 100000 };

struct chain {
    struct ps_task link[2], waiting;
    _Atomic uint32_t length, seen, over;
};

static struct ps_wait *link_step(struct ps_task *task);
static void link_released(struct ps_task *task);
static const struct ps_body link_body = {
    .name = "link", .step = link_step, .release = link_released};

static struct ps_wait *link_step(struct ps_task *task)
{
    (void)task;
    return NULL;
}

/* The next one, until the waiting task has run: on the worker, in the memory of the one before. */
static void link_released(struct ps_task *task)
{
    struct chain *chain = task->user;
    uint32_t length = atomic_fetch_add(&chain->length, 1);
    struct ps_engine *engine = task->engine;
    if (length >= CHAIN || atomic_load(&chain->seen) != 0) {
        atomic_store(&chain->over, 1);
        return;
    }
    ps_task_init(task, &link_body, length, 0);
    task->user = chain;
    if (ps_submit(engine, task, 0) != PS_OK)
        atomic_store(&chain->over, 1);
}

static struct ps_wait *waiting_step(struct ps_task *task)
{
    struct chain *chain = task->user;
    atomic_store(&chain->seen, 1 + atomic_load(&chain->length));
    return NULL;
}

static const struct ps_body waiting_body = {.name = "waiting", .step = waiting_step};

static void starve(const struct ps_engine_ops *ops, const struct ps_policy *policy)
{
    struct kit kit;
    struct chain chain = {.length = 0};
    kit_open(&kit, ops, policy, 1);
    assert_int_equal(ps_engine_tune(kit.engine, PS_KNOB_PAUSED, 1), PS_OK);
    ps_task_init(&chain.link[0], &link_body, 0, 0);
    ps_task_init(&chain.waiting, &waiting_body, 0, 0);
    chain.link[0].user = chain.waiting.user = &chain;
    assert_int_equal(ps_submit(kit.engine, &chain.link[0], 0), PS_OK);
    assert_int_equal(ps_submit(kit.engine, &chain.waiting, 0), PS_OK);
    assert_int_equal(ps_engine_tune(kit.engine, PS_KNOB_PAUSED, 0), PS_OK);
    kit_await(&chain.over, 1);
    kit_await(&chain.seen, 1);
    /* Queues from outside may be looked at once in a while, but far sooner than the chain ends. */
    assert_in_range(atomic_load(&chain.seen), 1, CHAIN / 10);
    kit_close(&kit, PS_CLOSE_DRAIN);
}

static void a_chain_starves_nobody(void **state)
{
    (void)state;
    kit_each(starve);
}

/* ---- idle ---- */

/* What moves while a worker looks for work; 0 in `busy`: each of them sleeps, or is no thread. */
struct pulse {
    uint64_t tries, parks;
    unsigned busy;
};

static struct pulse feel(const struct kit *kit, unsigned workers)
{
    struct pulse pulse = {KIT_SUM(kit, steal_tries), KIT_SUM(kit, parks), 0};
    for (unsigned slot = 0; slot < workers; slot++)
        pulse.busy +=
            ps_state_of(atomic_load(&ps_segment_cell(kit->segment, slot)->now)) > PS_STATE_IDLE;
    return pulse;
}

static void rest(const struct ps_engine_ops *ops, const struct ps_policy *policy)
{
    enum { WORKERS = 4 };
    const uint64_t STILL_NS = 30 * (uint64_t)PS_NS_PER_MS;
    if (policy->max_workers < WORKERS)
        return;
    struct kit kit;
    struct pair pair = {.begun = 0};
    kit_open(&kit, ops, policy, WORKERS);
    ps_task_init(&pair.second, &second, 0, 0);
    pair.second.user = &pair;
    assert_int_equal(ps_submit(kit.engine, &pair.second, 0), PS_OK);
    kit_await(&pair.released, 1);
    uint64_t begin_ns = ps_now_ns(), now_ns = begin_ns, moved_ns = begin_ns;
    struct pulse old = feel(&kit, WORKERS);
    while (now_ns - moved_ns < STILL_NS && now_ns - begin_ns < PATIENCE_NS) {
        struct pulse new = feel(&kit, WORKERS);
        now_ns = ps_now_ns();
        if (new.busy > 0 || new.tries != old.tries || new.parks != old.parks)
            moved_ns = now_ns;
        old = new;
    }
    assert_true(now_ns - moved_ns >= STILL_NS);
    kit_close(&kit, PS_CLOSE_DRAIN);
}

static void idle_workers_come_to_rest(void **state)
{
    (void)state;
    kit_each(rest);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_thief_begins_a_fork_of_a_busy_parent),
        cmocka_unit_test(a_green_thief_begins_a_fork_of_a_busy_parent),
        cmocka_unit_test(a_thief_begins_a_job_of_a_busy_job),
        cmocka_unit_test(a_green_thief_begins_a_job_of_a_busy_job),
        cmocka_unit_test(nobody_is_stranded_behind_a_blocking_call),
        cmocka_unit_test(a_chain_starves_nobody),
        cmocka_unit_test(idle_workers_come_to_rest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
