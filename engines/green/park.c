/* A sleeping worker waits on its own futex, for ever, or, if it got the poller's role, until the
 * earliest timer, and if tasks wait for descriptors, in epoll_wait. Whoever leaves the role to run
 * tasks counts as searching and so wakes another worker when it finds one (idle.h), which takes the
 * role when it sleeps: while any worker is idle, one of them polls or somebody searches.
 *
 * The watch. Whoever puts a task into his hot slot wakes nobody, and may then stay in one task for
 * ever. So while another worker is awake, the sleeper with the role looks every WATCH_NS whether one
 * with a hot task has taken no turn since the last look, and takes that from him. With nobody awake
 * it does not:
 *   sleeper   in the idle set, by an RMW    1. arms `park`    2. watching = 0    3. reads the idle
 *             word: all others sleep: no end of its own; else watching = 1 and an end    4. sleeps
 *   producer  out of the idle set, by an RMW    1. puts the hot task    2. reads the idle word: none
 *             sleeps: done    3. CAS watching 0 -> 1: nudges the sleeper, who begins at 1 again
 * All seq_cst: a sleeper that read the idle word before the producer left the set has stored 0
 * before the producer reads it, and is armed. At most one nudge in WATCH_NS. Rejected: a wake-up for
 * each hot task (tokio #8065: two for each task that wakes another); a watcher that searches (it
 * takes the hot task from a worker that is only being preempted, and he takes it back); a thread
 * that watches all the time (it wakes an idle process).
 *
 * `park`: owner EMPTY -> FUTEX | POLL by CAS, sleeps while it stays so, -> EMPTY. Nudge: FUTEX ->
 * EMPTY by CAS. Waker: exchange to NOTIFIED, then ends the sleep that the old value names. A waker
 * that comes before the CAS makes it fail; one that was late leaves NOTIFIED, and the next sleep does
 * not begin. */
#include "base/clock.h"
#include "engines/common/parker.h"
#include "engines/green/scheduler.h"

enum { LOOK_MOST = 64, LOOK_NS = 50000, WATCH_NS = 10000000 };

static bool has_orders(struct green_worker *worker)
{
    return atomic_load(&worker->life) != WORKER_RUN ||
           gate_closed(atomic_load(&worker->green->gate));
}

/* Waiter's step 2. The barrier is for the queues of workers that are awake, see own.h; a worker
 * whose thread begins after our load of `running` begins by searching. */
static bool work_is_visible(struct green_worker *worker)
{
    struct green *green = worker->green;
    if (shared_size(&green->shared) > 0 || green_light_visible(worker))
        return true;
    if (green->one_queue || !atomic_load(&green->stealing) ||
        idle_count(&green->idle) >= atomic_load(&green->running))
        return false;
    if (green->biased)
        own_barrier();
    unsigned slots = atomic_load(&green->slots);
    for (unsigned i = 0; i < slots; i++)
        if (own_visible(&green->worker[i]->own))
            return true;
    return false;
}

static void leave_idle(struct green_worker *worker)
{
    idle_leave(&worker->green->idle, worker->slot);
    worker->searching = true;
}

static void run_all_timers(struct green *green)
{
    uint64_t now_ns = ps_now_ns();
    unsigned slots = atomic_load_explicit(&green->slots, memory_order_acquire);
    for (unsigned i = 0; i < slots; i++)
        timers_run(green->worker[i], now_ns);
}

static bool arm(struct green_worker *worker, uint32_t how)
{
    uint32_t empty = PARK_EMPTY;
    return atomic_compare_exchange_strong(&worker->park, &empty, how);
}

/* Armed. */
static void sleep_on_futex(struct green_worker *worker, uint64_t until_ns)
{
    while (atomic_load(&worker->park) == PARK_FUTEX &&
           ps_futex_wait(&worker->park, PARK_FUTEX, until_ns))
        ;
}

/* ---- the watch ---- */

void worker_be_watched(struct green_worker *worker)
{
    bool not_yet = false;
    if (atomic_compare_exchange_strong(&worker->green->poller.watching, &not_yet, true))
        poller_nudge(&worker->green->poller);
}

/* The sleeper's steps 2 and 3: the end of the sleep. */
static uint64_t watch_until(struct green *green)
{
    struct poller *poller = &green->poller;
    atomic_store(&poller->watching, false);
    if (green->one_queue || idle_count(&green->idle) >= atomic_load(&green->running))
        return PS_NEVER;
    atomic_store(&poller->watching, true);
    return poller->watch_ns;
}

/* The holder. Ticks are read without an order: at the worst a task changes its worker that need
 * not. */
static struct green_worker *find_stuck(struct green *green, uint64_t now_ns)
{
    struct green_worker *stuck = NULL;
    if (now_ns < green->poller.watch_ns)
        return NULL;
    green->poller.watch_ns = now_ns + WATCH_NS;
    unsigned slots = atomic_load_explicit(&green->slots, memory_order_acquire);
    for (unsigned i = 0; i < slots; i++) {
        struct green_worker *peer = green->worker[i];
        uint64_t tick = atomic_load_explicit(&peer->tick, memory_order_relaxed);
        if (tick == peer->watched && own_loose(&peer->own) && atomic_load(&green->stealing))
            stuck = peer;
        peer->watched = tick;
    }
    return stuck;
}

