/* The queue of one worker: a slot for what runs next, a ring, and an offer. Private to green.
 *
 * The worker works on `hot` and the ring with plain loads and stores. That is a lock which is biased
 * towards its owner:
 *   owner   1. inside = 1    2. reads revoked; set: inside = 0, waits, again from 1    3. works
 *           4. inside = 0    5. tasks are left: reads the idle word; not 0: makes an offer
 *   thief   1. CAS revoked 0 -> 1    2. own_barrier    3. reads inside: set: revoked = 0, gives up
 *           4. works    5. revoked = 0
 * Between the owner's 1 and 2, and 4 and 5, there is no fence: own_barrier, a membarrier(2), makes
 * every other running thread of the process execute one. An owner whose 1 comes before the barrier
 * is seen in the thief's 3; one whose 1 comes after it sees `revoked`. Where the kernel has no
 * membarrier (`biased` is false, so under ThreadSanitizer, which knows none) the owner's stores are
 * seq_cst.
 *
 * A revocation costs 12 us when the owner runs, a CAS a pop would cost 5 ns each. So thieves
 * revoke only from a worker that takes no turns, and are served otherwise by its offer: the older
 * half of its ring as a list, which it makes when it sees (step 5) that somebody sleeps or searches.
 *   owner   offer = list (seq_cst store), only when it is NULL; then green_notify, see idle.h
 *   anybody offer: exchange with NULL; who gets a list owns its tasks
 *
 * A worker that goes to sleep (idle.h, waiter: in the idle set by an RMW) executes own_barrier, then
 * reads of each owner `inside`, and if that is 0 `waiting`:
 *   inside = 1         the owner's 4 and 5 come after the barrier: it sees the sleeper, and offers
 *   inside, waiting 0  a later push has its 5 after the barrier: the same
 *   waiting > 0        the sleeper searches instead, and revokes
 * So an owner that was preempted inside does not keep thieves spinning, and nothing is lost.
 * `hot` is not counted: its worker is about to run it. Thieves take it from a worker that does not,
 * unless it is to be kept, which is there to be looked at (engine.h, PS_LIFO_KEPT).
 *
 * Rejected: a ring whose owner pops by CAS, as those of Go and tokio (two RMWs a yield: 10 ns of
 * 25); batches taken out of it for private use (stranded behind a long task); a deque with an
 * asymmetric pop (the oldest first is what keeps tasks that yield fair).
 * tests/models/own_queue.pml checks the protocol, and that its mutants fail. */
#ifndef PS_ENGINES_GREEN_OWN_H
#define PS_ENGINES_GREEN_OWN_H

#include <stdbool.h>
#include <stdint.h>

#include "engines/engine.h"

enum { OWN_SLOTS = 256 };

struct own_queue {
    /* The owner writes, others read. */
    _Alignas(128) _Atomic uint32_t inside;
    _Atomic uint32_t waiting;      /* tasks in the ring; written by whoever works on it */
    _Atomic uint32_t offered;      /* tasks in the offer, while there is one */
    _Atomic(struct ps_task *) hot; /* runs next */
    bool biased, kept;             /* kept: thieves leave `hot` alone */
    /* Under the lock. */
    uint32_t head, tail, mask;
    struct ps_task *slot[OWN_SLOTS];
    /* Thieves write. */
    _Alignas(128) _Atomic uint32_t revoked;
    _Atomic(struct ps_task *) offer;
};

/* Some tasks linked by `next`, oldest first; `last` is defined if count > 0. */
struct task_chain {
    struct ps_task *first, *last;
    unsigned count;
};

/* slots: a power of two <= OWN_SLOTS; biased: see own_biased. */
void own_init(struct own_queue *queue, unsigned slots, bool biased);

/* Whether the process can use own_barrier; registers it. */
bool own_biased(void);
/* Every thread of the process that runs executes a full fence; so does the caller. */
void own_barrier(void);

void own_wait(struct own_queue *queue);

/* ---- the owner ---- */

static inline void own_enter(struct own_queue *queue)
{
    if (queue->biased) {
        atomic_store_explicit(&queue->inside, 1, memory_order_relaxed);
        atomic_signal_fence(memory_order_seq_cst); /* partner: own_barrier of own_revoke */
    } else {
        atomic_exchange(&queue->inside, 1);
    }
    /* acquire at least, partner: the store in own_revoke. */
    if (__builtin_expect(atomic_load(&queue->revoked) != 0, 0))
        own_wait(queue);
}

static inline void own_leave(struct own_queue *queue)
{
    /* release, partner: own_revoke and own_visible read what was done inside. */
    if (queue->biased) {
        atomic_store_explicit(&queue->inside, 0, memory_order_release);
        atomic_signal_fence(memory_order_seq_cst); /* partner: the sleeper's own_barrier */
    } else {
        atomic_store(&queue->inside, 0);
    }
}

static inline uint32_t own_waiting(const struct own_queue *queue)
{
    return atomic_load_explicit(&((struct own_queue *)queue)->waiting, memory_order_relaxed);
}

static inline struct ps_task *own_hot(const struct own_queue *queue)
{
    return atomic_load_explicit(&((struct own_queue *)queue)->hot, memory_order_relaxed);
}

/* The hot task, if thieves may take it. */
static inline struct ps_task *own_loose(const struct own_queue *queue)
{
    return queue->kept ? NULL : own_hot(queue);
}

/* Inside: exchange what runs next. */
static inline struct ps_task *own_swap_hot(struct own_queue *queue, struct ps_task *task)
{
    struct ps_task *old = own_hot(queue);
    atomic_store_explicit(&queue->hot, task, memory_order_relaxed);
    return old;
}

/* Inside. false: full. */
static inline bool own_push(struct own_queue *queue, struct ps_task *task)
{
    uint32_t waiting = queue->tail - queue->head;
    if (waiting > queue->mask)
        return false;
    queue->slot[queue->tail++ & queue->mask] = task;
    atomic_store_explicit(&queue->waiting, waiting + 1, memory_order_relaxed);
    return true;
}

/* Inside. The oldest, or NULL. */
static inline struct ps_task *own_pop(struct own_queue *queue)
{
    if (queue->head == queue->tail)
        return NULL;
    struct ps_task *task = queue->slot[queue->head++ & queue->mask];
    atomic_store_explicit(&queue->waiting, queue->tail - queue->head, memory_order_relaxed);
    return task;
}

/* Inside, or thieves'. The older half of the ring, at least one if there is any. */
struct task_chain own_take_half(struct own_queue *queue);

/* Make an offer if there is none. true: it was made; the caller notifies. */
bool own_make_offer(struct own_queue *queue);

/* ---- anybody ---- */

/* What was offered. */
struct task_chain own_take_offer(struct own_queue *queue);
/* The older half of the ring, or if it is empty the hot task (unless it is kept), against the owner's
 * will. */
struct task_chain own_revoke(struct own_queue *queue);
/* After own_barrier: whether there are tasks which the owner will not offer by itself. seq_cst */
bool own_visible(struct own_queue *queue);
/* Tasks in it: a gauge. */
uint64_t own_depth(const struct own_queue *queue);

#endif
