/* Waiting in place: the task's fiber gives its worker free.
 *
 * Every round of a wait follows the park commit of fiber.h: look at the event count, test the
 * condition, set the timer, switch away, and after any wake-up the next round. Only PS_WAIT_PARK
 * consumes tokens. */
#include <errno.h>
#include <poll.h>

#include "base/clock.h"
#include "engines/green/turn.h"

/* One wait, on the waiting stack. */
struct waiting {
    struct ps_task *task;
    struct ps_wait *wait;
    struct fiber *self;     /* the running fiber, or its sleeper */
    enum fiber_after after; /* PARK; SLEEP: with a sleeper, if it pays */
    bool gave_way;          /* others had a turn meanwhile */
    struct fd_waiter fd;
    struct offload_job job;
};

static struct green_worker *self_worker(void)
{
    return ps_self()->worker;
}

/* NULL: no memory for a stack. Else the worker on which the fiber goes on. */
static inline __attribute__((always_inline)) struct green_worker *
suspend(struct green_worker *worker, enum fiber_after after)
{
    struct fiber *next = worker_next(worker);
    return next ? fiber_switch(worker, next, after) : NULL;
}

bool green_suspend(enum fiber_after after)
{
    return suspend(self_worker(), after) != NULL;
}

static bool fd_ready(const struct ps_wait *wait)
{
    struct pollfd fd = {.fd = wait->fd, .events = wait->events};
    int n;
    while ((n = poll(&fd, 1, 0)) < 0 && errno == EINTR)
        ;
    return n != 0;
}

/* Whether the condition holds; PS_EAGAIN: not yet. After fiber_prepare, which acquires what a
 * canceller did before his token: who sees that sees the stop. */
static enum ps_err test(struct waiting *w, struct green *green)
{
    bool stopped = ps_task_stopped(w->task);
    switch (w->wait->kind) {
    case PS_WAIT_PARK:
        if (!stopped && fiber_take_token(w->self))
            return PS_OK;
        break;
    case PS_WAIT_JOIN:
        if (!stopped && ps_join_done(w->task))
            return PS_OK;
        break;
    case PS_WAIT_CALL:
        if (atomic_load_explicit(&w->job.done, memory_order_acquire))
            return stopped ? PS_ECANCELED : PS_OK;
        if (stopped && !offload_withdraw(&green->offload, &w->job))
            stopped = false; /* nobody can interrupt it */
        break;
    case PS_WAIT_FD: {
        if (stopped)
            break;
        enum fd_news news;
        enum ps_err err = poller_add(&green->poller, w->wait->fd, &w->fd, &news);
        if (err != PS_OK)
            return err;
        if (news == FD_TOLD || (news == FD_UNKNOWN && fd_ready(w->wait)))
            return PS_OK;
        break;
    }
    default:
        break;
    }
    return stopped ? PS_ECANCELED : PS_EAGAIN;
}

/* The instant passed. */
static enum ps_err time_is_up(const struct waiting *w, uint64_t until_ns)
{
    if (until_ns == w->task->deadline_ns && until_ns != w->wait->until_ns) {
        ps_task_stopping(w->task, w->task->deadline_ns);
        return w->wait->kind == PS_WAIT_CALL ? PS_EAGAIN : PS_ECANCELED;
    }
    return w->wait->kind == PS_WAIT_UNTIL ? PS_OK : PS_ETIMEDOUT;
}

/* One round; PS_EAGAIN: another one. */
static enum ps_err wait_round(struct waiting *w, uint64_t until_ns)
{
    struct green_worker *worker = self_worker();
    fiber_prepare(w->self);
    enum ps_err err = test(w, worker->green);
    if (err != PS_EAGAIN)
        return err;
    if (until_ns != PS_NEVER && timer_set(worker, w->self, until_ns) != PS_OK)
        return PS_ENOMEM;
    bool slept = suspend(worker, w->after) != NULL;
    w->gave_way = true;
    bool fired = until_ns != PS_NEVER && timer_clear(w->self);
    if (fired)
        return time_is_up(w, until_ns);
    return slept ? PS_EAGAIN : PS_ENOMEM;
}

/* The commonest wait: for a token alone. */
static enum ps_err wait_for_token(struct green_worker *worker, struct ps_task *task)
{
    struct fiber *self = worker->current;
    for (;;) {
        fiber_prepare(self);
        if (ps_task_stopped(task))
            return PS_ECANCELED;
        if (fiber_take_token(self))
            return PS_OK;
        if (!(worker = suspend(worker, FIBER_AFTER_PARK)))
            return PS_ENOMEM;
    }
}

static enum ps_err wait_long(struct waiting *w)
{
    struct ps_wait *wait = w->wait;
    bool call = wait->kind == PS_WAIT_CALL;
    if (call)
        offload_put(&self_worker()->green->offload, &w->job);
    enum ps_err result;
    do {
        uint64_t until_ns = call ? w->task->deadline_ns : ps_wait_until(w->task, wait);
        if (call && ps_task_stopped(w->task))
            until_ns = PS_NEVER;
        result = wait_round(w, until_ns);
        /* A helper may have the job: it must be done before its memory goes. */
    } while (result == PS_EAGAIN || (call && result == PS_ENOMEM));
    if (wait->kind == PS_WAIT_FD)
        poller_remove(&self_worker()->green->poller, wait->fd, &w->fd);
    return result;
}

static enum ps_err sleep_deeply(struct waiting *w)
{
    struct fiber *self = w->self;
    struct green_worker *worker = self_worker();
    struct sleeper *sleeper = NULL;
    if (sleep_is_long(worker->green, ps_wait_until(w->task, w->wait)))
        sleeper = sleeper_lie_down(worker, w->task, self);
    if (!sleeper) {
        w->after = FIBER_AFTER_PARK;
        return wait_long(w);
    }
    w->self = &sleeper->fiber;
    enum ps_err result = wait_long(w);
    w->self = self;
    sleeper_get_up(self_worker(), sleeper);
    return result;
}

