/* A thread for every task, detached, with a small stack. How many may live at once is the worker
 * count (and config.limit, if that is smaller); what does not fit waits in a queue.
 *
 * One dispatcher thread takes tasks from the queue and starts their threads, so that submit does
 * not pay for it and a thread that ends has nothing to do but end. Everything is under `lock`; the
 * dispatcher sleeps on its parker:
 *   dispatcher  1 takes a ticket; 2 locks; a task, a free place and no pause: takes both, unlocks,
 *               creates the thread, again from 1; 3 else unlocks and waits with the ticket
 *   others      change something under the lock, then wake the dispatcher
 * A thread that ends frees its place and wakes the dispatcher under the lock, and touches nothing
 * of the engine after it: the dispatcher ends, and the engine can be freed, once it has seen under
 * the lock that no place is taken.
 *
 * pthread_create that fails means "wait for a completion": the task goes back to the front of the line,
 * and the dispatcher tries again when a thread ends, or after RETRY_NS, since the threads that use up
 * the system's may not be ours. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "engines/common/slot.h"
#include "engines/common/task_list.h"
#include "engines/pthread/pthread.h"

#define STACK_BYTES ((size_t)64 * 1024)
#define RETRY_NS    (10 * (uint64_t)PS_NS_PER_MS)

struct per_task;

/* A worker slot and the thread that is in it. */
struct place {
    struct ps_slot slot;
    struct per_task *owner;
    struct ps_task *task;
    bool taken; /* under the lock */
};

struct per_task {
    struct ps_engine base;
    struct place *place; /* one a slot */
    unsigned slots;
    _Atomic uint32_t paused;
    bool has_dispatcher; /* owner's */
    pthread_t dispatcher;
    struct ps_parker parker;            /* of the dispatcher */
    _Alignas(128) pthread_mutex_t lock; /* of the rest */
    struct ps_task_list queue;
    unsigned workers; /* the cap, by the worker count */
    size_t limit;     /* the cap, by PS_KNOB_LIMIT; 0: none */
    unsigned taken;
    bool ending;
};

static struct per_task *of(struct ps_engine *engine)
{
    return (struct per_task *)engine;
}

/* ---- under the lock ---- */

static void show_depth(struct per_task *own)
{
    ps_probe_depth(&own->base.outside, own->queue.count);
}

static unsigned cap(const struct per_task *own)
{
    return own->limit > 0 && own->limit < own->workers ? (unsigned)own->limit : own->workers;
}

static struct place *match(struct per_task *own)
{
    if (atomic_load(&own->paused) || own->taken >= cap(own) || own->queue.count == 0)
        return NULL;
    struct place *place = own->place;
    while (place->taken)
        place++;
    place->taken = true;
    own->taken++;
    place->task = ps_task_list_pop(&own->queue);
    show_depth(own);
    return place;
}

static void free_place(struct place *place)
{
    place->taken = false;
    place->owner->taken--;
}

/* Back to the front of the line, as no thread could be made for it. */
static void put_back(struct place *place)
{
    struct per_task *own = place->owner;
    struct ps_task_list line = {NULL, NULL, 0};
    ps_task_list_push(&line, place->task);
    ps_task_list_join(&line, &own->queue);
    own->queue = line;
    show_depth(own);
    free_place(place);
}

/* ---- the threads ---- */

static void *task_main(void *argument)
{
    struct place *place = argument;
    struct per_task *own = place->owner;
    ps_slot_enter(&place->slot, place);
    ps_slot_run(&place->slot, place->task);
    ps_slot_leave(&place->slot);
    pthread_mutex_lock(&own->lock);
    free_place(place);
    ps_parker_wake(&own->parker);
    pthread_mutex_unlock(&own->lock);
    return NULL;
}

