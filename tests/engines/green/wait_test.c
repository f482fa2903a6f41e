/* Every kind of wait but those for descriptors (fd_test.c), on both policies, with one worker and with many. */
#include "kit.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/rng.h"

static struct kit kit;

static void for_each_case(void (*check)(void))
{
    for (unsigned i = 0; i < kit_case_count; i++) {
        kit_open(&kit, kit_cases[i]);
        check();
    }
}

/* ---- join ---- */

struct fib {
    struct ps_task task;
    unsigned n;
    uint64_t value;
};
static void fib_run(struct ps_task *task);
static const struct ps_body fib_body = {.name = "fib", .run = fib_run};

static void fib_run(struct ps_task *task)
{
    struct fib *self = task->user, child[2];
    self->value = self->n;
    if (self->n < 2)
        return;
    for (unsigned i = 0; i < 2; i++) {
        child[i].n = self->n - 1 - i;
        ps_task_init(&child[i].task, &fib_body, child[i].n, 0);
        child[i].task.user = &child[i];
        child[i].task.parent = task;
        assert_int_equal(ps_submit(task->engine, &child[i].task, PS_NEVER), PS_OK);
    }
    assert_int_equal(kit_wait(task, PS_WAIT_JOIN, PS_STATE_JOIN), PS_OK);
    self->value = child[0].value + child[1].value;
}

static void check_fib(void)
{
    struct fib root = {.n = KIT_SCALE == 1 ? 18 : 12};
    ps_task_init(&root.task, &fib_body, 0, 0);
    root.task.user = &root;
    assert_int_equal(ps_submit(kit.engine, &root.task, PS_NEVER), PS_OK);
    kit_close(&kit, PS_CLOSE_DRAIN);
    assert_int_equal(root.value, KIT_SCALE == 1 ? 2584 : 144);
}

static void joins_nest(void **state)
{
    (void)state;
    for_each_case(check_fib);
}

/* ---- park: two tasks hand a counter to and fro ---- */

enum { PAIRS = 50, HANDOVERS = 400 };

struct player {
    struct ps_task task;
    struct player *other;
    _Atomic uint32_t *turn;
    uint32_t side;
};

static void play(struct ps_task *task)
{
    struct player *self = task->user;
    for (uint32_t i = self->side; i < HANDOVERS; i += 2) {
        while (atomic_load(self->turn) != i)
            assert_int_equal(kit_park(task, PS_NEVER), PS_OK);
        atomic_store(self->turn, i + 1);
        /* The last mover's partner has ended, or will not park again. */
        if (i + 1 < HANDOVERS)
            ps_task_unpark(&self->other->task);
    }
}

static void check_ping_pong(void)
{
    static const struct ps_body body = {.name = "player", .run = play};
    static struct player players[PAIRS][2];
    static _Atomic uint32_t turns[PAIRS];
    for (int i = 0; i < PAIRS; i++) {
        atomic_store(&turns[i], 0);
        for (uint32_t side = 0; side < 2; side++) {
            struct player *p = &players[i][side];
            ps_task_init(&p->task, &body, (uint32_t)i, 0);
            p->task.user = p;
            p->other = &players[i][!side];
            p->turn = &turns[i];
            p->side = side;
        }
    }
    /* A task may be unparked once it is submitted: none runs before all are. */
    assert_int_equal(ps_engine_tune(kit.engine, PS_KNOB_PAUSED, 1), PS_OK);
    for (int i = 0; i < PAIRS; i++)
        for (int side = 0; side < 2; side++)
            assert_int_equal(ps_submit(kit.engine, &players[i][side].task, PS_NEVER), PS_OK);
    assert_int_equal(ps_engine_tune(kit.engine, PS_KNOB_PAUSED, 0), PS_OK);
    kit_close(&kit, PS_CLOSE_DRAIN);
    for (int i = 0; i < PAIRS; i++)
        assert_int_equal(atomic_load(&turns[i]), HANDOVERS);
}

static void unparks_are_never_lost(void **state)
{
    (void)state;
    for_each_case(check_ping_pong);
}

/* An unpark from outside for each round, while timers race with it. */
enum { STORM = 20000 };
struct storm {
    struct ps_task task;
    _Atomic uint32_t asked, answered;
};

