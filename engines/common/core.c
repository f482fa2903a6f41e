/* The base of every engine.
 *
 * Protocol `room` (event count). Submitter: room_waiters += 1 (seq_cst); seq = room_seq; try again;
 * still full: futex-wait(room_seq, seq). Worker: frees a place by an RMW or under the queue's lock;
 * then loads room_waiters (seq_cst); not 0: room_seq += 1, wake all. Either the worker's load sees
 * the waiter, or the waiter's second try comes after the place was freed and sees it.
 *
 * Protocol `done`.
 *   ender   counts `ended` (release); RMW on phase: not closing: done. done_seq += 1 (seq_cst RMW);
 *           reads the cells; nothing alive: wakes
 *   stop    close has raised phase (RMW); seq = done_seq; reads the cells; some alive:
 *           futex-wait(done_seq, seq)
 * RMWs on one word are ordered. Phase: either the ender sees the closing, or stop sees its count; a
 * plain load of phase may be done before the store of `ended` is visible, and then neither does.
 * done_seq: of two last enders the later one sees the earlier one's count. */
#include "engines/common/core.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "engines/common/light.h"
#include "engines/common/parker.h"
#include "engines/common/starve_watch.h"

static _Thread_local struct ps_self self_of_thread = {.slot = -1};

__attribute__((noinline)) struct ps_self *ps_self(void)
{
    struct ps_self *self = &self_of_thread;
    __asm__ volatile("" : "+r"(self));
    return self;
}

int ps_worker_self(void)
{
    return ps_self()->slot;
}

struct ps_probe *ps_engine_probe(struct ps_engine *engine)
{
    struct ps_self *self = ps_self();
    return self->engine == engine ? self->probe : &engine->outside;
}

enum ps_err ps_engine_init(struct ps_engine *engine, const struct ps_engine_ops *ops,
                           const struct ps_engine_config *config)
{
    const struct ps_policy *policy = config->policy ? config->policy : &ops->policies[0];
    bool own = false;
    for (const struct ps_policy *p = ops->policies; p->name; p++)
        own = own || p == policy;
    if (!own || !config->segment || config->queue < 1 || config->workers < 1 ||
        config->workers > policy->max_workers || config->workers > config->segment->slots)
        return PS_EINVAL;
    memset(engine, 0, sizeof *engine);
    engine->ops = ops;
    engine->policy = policy;
    engine->config = *config;
    engine->config.policy = policy;
    pthread_mutex_init(&engine->outside_lock, NULL);
    ps_probe_bind(&engine->outside, config->segment, config->segment->slots);
    return PS_OK;
}

bool ps_engine_raise(struct ps_engine *engine, enum ps_engine_phase phase)
{
    uint32_t old = atomic_load(&engine->phase);
    while (old < (uint32_t)phase)
        if (atomic_compare_exchange_weak(&engine->phase, &old, (uint32_t)phase))
            return true;
    return false;
}

void ps_engine_room(struct ps_engine *engine)
{
    if (atomic_load(&engine->room_waiters) == 0)
        return;
    atomic_fetch_add(&engine->room_seq, 1);
    ps_futex_wake(&engine->room_seq, INT_MAX);
}

uint64_t ps_engine_live(const struct ps_engine *engine)
{
    struct ps_segment *segment = engine->config.segment;
    uint64_t ended = 0, submitted = 0;
    for (unsigned slot = 0; slot <= segment->slots; slot++) {
        struct ps_cell *cell = ps_segment_cell(segment, slot);
        for (unsigned i = 0; i < PS_OUTCOME_COUNT; i++)
            ended += atomic_load_explicit(&cell->ended[i], memory_order_acquire);
        ended += atomic_load_explicit(&cell->jobs_ended, memory_order_acquire) +
                 atomic_load_explicit(&cell->servers_ended, memory_order_acquire);
    }
    for (unsigned slot = 0; slot <= segment->slots; slot++) {
        struct ps_cell *cell = ps_segment_cell(segment, slot);
        submitted += atomic_load_explicit(&cell->submitted, memory_order_acquire) +
                     atomic_load_explicit(&cell->jobs_submitted, memory_order_acquire) +
                     atomic_load_explicit(&cell->servers_submitted, memory_order_acquire);
    }
    return submitted - ended;
}

