/* Every kind of wait, on both policies, with one worker and with many. */
#include "kit.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
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

/* A task that joins may still be woken when it has ended: its memory is the engine's until release. */
struct fib {
    struct ps_task task;
    unsigned n;
    uint64_t *into; /* of its parent */
};
static void fib_run(struct ps_task *task);
static void fib_release(struct ps_task *task)
{
    free(task->user);
}
static const struct ps_body fib_body = {.name = "fib", .run = fib_run, .release = fib_release};

static void fib_submit(struct ps_engine *engine, struct ps_task *parent, unsigned n, uint64_t *into)
{
    struct fib *fib = malloc(sizeof *fib);
    assert_non_null(fib);
    fib->n = n;
    fib->into = into;
    ps_task_init(&fib->task, &fib_body, n, 0);
    fib->task.user = fib;
    fib->task.parent = parent;
    assert_int_equal(ps_submit(engine, &fib->task, PS_NEVER), PS_OK);
}

static void fib_run(struct ps_task *task)
{
    struct fib *self = task->user;
    uint64_t value[2] = {self->n, 0};
    if (self->n >= 2) {
        for (unsigned i = 0; i < 2; i++)
            fib_submit(task->engine, task, self->n - 1 - i, &value[i]);
        assert_int_equal(kit_wait(task, PS_WAIT_JOIN, PS_STATE_JOIN), PS_OK);
    }
    *self->into = value[0] + value[1];
}

static void check_fib(void)
{
    uint64_t value = 0;
    fib_submit(kit.engine, NULL, KIT_SCALE == 1 ? 18 : 12, &value);
    kit_close(&kit, PS_CLOSE_DRAIN);
    assert_int_equal(value, KIT_SCALE == 1 ? 2584 : 144);
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
    uint64_t ns, woke_ns;
};
static struct sleeper sleepers[SLEEPERS];

