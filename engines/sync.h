/* Mutexes, semaphores, conditions and wait groups between tasks, the same on every engine: a waiting
 * task waits in its engine's way (PS_WAIT_PARK), so on a green engine its worker goes on and on an
 * OS-thread engine it does not. Public and installed.
 *
 * Fair: waiters are served in the order in which they came, and what is let go of is handed to the
 * first of them; nobody who comes later overtakes. A wait ends at until_ns (PS_NEVER: no limit), at
 * the task's deadline and when it is cancelled, leaves nothing behind, and tells whether it was
 * served: no place and no wake-up is lost. An operation that need not wait is done also for a task
 * that is to stop.
 *
 * Direct style waits in place; `task` is the calling task, or NULL on a thread that is none, which
 * then sleeps. Event style: `begin` returns PS_EAGAIN with a wait to return from the body's step; when
 * the body is called next it calls ps_sync_again, and on PS_EAGAIN returns the wait once more. The
 * wait says PS_STATE_LOCK (a group's PS_STATE_JOIN), which its owner may change before it returns it.
 *
 * Results of a wait: PS_OK; PS_ETIMEDOUT; PS_ECANCELED: the task is to stop; another error: the engine
 * could not wait (PS_ENOMEM). All but PS_OK: not served, unless said otherwise.
 *
 * Memory: the user's; it outlives every call. A mutex or semaphore may go once whoever waited for it
 * has got it and nobody else uses it; a wait group once a wait for it has returned PS_OK. A thread
 * outside an engine that wakes its tasks is through with that call before the engine is destroyed. */
#ifndef PS_ENGINES_SYNC_H
#define PS_ENGINES_SYNC_H

#include "engines/common/lock.h"
#include "engines/engine.h"

struct ps_sync_wait;

struct ps_sync_queue {
    struct ps_sync_wait *first, *last;
};

/* ---- counting semaphore ---- */

/* In ps_semaphore.word and ps_wait_group.word. */
#define PS_SYNC_WAITERS (UINT32_C(1) << 31)

struct ps_semaphore {
    _Atomic uint32_t word; /* free places; PS_SYNC_WAITERS: none, and `queue` is not empty */
    struct ps_lock lock;   /* of `queue` and of every change to or from PS_SYNC_WAITERS; never held
                              across a wait or a wake-up */
    struct ps_sync_queue queue;
};

/* places < 2^31. */
void ps_semaphore_init(struct ps_semaphore *semaphore, uint32_t places);
enum ps_err ps_semaphore_take_slowly(struct ps_semaphore *semaphore, struct ps_task *task,
                                     uint64_t until_ns);
/* Hand a place to the first waiter. false: there is none any more. */
bool ps_semaphore_hand_over(struct ps_semaphore *semaphore);

/* Take a place, now or not at all. */
static inline bool ps_semaphore_try(struct ps_semaphore *semaphore)
{
    uint32_t word = atomic_load_explicit(&semaphore->word, memory_order_relaxed);
    /* acquire, partner: ps_semaphore_put. */
    while (word != 0 && word != PS_SYNC_WAITERS)
        if (atomic_compare_exchange_weak_explicit(&semaphore->word, &word, word - 1,
                                                  memory_order_acquire, memory_order_relaxed))
            return true;
    return false;
}

/* Direct style. */
static inline enum ps_err ps_semaphore_take(struct ps_semaphore *semaphore, struct ps_task *task,
                                            uint64_t until_ns)
{
    return ps_semaphore_try(semaphore) ? PS_OK
                                       : ps_semaphore_take_slowly(semaphore, task, until_ns);
}

/* Event style. PS_OK: got a place; PS_EAGAIN. */
enum ps_err ps_semaphore_begin(struct ps_semaphore *semaphore, struct ps_task *task,
                               struct ps_sync_wait *wait, uint64_t until_ns);

/* Give a place (back). Any thread. */
static inline void ps_semaphore_put(struct ps_semaphore *semaphore)
{
    uint32_t word = atomic_load_explicit(&semaphore->word, memory_order_relaxed);
    do {
        while (word != PS_SYNC_WAITERS)
            /* release, partner: ps_semaphore_try. Nothing is touched afterwards. */
            if (atomic_compare_exchange_weak_explicit(&semaphore->word, &word, word + 1,
                                                      memory_order_release, memory_order_relaxed))
                return;
        word = 0;
    } while (!ps_semaphore_hand_over(semaphore));
}

/* ---- mutex ---- */

/* A semaphore with one place. Not recursive. Whoever has locked it unlocks it. */
struct ps_mutex {
    struct ps_semaphore place;
};

void ps_mutex_init(struct ps_mutex *mutex);

static inline bool ps_mutex_try(struct ps_mutex *mutex)
{
    return ps_semaphore_try(&mutex->place);
}

