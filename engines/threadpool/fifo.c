/* One queue, one mutex, and a stack of idle workers, each asleep on a parker of its own.
 *
 * Everything but the sleep is under `lock`.
 *   submit   pushes the task and, in the same critical section, takes the worker that fell idle
 * last off the stack; then, unlocked, wakes it worker   1 takes a ticket of its parker; 2 locks,
 * takes itself off the stack if it is there; 3 a task: unlocks and runs it; 4 none: puts itself on
 * the stack, unlocks; 5 waits with the ticket. A wake that comes anywhere after 1 ends the wait of
 * 5 leaving  a worker that retires may have been taken off the stack for a task it will not run: if
 *            the queue is not empty it takes the next one off the stack and wakes that
 * A wake names a worker, so none of them can be consumed by another (which is how a condition
 * variable loses them). The last to fall idle is woken first: its cache is warm, and surplus
 * workers stay idle.
 *
 * Rejected: a condition variable (pthread/channel.c is that design); a lock-free queue (the lock is
 * the lesson of this policy). */
#include <stdlib.h>

#include "engines/common/crew.h"
#include "engines/common/task_list.h"
#include "engines/threadpool/threadpool.h"

struct idler {
    struct idler *next, *previous;
    bool listed;
};

struct fifo {
    struct ps_engine base;
    struct ps_crew crew;
    _Alignas(128) pthread_mutex_t lock; /* of the rest */
    struct ps_task_list queue;
    struct idler idle;   /* head of a ring: next is the last to fall idle */
    struct idler *idler; /* one a slot */
};

static struct fifo *of(struct ps_engine *engine)
{
    return (struct fifo *)engine;
}

/* ---- under the lock ---- */

static void idle_add(struct fifo *fifo, unsigned slot)
{
    struct idler *idler = &fifo->idler[slot];
    idler->next = fifo->idle.next;
    idler->previous = &fifo->idle;
    idler->next->previous = idler;
    fifo->idle.next = idler;
    idler->listed = true;
}

static void idle_remove(struct idler *idler)
{
    if (!idler->listed)
        return;
    idler->previous->next = idler->next;
    idler->next->previous = idler->previous;
    idler->listed = false;
}

/* A worker to be woken, or NULL. */
static struct ps_crew_worker *idle_take(struct fifo *fifo)
{
    struct idler *idler = fifo->idle.next;
    if (idler == &fifo->idle)
        return NULL;
    idle_remove(idler);
    return &fifo->crew.worker[idler - fifo->idler];
}

static void show_depth(struct fifo *fifo)
{
    ps_probe_depth(&fifo->base.outside, fifo->queue.count);
}

/* ---- the worker ---- */

static void wake(struct ps_engine *engine, struct ps_crew_worker *worker)
{
    if (!worker)
        return;
    ps_probe_wake(ps_engine_probe(engine));
    ps_parker_wake(&worker->slot.parker);
}

/* Sleep until woken; the state says why. */
static void sleep_idle(struct ps_crew_worker *worker, uint32_t ticket)
{
    struct ps_slot *slot = &worker->slot;
    if (ps_crew_paused(worker->crew)) {
        ps_probe_state(&slot->probe, PS_STATE_PAUSED, -1);
        ps_parker_wait(&slot->parker, ticket, PS_NEVER);
        return;
    }
    ps_engine_check_done(slot->engine);
    ps_probe_park(&slot->probe);
    ps_parker_wait(&slot->parker, ticket, PS_NEVER);
    ps_probe_woken(&slot->probe);
}

/* The next task; NULL: the worker has left. */
static struct ps_task *next_task(struct fifo *fifo, struct ps_crew_worker *worker)
{
    for (;;) {
        uint32_t ticket = ps_parker_ticket(&worker->slot.parker);
        struct ps_task *task = NULL;
        struct ps_crew_worker *heir = NULL;
        pthread_mutex_lock(&fifo->lock);
        idle_remove(&fifo->idler[worker->slot.number]);
        bool leaves = ps_crew_leave(worker);
        if (leaves) {
            heir = fifo->queue.count > 0 ? idle_take(fifo) : NULL;
        } else if (!ps_crew_paused(&fifo->crew)) {
            task = ps_task_list_pop(&fifo->queue);
            if (task)
                show_depth(fifo);
            else
                idle_add(fifo, worker->slot.number);
        }
        pthread_mutex_unlock(&fifo->lock);
        if (leaves) {
            wake(&fifo->base, heir);
            return NULL;
        }
        if (task) {
            ps_engine_room(&fifo->base);
            return task;
        }
        sleep_idle(worker, ticket);
    }
}

