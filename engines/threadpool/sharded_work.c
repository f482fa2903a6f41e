/* What a worker of the sharded pool does. A shard's queue is under its lock; `size` is stored after
 * every change of it (seq_cst).
 *
 * Protocol of sleeping: idle.c for everybody, and `asleep` for one's own shard.
 *   producer  1 locks; appends, size += 1; the worker is asleep: takes that back; unlocks; 2 wakes
 *             the worker if it was asleep, else goes on as a producer of idle.c
 *   worker    1 takes a ticket of its parker; 2 looks into its shard, and as a searcher into others;
 *             nothing: 3 goes to sleep as in idle.c, which may mean to look at all of them once more;
 *             4 locks; empty: asleep = true; unlocks; 5 waits with the ticket; 6 locks; asleep = false;
 *             unlocks, and rises as in idle.c
 * `asleep` and an empty queue are under one lock, so what comes into a shard wakes its worker, or its
 * worker finds it. Somebody else's task that a busy worker does not get to is idle.c's business.
 *
 * Hands (hand.h). While tasks are short a worker takes several at once; what is in its hand can be
 * taken from it like what is in its shard, so nothing is left behind a task that turns out long. A
 * hand is filled before `size` says that the queue is shorter, so who looks at the size and then at
 * the hand cannot miss what is on its way. What a thief carries is not seen, but it is a searcher
 * until that is in its own hand.
 *
 * Shrinking. A worker that leaves closes its shard; what is in it is taken by whoever has nothing
 * of its own, and by the others at every AGE-th visit, whether or not stealing is on.
 *
 * Rejected: handing over the queue of a worker that leaves (the others' bounds have no room for it);
 * moving tasks while their worker is awake and keeps up (their order would be lost for nothing). */
#include "base/clock.h"
#include "engines/threadpool/sharded.h"

enum { FEW = PS_HAND / 2, AGE = 61 };

/* ---- under the shard's lock ---- */

void ps_shard_changed(struct ps_sharded_pool *pool, struct ps_shard *shard)
{
    uint32_t before = atomic_load_explicit(&shard->size, memory_order_relaxed); /* under the lock */
    uint32_t now = (uint32_t)ps_queue_count(&shard->queue);
    if (atomic_load_explicit(&shard->high, memory_order_relaxed) != shard->queue.high_shown)
        atomic_store_explicit(&shard->high, shard->queue.high_shown, memory_order_relaxed);
    if (now == before)
        return;
    atomic_store(&shard->size, now);
    if (atomic_load_explicit(&shard->closed, memory_order_relaxed) && (now == 0) != (before == 0))
        atomic_fetch_add(&pool->left, now > 0 ? 1 : UINT32_MAX);
}

void ps_shard_close(struct ps_sharded_pool *pool, struct ps_shard *shard, bool closed)
{
    bool was = atomic_exchange_explicit(&shard->closed, closed, memory_order_relaxed);
    if (was != closed && ps_queue_count(&shard->queue) > 0)
        atomic_fetch_add(&pool->left, closed ? 1 : UINT32_MAX);
}

void ps_shard_put_back(struct ps_shard *shard)
{
    struct ps_job item[PS_HAND];
    ps_queue_put_back(&shard->queue, item, ps_hand_take(&shard->hand, item, true));
    shard->queue.held = 0;
}

static struct ps_job fill(struct ps_sharded_pool *pool, struct ps_shard *shard, unsigned count,
                          uint64_t now_ns)
{
    struct ps_job first = ps_hand_fill(&shard->hand, count, now_ns);
    shard->queue.held = count - 1;
    ps_shard_changed(pool, shard);
    return first;
}

/* ---- waking ---- */

static void wake(struct ps_sharded_pool *pool, unsigned slot)
{
    ps_probe_wake(ps_engine_probe(&pool->base));
    ps_parker_wake(&pool->crew.worker[slot].slot.parker);
}

