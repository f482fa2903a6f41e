/* Tasks that sleep without their stack's memory, and event-style tasks that sleep without a stack. */
#include "kit.h"

#include <sched.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "base/rng.h"
#include "engines/green/green.h"
#include "engines/green/scheduler.h"
#include "engines/green/slab.h"

#define PATIENCE_NS (60 * (uint64_t)PS_NS_PER_S)

enum { SLEEPERS = 3000 / KIT_SCALE, WORDS = 40, ROUNDS = 3 };

struct sleeper_task {
    struct ps_task task;
    uint64_t ns;
    unsigned rounds;
    struct ps_wait wait; /* of event style */
    bool intact;
    enum ps_err result;
    int first_slot, last_slot;
    struct fiber *fiber; /* before it slept */
};

static _Atomic uint32_t sleeping, ended;

static struct green *green_of(struct kit *kit)
{
    return (struct green *)kit->engine;
}

/* Every sleep counts as long. */
static void open_deep(struct kit *kit, struct kit_case how)
{
    kit_config(kit, how);
    kit_create(kit);
    green_of(kit)->sleepers.least_ns = 0;
    assert_int_equal(ps_engine_start(kit->engine), PS_OK);
    atomic_store(&sleeping, 0);
    atomic_store(&ended, 0);
}

static void count_end(struct ps_task *task)
{
    (void)task;
    kit_signal(&ended);
}

/* Words on the stack that belong to this task and round only, in registers and in memory. */
static __attribute__((noinline)) bool sleep_over(struct ps_task *task, uint64_t ns, uint64_t seed,
                                                 enum ps_err expected)
{
    struct ps_rng rng = ps_rng_make(seed, task->stamp.id), again = rng;
    volatile uint64_t word[WORDS];
    double share = (double)seed / 7;
    for (size_t i = 0; i < WORDS; i++)
        word[i] = ps_rng_next(&rng);
    enum ps_err err = ps_green_sleep(task, ps_now_ns() + ns);
    bool same = err == expected && share == (double)seed / 7;
    for (size_t i = 0; i < WORDS; i++)
        same = same && word[i] == ps_rng_next(&again);
    return same;
}

static void sleep_rounds(struct ps_task *task)
{
    struct sleeper_task *self = task->user;
    self->intact = true;
    for (unsigned i = 0; i < ROUNDS; i++)
        self->intact = self->intact && sleep_over(task, self->ns, i + 1, PS_OK);
}

static struct sleeper_task *make(unsigned count, const struct ps_body *body, uint64_t most_ns)
{
    struct sleeper_task *tasks = calloc(count, sizeof *tasks);
    struct ps_rng rng = ps_rng_make(9, 9);
    assert_non_null(tasks);
    for (unsigned i = 0; i < count; i++) {
        ps_task_init(&tasks[i].task, body, i, 0);
        tasks[i].task.user = &tasks[i];
        tasks[i].ns = most_ns == PS_NEVER ? most_ns : 1 + ps_rng_below(&rng, (uint32_t)most_ns);
    }
    return tasks;
}

static void submit_all(struct kit *kit, struct sleeper_task *tasks, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        assert_int_equal(ps_submit(kit->engine, &tasks[i].task, PS_NEVER), PS_OK);
}

/* In random order, on any worker, thrice. */
static void a_stack_comes_back_as_it_was(void **state)
{
    static const struct ps_body body = {.name = "deep", .run = sleep_rounds, .ended = count_end};
    (void)state;
    for (unsigned c = 0; c < kit_case_count; c++) {
        struct kit kit;
        open_deep(&kit, kit_cases[c]);
        struct sleeper_task *tasks = make(SLEEPERS, &body, 20 * PS_NS_PER_MS);
        submit_all(&kit, tasks, SLEEPERS);
        kit_await(&ended, SLEEPERS);
        for (unsigned i = 0; i < SLEEPERS; i++)
            assert_true(tasks[i].intact);
        assert_int_equal(atomic_load(&green_of(&kit)->depot.deep), 0);
        kit_close(&kit, PS_CLOSE_DRAIN);
        free(tasks);
    }
}

