/* Gauges. The lists' length is shown under their lock. A deque's is shown by its owner after each
 * push and pop, and by a thief after each steal, or the screen would show a backlog beside a
 * blocked worker that has long been stolen. Two who show at once can leave an old figure, so the
 * thief looks again until what it showed is true; the owner shows again with its next task, and when
 * it finds none. */
#include "engines/common/starve_watch.h"
#include "engines/threadpool/steal.h"

enum {
    SHARED_TICK = 61, /* a prime, so that it falls in with no pattern of the workload */
    BATCH = 32,       /* most tasks taken from the shared list at once */
    LOOT = 16         /* most tasks stolen at once */
};

static void show_victim_depth(struct ps_steal_pool *pool, unsigned slot)
{
    struct ps_deque *deque = &pool->worker[slot].deque;
    size_t shown;
    do {
        shown = ps_deque_size(deque);
        ps_probe_depth_ordered(&pool->crew.worker[slot].slot.probe, shown);
    } while (ps_deque_size(deque) != shown);
}

static void show_own_depth(struct ps_steal_pool *pool, unsigned slot)
{
    if (PS_EXACT_GAUGES)
        show_victim_depth(pool, slot);
    else
        ps_probe_depth(&pool->crew.worker[slot].slot.probe,
                       ps_deque_size(&pool->worker[slot].deque));
}

void ps_steal_shared_changed(struct ps_steal_pool *pool)
{
    size_t count = pool->overflow.count + pool->inject.count, high = pool->high.count;
    /* seq_cst: step 1 of the producer in idle.c, partner ps_steal_sees_work. */
    atomic_store(&pool->shared, count);
    if (atomic_load_explicit(&pool->waits_high, memory_order_relaxed) != high)
        atomic_store(&pool->waits_high, high);
    ps_probe_depth(&pool->base.outside, count + high);
}

void ps_steal_uncharge(struct ps_steal_pool *pool, struct ps_task *task)
{
    if (!task->context)
        return;
    task->context = NULL;
    atomic_fetch_sub(&pool->charged, 1);
    ps_engine_room(&pool->base);
}

void ps_steal_put_high(struct ps_steal_pool *pool, struct ps_task *task)
{
    pthread_mutex_lock(&pool->lock);
    ps_task_list_push(&pool->high, task);
    ps_steal_shared_changed(pool);
    pthread_mutex_unlock(&pool->lock);
}

void ps_steal_keep(struct ps_steal_pool *pool, unsigned slot, struct ps_task *task)
{
    if (ps_deque_push(&pool->worker[slot].deque, task)) {
        show_own_depth(pool, slot);
        return;
    }
    pthread_mutex_lock(&pool->lock);
    ps_task_list_push(&pool->overflow, task);
    ps_steal_shared_changed(pool);
    pthread_mutex_unlock(&pool->lock);
}

void ps_steal_hand_over(struct ps_steal_pool *pool, unsigned slot)
{
    struct ps_task_list all = {NULL, NULL, 0};
    struct ps_task *task;
    while ((task = ps_deque_pop(&pool->worker[slot].deque)))
        ps_task_list_push(&all, task);
    show_own_depth(pool, slot);
    pthread_mutex_lock(&pool->lock);
    ps_task_list_join(&pool->overflow, &all);
    ps_steal_shared_changed(pool);
    pthread_mutex_unlock(&pool->lock);
}

static struct ps_task *pop_own(struct ps_steal_pool *pool, unsigned slot)
{
    struct ps_task *task = ps_deque_pop(&pool->worker[slot].deque);
    show_own_depth(pool, slot);
    return task;
}

/* The owner's own oldest task: it pops the youngest, and tasks that spawn each other would keep the
 * oldest waiting for ever where nobody steals. */
static struct ps_task *pop_oldest(struct ps_steal_pool *pool, unsigned slot)
{
    struct ps_task *task;
    if (ps_deque_steal(&pool->worker[slot].deque, &task) != PS_STEAL_GOT)
        return NULL;
    show_own_depth(pool, slot);
    return task;
}

static struct ps_task *pop_shared(struct ps_steal_pool *pool)
{
    struct ps_task *task = ps_task_list_pop(&pool->overflow);
    return task ? task : ps_task_list_pop(&pool->inject);
}

/* One task to run, and up to `extra` more into the own deque, which is empty if extra > 0: in
 * reverse, so that the worker goes on with the oldest. */
static struct ps_task *take_shared(struct ps_steal_pool *pool, struct ps_crew_worker *self,
                                   bool alone)
{
    struct ps_task *taken[BATCH];
    size_t count = 0;
    if (atomic_load(&pool->shared) == 0)
        return NULL;
    pthread_mutex_lock(&pool->lock);
    size_t all = pool->overflow.count + pool->inject.count;
    size_t share = alone ? 1 : all / atomic_load(&pool->workers) + 1;
    while (count < share && count < BATCH && (taken[count] = pop_shared(pool)))
        count++;
    ps_steal_shared_changed(pool);
    pthread_mutex_unlock(&pool->lock);
    if (count == 0)
        return NULL;
    for (size_t i = count; i-- > 1;)
        ps_steal_keep(pool, self->slot.number, taken[i]);
    ps_probe_event(&self->slot.probe, PS_EVENT_INJECT, (uint32_t)count);
    if (count > 1 && ps_steal_enabled(pool))
        ps_steal_notify(pool);
    return taken[0];
}