static void wake_searcher(struct ps_sharded_pool *pool)
{
    int slot = ps_idle_claim(&pool->idle);
    if (slot >= 0)
        wake(pool, (unsigned)slot);
}

void ps_shard_notify(struct ps_sharded_pool *pool, struct ps_shard *shard, bool asleep)
{
    if (asleep)
        wake(pool, (unsigned)(shard - pool->shard));
    else if (atomic_load(&pool->stealing))
        wake_searcher(pool);
}

static void found(struct ps_sharded_pool *pool, unsigned slot)
{
    if (ps_idle_found(&pool->idle, slot))
        wake_searcher(pool);
}

/* ---- finding ---- */

static bool take_own(struct ps_sharded_pool *pool, struct ps_shard *own, struct ps_job *job)
{
    uint64_t now_ns = ps_now_ns();
    ps_hand_judge(&own->hand, now_ns);
    ps_lock(&own->lock);
    ps_shard_put_back(own);
    own->queue.in_a_row = PS_HIGH_IN_A_ROW; /* see take_high: the others' turn */
    unsigned most = ps_queue_has_high(&own->queue) ? 1 : own->hand.batch;
    unsigned count = ps_queue_take(&own->queue, own->hand.item, most);
    if (count > 0)
        *job = fill(pool, own, count, now_ns);
    bool room = ps_queue_room(&own->queue);
    ps_unlock(&own->lock);
    if (room)
        ps_engine_room(&pool->base);
    return count > 0;
}

/* Half of what waits there, from the queue or else from the hand. */
static unsigned take_from(struct ps_sharded_pool *pool, struct ps_shard *victim,
                          struct ps_job *into)
{
    ps_lock(&victim->lock);
    size_t half = (ps_queue_count(&victim->queue) + 1) / 2;
    unsigned count = ps_queue_take(&victim->queue, into, half < PS_HAND ? (unsigned)half : PS_HAND);
    if (count == 0)
        count = ps_hand_take(&victim->hand, into, false);
    ps_shard_recount(victim);
    ps_shard_changed(pool, victim);
    bool room = ps_queue_room(&victim->queue);
    ps_unlock(&victim->lock);
    if (room)
        ps_engine_room(&pool->base);
    return count;
}

static bool take_high_from(struct ps_sharded_pool *pool, struct ps_shard *shard, struct ps_job *job)
{
    ps_lock(&shard->lock);
    bool got = ps_queue_has_high(&shard->queue);
    if (got) {
        shard->queue.in_a_row = 0;
        ps_queue_take(&shard->queue, job, 1);
        ps_shard_changed(pool, shard);
    }
    bool room = ps_queue_room(&shard->queue);
    ps_unlock(&shard->lock);
    if (room)
        ps_engine_room(&pool->base);
    return got;
}

/* relaxed: hints, before every task; who is about to sleep looks at `size`. */
static bool has_high(struct ps_shard *shard)
{
    return atomic_load_explicit(&shard->high, memory_order_relaxed) > 0;
}

static bool take_high_from_others(struct ps_sharded_pool *pool, struct ps_crew_worker *crew,
                                  struct ps_job *job)
{
    unsigned slot = crew->slot.number, slots = pool->crew.slots;
    for (unsigned i = 1; i < slots && atomic_load(&pool->stealing); i++) {
        struct ps_shard *victim = &pool->shard[(slot + i) % slots];
        if (!has_high(victim))
            continue;
        bool got = take_high_from(pool, victim, job);
        ps_probe_steal(&crew->slot.probe, (slot + i) % slots, got);
        if (got)
            return true;
    }
    return false;
}

/* One, which is run before what is in the hand. false: none waits, or it is somebody else's turn. */
static bool take_high(struct ps_sharded_pool *pool, struct ps_crew_worker *crew, struct ps_job *job)
{
    struct ps_shard *own = &pool->shard[crew->slot.number];
    bool got =
        own->in_a_row < PS_HIGH_IN_A_ROW && ((has_high(own) && take_high_from(pool, own, job)) ||
                                             take_high_from_others(pool, crew, job));
    own->in_a_row = got ? own->in_a_row + 1 : 0;
    own->hand.took += got; /* part of the time in which the hand is judged */
    return got;
}

