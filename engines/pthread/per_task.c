/* A thread for every task, detached, with a small stack. How many may live at once is the worker
 * count (and config.limit, if that is smaller); what does not fit waits in a queue.
 *
 * The dispatcher, a thread, starts those for which there is a free place, so that submit does not
 * pay for it; a thread that ends starts its successor in the same place itself, which saves waking the
 * dispatcher for it. Everything is under `lock`; the dispatcher sleeps on its parker:
 *   dispatcher  1 takes a ticket; 2 locks; a task, a free place and no pause: takes both, unlocks,
 *               creates the thread, again from 1; 3 else unlocks and waits with the ticket
 *   thread      1 runs its task and leaves the slot; 2 locks; a task, and no pause: keeps the place,
 *               unlocks, creates the successor, ends; 3 else frees the place
 *   others      change something under the lock and wake the dispatcher
 * A thread that has freed or handed on its place touches nothing of the engine any more: the
 * dispatcher ends, and the engine can be freed, once it has seen under the lock that no place is
 * taken. While the last threads end it is woken under the lock.
 *
 * pthread_create that fails means "wait for a completion": the task goes back to the front of the
 * line, its place is free, and the dispatcher tries again when a thread ends, or after RETRY_NS, since
 * the threads that use up the system's may not be ours.
 *
 * Rejected: stacks of our own (the C library keeps some 40 MiB of them warm, and only it knows when
 * a detached thread has left its own); joinable threads (the join is one more wake-up). */
#include <stdlib.h>

#include "base/clock.h"
#include "engines/common/places.h"
#include "engines/pthread/pthread.h"

#define STACK_BYTES ((size_t)64 * 1024)
#define RETRY_NS    (10 * (uint64_t)PS_NS_PER_MS)

struct per_task {
    struct ps_places places;
    bool has_dispatcher; /* owner's */
    pthread_t dispatcher;
    struct ps_parker parker; /* of the dispatcher */
    bool ending;             /* under the lock */
};

static struct per_task *of(struct ps_places *places)
{
    return (struct per_task *)places;
}

static void wake_dispatcher(struct ps_places *places)
{
    ps_parker_wake(&of(places)->parker);
}

static void *task_main(void *argument);

/* false: the system has no thread for the place now. */
static bool start_thread(struct ps_place *place)
{
    size_t stack = place->owner->base.config.stack_bytes;
    pthread_t thread;
    return ps_thread_create(&thread, stack > 0 ? stack : STACK_BYTES, true, task_main, place) ==
           PS_OK;
}

static void start_successor(struct ps_place *place)
{
    struct ps_places *places = place->owner;
    if (start_thread(place))
        return;
    ps_lock(&places->lock);
    ps_places_put_back(place);
    wake_dispatcher(places);
    ps_unlock(&places->lock);
}

static void *task_main(void *argument)
{
    struct ps_place *place = argument;
    struct ps_places *places = place->owner;
    ps_places_begin(place);
    ps_slot_enter(&place->slot, place);
    ps_slot_run(&place->slot, place->task);
    ps_slot_leave(&place->slot);
    ps_engine_check_done(&places->base);
    ps_lock(&places->lock);
    bool again = ps_places_match_again(place);
    if (!again && of(places)->ending)
        wake_dispatcher(places);
    ps_unlock(&places->lock);
    if (again)
        start_successor(place);
    return NULL;
}

static void *dispatcher_main(void *argument)
{
    struct ps_places *places = argument;
    pthread_setname_np(pthread_self(), "dispatcher");
    for (;;) {
        uint64_t until_ns = PS_NEVER;
        uint32_t ticket = ps_parker_ticket(&of(places)->parker);
        ps_lock(&places->lock);
        struct ps_place *place = ps_places_match(places);
        bool ends = !place && of(places)->ending && places->taken == 0;
        ps_unlock(&places->lock);
        if (ends)
            return NULL;
        if (place && start_thread(place))
            continue;
        if (place) {
            ps_lock(&places->lock);
            ps_places_put_back(place);
            ps_unlock(&places->lock);
            /* The queue may have been discarded while the task was out of it. */
            if (ps_engine_phase(&places->base) >= PS_ENGINE_CANCELLING)
                ps_places_discard(places);
            until_ns = ps_time_add(ps_now_ns(), RETRY_NS);
        }
        ps_engine_check_done(&places->base);
        ps_parker_wait(&of(places)->parker, ticket, until_ns);
    }
}

/* ---- the contract ---- */

static enum ps_err create(const struct ps_engine_config *config, struct ps_engine **engine)
{
    struct per_task *own = aligned_alloc(_Alignof(struct per_task), sizeof *own);
    if (!own)
        return PS_ENOMEM;
    *own = (struct per_task){.has_dispatcher = false};
    enum ps_err err = ps_places_init(&own->places, &ps_engine_pthread, config, wake_dispatcher);
    if (err != PS_OK) {
        free(own);
        return err;
    }
    own->places.workers = config->workers;
    ps_parker_init(&own->parker);
    *engine = &own->places.base;
    return PS_OK;
}

static enum ps_err start(struct ps_engine *engine)
{
    struct per_task *own = of(ps_places_of(engine));
    enum ps_err err = ps_thread_create(&own->dispatcher, 0, false, dispatcher_main, own);
    own->has_dispatcher = err == PS_OK;
    return err;
}

static enum ps_err stop(struct ps_engine *engine, uint64_t deadline_ns)
{
    struct per_task *own = of(ps_places_of(engine));
    enum ps_err err = ps_engine_wait_done(engine, deadline_ns);
    if (err != PS_OK)
        return err;
    ps_lock(&own->places.lock);
    own->ending = true;
    wake_dispatcher(&own->places);
    ps_unlock(&own->places.lock);
    if (own->has_dispatcher)
        pthread_join(own->dispatcher, NULL);
    own->has_dispatcher = false;
    ps_engine_raise(engine, PS_ENGINE_STOPPED);
    return PS_OK;
}

static void destroy(struct ps_engine *engine)
{
    struct per_task *own = of(ps_places_of(engine));
    ps_places_fini(&own->places);
    ps_parker_destroy(&own->parker);
    free(own);
}

const struct ps_pool_ops ps_threads_per_task = {
    .create = create,
    .start = start,
    .submit = ps_places_submit,
    .resize = ps_places_resize,
    .tune = ps_places_tune,
    .close = ps_places_close,
    .stop = stop,
    .destroy = destroy,
    .wait = ps_places_wait,
};