static void sleep_run(struct ps_task *task)
{
    struct sleeper *self = task->user;
    uint64_t until_ns = ps_now_ns() + self->ns;
    assert_int_equal(kit_sleep(task, self->ns), PS_OK);
    self->woke_ns = ps_now_ns();
    assert_true(self->woke_ns >= until_ns);
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

/* Instants 20 ms apart are kept apart on one worker whatever the machine does. */
static void sleepers_wake_in_order(void **state)
{
    (void)state;
    enum { FEW = 8 };
    kit_open(&kit, (struct kit_case){"steal", 1});
    submit_sleepers(FEW, 20 * PS_NS_PER_MS, 20 * PS_NS_PER_MS);
    kit_close(&kit, PS_CLOSE_DRAIN);
    for (unsigned i = 0; i < FEW; i++)
        for (unsigned k = 0; k < FEW; k++)
            if (sleepers[i].ns < sleepers[k].ns)
                assert_true(sleepers[i].woke_ns <= sleepers[k].woke_ns);
}

/* ---- descriptors ---- */

enum { SOCKETS = 40, MESSAGES = 50 };
struct talker {
    struct ps_task task;
    int fd;
    bool first;
    unsigned got;
};

static void talk(struct ps_task *task)
{
    struct talker *self = task->user;
    for (unsigned i = 0; i < MESSAGES; i++) {
        char byte = (char)i;
        if (self->first)
            assert_int_equal(write(self->fd, &byte, 1), 1);
        struct ps_wait wait = {.kind = PS_WAIT_FD,
                               .why = PS_STATE_NET,
                               .until_ns = PS_NEVER,
                               .fd = self->fd,
                               .events = POLLIN};
        assert_int_equal(ps_wait(task, &wait), PS_OK);
        assert_int_equal(read(self->fd, &byte, 1), 1);
        assert_int_equal(byte, (char)i);
        self->got++;
        if (!self->first)
            assert_int_equal(write(self->fd, &byte, 1), 1);
    }
    ps_engine_forget_fd(task->engine, self->fd);
    close(self->fd);
}

static void check_sockets(void)
{
    static const struct ps_body body = {.name = "talker", .run = talk};
    static struct talker talkers[SOCKETS][2];
    for (int i = 0; i < SOCKETS; i++) {
        int fds[2];
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
        for (int side = 0; side < 2; side++) {
            struct talker *t = &talkers[i][side];
            ps_task_init(&t->task, &body, (uint32_t)i, 0);
            t->task.user = t;
            t->fd = fds[side];
            t->first = side == 0;
            t->got = 0;
            assert_int_equal(ps_submit(kit.engine, &t->task, PS_NEVER), PS_OK);
        }
    }
    kit_close(&kit, PS_CLOSE_DRAIN);
    for (int i = 0; i < SOCKETS; i++)
        assert_int_equal(talkers[i][0].got + talkers[i][1].got, 2 * MESSAGES);
}

static void descriptors_wake_tasks(void **state)
{
    (void)state;
    for_each_case(check_sockets);
}

struct fd_case {
    struct ps_task task;
    int fd;
    short events;
    uint64_t until_ns;
    enum ps_err result;
};

static void wait_fd(struct ps_task *task)
{
    struct fd_case *self = task->user;
    struct ps_wait wait = {.kind = PS_WAIT_FD,
                           .why = PS_STATE_NET,
                           .until_ns = self->until_ns,
                           .fd = self->fd,
                           .events = self->events};
    self->result = ps_wait(task, &wait);
}

static void descriptors_time_out_and_are_ready_at_once(void **state)
{
    (void)state;
    static const struct ps_body body = {.name = "fd", .run = wait_fd};
    int fds[2];
    char path[] = "/tmp/green-wait-XXXXXX";
    int file = mkstemp(path);
    assert_true(file >= 0);
    unlink(path);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    kit_open(&kit, (struct kit_case){"steal", 2});
    struct fd_case cases[] = {
        {.fd = fds[0], .events = POLLIN, .until_ns = ps_now_ns() + 5 * PS_NS_PER_MS},
        {.fd = fds[0], .events = POLLOUT, .until_ns = PS_NEVER},
        {.fd = file, .events = POLLIN, .until_ns = PS_NEVER},
        {.fd = -1, .events = POLLIN, .until_ns = PS_NEVER},
    };
    for (unsigned i = 0; i < 4; i++) {
        ps_task_init(&cases[i].task, &body, i, 0);
        cases[i].task.user = &cases[i];
        assert_int_equal(ps_submit(kit.engine, &cases[i].task, PS_NEVER), PS_OK);
    }
    kit_close(&kit, PS_CLOSE_DRAIN);
    assert_int_equal(cases[0].result, PS_ETIMEDOUT);
    assert_int_equal(cases[1].result, PS_OK);
    assert_int_equal(cases[2].result, PS_OK);
    assert_int_equal(cases[3].result, PS_EINVAL);
    close(fds[0]);
    close(fds[1]);
    close(file);
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

/* ---- descriptors that are always ready ---- */

enum { READY_WAITS = 100000 };

struct pair {
    int busy[2], quiet[2]; /* pipes */
    _Atomic uint32_t heard;
    uint32_t waits;
};

static struct ps_wait until_readable(int fd)
{
    return (struct ps_wait){
        .kind = PS_WAIT_FD, .why = PS_STATE_NET, .until_ns = PS_NEVER, .fd = fd, .events = POLLIN};
}

static void quiet_run(struct ps_task *task)
{
    struct pair *pair = task->user;
    struct ps_wait wait = until_readable(pair->quiet[0]);
    assert_int_equal(ps_wait(task, &wait), PS_OK);
    atomic_store(&pair->heard, 1);
}

/* Waits for what is always there, until the other task has been told. */
static void busy_run(struct ps_task *task)
{
    struct pair *pair = task->user;
    assert_int_equal(write(pair->busy[1], "x", 1), 1);
    assert_int_equal(write(pair->quiet[1], "x", 1), 1);
    while (!atomic_load(&pair->heard) && pair->waits < READY_WAITS) {
        struct ps_wait wait = until_readable(pair->busy[0]);
        assert_int_equal(ps_wait(task, &wait), PS_OK);
        pair->waits++;
    }
}

static const struct ps_body quiet_body = {.name = "quiet", .run = quiet_run};
static const struct ps_body busy_body = {.name = "busy", .run = busy_run};

static void a_ready_descriptor_lets_others_have_their_turn(void **state)
{
    (void)state;
    static const char *const policies[] = {"steal", "global"};
    for (unsigned i = 0; i < 2; i++) {
        struct pair pair = {.waits = 0};
        struct ps_task quiet, busy;
        assert_int_equal(pipe2(pair.busy, O_NONBLOCK), 0);
        assert_int_equal(pipe2(pair.quiet, O_NONBLOCK), 0);
        ps_task_init(&quiet, &quiet_body, 0, 0);
        ps_task_init(&busy, &busy_body, 1, 0);
        quiet.user = busy.user = &pair;
        kit_open(&kit, (struct kit_case){policies[i], 1});
        assert_int_equal(ps_submit(kit.engine, &quiet, PS_NEVER), PS_OK);
        assert_int_equal(ps_submit(kit.engine, &busy, PS_NEVER), PS_OK);
        kit_close(&kit, PS_CLOSE_DRAIN);
        assert_true(pair.waits < READY_WAITS);
        for (unsigned end = 0; end < 2; end++) {
            close(pair.busy[end]);
            close(pair.quiet[end]);
        }
    }
}

/* ---- descriptors that their tasks have drained ---- */

static _Atomic unsigned looks;

int __real_poll(struct pollfd *fds, nfds_t count, int timeout);
int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout);
int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout)
{
    atomic_fetch_add(&looks, 1);
    return __real_poll(fds, count, timeout);
}

static enum ps_err wait_drained(struct ps_task *task, int fd)
{
    struct ps_wait wait = until_readable(fd);
    wait.until_ns = ps_now_ns() + 60ull * PS_NS_PER_S;
    wait.drained = true;
    return ps_wait(task, &wait);
}

