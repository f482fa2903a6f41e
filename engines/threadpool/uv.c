/* libuv's own pool, used as a program on libuv uses it: one event loop, and a uv_queue_work for
 * every task. libuv's pool is one a process, its size is read once, and its threads never end; so
 * it is made as large as a worker count may become, and how many tasks are in it at once is limited
 * here. That limit is the worker count, and can change at any time.
 *
 * A task's way: 1 `queue`, under the lock; 2 the loop's thread takes it and a free place, and calls
 * uv_queue_work; 3 a thread of libuv's is that place's worker and runs it; 4 the loop's thread hears
 * of it, frees the place and takes the next task. Two hand-overs a task, and one mutex of libuv's for
 * all: that is what this policy shows.
 *
 * Who writes a slot: whoever has taken it out of the free ones, which happens under the lock;
 * libuv's mutex orders the loop's thread and the pool's. Kernel threads come and go between slots,
 * so no slot has a thread id, and what the system says about threads is not shown for this policy.
 *
 * Protocol `signalled` (under the lock). Somebody who changes what the loop's thread looks at sets
 * it and, if it was not set, sends the uv_async; the loop's thread clears it and then looks. libuv
 * keeps a send from before the look pending. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "base/clock.h"
#include "engines/common/places.h"
#include "engines/threadpool/threadpool.h"

struct pool {
    struct ps_places places;
    uv_work_t *work; /* one a place */
    bool has_loop;   /* owner's; changed under the lock */
    pthread_t thread;
    uv_loop_t loop;
    uv_async_t signal;
    /* Under the lock. */
    unsigned shown_workers; /* what the free places show */
    uint32_t shown_paused;
    bool signalled;
    bool ending; /* no task is left; the loop ends when no place is taken */
};

static struct pool *of(struct ps_places *places)
{
    return (struct pool *)places;
}

/* ---- under the lock ---- */

/* What a place shows while nothing runs there. It takes a clock reading of its own because no
 * thread begins or ends in it. */
static void show_free(struct ps_place *place)
{
    struct ps_places *places = place->owner;
    struct ps_probe *probe = &place->slot.probe;
    enum ps_state state = PS_STATE_OFF;
    if (place->slot.number < places->workers)
        state = atomic_load(&places->paused) ? PS_STATE_PAUSED : PS_STATE_IDLE;
    if (probe->since_ns == 0)
        probe->since_ns = ps_now_ns();
    ps_probe_state(probe, state, -1);
}

static void show_all_free(struct pool *pool)
{
    struct ps_places *places = &pool->places;
    uint32_t paused = atomic_load(&places->paused);
    if (pool->shown_workers == places->workers && pool->shown_paused == paused)
        return;
    pool->shown_workers = places->workers;
    pool->shown_paused = paused;
    for (unsigned i = 0; i < places->slots; i++)
        if (!places->place[i].taken)
            show_free(&places->place[i]);
}

static void changed(struct ps_places *places)
{
    struct pool *pool = of(places);
    show_all_free(pool);
    if (!pool->has_loop || pool->signalled)
        return;
    pool->signalled = true;
    uv_async_send(&pool->signal);
}

/* ---- a thread of libuv's ---- */

static void run_place(uv_work_t *work)
{
    struct ps_place *place = work->data;
    struct ps_slot *slot = &place->slot;
    ps_places_begin(place);
    *ps_self() = (struct ps_self){
        .engine = slot->engine, .probe = &slot->probe, .worker = place, .slot = (int)slot->number};
    ps_altstack_begin(&slot->altstack);
    ps_slot_run(slot, place->task);
    place->task = NULL;
    ps_probe_state(&slot->probe, PS_STATE_IDLE, -1);
    ps_altstack_end(&slot->altstack);
    *ps_self() = (struct ps_self){.slot = -1};
}

/* ---- the loop's thread ---- */

static void dispatch(struct pool *pool);

static void place_done(uv_work_t *work, int status)
{
    struct ps_place *place = work->data;
    struct ps_places *places = place->owner;
    (void)status;
    if (place->task) /* cancelled before libuv had a thread for it */
        ps_task_discard(&places->base.outside, place->task);
    place->task = NULL;
    ps_lock(&places->lock);
    ps_places_free(place);
    show_free(place);
    ps_unlock(&places->lock);
    dispatch(of(places));
    ps_engine_check_done(&places->base);
}

static void dispatch(struct pool *pool)
{
    struct ps_places *places = &pool->places;
    for (;;) {
        ps_lock(&places->lock);
        struct ps_place *place = ps_places_match(places);
        bool ends = !place && pool->ending && places->taken == 0;
        ps_unlock(&places->lock);
        if (ends && !uv_is_closing((uv_handle_t *)&pool->signal))
            uv_close((uv_handle_t *)&pool->signal, NULL);
        if (!place)
            return;
        uv_queue_work(&pool->loop, &pool->work[place->slot.number], run_place, place_done);
    }
}

