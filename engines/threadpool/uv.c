/* libuv's own pool, used as a program on libuv uses it: one event loop, and a uv_queue_work for
 * every task. libuv's pool is one a process, its size is read once, and its threads never end; so
 * it is made as large as a worker count may become, and how many tasks are in it at once is limited
 * here. That limit is the worker count, and can change at any time.
 *
 * A task passes: `queue` (under the lock) -> the loop's thread takes it and a free slot,
 * uv_queue_work
 * -> a thread of libuv's is that slot's worker and runs it -> the loop's thread hears of it, frees
 * the slot and takes the next task. Two hand-overs a task, and one mutex of libuv's for all: that
 * is what this policy shows.
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
#include "engines/common/slot.h"
#include "engines/common/task_list.h"
#include "engines/threadpool/threadpool.h"

struct pool;

/* One place of the pool: a slot, and what runs there. */
struct place {
    struct ps_slot slot;
    uv_work_t work;
    struct pool *pool;
    struct ps_task *task; /* NULL: libuv has taken the work and run it */
    bool taken;           /* under the lock */
};

struct pool {
    struct ps_engine base;
    struct place *place; /* one a slot */
    unsigned slots;
    _Atomic uint32_t paused;
    bool has_loop; /* owner's */
    pthread_t thread;
    uv_loop_t loop;
    uv_async_t signal;
    _Alignas(128) pthread_mutex_t lock; /* of the rest */
    struct ps_task_list queue;
    unsigned workers; /* places that may be taken: 0 .. workers - 1 */
    unsigned taken;
    bool signalled;
    bool ending; /* no task is left; the loop ends when no place is taken */
};

static struct pool *of(struct ps_engine *engine)
{
    return (struct pool *)engine;
}

/* ---- under the lock ---- */

static void show_depth(struct pool *pool)
{
    ps_probe_depth(&pool->base.outside, pool->queue.count);
}

/* What a place shows while nothing runs there. It takes a clock reading of its own because no
 * thread begins or ends in it. */
static void show_free(struct pool *pool, struct place *place)
{
    struct ps_probe *probe = &place->slot.probe;
    enum ps_state state = PS_STATE_OFF;
    if (place->slot.number < pool->workers)
        state = atomic_load(&pool->paused) ? PS_STATE_PAUSED : PS_STATE_IDLE;
    if (probe->since_ns == 0)
        probe->since_ns = ps_now_ns();
    ps_probe_state(probe, state, -1);
}

static void show_all_free(struct pool *pool)
{
    for (unsigned i = 0; i < pool->slots; i++)
        if (!pool->place[i].taken)
            show_free(pool, &pool->place[i]);
}

/* A free place, and a task for it; NULL: one of the two is missing. */
static struct place *match(struct pool *pool)
{
    if (atomic_load(&pool->paused) || pool->taken >= pool->workers || pool->queue.count == 0)
        return NULL;
    struct place *place = pool->place;
    while (place->taken)
        place++;
    place->taken = true;
    pool->taken++;
    place->task = ps_task_list_pop(&pool->queue);
    show_depth(pool);
    return place;
}

static void signal_loop(struct pool *pool)
{
    if (!pool->has_loop || pool->signalled)
        return;
    pool->signalled = true;
    uv_async_send(&pool->signal);
}

/* ---- a thread of libuv's ---- */

static void run_place(uv_work_t *work)
{
    struct place *place = work->data;
    struct ps_slot *slot = &place->slot;
    *ps_self() = (struct ps_self){.engine = slot->engine,
                                .probe = &slot->probe,
                                .worker = place,
                                .slot = (int)slot->number};
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
    struct place *place = work->data;
    struct pool *pool = place->pool;
    (void)status;
    if (place->task) /* cancelled before libuv had a thread for it */
        ps_task_discard(&pool->base.outside, place->task);
    place->task = NULL;
    pthread_mutex_lock(&pool->lock);
    place->taken = false;
    pool->taken--;
    show_free(pool, place);
    pthread_mutex_unlock(&pool->lock);
    dispatch(pool);
    ps_engine_check_done(&pool->base);
}

static void dispatch(struct pool *pool)
{
    for (;;) {
        pthread_mutex_lock(&pool->lock);
        struct place *place = match(pool);
        bool ends = !place && pool->ending && pool->taken == 0;
        pthread_mutex_unlock(&pool->lock);
        if (ends && !uv_is_closing((uv_handle_t *)&pool->signal))
            uv_close((uv_handle_t *)&pool->signal, NULL);
        if (!place)
            return;
        ps_engine_room(&pool->base);
        uv_queue_work(&pool->loop, &place->work, run_place, place_done);
    }
}

/* Tasks that libuv has not begun, because others have all its threads, are taken back. */
static void cancel_unbegun(struct pool *pool)
{
    for (unsigned i = 0; i < pool->slots; i++) {
        pthread_mutex_lock(&pool->lock);
        bool taken = pool->place[i].taken;
        pthread_mutex_unlock(&pool->lock);
        if (taken)
            uv_cancel((uv_req_t *)&pool->place[i].work);
    }
}

