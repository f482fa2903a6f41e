/* The queue's bound: accepted - taken >= config.queue is full. What comes from outside is counted
 * under the shared queue's lock, what workers accept and take by the workers. The sum over the
 * workers is only made when it can matter: at most PRIVATE_TASKS new tasks a worker are outside the
 * shared queue and the held list (ring, offer, hot slot, a batch in its hands).
 *
 * A waiting submitter (see core.c, `room`): it raises room_waiters, then executes own_barrier, then
 * reads `taken`; a worker raises `taken`, then reads room_waiters: a worker whose read comes before
 * the barrier has its `taken` seen. Without membarrier the worker's is an RMW.
 *
 * The limit: live = taken - gone. A starter sums under the limit's lock and holds its task if there
 * is no place. An ender raises `gone`, then takes the lock and queues one held task if there is a
 * place; so either the starter sees `gone`, or the ender comes after and finds the held task. */
#include "engines/green/scheduler.h"

enum { PRIVATE_TASKS = 2 * OWN_SLOTS };

static unsigned slots_of(struct green *green)
{
    return atomic_load_explicit(&green->slots, memory_order_acquire);
}

/* Under the shared queue's lock. `taken` is read first: the sum is never too small. */
static uint64_t queued(struct green *green)
{
    uint64_t taken = 0, accepted = 0;
    unsigned slots = slots_of(green);
    for (unsigned i = 0; i < slots; i++)
        taken += atomic_load(&green->worker[i]->taken);
    for (unsigned i = 0; i < slots; i++)
        accepted += atomic_load(&green->worker[i]->spawned);
    return accepted + green->shared.accepted - taken;
}

/* Under the shared queue's lock. */
static bool has_room(struct green *green)
{
    uint64_t most = green->shared.fresh + atomic_load(&green->limit.held) +
                    (uint64_t)PRIVATE_TASKS * slots_of(green);
    return most < green->base.config.queue || queued(green) < green->base.config.queue;
}

/* Once more for a submitter that is going to wait. */
static bool has_room_for_sure(struct green *green)
{
    if (has_room(green))
        return true;
    if (!green->biased || atomic_load(&green->base.room_waiters) == 0)
        return false;
    own_barrier();
    return has_room(green);
}

static void add(_Atomic uint64_t *own, uint64_t n)
{
    atomic_store_explicit(own, atomic_load_explicit(own, memory_order_relaxed) + n,
                          memory_order_release);
}

static enum ps_err submit_from_outside(struct green *green, struct ps_task *task)
{
    pthread_mutex_lock(&green->shared.lock);
    enum ps_err err = has_room_for_sure(green) ? PS_OK : PS_EFULL;
    if (!ps_engine_open_for(&green->base, false))
        err = PS_ECLOSED;
    if (err == PS_OK) {
        ps_task_accept(&green->base, task);
        green->shared.accepted++;
        shared_push_locked(&green->shared, task, task, 1);
    }
    pthread_mutex_unlock(&green->shared.lock);
    if (err == PS_OK)
        green_notify(green);
    return err;
}

enum ps_err green_submit(struct ps_engine *engine, struct ps_task *task)
{
    struct green *green = (struct green *)engine;
    struct green_worker *worker = worker_self(green);
    if (!task->body->run && !task->body->step)
        return PS_ENOTSUP;
    if (!worker)
        return submit_from_outside(green, task);
    if (!ps_engine_open_for(engine, true))
        return PS_ECLOSED;
    if (engine->config.on_full == PS_ON_FULL_REFUSE) {
        pthread_mutex_lock(&green->shared.lock);
        bool room = has_room(green);
        if (room)
            add(&worker->spawned, 1);
        pthread_mutex_unlock(&green->shared.lock);
        if (!room)
            return PS_EFULL;
    } else {
        add(&worker->spawned, 1);
    }
    ps_task_accept(engine, task);
    green_put(worker, task, true);
    return PS_OK;
}

/* Under the limit's lock. `gone` is read first: the sum is never too small. */
static bool may_start(struct green *green, uint64_t most)
{
    uint64_t gone = 0, taken = 0;
    unsigned slots = slots_of(green);
    for (unsigned i = 0; i < slots; i++)
        gone += atomic_load(&green->worker[i]->gone);
    for (unsigned i = 0; i < slots; i++)
        taken += atomic_load(&green->worker[i]->taken);
    return most == 0 || taken - gone < most ||
           ps_engine_phase(&green->base) >= PS_ENGINE_CANCELLING;
}

static void count_taken(struct green_worker *worker)
{
    if (worker->green->biased)
        add(&worker->taken, 1);
    else
        atomic_fetch_add(&worker->taken, 1);
    atomic_signal_fence(memory_order_seq_cst);
}

static bool any_held(const struct limit *limit)
{
    return limit->line[PS_PRIORITY_NORMAL].first || limit->line[PS_PRIORITY_HIGH].first;
}

static void hold(struct limit *limit, struct ps_task *task)
{
    ps_task_list_push(&limit->line[task->priority], task);
    atomic_fetch_add(&limit->held, 1);
}

/* Some are held. */
static struct ps_task *unhold(struct limit *limit)
{
    struct ps_task_list *high = &limit->line[PS_PRIORITY_HIGH];
    struct ps_task_list *normal = &limit->line[PS_PRIORITY_NORMAL];
    bool first = high->first && (limit->in_a_row < PS_HIGH_IN_A_ROW || !normal->first);
    limit->in_a_row = first ? limit->in_a_row + (limit->in_a_row < PS_HIGH_IN_A_ROW) : 0;
    atomic_fetch_sub(&limit->held, 1);
    return ps_task_list_pop(first ? high : normal);
}

struct ps_task *admit(struct green_worker *worker, struct ps_task *task)
{
    struct green *green = worker->green;
    struct limit *limit = &green->limit;
    if (atomic_load(&limit->most) == 0) {
        count_taken(worker);
    } else {
        pthread_mutex_lock(&limit->lock);
        if (any_held(limit)) {
            hold(limit, task);
            task = NULL;
        }
        if (may_start(green, atomic_load(&limit->most))) {
            task = task ? task : unhold(limit);
            count_taken(worker);
        } else if (task) {
            hold(limit, task);
            task = NULL;
        }
        pthread_mutex_unlock(&limit->lock);
    }
    if (task)
        ps_engine_room(&green->base);
    return task;
}

void admit_ended(struct green_worker *worker)
{
    struct green *green = worker->green;
    struct limit *limit = &green->limit;
    add(&worker->gone, 1);
    if (atomic_load(&limit->most) == 0)
        return;
    struct ps_task *task = NULL;
    pthread_mutex_lock(&limit->lock);
    if (any_held(limit) && may_start(green, atomic_load(&limit->most)))
        task = unhold(limit);
    pthread_mutex_unlock(&limit->lock);
    if (task)
        green_schedule(green, task, false);
}

void admit_all(struct green *green)
{
    struct limit *limit = &green->limit;
    pthread_mutex_lock(&limit->lock);
    while (any_held(limit)) {
        struct ps_task *task = unhold(limit);
        shared_push(&green->shared, task, task, 1);
    }
    pthread_mutex_unlock(&limit->lock);
    green_notify(green);
}