/* Tasks that libuv has not begun, because others have all its threads, are taken back. */
static void cancel_unbegun(struct pool *pool)
{
    for (unsigned i = 0; i < pool->places.slots; i++) {
        ps_lock(&pool->places.lock);
        bool taken = pool->places.place[i].taken;
        ps_unlock(&pool->places.lock);
        if (taken)
            uv_cancel((uv_req_t *)&pool->work[i]);
    }
}

static void on_signal(uv_async_t *signal)
{
    struct pool *pool = signal->data;
    ps_lock(&pool->places.lock);
    pool->signalled = false;
    ps_unlock(&pool->places.lock);
    if (ps_engine_phase(&pool->places.base) >= PS_ENGINE_CANCELLING)
        cancel_unbegun(pool);
    dispatch(pool);
}

static void *loop_main(void *argument)
{
    struct pool *pool = argument;
    pthread_setname_np(pthread_self(), "uv-loop");
    uv_run(&pool->loop, UV_RUN_DEFAULT);
    return NULL;
}

/* ---- the contract ---- */

/* libuv reads it at its first work of the process; a program that used libuv's pool before has set
 * the size already, and then at most so many tasks run at once. */
static void size_libuv(unsigned threads)
{
    static _Atomic uint32_t done;
    char text[16];
    if (atomic_exchange(&done, 1) == 0) {
        snprintf(text, sizeof text, "%u", threads);
        setenv("UV_THREADPOOL_SIZE", text, 1);
    }
}

static enum ps_err make_work(struct pool *pool)
{
    pool->work = calloc(pool->places.slots, sizeof *pool->work);
    if (!pool->work)
        return PS_ENOMEM;
    for (unsigned i = 0; i < pool->places.slots; i++)
        pool->work[i].data = &pool->places.place[i];
    return PS_OK;
}

static enum ps_err create(const struct ps_engine_config *config, struct ps_engine **engine)
{
    struct pool *pool = aligned_alloc(_Alignof(struct pool), sizeof *pool);
    if (!pool)
        return PS_ENOMEM;
    memset(pool, 0, sizeof *pool);
    enum ps_err err = ps_places_init(&pool->places, &ps_engine_threadpool, config, changed);
    if (err == PS_OK && (err = make_work(pool)) != PS_OK)
        ps_places_fini(&pool->places);
    if (err != PS_OK) {
        free(pool);
        return err;
    }
    size_libuv(pool->places.base.policy->max_workers);
    *engine = &pool->places.base;
    return PS_OK;
}

static void close_loop(struct pool *pool)
{
    uv_run(&pool->loop, UV_RUN_DEFAULT);
    uv_loop_close(&pool->loop);
}

static enum ps_err start(struct ps_engine *engine)
{
    struct ps_places *places = ps_places_of(engine);
    struct pool *pool = of(places);
    int error = uv_loop_init(&pool->loop);
    if (error != 0)
        return error == UV_ENOMEM ? PS_ENOMEM : PS_ELIMIT;
    if (uv_async_init(&pool->loop, &pool->signal, on_signal) != 0) {
        uv_loop_close(&pool->loop);
        return PS_ELIMIT;
    }
    pool->signal.data = pool;
    enum ps_err err = ps_thread_create(&pool->thread, 0, false, loop_main, pool);
    if (err != PS_OK) {
        uv_close((uv_handle_t *)&pool->signal, NULL);
        close_loop(pool);
        return err;
    }
    ps_lock(&places->lock);
    pool->has_loop = true;
    places->workers = engine->config.workers;
    changed(places);
    ps_unlock(&places->lock);
    return PS_OK;
}

static enum ps_err resize(struct ps_engine *engine, unsigned workers)
{
    return of(ps_places_of(engine))->has_loop ? ps_places_resize(engine, workers) : PS_OK;
}

static void join_loop(struct pool *pool)
{
    struct ps_places *places = &pool->places;
    pthread_join(pool->thread, NULL);
    uv_loop_close(&pool->loop);
    ps_lock(&places->lock);
    places->workers = 0;
    changed(places);
    ps_unlock(&places->lock);
}

static enum ps_err stop(struct ps_engine *engine, uint64_t deadline_ns)
{
    struct ps_places *places = ps_places_of(engine);
    struct pool *pool = of(places);
    enum ps_err err = ps_engine_wait_done(engine, deadline_ns);
    if (err != PS_OK)
        return err;
    ps_lock(&places->lock);
    bool had_loop = pool->has_loop;
    pool->ending = true;
    changed(places);
    pool->has_loop = false;
    ps_unlock(&places->lock);
    if (had_loop)
        join_loop(pool);
    ps_engine_raise(engine, PS_ENGINE_STOPPED);
    return PS_OK;
}

static void destroy(struct ps_engine *engine)
{
    struct pool *pool = of(ps_places_of(engine));
    ps_places_fini(&pool->places);
    free(pool->work);
    free(pool);
}

const struct ps_pool_ops ps_pool_uv = {
    .create = create,
    .start = start,
    .submit = ps_places_submit,
    .resize = resize,
    .tune = ps_places_tune,
    .close = ps_places_close,
    .stop = stop,
    .destroy = destroy,
    .wait = ps_places_wait,
};
