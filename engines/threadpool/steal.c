/* The stealing pool: the contract's operations.
 *
 * Closing against submitting. Outside: the phase is read and the task put into `inject` in one
 * critical section, and discarding raises the phase before it takes the lock, so nothing comes in
 * behind it. A worker reads the phase and pushes without a lock: what it pushes behind the sweep it
 * will take from its deque itself, and end as cancelled, or another worker will that it wakes. */
#include "engines/threadpool/steal.h"

#include <stdlib.h>
#include <string.h>

enum {
    CAPACITY = 1024,              /* of a deque; the rest overflows */
    STACK_BYTES = 8 * 1024 * 1024 /* joins that help nest on it */
};

static char charge_mark; /* what task->context of a charged task points to */

static void free_workers(struct ps_steal_pool *pool, unsigned slots)
{
    for (unsigned i = 0; pool->worker && i < slots; i++)
        ps_deque_free(&pool->worker[i].deque);
    free(pool->worker);
}

static enum ps_err make_workers(struct ps_steal_pool *pool, unsigned slots)
{
    size_t bytes = slots * sizeof *pool->worker;
    pool->worker = aligned_alloc(_Alignof(struct ps_steal_worker), bytes);
    if (!pool->worker)
        return PS_ENOMEM;
    memset(pool->worker, 0, bytes);
    for (unsigned i = 0; i < slots; i++) {
        pool->worker[i].rng = ps_rng_make(pool->base.config.seed, i);
        if (ps_deque_init(&pool->worker[i].deque, CAPACITY) != PS_OK)
            return PS_ENOMEM;
    }
    return PS_OK;
}

static void notify(struct ps_engine *engine)
{
    ps_steal_notify(ps_steal_of(engine));
}

static const struct ps_light_hooks light_hooks = {.notify = notify};

static enum ps_err make_parts(struct ps_steal_pool *pool, unsigned slots)
{
    if (make_workers(pool, slots) != PS_OK || ps_idle_init(&pool->idle, slots) != PS_OK) {
        free_workers(pool, slots);
        return PS_ENOMEM;
    }
    if (ps_light_init(&pool->light, &pool->base, &light_hooks, &pool->idle.word) != PS_OK ||
        ps_crew_init(&pool->crew, &pool->base, ps_steal_work) != PS_OK) {
        ps_light_free(&pool->light);
        ps_idle_free(&pool->idle);
        free_workers(pool, slots);
        return PS_ENOMEM;
    }
    return PS_OK;
}

static enum ps_err create(const struct ps_engine_config *config, struct ps_engine **engine)
{
    struct ps_steal_pool *pool = aligned_alloc(_Alignof(struct ps_steal_pool), sizeof *pool);
    if (!pool)
        return PS_ENOMEM;
    memset(pool, 0, sizeof *pool);
    enum ps_err err = ps_engine_init(&pool->base, &ps_engine_threadpool, config);
    if (err != PS_OK) {
        free(pool);
        return err;
    }
    err = make_parts(pool, config->segment->slots);
    if (err != PS_OK) {
        ps_engine_fini(&pool->base);
        free(pool);
        return err;
    }
    pool->base.light = &pool->light;
    pool->crew.stack = STACK_BYTES;
    atomic_init(&pool->stealing, config->stealing);
    atomic_init(&pool->workers, config->workers);
    atomic_init(&pool->span, config->workers);
    pthread_mutex_init(&pool->lock, NULL);
    *engine = &pool->base;
    return PS_OK;
}

static enum ps_err start(struct ps_engine *engine)
{
    return ps_crew_start(&ps_steal_of(engine)->crew, engine->config.workers);
}

/* Whether there is a place in the queue; it is taken then. */
static bool charge(struct ps_steal_pool *pool)
{
    uint64_t charged = atomic_load(&pool->charged);
    do {
        if (charged >= pool->base.config.queue)
            return false;
    } while (!atomic_compare_exchange_weak(&pool->charged, &charged, charged + 1));
    return true;
}

static enum ps_err submit_inside(struct ps_steal_pool *pool, struct ps_task *task)
{
    bool bounded = pool->base.config.on_full == PS_ON_FULL_REFUSE;
    if (!ps_engine_open_for(&pool->base, true))
        return PS_ECLOSED;
    if (bounded && !charge(pool))
        return PS_EFULL;
    task->context = bounded ? &charge_mark : NULL;
    ps_task_accept(&pool->base, task);
    if (__builtin_expect(task->priority == PS_PRIORITY_HIGH, 0)) {
        ps_steal_put_high(pool, task);
        ps_steal_notify(pool);
        return PS_OK;
    }
    ps_steal_keep(pool, (unsigned)ps_self()->slot, task);
    /* Without stealing nobody else could take it; one in `overflow` is worth a look all the same.
     */
    if (ps_steal_enabled(pool) || atomic_load(&pool->shared) > 0)
        ps_steal_notify(pool);
    return PS_OK;
}