/* Whether what is taken from others could be put back here. */
static bool can_keep(struct ps_shard *own)
{
    ps_lock(&own->lock);
    bool can = ps_queue_reserve(&own->queue);
    ps_unlock(&own->lock);
    return can;
}

static bool rob(struct ps_sharded_pool *pool, struct ps_crew_worker *crew, struct ps_shard *victim,
                struct ps_job *job)
{
    struct ps_shard *own = &pool->shard[crew->slot.number];
    struct ps_job loot[PS_HAND];
    if (!can_keep(own))
        return false;
    unsigned count = take_from(pool, victim, loot);
    ps_probe_steal(&crew->slot.probe, (unsigned)(victim - pool->shard), count);
    if (count == 0)
        return false;
    ps_lock(&own->lock);
    for (unsigned i = 0; i < count; i++)
        own->hand.item[i] = loot[i];
    *job = fill(pool, own, count, ps_now_ns());
    ps_unlock(&own->lock);
    return true;
}

/* seq_cst: also the look before sleep; see the protocol for the order. */
static bool holds_something(struct ps_shard *shard)
{
    return atomic_load(&shard->size) > 0 || ps_hand_size(&shard->hand) > 0;
}

static bool may_rob(struct ps_sharded_pool *pool, struct ps_shard *victim)
{
    return (atomic_load(&pool->stealing) || atomic_load(&victim->closed)) &&
           holds_something(victim);
}

static bool take_from_others(struct ps_sharded_pool *pool, struct ps_crew_worker *crew,
                             struct ps_job *job)
{
    struct ps_shard *own = &pool->shard[crew->slot.number];
    unsigned start = ps_rng_below(&own->rng, pool->crew.slots);
    for (unsigned i = 0; i < pool->crew.slots; i++) {
        struct ps_shard *victim = &pool->shard[(start + i) % pool->crew.slots];
        if (victim != own && may_rob(pool, victim) && rob(pool, crew, victim, job))
            return true;
    }
    return false;
}

static bool take_left_behind(struct ps_sharded_pool *pool, struct ps_crew_worker *crew,
                             struct ps_job *job)
{
    struct ps_shard *own = &pool->shard[crew->slot.number];
    if (++own->visits % AGE != 0 || atomic_load_explicit(&pool->left, memory_order_relaxed) == 0)
        return false;
    for (unsigned i = 0; i < pool->crew.slots; i++)
        if (atomic_load_explicit(&pool->shard[i].closed, memory_order_relaxed) &&
            &pool->shard[i] != own && holds_something(&pool->shard[i]) &&
            rob(pool, crew, &pool->shard[i], job))
            return true;
    return false;
}

/* Straight from short tasks to a queue of few: a visit for each of them would take the lock from the
 * producer all the time, so it comes a little later, for more of them. Once: then it has rested. */
static void let_pile_up(struct ps_sharded_pool *pool, struct ps_shard *own)
{
    if (pool->spins && ps_hand_brisk(&own->hand) && own->looks == 0 && own->hand.took > 0 &&
        atomic_load_explicit(&own->size, memory_order_relaxed) < FEW &&
        atomic_load_explicit(&pool->base.room_waiters, memory_order_relaxed) == 0)
        ps_look_later();
}

static bool find(struct ps_sharded_pool *pool, struct ps_crew_worker *crew, struct ps_job *job)
{
    unsigned slot = crew->slot.number;
    struct ps_shard *own = &pool->shard[slot];
    if (__builtin_expect(atomic_load_explicit(&pool->high, memory_order_relaxed) == 0, 1))
        own->in_a_row = 0;
    else if (take_high(pool, crew, job))
        return true;
    if (ps_hand_pop(&own->hand, job))
        return true;
    let_pile_up(pool, own);
    if (take_left_behind(pool, crew, job) || take_own(pool, own, job))
        return true;
    return ps_idle_search(&pool->idle, slot, atomic_load(&pool->workers)) &&
           take_from_others(pool, crew, job);
}