/* false: the system has no thread for it now. */
static bool start_thread(struct place *place)
{
    struct per_task *own = place->owner;
    size_t stack = own->base.config.stack_bytes;
    pthread_t thread;
    enum ps_err err =
        ps_thread_create(&thread, stack > 0 ? stack : STACK_BYTES, true, task_main, place);
    if (err == PS_OK) {
        ps_engine_room(&own->base);
        return true;
    }
    pthread_mutex_lock(&own->lock);
    put_back(place);
    pthread_mutex_unlock(&own->lock);
    return false;
}

static void discard_queue(struct per_task *own);

static void *dispatcher_main(void *argument)
{
    struct per_task *own = argument;
    pthread_setname_np(pthread_self(), "dispatcher");
    for (;;) {
        uint64_t until_ns = PS_NEVER;
        uint32_t ticket = ps_parker_ticket(&own->parker);
        pthread_mutex_lock(&own->lock);
        struct place *place = match(own);
        bool ends = !place && own->ending && own->taken == 0;
        pthread_mutex_unlock(&own->lock);
        if (ends)
            return NULL;
        if (place && start_thread(place))
            continue;
        if (place) {
            /* The queue may have been discarded while the task was out of it. */
            if (ps_engine_phase(&own->base) >= PS_ENGINE_CANCELLING)
                discard_queue(own);
            until_ns = ps_time_add(ps_now_ns(), RETRY_NS);
        }
        ps_engine_check_done(&own->base);
        ps_parker_wait(&own->parker, ticket, until_ns);
    }
}

/* ---- the contract ---- */

static enum ps_err make_places(struct per_task *own, unsigned slots)
{
    size_t bytes = slots * sizeof *own->place;
    own->place = aligned_alloc(_Alignof(struct place), bytes);
    if (!own->place)
        return PS_ENOMEM;
    memset(own->place, 0, bytes);
    own->slots = slots;
    for (unsigned i = 0; i < slots; i++) {
        ps_slot_init(&own->place[i].slot, &own->base, i);
        own->place[i].owner = own;
    }
    return PS_OK;
}

static enum ps_err create(const struct ps_engine_config *config, struct ps_engine **engine)
{
    struct per_task *own = aligned_alloc(_Alignof(struct per_task), sizeof *own);
    if (!own)
        return PS_ENOMEM;
    memset(own, 0, sizeof *own);
    enum ps_err err = ps_engine_init(&own->base, &ps_engine_pthread, config);
    if (err == PS_OK && (err = make_places(own, config->segment->slots)) != PS_OK)
        ps_engine_fini(&own->base);
    if (err != PS_OK) {
        free(own);
        return err;
    }
    own->workers = config->workers;
    own->limit = config->limit;
    ps_parker_init(&own->parker);
    pthread_mutex_init(&own->lock, NULL);
    *engine = &own->base;
    return PS_OK;
}

static enum ps_err start(struct ps_engine *engine)
{
    struct per_task *own = of(engine);
    enum ps_err err = ps_thread_create(&own->dispatcher, 0, false, dispatcher_main, own);
    own->has_dispatcher = err == PS_OK;
    return err;
}

static enum ps_err submit(struct ps_engine *engine, struct ps_task *task)
{
    struct per_task *own = of(engine);
    if (!ps_task_has_body(task))
        return PS_ENOTSUP;
    bool inside = ps_self()->engine == engine;
    bool bounded = !inside || engine->config.on_full == PS_ON_FULL_REFUSE;
    bool wakes = false;
    enum ps_err err = PS_OK;
    pthread_mutex_lock(&own->lock);
    if (!ps_engine_open_for(engine, inside)) {
        err = PS_ECLOSED;
    } else if (bounded && own->queue.count >= engine->config.queue) {
        err = PS_EFULL;
    } else {
        ps_task_accept(engine, task);
        ps_task_list_push(&own->queue, task);
        show_depth(own);
        wakes = own->taken < cap(own);
    }
    pthread_mutex_unlock(&own->lock);
    if (wakes)
        ps_parker_wake(&own->parker);
    return err;
}

