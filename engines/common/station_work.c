/* Everything but sleeping and running is under the pool's lock; a visit is the time a worker holds
 * it to look for work.
 *
 * Protocol of calling. A seeker is a worker that will visit before it sleeps: it was called, or it
 * found nothing and looks again within SPIN_NS.
 *   producer  1 appends; 2 calls if that is due; 3 unlocks, wakes whom it called
 *   worker    1 takes a ticket of its parker; 2 locks; is no sleeper and no seeker any more; 3 takes
 *             some work, if there is any, and 4 calls if that is due; or becomes a seeker, or a
 *             sleeper; 5 unlocks, wakes whom it called; 6 runs, looks again, or waits with the ticket
 *   call      takes a sleeper off the list and makes it a seeker. Due while something waits, in the
 *             queue or in a hand, and nobody seeks; and when tasks are long, while more wait than
 *             seek
 * No task is left while somebody sleeps: whoever publishes work, takes only a part of it or leaves
 * the pool calls afterwards, and a seeker ends by a visit, which does one of these or finds nothing.
 * A wake-up names a worker, so nobody else can consume it (which is how a condition variable loses
 * it, glibc BZ 25847), and it is a ticket, so it is not lost if it comes before the sleep.
 *
 * config.wake_all makes a call a broadcast: every sleeper is called, all but one of them under the lock,
 * into which they run, as those of pthread_cond_broadcast with the mutex held. It is there to be looked
 * at: all but one find nothing.
 *
 * Hands (hand.h). While tasks are short, one visit takes several: its fair share of the queue, at
 * most a batch. They lie in the worker's hand, from which anybody can take them under the lock.
 * No task is left in a hand behind one that turns out long: a worker that finds the queue empty
 * looks into every hand before it sleeps; it looks into one in turn at each visit, and takes what
 * is overdue (OVERDUE younger ones were taken meanwhile) before what is in the queue; and a task
 * that waits gives its worker's hand back first. A hand is filled only if somebody else is awake or
 * is called, so somebody will look.
 *
 * Priorities. A task of high priority does not wait behind a hand: a worker that sees one counted in
 * `high` puts its hand back and visits. Such tasks, and what has its turn while one waits, are taken
 * one by one, so that the turns are kept.
 *
 * A hand's tasks have not begun, so they are still counted as queued where the queue is bounded.
 *
 * Rejected: a call for every task (a futex call a task; the herd finds the queue empty); batches
 * that nobody can take back (a task waits behind a long one while workers sleep); spinning longer
 * (it takes the CPU from the producer, where there are no more CPUs than busy threads). */
#include "base/clock.h"
#include "engines/common/stations.h"

enum { FEW = PS_HAND / 2, OVERDUE = 4 * PS_HAND };

/* ---- hands ---- */

static void set_charge(struct ps_station_worker *worker, unsigned charge)
{
    struct ps_station *station = worker->station;
    station->queue.held += charge - (size_t)worker->charge;
    station->holders += (charge > 0) - (unsigned)(worker->charge > 0);
    worker->charge = charge;
}

unsigned ps_station_put_back(struct ps_station_worker *worker)
{
    struct ps_job item[PS_HAND];
    unsigned count = ps_hand_take(&worker->hand, item, true);
    if (count > 0)
        ps_queue_put_back(&worker->station->queue, item, count);
    set_charge(worker, 0);
    return count;
}

void ps_station_recount(struct ps_station_pool *pool, struct ps_station *station)
{
    for (unsigned i = 0; i < pool->crew.slots && station->holders > 0; i++) {
        struct ps_station_worker *worker = &pool->worker[i];
        if (worker->station == station && worker->charge > 0)
            set_charge(worker, ps_hand_size(&worker->hand));
    }
}

/* ---- calling ---- */

static void fall_asleep(struct ps_station_worker *worker)
{
    struct ps_sleeper *head = &worker->station->asleep, *sleeper = &worker->sleeper;
    *sleeper = (struct ps_sleeper){head->next, head, true};
    sleeper->next->previous = sleeper;
    head->next = sleeper;
}

static void get_up(struct ps_sleeper *sleeper)
{
    sleeper->previous->next = sleeper->next;
    sleeper->next->previous = sleeper->previous;
    sleeper->listed = false;
}