static void storm_run(struct ps_task *task)
{
    struct storm *self = task->user;
    struct ps_rng rng = ps_rng_make(3, 0);
    for (uint32_t i = 1; i <= STORM / KIT_SCALE; i++) {
        while (atomic_load(&self->asked) < i) {
            uint64_t until = ps_rng_below(&rng, 2) ? PS_NEVER : ps_now_ns() + 20000;
            enum ps_err err = kit_park(task, until);
            assert_true(err == PS_OK || (err == PS_ETIMEDOUT && until != PS_NEVER));
        }
        kit_signal(&self->answered);
    }
}

static void check_storm(void)
{
    static const struct ps_body body = {.name = "storm", .run = storm_run};
    static struct storm storm;
    ps_task_init(&storm.task, &body, 0, 0);
    storm.task.user = &storm;
    atomic_store(&storm.asked, 0);
    atomic_store(&storm.answered, 0);
    assert_int_equal(ps_submit(kit.engine, &storm.task, PS_NEVER), PS_OK);
    for (uint32_t i = 1; i <= STORM / KIT_SCALE; i++) {
        atomic_store(&storm.asked, i);
        ps_task_unpark(&storm.task);
        /* Once in a while let it run dry, so that it parks in earnest. */
        if (i % 8 == 0 && i < STORM / KIT_SCALE)
            kit_await(&storm.answered, i);
        /* It ends with the last answer: no unpark may come later. */
        if (i == STORM / KIT_SCALE)
            kit_await(&storm.answered, i);
    }
    kit_close(&kit, PS_CLOSE_DRAIN);
}

static void outside_unparks_race_with_timers(void **state)
{
    (void)state;
    for_each_case(check_storm);
}

/* ---- sleep ---- */

enum { SLEEPERS = 10000 };
struct sleeper {
    struct ps_task task;
    uint64_t ns, until_ns, woke_ns;
};
static struct sleeper sleepers[SLEEPERS];

static void sleep_run(struct ps_task *task)
{
    struct sleeper *self = task->user;
    self->until_ns = ps_now_ns() + self->ns;
    struct ps_wait wait = {
        .kind = PS_WAIT_UNTIL, .why = PS_STATE_SLEEP, .until_ns = self->until_ns};
    assert_int_equal(ps_wait(task, &wait), PS_OK);
    self->woke_ns = ps_now_ns();
    assert_true(self->woke_ns >= self->until_ns);
}

static void submit_sleepers(unsigned count, uint64_t step_ns, uint64_t least_ns)
{
    static const struct ps_body body = {.name = "sleeper", .run = sleep_run};
    for (unsigned i = 0; i < count; i++) {
        struct sleeper *s = &sleepers[i];
        ps_task_init(&s->task, &body, i, 0);
        s->task.user = s;
        s->ns = least_ns + step_ns * (i * 7919 % count);
        assert_int_equal(ps_submit(kit.engine, &s->task, PS_NEVER), PS_OK);
    }
}

static void check_sleepers(void)
{
    /* gcc's ThreadSanitizer has room for few fibers. */
    submit_sleepers(SLEEPERS / KIT_SCALE, 5000, 0);
    kit_close(&kit, PS_CLOSE_DRAIN);
}

static void ten_thousand_sleep_at_once(void **state)
{
    (void)state;
    for_each_case(check_sleepers);
}

/* Each has begun to sleep before its instant, so the one worker knows of it when it comes to a later
 * one, however long the machine keeps it waiting anywhere. */
static void sleepers_wake_in_order(void **state)
{
    (void)state;
    enum { FEW = 8 };
    kit_open(&kit, (struct kit_case){"steal", 1});
    submit_sleepers(FEW, 2 * PS_NS_PER_MS, 2 * PS_NS_PER_MS);
    kit_close(&kit, PS_CLOSE_DRAIN);
    for (unsigned i = 0; i < FEW; i++)
        for (unsigned k = 0; k < FEW; k++)
            if (sleepers[i].until_ns < sleepers[k].until_ns)
                assert_true(sleepers[i].woke_ns <= sleepers[k].woke_ns);
}

/* ---- ends before time ---- */

enum { WAITERS = 300 };
struct waiter {
    struct ps_task task;
    enum ps_wait_kind kind;
    int fd;
    enum ps_err result;
};
static struct waiter waiters[WAITERS];
static _Atomic uint32_t waiting;

