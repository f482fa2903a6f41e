#include "engines/common/stations.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- create ---- */

static unsigned reserved(const struct ps_station_plan *plan)
{
    unsigned sum = 0;
    for (unsigned i = 1; i < plan->stations; i++)
        sum += plan->reserved[i];
    return sum;
}

/* Slots in order: those of station 1, of station 2, ...; then those of station 0. */
static void assign(struct ps_station_pool *pool)
{
    unsigned slot = 0, slots = pool->crew.slots;
    for (unsigned s = 1; s < pool->plan.stations; s++) {
        pool->station[s].workers = pool->plan.reserved[s];
        for (unsigned i = 0; i < pool->plan.reserved[s]; i++)
            pool->worker[slot++].station = &pool->station[s];
    }
    pool->station[0].workers = pool->base.config.workers - slot;
    while (slot < slots)
        pool->worker[slot++].station = &pool->station[0];
}

static enum ps_err make_stations(struct ps_station_pool *pool)
{
    pool->station = calloc(pool->plan.stations, sizeof *pool->station);
    if (!pool->station)
        return PS_ENOMEM;
    for (unsigned i = 0; i < pool->plan.stations; i++) {
        struct ps_station *station = &pool->station[i];
        station->asleep = (struct ps_sleeper){&station->asleep, &station->asleep, false};
        if (ps_queue_init(&station->queue, &pool->base, &pool->depth) != PS_OK)
            return PS_ENOMEM;
        station->queue.high = &pool->high[i];
    }
    return PS_OK;
}

static enum ps_err make_workers(struct ps_station_pool *pool)
{
    size_t bytes = pool->base.config.segment->slots * sizeof *pool->worker;
    pool->worker = aligned_alloc(_Alignof(struct ps_station_worker), bytes);
    if (!pool->worker)
        return PS_ENOMEM;
    memset(pool->worker, 0, bytes);
    for (unsigned i = 0; i < pool->base.config.segment->slots; i++)
        ps_hand_init(&pool->worker[i].hand);
    return PS_OK;
}

static void free_parts(struct ps_station_pool *pool)
{
    for (unsigned i = 0; pool->station && i < pool->plan.stations; i++)
        ps_queue_free(&pool->station[i].queue);
    free(pool->station);
    free(pool->worker);
    ps_engine_fini(&pool->base);
    free(pool);
}

enum ps_err ps_stations_create(const struct ps_engine_ops *ops, const struct ps_station_plan *plan,
                               const struct ps_engine_config *config, struct ps_engine **engine)
{
    struct ps_station_pool *pool = aligned_alloc(_Alignof(struct ps_station_pool), sizeof *pool);
    if (!pool)
        return PS_ENOMEM;
    memset(pool, 0, sizeof *pool);
    enum ps_err err = ps_engine_init(&pool->base, ops, config);
    if (err == PS_OK && config->workers <= reserved(plan))
        err = PS_EINVAL;
    if (err != PS_OK) {
        free(pool);
        return err;
    }
    pool->plan = *plan;
    pool->spins = sysconf(_SC_NPROCESSORS_ONLN) > 1;
    pool->depth.probe = &pool->base.outside;
    if (make_stations(pool) != PS_OK || make_workers(pool) != PS_OK ||
        ps_crew_init(&pool->crew, &pool->base, ps_station_work) != PS_OK) {
        free_parts(pool);
        return PS_ENOMEM;
    }
    assign(pool);
    *engine = &pool->base;
    return PS_OK;
}

/* ---- in ---- */

static struct ps_station *station_of(struct ps_station_pool *pool, const struct ps_task *task)
{
    return &pool->station[pool->plan.of_type[task->stamp.type]];
}

/* A task, or a job if that is NULL. */
static enum ps_err put(struct ps_station_pool *pool, struct ps_station *station,
                       struct ps_task *task, struct ps_job job)
{
    struct ps_station_worker *called = NULL;
    ps_lock(&pool->lock);
    if (station->holders > 0 && ps_queue_full(&station->queue))
        ps_station_recount(pool, station);
    enum ps_err err =
        task ? ps_queue_put_task(&station->queue, task) : ps_queue_put_job(&station->queue, job);
    if (err == PS_OK)
        called = ps_station_call(pool, station);
    ps_unlock(&pool->lock);
    ps_station_wake(pool, called);
    return err;
}

enum ps_err ps_stations_submit(struct ps_engine *engine, struct ps_task *task)
{
    struct ps_station_pool *pool = ps_stations_of(engine);
    if (!ps_task_has_body(task))
        return PS_ENOTSUP;
    return put(pool, station_of(pool, task), task, (struct ps_job){NULL, NULL});
}