static void seek(struct ps_station_worker *worker)
{
    worker->seeks = true;
    worker->station->seekers++;
}

static struct ps_station_worker *call_up(struct ps_station_pool *pool, struct ps_station *station)
{
    struct ps_sleeper *head = &station->asleep;
    struct ps_sleeper *sleeper =
        pool->plan.order == PS_CALL_LAST_ASLEEP ? head->next : head->previous;
    struct ps_station_worker *worker =
        (struct ps_station_worker *)((char *)sleeper - offsetof(struct ps_station_worker, sleeper));
    get_up(sleeper);
    seek(worker);
    return worker;
}

struct ps_station_worker *ps_station_call(struct ps_station_pool *pool, struct ps_station *station)
{
    struct ps_sleeper *head = &station->asleep;
    if (head->next == head)
        return NULL;
    size_t waiting = ps_queue_count(&station->queue) + (station->holders > 0);
    if (waiting == 0 || (station->brisk ? station->seekers > 0 : station->seekers >= waiting))
        return NULL;
    struct ps_station_worker *called = call_up(pool, station);
    while (pool->base.config.wake_all && head->next != head)
        ps_station_wake(pool, call_up(pool, station));
    return called;
}

void ps_station_wake(struct ps_station_pool *pool, struct ps_station_worker *worker)
{
    if (!worker)
        return;
    ps_probe_wake(ps_engine_probe(&pool->base));
    ps_parker_wake(&pool->crew.worker[worker - pool->worker].slot.parker);
}

/* ---- a visit ---- */

/* Nobody's sleeper or seeker any more, with an empty hand. */
static void arrive(struct ps_station_worker *self)
{
    if (self->sleeper.listed)
        get_up(&self->sleeper);
    if (self->seeks)
        self->station->seekers--;
    self->seeks = false;
    self->hand.took -=
        ps_station_put_back(self); /* what was not run says nothing of how long it takes */
}

static unsigned take_back(struct ps_station_worker *self, struct ps_station_worker *holder)
{
    unsigned count = ps_hand_take(&holder->hand, self->hand.item, false);
    set_charge(holder, holder->charge > count ? holder->charge - count : 0);
    return count;
}

/* What has waited in the hand whose turn it is while many younger ones were taken. */
static unsigned take_overdue(struct ps_station_pool *pool, struct ps_station_worker *self)
{
    struct ps_station *station = self->station;
    if (station->holders == 0)
        return 0;
    station->turn = (station->turn + 1) % pool->crew.slots;
    struct ps_station_worker *holder = &pool->worker[station->turn];
    if (holder->station != station || holder->charge == 0 ||
        ps_queue_taken_since(&station->queue, holder->position) < OVERDUE)
        return 0;
    return take_back(self, holder);
}

static unsigned take_from_hands(struct ps_station_pool *pool, struct ps_station_worker *self)
{
    struct ps_station *station = self->station;
    unsigned left = station->holders;
    for (unsigned i = 0; i < pool->crew.slots && left > 0; i++) {
        struct ps_station_worker *holder = &pool->worker[i];
        if (holder->station != station || holder->charge == 0)
            continue;
        left--;
        unsigned count = take_back(self, holder);
        if (count > 0)
            return count;
    }
    return 0;
}

static unsigned take_from_queue(struct ps_station_worker *self)
{
    struct ps_station *station = self->station;
    unsigned most = 1;
    if (ps_hand_brisk(&self->hand) && !ps_queue_has_high(&station->queue)) {
        size_t share = (ps_queue_count(&station->queue) + station->workers - 1) / station->workers;
        most = share < 1 ? 1 : share < self->hand.batch ? (unsigned)share : self->hand.batch;
    }
    return ps_queue_take(&station->queue, self->hand.item, most);
}

/* true: *job is to be run, and others are in the hand. */
static bool take(struct ps_station_pool *pool, struct ps_station_worker *self, uint64_t now_ns,
                 struct ps_job *job)
{
    struct ps_queue *queue = &self->station->queue;
    unsigned count = ps_queue_high_first(queue) ? 0 : take_overdue(pool, self);
    if (count > 0)
        queue->in_a_row = 0;
    else
        count = take_from_queue(self);
    if (count == 0)
        count = take_from_hands(pool, self);
    if (count == 0)
        return false;
    *job = ps_hand_fill(&self->hand, count, now_ns);
    set_charge(self, count - 1);
    self->position = ps_queue_taken(queue);
    return true;
}

