/* Protocol of a wait
 *   waiter  1 no place: under the lock sets WAITERS and queues its record   2 waits (PS_WAIT_PARK)
 *           3 takes the lock: served, the place is its own; woken without cause: goes to 2; out of
 *             time or cancelled: takes its record out of the queue
 *   server  1 finds WAITERS, takes the lock   2 takes the first record out of the queue, marks it
 *           served and pins its task   3 gives up the lock   4 unparks the task and unpins it
 * The lock decides between being served and giving up. A waiter leaves by way of the lock, so by then
 * its server no longer touches the record or what was waited for; the pin (core.h) keeps the task's
 * memory until its server's step 4, whatever wakes the task before. A thread that is no task is woken
 * by a futex call on its record's address, which reads nothing there.
 *
 * `word` changes by CAS as long as WAITERS is not in it; from and to WAITERS under the lock alone. So
 * whoever finds no waiters touches the word and nothing else.
 *
 * Condition: a waiter that is signalled becomes a waiter of the mutex where it is, with its record;
 * under both locks, the condition's first, so that it is always in one queue. Who called may so serve
 * one at most: the mutex is then taken, and cannot be let go of before the condition's lock is.
 *
 * Wait group: who brings the count to 0 serves the first waiter, and each who leaves serves the next
 * one of those who were there, known by their `zeros`. While the count is 0 and WAITERS is set, the
 * one who brought it there has not had the lock yet: nobody else clears WAITERS, and nobody who is
 * told that the count is 0 has been told so before he is through.
 *
 * Rejected: an unpark under the lock (a system call in a critical section, and the woken task runs
 * into the lock); an unpark after it without the pin (the task may have ended); waking all waiters of
 * a group or condition in a loop that takes the lock again (the first to wake may free it); a free
 * place for whoever comes first (faster between threads, but a waiter can starve). */
#include "engines/sync.h"

#include <limits.h>

#include "engines/common/core.h"
#include "engines/common/parker.h"

static const uint32_t WAITERS = PS_SYNC_WAITERS;

/* ---- queues and wake-ups ---- */

static void enqueue(struct ps_sync_queue *queue, struct ps_sync_wait *wait)
{
    wait->next = NULL;
    wait->previous = queue->last;
    if (queue->last)
        queue->last->next = wait;
    else
        queue->first = wait;
    queue->last = wait;
}

static void dequeue(struct ps_sync_queue *queue, struct ps_sync_wait *wait)
{
    if (wait->previous)
        wait->previous->next = wait->next;
    else
        queue->first = wait->next;
    if (wait->next)
        wait->next->previous = wait->previous;
    else
        queue->last = wait->previous;
}

/* Whom to wake when the lock has been given up. */
struct wake {
    struct ps_task *task;
    _Atomic uint32_t *thread;
};

/* Under the lock; `wait` is in no queue. */
static struct wake serve(struct ps_sync_wait *wait)
{
    wait->served = true;
    if (wait->task) {
        ps_task_pin(wait->task);
        return (struct wake){.task = wait->task};
    }
    /* release, partner sleep_as_thread. */
    atomic_store_explicit(&wait->woken, 1, memory_order_release);
    return (struct wake){.thread = &wait->woken};
}

static void wake_up(struct wake wake)
{
    if (wake.task) {
        ps_task_unpark(wake.task);
        ps_task_unpin(wake.task);
    } else if (wake.thread) {
        ps_futex_wake(wake.thread, 1);
    }
}

static enum ps_err sleep_as_thread(struct ps_sync_wait *wait)
{
    while (atomic_load_explicit(&wait->woken, memory_order_acquire) == 0)
        if (!ps_futex_wait(&wait->woken, 0, wait->wait.until_ns))
            return PS_ETIMEDOUT;
    return PS_OK;
}