void ps_engine_check_done(struct ps_engine *engine)
{
    if (atomic_fetch_or(&engine->phase, 0) < PS_ENGINE_DRAINING)
        return;
    atomic_fetch_add(&engine->done_seq, 1);
    if (ps_engine_live(engine) == 0)
        ps_futex_wake(&engine->done_seq, INT_MAX);
}

enum ps_err ps_engine_wait_done(struct ps_engine *engine, uint64_t deadline_ns)
{
    for (;;) {
        uint32_t seq = atomic_load(&engine->done_seq);
        if (ps_engine_live(engine) == 0)
            return PS_OK;
        if (!ps_futex_wait(&engine->done_seq, seq, deadline_ns))
            return ps_engine_live(engine) == 0 ? PS_OK : PS_ETIMEDOUT;
    }
}

/* Parkers of outside threads that run tasks: they stay with the engine, since a waker may still
 * hold one when its task has ended. */
struct ps_outside_parker {
    struct ps_parker parker;
    struct ps_outside_parker *next;
    bool busy; /* under outside_lock */
};

static struct ps_outside_parker *outside_parker_take(struct ps_engine *engine)
{
    pthread_mutex_lock(&engine->outside_lock);
    struct ps_outside_parker *p = engine->outside_parkers;
    while (p && p->busy)
        p = p->next;
    if (!p && (p = calloc(1, sizeof *p))) {
        ps_parker_init(&p->parker);
        p->next = engine->outside_parkers;
        engine->outside_parkers = p;
    }
    if (p)
        p->busy = true;
    pthread_mutex_unlock(&engine->outside_lock);
    return p;
}

static void outside_parker_put(struct ps_engine *engine, struct ps_outside_parker *p)
{
    pthread_mutex_lock(&engine->outside_lock);
    p->busy = false;
    pthread_mutex_unlock(&engine->outside_lock);
}

/* The phase was raised before: a task that begins to wait on a thread of its caller after this sees it. */
static void wake_outside(struct ps_engine *engine)
{
    pthread_mutex_lock(&engine->outside_lock);
    for (struct ps_outside_parker *p = engine->outside_parkers; p; p = p->next)
        ps_parker_wake(&p->parker);
    pthread_mutex_unlock(&engine->outside_lock);
}

static enum ps_err run_here(struct ps_engine *engine, struct ps_task *task)
{
    struct ps_outside_parker *own = outside_parker_take(engine);
    if (!own)
        return PS_ENOMEM;
    ps_task_accept(engine, task);
    if (ps_task_begin(&engine->outside, task)) {
        atomic_store(&task->parker, &own->parker);
        ps_task_run(task);
        ps_task_finish(&engine->outside, task);
    }
    outside_parker_put(engine, own);
    ps_engine_check_done(engine);
    return PS_OK;
}

/* A task or a job that has found the queue full. */
struct offer {
    struct ps_task *task;
    void (*run)(void *arg);
    void *arg;
};

static enum ps_err offer_until(struct ps_engine *engine, const struct offer *offer,
                               uint64_t deadline_ns)
{
    bool in_time = true;
    enum ps_err err;
    atomic_fetch_add(&engine->room_waiters, 1);
    for (;;) {
        uint32_t seq = atomic_load(&engine->room_seq);
        err = offer->task ? engine->ops->submit(engine, offer->task)
                          : engine->ops->job(engine, offer->run, offer->arg);
        if (err != PS_EFULL)
            break;
        if (!in_time) {
            err = PS_ETIMEDOUT;
            break;
        }
        in_time = ps_futex_wait(&engine->room_seq, seq, deadline_ns);
    }
    atomic_fetch_sub(&engine->room_waiters, 1);
    return err;
}

enum ps_err ps_submit(struct ps_engine *engine, struct ps_task *task, uint64_t deadline_ns)
{
    return ps_submit_or(engine, task, engine->config.on_full, deadline_ns);
}

