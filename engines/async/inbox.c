/* How tasks get into a loop, and how a sleeping loop is woken.
 *
 * Inbox: a Treiber stack through task->next; takers take all, so there is no ABA.
 *   poster  1 next = head; CAS head (seq_cst)    loop  1 CAS head -> NULL (acquire)
 *           2 wakes the loop                           2 turns the list round
 * Fresh tasks (task->wait NULL) and notes (see wait.c) share it.
 *
 * Sleep. What a loop is to see is published in one of several words: `inbox`, a slot of `job_inbox`,
 * or (`called`) any word that is read once a turn.
 *   waker   1 publishes (seq_cst)                loop  1 asleep = how it sleeps (seq_cst)
 *           2 reads asleep (seq_cst): AWAKE: done      2 looks at all of them again (seq_cst)
 *           3 asleep -> AWAKE by exchange: it was      3 something there: asleep = AWAKE, goes on
 *             already: another waker has done it       4 blocks: in the poll, or, when libuv has
 *           4 writes to the bell, or wakes the           nothing to poll for, on this very word
 *             futex, by what it took                   5 asleep = AWAKE
 * All four accesses are in one order: either the waker's 2 sees the loop's 1, or the loop's 2 sees
 * what was published. A loop that is awake costs its posters a load; the first one that finds it
 * asleep pays for the system call. A wake-up that comes late ends a later sleep without cause. The
 * futex is the shorter way by half: no eventfd is written, polled and read.
 *
 * Rejected: uv_async_send. Up to libuv 1.44 its receiver spins until the sender has returned from
 * its write: where both are on one CPU the sender has been preempted by this very wake-up, and each
 * wake costs 20 us and more. A wake-up only when the inbox was empty: a loop that is awake would be
 * sent a bell a turn. */
#include <unistd.h>

#include "engines/async/async.h"
#include "engines/common/parker.h"

/* Not a task: the mark of an inbox that takes nothing. */
static struct ps_task closed_mark;
#define CLOSED (&closed_mark)

void ps_async_depth(struct ps_async_loop *loop, int64_t change)
{
    /* Posters too: a loop that is stuck in a callback could not show how its queue grows. */
    struct ps_cell *cell = loop->probe.cell;
    atomic_fetch_add_explicit(&cell->queue_depth, (uint64_t)change, memory_order_relaxed);
}

/* ---- waking ---- */

void ps_async_wake(struct ps_async_loop *loop)
{
    static const uint64_t one = 1;
    if (atomic_load(&loop->asleep) == PS_ASYNC_AWAKE)
        return;
    uint32_t how = atomic_exchange(&loop->asleep, PS_ASYNC_AWAKE);
    if (how == PS_ASYNC_AWAKE)
        return;
    ps_probe_wake(ps_engine_probe(&loop->engine->base));
    if (how == PS_ASYNC_ON_FUTEX) {
        ps_futex_wake(&loop->asleep, 1);
        return;
    }
    /* It fails only if the counter is full, and then it rings already. */
    ssize_t rung = write(loop->bell_fd, &one, sizeof one);
    (void)rung;
}

void ps_async_call_loop(struct ps_async_loop *loop)
{
    atomic_store(&loop->called, 1);
    ps_async_wake(loop);
}

static bool inbox_empty(struct ps_async_loop *loop)
{
    struct ps_task *head = atomic_load(&loop->inbox);
    return !head || head == CLOSED;
}

bool ps_async_has_mail(struct ps_async_loop *loop, bool paused)
{
    return !inbox_empty(loop) || (!paused && ps_async_has_jobs(loop)) ||
           atomic_load(&loop->called) != 0;
}

bool ps_async_fall_asleep(struct ps_async_loop *loop, enum ps_async_sleep how, bool paused)
{
    atomic_store(&loop->asleep, how);
    if (!ps_async_has_mail(loop, paused))
        return true;
    ps_async_awake(loop);
    return false;
}

void ps_async_awake(struct ps_async_loop *loop)
{
    /* relaxed: a waker that still reads the old word ends the next sleep once too often. */
    atomic_store_explicit(&loop->asleep, PS_ASYNC_AWAKE, memory_order_relaxed);
}

/* ---- the inbox ---- */

bool ps_async_post(struct ps_async_loop *loop, struct ps_task *task)
{
    bool high = task->priority == PS_PRIORITY_HIGH;
    struct ps_task *head = atomic_load_explicit(&loop->inbox, memory_order_relaxed);
    do {
        if (head == CLOSED)
            return false;
        task->next = head;
    } while (!atomic_compare_exchange_weak_explicit(&loop->inbox, &head, task, memory_order_seq_cst,
                                                    memory_order_relaxed));
    /* After the post, partner: take_in, which clears it before it takes what is there. */
    if (__builtin_expect(high, 0))
        atomic_store(&loop->urgent, 1);
    ps_async_wake(loop);
    return true;
}

struct ps_task_list ps_async_take_inbox(struct ps_async_loop *loop)
{
    struct ps_task_list came = {NULL, NULL, 0};
    struct ps_task *task = atomic_load_explicit(&loop->inbox, memory_order_relaxed);
    do {
        if (!task || task == CLOSED)
            return came;
        /* acquire, partner: the post of each task in the list, whose CAS are one release sequence. */
    } while (!atomic_compare_exchange_weak_explicit(&loop->inbox, &task, NULL, memory_order_acquire,
                                                    memory_order_relaxed));
    came.last = task;
    while (task) {
        struct ps_task *older = task->next;
        task->next = came.first;
        came.first = task;
        came.count++;
        task = older;
    }
    return came;
}

bool ps_async_inbox_close(struct ps_async_loop *loop)
{
    struct ps_task *none = NULL;
    /* acq_rel, partner: posters, which find it closed or are found. */
    return atomic_compare_exchange_strong_explicit(&loop->inbox, &none, CLOSED,
                                                   memory_order_acq_rel, memory_order_relaxed) ||
           none == CLOSED;
}

void ps_async_inbox_open(struct ps_async_loop *loop)
{
    /* release, partner: the first post, whose CAS reads this. */
    atomic_store_explicit(&loop->inbox, NULL, memory_order_release);
}