enum ps_err ps_stations_job(struct ps_engine *engine, void (*run)(void *arg), void *arg)
{
    struct ps_station_pool *pool = ps_stations_of(engine);
    return put(pool, &pool->station[0], NULL, (struct ps_job){run, arg});
}

/* ---- the rest of the contract ---- */

enum ps_err ps_stations_start(struct ps_engine *engine)
{
    return ps_crew_start(&ps_stations_of(engine)->crew, engine->config.workers);
}

enum ps_err ps_stations_resize(struct ps_engine *engine, unsigned workers)
{
    struct ps_station_pool *pool = ps_stations_of(engine);
    unsigned kept = reserved(&pool->plan);
    if (workers <= kept)
        return PS_EINVAL;
    enum ps_err err = ps_crew_resize(&pool->crew, workers);
    if (err != PS_OK)
        return err;
    ps_lock(&pool->lock);
    pool->station[0].workers = workers - kept;
    ps_unlock(&pool->lock);
    return PS_OK;
}

enum ps_err ps_stations_tune(struct ps_engine *engine, enum ps_knob knob, uint64_t value)
{
    if (knob != PS_KNOB_PAUSED)
        return PS_ENOTSUP;
    if (value > 1)
        return PS_EINVAL;
    ps_crew_pause(&ps_stations_of(engine)->crew, value == 1);
    return PS_OK;
}

static void put_hands_back(struct ps_station_pool *pool)
{
    for (unsigned i = 0; i < pool->crew.slots; i++)
        ps_station_put_back(&pool->worker[i]);
}

/* End what is queued, by the calling thread: the workers may all be stuck. */
static void discard_tasks(struct ps_station_pool *pool)
{
    struct ps_task_list all = {NULL, NULL, 0};
    struct ps_station_worker *called[PS_STATIONS_MAX] = {NULL};
    ps_lock(&pool->lock);
    put_hands_back(pool);
    for (unsigned i = 0; i < pool->plan.stations; i++) {
        struct ps_task_list tasks = ps_queue_take_tasks(&pool->station[i].queue);
        ps_task_list_join(&all, &tasks);
        called[i] = ps_station_call(pool, &pool->station[i]);
    }
    ps_unlock(&pool->lock);
    for (unsigned i = 0; i < pool->plan.stations; i++)
        ps_station_wake(pool, called[i]);
    ps_queue_end_tasks(&pool->base, all);
}

void ps_stations_close(struct ps_engine *engine, enum ps_close how)
{
    struct ps_station_pool *pool = ps_stations_of(engine);
    ps_engine_raise(engine, how == PS_CLOSE_DRAIN ? PS_ENGINE_DRAINING : PS_ENGINE_CANCELLING);
    /* Also makes everybody look at the phase. */
    ps_crew_pause(&pool->crew, false);
    if (how == PS_CLOSE_DISCARD) {
        discard_tasks(pool);
        ps_engine_check_done(engine);
    }
}

enum ps_err ps_stations_stop(struct ps_engine *engine, uint64_t deadline_ns)
{
    enum ps_err err = ps_engine_wait_done(engine, deadline_ns);
    if (err != PS_OK)
        return err;
    ps_crew_retire_all(&ps_stations_of(engine)->crew);
    ps_crew_join_all(&ps_stations_of(engine)->crew);
    ps_engine_raise(engine, PS_ENGINE_STOPPED);
    return PS_OK;
}

void ps_stations_destroy(struct ps_engine *engine)
{
    struct ps_station_pool *pool = ps_stations_of(engine);
    ps_engine_raise(engine, PS_ENGINE_CANCELLING);
    discard_tasks(pool);
    ps_crew_fini(&pool->crew);
    free_parts(pool);
}

/* A worker that is about to wait keeps nothing from others. */
static void give_back(struct ps_station_pool *pool, struct ps_station_worker *self)
{
    ps_lock(&pool->lock);
    ps_station_put_back(self);
    struct ps_station_worker *called = ps_station_call(pool, self->station);
    ps_unlock(&pool->lock);
    ps_station_wake(pool, called);
}

enum ps_err ps_stations_wait(struct ps_task *task, struct ps_wait *wait)
{
    struct ps_crew_worker *crew = ps_self()->worker;
    struct ps_station_pool *pool = ps_stations_of(task->engine);
    struct ps_station_worker *self = &pool->worker[crew->slot.number];
    if (ps_hand_size(&self->hand) > 0)
        give_back(pool, self);
    return ps_slot_wait(&crew->slot, &pool->crew.paused, task, wait);
}
