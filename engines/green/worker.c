/* The loop of a worker, and where it finds work: its lifo slot (at most HOT_TURNS times in a row),
 * its ring, the shared queue, other workers' rings. The shared queue comes first once in
 * SHARED_EVERY turns, or what comes from outside starves behind tasks that spawn each other.
 *
 * The lifo slot: what a task spawns or wakes runs next on its worker, while its data is in the
 * cache. Nobody is woken for it: its worker is about to look. Thieves take it only if they found
 * nothing else and its worker has not taken a turn for HOT_NS (tokio #4941: stranded behind a long
 * task). */
#include "base/clock.h"
#include "engines/common/parker.h"
#include "engines/green/scheduler.h"

enum { HOT_TURNS = 3, SHARED_EVERY = 61, STEAL_PASSES = 4, HOT_NS = 2000 };

static inline void relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

static void show_depth(struct green_worker *worker)
{
    uint64_t hot = atomic_load_explicit(&worker->lifo, memory_order_relaxed) != NULL;
    ps_probe_depth(&worker->probe, ring_size(&worker->ring) + hot);
}

void green_notify(struct green *green)
{
    int slot = idle_claim(&green->idle, atomic_load(&green->poller.holder));
    if (slot < 0)
        return;
    ps_probe_wake(ps_engine_probe(&green->base));
    worker_unpark(green->worker[slot]);
}

/* For what only thieves can take. */
static void notify_thieves(struct green *green)
{
    if (atomic_load_explicit(&green->stealing, memory_order_relaxed))
        green_notify(green);
}

static void push_local(struct green_worker *worker, struct ps_task *task)
{
    while (!ring_push(&worker->ring, task)) {
        struct ps_task *first, *last;
        unsigned count = ring_take_half(&worker->ring, &first, &last);
        if (count == 0)
            continue;
        last->next = task;
        shared_push(&worker->green->shared, first, task, count + 1);
        green_notify(worker->green);
        return;
    }
    notify_thieves(worker->green);
}

void green_schedule(struct green *green, struct ps_task *task, bool hot)
{
    struct green_worker *worker = worker_self(green);
    if (!worker || green->one_queue) {
        shared_push(&green->shared, task, task, 1);
        green_notify(green);
        return;
    }
    /* acq_rel: a thief may take it out, partner: steal_hot. */
    struct ps_task *old =
        hot ? atomic_exchange_explicit(&worker->lifo, task, memory_order_acq_rel) : task;
    if (old)
        push_local(worker, old);
    show_depth(worker);
}

static struct ps_task *take_hot(struct green_worker *worker)
{
    if (!atomic_load_explicit(&worker->lifo, memory_order_relaxed))
        return NULL;
    return atomic_exchange_explicit(&worker->lifo, NULL, memory_order_acq_rel);
}

void worker_share(struct green_worker *worker)
{
    struct ps_task *task = take_hot(worker);
    if (task)
        push_local(worker, task);
    else if (ring_size(&worker->ring) > 0)
        notify_thieves(worker->green);
}

static struct ps_task *take_own(struct green_worker *worker)
{
    struct ps_task *task = NULL;
    if (worker->hot_turns < HOT_TURNS && (task = take_hot(worker)))
        worker->hot_turns++;
    if (!task && (task = ring_pop(&worker->ring)))
        worker->hot_turns = 0;
    if (!task)
        task = take_hot(worker);
    if (task)
        show_depth(worker);
    return task;
}

/* A fair share, at most half a ring, which is empty then; one if others could not take it away. */
static unsigned shared_batch(const struct green *green)
{
    if (green->one_queue || !atomic_load_explicit(&green->stealing, memory_order_relaxed))
        return 1;
    uint64_t share = atomic_load_explicit(&green->shared.count, memory_order_relaxed) /
                         atomic_load_explicit(&green->active, memory_order_relaxed) +
                     1;
    return share < RING_SLOTS / 2 ? (unsigned)share : RING_SLOTS / 2;
}

