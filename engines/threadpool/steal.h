/* The stealing pool's own struct. Shared by steal.c (the contract), steal_find.c (where a worker
 * finds tasks) and steal_work.c (what a worker does).
 *
 * Where a task waits: one of high priority in `high`; else one submitted from outside in `inject`, a
 * worker's in its deque, or in `overflow` when that is full or was given up. Order of a worker: `high`
 * (see PS_TRAIT_PRIORITY); its own deque, newest first;
 * every 61st time and when that is empty the shared lists, oldest first, a fair share at once (so
 * what waits in a deque can be stolen, but only if stealing is on); then the deques of others,
 * oldest first.
 *
 * Bound: tasks from outside that are accepted and not started are at most config.queue, wherever
 * they wait; under PS_ON_FULL_REFUSE those of workers count too. */
#ifndef PS_ENGINES_THREADPOOL_STEAL_H
#define PS_ENGINES_THREADPOOL_STEAL_H

#include "base/rng.h"
#include "engines/common/crew.h"
#include "engines/common/light.h"
#include "engines/common/task_list.h"
#include "engines/threadpool/deque.h"
#include "engines/threadpool/idle.h"
#include "engines/threadpool/threadpool.h"

struct ps_steal_worker {
    struct ps_deque deque;
    struct ps_rng rng; /* whom to try first */
    uint32_t tick;     /* tasks taken */
    uint32_t in_a_row; /* of them of high priority, up to now */
    const char *base;  /* of its stack, about */
};

struct ps_steal_pool {
    struct ps_engine base;
    struct ps_crew crew;
    struct ps_idle idle;
    struct ps_light light;
    struct ps_steal_worker *worker;         /* one a slot */
    _Atomic uint32_t stealing;              /* PS_KNOB_STEALING */
    _Atomic uint32_t workers;               /* the target */
    _Atomic uint32_t span;                  /* slots that ever had a worker are below this */
    _Alignas(128) _Atomic uint64_t charged; /* tasks that count against config.queue */
    _Alignas(128) pthread_mutex_t lock;     /* of the lists */
    struct ps_task_list overflow, inject, high;
    _Atomic size_t shared; /* tasks in the first two; stored under the lock, read anywhere */
    /* Tasks in `high`, likewise: on a line that is not written as long as none comes. */
    _Alignas(128) _Atomic size_t waits_high;
};

static inline struct ps_steal_pool *ps_steal_of(struct ps_engine *engine)
{
    return (struct ps_steal_pool *)engine;
}

static inline bool ps_steal_enabled(struct ps_steal_pool *pool)
{
    return atomic_load(&pool->stealing) != 0;
}

/* ---- steal_find.c ---- */

/* Take a task from wherever there is one. The worker. help: for a join, which takes one at a time.
 */
struct ps_task *ps_steal_find(struct ps_steal_pool *pool, struct ps_crew_worker *self, bool help);
/* Whether there seems to be something for the worker to take. */
bool ps_steal_sees_work(struct ps_steal_pool *pool, unsigned slot);
/* The same for a searcher that found something and has taken itself off: cheaper. */
bool ps_steal_sees_more(struct ps_steal_pool *pool, unsigned slot);
/* Put into `high`. Any thread; takes the lock. */
void ps_steal_put_high(struct ps_steal_pool *pool, struct ps_task *task);
/* Put into the worker's own deque or the overflow list. */
void ps_steal_keep(struct ps_steal_pool *pool, unsigned slot, struct ps_task *task);
/* Give the whole deque to the overflow list. */
void ps_steal_hand_over(struct ps_steal_pool *pool, unsigned slot);
/* Under pool->lock: the lists have changed. */
void ps_steal_shared_changed(struct ps_steal_pool *pool);
/* A task leaves the queues, to run or to be ended: it counts no longer against the bound. */
void ps_steal_uncharge(struct ps_steal_pool *pool, struct ps_task *task);
/* Take everything that waits anywhere. Any thread. */
struct ps_task_list ps_steal_sweep(struct ps_steal_pool *pool);

/* ---- steal_work.c ---- */

void ps_steal_work(struct ps_crew_worker *self);
enum ps_err ps_steal_wait(struct ps_task *task, struct ps_wait *wait);
/* A task was published: wake somebody for it if nobody looks already. Any thread. */
void ps_steal_notify(struct ps_steal_pool *pool);

#endif