static void work(struct ps_crew_worker *worker)
{
    struct fifo *fifo = of(worker->slot.engine);
    struct ps_task *task;
    while ((task = next_task(fifo, worker)))
        ps_slot_run(&worker->slot, task);
}

/* ---- the contract ---- */

static enum ps_err create(const struct ps_engine_config *config, struct ps_engine **engine)
{
    struct fifo *fifo = aligned_alloc(_Alignof(struct fifo), sizeof *fifo);
    if (!fifo)
        return PS_ENOMEM;
    enum ps_err err = ps_engine_init(&fifo->base, &ps_engine_threadpool, config);
    if (err != PS_OK) {
        free(fifo);
        return err;
    }
    fifo->queue = (struct ps_task_list){NULL, NULL, 0};
    fifo->idle = (struct idler){&fifo->idle, &fifo->idle, false};
    fifo->idler = calloc(config->segment->slots, sizeof *fifo->idler);
    if (!fifo->idler || ps_crew_init(&fifo->crew, &fifo->base, work) != PS_OK) {
        free(fifo->idler);
        ps_engine_fini(&fifo->base);
        free(fifo);
        return PS_ENOMEM;
    }
    pthread_mutex_init(&fifo->lock, NULL);
    *engine = &fifo->base;
    return PS_OK;
}

static enum ps_err start(struct ps_engine *engine)
{
    return ps_crew_start(&of(engine)->crew, engine->config.workers);
}

static enum ps_err submit(struct ps_engine *engine, struct ps_task *task)
{
    struct fifo *fifo = of(engine);
    if (!ps_task_has_body(task))
        return PS_ENOTSUP;
    bool inside = ps_self()->engine == engine;
    bool bounded = !inside || engine->config.on_full == PS_ON_FULL_REFUSE;
    enum ps_err err = PS_OK;
    struct ps_crew_worker *sleeper = NULL;
    pthread_mutex_lock(&fifo->lock);
    if (!ps_engine_open_for(engine, inside)) {
        err = PS_ECLOSED;
    } else if (bounded && fifo->queue.count >= engine->config.queue) {
        err = PS_EFULL;
    } else {
        ps_task_accept(engine, task);
        ps_task_list_push(&fifo->queue, task);
        show_depth(fifo);
        sleeper = idle_take(fifo);
    }
    pthread_mutex_unlock(&fifo->lock);
    wake(engine, sleeper);
    return err;
}

static enum ps_err resize(struct ps_engine *engine, unsigned workers)
{
    return ps_crew_resize(&of(engine)->crew, workers);
}

static enum ps_err tune(struct ps_engine *engine, enum ps_knob knob, uint64_t value)
{
    if (knob != PS_KNOB_PAUSED)
        return PS_ENOTSUP;
    if (value > 1)
        return PS_EINVAL;
    ps_crew_pause(&of(engine)->crew, value == 1);
    return PS_OK;
}

/* End what is queued, by the calling thread: the workers may all be stuck. */
static void discard_queue(struct fifo *fifo)
{
    pthread_mutex_lock(&fifo->lock);
    struct ps_task_list all = ps_task_list_take(&fifo->queue);
    show_depth(fifo);
    pthread_mutex_unlock(&fifo->lock);
    struct ps_task *task;
    while ((task = ps_task_list_pop(&all)))
        ps_task_discard(ps_engine_probe(&fifo->base), task);
}

static void close_fifo(struct ps_engine *engine, enum ps_close how)
{
    ps_engine_raise(engine, how == PS_CLOSE_DRAIN ? PS_ENGINE_DRAINING : PS_ENGINE_CANCELLING);
    /* Also makes everybody look at the phase. */
    ps_crew_pause(&of(engine)->crew, false);
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
    ps_crew_join_all(&of(engine)->crew);
    ps_engine_raise(engine, PS_ENGINE_STOPPED);
    return PS_OK;
}

static void destroy(struct ps_engine *engine)
{
    struct fifo *fifo = of(engine);
    ps_engine_raise(engine, PS_ENGINE_CANCELLING);
    discard_queue(fifo);
    ps_crew_fini(&fifo->crew);
    pthread_mutex_destroy(&fifo->lock);
    free(fifo->idler);
    ps_engine_fini(engine);
    free(fifo);
}

static enum ps_err wait_in_place(struct ps_task *task, struct ps_wait *wait)
{
    struct ps_crew_worker *worker = ps_self()->worker;
    return ps_slot_wait(&worker->slot, &worker->crew->paused, task, wait);
}

const struct ps_pool_ops ps_pool_fifo = {
    .create = create,
    .start = start,
    .submit = submit,
    .resize = resize,
    .tune = tune,
    .close = close_fifo,
    .stop = stop,
    .destroy = destroy,
    .wait = wait_in_place,
};