static enum ps_err wait_in_place(struct ps_sync_wait *wait)
{
    enum ps_err err;
    do {
        if (wait->task)
            ps_wait(wait->task, &wait->wait);
        else
            wait->wait.result = sleep_as_thread(wait);
        err = wait->again(wait);
    } while (err == PS_EAGAIN);
    return err;
}

enum ps_err ps_sync_again(struct ps_sync_wait *wait)
{
    return wait->again(wait);
}

/* ---- semaphore ---- */

void ps_semaphore_init(struct ps_semaphore *semaphore, uint32_t places)
{
    *semaphore = (struct ps_semaphore){.word = places};
}

void ps_mutex_init(struct ps_mutex *mutex)
{
    ps_semaphore_init(&mutex->place, 1);
}

/* Under the lock: take a place, or leave WAITERS in the word for who is about to queue. */
static bool take_or_announce(struct ps_semaphore *semaphore)
{
    uint32_t word = atomic_load_explicit(&semaphore->word, memory_order_relaxed);
    while (word != WAITERS) {
        uint32_t next = word == 0 ? WAITERS : word - 1;
        /* acquire, partner: ps_semaphore_put. */
        if (atomic_compare_exchange_weak_explicit(&semaphore->word, &word, next,
                                                  memory_order_acquire, memory_order_relaxed))
            return next != WAITERS;
    }
    return false;
}

/* Under the lock, with WAITERS set: nobody else writes the word. */
static void semaphore_dequeue(struct ps_semaphore *semaphore, struct ps_sync_wait *wait)
{
    dequeue(&semaphore->queue, wait);
    if (!semaphore->queue.first)
        atomic_store_explicit(&semaphore->word, 0, memory_order_relaxed);
}

/* A waiter that has come by way of a condition too. `cause`: why it is to wait no longer, or PS_OK. */
static enum ps_err semaphore_settle(struct ps_semaphore *semaphore, struct ps_sync_wait *wait,
                                    enum ps_err cause)
{
    ps_lock(&semaphore->lock);
    if (wait->served)
        cause = PS_OK;
    else if (cause == PS_OK)
        cause = PS_EAGAIN;
    else
        semaphore_dequeue(semaphore, wait);
    ps_unlock(&semaphore->lock);
    return cause;
}

static enum ps_err semaphore_again(struct ps_sync_wait *wait)
{
    return semaphore_settle(wait->owner, wait, wait->wait.result);
}

enum ps_err ps_semaphore_begin(struct ps_semaphore *semaphore, struct ps_task *task,
                               struct ps_sync_wait *wait, uint64_t until_ns)
{
    if (ps_semaphore_try(semaphore))
        return PS_OK;
    *wait = (struct ps_sync_wait){
        .wait = {.kind = PS_WAIT_PARK, .why = PS_STATE_LOCK, .until_ns = until_ns, .fd = -1},
        .task = task,
        .again = semaphore_again,
        .owner = semaphore};
    ps_lock(&semaphore->lock);
    bool got = take_or_announce(semaphore);
    if (!got)
        enqueue(&semaphore->queue, wait);
    ps_unlock(&semaphore->lock);
    return got ? PS_OK : PS_EAGAIN;
}

enum ps_err ps_semaphore_take_slowly(struct ps_semaphore *semaphore, struct ps_task *task,
                                     uint64_t until_ns)
{
    struct ps_sync_wait wait;
    enum ps_err err = ps_semaphore_begin(semaphore, task, &wait, until_ns);
    return err == PS_EAGAIN ? wait_in_place(&wait) : err;
}

/* Where nobody waits any more the place is not put here: with a place that is free the semaphore may
 * go, and we still have its lock. */
bool ps_semaphore_hand_over(struct ps_semaphore *semaphore)
{
    struct wake wake = {0};
    ps_lock(&semaphore->lock);
    struct ps_sync_wait *first = semaphore->queue.first;
    if (first) {
        semaphore_dequeue(semaphore, first);
        wake = serve(first);
    }
    ps_unlock(&semaphore->lock);
    wake_up(wake);
    return first != NULL;
}

