#include "engines/green/fiber.h"

#include "engines/green/switch.h"
#include "engines/green/turn.h"

void fiber_bind(struct fiber *self, struct ps_task *task)
{
    if (!task)
        __atomic_store_n(&self->task->context, NULL, __ATOMIC_RELEASE);
    self->task = task;
    self->adopted = false;
    /* acquire as in fiber_prepare: tokens of the task before are not this one's. */
    self->tokens = (uint32_t)(atomic_load_explicit(&self->state, memory_order_acquire) >> 32);
    atomic_store_explicit(&self->type, task ? task->stamp.type : UINT32_MAX, memory_order_relaxed);
    if (task)
        __atomic_store_n(&task->context, self, __ATOMIC_RELEASE); /* partner: fiber_of */
}

void fiber_adopt(struct fiber *self)
{
    self->adopted = true;
    /* acq_rel, partner: the exchange in green_unpark. */
    if (atomic_exchange_explicit(&self->task->token, 0, memory_order_acq_rel) != 0)
        self->tokens--;
}

/* Step 4 of the park commit. release: whoever resumes the task comes after its context was saved.
 * acquire on failure: the next look sees what the waker did. */
static bool commit(struct fiber *fiber)
{
    uint64_t seen = fiber->seen;
    return atomic_compare_exchange_strong_explicit(&fiber->state, &seen, seen | FIBER_PARKED,
                                                   memory_order_acq_rel, memory_order_acquire);
}

/* Of a yield: what is queued is as many as before, and need not be shown again. */
static inline void put_back(struct green_worker *worker, struct ps_task *task)
{
    struct own_queue *own = &worker->own;
    own_enter(own);
    bool done = !worker->green->one_queue && own_push(own, task);
    own_leave(own);
    if (__builtin_expect(!done, 0))
        green_put(worker, task, false);
    else
        offer_if_wanted(worker);
}

/* The new context, for the one that was left. Once its task is queued or parked the old fiber may
 * run elsewhere at any moment. */
static inline __attribute__((always_inline)) void settle(struct green_worker *worker)
{
    struct fiber *left = worker->left;
    switch (worker->after) {
    case FIBER_AFTER_PARK:
        if (commit(left))
            worker_show_depth(worker);
        else
            green_put(worker, left->task, false);
        break;
    case FIBER_AFTER_YIELD:
        put_back(worker, left->task);
        break;
    case FIBER_AFTER_YIELD_HIGH:
        green_put(worker, left->task, false);
        break;
    case FIBER_AFTER_SLEEP:
        sleeper_settle(worker, left);
        worker_show_depth(worker);
        break;
    case FIBER_AFTER_FREE:
        stack_put(&worker->green->depot, &worker->pool, left);
        break;
    case FIBER_AFTER_NATIVE:
        break;
    }
}

struct green_worker *fiber_arrive(void)
{
    struct green_worker *worker = ps_self()->worker;
    green_sanitize_arrive(&worker->current->sanitizer, &worker->left->sanitizer);
    settle(worker);
    return worker;
}

struct green_worker *fiber_switch(struct green_worker *worker, struct fiber *to,
                                  enum fiber_after after)
{
    struct fiber *from = worker->current;
    if (__builtin_expect(from->canary != NULL, 0))
        stack_check(from);
    worker->left = from;
    worker->after = after;
    worker->current = to;
    green_sanitize_leave(&from->sanitizer, &to->sanitizer);
    worker = ps_green_switch(&from->context, to->context, worker);
    green_sanitize_arrive(&worker->current->sanitizer, &worker->left->sanitizer);
    settle(worker);
    from->worker = worker;
    return worker;
}

/* acq_rel: release for the condition and, by who wins, for the fiber's other fields; acquire, so
 * that the winner reads task as the parker left it. */
static void wake(struct fiber *fiber, uint64_t count, bool hot)
{
    uint64_t old = atomic_load_explicit(&fiber->state, memory_order_relaxed), now;
    do {
        /* A carry out of the notices would be a token. */
        bool carry = count == FIBER_NOTICE && (uint32_t)(old | FIBER_PARKED) == UINT32_MAX;
        now = carry ? old & ~(uint64_t)UINT32_MAX : (old & ~FIBER_PARKED) + count;
    } while (!atomic_compare_exchange_weak_explicit(&fiber->state, &old, now, memory_order_acq_rel,
                                                    memory_order_relaxed));
    if (old & FIBER_PARKED)
        green_schedule(fiber->green, fiber->task, hot);
}

void fiber_wake(struct fiber *fiber, bool hot)
{
    wake(fiber, FIBER_NOTICE, hot);
}

void fiber_unpark(struct fiber *fiber, bool hot)
{
    wake(fiber, FIBER_TOKEN, hot);
}
