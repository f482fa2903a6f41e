/* How tasks wait, and what ends a wait. */
#include "engines/contract/kit.h"

#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engines/sync.h"

static struct ps_wait *step_fail(struct job *job)
{
    job->task.outcome = PS_FAILED;
    return NULL;
}

static void outcomes(const struct subject *subject)
{
    struct rig rig;
    rig_open(&rig, subject, 2);
    for (int i = 0; i < 10; i++) {
        rig_run(&rig, step_fail);
        rig_run(&rig, step_nothing);
    }
    rig_await(&rig, 20);
    assert_int_equal(rig.outcomes[PS_FAILED], 10);
    rig_close(&rig, PS_CLOSE_DRAIN);
}

static struct ps_wait *step_yield(struct job *job)
{
    return job->phase < 100 ? job_wait(job, PS_WAIT_YIELD, PS_STATE_RUN, PS_NEVER) : NULL;
}

static void yield(const struct subject *subject)
{
    for (unsigned workers = 1; workers <= 2; workers++) {
        struct rig rig;
        rig_open(&rig, subject, workers);
        struct job *job[10];
        for (int i = 0; i < 10; i++)
            job[i] = rig_run(&rig, step_yield);
        rig_await(&rig, 10);
        for (int i = 0; i < 10; i++)
            assert_int_equal(job[i]->phase, 101);
        rig_close(&rig, PS_CLOSE_DRAIN);
    }
}

static struct ps_wait *step_until(struct job *job)
{
    if (job->phase == 0)
        return job_wait(job, PS_WAIT_UNTIL, PS_STATE_SLEEP,
                        ps_now_ns() + (uint64_t)job->number * PS_NS_PER_MS);
    if (job->wait.result != PS_OK || ps_now_ns() < job->wait.until_ns)
        job->task.outcome = PS_FAILED;
    return NULL;
}

static void sleep_until(const struct subject *subject)
{
    struct rig rig;
    rig_open(&rig, subject, 3);
    for (int i = 0; i < 60; i++) {
        struct job *job = rig_job(&rig, step_until);
        job->number = i % 7;
        rig_submit(&rig, job);
    }
    rig_await(&rig, 60);
    assert_int_equal(rig.outcomes[PS_COMPLETED], 60);
    rig_close(&rig, PS_CLOSE_DRAIN);
}

/* The wait's own limit: PARK and FD time out, the task goes on. */
static struct ps_wait *step_limited(struct job *job)
{
    if (job->phase > 0) {
        if (job->wait.result != PS_ETIMEDOUT || ps_now_ns() < job->wait.until_ns)
            job->task.outcome = PS_FAILED;
        return NULL;
    }
    enum ps_wait_kind kind = job->number < 0 ? PS_WAIT_PARK : PS_WAIT_FD;
    struct ps_wait *wait = job_wait(job, kind, PS_STATE_NET, ps_now_ns() + 3 * PS_NS_PER_MS);
    wait->fd = (int)job->number;
    wait->events = POLLIN;
    return wait;
}

static void limited_waits(const struct subject *subject)
{
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
    struct rig rig;
    rig_open(&rig, subject, 2);
    for (int i = 0; i < 2; i++) {
        struct job *job = rig_job(&rig, step_limited);
        job->number = i == 0 ? -1 : pair[0];
        rig_submit(&rig, job);
    }
    rig_await(&rig, 2);
    assert_int_equal(rig.outcomes[PS_COMPLETED], 2);
    rig_close(&rig, PS_CLOSE_DRAIN);
    close(pair[0]);
    close(pair[1]);
}

/* ---- what stops a task ---- */