/* Both workers are held; then the one is let go that the task did not lie down on. */
struct hold {
    struct ps_task task;
    _Atomic uint32_t go;
    int slot;
};

static _Atomic uint32_t held;

static void hold_worker(struct ps_task *task)
{
    struct hold *hold = task->user;
    hold->slot = ps_worker_self();
    kit_signal(&held);
    kit_await(&hold->go, 1);
}

static void lie_down(struct ps_task *task)
{
    struct sleeper_task *self = task->user;
    self->first_slot = ps_worker_self();
    kit_signal(&sleeping);
    self->intact = sleep_over(task, 3600 * (uint64_t)PS_NS_PER_S, 5, PS_ECANCELED);
    self->last_slot = ps_worker_self();
}

static void another_worker_resumes(void **state)
{
    static const struct ps_body holds = {.name = "hold", .run = hold_worker, .ended = count_end};
    static const struct ps_body sleeps = {.name = "sleep", .run = lie_down, .ended = count_end};
    (void)state;
    struct kit kit;
    struct hold hold[2];
    open_deep(&kit, (struct kit_case){"steal", 2});
    atomic_store(&held, 0);
    struct sleeper_task *sleeper = make(1, &sleeps, 1);
    submit_all(&kit, sleeper, 1);
    kit_await(&sleeping, 1);
    for (unsigned i = 0; i < 2; i++) {
        ps_task_init(&hold[i].task, &holds, 2 + i, 1);
        hold[i].task.user = &hold[i];
        atomic_init(&hold[i].go, 0);
        assert_int_equal(ps_submit(kit.engine, &hold[i].task, PS_NEVER), PS_OK);
    }
    kit_await(&held, 2);
    ps_task_cancel(&sleeper->task);
    bool first = hold[0].slot == sleeper->first_slot;
    kit_signal(&hold[first].go);
    kit_await(&ended, 2);
    kit_signal(&hold[!first].go);
    kit_await(&ended, 3);
    assert_true(sleeper->intact);
    assert_int_equal(sleeper->last_slot, hold[first].slot);
    assert_int_not_equal(sleeper->last_slot, sleeper->first_slot);
    kit_close(&kit, PS_CLOSE_DRAIN);
    free(sleeper);
}

/* ---- waking before the time ---- */

static void sleep_for_ever(struct ps_task *task)
{
    struct sleeper_task *self = task->user;
    kit_signal(&sleeping);
    self->result = ps_green_sleep(task, ps_now_ns() + 3600 * (uint64_t)PS_NS_PER_S);
    if (self->result != PS_OK)
        ps_task_give_up(task);
}

static struct ps_wait *step_for_ever(struct ps_task *task)
{
    struct sleeper_task *self = task->user;
    if (self->rounds++ > 0) {
        self->result = self->wait.result;
        ps_task_give_up(task);
        return NULL;
    }
    self->wait = (struct ps_wait){.kind = PS_WAIT_UNTIL,
                                  .why = PS_STATE_SLEEP,
                                  .until_ns = ps_now_ns() + 3600 * (uint64_t)PS_NS_PER_S};
    kit_signal(&sleeping);
    return &self->wait;
}

static const struct ps_body for_ever[] = {
    {.name = "direct", .run = sleep_for_ever, .ended = count_end},
    {.name = "steps", .step = step_for_ever, .ended = count_end},
};