/* ---- condition ---- */

void ps_cond_init(struct ps_cond *cond)
{
    *cond = (struct ps_cond){0};
}

/* Call up to `most` waiters: they become the mutex's. */
static void call(struct ps_cond *cond, size_t most)
{
    struct wake wake = {0};
    ps_lock(&cond->lock);
    struct ps_sync_wait *wait = cond->queue.first;
    if (wait) {
        struct ps_semaphore *place = &wait->mutex->place;
        ps_lock(&place->lock);
        for (; wait && most > 0; most--, wait = cond->queue.first) {
            dequeue(&cond->queue, wait);
            wait->called = true;
            if (take_or_announce(place))
                wake = serve(wait);
            else
                enqueue(&place->queue, wait);
        }
        ps_unlock(&place->lock);
    }
    ps_unlock(&cond->lock);
    wake_up(wake);
}

void ps_cond_signal(struct ps_cond *cond)
{
    call(cond, 1);
}

void ps_cond_broadcast(struct ps_cond *cond)
{
    call(cond, SIZE_MAX);
}

/* Out of time, and no longer in the condition's queue: back with the mutex. */
static enum ps_err lock_again(struct ps_sync_wait *wait)
{
    struct ps_semaphore *place = &wait->mutex->place;
    wait->called = wait->timed_out = true;
    wait->wait.until_ns = PS_NEVER;
    ps_lock(&place->lock);
    bool got = take_or_announce(place);
    if (!got)
        enqueue(&place->queue, wait);
    ps_unlock(&place->lock);
    return got ? PS_ETIMEDOUT : PS_EAGAIN;
}

static enum ps_err cond_again(struct ps_sync_wait *wait)
{
    struct ps_cond *cond = wait->owner;
    enum ps_err cause = wait->wait.result;
    ps_lock(&cond->lock);
    bool called = wait->called;
    if (!called && cause != PS_OK)
        dequeue(&cond->queue, wait);
    ps_unlock(&cond->lock);
    if (!called)
        return cause == PS_OK ? PS_EAGAIN : cause == PS_ETIMEDOUT ? lock_again(wait) : cause;
    if (cause == PS_ETIMEDOUT) { /* called in time: it waits for the mutex as long as it takes */
        wait->wait.until_ns = PS_NEVER;
        cause = PS_OK;
    }
    enum ps_err err = semaphore_settle(&wait->mutex->place, wait, cause);
    if (err == PS_OK && wait->timed_out)
        return PS_ETIMEDOUT;
    if (err != PS_OK && err != PS_EAGAIN && !wait->timed_out)
        call(cond, 1); /* the signal was for somebody who can use it */
    return err;
}

void ps_cond_begin(struct ps_cond *cond, struct ps_mutex *mutex, struct ps_task *task,
                   struct ps_sync_wait *wait, uint64_t until_ns)
{
    *wait = (struct ps_sync_wait){
        .wait = {.kind = PS_WAIT_PARK, .why = PS_STATE_LOCK, .until_ns = until_ns, .fd = -1},
        .task = task,
        .again = cond_again,
        .owner = cond,
        .mutex = mutex};
    ps_lock(&cond->lock);
    enqueue(&cond->queue, wait);
    ps_unlock(&cond->lock);
    ps_mutex_unlock(mutex);
}

enum ps_err ps_cond_wait(struct ps_cond *cond, struct ps_mutex *mutex, struct ps_task *task,
                         uint64_t until_ns)
{
    struct ps_sync_wait wait;
    ps_cond_begin(cond, mutex, task, &wait, until_ns);
    return wait_in_place(&wait);
}

/* ---- wait group ---- */

void ps_wait_group_init(struct ps_wait_group *group, uint32_t count)
{
    *group = (struct ps_wait_group){.word = count};
}