static void deadline_queued(const struct subject *subject)
{
    struct rig rig;
    rig_open(&rig, subject, 2);
    rig_pause(&rig, true);
    struct job *job[10];
    for (int i = 0; i < 10; i++) {
        job[i] = rig_job(&rig, step_nothing);
        job[i]->task.deadline_ns = ps_now_ns();
        rig_submit(&rig, job[i]);
    }
    rig_pause(&rig, false);
    rig_await(&rig, 10);
    assert_int_equal(rig.outcomes[PS_TIMED_OUT], 10);
    for (int i = 0; i < 10; i++)
        assert_int_equal(atomic_load(&job[i]->started), 0);
    rig_close(&rig, PS_CLOSE_DRAIN);
}

/* A task that waits for ever. */
struct endless {
    enum ps_wait_kind kind;
    int fd;
    bool by_deadline;
    struct job *_Atomic child; /* of one that joins */
};

static void begin_endless(struct job *job, struct endless *endless)
{
    if (endless->kind == PS_WAIT_JOIN) {
        struct job *child = job_child(job, step_mark_park);
        if (ps_submit(job->rig->engine, &child->task, 0) != PS_OK)
            job->task.outcome = PS_FAILED;
        atomic_store(&endless->child, child);
    }
    rig_mark(job->rig);
}

/* By deadline: it gets one, as a request does, when all have begun, as late as that may be. */
static struct ps_wait *step_forever(struct job *job)
{
    struct endless *endless = job->data;
    struct ps_wait *wait;
    if (job->phase == 0)
        begin_endless(job, endless);
    if (endless->by_deadline && (wait = step_park(job)))
        return wait;
    if (job_cancelled(job))
        return NULL;
    if (endless->by_deadline && job->task.deadline_ns == PS_NEVER)
        job->task.deadline_ns = ps_now_ns() + 5 * PS_NS_PER_MS;
    wait = job_wait(job, endless->kind, PS_STATE_SLEEP, PS_NEVER);
    wait->fd = endless->fd;
    wait->events = POLLIN;
    return wait;
}

/* Four tasks that wait for ever in every way there is, and a child in the fourth's care, which
 * waits too: it is told if it begins to wait afterwards; stopped by deadline or cancel. */
static void stop_waiting(const struct subject *subject, bool by_deadline)
{
    static const enum ps_wait_kind kinds[] = {PS_WAIT_UNTIL, PS_WAIT_PARK, PS_WAIT_FD,
                                              PS_WAIT_JOIN};
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
    struct endless endless[4] = {0};
    struct rig rig;
    struct ps_engine_config config = rig_config(5, 64);
    config.help = false; /* a join that helps cannot end before the task it helps with */
    rig_start(&rig, subject, config);
    struct job *job[4];
    for (int i = 0; i < 4; i++) {
        endless[i].kind = kinds[i];
        endless[i].fd = pair[0];
        endless[i].by_deadline = by_deadline;
        job[i] = rig_job(&rig, step_forever);
        job[i]->data = &endless[i];
        rig_submit(&rig, job[i]);
    }
    rig_await_marks(&rig, 5);
    for (int i = 0; i < 4; i++)
        if (by_deadline)
            rig_let_go(job[i]);
        else
            ps_task_cancel(&job[i]->task);
    rig_await(&rig, 3);
    struct job *child = atomic_load(&endless[3].child);
    /* A parent's memory stays while a child refers to it. */
    for (uint64_t until_ns = ps_now_ns() + PATIENCE_NS; !atomic_load(&job[3]->ends);)
        assert_true(ps_now_ns() < until_ns);
    if (atomic_load(&job[3]->releases) > 0)
        assert_int_equal(atomic_load(&child->ends), 1);
    ps_task_cancel(&child->task);
    rig_await(&rig, 5);
    for (int i = 0; i < 4; i++)
        assert_int_equal(atomic_load(&job[i]->outcome), by_deadline ? PS_TIMED_OUT : PS_CANCELLED);
    assert_int_equal(rig.outcomes[PS_TIMED_OUT] + rig.outcomes[PS_CANCELLED], 5);
    rig_close(&rig, PS_CLOSE_DRAIN);
    close(pair[0]);
    close(pair[1]);
}