/* Some of them while they are lying down. */
static void a_cancel_wakes(void **state)
{
    (void)state;
    for (unsigned c = 0; c < kit_case_count * 2; c++) {
        struct kit kit;
        open_deep(&kit, kit_cases[c / 2]);
        struct sleeper_task *tasks = make(SLEEPERS, &for_ever[c % 2], PS_NEVER);
        for (unsigned i = 0; i < SLEEPERS; i++) {
            assert_int_equal(ps_submit(kit.engine, &tasks[i].task, PS_NEVER), PS_OK);
            if (i % 3 == 0) {
                kit_await(&sleeping, i + 1);
                ps_task_cancel(&tasks[i].task);
            }
        }
        kit_await(&sleeping, SLEEPERS);
        for (unsigned i = 0; i < SLEEPERS; i++)
            if (i % 3 != 0)
                ps_task_cancel(&tasks[i].task);
        kit_await(&ended, SLEEPERS);
        for (unsigned i = 0; i < SLEEPERS; i++)
            assert_true(tasks[i].result == PS_ECANCELED && tasks[i].task.outcome == PS_CANCELLED);
        kit_close(&kit, PS_CLOSE_DRAIN);
        free(tasks);
    }
}

/* Stacks whose first frames are in memory. */
static size_t resident(struct kit *kit)
{
    struct stack_depot *depot = &green_of(kit)->depot;
    size_t count = 0;
    pthread_mutex_lock(&depot->lock);
    for (struct slab *slab = depot->slabs; slab; slab = slab->next)
        for (unsigned i = 0; i < slab->used; i++) {
            unsigned char page = 0;
            char *top = slab_low(slab, i) + slab->stack_bytes - slab->page_bytes;
            assert_int_equal(mincore(top, slab->page_bytes, &page), 0);
            count += page & 1;
        }
    pthread_mutex_unlock(&depot->lock);
    return count;
}

/* All but what waits for a batch to be full, and what is free. */
static void memory_is_given_back(void **state)
{
    enum { WORKERS = 2, KEPT = WORKERS * (SLAB_BATCH + 2) };
    (void)state;
    struct kit kit;
    open_deep(&kit, (struct kit_case){"steal", WORKERS});
    struct sleeper_task *tasks = make(SLEEPERS, &for_ever[0], PS_NEVER);
    submit_all(&kit, tasks, SLEEPERS);
    uint64_t until_ns = ps_now_ns() + PATIENCE_NS;
    while ((atomic_load(&green_of(&kit)->depot.deep) < SLEEPERS || resident(&kit) > KEPT) &&
           ps_now_ns() < until_ns)
        sched_yield();
    assert_int_equal(atomic_load(&green_of(&kit)->depot.deep), SLEEPERS);
    assert_in_range(resident(&kit), 0, KEPT);
    kit_close(&kit, PS_CLOSE_DISCARD);
    free(tasks);
}

static void discard_wakes(void **state)
{
    (void)state;
    for (unsigned c = 0; c < kit_case_count * 2; c++) {
        struct kit kit;
        open_deep(&kit, kit_cases[c / 2]);
        struct sleeper_task *tasks = make(SLEEPERS, &for_ever[c % 2], PS_NEVER);
        submit_all(&kit, tasks, SLEEPERS);
        kit_await(&sleeping, SLEEPERS / 2);
        kit_close(&kit, PS_CLOSE_DISCARD);
        for (unsigned i = 0; i < SLEEPERS; i++)
            assert_int_equal(tasks[i].task.outcome, PS_CANCELLED);
        free(tasks);
    }
}

static void a_deadline_wakes(void **state)
{
    (void)state;
    for (unsigned c = 0; c < 2; c++) {
        struct kit kit;
        open_deep(&kit, kit_cases[1]);
        struct sleeper_task *tasks = make(SLEEPERS, &for_ever[c], PS_NEVER);
        for (unsigned i = 0; i < SLEEPERS; i++)
            tasks[i].task.deadline_ns = ps_now_ns() + 50 * PS_NS_PER_MS;
        submit_all(&kit, tasks, SLEEPERS);
        kit_await(&ended, SLEEPERS);
        for (unsigned i = 0; i < SLEEPERS; i++)
            assert_int_equal(tasks[i].task.outcome, PS_TIMED_OUT);
        kit_close(&kit, PS_CLOSE_DRAIN);
        free(tasks);
    }
}