static enum ps_err wait_parked(struct waiting *w)
{
    struct ps_wait *wait = w->wait;
    struct green_worker *worker = self_worker();
    if (!w->self->adopted)
        fiber_adopt(w->self);
    ps_probe_wait_begin(&worker->probe, wait->why);
    enum ps_err result = wait->kind == PS_WAIT_PARK && ps_wait_until(w->task, wait) == PS_NEVER
                             ? wait_for_token(worker, w->task)
                         : w->after == FIBER_AFTER_SLEEP ? sleep_deeply(w)
                                                         : wait_long(w);
    worker = self_worker();
    ps_probe_wait_end(&worker->probe, wait->why);
    /* A task that serves may have gone on to a request of another type. */
    atomic_store_explicit(&w->self->type, w->task->stamp.type, memory_order_relaxed);
    worker_show_run(worker, w->self);
    return result;
}

/* A blocking call in place holds the worker, so others get its queue first. */
static void call_in_place(struct ps_task *task, struct ps_wait *wait)
{
    struct green_worker *worker = self_worker();
    worker_share(worker);
    ps_probe_wait_begin(&worker->probe, wait->why);
    ps_probe_state(&worker->probe, wait->why, task->stamp.type);
    wait->call(wait->call_arg);
    ps_probe_state(&worker->probe, PS_STATE_RUN, task->stamp.type);
    ps_probe_wait_end(&worker->probe, wait->why);
}

static enum ps_err stop_by_clock(struct ps_task *task)
{
    return ps_task_stopping(task, ps_now_ns()) == PS_STOP_NOT ? PS_OK : PS_ECANCELED;
}

static inline __attribute__((always_inline)) enum ps_err stop_or_ok(struct ps_task *task)
{
    if (__builtin_expect(task->deadline_ns != PS_NEVER, 0))
        return stop_by_clock(task);
    return ps_task_stopped(task) ? PS_ECANCELED : PS_OK;
}

static inline enum fiber_after after_yield(enum ps_priority priority)
{
    _Static_assert(FIBER_AFTER_YIELD_HIGH == FIBER_AFTER_YIELD + PS_PRIORITY_HIGH, "no branch");
    return (enum fiber_after)(FIBER_AFTER_YIELD + priority);
}

static enum ps_err yield(struct green_worker *worker, struct ps_task *task)
{
    if (own_waiting(&worker->own) == 0 && worker_is_alone(worker))
        return stop_or_ok(task);
    struct fiber *self = worker->current;
    if (!(worker = suspend(worker, after_yield(task->priority))))
        return PS_ENOMEM;
    worker_show_run(worker, self);
    return stop_or_ok(task);
}

static enum ps_err join(struct waiting *w)
{
    if (!ps_join_begin(w->task))
        return stop_or_ok(w->task);
    enum ps_err result = wait_parked(w);
    ps_join_end(w->task);
    return result;
}

static enum ps_err call(struct waiting *w, const struct green *green)
{
    if (green->offload.threads > 0 && atomic_load(&green->offloading))
        return wait_parked(w);
    call_in_place(w->task, w->wait);
    return stop_or_ok(w->task);
}

/* A descriptor that is ready at once is a turn nevertheless: with a peer that answers quickly one task
 * would keep the worker, and nobody would look at the descriptors of the others. */
static enum ps_err wait_for_fd(struct waiting *w)
{
    enum ps_err result = wait_parked(w);
    return result == PS_OK && !w->gave_way ? yield(self_worker(), w->task) : result;
}

/* Not inlined: a yield does without the record of a wait. */
static __attribute__((noinline)) enum ps_err wait_for(struct green_worker *worker,
                                                      struct ps_task *task, struct ps_wait *wait)
{
    struct waiting w = {
        .task = task, .wait = wait, .self = worker->current, .after = FIBER_AFTER_PARK};
    switch (wait->kind) {
    case PS_WAIT_JOIN:
        return join(&w);
    case PS_WAIT_CALL:
        w.job = (struct offload_job){.fiber = w.self, .wait = wait};
        return call(&w, worker->green);
    case PS_WAIT_FD:
        w.fd =
            (struct fd_waiter){.fiber = w.self, .events = wait->events, .drained = wait->drained};
        return wait_for_fd(&w);
    default:
        return wait_parked(&w);
    }
}

enum ps_err green_wait(struct ps_task *task, struct ps_wait *wait)
{
    struct green_worker *worker = self_worker();
    wait->result = wait->kind == PS_WAIT_YIELD ? yield(worker, task) : wait_for(worker, task, wait);
    return wait->result;
}

enum ps_err green_sleep(struct ps_task *task, struct ps_wait *wait)
{
    struct waiting w = {
        .task = task, .wait = wait, .self = self_worker()->current, .after = FIBER_AFTER_SLEEP};
    return wait->result = wait_parked(&w);
}

/* seq_cst, partner sleeper_lie_down. */
static struct fiber *fiber_to_wake(const struct ps_task *task)
{
    return __atomic_load_n(&task->context, __ATOMIC_SEQ_CST);
}

void green_unpark(struct ps_task *task)
{
    struct fiber *fiber = fiber_to_wake(task);
    if (!fiber || fiber->stackless) {
        /* acq_rel, partner fiber_adopt: who has adopted before is seen by fiber_of, who adopts
         * later takes this token. */
        atomic_exchange_explicit(&task->token, 1, memory_order_acq_rel);
        if (!(fiber = fiber_to_wake(task)))
            return;
    }
    fiber_unpark(fiber, true);
}
