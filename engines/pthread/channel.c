/* N threads and a bounded channel made by hand: a mutex, a list, and a condition "not empty". The
 * other condition, "not full", is ps_engine_room.
 *
 * Not pthread_cond_t: the one of glibc up to 2.40 can lose a wake-up (BZ 25847), since a waiter
 * that comes later may consume the signal of one that waited before. This condition is a sequence
 * word and a futex: receive  1 locks; not empty: takes; 2 else, still locked: waiters += 1, ticket
 * = sequence; 3 unlocks; 4 futex-wait(sequence, ticket); 5 locks, waiters -= 1, again from 1 send
 * 1 locks, appends; 2 waiters > 0: sequence += 1; 3 unlocks; 4 futex-wake one A receiver that found
 * the channel empty has its ticket from before the send's change, so it either sleeps before 4 of
 * the send and is among those of whom the kernel wakes one, or its futex-wait returns at once
 * because the word has changed. A signal without a sleeper is not kept and need not be: nobody
 * sleeps with an older ticket. All receivers wait for the same thing, so it does not matter which
 * one is woken. A ticket would have to be 2^32 sends old to be mistaken for a new one.
 *
 * Leaving: a thread that retires may be the one that was woken for a task. Resizing first marks the
 * threads that are to go and then wakes all, so whoever stays looks at the channel after that.
 *
 * The kernel wakes the longest sleeper first, so work goes round all threads, where threadpool:fifo
 * prefers the warm one. */
#include <limits.h>
#include <stdlib.h>

#include "base/clock.h"
#include "engines/common/crew.h"
#include "engines/common/task_list.h"
#include "engines/pthread/pthread.h"

struct condition {
    _Atomic uint32_t sequence; /* a futex; changed under the lock */
    unsigned waiters;          /* under the lock */
};

struct channel {
    struct ps_engine base;
    struct ps_crew crew;
    _Alignas(128) pthread_mutex_t lock; /* of the rest */
    struct ps_task_list queue;
    struct condition not_empty;
};

static struct channel *of(struct ps_engine *engine)
{
    return (struct channel *)engine;
}

/* ---- the condition ---- */

/* Under the lock. true: condition_wake is due when the lock is free. */
static bool condition_signal(struct condition *condition)
{
    if (condition->waiters == 0)
        return false;
    /* relaxed: the lock orders it for receivers, the kernel for the futex. */
    atomic_fetch_add_explicit(&condition->sequence, 1, memory_order_relaxed);
    return true;
}

static void condition_wake(struct condition *condition, int threads)
{
    ps_futex_wake(&condition->sequence, threads);
}

/* Under the lock, which is free while the thread sleeps. May return without a signal. */
static void condition_wait(struct condition *condition, pthread_mutex_t *lock)
{
    uint32_t ticket = atomic_load_explicit(&condition->sequence, memory_order_relaxed);
    condition->waiters++;
    pthread_mutex_unlock(lock);
    ps_futex_wait(&condition->sequence, ticket, PS_NEVER);
    pthread_mutex_lock(lock);
    condition->waiters--;
}

/* Everybody looks again at what it waits for. What that is must have been stored before. */
static void condition_broadcast(struct condition *condition, pthread_mutex_t *lock)
{
    pthread_mutex_lock(lock);
    bool wakes = condition_signal(condition);
    pthread_mutex_unlock(lock);
    if (wakes)
        condition_wake(condition, INT_MAX);
}

static void show_depth(struct channel *channel)
{
    ps_probe_depth(&channel->base.outside, channel->queue.count);
}

/* ---- the threads ---- */

/* Under the lock: sleep until there may be a task, an end or a change of mind. */
static void wait_for_task(struct channel *channel, struct ps_crew_worker *worker)
{
    struct ps_probe *probe = &worker->slot.probe;
    bool paused = ps_crew_paused(&channel->crew);
    if (paused)
        ps_probe_state(probe, PS_STATE_PAUSED, -1);
    else
        ps_probe_park(probe);
    condition_wait(&channel->not_empty, &channel->lock);
    if (!paused)
        ps_probe_woken(probe);
}

/* The next task; NULL: the thread has left. */
static struct ps_task *receive(struct channel *channel, struct ps_crew_worker *worker)
{
    struct ps_task *task = NULL;
    pthread_mutex_lock(&channel->lock);
    for (;;) {
        if (ps_crew_leave(worker))
            break;
        if (!ps_crew_paused(&channel->crew) && (task = ps_task_list_pop(&channel->queue))) {
            show_depth(channel);
            break;
        }
        ps_engine_check_done(&channel->base);
        wait_for_task(channel, worker);
    }
    pthread_mutex_unlock(&channel->lock);
    if (task)
        ps_engine_room(&channel->base);
    return task;
}

static void work(struct ps_crew_worker *worker)
{
    struct channel *channel = of(worker->slot.engine);
    struct ps_task *task;
    while ((task = receive(channel, worker)))
        ps_slot_run(&worker->slot, task);
}

/* ---- the contract ---- */