/* Straight from short tasks to a queue of few: a visit for each of them would take the lock from the
 * producer all the time, so it comes once more, a little later, for more of them. */
static bool lets_pile_up(struct ps_station_pool *pool, struct ps_station_worker *self)
{
    const struct ps_queue *queue = &self->station->queue;
    return pool->spins && ps_hand_brisk(&self->hand) && self->looks == 0 && self->hand.took > 0 &&
           ps_queue_count(queue) < FEW && !queue->wanted && !ps_queue_has_high(queue);
}

enum finding { WORK, NOTHING_YET, NOTHING, PAUSE, LEFT };

static enum finding find(struct ps_station_pool *pool, struct ps_crew_worker *crew,
                         struct ps_station_worker *self, uint64_t now_ns, struct ps_job *job)
{
    if (ps_crew_leave(crew))
        return LEFT;
    if (ps_crew_paused(&pool->crew))
        return PAUSE;
    if (!lets_pile_up(pool, self) && take(pool, self, now_ns, job))
        return WORK;
    if (pool->spins && self->looks < PS_LOOKS) {
        seek(self);
        return NOTHING_YET;
    }
    fall_asleep(self);
    return NOTHING;
}

static enum finding visit(struct ps_station_pool *pool, struct ps_crew_worker *crew,
                          struct ps_station_worker *self, struct ps_job *job)
{
    uint64_t now_ns = ps_now_ns();
    ps_lock(&pool->lock);
    arrive(self);
    if (ps_hand_judge(&self->hand, now_ns))
        self->station->brisk = ps_hand_brisk(&self->hand);
    enum finding finding = find(pool, crew, self, now_ns, job);
    struct ps_station_worker *called = ps_station_call(pool, self->station);
    bool room = ps_queue_room(&self->station->queue);
    ps_unlock(&pool->lock);
    ps_station_wake(pool, called);
    if (room)
        ps_engine_room(&pool->base);
    self->looks = finding == NOTHING_YET ? self->looks + 1 : 0;
    if (finding != WORK && finding != NOTHING_YET)
        self->hand.took = 0;
    return finding;
}

/* ---- between visits ---- */

/* The state says why it rests. */
static void rest(struct ps_slot *slot, enum finding finding, uint32_t ticket)
{
    switch (finding) {
    case NOTHING_YET:
        ps_probe_state(&slot->probe, PS_STATE_SEEK, -1);
        ps_look_later();
        break;
    case PAUSE:
        ps_probe_state(&slot->probe, PS_STATE_PAUSED, -1);
        ps_parker_wait(&slot->parker, ticket, PS_NEVER);
        break;
    default:
        ps_engine_check_done(slot->engine);
        ps_probe_park(&slot->probe);
        ps_parker_wait(&slot->parker, ticket, PS_NEVER);
        ps_probe_woken(&slot->probe);
    }
}

/* Whether the hand may be used without a visit. */
static bool undisturbed(struct ps_station_pool *pool, struct ps_crew_worker *crew,
                        const _Atomic uint32_t *high)
{
    return !ps_crew_paused(&pool->crew) && !ps_crew_retiring(crew) &&
           atomic_load_explicit((_Atomic uint32_t *)high, memory_order_relaxed) == 0;
}

void ps_station_work(struct ps_crew_worker *crew)
{
    struct ps_station_pool *pool = ps_stations_of(crew->slot.engine);
    struct ps_station_worker *self = &pool->worker[crew->slot.number];
    const _Atomic uint32_t *high = self->station->queue.high;
    struct ps_job job;
    for (;;) {
        uint32_t ticket = ps_parker_ticket(&crew->slot.parker);
        enum finding finding = undisturbed(pool, crew, high) && ps_hand_pop(&self->hand, &job)
                                   ? WORK
                                   : visit(pool, crew, self, &job);
        if (finding == LEFT)
            return;
        if (finding == WORK)
            ps_queue_run(&crew->slot, job);
        else
            rest(&crew->slot, finding, ticket);
    }
}