static void wait_run(struct ps_task *task)
{
    struct waiter *self = task->user;
    struct ps_wait wait = {.kind = self->kind,
                           .why = PS_STATE_SLEEP,
                           .until_ns = PS_NEVER,
                           .fd = self->fd,
                           .events = POLLIN};
    kit_signal(&waiting);
    do
        self->result = ps_wait(task, &wait);
    while (self->result == PS_OK);
    ps_task_give_up(task);
}

static void submit_waiters(int fd, uint64_t deadline_ns)
{
    static const struct ps_body body = {.name = "waiter", .run = wait_run};
    static const enum ps_wait_kind kinds[] = {PS_WAIT_PARK, PS_WAIT_UNTIL, PS_WAIT_FD,
                                              PS_WAIT_YIELD};
    atomic_store(&waiting, 0);
    for (unsigned i = 0; i < WAITERS; i++) {
        struct waiter *w = &waiters[i];
        ps_task_init(&w->task, &body, i, 0);
        w->task.user = w;
        w->task.deadline_ns = deadline_ns;
        w->kind = i < 4 ? kinds[i] : kinds[i % 3];
        w->fd = fd;
        assert_int_equal(ps_submit(kit.engine, &w->task, PS_NEVER), PS_OK);
    }
}

static void expect_waiters(enum ps_outcome outcome)
{
    assert_int_equal(kit_ended(&kit, outcome), WAITERS);
    kit_close(&kit, PS_CLOSE_DRAIN);
    for (unsigned i = 0; i < WAITERS; i++) {
        assert_int_equal(waiters[i].result, PS_ECANCELED);
        assert_int_equal(waiters[i].task.outcome, outcome);
    }
}

static void settle(void)
{
    ps_engine_close(kit.engine, PS_CLOSE_DRAIN);
    assert_int_equal(ps_engine_stop(kit.engine, ps_now_ns() + 60ull * PS_NS_PER_S), PS_OK);
}

static int quiet_fds[2];

static void check_cancel(void)
{
    submit_waiters(quiet_fds[0], PS_NEVER);
    kit_await(&waiting, WAITERS);
    for (unsigned i = 0; i < WAITERS; i++)
        ps_task_cancel(&waiters[i].task);
    settle();
    expect_waiters(PS_CANCELLED);
}

static void check_deadline(void)
{
    submit_waiters(quiet_fds[0], ps_now_ns() + 200 * PS_NS_PER_MS);
    settle();
    expect_waiters(PS_TIMED_OUT);
}

static void check_discard(void)
{
    submit_waiters(quiet_fds[0], PS_NEVER);
    kit_await(&waiting, WAITERS);
    ps_engine_close(kit.engine, PS_CLOSE_DISCARD);
    settle();
    expect_waiters(PS_CANCELLED);
}

static void check_hastened(void)
{
    submit_waiters(quiet_fds[0], PS_NEVER);
    kit_await(&waiting, WAITERS);
    ps_engine_close(kit.engine, PS_CLOSE_DRAIN);
    assert_int_equal(ps_engine_stop(kit.engine, ps_now_ns() + PS_NS_PER_MS), PS_ETIMEDOUT);
    ps_engine_close(kit.engine, PS_CLOSE_DISCARD);
    settle();
    expect_waiters(PS_CANCELLED);
}

static void waits_end_when_told_to(void **state)
{
    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, quiet_fds), 0);
    for_each_case(check_cancel);
    for_each_case(check_deadline);
    for_each_case(check_discard);
    for_each_case(check_hastened);
    close(quiet_fds[0]);
    close(quiet_fds[1]);
}

/* ---- blocking calls ---- */

enum { CALLS = 8 };
static _Atomic uint32_t inside, let_go;

static void rendezvous(void *arg)
{
    (void)arg;
    kit_signal(&inside);
    kit_await(&let_go, 1);
}

static void call_run(struct ps_task *task)
{
    struct ps_wait wait = {
        .kind = PS_WAIT_CALL, .why = PS_STATE_BLOCK, .until_ns = PS_NEVER, .call = rendezvous};
    assert_int_equal(ps_wait(task, &wait), PS_OK);
}

static void release_run(struct ps_task *task)
{
    (void)task;
    kit_signal(&let_go);
}

