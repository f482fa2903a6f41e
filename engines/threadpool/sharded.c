#include "engines/threadpool/sharded.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- create ---- */

/* config.queue, shared out. */
static size_t bound_of(const struct ps_sharded_pool *pool, unsigned slot, unsigned workers)
{
    size_t all = pool->base.config.queue;
    return slot < workers ? all / workers + (slot < all % workers) : 0;
}

static enum ps_err make_shards(struct ps_sharded_pool *pool)
{
    unsigned slots = pool->crew.slots, workers = pool->base.config.workers;
    size_t bytes = slots * sizeof *pool->shard;
    pool->shard = aligned_alloc(_Alignof(struct ps_shard), bytes);
    if (!pool->shard)
        return PS_ENOMEM;
    memset(pool->shard, 0, bytes);
    for (unsigned i = 0; i < slots; i++) {
        struct ps_shard *shard = &pool->shard[i];
        if (ps_queue_init(&shard->queue, &pool->base, &shard->depth) != PS_OK)
            return PS_ENOMEM;
        shard->depth.probe = &pool->crew.worker[i].slot.probe;
        shard->queue.bound = bound_of(pool, i, workers);
        shard->queue.spare = PS_HAND;
        shard->queue.high = &pool->high;
        shard->rng = ps_rng_make(pool->base.config.seed, i);
        ps_hand_init(&shard->hand);
        atomic_init(&shard->closed, i >= workers);
    }
    return PS_OK;
}

static void free_parts(struct ps_sharded_pool *pool)
{
    for (unsigned i = 0; pool->shard && i < pool->crew.slots; i++)
        ps_queue_free(&pool->shard[i].queue);
    free(pool->shard);
    ps_crew_fini(&pool->crew);
    ps_engine_fini(&pool->base);
    free(pool);
}

static enum ps_err create(const struct ps_engine_config *config, struct ps_engine **engine)
{
    struct ps_sharded_pool *pool = aligned_alloc(_Alignof(struct ps_sharded_pool), sizeof *pool);
    if (!pool)
        return PS_ENOMEM;
    memset(pool, 0, sizeof *pool);
    enum ps_err err = ps_engine_init(&pool->base, &ps_engine_threadpool, config);
    if (err != PS_OK) {
        free(pool);
        return err;
    }
    pool->spins = sysconf(_SC_NPROCESSORS_ONLN) > 1;
    atomic_init(&pool->workers, config->workers);
    atomic_init(&pool->stealing, config->stealing);
    if (ps_crew_init(&pool->crew, &pool->base, ps_shard_work) != PS_OK ||
        make_shards(pool) != PS_OK || ps_idle_init(&pool->idle, pool->crew.slots) != PS_OK) {
        free_parts(pool);
        return PS_ENOMEM;
    }
    *engine = &pool->base;
    return PS_OK;
}

/* ---- in ---- */

/* A worker's own, else the thread's. */
static struct ps_rng *rng_of(struct ps_sharded_pool *pool)
{
    static _Thread_local struct ps_rng outside;
    struct ps_self *self = ps_self();
    if (self->engine == &pool->base)
        return &pool->shard[self->slot].rng;
    if (outside.state == 0)
        outside = ps_rng_make(pool->base.config.seed, (uint64_t)(uintptr_t)&outside);
    return &outside;
}

/* The shorter one of two. A hint: the lengths may change at once. */
static unsigned draw(struct ps_sharded_pool *pool)
{
    unsigned workers = atomic_load_explicit(&pool->workers, memory_order_relaxed);
    if (workers == 1)
        return 0;
    struct ps_rng *rng = rng_of(pool);
    unsigned one = ps_rng_below(rng, workers), other = ps_rng_below(rng, workers - 1);
    other += other >= one;
    return atomic_load_explicit(&pool->shard[one].size, memory_order_relaxed) <=
                   atomic_load_explicit(&pool->shard[other].size, memory_order_relaxed)
               ? one
               : other;
}

/* A task, or a job if that is NULL. PS_EAGAIN: the shard is closed. */
static enum ps_err put_into(struct ps_sharded_pool *pool, struct ps_shard *shard,
                            struct ps_task *task, struct ps_job job)
{
    enum ps_err err = PS_EAGAIN;
    bool asleep = false;
    ps_lock(&shard->lock);
    if (!atomic_load_explicit(&shard->closed, memory_order_relaxed)) {
        ps_shard_recount(shard);
        err = task ? ps_queue_put_task(&shard->queue, task) : ps_queue_put_job(&shard->queue, job);
    }
    if (err == PS_OK) {
        ps_shard_changed(pool, shard);
        asleep = shard->asleep;
        shard->asleep = false;
    }
    ps_unlock(&shard->lock);
    if (err == PS_OK)
        ps_shard_notify(pool, shard, asleep);
    return err;
}

static enum ps_err put(struct ps_sharded_pool *pool, struct ps_task *task, struct ps_job job)
{
    unsigned first = draw(pool), slots = pool->crew.slots;
    bool full = false;
    for (unsigned i = 0; i < slots; i++) {
        enum ps_err err = put_into(pool, &pool->shard[(first + i) % slots], task, job);
        if (err != PS_EFULL && err != PS_EAGAIN)
            return err;
        full = full || err == PS_EFULL;
    }
    return full ? PS_EFULL : PS_ECLOSED;
}

