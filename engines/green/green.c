/* Green threads: M tasks with stacks of their own on N workers. The operations of the engine; how
 * it works is told at the top of fiber.h (tasks), idle.h (workers), queue.h, poller.h and stack.h.
 */
#include <limits.h>
#include <stdlib.h>

#include "engines/common/parker.h"
#include "engines/green/green.h"
#include "engines/green/scheduler.h"

#define TRAITS                                                                           \
    (PS_TRAIT_PARKS_TASKS | PS_TRAIT_DIRECT | PS_TRAIT_OFFLOAD | PS_TRAIT_SHARED_QUEUE | \
     PS_TRAIT_PRIORITY)

enum { POLICY_STEAL, POLICY_GLOBAL };

static const struct ps_policy policies[] = {
    [POLICY_STEAL] = {.name = "steal",
                      .title = "a queue a worker, idle workers steal half",
                      .traits = TRAITS | PS_TRAIT_STEALS | PS_TRAIT_WORKER_QUEUE,
                      .heeds = PS_HEEDS_LIMIT | PS_HEEDS_STACK | PS_HEEDS_SLOT,
                      .max_workers = PS_MAX_WORKERS},
    [POLICY_GLOBAL] = {.name = "global",
                       .title = "one queue for all workers",
                       .traits = TRAITS,
                       .heeds = PS_HEEDS_LIMIT | PS_HEEDS_STACK,
                       .max_workers = PS_MAX_WORKERS},
    {.name = NULL},
};

extern const struct ps_engine_ops ps_engine_green;

static struct green *of(struct ps_engine *engine)
{
    return (struct green *)engine;
}

static void free_parts(struct green *green)
{
    for (unsigned i = 0; i < atomic_load(&green->slots); i++)
        worker_free(green->worker[i]);
    poller_destroy(&green->poller);
    offload_destroy(&green->offload);
    stack_depot_destroy(&green->depot);
    sleepers_free(&green->sleepers);
    shared_destroy(&green->shared);
    idle_destroy(&green->idle);
    ps_light_free(&green->light);
    pthread_mutex_destroy(&green->limit.lock);
    ps_engine_fini(&green->base);
    free(green);
}

static enum ps_err create(const struct ps_engine_config *config, struct ps_engine **engine)
{
    struct green *green = aligned_alloc(128, sizeof *green);
    if (!green)
        return PS_ENOMEM;
    *green = (struct green){0};
    enum ps_err err = ps_engine_init(&green->base, &ps_engine_green, config);
    if (err == PS_OK)
        err = stack_depot_init(&green->depot, config->stack_bytes);
    if (err == PS_OK && (err = poller_init(&green->poller)) != PS_OK)
        stack_depot_destroy(&green->depot);
    if (err != PS_OK) {
        free(green);
        return err;
    }
    err = ps_light_init(&green->light, &green->base, &green_light_hooks, &green->idle.word);
    if (err != PS_OK) {
        poller_destroy(&green->poller);
        stack_depot_destroy(&green->depot);
        free(green);
        return err;
    }
    green->base.light = &green->light;
    green->one_queue = green->base.policy == &policies[POLICY_GLOBAL];
    green->light.one_queue = green->one_queue;
    green->no_slot = config->lifo_slot == PS_LIFO_OFF;
    green->biased = own_biased();
    shared_init(&green->shared, &green->base.outside, &green->gate);
    idle_init(&green->idle);
    sleepers_init(&green->sleepers);
    offload_init(&green->offload);
    pthread_mutex_init(&green->limit.lock, NULL);
    atomic_init(&green->limit.most, config->limit);
    atomic_init(&green->stealing, config->stealing && !green->one_queue);
    atomic_init(&green->offloading, config->offload > 0);
    atomic_init(&green->active, config->workers);
    atomic_store(&config->segment->stack_mode, green->depot.guard);
    *engine = &green->base;
    return PS_OK;
}

static void retire_from(struct green *green, unsigned first)
{
    for (unsigned i = atomic_load(&green->slots); i-- > first;)
        worker_retire(green->worker[i]);
}

/* Slots [from, to) run; on failure they retire again. */
static enum ps_err start_workers(struct green *green, unsigned from, unsigned to)
{
    enum ps_err err = PS_OK;
    for (unsigned i = from; i < to && err == PS_OK; i++) {
        struct green_worker *worker = worker_of_slot(green, i);
        err = worker ? worker_start(worker) : PS_ENOMEM;
    }
    if (err != PS_OK)
        retire_from(green, from);
    return err;
}

static void join_all(struct green *green)
{
    retire_from(green, 0);
    for (unsigned i = 0; i < atomic_load(&green->slots); i++)
        worker_join(green->worker[i]);
}

static enum ps_err start(struct ps_engine *engine)
{
    struct green *green = of(engine);
    enum ps_err err = offload_start(&green->offload, engine->config.offload);
    if (err != PS_OK)
        return err;
    err = start_workers(green, 0, engine->config.workers);
    if (err != PS_OK) {
        join_all(green);
        offload_stop(&green->offload);
        return err;
    }
    atomic_store(&green->started, true);
    return PS_OK;
}

static enum ps_err resize(struct ps_engine *engine, unsigned workers)
{
    struct green *green = of(engine);
    unsigned now = atomic_load(&green->active);
    if (atomic_load(&green->started) && workers > now) {
        enum ps_err err = start_workers(green, now, workers);
        if (err != PS_OK)
            return err;
    }
    atomic_store(&green->active, workers);
    atomic_store(&green->light.workers, workers);
    if (atomic_load(&green->started))
        retire_from(green, workers);
    return PS_OK;
}