static void deadline_waiting(const struct subject *subject)
{
    stop_waiting(subject, true);
}

static void cancel_waiting(const struct subject *subject)
{
    stop_waiting(subject, false);
}

static void cancel_queued(const struct subject *subject)
{
    struct rig rig;
    rig_open(&rig, subject, 2);
    rig_pause(&rig, true);
    struct job *job[20];
    for (int i = 0; i < 20; i++)
        job[i] = rig_run(&rig, step_nothing);
    for (int i = 0; i < 20; i += 2)
        ps_task_cancel(&job[i]->task);
    rig_pause(&rig, false);
    rig_await(&rig, 20);
    assert_int_equal(rig.outcomes[PS_CANCELLED], 10);
    for (int i = 0; i < 20; i++)
        assert_int_equal(atomic_load(&job[i]->started), i % 2);
    rig_close(&rig, PS_CLOSE_DRAIN);
}

/* ---- park and unpark ---- */

struct rally {
    pthread_mutex_t lock;
    unsigned turn; /* player turn % 2 is to play */
    struct job *player[2];
};

/* The unpark is made under the lock that the other takes before it can end. */
static struct ps_wait *step_play(struct job *job)
{
    enum { ROUNDS = 2000 };
    struct rally *rally = job->data;
    pthread_mutex_lock(&rally->lock);
    bool over = rally->turn >= ROUNDS;
    if (!over && rally->turn % 2 == job->number) {
        rally->turn++;
        over = rally->turn >= ROUNDS - 1;
        ps_task_unpark(&rally->player[1 - job->number]->task);
    }
    pthread_mutex_unlock(&rally->lock);
    return over ? NULL : job_wait(job, PS_WAIT_PARK, PS_STATE_LOCK, PS_NEVER);
}

static void ping_pong(const struct subject *subject)
{
    struct rig rig;
    rig_open(&rig, subject, 2);
    struct rally rally = {.lock = PTHREAD_MUTEX_INITIALIZER};
    for (int i = 0; i < 2; i++) {
        rally.player[i] = rig_job(&rig, step_play);
        rally.player[i]->number = i;
        rally.player[i]->data = &rally;
    }
    rig_submit(&rig, rally.player[1]);
    rig_submit(&rig, rally.player[0]);
    rig_await(&rig, 2);
    rig_close(&rig, PS_CLOSE_DRAIN);
}

/* ---- semaphores ---- */

struct guarded {
    struct ps_semaphore sema;
    _Atomic unsigned inside, most;
};

struct holder {
    struct guarded *guarded;
    struct ps_sync_wait waiter;
    enum { WANTS, WAITS, HOLDS } state;
    unsigned times;
};

static void enter(struct guarded *guarded)
{
    unsigned inside = atomic_fetch_add(&guarded->inside, 1) + 1;
    unsigned most = atomic_load(&guarded->most);
    while (inside > most && !atomic_compare_exchange_weak(&guarded->most, &most, inside))
        ;
}

static void leave(struct guarded *guarded)
{
    atomic_fetch_sub(&guarded->inside, 1);
    ps_semaphore_put(&guarded->sema);
}

/* Takes a place 20 times, and yields while it has it. */
static struct ps_wait *step_hold(struct job *job)
{
    struct holder *holder = job->data;
    struct guarded *guarded = holder->guarded;
    if (holder->state == HOLDS) {
        leave(guarded);
        holder->state = WANTS;
        if (++holder->times == 20)
            return NULL;
    }
    enum ps_err err = holder->state == WANTS ? ps_semaphore_begin(&guarded->sema, &job->task,
                                                                  &holder->waiter, PS_NEVER)
                                             : ps_sync_again(&holder->waiter);
    holder->state = err == PS_OK ? HOLDS : WAITS;
    if (err != PS_OK)
        return &holder->waiter.wait;
    enter(guarded);
    return job_wait(job, PS_WAIT_YIELD, PS_STATE_RUN, PS_NEVER);
}