/* All calls are in progress at once although there is one worker, which still runs other tasks. */
static void helpers_take_blocking_calls(void **state)
{
    (void)state;
    static const struct ps_body body = {.name = "call", .run = call_run};
    static const struct ps_body release = {.name = "release", .run = release_run};
    struct ps_task tasks[CALLS], last;
    kit_config(&kit, (struct kit_case){"steal", 1});
    kit.config.offload = CALLS;
    kit_create(&kit);
    assert_int_equal(ps_engine_start(kit.engine), PS_OK);
    atomic_store(&inside, 0);
    atomic_store(&let_go, 0);
    for (uint32_t i = 0; i < CALLS; i++) {
        ps_task_init(&tasks[i], &body, i, 0);
        assert_int_equal(ps_submit(kit.engine, &tasks[i], PS_NEVER), PS_OK);
    }
    kit_await(&inside, CALLS);
    ps_task_init(&last, &release, CALLS, 0);
    assert_int_equal(ps_submit(kit.engine, &last, PS_NEVER), PS_OK);
    kit_close(&kit, PS_CLOSE_DRAIN);
}

/* With one helper, held by a call, the calls behind it can be withdrawn. */
static void calls_that_did_not_begin_are_cancelled(void **state)
{
    (void)state;
    static const struct ps_body body = {.name = "waiter", .run = wait_run};
    static const struct ps_body caller = {.name = "call", .run = call_run};
    struct ps_task first;
    struct waiter second = {.kind = PS_WAIT_CALL};
    kit_config(&kit, (struct kit_case){"steal", 2});
    kit.config.offload = 1;
    kit_create(&kit);
    assert_int_equal(ps_engine_start(kit.engine), PS_OK);
    atomic_store(&inside, 0);
    atomic_store(&let_go, 0);
    atomic_store(&waiting, 0);
    ps_task_init(&first, &caller, 0, 0);
    assert_int_equal(ps_submit(kit.engine, &first, PS_NEVER), PS_OK);
    kit_await(&inside, 1);
    ps_task_init(&second.task, &body, 1, 0);
    second.task.user = &second;
    assert_int_equal(ps_submit(kit.engine, &second.task, PS_NEVER), PS_OK);
    kit_await(&waiting, 1);
    ps_task_cancel(&second.task);
    ps_engine_close(kit.engine, PS_CLOSE_DRAIN);
    while (kit_ended(&kit, PS_CANCELLED) == 0)
        assert_int_equal(ps_engine_stop(kit.engine, ps_now_ns() + PS_NS_PER_MS), PS_ETIMEDOUT);
    kit_signal(&let_go);
    kit_close(&kit, PS_CLOSE_DRAIN);
    assert_int_equal(second.result, PS_ECANCELED);
}

/* ---- event style ---- */

struct stepper {
    struct ps_task task;
    struct ps_wait wait;
    unsigned at;
};

static struct ps_wait *step(struct ps_task *task)
{
    struct stepper *self = task->user;
    if (self->at == 10)
        return NULL;
    self->wait = (struct ps_wait){
        .kind = self->at++ % 2 ? PS_WAIT_YIELD : PS_WAIT_UNTIL,
        .why = PS_STATE_SLEEP,
        .until_ns = ps_now_ns() + 1000,
    };
    return &self->wait;
}

static void check_steps(void)
{
    static const struct ps_body body = {.name = "stepper", .step = step};
    static struct stepper steppers[WAITERS];
    for (uint32_t i = 0; i < WAITERS; i++) {
        steppers[i].at = 0;
        ps_task_init(&steppers[i].task, &body, i, 0);
        steppers[i].task.user = &steppers[i];
        assert_int_equal(ps_submit(kit.engine, &steppers[i].task, PS_NEVER), PS_OK);
    }
    kit_close(&kit, PS_CLOSE_DRAIN);
    for (uint32_t i = 0; i < WAITERS; i++)
        assert_int_equal(steppers[i].at, 10);
}

static void event_style_bodies_run(void **state)
{
    (void)state;
    for_each_case(check_steps);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(joins_nest),
        cmocka_unit_test(unparks_are_never_lost),
        cmocka_unit_test(outside_unparks_race_with_timers),
        cmocka_unit_test(ten_thousand_sleep_at_once),
        cmocka_unit_test(sleepers_wake_in_order),
        cmocka_unit_test(waits_end_when_told_to),
        cmocka_unit_test(helpers_take_blocking_calls),
        cmocka_unit_test(calls_that_did_not_begin_are_cancelled),
        cmocka_unit_test(event_style_bodies_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