static enum ps_err resize(struct ps_engine *engine, unsigned workers)
{
    struct per_task *own = of(engine);
    pthread_mutex_lock(&own->lock);
    own->workers = workers;
    pthread_mutex_unlock(&own->lock);
    ps_parker_wake(&own->parker);
    return PS_OK;
}

static void set_limit(struct per_task *own, size_t limit)
{
    pthread_mutex_lock(&own->lock);
    own->limit = limit;
    pthread_mutex_unlock(&own->lock);
    ps_parker_wake(&own->parker);
}

/* Under the lock a pause and a close cannot overtake each other: a close raises the phase first. */
static void set_paused(struct per_task *own, bool paused)
{
    pthread_mutex_lock(&own->lock);
    atomic_store(&own->paused, paused && ps_engine_phase(&own->base) <= PS_ENGINE_RUNNING);
    pthread_mutex_unlock(&own->lock);
    ps_parker_wake(&own->parker);
    for (unsigned i = 0; i < own->slots; i++)
        ps_parker_wake(&own->place[i].slot.parker);
}

static enum ps_err tune(struct ps_engine *engine, enum ps_knob knob, uint64_t value)
{
    if (knob == PS_KNOB_LIMIT) {
        set_limit(of(engine), value);
        return PS_OK;
    }
    if (knob != PS_KNOB_PAUSED)
        return PS_ENOTSUP;
    if (value > 1)
        return PS_EINVAL;
    set_paused(of(engine), value == 1);
    return PS_OK;
}

static void discard_queue(struct per_task *own)
{
    pthread_mutex_lock(&own->lock);
    struct ps_task_list all = ps_task_list_take(&own->queue);
    show_depth(own);
    pthread_mutex_unlock(&own->lock);
    struct ps_task *task;
    while ((task = ps_task_list_pop(&all)))
        ps_task_discard(ps_engine_probe(&own->base), task);
}

static void close_per_task(struct ps_engine *engine, enum ps_close how)
{
    ps_engine_raise(engine, how == PS_CLOSE_DRAIN ? PS_ENGINE_DRAINING : PS_ENGINE_CANCELLING);
    set_paused(of(engine), false);
    if (how == PS_CLOSE_DISCARD) {
        discard_queue(of(engine));
        ps_engine_check_done(engine);
    }
}

static enum ps_err stop(struct ps_engine *engine, uint64_t deadline_ns)
{
    struct per_task *own = of(engine);
    enum ps_err err = ps_engine_wait_done(engine, deadline_ns);
    if (err != PS_OK)
        return err;
    pthread_mutex_lock(&own->lock);
    own->ending = true;
    pthread_mutex_unlock(&own->lock);
    ps_parker_wake(&own->parker);
    if (own->has_dispatcher)
        pthread_join(own->dispatcher, NULL);
    own->has_dispatcher = false;
    ps_engine_raise(engine, PS_ENGINE_STOPPED);
    return PS_OK;
}

static void destroy(struct ps_engine *engine)
{
    struct per_task *own = of(engine);
    ps_engine_raise(engine, PS_ENGINE_CANCELLING);
    discard_queue(own);
    for (unsigned i = 0; i < own->slots; i++)
        ps_slot_fini(&own->place[i].slot);
    free(own->place);
    ps_parker_destroy(&own->parker);
    pthread_mutex_destroy(&own->lock);
    ps_engine_fini(engine);
    free(own);
}

static enum ps_err wait_in_place(struct ps_task *task, struct ps_wait *wait)
{
    struct place *place = ps_self()->worker;
    return ps_slot_wait(&place->slot, &place->owner->paused, task, wait);
}

const struct ps_threads_ops ps_threads_per_task = {
    .create = create,
    .start = start,
    .submit = submit,
    .resize = resize,
    .tune = tune,
    .close = close_per_task,
    .stop = stop,
    .destroy = destroy,
    .wait = wait_in_place,
};