/* ---- resting ---- */

static bool sees_work(struct ps_sharded_pool *pool, struct ps_shard *own)
{
    for (unsigned i = 0; i < pool->crew.slots; i++)
        if (&pool->shard[i] != own && may_rob(pool, &pool->shard[i]))
            return true;
    return holds_something(own);
}

static bool falls_asleep(struct ps_sharded_pool *pool, unsigned slot)
{
    struct ps_shard *own = &pool->shard[slot];
    bool sleeps = !ps_idle_sleep(&pool->idle, slot) || !sees_work(pool, own);
    if (sleeps) {
        ps_lock(&own->lock);
        sleeps = own->asleep = ps_queue_count(&own->queue) == 0;
        ps_unlock(&own->lock);
    }
    if (!sleeps)
        ps_idle_rise(&pool->idle, slot);
    return sleeps;
}

static void rest_paused(struct ps_sharded_pool *pool, struct ps_slot *slot, uint32_t ticket)
{
    struct ps_shard *own = &pool->shard[slot->number];
    ps_lock(&own->lock);
    ps_shard_put_back(own);
    ps_shard_changed(pool, own);
    ps_unlock(&own->lock);
    ps_idle_found(&pool->idle, slot->number);
    ps_probe_state(&slot->probe, PS_STATE_PAUSED, -1);
    ps_parker_wait(&slot->parker, ticket, PS_NEVER);
}

/* Whoever woke it: what comes into its shard while it runs something is others' business too. */
static void rise(struct ps_sharded_pool *pool, unsigned slot)
{
    struct ps_shard *own = &pool->shard[slot];
    ps_lock(&own->lock);
    own->asleep = false;
    ps_unlock(&own->lock);
    ps_idle_rise(&pool->idle, slot);
}

static void rest(struct ps_sharded_pool *pool, struct ps_slot *slot, uint32_t ticket)
{
    struct ps_shard *own = &pool->shard[slot->number];
    if (pool->spins && own->looks < PS_LOOKS) {
        own->looks++;
        ps_probe_state(&slot->probe, PS_STATE_SEEK, -1);
        ps_look_later();
        return;
    }
    own->looks = 0;
    own->hand.took = 0;
    ps_engine_check_done(&pool->base);
    if (!falls_asleep(pool, slot->number))
        return;
    ps_probe_park(&slot->probe);
    ps_parker_wait(&slot->parker, ticket, PS_NEVER);
    ps_probe_woken(&slot->probe);
    rise(pool, slot->number);
}

static void leave(struct ps_sharded_pool *pool, unsigned slot)
{
    struct ps_shard *own = &pool->shard[slot];
    ps_lock(&own->lock);
    ps_shard_put_back(own);
    ps_shard_changed(pool, own);
    ps_shard_close(pool, own, true);
    ps_unlock(&own->lock);
    ps_idle_found(&pool->idle, slot);
    wake_searcher(pool);
}

void ps_shard_work(struct ps_crew_worker *crew)
{
    struct ps_sharded_pool *pool = ps_sharded_of(crew->slot.engine);
    struct ps_shard *own = &pool->shard[crew->slot.number];
    struct ps_job job;
    for (;;) {
        uint32_t ticket = ps_parker_ticket(&crew->slot.parker);
        if (ps_crew_retiring(crew) && ps_crew_leave(crew))
            break;
        if (ps_crew_paused(&pool->crew)) {
            rest_paused(pool, &crew->slot, ticket);
            continue;
        }
        if (!find(pool, crew, &job)) {
            rest(pool, &crew->slot, ticket);
            continue;
        }
        own->looks = 0;
        found(pool, crew->slot.number);
        ps_queue_run(&crew->slot, job);
    }
    leave(pool, crew->slot.number);
}
