/* The loop of a worker, and where it finds work: tasks of high priority (queue.h); its own queue (own.h; the hot slot at most HOT_TURNS
 * times in a row), the shared queue, other workers. The shared queue comes first whenever a worker
 * looks at timers and descriptors (park.c), or what comes from outside starves behind tasks that
 * spawn each other.
 *
 * The hot slot: what a task spawns or wakes runs next on its worker, while its data is in the cache.
 * (config.lifo_slot may keep it from others, or do without it.) Nobody is woken for it: its worker is
 * about to look. Thieves take it only from a worker that takes
 * no turn for SPIN_NS, and while a worker sleeps, one of the sleepers watches for such (park.c;
 * tokio #4941, #6596: stranded behind a long task).
 *
 * A task that waits or yields switches straight to the next one of its worker's own queue
 * (worker_next); the loop is for everything else: an empty queue, orders, and every look. */
#include "engines/green/turn.h"

#include "base/clock.h"
#include "engines/common/lock.h"
#include "engines/common/parker.h"
#include "engines/common/starve_watch.h"

enum { SPIN_NS = 2000 };

/* By a thief. */
static void show_depth_of(struct green_worker *victim)
{
    uint64_t shown;
    do {
        shown = own_depth(&victim->own);
        ps_probe_depth_ordered(&victim->probe, shown);
    } while (own_depth(&victim->own) != shown);
}

void worker_show_depth(struct green_worker *worker)
{
    if (PS_EXACT_GAUGES)
        show_depth_of(worker);
    else
        ps_probe_depth(&worker->probe, own_depth(&worker->own));
}

void green_notify(struct green *green)
{
    int slot = idle_claim(&green->idle, atomic_load(&green->poller.holder));
    if (slot < 0)
        return;
    ps_probe_wake(ps_engine_probe(&green->base));
    worker_unpark(green->worker[slot]);
}

static bool may_steal(const struct green *green)
{
    return !green->one_queue &&
           atomic_load_explicit(&((struct green *)green)->stealing, memory_order_relaxed);
}

/* Not while it searches itself, as after a sleep that events ended: it would set the oldest task aside
 * for nobody, and at the next sleep another, so that one waits for as long as new events come. When it
 * stops searching it offers. */
void worker_offer(struct green_worker *worker)
{
    if (worker->searching)
        return;
    if (may_steal(worker->green) && own_make_offer(&worker->own))
        green_notify(worker->green);
}

/* A full ring: its older half and the task go to the shared queue. Inside. */
static void spill(struct green_worker *worker, struct ps_task *task)
{
    struct task_chain chain = own_take_half(&worker->own);
    own_leave(&worker->own);
    chain.last->next = task;
    shared_push(&worker->green->shared, chain.first, task, chain.count + 1);
    green_notify(worker->green);
}

void green_put(struct green_worker *worker, struct ps_task *task, bool hot)
{
    struct own_queue *own = &worker->own;
    if (worker->green->one_queue || __builtin_expect(task->priority == PS_PRIORITY_HIGH, 0)) {
        shared_push(&worker->green->shared, task, task, 1);
        green_notify(worker->green);
        return;
    }
    hot = hot && !worker->green->no_slot;
    own_enter(own);
    if (hot)
        task = own_swap_hot(own, task);
    if (task && !own_push(own, task)) {
        spill(worker, task);
    } else {
        own_leave(own);
        offer_if_wanted(worker);
    }
    if (hot && __builtin_expect(idle_count(&worker->green->idle) != 0, 0) &&
        !atomic_load(&worker->green->poller.watching))
        worker_be_watched(worker);
    worker_show_depth(worker);
}

void green_schedule(struct green *green, struct ps_task *task, bool hot)
{
    struct green_worker *worker = worker_self(green);
    if (worker) {
        green_put(worker, task, hot);
        return;
    }
    shared_push(&green->shared, task, task, 1);
    green_notify(green);
}

struct ps_task *worker_keep(struct green_worker *worker, struct task_chain chain)
{
    struct ps_task *rest = chain.first ? chain.first->next : NULL;
    if (!rest)
        return chain.first;
    own_enter(&worker->own);
    while (rest) {
        struct ps_task *next = rest->next;
        if (!own_push(&worker->own, rest))
            break;
        rest = next;
        chain.count--;
    }
    own_leave(&worker->own);
    if (rest)
        shared_push(&worker->green->shared, rest, chain.last, chain.count - 1);
    return chain.first;
}

void worker_share(struct green_worker *worker)
{
    struct own_queue *own = &worker->own;
    own_enter(own);
    struct ps_task *task = own_swap_hot(own, NULL);
    bool full = task && !own_push(own, task);
    if (full)
        own_swap_hot(own, task);
    own_leave(own);
    offer_if_wanted(worker);
}

