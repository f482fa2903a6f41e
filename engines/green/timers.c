#include "base/clock.h"
#include "engines/green/scheduler.h"

enum { BATCH = 32 };

/* Under the slot's timer lock. */
static void publish_next(struct green_worker *slot)
{
    atomic_store(&slot->timer_next, ps_timers_next(&slot->timers)); /* partner: timers_earliest */
}

enum ps_err timer_set(struct green_worker *worker, struct fiber *fiber, uint64_t when_ns)
{
    pthread_mutex_lock(&worker->timer_lock);
    enum ps_err err = ps_timers_add(&worker->timers, &fiber->timer, when_ns);
    if (err == PS_OK) {
        fiber->timer_home = worker;
        atomic_store_explicit(&fiber->timer_armed, 1, memory_order_relaxed);
        publish_next(worker);
    }
    pthread_mutex_unlock(&worker->timer_lock);
    struct poller *poller = &worker->green->poller;
    if (err == PS_OK && when_ns < atomic_load(&poller->until))
        poller_kick(poller);
    return err;
}

bool timer_clear(struct fiber *fiber)
{
    if (!atomic_load_explicit(&fiber->timer_armed, memory_order_acquire))
        return true;
    struct green_worker *home = fiber->timer_home;
    pthread_mutex_lock(&home->timer_lock);
    bool fired = !ps_timers_cancel(&home->timers, &fiber->timer);
    publish_next(home);
    atomic_store_explicit(&fiber->timer_armed, 0, memory_order_relaxed);
    pthread_mutex_unlock(&home->timer_lock);
    return fired;
}

static unsigned pop_due(struct green_worker *slot, uint64_t now_ns, struct fiber *due[BATCH])
{
    unsigned count = 0;
    struct ps_timer *timer;
    pthread_mutex_lock(&slot->timer_lock);
    while (count < BATCH && (timer = ps_timers_pop(&slot->timers, now_ns))) {
        struct fiber *fiber = (struct fiber *)((char *)timer - offsetof(struct fiber, timer));
        /* Release, partner: timer_clear, which then leaves the timer to its owner. */
        atomic_store_explicit(&fiber->timer_armed, 0, memory_order_release);
        due[count++] = fiber;
    }
    publish_next(slot);
    pthread_mutex_unlock(&slot->timer_lock);
    return count;
}

void timers_run(struct green_worker *slot, uint64_t now_ns)
{
    struct fiber *due[BATCH];
    while (atomic_load_explicit(&slot->timer_next, memory_order_relaxed) <= now_ns) {
        unsigned count = pop_due(slot, now_ns, due);
        for (unsigned i = 0; i < count; i++)
            fiber_wake(due[i], false);
    }
}

uint64_t timers_earliest(const struct green *green)
{
    uint64_t earliest = PS_NEVER;
    unsigned slots = atomic_load_explicit(&((struct green *)green)->slots, memory_order_acquire);
    for (unsigned i = 0; i < slots; i++) {
        uint64_t next = atomic_load(&green->worker[i]->timer_next);
        earliest = next < earliest ? next : earliest;
    }
    return earliest;
}