static enum ps_err submit(struct ps_engine *engine, struct ps_task *task)
{
    if (!ps_task_has_body(task))
        return PS_ENOTSUP;
    return put(ps_sharded_of(engine), task, (struct ps_job){NULL, NULL});
}

static enum ps_err job(struct ps_engine *engine, void (*run)(void *arg), void *arg)
{
    return put(ps_sharded_of(engine), NULL, (struct ps_job){run, arg});
}

/* ---- resizing ---- */

static void set_shards(struct ps_sharded_pool *pool, unsigned workers, bool open)
{
    bool room = false;
    for (unsigned i = 0; i < pool->crew.slots; i++) {
        struct ps_shard *shard = &pool->shard[i];
        ps_lock(&shard->lock);
        shard->queue.bound = bound_of(pool, i, workers);
        if (open && i < workers)
            ps_shard_close(pool, shard, false);
        room = ps_queue_room(&shard->queue) || room;
        ps_unlock(&shard->lock);
    }
    if (room)
        ps_engine_room(&pool->base);
}

static enum ps_err resize(struct ps_engine *engine, unsigned workers)
{
    struct ps_sharded_pool *pool = ps_sharded_of(engine);
    bool grows = workers > engine->config.workers;
    if (!grows) {
        atomic_store(&pool->workers, workers);
        set_shards(pool, workers, false);
    }
    enum ps_err err = ps_crew_resize(&pool->crew, workers);
    if (err == PS_OK && grows) {
        set_shards(pool, workers, true);
        atomic_store(&pool->workers, workers);
    }
    return err;
}

/* ---- the rest of the contract ---- */

static enum ps_err start(struct ps_engine *engine)
{
    return ps_crew_start(&ps_sharded_of(engine)->crew, engine->config.workers);
}

static enum ps_err tune(struct ps_engine *engine, enum ps_knob knob, uint64_t value)
{
    struct ps_sharded_pool *pool = ps_sharded_of(engine);
    if (knob != PS_KNOB_PAUSED && knob != PS_KNOB_STEALING)
        return PS_ENOTSUP;
    if (value > 1)
        return PS_EINVAL;
    if (knob == PS_KNOB_PAUSED) {
        ps_crew_pause(&pool->crew, value == 1);
        return PS_OK;
    }
    atomic_store(&pool->stealing, (uint32_t)value);
    ps_crew_wake_all(&pool->crew);
    return PS_OK;
}

/* End what is queued, by the calling thread: the workers may all be stuck. */
static void discard_tasks(struct ps_sharded_pool *pool)
{
    for (unsigned i = 0; i < pool->crew.slots; i++) {
        struct ps_shard *shard = &pool->shard[i];
        ps_lock(&shard->lock);
        ps_shard_put_back(shard);
        struct ps_task_list tasks = ps_queue_take_tasks(&shard->queue);
        ps_shard_changed(pool, shard);
        ps_unlock(&shard->lock);
        ps_queue_end_tasks(&pool->base, tasks);
    }
}

static void close_sharded(struct ps_engine *engine, enum ps_close how)
{
    struct ps_sharded_pool *pool = ps_sharded_of(engine);
    ps_engine_raise(engine, how == PS_CLOSE_DRAIN ? PS_ENGINE_DRAINING : PS_ENGINE_CANCELLING);
    if (how == PS_CLOSE_DISCARD)
        discard_tasks(pool);
    /* Also makes everybody look at the phase, and at the jobs that were put back. */
    ps_crew_pause(&pool->crew, false);
    if (how == PS_CLOSE_DISCARD)
        ps_engine_check_done(engine);
}

static enum ps_err stop(struct ps_engine *engine, uint64_t deadline_ns)
{
    struct ps_sharded_pool *pool = ps_sharded_of(engine);
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
    struct ps_sharded_pool *pool = ps_sharded_of(engine);
    ps_engine_raise(engine, PS_ENGINE_CANCELLING);
    discard_tasks(pool);
    ps_idle_free(&pool->idle);
    free_parts(pool);
}

/* A worker that is about to wait keeps nothing from others. */
static void give_back(struct ps_sharded_pool *pool, struct ps_shard *own)
{
    ps_lock(&own->lock);
    ps_shard_put_back(own);
    ps_shard_changed(pool, own);
    ps_unlock(&own->lock);
    ps_shard_notify(pool, own, false);
}

static enum ps_err wait_in_place(struct ps_task *task, struct ps_wait *wait)
{
    struct ps_crew_worker *crew = ps_self()->worker;
    struct ps_sharded_pool *pool = ps_sharded_of(task->engine);
    struct ps_shard *own = &pool->shard[crew->slot.number];
    if (ps_hand_size(&own->hand) > 0)
        give_back(pool, own);
    return ps_slot_wait(&crew->slot, &pool->crew.paused, task, wait);
}

const struct ps_pool_ops ps_pool_sharded = {
    .create = create,
    .start = start,
    .submit = submit,
    .job = job,
    .resize = resize,
    .tune = tune,
    .close = close_sharded,
    .stop = stop,
    .destroy = destroy,
    .wait = wait_in_place,
};