/* A fair share, at most half a ring, which is empty then; one if others could not take it away. */
static unsigned shared_batch(const struct green *green)
{
    if (!may_steal(green))
        return 1;
    uint64_t share = atomic_load_explicit(&green->shared.count, memory_order_relaxed) /
                         atomic_load_explicit(&green->active, memory_order_relaxed) +
                     1;
    return share < OWN_SLOTS / 2 ? (unsigned)share : OWN_SLOTS / 2;
}

static struct ps_task *take_shared(struct green_worker *worker, unsigned most)
{
    struct task_chain chain = shared_pop(&worker->green->shared, most);
    if (chain.count > 0)
        ps_probe_event(&worker->probe, PS_EVENT_INJECT, chain.count);
    return worker_keep(worker, chain);
}

/* ---- searching ---- */

static bool become_searcher(struct green_worker *worker)
{
    struct green *green = worker->green;
    worker->searching =
        worker->searching ||
        idle_search(&green->idle, atomic_load_explicit(&green->active, memory_order_relaxed));
    return worker->searching;
}

bool green_may_search(struct green_worker *worker)
{
    return may_steal(worker->green) && become_searcher(worker);
}

/* Whether somebody else may hold tasks that only he knows of. We are awake. */
static bool others_are_busy(struct green *green)
{
    return idle_count(&green->idle) + 1 < atomic_load(&green->running);
}

void green_stop_searching(struct green_worker *worker)
{
    struct green *green = worker->green;
    if (!worker->searching)
        return;
    worker->searching = false;
    /* Searcher's step of idle.h: there may be more; and the poller's role may be vacant. */
    if (idle_found(&green->idle) &&
        (others_are_busy(green) || shared_size(&green->shared) > 0 ||
         atomic_load(&green->poller.holder) < 0 || green_light_visible(worker)))
        green_notify(green);
    offer_if_wanted(worker);
}

static struct ps_task *stolen(struct green_worker *thief, struct green_worker *victim,
                              struct task_chain chain)
{
    if (chain.count == 0)
        return NULL;
    struct ps_task *task = worker_keep(thief, chain);
    ps_probe_steal(&thief->probe, victim->slot, chain.count);
    worker_show_depth(thief);
    /* The victim may be busy for long: its gauge is put right here. */
    show_depth_of(victim);
    return task;
}

/* A worker that has tasks and may be stuck: it has not moved while somebody searched. */
struct suspect {
    struct green_worker *worker;
    uint64_t tick;
    bool ring;
};

static void watch(struct suspect *suspect, struct green_worker *victim)
{
    bool ring = own_waiting(&victim->own) > 0;
    if (suspect->worker ? suspect->ring || !ring : !ring && !own_loose(&victim->own))
        return;
    *suspect =
        (struct suspect){victim, atomic_load_explicit(&victim->tick, memory_order_relaxed), ring};
}

static struct ps_task *steal_pass(struct green_worker *thief, struct suspect *suspect)
{
    struct green *green = thief->green;
    unsigned slots = atomic_load_explicit(&green->slots, memory_order_acquire);
    unsigned start = slots > 1 ? ps_rng_below(&thief->rng, slots) : 0;
    for (unsigned i = 0; i < slots; i++) {
        struct green_worker *victim = green->worker[(start + i) % slots];
        if (victim == thief)
            continue;
        struct ps_task *task = stolen(thief, victim, own_take_offer(&victim->own));
        if (task)
            return task;
        watch(suspect, victim);
    }
    return NULL;
}

static struct ps_task *steal_stuck(struct green_worker *thief, const struct suspect *suspect)
{
    struct green_worker *victim = suspect->worker;
    if (!victim || atomic_load_explicit(&victim->tick, memory_order_relaxed) != suspect->tick)
        return NULL;
    return stolen(thief, victim, own_revoke(&victim->own));
}

void worker_relieve(struct green_worker *worker, struct green_worker *stuck)
{
    if (!may_steal(worker->green))
        return;
    struct ps_task *task = stolen(worker, stuck, own_revoke(&stuck->own));
    if (task)
        green_put(worker, task, false);
}

/* For SPIN_NS at most: the others answer at their next turn. */
static struct ps_task *search(struct green_worker *worker)
{
    struct green *green = worker->green;
    if (!become_searcher(worker))
        return NULL;
    ps_probe_state(&worker->probe, PS_STATE_SEEK, -1);
    struct suspect suspect = {0};
    uint64_t until_ns = ps_now_ns() + SPIN_NS;
    do {
        struct ps_task *task = may_steal(green) ? steal_pass(worker, &suspect) : NULL;
        if (task || (task = take_shared(worker, shared_batch(green))))
            return task;
        if (green_light_visible(worker))
            return NULL;
        ps_relax();
    } while (ps_now_ns() < until_ns);
    if (!may_steal(green))
        return NULL;
    struct ps_task *task = steal_stuck(worker, &suspect);
    if (!task)
        ps_probe_steal(&worker->probe, worker->slot, 0);
    return task;
}