enum ps_err ps_submit_or(struct ps_engine *engine, struct ps_task *task, enum ps_on_full on_full,
                         uint64_t deadline_ns)
{
    enum ps_err err = engine->ops->submit(engine, task);
    if (err != PS_EFULL)
        return err;
    bool worker = ps_self()->engine == engine;
    if (on_full == PS_ON_FULL_CALLER_RUNS && !worker)
        return run_here(engine, task);
    if (on_full == PS_ON_FULL_REFUSE || worker) {
        ps_probe_refused(ps_engine_probe(engine), &task->stamp);
        return PS_EFULL;
    }
    struct offer offer = {task, NULL, NULL};
    return offer_until(engine, &offer, deadline_ns);
}

enum ps_err ps_job(struct ps_engine *engine, void (*run)(void *arg), void *arg)
{
    if (!engine->ops->job)
        return PS_ENOTSUP;
    enum ps_err err = engine->light ? ps_light_submit(engine->light, run, arg)
                                    : engine->ops->job(engine, run, arg);
    if (err != PS_EFULL || ps_self()->engine == engine ||
        engine->config.on_full == PS_ON_FULL_REFUSE)
        return err;
    if (engine->config.on_full == PS_ON_FULL_CALLER_RUNS) {
        ps_probe_job_submitted(&engine->outside);
        run(arg);
        ps_probe_jobs_ended(&engine->outside, 1);
        ps_engine_check_done(engine);
        return PS_OK;
    }
    struct offer offer = {NULL, run, arg};
    return offer_until(engine, &offer, PS_NEVER);
}

enum ps_err ps_engine_create(const struct ps_engine_ops *ops, const struct ps_engine_config *config,
                             struct ps_engine **engine)
{
    return ops->create(config, engine);
}

enum ps_err ps_engine_start(struct ps_engine *engine)
{
    enum ps_err err = engine->ops->start(engine);
    if (err == PS_OK) {
        ps_engine_raise(engine, PS_ENGINE_RUNNING);
        ps_starve_watch(engine);
    }
    return err;
}

enum ps_err ps_engine_resize(struct ps_engine *engine, unsigned workers)
{
    if (workers < 1 || workers > engine->policy->max_workers ||
        workers > engine->config.segment->slots)
        return PS_EINVAL;
    if (engine->policy->fixed)
        return PS_ENOTSUP;
    if (workers == engine->config.workers)
        return PS_OK;
    enum ps_err err = engine->ops->resize(engine, workers);
    if (err == PS_OK)
        engine->config.workers = workers;
    return err;
}

enum ps_err ps_engine_tune(struct ps_engine *engine, enum ps_knob knob, uint64_t value)
{
    enum ps_err err = engine->ops->tune(engine, knob, value);
    if (err == PS_OK)
        ps_starve_tuned(engine, knob, value);
    return err;
}

void ps_engine_close(struct ps_engine *engine, enum ps_close how)
{
    engine->ops->close(engine, how);
    ps_starve_tuned(engine, PS_KNOB_PAUSED, 0);
    wake_outside(engine);
    /* Submitters that wait for room must learn that there will be none. */
    atomic_fetch_add(&engine->room_seq, 1);
    ps_futex_wake(&engine->room_seq, INT_MAX);
}

enum ps_err ps_engine_stop(struct ps_engine *engine, uint64_t deadline_ns)
{
    return engine->ops->stop(engine, deadline_ns);
}

void ps_engine_fini(struct ps_engine *engine)
{
    struct ps_outside_parker *p;
    while ((p = engine->outside_parkers)) {
        engine->outside_parkers = p->next;
        ps_parker_destroy(&p->parker);
        free(p);
    }
    pthread_mutex_destroy(&engine->outside_lock);
}

void ps_engine_destroy(struct ps_engine *engine)
{
    ps_starve_unwatch(engine);
    engine->ops->destroy(engine);
}

bool ps_engine_idle(const struct ps_engine *engine)
{
    return ps_engine_live(engine) == 0;
}

void ps_engine_forget_fd(struct ps_engine *engine, int fd)
{
    if (engine->ops->forget_fd)
        engine->ops->forget_fd(engine, fd);
}