static enum ps_err create(const struct ps_engine_config *config, struct ps_engine **engine)
{
    struct channel *channel = aligned_alloc(_Alignof(struct channel), sizeof *channel);
    if (!channel)
        return PS_ENOMEM;
    enum ps_err err = ps_engine_init(&channel->base, &ps_engine_pthread, config);
    if (err != PS_OK) {
        free(channel);
        return err;
    }
    channel->queue = (struct ps_task_list){NULL, NULL, 0};
    channel->not_empty.waiters = 0;
    atomic_init(&channel->not_empty.sequence, 0);
    if (ps_crew_init(&channel->crew, &channel->base, work) != PS_OK) {
        ps_engine_fini(&channel->base);
        free(channel);
        return PS_ENOMEM;
    }
    pthread_mutex_init(&channel->lock, NULL);
    *engine = &channel->base;
    return PS_OK;
}

static enum ps_err start(struct ps_engine *engine)
{
    return ps_crew_start(&of(engine)->crew, engine->config.workers);
}

static enum ps_err submit(struct ps_engine *engine, struct ps_task *task)
{
    struct channel *channel = of(engine);
    if (!ps_task_has_body(task))
        return PS_ENOTSUP;
    bool inside = ps_self()->engine == engine;
    bool bounded = !inside || engine->config.on_full == PS_ON_FULL_REFUSE;
    enum ps_err err = PS_OK;
    bool wakes = false;
    pthread_mutex_lock(&channel->lock);
    if (!ps_engine_open_for(engine, inside)) {
        err = PS_ECLOSED;
    } else if (bounded && channel->queue.count >= engine->config.queue) {
        err = PS_EFULL;
    } else {
        ps_task_accept(engine, task);
        ps_task_list_push(&channel->queue, task);
        show_depth(channel);
        wakes = condition_signal(&channel->not_empty);
    }
    pthread_mutex_unlock(&channel->lock);
    if (wakes) {
        condition_wake(&channel->not_empty, 1);
        ps_probe_wake(ps_engine_probe(engine));
    }
    return err;
}

static enum ps_err resize(struct ps_engine *engine, unsigned workers)
{
    enum ps_err err = ps_crew_resize(&of(engine)->crew, workers);
    condition_broadcast(&of(engine)->not_empty, &of(engine)->lock);
    return err;
}

static void set_paused(struct channel *channel, bool paused)
{
    ps_crew_pause(&channel->crew, paused);
    condition_broadcast(&channel->not_empty, &channel->lock);
}

static enum ps_err tune(struct ps_engine *engine, enum ps_knob knob, uint64_t value)
{
    if (knob != PS_KNOB_PAUSED)
        return PS_ENOTSUP;
    if (value > 1)
        return PS_EINVAL;
    set_paused(of(engine), value == 1);
    return PS_OK;
}

/* End what is queued, by the calling thread: the workers may all be stuck. */
static void discard_queue(struct channel *channel)
{
    pthread_mutex_lock(&channel->lock);
    struct ps_task_list all = ps_task_list_take(&channel->queue);
    show_depth(channel);
    pthread_mutex_unlock(&channel->lock);
    struct ps_task *task;
    while ((task = ps_task_list_pop(&all)))
        ps_task_discard(ps_engine_probe(&channel->base), task);
}

static void close_channel(struct ps_engine *engine, enum ps_close how)
{
    ps_engine_raise(engine, how == PS_CLOSE_DRAIN ? PS_ENGINE_DRAINING : PS_ENGINE_CANCELLING);
    /* Also makes everybody look at the phase. */
    set_paused(of(engine), false);
    if (how == PS_CLOSE_DISCARD) {
        discard_queue(of(engine));
        ps_engine_check_done(engine);
    }
}

static enum ps_err stop(struct ps_engine *engine, uint64_t deadline_ns)
{
    enum ps_err err = ps_engine_wait_done(engine, deadline_ns);
    if (err != PS_OK)
        return err;
    ps_crew_retire_all(&of(engine)->crew);
    condition_broadcast(&of(engine)->not_empty, &of(engine)->lock);
    ps_crew_join_all(&of(engine)->crew);
    ps_engine_raise(engine, PS_ENGINE_STOPPED);
    return PS_OK;
}

static void destroy(struct ps_engine *engine)
{
    struct channel *channel = of(engine);
    ps_engine_raise(engine, PS_ENGINE_CANCELLING);
    discard_queue(channel);
    ps_crew_fini(&channel->crew);
    pthread_mutex_destroy(&channel->lock);
    ps_engine_fini(engine);
    free(channel);
}

static enum ps_err wait_in_place(struct ps_task *task, struct ps_wait *wait)
{
    struct ps_crew_worker *worker = ps_self()->worker;
    return ps_slot_wait(&worker->slot, &worker->crew->paused, task, wait);
}

const struct ps_threads_ops ps_threads_channel = {
    .create = create,
    .start = start,
    .submit = submit,
    .resize = resize,
    .tune = tune,
    .close = close_channel,
    .stop = stop,
    .destroy = destroy,
    .wait = wait_in_place,
};