/* Up to half of what the victim has, one CAS a task. */
static enum ps_steal steal_from(struct ps_steal_pool *pool, struct ps_crew_worker *self,
                                unsigned victim, bool alone, struct ps_task **task)
{
    struct ps_deque *deque = &pool->worker[victim].deque;
    enum ps_steal got = ps_deque_steal(deque, task);
    unsigned count = got == PS_STEAL_GOT;
    if (got == PS_STEAL_GOT && !alone) {
        struct ps_task *more;
        size_t half = ps_deque_size(deque) / 2;
        while (count <= half && count < LOOT && ps_deque_steal(deque, &more) == PS_STEAL_GOT) {
            ps_steal_keep(pool, self->slot.number, more);
            count++;
        }
    }
    if (count > 0)
        show_victim_depth(pool, victim);
    ps_probe_steal(&self->slot.probe, victim, count);
    return got;
}

static struct ps_task *steal(struct ps_steal_pool *pool, struct ps_crew_worker *self, bool alone)
{
    enum { PASSES = 4 };
    unsigned own = self->slot.number, span = atomic_load(&pool->span);
    struct ps_task *task = NULL;
    bool again = span > 1;
    ps_probe_state(&self->slot.probe, PS_STATE_SEEK, -1);
    for (unsigned pass = 0; again && pass < PASSES; pass++) {
        unsigned start = ps_rng_below(&pool->worker[own].rng, span);
        again = false;
        for (unsigned i = 0; i < span; i++) {
            unsigned victim = (start + i) % span;
            if (victim == own)
                continue;
            enum ps_steal got = steal_from(pool, self, victim, alone, &task);
            if (got == PS_STEAL_GOT)
                return task;
            again = again || got == PS_STEAL_RETRY;
        }
    }
    return NULL;
}

/* NULL: none waits, or it is somebody else's turn. */
static struct ps_task *take_high(struct ps_steal_pool *pool, struct ps_crew_worker *self)
{
    struct ps_steal_worker *worker = &pool->worker[self->slot.number];
    struct ps_task *task = NULL;
    if (worker->in_a_row < PS_HIGH_IN_A_ROW) {
        pthread_mutex_lock(&pool->lock);
        task = ps_task_list_pop(&pool->high);
        ps_steal_shared_changed(pool);
        pthread_mutex_unlock(&pool->lock);
    }
    worker->in_a_row = task ? worker->in_a_row + 1 : 0;
    if (task)
        ps_probe_event(&self->slot.probe, PS_EVENT_INJECT, 1);
    return task;
}

static struct ps_task *find_normal(struct ps_steal_pool *pool, struct ps_crew_worker *self,
                                   bool help)
{
    unsigned slot = self->slot.number;
    struct ps_task *task = NULL;
    if (!help && ++pool->worker[slot].tick % SHARED_TICK == 0) {
        task = take_shared(pool, self, true);
        if (!task)
            task = pop_oldest(pool, slot);
    }
    if (!task)
        task = pop_own(pool, slot);
    if (!task && !help)
        task = take_shared(pool, self, false);
    if (!task && ps_steal_enabled(pool) &&
        ps_idle_search(&pool->idle, slot, atomic_load(&pool->workers)))
        task = steal(pool, self, help);
    if (!task && help)
        task = take_shared(pool, self, true);
    return task;
}

struct ps_task *ps_steal_find(struct ps_steal_pool *pool, struct ps_crew_worker *self, bool help)
{
    struct ps_steal_worker *worker = &pool->worker[self->slot.number];
    /* relaxed: a hint, before every task; who is about to sleep looks again. */
    if (__builtin_expect(atomic_load_explicit(&pool->waits_high, memory_order_relaxed) == 0, 1)) {
        worker->in_a_row = 0;
        return find_normal(pool, self, help);
    }
    struct ps_task *task = take_high(pool, self);
    if (!task)
        task = find_normal(pool, self, help);
    return task ? task : take_high(pool, self);
}

static bool tasks_visible(struct ps_steal_pool *pool, unsigned slot, unsigned span)
{
    if (atomic_load(&pool->shared) > 0 || atomic_load(&pool->waits_high) > 0 ||
        ps_deque_size(&pool->worker[slot].deque) > 0)
        return true;
    for (unsigned victim = 0; victim < span; victim++)
        if (ps_deque_size(&pool->worker[victim].deque) > 0)
            return true;
    return false;
}

bool ps_steal_sees_work(struct ps_steal_pool *pool, unsigned slot)
{
    bool steal = ps_steal_enabled(pool);
    unsigned span = atomic_load(&pool->span);
    return tasks_visible(pool, slot, steal ? span : 0) ||
           ps_light_visible(&pool->light, slot, span, steal);
}

bool ps_steal_sees_more(struct ps_steal_pool *pool, unsigned slot)
{
    bool steal = ps_steal_enabled(pool);
    unsigned span = atomic_load(&pool->span);
    return tasks_visible(pool, slot, steal ? span : 0) ||
           ps_light_left(&pool->light, slot, span, steal);
}

struct ps_task_list ps_steal_sweep(struct ps_steal_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    struct ps_task_list all = ps_task_list_take(&pool->high);
    ps_task_list_join(&all, &pool->overflow);
    ps_task_list_join(&all, &pool->inject);
    ps_steal_shared_changed(pool);
    pthread_mutex_unlock(&pool->lock);
    unsigned span = atomic_load(&pool->span);
    for (unsigned victim = 0; victim < span; victim++) {
        struct ps_task *task;
        enum ps_steal got;
        while ((got = ps_deque_steal(&pool->worker[victim].deque, &task)) != PS_STEAL_EMPTY)
            if (got == PS_STEAL_GOT)
                ps_task_list_push(&all, task);
        show_victim_depth(pool, victim);
    }
    return all;
}