static void semaphore(const struct subject *subject)
{
    enum { HOLDERS = 12 };
    for (uint32_t places = 1; places <= 2; places++) {
        struct rig rig;
        struct guarded guarded = {0};
        struct holder holder[HOLDERS] = {0};
        ps_semaphore_init(&guarded.sema, places);
        rig_open(&rig, subject, 4);
        for (int i = 0; i < HOLDERS; i++) {
            struct job *job = rig_job(&rig, step_hold);
            holder[i].guarded = &guarded;
            job->data = &holder[i];
            rig_submit(&rig, job);
        }
        rig_await(&rig, HOLDERS);
        assert_in_range(atomic_load(&guarded.most), 1, places);
        assert_int_equal(atomic_load(&guarded.sema.word), places);
        rig_close(&rig, PS_CLOSE_DRAIN);
    }
}

/* ---- descriptors and calls ---- */

enum { ECHOES = 200 };

/* One end of a socket: reads a byte, writes it back incremented, ECHOES times; waits when it must.
 */
static struct ps_wait *step_echo(struct job *job)
{
    int fd = *(int *)job->data;
    unsigned char byte;
    for (;;) {
        ssize_t n = read(fd, &byte, 1);
        if (n < 0) {
            struct ps_wait *wait = job_wait(job, PS_WAIT_FD, PS_STATE_NET, PS_NEVER);
            wait->fd = fd;
            wait->events = POLLIN;
            wait->drained = job->number % 2;
            return wait;
        }
        job->number += n;
        byte++;
        if (n == 1 && write(fd, &byte, 1) != 1)
            job->task.outcome = PS_FAILED;
        if (n == 0 || job->number == ECHOES) {
            ps_engine_forget_fd(job->task.engine, fd);
            return NULL;
        }
    }
}

static void descriptors(const struct subject *subject)
{
    enum { PAIRS = 3 };
    int pair[PAIRS][2];
    struct rig rig;
    rig_open(&rig, subject, 2 * PAIRS);
    for (int i = 0; i < PAIRS; i++) {
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair[i]), 0);
        for (int end = 0; end < 2; end++) {
            struct job *job = rig_job(&rig, step_echo);
            job->data = &pair[i][end];
            rig_submit(&rig, job);
        }
    }
    for (int i = 0; i < PAIRS; i++)
        assert_int_equal(write(pair[i][0], "a", 1), 1);
    rig_await(&rig, 2 * PAIRS);
    assert_int_equal(rig.outcomes[PS_COMPLETED], 2 * PAIRS);
    rig_close(&rig, PS_CLOSE_DRAIN);
    for (int i = 0; i < PAIRS; i++)
        for (int end = 0; end < 2; end++)
            close(pair[i][end]);
}

static void add_one(void *argument)
{
    atomic_fetch_add((_Atomic unsigned *)argument, 1);
}

static struct ps_wait *step_call(struct job *job)
{
    if (job->phase > 0 && job->wait.result != PS_OK)
        job->task.outcome = PS_FAILED;
    if (job->phase == 10)
        return NULL;
    struct ps_wait *wait = job_wait(job, PS_WAIT_CALL, PS_STATE_DISK, PS_NEVER);
    wait->call = add_one;
    wait->call_arg = job->data;
    return wait;
}

static void calls(const struct subject *subject)
{
    for (unsigned offload = 0; offload <= 2; offload += 2) {
        struct rig rig;
        _Atomic unsigned called = 0;
        struct ps_engine_config config = rig_config(2, 64);
        config.offload = subject_has(subject, PS_TRAIT_OFFLOAD) ? offload : 0;
        rig_start(&rig, subject, config);
        for (int i = 0; i < 20; i++) {
            struct job *job = rig_job(&rig, step_call);
            job->data = &called;
            rig_submit(&rig, job);
        }
        rig_await(&rig, 20);
        assert_int_equal(rig.outcomes[PS_COMPLETED], 20);
        assert_int_equal(atomic_load(&called), 200);
        rig_close(&rig, PS_CLOSE_DRAIN);
    }
}