/* ---- tokens ---- */

static void sleep_then_park(struct ps_task *task)
{
    struct sleeper_task *self = task->user;
    kit_signal(&sleeping);
    self->result = ps_green_sleep(task, ps_now_ns() + self->ns);
    if (kit_park(task, PS_NEVER) != PS_OK)
        self->result = PS_ECANCELED;
}

static struct ps_wait *step_then_park(struct ps_task *task)
{
    struct sleeper_task *self = task->user;
    switch (self->rounds++) {
    case 0:
        kit_signal(&sleeping);
        self->wait = (struct ps_wait){
            .kind = PS_WAIT_UNTIL, .why = PS_STATE_SLEEP, .until_ns = ps_now_ns() + self->ns};
        return &self->wait;
    case 1:
        self->result = self->wait.result;
        self->wait =
            (struct ps_wait){.kind = PS_WAIT_PARK, .why = PS_STATE_LOCK, .until_ns = PS_NEVER};
        return &self->wait;
    default:
        return NULL;
    }
}

/* An unpark that comes during the sleep, or while the task lies down or gets up, ends its next park. */
static void a_token_is_kept(void **state)
{
    static const struct ps_body body[] = {
        {.name = "direct", .run = sleep_then_park, .ended = count_end},
        {.name = "steps", .step = step_then_park, .ended = count_end},
    };
    (void)state;
    for (unsigned c = 0; c < kit_case_count * 2; c++) {
        struct kit kit;
        open_deep(&kit, kit_cases[c / 2]);
        struct sleeper_task *tasks = make(SLEEPERS, &body[c % 2], 200000);
        for (unsigned i = 0; i < SLEEPERS; i++) {
            assert_int_equal(ps_submit(kit.engine, &tasks[i].task, PS_NEVER), PS_OK);
            kit_await(&sleeping, i + 1);
            ps_task_unpark(&tasks[i].task);
        }
        kit_await(&ended, SLEEPERS);
        for (unsigned i = 0; i < SLEEPERS; i++)
            assert_int_equal(tasks[i].result, PS_OK);
        kit_close(&kit, PS_CLOSE_DRAIN);
        free(tasks);
    }
}

/* A waker that has read task->context before the task lay down gives its token to the fiber, whose
 * memory may be gone, or that may run another task. */
static void remember_fiber(struct ps_task *task)
{
    struct sleeper_task *self = task->user;
    self->fiber = fiber_of(task);
    sleep_then_park(task);
}

static struct ps_wait *step_remember_fiber(struct ps_task *task)
{
    struct sleeper_task *self = task->user;
    if (self->rounds == 0)
        self->fiber = fiber_of(task);
    return step_then_park(task);
}

static void a_late_token_is_not_lost(void **state)
{
    static const struct ps_body body[] = {
        {.name = "direct", .run = remember_fiber, .ended = count_end},
        {.name = "steps", .step = step_remember_fiber, .ended = count_end},
    };
    enum { TASKS = 4 * SLAB_BATCH };
    (void)state;
    for (unsigned c = 0; c < 2; c++) {
        struct kit kit;
        open_deep(&kit, (struct kit_case){"steal", 1});
        struct sleeper_task *tasks = make(TASKS, &body[c], 1);
        for (unsigned i = 0; i < TASKS; i++)
            tasks[i].ns = 200 * PS_NS_PER_MS;
        submit_all(&kit, tasks, TASKS);
        kit_await(&sleeping, TASKS);
        for (unsigned i = 0; i < TASKS; i++)
            fiber_unpark(tasks[i].fiber, false);
        kit_await(&ended, TASKS);
        for (unsigned i = 0; i < TASKS; i++)
            assert_int_equal(tasks[i].result, PS_OK);
        kit_close(&kit, PS_CLOSE_DRAIN);
        free(tasks);
    }
}

/* ---- event style ---- */