/* At most 16 bytes, as soon as there are any; 0: the end. */
static ssize_t read_drained(struct ps_task *task, int fd)
{
    char bytes[16];
    ssize_t n;
    while ((n = read(fd, bytes, sizeof bytes)) < 0) {
        assert_int_equal(errno, EAGAIN);
        assert_int_equal(wait_drained(task, fd), PS_OK);
    }
    return n;
}

static void swap_run(struct ps_task *task)
{
    const struct talker *self = task->user;
    for (unsigned i = 0; i < MESSAGES; i++) {
        if (self->first)
            assert_int_equal(write(self->fd, "x", 1), 1);
        assert_int_equal(read_drained(task, self->fd), 1);
        if (!self->first)
            assert_int_equal(write(self->fd, "x", 1), 1);
    }
    ps_engine_forget_fd(task->engine, self->fd);
}

static void a_drained_descriptor_is_not_looked_at(void **state)
{
    (void)state;
    static const struct ps_body body = {.name = "swap", .run = swap_run};
    int fds[2];
    struct talker talkers[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    kit_open(&kit, (struct kit_case){"steal", 1});
    atomic_store(&looks, 0);
    for (unsigned i = 0; i < 2; i++) {
        talkers[i] = (struct talker){.fd = fds[i], .first = i == 0};
        ps_task_init(&talkers[i].task, &body, i, 0);
        talkers[i].task.user = &talkers[i];
        assert_int_equal(ps_submit(kit.engine, &talkers[i].task, PS_NEVER), PS_OK);
    }
    kit_close(&kit, PS_CLOSE_DRAIN);
    assert_int_equal(atomic_load(&looks), 0);
    close(fds[0]);
    close(fds[1]);
}

struct listener {
    int fd[2], other[2]; /* the listener has [0] */
    _Atomic uint32_t listens;
};

/* An edge comes while nobody waits for it; the end comes with the last byte, in one edge. */
static void listen_run(struct ps_task *task)
{
    struct listener *self = task->user;
    atomic_store(&self->listens, 1);
    assert_int_equal(read_drained(task, self->fd[0]), 1);
    atomic_store(&self->listens, 2);
    assert_int_equal(read_drained(task, self->other[0]), 1);
    /* The edge of fd came before that of the other. */
    assert_int_equal(wait_drained(task, self->fd[0]), PS_OK);
    assert_int_equal(read_drained(task, self->fd[0]), 1);
    atomic_store(&self->listens, 3);
    assert_int_equal(read_drained(task, self->fd[0]), 1);
    assert_int_equal(wait_drained(task, self->fd[0]), PS_OK);
    assert_int_equal(read_drained(task, self->fd[0]), 0);
}

/* With one worker: it waits then. */
static void until_listens(struct ps_task *task, struct listener *self, uint32_t stage)
{
    while (atomic_load(&self->listens) < stage)
        kit_wait(task, PS_WAIT_YIELD, PS_STATE_RUN);
}

static void tell_run(struct ps_task *task)
{
    struct listener *self = task->user;
    until_listens(task, self, 1);
    assert_int_equal(write(self->fd[1], "x", 1), 1);
    until_listens(task, self, 2);
    assert_int_equal(write(self->fd[1], "x", 1), 1);
    assert_int_equal(write(self->other[1], "x", 1), 1);
    until_listens(task, self, 3);
    assert_int_equal(write(self->fd[1], "x", 1), 1);
    shutdown(self->fd[1], SHUT_WR);
}

static void news_of_a_drained_descriptor_are_not_missed(void **state)
{
    (void)state;
    static const struct ps_body listens = {.name = "listens", .run = listen_run};
    static const struct ps_body tells = {.name = "tells", .run = tell_run};
    static const char *const policies[] = {"steal", "global"};
    for (unsigned i = 0; i < 2; i++) {
        struct listener pair = {.listens = 0};
        struct ps_task listener, teller;
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair.fd), 0);
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair.other), 0);
        ps_task_init(&listener, &listens, 0, 0);
        ps_task_init(&teller, &tells, 1, 0);
        listener.user = teller.user = &pair;
        kit_open(&kit, (struct kit_case){policies[i], 1});
        assert_int_equal(ps_submit(kit.engine, &listener, PS_NEVER), PS_OK);
        assert_int_equal(ps_submit(kit.engine, &teller, PS_NEVER), PS_OK);
        kit_close(&kit, PS_CLOSE_DRAIN);
        for (unsigned end = 0; end < 2; end++) {
            close(pair.fd[end]);
            close(pair.other[end]);
        }
    }
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
        cmocka_unit_test(descriptors_wake_tasks),
        cmocka_unit_test(descriptors_time_out_and_are_ready_at_once),
        cmocka_unit_test(waits_end_when_told_to),
        cmocka_unit_test(helpers_take_blocking_calls),
        cmocka_unit_test(calls_that_did_not_begin_are_cancelled),
        cmocka_unit_test(event_style_bodies_run),
        cmocka_unit_test(a_ready_descriptor_lets_others_have_their_turn),
        cmocka_unit_test(a_drained_descriptor_is_not_looked_at),
        cmocka_unit_test(news_of_a_drained_descriptor_are_not_missed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