static inline enum ps_err ps_mutex_lock(struct ps_mutex *mutex, struct ps_task *task,
                                        uint64_t until_ns)
{
    return ps_semaphore_take(&mutex->place, task, until_ns);
}

static inline enum ps_err ps_mutex_begin(struct ps_mutex *mutex, struct ps_task *task,
                                         struct ps_sync_wait *wait, uint64_t until_ns)
{
    return ps_semaphore_begin(&mutex->place, task, wait, until_ns);
}

static inline void ps_mutex_unlock(struct ps_mutex *mutex)
{
    ps_semaphore_put(&mutex->place);
}

/* ---- condition ---- */

/* All who wait at one time do so with the same mutex. A signal hands its waiter on to the mutex, and
 * a broadcast all of them: they come back one by one, each with the mutex, and none is woken only to
 * wait for it. A wait may end without cause: callers test their condition again. */
struct ps_cond {
    struct ps_lock lock; /* of `queue`; never held across a wait or a wake-up */
    struct ps_sync_queue queue;
};

void ps_cond_init(struct ps_cond *cond);

/* Direct style. Unlock `mutex` and wait for a signal. PS_OK, PS_ETIMEDOUT: `mutex` is locked again;
 * any other result: it is not, since a task that is to stop waits for nothing. */
enum ps_err ps_cond_wait(struct ps_cond *cond, struct ps_mutex *mutex, struct ps_task *task,
                         uint64_t until_ns);
/* Event style: then return &wait->wait. */
void ps_cond_begin(struct ps_cond *cond, struct ps_mutex *mutex, struct ps_task *task,
                   struct ps_sync_wait *wait, uint64_t until_ns);

/* One waiter; all who wait now. Any thread, with or without the mutex. */
void ps_cond_signal(struct ps_cond *cond);
void ps_cond_broadcast(struct ps_cond *cond);

/* ---- wait group ---- */

/* Counts what is under way; a wait ends when the count has come to 0. */
struct ps_wait_group {
    _Atomic uint32_t word; /* the count; PS_SYNC_WAITERS: `queue` is not empty, or was not when the
                              count came to 0 and who brought it there is about to see to it */
    struct ps_lock lock;   /* of the rest; never held across a wait or a wake-up */
    uint32_t zeros;        /* how often the count came to 0 while somebody waited */
    struct ps_sync_queue queue;
};

/* count < 2^31. */
void ps_wait_group_init(struct ps_wait_group *group, uint32_t count);

/* Before the work begins; while somebody waits only if the count is not 0. Any thread. */
static inline void ps_wait_group_add(struct ps_wait_group *group, uint32_t count)
{
    /* relaxed: whatever publishes the work orders it. */
    atomic_fetch_add_explicit(&group->word, count, memory_order_relaxed);
}

void ps_wait_group_done_slowly(struct ps_wait_group *group);

/* One is through. Any thread. */
static inline void ps_wait_group_done(struct ps_wait_group *group)
{
    /* acq_rel, partner: each other's, and the load of who waits: it sees what all have done. Nothing
     * is touched afterwards but by the last one, for waiters who cannot leave before. */
    if (atomic_fetch_sub_explicit(&group->word, 1, memory_order_acq_rel) == PS_SYNC_WAITERS + 1)
        ps_wait_group_done_slowly(group);
}

/* Direct style. */
enum ps_err ps_wait_group_wait(struct ps_wait_group *group, struct ps_task *task,
                               uint64_t until_ns);
/* Event style. PS_OK: the count is 0; PS_EAGAIN. */
enum ps_err ps_wait_group_begin(struct ps_wait_group *group, struct ps_task *task,
                                struct ps_sync_wait *wait, uint64_t until_ns);

/* ---- waits in event style ---- */

/* Owner: the task that waits, from `begin` until the result is not PS_EAGAIN. */
struct ps_sync_wait {
    struct ps_wait wait; /* first; what to return from the step */
    struct ps_task *task;
    enum ps_err (*again)(struct ps_sync_wait *wait);
    void *owner; /* the semaphore, condition or group */
    struct ps_mutex *mutex;
    struct ps_sync_wait *next, *previous; /* under the lock of the queue it is in, as the rest */
    uint32_t zeros;                       /* of the group, when it came */
    bool served;
    bool called;            /* by the condition: it is the mutex's waiter now */
    bool timed_out;         /* at the condition */
    _Atomic uint32_t woken; /* of a thread that is no task */
};

/* The body is called after the wait: PS_EAGAIN: return it again; else it is over. */
enum ps_err ps_sync_again(struct ps_sync_wait *wait);

/* Wait no longer. PS_OK: it was served before that; else PS_ECANCELED. */
static inline enum ps_err ps_sync_give_up(struct ps_sync_wait *wait)
{
    wait->wait.result = PS_ECANCELED;
    return ps_sync_again(wait);
}

#endif
