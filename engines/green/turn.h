/* A worker's turn: the part of scheduling that every wait and every yield goes through. Inline, for it
 * is a few nanoseconds long. Private to green. */
#ifndef PS_ENGINES_GREEN_TURN_H
#define PS_ENGINES_GREEN_TURN_H

#include "engines/green/scheduler.h"

enum { HOT_TURNS = 3 };

/* The owner's step 5 of own.h. */
static inline void offer_if_wanted(struct green_worker *worker)
{
    if (__builtin_expect(atomic_load(&worker->green->idle.word) != 0, 0) &&
        own_waiting(&worker->own) > 0)
        worker_offer(worker);
}

/* What the next three tasks of the ring need first, a step of the chain task, fiber, stack each: what
 * is not in the nearest cache comes while this task runs. Inside. */
static inline void prefetch_tasks(const struct own_queue *own)
{
    if (own->tail - own->head < 3)
        return;
    __builtin_prefetch(own->slot[(own->head + 2) & own->mask]);
    const struct fiber *second = fiber_of(own->slot[(own->head + 1) & own->mask]);
    if (second)
        __builtin_prefetch(second);
    const struct fiber *first = fiber_of(own->slot[own->head & own->mask]);
    if (first) {
        __builtin_prefetch(first->context);
        __builtin_prefetch((const char *)first->context + 64);
        __builtin_prefetch((const char *)first->context + 128);
    }
}

/* The fiber to switch to for a task; NULL: it has not begun. The task's resumer. */
static inline struct fiber *fiber_to_resume(const struct ps_task *task)
{
    struct fiber *fiber = fiber_of(task);
    return fiber && __builtin_expect(fiber->stackless, 0) ? sleeper_rouse(fiber) : fiber;
}

/* The next task of the worker's own queue; NULL: there is none. */
static inline struct ps_task *take_own(struct green_worker *worker)
{
    struct own_queue *own = &worker->own;
    own_enter(own);
    struct ps_task *task = own_hot(own);
    if (task && (worker->hot_turns < HOT_TURNS || own->head == own->tail)) {
        own_swap_hot(own, NULL);
        worker->hot_turns++;
    } else {
        task = own_pop(own);
        prefetch_tasks(own);
        worker->hot_turns = 0;
    }
    own_leave(own);
    if (__builtin_expect(!task, 0))
        return worker_keep(worker, own_take_offer(own));
    offer_if_wanted(worker);
    return task;
}

static inline void count_turn(struct green_worker *worker)
{
    uint64_t tick = atomic_load_explicit(&worker->tick, memory_order_relaxed) + 1;
    atomic_store_explicit(&worker->tick, tick, memory_order_relaxed);
}

/* Whether the worker has to go through its loop: orders, it is time to look, or somebody is to be
 * preferred. */
static inline bool loop_is_due(struct green_worker *worker)
{
    return worker->until_look <= 1 ||
           (atomic_load(&worker->green->gate) & (GATE_CLOSED | GATE_HIGH)) != 0 ||
           atomic_load(&worker->life) != WORKER_RUN;
}

/* Whether nothing waits for a turn that the running task would give away: it may go on. Counts one. */
static inline bool worker_is_alone(struct green_worker *worker)
{
    if (loop_is_due(worker) || shared_size(&worker->green->shared) > 0 ||
        own_depth(&worker->own) > 0 || green_light_visible(worker))
        return false;
    worker->until_look--;
    count_turn(worker);
    return true;
}

/* The fiber to switch to when the running one gives its worker free: that of the next task, or a
 * free one. NULL: no memory for a stack. */
static inline struct fiber *worker_next(struct green_worker *worker)
{
    struct ps_task *task = NULL;
    if (__builtin_expect(!loop_is_due(worker), 1) && (task = take_own(worker))) {
        worker->until_look--;
        count_turn(worker);
        struct fiber *fiber = fiber_to_resume(task);
        if (fiber)
            return fiber;
    }
    return worker_free_fiber(worker, task);
}

/* The worker's state while the task of the running fiber runs. */
static inline void worker_show_run(struct green_worker *worker, struct fiber *self)
{
    int type = (int)atomic_load_explicit(&self->type, memory_order_relaxed);
    if (__builtin_expect(worker->probe.state != PS_STATE_RUN || worker->probe.type != type, 0))
        ps_probe_state(&worker->probe, PS_STATE_RUN, type);
}

#endif