static void wake_idle(struct green *green)
{
    for (unsigned i = 0; i < atomic_load(&green->slots); i++)
        if (idle_claim_slot(&green->idle, i))
            worker_unpark(green->worker[i]);
}

static void set_gate(struct green *green, bool closed)
{
    uint32_t old = atomic_load(&green->gate);
    while (gate_closed(old) != closed &&
           !atomic_compare_exchange_weak(&green->gate, &old, (old ^ GATE_CLOSED) + GATE_CHANGE))
        ;
    ps_futex_wake(&green->gate, INT_MAX);
}

/* Idle workers are woken, so that they show it. A close that came meanwhile has ended the pause. */
static enum ps_err pause_or_go(struct green *green, bool paused)
{
    if (ps_engine_phase(&green->base) >= PS_ENGINE_DRAINING)
        return paused ? PS_EINVAL : PS_OK;
    set_gate(green, paused);
    if (paused)
        wake_idle(green);
    if (ps_engine_phase(&green->base) >= PS_ENGINE_DRAINING)
        set_gate(green, false);
    return PS_OK;
}

static enum ps_err tune(struct ps_engine *engine, enum ps_knob knob, uint64_t value)
{
    struct green *green = of(engine);
    switch (knob) {
    case PS_KNOB_PAUSED:
        return pause_or_go(green, value != 0);
    case PS_KNOB_STEALING:
        if (green->one_queue)
            return PS_ENOTSUP;
        atomic_store(&green->stealing, value != 0);
        green_notify(green);
        return PS_OK;
    case PS_KNOB_LIMIT:
        atomic_store(&green->limit.most, value);
        admit_all(green);
        return PS_OK;
    case PS_KNOB_OFFLOAD:
        if (engine->config.offload == 0)
            return PS_ENOTSUP;
        atomic_store(&green->offloading, value != 0);
        return PS_OK;
    }
    return PS_EINVAL;
}

/* No worker runs. Any thread. */
static void discard_queue(struct green *green)
{
    struct ps_task *task;
    while ((task = shared_pop(&green->shared, 1).first))
        ps_task_discard(&green->base.outside, task);
}

static void end_wait(struct fiber *fiber)
{
    fiber_wake(fiber, false);
}

/* The phase changes under the lock of submit_from_outside: what was accepted before is counted
 * before, and stop waits for it. */
static void close_engine(struct ps_engine *engine, enum ps_close how)
{
    struct green *green = of(engine);
    pthread_mutex_lock(&green->shared.lock);
    ps_engine_raise(engine, how == PS_CLOSE_DISCARD ? PS_ENGINE_CANCELLING : PS_ENGINE_DRAINING);
    pthread_mutex_unlock(&green->shared.lock);
    if (ps_engine_phase(engine) == PS_ENGINE_CANCELLING) {
        admit_all(green);
        stack_each(&green->depot, end_wait);
        sleepers_each(&green->sleepers, end_wait);
        if (!atomic_load(&green->started))
            discard_queue(green);
    }
    set_gate(green, false);
    wake_idle(green);
}

static enum ps_err stop(struct ps_engine *engine, uint64_t deadline_ns)
{
    struct green *green = of(engine);
    if (!atomic_load(&green->started))
        discard_queue(green);
    enum ps_err err = ps_engine_wait_done(engine, deadline_ns);
    if (err != PS_OK)
        return err;
    join_all(green);
    offload_stop(&green->offload);
    ps_engine_raise(engine, PS_ENGINE_STOPPED);
    return PS_OK;
}

static void destroy(struct ps_engine *engine)
{
    discard_queue(of(engine));
    free_parts(of(engine));
}

static void forget_fd(struct ps_engine *engine, int fd)
{
    poller_forget(&of(engine)->poller, fd);
}

/* acquire, partner worker_of_slot: the record of the slot. */
static uint64_t turns(const struct ps_engine *engine, unsigned slot)
{
    struct green *green = of((struct ps_engine *)engine);
    if (slot >= atomic_load_explicit(&green->slots, memory_order_acquire))
        return 0;
    return atomic_load_explicit(&green->worker[slot]->tick, memory_order_relaxed);
}

static enum ps_err job(struct ps_engine *engine, void (*run)(void *arg), void *arg)
{
    return ps_light_submit(&of(engine)->light, run, arg);
}

enum ps_err ps_green_sleep(struct ps_task *task, uint64_t until_ns)
{
    struct ps_wait wait = {.kind = PS_WAIT_UNTIL, .why = PS_STATE_SLEEP, .until_ns = until_ns};
    bool ours = task->engine->ops == &ps_engine_green && ps_self()->engine == task->engine;
    return ours ? green_sleep(task, &wait) : ps_wait(task, &wait);
}

const struct ps_engine_ops ps_engine_green = {
    .name = "green",
    .title = "green threads: stackful tasks on a few workers",
    .policies = policies,
    .create = create,
    .start = start,
    .submit = green_submit,
    .resize = resize,
    .tune = tune,
    .close = close_engine,
    .stop = stop,
    .destroy = destroy,
    .job = job,
    .wait = green_wait,
    .unpark = green_unpark,
    .forget_fd = forget_fd,
    .turns = turns,
};