/* ---- the role ---- */

/* See poller.h for `until` and `waiters`. true: nothing happened meanwhile, and nobody is stuck. */
static bool doze(struct green_worker *worker, struct poller_batch *batch,
                 struct green_worker **stuck)
{
    struct green *green = worker->green;
    struct poller *poller = &green->poller;
    bool polls = atomic_load(&poller->waiters) > 0, ready = false;
    if (!arm(worker, polls ? PARK_POLL : PARK_FUTEX))
        return false;
    uint64_t until_ns = watch_until(green), again_ns;
    atomic_store(&poller->until, until_ns);
    while ((again_ns = timers_earliest(green)) < until_ns) {
        until_ns = again_ns;
        atomic_store(&poller->until, until_ns);
    }
    if (polls)
        ready = poller_wait(poller, batch, until_ns);
    else
        sleep_on_futex(worker, until_ns);
    if (atomic_exchange(&worker->park, PARK_EMPTY) == PARK_NOTIFIED || ready)
        return false;
    uint64_t now_ns = ps_now_ns();
    return timers_earliest(green) > now_ns && !(*stuck = find_stuck(green, now_ns));
}

/* A kick, when an earlier timer is set or the first task waits for a descriptor, is a notification:
 * the worker looks around and comes again. */
static void sleep_as_poller(struct green_worker *worker)
{
    struct poller *poller = &worker->green->poller;
    struct poller_batch batch = {.count = 0};
    struct green_worker *stuck = NULL;
    atomic_store(&poller->sleeper, &worker->park);
    while (doze(worker, &batch, &stuck))
        ;
    atomic_store(&poller->until, 0);
    atomic_store(&poller->sleeper, NULL);
    atomic_exchange(&worker->park, PARK_EMPTY);
    poller_release(poller);
    /* First out of the idle set: what follows queues tasks, and need wake nobody. */
    leave_idle(worker);
    ps_probe_woken(&worker->probe);
    poller_dispatch(poller, &batch);
    run_all_timers(worker->green);
    if (stuck)
        worker_relieve(worker, stuck);
}

static void sleep_in_line(struct green_worker *worker)
{
    if (arm(worker, PARK_FUTEX))
        sleep_on_futex(worker, PS_NEVER);
    atomic_exchange(&worker->park, PARK_EMPTY);
    leave_idle(worker);
    ps_probe_woken(&worker->probe);
}

void worker_park(struct green_worker *worker)
{
    struct green *green = worker->green;
    bool must_look = idle_enter(&green->idle, worker->slot, worker->searching);
    worker->searching = false;
    if (has_orders(worker) || (must_look && work_is_visible(worker))) {
        leave_idle(worker);
        return;
    }
    ps_engine_check_done(&green->base);
    worker_show_depth(worker);
    ps_probe_park(&worker->probe);
    if (poller_acquire(&green->poller, (int)worker->slot))
        sleep_as_poller(worker);
    else
        sleep_in_line(worker);
    worker->until_look = worker->look_every = 1;
}

void worker_unpark(struct green_worker *worker)
{
    switch (atomic_exchange(&worker->park, PARK_NOTIFIED)) {
    case PARK_FUTEX:
        ps_futex_wake(&worker->park, 1);
        break;
    case PARK_POLL:
        poller_interrupt(&worker->green->poller);
        break;
    default:
        break;
    }
}

/* Nobody else polls while all are busy. The role may keep a worker that goes to sleep just now from
 * taking it; it is woken to try again. */
static void look_at_descriptors(struct green_worker *worker)
{
    struct green *green = worker->green;
    struct poller *poller = &green->poller;
    struct poller_batch batch;
    if (atomic_load_explicit(&poller->waiters, memory_order_relaxed) == 0 ||
        idle_count(&green->idle) > 0 || !poller_acquire(poller, (int)worker->slot))
        return;
    poller_wait(poller, &batch, 0);
    poller_release(poller);
    poller_dispatch(poller, &batch);
    if (idle_count(&green->idle) > 0)
        green_notify(green);
}

/* About every LOOK_NS, but at least every LOOK_MOST turns: tasks may be short or long. Its own
 * timers and those of one peer, who may be stuck in a long task or have retired. */
void worker_look(struct green_worker *worker)
{
    struct green *green = worker->green;
    uint64_t now_ns = ps_now_ns(), since_ns = now_ns - worker->looked_ns;
    uint64_t turns = since_ns < 1 ? LOOK_MOST : (uint64_t)worker->look_every * LOOK_NS / since_ns;
    worker->look_every = turns < 1 ? 1 : turns > LOOK_MOST ? LOOK_MOST : (unsigned)turns;
    worker->until_look = worker->look_every;
    worker->looked_ns = now_ns;
    timers_run(worker, now_ns);
    unsigned slots = atomic_load_explicit(&green->slots, memory_order_acquire);
    worker->next_peer = (worker->next_peer + 1) % slots;
    timers_run(green->worker[worker->next_peer], now_ns);
    look_at_descriptors(worker);
}