static struct ps_task *take_shared(struct green_worker *worker, unsigned most)
{
    struct ps_task *first, *next;
    unsigned count = shared_pop(&worker->green->shared, most, &first);
    if (count == 0)
        return NULL;
    ps_probe_event(&worker->probe, PS_EVENT_INJECT, count);
    for (struct ps_task *task = first->next; task; task = next) {
        next = task->next;
        push_local(worker, task);
    }
    if (count > 1)
        show_depth(worker);
    return first;
}

static struct ps_task *steal_ring(struct green_worker *thief, struct green_worker *victim)
{
    struct ps_task *task;
    unsigned tasks;
    if (ring_steal(&victim->ring, &thief->ring, &task, &tasks) != RING_GOT)
        return NULL;
    ps_probe_steal(&thief->probe, victim->slot, tasks);
    show_depth(thief);
    /* The victim may be busy for long: its gauge is put right here. Its own next store wins. */
    show_depth(victim);
    return task;
}

/* What lies in a lifo slot whose worker takes no turn for HOT_NS. */
static struct ps_task *steal_hot(struct green_worker *thief, struct green_worker *victim)
{
    if (!atomic_load_explicit(&victim->lifo, memory_order_relaxed))
        return NULL;
    uint64_t tick = atomic_load_explicit(&victim->tick, memory_order_relaxed);
    uint64_t until_ns = ps_now_ns() + HOT_NS;
    do {
        if (atomic_load_explicit(&victim->tick, memory_order_relaxed) != tick)
            return NULL;
        relax();
    } while (ps_now_ns() < until_ns);
    struct ps_task *task = take_hot(victim);
    if (task) {
        ps_probe_steal(&thief->probe, victim->slot, 1);
        show_depth(victim);
    }
    return task;
}

typedef struct ps_task *steal_function(struct green_worker *thief, struct green_worker *victim);

static struct ps_task *steal_pass(struct green_worker *thief, steal_function *steal)
{
    struct green *green = thief->green;
    unsigned slots = atomic_load_explicit(&green->slots, memory_order_acquire);
    unsigned start = ps_rng_below(&thief->rng, slots);
    for (unsigned i = 0; i < slots; i++) {
        struct green_worker *victim = green->worker[(start + i) % slots];
        struct ps_task *task = victim == thief ? NULL : steal(thief, victim);
        if (task)
            return task;
    }
    return NULL;
}

bool green_may_search(struct green_worker *worker)
{
    struct green *green = worker->green;
    if (green->one_queue || !atomic_load_explicit(&green->stealing, memory_order_relaxed))
        return false;
    if (!worker->searching &&
        !idle_search(&green->idle, atomic_load_explicit(&green->active, memory_order_relaxed)))
        return false;
    worker->searching = true;
    return true;
}

static struct ps_task *search(struct green_worker *worker)
{
    if (!green_may_search(worker))
        return NULL;
    struct green *green = worker->green;
    ps_probe_state(&worker->probe, PS_STATE_SEEK, -1);
    for (int pass = 0; pass < STEAL_PASSES; pass++) {
        bool last = pass == STEAL_PASSES - 1;
        struct ps_task *task = steal_pass(worker, last ? steal_hot : steal_ring);
        if (task || (task = take_shared(worker, shared_batch(green))))
            return task;
    }
    ps_probe_steal(&worker->probe, worker->slot, 0);
    return NULL;
}

void green_stop_searching(struct green_worker *worker)
{
    if (!worker->searching)
        return;
    worker->searching = false;
    if (idle_found(&worker->green->idle))
        green_notify(worker->green);
}

/* The worker's last acts on its slot; timers stay, others look after them. If it was woken for a
 * task it passes that on. */