/* ---- direct style ---- */

struct direct {
    struct ps_task task;
    struct rig *rig;
    struct ps_mutex *mutex;
    _Atomic unsigned called, bad;
};

static void direct_check(struct direct *direct, struct ps_wait wait, enum ps_err result)
{
    if (ps_wait(&direct->task, &wait) != result)
        atomic_fetch_add(&direct->bad, 1);
}

static void direct_run(struct ps_task *task)
{
    struct direct *direct = (struct direct *)task;
    uint64_t soon = ps_now_ns() + PS_NS_PER_MS;
    direct_check(direct, (struct ps_wait){.kind = PS_WAIT_YIELD}, PS_OK);
    direct_check(direct,
                 (struct ps_wait){.kind = PS_WAIT_UNTIL, .why = PS_STATE_SLEEP, .until_ns = soon},
                 PS_OK);
    direct_check(direct,
                 (struct ps_wait){.kind = PS_WAIT_PARK, .why = PS_STATE_LOCK, .until_ns = soon},
                 PS_ETIMEDOUT);
    direct_check(direct,
                 (struct ps_wait){.kind = PS_WAIT_CALL,
                                  .why = PS_STATE_BLOCK,
                                  .until_ns = PS_NEVER,
                                  .call = add_one,
                                  .call_arg = &direct->called},
                 PS_OK);
    for (int i = 0; i < 20; i++) {
        if (ps_mutex_lock(direct->mutex, task, PS_NEVER) != PS_OK)
            atomic_fetch_add(&direct->bad, 1);
        direct_check(direct, (struct ps_wait){.kind = PS_WAIT_YIELD}, PS_OK);
        ps_mutex_unlock(direct->mutex);
    }
}

static void direct_release(struct ps_task *task)
{
    struct rig *rig = ((struct direct *)task)->rig;
    pthread_mutex_lock(&rig->lock);
    rig->outcomes[task->outcome]++;
    pthread_mutex_unlock(&rig->lock);
    rig_mark(rig);
}

static const struct ps_body direct_body = {
    .name = "direct", .run = direct_run, .release = direct_release};

static void direct_style(const struct subject *subject)
{
    if (!subject_has(subject, PS_TRAIT_DIRECT))
        return;
    enum { COUNT = 10 };
    struct direct direct[COUNT];
    struct ps_mutex mutex;
    struct rig rig;
    ps_mutex_init(&mutex);
    rig_open(&rig, subject, 3);
    memset(direct, 0, sizeof direct);
    for (unsigned i = 0; i < COUNT; i++) {
        ps_task_init(&direct[i].task, &direct_body, i, 0);
        direct[i].rig = &rig;
        direct[i].mutex = &mutex;
        assert_int_equal(ps_submit(rig.engine, &direct[i].task, PS_NEVER), PS_OK);
    }
    rig_await_marks(&rig, COUNT);
    for (unsigned i = 0; i < COUNT; i++) {
        assert_int_equal(atomic_load(&direct[i].called), 1);
        assert_int_equal(atomic_load(&direct[i].bad), 0);
    }
    rig_close(&rig, PS_CLOSE_DRAIN);
}

const struct contract_case wait_cases[] = {
    {"outcomes", outcomes, false},
    {"yield", yield, false},
    {"sleep_until", sleep_until, false},
    {"limited_waits", limited_waits, true},
    {"deadline_queued", deadline_queued, false},
    {"deadline_waiting", deadline_waiting, true},
    {"cancel_waiting", cancel_waiting, true},
    {"cancel_queued", cancel_queued, false},
    {"ping_pong", ping_pong, true},
    {"semaphore", semaphore, true},
    {"descriptors", descriptors, true},
    {"calls", calls, true},
    {"direct_style", direct_style, true},
    {NULL, NULL, false},
};