static struct ps_wait *step_rounds(struct ps_task *task)
{
    struct sleeper_task *self = task->user;
    uint64_t now_ns = ps_now_ns();
    if (self->rounds == 0)
        self->intact = true;
    else
        self->intact = self->intact && self->wait.result == PS_OK && now_ns >= self->wait.until_ns;
    if (self->rounds++ == ROUNDS)
        return NULL;
    self->wait = (struct ps_wait){
        .kind = PS_WAIT_UNTIL, .why = PS_STATE_SLEEP, .until_ns = now_ns + self->ns};
    return &self->wait;
}

static void steps_sleep_without_a_stack(void **state)
{
    static const struct ps_body body = {.name = "steps", .step = step_rounds, .ended = count_end};
    (void)state;
    for (unsigned c = 0; c < kit_case_count; c++) {
        struct kit kit;
        open_deep(&kit, kit_cases[c]);
        struct sleeper_task *tasks = make(SLEEPERS, &body, 20 * PS_NS_PER_MS);
        submit_all(&kit, tasks, SLEEPERS);
        kit_await(&ended, SLEEPERS);
        for (unsigned i = 0; i < SLEEPERS; i++)
            assert_true(tasks[i].intact);
        assert_true(green_of(&kit)->depot.made <= kit_cases[c].workers);
        kit_close(&kit, PS_CLOSE_DRAIN);
        free(tasks);
    }
}

/* ---- the gauge ---- */

enum { SPAWNS = 200, YIELDS = 20 };

static struct ps_task spawned[SPAWNS];
static uint64_t most_shown, sleeps_until_ns; /* the one worker's */

/* Whose time has come may be in the queue by right. */
static void read_gauge(struct ps_task *task)
{
    unsigned slot = (unsigned)ps_worker_self();
    uint64_t shown = atomic_load(&ps_segment_cell(task->engine->config.segment, slot)->queue_depth);
    if (ps_now_ns() < sleeps_until_ns && shown > most_shown)
        most_shown = shown;
}

/* It goes from its sleep straight to what it has spawned, unless a look is due, which becomes rare
 * when turns are short. */
static void spawn_and_sleep(struct ps_task *task)
{
    static const struct ps_body reads = {.name = "reads", .run = read_gauge, .ended = count_end};
    for (unsigned i = 0; i < SPAWNS; i++) {
        for (unsigned n = 0; n < YIELDS; n++)
            kit_wait(task, PS_WAIT_YIELD, PS_STATE_RUN);
        ps_task_init(&spawned[i], &reads, 1 + i, 0);
        if (ps_submit(task->engine, &spawned[i], PS_NEVER) != PS_OK)
            return;
        sleeps_until_ns = ps_now_ns() + 100 * PS_NS_PER_US;
        ps_green_sleep(task, sleeps_until_ns);
    }
}

static void what_runs_after_a_sleeper_is_not_queued(void **state)
{
    static const struct ps_body body = {
        .name = "spawns", .run = spawn_and_sleep, .ended = count_end};
    struct ps_task task;
    struct kit kit;
    (void)state;
    open_deep(&kit, (struct kit_case){"steal", 1});
    most_shown = 0;
    ps_task_init(&task, &body, 0, 0);
    assert_int_equal(ps_submit(kit.engine, &task, PS_NEVER), PS_OK);
    kit_await(&ended, 1 + SPAWNS);
    kit_close(&kit, PS_CLOSE_DRAIN);
    assert_int_equal(most_shown, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stack_comes_back_as_it_was),
        cmocka_unit_test(another_worker_resumes),
        cmocka_unit_test(a_cancel_wakes),
        cmocka_unit_test(memory_is_given_back),
        cmocka_unit_test(discard_wakes),
        cmocka_unit_test(a_deadline_wakes),
        cmocka_unit_test(a_token_is_kept),
        cmocka_unit_test(a_late_token_is_not_lost),
        cmocka_unit_test(steps_sleep_without_a_stack),
        cmocka_unit_test(what_runs_after_a_sleeper_is_not_queued),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