static void on_signal(uv_async_t *signal)
{
    struct pool *pool = signal->data;
    pthread_mutex_lock(&pool->lock);
    pool->signalled = false;
    pthread_mutex_unlock(&pool->lock);
    if (ps_engine_phase(&pool->base) >= PS_ENGINE_CANCELLING)
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

static enum ps_err make_places(struct pool *pool, unsigned slots)
{
    size_t bytes = slots * sizeof *pool->place;
    pool->place = aligned_alloc(_Alignof(struct place), bytes);
    if (!pool->place)
        return PS_ENOMEM;
    memset(pool->place, 0, bytes);
    pool->slots = slots;
    for (unsigned i = 0; i < slots; i++) {
        ps_slot_init(&pool->place[i].slot, &pool->base, i);
        pool->place[i].pool = pool;
        pool->place[i].work.data = &pool->place[i];
    }
    return PS_OK;
}

static enum ps_err create(const struct ps_engine_config *config, struct ps_engine **engine)
{
    struct pool *pool = aligned_alloc(_Alignof(struct pool), sizeof *pool);
    if (!pool)
        return PS_ENOMEM;
    memset(pool, 0, sizeof *pool);
    enum ps_err err = ps_engine_init(&pool->base, &ps_engine_threadpool, config);
    if (err == PS_OK && (err = make_places(pool, config->segment->slots)) != PS_OK)
        ps_engine_fini(&pool->base);
    if (err != PS_OK) {
        free(pool);
        return err;
    }
    pthread_mutex_init(&pool->lock, NULL);
    size_libuv(pool->base.policy->max_workers);
    *engine = &pool->base;
    return PS_OK;
}

static void close_loop(struct pool *pool)
{
    uv_run(&pool->loop, UV_RUN_DEFAULT);
    uv_loop_close(&pool->loop);
}

static enum ps_err start(struct ps_engine *engine)
{
    struct pool *pool = of(engine);
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
    pthread_mutex_lock(&pool->lock);
    pool->has_loop = true;
    pool->workers = engine->config.workers;
    show_all_free(pool);
    signal_loop(pool);
    pthread_mutex_unlock(&pool->lock);
    return PS_OK;
}

static enum ps_err submit(struct ps_engine *engine, struct ps_task *task)
{
    struct pool *pool = of(engine);
    if (!ps_task_has_body(task))
        return PS_ENOTSUP;
    bool inside = ps_self()->engine == engine;
    bool bounded = !inside || engine->config.on_full == PS_ON_FULL_REFUSE;
    enum ps_err err = PS_OK;
    pthread_mutex_lock(&pool->lock);
    if (!ps_engine_open_for(engine, inside)) {
        err = PS_ECLOSED;
    } else if (bounded && pool->queue.count >= engine->config.queue) {
        err = PS_EFULL;
    } else {
        ps_task_accept(engine, task);
        ps_task_list_push(&pool->queue, task);
        show_depth(pool);
        if (pool->taken < pool->workers && !atomic_load(&pool->paused))
            signal_loop(pool);
    }
    pthread_mutex_unlock(&pool->lock);
    return err;
}

static enum ps_err resize(struct ps_engine *engine, unsigned workers)
{
    struct pool *pool = of(engine);
    pthread_mutex_lock(&pool->lock);
    if (pool->has_loop) {
        pool->workers = workers;
        show_all_free(pool);
        signal_loop(pool);
    }
    pthread_mutex_unlock(&pool->lock);
    return PS_OK;
}

/* Under the lock a pause and a close cannot overtake each other: a close raises the phase first. */
static void set_paused(struct pool *pool, bool paused)
{
    pthread_mutex_lock(&pool->lock);
    atomic_store(&pool->paused, paused && ps_engine_phase(&pool->base) <= PS_ENGINE_RUNNING);
    show_all_free(pool);
    signal_loop(pool);
    pthread_mutex_unlock(&pool->lock);
    for (unsigned i = 0; i < pool->slots; i++)
        ps_parker_wake(&pool->place[i].slot.parker);
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

static void discard_queue(struct pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    struct ps_task_list all = ps_task_list_take(&pool->queue);
    show_depth(pool);
    pthread_mutex_unlock(&pool->lock);
    struct ps_task *task;
    while ((task = ps_task_list_pop(&all)))
        ps_task_discard(ps_engine_probe(&pool->base), task);
}

static void close_uv(struct ps_engine *engine, enum ps_close how)
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
    struct pool *pool = of(engine);
    enum ps_err err = ps_engine_wait_done(engine, deadline_ns);
    if (err != PS_OK)
        return err;
    pthread_mutex_lock(&pool->lock);
    bool had_loop = pool->has_loop;
    pool->ending = true;
    signal_loop(pool);
    pool->has_loop = false;
    pthread_mutex_unlock(&pool->lock);
    if (had_loop) {
        pthread_join(pool->thread, NULL);
        uv_loop_close(&pool->loop);
        pthread_mutex_lock(&pool->lock);
        pool->workers = 0;
        show_all_free(pool);
        pthread_mutex_unlock(&pool->lock);
    }
    ps_engine_raise(engine, PS_ENGINE_STOPPED);
    return PS_OK;
}

static void destroy(struct ps_engine *engine)
{
    struct pool *pool = of(engine);
    ps_engine_raise(engine, PS_ENGINE_CANCELLING);
    discard_queue(pool);
    for (unsigned i = 0; i < pool->slots; i++)
        ps_slot_fini(&pool->place[i].slot);
    free(pool->place);
    pthread_mutex_destroy(&pool->lock);
    ps_engine_fini(engine);
    free(pool);
}

static enum ps_err wait_in_place(struct ps_task *task, struct ps_wait *wait)
{
    struct place *place = ps_self()->worker;
    return ps_slot_wait(&place->slot, &place->pool->paused, task, wait);
}

const struct ps_pool_ops ps_pool_uv = {
    .create = create,
    .start = start,
    .submit = submit,
    .resize = resize,
    .tune = tune,
    .close = close_uv,
    .stop = stop,
    .destroy = destroy,
    .wait = wait_in_place,
};
