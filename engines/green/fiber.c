#include "engines/green/fiber.h"

#include "engines/green/scheduler.h"
#include "engines/green/switch.h"

void fiber_bind(struct fiber *self, struct ps_task *task)
{
    if (!task)
        __atomic_store_n(&self->task->context, NULL, __ATOMIC_RELEASE);
    self->task = task;
    atomic_store_explicit(&self->type, task ? task->stamp.type : UINT32_MAX, memory_order_relaxed);
    if (task)
        __atomic_store_n(&task->context, self, __ATOMIC_RELEASE); /* partner: fiber_of */
}

/* acq_rel on every change: a parker acquires what wakers did before, a waker what the parker wrote
 * into its fiber. */
static bool change(struct fiber *fiber, uint32_t from, enum fiber_state to)
{
    return atomic_compare_exchange_strong_explicit(&fiber->state, &from, to, memory_order_acq_rel,
                                                   memory_order_relaxed);
}

static void set(struct fiber *fiber, enum fiber_state to)
{
    atomic_exchange_explicit(&fiber->state, to, memory_order_acq_rel);
}

/* The new context, for the one that was left. Once its task is queued or parked the old fiber may
 * run elsewhere at any moment. */
static void settle(struct green_worker *worker)
{
    struct fiber *left = worker->left;
    switch (worker->after) {
    case FIBER_AFTER_FREE:
        stack_put(&worker->green->depot, &worker->pool, left);
        break;
    case FIBER_AFTER_PARK:
        if (!change(left, FIBER_PARKING, FIBER_PARKED)) {
            set(left, FIBER_READY);
            green_schedule(worker->green, left->task, false);
        }
        break;
    case FIBER_AFTER_YIELD:
        green_schedule(worker->green, left->task, false);
        break;
    case FIBER_AFTER_NATIVE:
        break;
    }
}

void fiber_arrive(void)
{
    struct green_worker *worker = ps_self()->worker;
    green_sanitize_arrive(&worker->current->sanitizer, &worker->left->sanitizer);
    settle(worker);
}

void fiber_switch(struct fiber *to, enum fiber_after after)
{
    struct green_worker *worker = ps_self()->worker;
    struct fiber *from = worker->current;
    stack_check(from);
    worker->left = from;
    worker->after = after;
    worker->current = to;
    green_sanitize_leave(&from->sanitizer, &to->sanitizer);
    ps_green_switch(&from->context, to->context);
    fiber_arrive();
}

void fiber_prepare(struct fiber *self)
{
    set(self, FIBER_PARKING);
}

void fiber_abandon(struct fiber *self)
{
    set(self, FIBER_RUNNING);
}

void fiber_resume(struct fiber *fiber)
{
    set(fiber, FIBER_RUNNING);
}

void fiber_wake(struct fiber *fiber, bool hot)
{
    uint32_t old = atomic_load_explicit(&fiber->state, memory_order_relaxed), now;
    do
        now = old == FIBER_PARKED ? FIBER_READY : old == FIBER_PARKING ? FIBER_NOTIFIED : old;
    while (!atomic_compare_exchange_weak_explicit(&fiber->state, &old, now, memory_order_acq_rel,
                                                  memory_order_relaxed));
    if (old == FIBER_PARKED)
        green_schedule(fiber->green, fiber->task, hot);
}
