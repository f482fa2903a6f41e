/* Waiting in place: the task's fiber gives its worker free.
 *
 * Every round of a wait follows the park commit of fiber.h: PARKING, take the token, test the
 * condition, set the timer, switch away, and after any wake-up the next round. Only PS_WAIT_PARK
 * ends by a token; other waits keep one they took for the next park. */
#include <errno.h>
#include <poll.h>

#include "base/clock.h"
#include "engines/green/scheduler.h"

/* One wait, on the waiting stack. */
struct waiting {
    struct ps_task *task;
    struct ps_wait *wait;
    struct fiber *self;
    bool token; /* taken by this wait and still to be kept */
    struct fd_waiter fd;
    struct offload_job job;
};

static struct green_worker *self_worker(void)
{
    return ps_self()->worker;
}

bool green_suspend(enum fiber_after after)
{
    struct green_worker *worker = self_worker();
    struct green *green = worker->green;
    struct fiber *next = stack_take(&green->depot, &worker->pool, green, worker_loop);
    if (!next)
        return false;
    fiber_switch(next, after);
    return true;
}

static bool fd_ready(const struct ps_wait *wait)
{
    struct pollfd fd = {.fd = wait->fd, .events = wait->events};
    int n;
    while ((n = poll(&fd, 1, 0)) < 0 && errno == EINTR)
        ;
    return n != 0;
}

/* Whether the condition holds; PS_EAGAIN: not yet. After PARKING. */
static enum ps_err test(struct waiting *w, struct green *green)
{
    /* In this order: who takes a canceller's token sees the stop that was set before it. */
    bool token = ps_token_take(w->task);
    bool stopped = ps_task_stopped(w->task);
    switch (w->wait->kind) {
    case PS_WAIT_PARK:
        if (token && !stopped)
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
        enum ps_err err = stopped ? PS_OK : poller_add(&green->poller, w->wait->fd, &w->fd);
        if (err != PS_OK)
            return err;
        if (!stopped && fd_ready(w->wait))
            return PS_OK;
        break;
    }
    default:
        break;
    }
    w->token |= token;
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
    if (err == PS_EAGAIN && until_ns != PS_NEVER)
        err = timer_set(worker, w->self, until_ns) == PS_OK ? PS_EAGAIN : PS_ENOMEM;
    if (err != PS_EAGAIN) {
        fiber_abandon(w->self);
        return err;
    }
    bool slept = green_suspend(FIBER_AFTER_PARK);
    if (!slept)
        fiber_abandon(w->self);
    bool fired = until_ns != PS_NEVER && timer_clear(w->self);
    if (fired)
        return time_is_up(w, until_ns);
    return slept ? PS_EAGAIN : PS_ENOMEM;
}

static enum ps_err wait_parked(struct waiting *w)
{
    struct ps_wait *wait = w->wait;
    bool call = wait->kind == PS_WAIT_CALL;
    ps_probe_wait_begin(&self_worker()->probe, wait->why);
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
    struct green_worker *worker = self_worker();
    ps_probe_wait_end(&worker->probe, wait->why);
    ps_probe_state(&worker->probe, PS_STATE_RUN, w->task->stamp.type);
    if (w->token)
        atomic_store_explicit(&w->task->token, 1, memory_order_relaxed);
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

static enum ps_err stop_or_ok(struct ps_task *task)
{
    uint64_t now_ns = task->deadline_ns == PS_NEVER ? 0 : ps_now_ns();
    return ps_task_stopping(task, now_ns) == PS_STOP_NOT ? PS_OK : PS_ECANCELED;
}

static enum ps_err yield(struct ps_task *task)
{
    return green_suspend(FIBER_AFTER_YIELD) ? stop_or_ok(task) : PS_ENOMEM;
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

enum ps_err green_wait(struct ps_task *task, struct ps_wait *wait)
{
    struct green_worker *worker = self_worker();
    struct waiting w = {.task = task, .wait = wait, .self = worker->current};
    switch (wait->kind) {
    case PS_WAIT_YIELD:
        wait->result = yield(task);
        break;
    case PS_WAIT_JOIN:
        wait->result = join(&w);
        break;
    case PS_WAIT_CALL:
        w.job = (struct offload_job){.fiber = w.self, .wait = wait};
        wait->result = call(&w, worker->green);
        break;
    case PS_WAIT_FD:
        w.fd = (struct fd_waiter){.fiber = w.self, .events = wait->events};
        wait->result = wait_parked(&w);
        break;
    default:
        wait->result = wait_parked(&w);
    }
    return wait->result;
}

void green_unpark(struct ps_task *task)
{
    /* An RMW, partner ps_token_take: a parker that took the token before is seen by fiber_of, one
     * that takes it later takes this one. */
    atomic_exchange_explicit(&task->token, 1, memory_order_acq_rel);
    struct fiber *fiber = fiber_of(task);
    if (fiber)
        fiber_wake(fiber, true);
}