static enum ps_err submit_outside(struct ps_steal_pool *pool, struct ps_task *task)
{
    enum ps_err err = PS_OK;
    pthread_mutex_lock(&pool->lock);
    bool charged = charge(pool);
    if (!ps_engine_open_for(&pool->base, false)) {
        err = PS_ECLOSED;
        if (charged)
            atomic_fetch_sub(&pool->charged, 1); /* nobody waits for room any more */
    } else if (!charged) {
        err = PS_EFULL;
    } else {
        task->context = &charge_mark;
        ps_task_accept(&pool->base, task);
        ps_task_list_push(task->priority == PS_PRIORITY_HIGH ? &pool->high : &pool->inject, task);
        ps_steal_shared_changed(pool);
    }
    pthread_mutex_unlock(&pool->lock);
    if (err == PS_OK)
        ps_steal_notify(pool);
    return err;
}

static enum ps_err submit(struct ps_engine *engine, struct ps_task *task)
{
    struct ps_steal_pool *pool = ps_steal_of(engine);
    if (!ps_task_has_body(task))
        return PS_ENOTSUP;
    return ps_self()->engine == engine ? submit_inside(pool, task) : submit_outside(pool, task);
}

static enum ps_err job(struct ps_engine *engine, void (*run)(void *arg), void *arg)
{
    return ps_light_submit(&ps_steal_of(engine)->light, run, arg);
}

static enum ps_err resize(struct ps_engine *engine, unsigned workers)
{
    struct ps_steal_pool *pool = ps_steal_of(engine);
    /* Thieves must see the deques of new workers before these can push. */
    if (workers > atomic_load(&pool->span))
        atomic_store(&pool->span, workers);
    enum ps_err err = ps_crew_resize(&pool->crew, workers);
    if (err == PS_OK) {
        atomic_store(&pool->workers, workers);
        atomic_store(&pool->light.workers, workers);
    }
    return err;
}

static enum ps_err tune(struct ps_engine *engine, enum ps_knob knob, uint64_t value)
{
    struct ps_steal_pool *pool = ps_steal_of(engine);
    if (knob != PS_KNOB_PAUSED && knob != PS_KNOB_STEALING)
        return PS_ENOTSUP;
    if (value > 1)
        return PS_EINVAL;
    if (knob == PS_KNOB_PAUSED) {
        ps_crew_pause(&pool->crew, value == 1);
    } else {
        atomic_store(&pool->stealing, (uint32_t)value);
        ps_crew_wake_all(&pool->crew);
    }
    return PS_OK;
}

static void discard_queues(struct ps_steal_pool *pool)
{
    struct ps_task_list all = ps_steal_sweep(pool);
    struct ps_task *task;
    while ((task = ps_task_list_pop(&all))) {
        ps_steal_uncharge(pool, task);
        ps_task_discard(ps_engine_probe(&pool->base), task);
    }
}

static void close_steal(struct ps_engine *engine, enum ps_close how)
{
    struct ps_steal_pool *pool = ps_steal_of(engine);
    ps_engine_raise(engine, how == PS_CLOSE_DRAIN ? PS_ENGINE_DRAINING : PS_ENGINE_CANCELLING);
    /* Also makes everybody look at the phase. */
    ps_crew_pause(&pool->crew, false);
    if (how == PS_CLOSE_DISCARD) {
        discard_queues(pool);
        ps_engine_check_done(engine);
    }
}

static enum ps_err stop(struct ps_engine *engine, uint64_t deadline_ns)
{
    struct ps_steal_pool *pool = ps_steal_of(engine);
    enum ps_err err = ps_engine_wait_done(engine, deadline_ns);
    if (err != PS_OK)
        return err;
    ps_crew_retire_all(&pool->crew);
    ps_crew_join_all(&pool->crew);
    ps_engine_raise(engine, PS_ENGINE_STOPPED);
    return PS_OK;
}

static void destroy(struct ps_engine *engine)
{
    struct ps_steal_pool *pool = ps_steal_of(engine);
    ps_engine_raise(engine, PS_ENGINE_CANCELLING);
    discard_queues(pool);
    ps_crew_fini(&pool->crew);
    ps_idle_free(&pool->idle);
    ps_light_free(&pool->light);
    free_workers(pool, engine->config.segment->slots);
    pthread_mutex_destroy(&pool->lock);
    ps_engine_fini(engine);
    free(pool);
}

const struct ps_pool_ops ps_pool_steal = {
    .create = create,
    .start = start,
    .submit = submit,
    .resize = resize,
    .tune = tune,
    .close = close_steal,
    .stop = stop,
    .destroy = destroy,
    .job = job,
    .wait = ps_steal_wait,
};