/* ---- the loop ---- */

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

/* An offer that nobody will take. */
static void take_back(struct green_worker *worker)
{
    if (may_steal(worker->green) && atomic_load(&worker->green->idle.word) != 0)
        return;
    struct ps_task *task = worker_keep(worker, own_take_offer(&worker->own));
    if (task)
        green_put(worker, task, false);
}

/* NULL: none waits, or it is somebody else's turn. */
static struct ps_task *take_high(struct green_worker *worker)
{
    struct ps_task *task =
        worker->in_a_row < PS_HIGH_IN_A_ROW ? shared_pop_high(&worker->green->shared) : NULL;
    worker->in_a_row = task ? worker->in_a_row + 1 : 0;
    if (task)
        ps_probe_event(&worker->probe, PS_EVENT_INJECT, 1);
    return task;
}

/* From the nearest place; shared_first: the shared queue and what nobody wanted come first. NULL:
 * none. */
static struct ps_task *find_task(struct green_worker *worker, bool shared_first)
{
    struct ps_task *task = NULL;
    count_turn(worker);
    bool high = (atomic_load(&worker->green->gate) & GATE_HIGH) != 0;
    if (__builtin_expect(high, 0) && (task = take_high(worker)))
        return task;
    if (shared_first) {
        task = take_shared(worker, 1);
        take_back(worker);
    }
    if (!task)
        task = take_own(worker);
    if (!task)
        task = take_shared(worker, shared_batch(worker->green));
    if (!task)
        task = search(worker);
    if (task)
        worker_show_depth(worker);
    return task;
}

/* NULL: the worker has retired. The gate is read once more when a task was taken: what was
 * submitted after the pause began does not start. */
static struct ps_task *next_task(struct green_worker **self)
{
    struct green_worker *worker = *self;
    while (obey(worker)) {
        bool look = --worker->until_look == 0;
        if (look) {
            worker_look(worker);
            if (green_run_light(worker))
                *self = worker = ps_self()->worker;
        }
        struct ps_task *task = find_task(worker, look);
        if (task) {
            green_stop_searching(worker);
            if (!gate_closed(atomic_load(&worker->green->gate)))
                return task;
            shared_put_back(&worker->green->shared, task);
        } else if (green_run_light(worker)) {
            *self = worker = ps_self()->worker;
        } else {
            worker_park(worker);
        }
    }
    return NULL;
}

struct fiber *worker_free_fiber(struct green_worker *worker, struct ps_task *task)
{
    struct green *green = worker->green;
    struct fiber *fiber = stack_take(&green->depot, &worker->pool, green, worker_loop);
    if (fiber)
        worker->handed = task;
    else if (task)
        green_put(worker, task, false);
    return fiber;
}

/* false: it was to be stopped, and has ended. */
static bool begin_task(struct green_worker *worker, struct ps_task *task)
{
    fiber_bind(worker->current, task);
    return ps_task_begin(&worker->probe, task);
}

/* On the running fiber, which is the task's from its first wait on; one that slept without a stack
 * goes on. */
static struct green_worker *start_task(struct green_worker *worker, struct ps_task *task)
{
    bool slept = fiber_of(task) != NULL;
    if (!slept && !(task = admit(worker, task)))
        return worker;
    struct fiber *self = worker->current;
    self->worker = worker;
    if (slept && !steps_go_on(worker, task))
        return worker;
    if (slept || begin_task(worker, task)) {
        if (task->body->run)
            task->body->run(task);
        else if (!steps_run(self, task))
            return self->worker;
        worker = self->worker;
        fiber_bind(self, NULL);
        ps_task_finish(&worker->probe, task);
    } else {
        self->task = NULL;
        atomic_store_explicit(&self->type, UINT32_MAX, memory_order_relaxed);
    }
    admit_ended(worker);
    return worker;
}

void worker_loop(void *fiber)
{
    (void)fiber;
    struct green_worker *worker = fiber_arrive();
    for (;;) {
        struct ps_task *task = worker->handed;
        worker->handed = NULL;
        if (!task)
            task = next_task(&worker);
        struct fiber *resumed = task ? fiber_to_resume(task) : NULL;
        if (!task)
            worker = fiber_switch(worker, &worker->native, FIBER_AFTER_FREE);
        else if (resumed)
            worker = fiber_switch(worker, resumed, FIBER_AFTER_FREE);
        else
            worker = start_task(worker, task);
    }
}