static void retire(struct green_worker *worker)
{
    struct ps_task *task;
    while ((task = take_own(worker)))
        shared_push(&worker->green->shared, task, task, 1);
    ps_light_hand_over(&worker->green->light.worker[worker->slot]);
    worker->hot_turns = 0;
    if (worker->searching)
        idle_found(&worker->green->idle);
    worker->searching = false;
    green_notify(worker->green);
    ps_engine_check_done(&worker->green->base);
}

/* Paused: nothing is started or resumed. Whoever opens the gate finds all workers looking for work
 * anew, so a searcher may leave without its usual duty. */
static void wait_at_gate(struct green_worker *worker, uint32_t gate)
{
    if (worker->searching)
        idle_found(&worker->green->idle);
    worker->searching = false;
    ps_probe_state(&worker->probe, PS_STATE_PAUSED, -1);
    ps_futex_wait(&worker->green->gate, gate, PS_NEVER);
}

/* Whether the worker goes on; false: it has retired. */
static bool obey(struct green_worker *worker)
{
    for (;;) {
        uint32_t gate = atomic_load(&worker->green->gate);
        uint32_t life = atomic_load(&worker->life);
        if (life == WORKER_RETIRING &&
            atomic_compare_exchange_strong(&worker->life, &life, WORKER_GONE)) {
            retire(worker);
            return false;
        }
        if (!gate_closed(gate))
            return true;
        wait_at_gate(worker, gate);
    }
}

/* From the nearest place. NULL: none. */
static struct ps_task *find_task(struct green_worker *worker)
{
    uint64_t tick = atomic_load_explicit(&worker->tick, memory_order_relaxed) + 1;
    atomic_store_explicit(&worker->tick, tick, memory_order_relaxed);
    struct ps_task *task = tick % SHARED_EVERY == 0 ? take_shared(worker, 1) : NULL;
    if (!task)
        task = take_own(worker);
    if (!task)
        task = take_shared(worker, shared_batch(worker->green));
    if (!task)
        task = search(worker);
    return task;
}

/* NULL: the worker has retired. The gate is read once more when a task was taken: what was
 * submitted after the pause began does not start. */
static struct ps_task *next_task(struct green_worker *worker)
{
    while (obey(worker)) {
        if (--worker->until_look == 0)
            worker_look(worker);
        bool turn = atomic_load_explicit(&worker->tick, memory_order_relaxed) % SHARED_EVERY == 0;
        if (turn)
            green_run_light(worker);
        worker = ps_self()->worker;
        struct ps_task *task = find_task(worker);
        if (!task) {
            if (!green_run_light(worker))
                worker_park(worker);
            worker = ps_self()->worker;
            continue;
        }
        green_stop_searching(worker);
        if (!gate_closed(atomic_load(&worker->green->gate)))
            return task;
        shared_put_back(&worker->green->shared, task);
    }
    return NULL;
}

/* On the running fiber, which is the task's from its first wait on. */
static void start_task(struct green_worker *worker, struct ps_task *task)
{
    task = admit(worker, task);
    if (!task)
        return;
    struct fiber *self = worker->current;
    fiber_bind(self, task);
    if (ps_task_begin(&worker->probe, task)) {
        ps_task_run(task);
        worker = ps_self()->worker;
        fiber_bind(self, NULL);
        ps_task_finish(&worker->probe, task);
    } else {
        self->task = NULL;
        atomic_store_explicit(&self->type, UINT32_MAX, memory_order_relaxed);
    }
    admit_ended(ps_self()->worker);
}

void worker_loop(void *fiber)
{
    (void)fiber;
    fiber_arrive();
    for (;;) {
        struct ps_task *task = next_task(ps_self()->worker);
        struct green_worker *worker = ps_self()->worker; /* a stolen fork may have moved us */
        struct fiber *resumed = task ? fiber_of(task) : NULL;
        if (!task) {
            fiber_switch(&worker->native, FIBER_AFTER_FREE);
        } else if (resumed) {
            fiber_resume(resumed);
            fiber_switch(resumed, FIBER_AFTER_FREE);
        } else {
            start_task(worker, task);
        }
    }
}