/* Under the lock: the next waiter whose count has come to 0. */
static struct wake serve_next(struct ps_wait_group *group)
{
    struct ps_sync_wait *first = group->queue.first;
    if (!first || first->zeros == group->zeros)
        return (struct wake){0};
    dequeue(&group->queue, first);
    return serve(first);
}

void ps_wait_group_done_slowly(struct ps_wait_group *group)
{
    ps_lock(&group->lock);
    group->zeros++;
    /* relaxed: what was done is with the count's own updates. */
    atomic_fetch_and_explicit(&group->word, ~WAITERS, memory_order_relaxed);
    struct wake wake = serve_next(group);
    ps_unlock(&group->lock);
    wake_up(wake);
}

/* Under the lock: a waiter whose count has not come to 0 leaves the queue. */
static void group_dequeue(struct ps_wait_group *group, struct ps_sync_wait *wait)
{
    dequeue(&group->queue, wait);
    const struct ps_sync_wait *last = group->queue.last;
    if (last && last->zeros == group->zeros)
        return;
    uint32_t word = atomic_load_explicit(&group->word, memory_order_relaxed);
    while (word != WAITERS &&
           !atomic_compare_exchange_weak_explicit(&group->word, &word, word & ~WAITERS,
                                                  memory_order_relaxed, memory_order_relaxed))
        ;
}

/* Under the lock. */
static enum ps_err group_settle(struct ps_wait_group *group, struct ps_sync_wait *wait)
{
    enum ps_err cause = wait->wait.result;
    if (wait->served)
        return PS_OK;
    if (wait->zeros != group->zeros && cause != PS_OK) {
        dequeue(&group->queue, wait);
        return PS_OK;
    }
    if (cause == PS_OK)
        return PS_EAGAIN;
    /* acquire, partner: ps_wait_group_done. */
    if (cause == PS_ETIMEDOUT &&
        atomic_load_explicit(&group->word, memory_order_acquire) == WAITERS) {
        wait->wait.until_ns = PS_NEVER; /* who brings the news is on the way */
        return PS_EAGAIN;
    }
    group_dequeue(group, wait);
    return cause;
}

static enum ps_err group_again(struct ps_sync_wait *wait)
{
    struct ps_wait_group *group = wait->owner;
    struct wake wake = {0};
    ps_lock(&group->lock);
    enum ps_err err = group_settle(group, wait);
    if (err == PS_OK)
        wake = serve_next(group);
    ps_unlock(&group->lock);
    wake_up(wake);
    return err;
}

/* Under the lock. acquire, partner: ps_wait_group_done. */
static bool announce(struct ps_wait_group *group)
{
    uint32_t word = atomic_load_explicit(&group->word, memory_order_acquire);
    while (word != 0)
        if (atomic_compare_exchange_weak_explicit(&group->word, &word, word | WAITERS,
                                                  memory_order_acquire, memory_order_acquire))
            return true;
    return false;
}

enum ps_err ps_wait_group_begin(struct ps_wait_group *group, struct ps_task *task,
                                struct ps_sync_wait *wait, uint64_t until_ns)
{
    *wait = (struct ps_sync_wait){
        .wait = {.kind = PS_WAIT_PARK, .why = PS_STATE_JOIN, .until_ns = until_ns, .fd = -1},
        .task = task,
        .again = group_again,
        .owner = group};
    ps_lock(&group->lock);
    bool waits = announce(group);
    wait->zeros = group->zeros;
    if (waits)
        enqueue(&group->queue, wait);
    ps_unlock(&group->lock);
    return waits ? PS_EAGAIN : PS_OK;
}

enum ps_err ps_wait_group_wait(struct ps_wait_group *group, struct ps_task *task, uint64_t until_ns)
{
    struct ps_sync_wait wait;
    enum ps_err err = ps_wait_group_begin(group, task, &wait, until_ns);
    return err == PS_EAGAIN ? wait_in_place(&wait) : err;
}
