/* The queues of runnable tasks: a ring a worker and one shared list. Private to green.
 *
 * A task in a queue is new (it has no fiber) or ready (its fiber is to be resumed); the fresh count
 * is of new ones. */
#ifndef PS_ENGINES_GREEN_QUEUE_H
#define PS_ENGINES_GREEN_QUEUE_H

#include <pthread.h>

#include "engines/common/core.h"

enum { RING_SLOTS = 256 };

/* First in, first out; one owner, any number of thieves; after the run queues of Go and tokio.
 *
 *   push (owner)   slot[tail] = task (relaxed); tail + 1 (seq_cst store)
 *   pop (owner)    reads slot[head]; CAS head -> head + 1
 *   steal (thief)  reads head, then tail; copies half of the tasks between them into its own ring,
 *                  where nobody looks yet; CAS head -> head + n; publishes them by its own tail
 * Owner and thieves take by CAS on one index, so a batch cannot overshoot (crossbeam #148: batches
 * on a deque whose owner does not CAS). A thief that reads slots while they are overwritten fails
 * its CAS: head has moved. Indices are 64 bits wide and never wrap in practice: no ABA (tokio #5041
 * had 16). The tail's store and `ring_size` are seq_cst: see idle.h. */
struct ring {
    _Alignas(128) _Atomic uint64_t head; /* owner and thieves */
    _Alignas(128) _Atomic uint64_t tail; /* the owner's */
    uint64_t mask;
    _Atomic(struct ps_task *) slot[RING_SLOTS];
};

/* slots: a power of two <= RING_SLOTS; start: first index, for tests. */
void ring_init(struct ring *ring, unsigned slots, uint64_t start);

/* Owner. false: full. */
bool ring_push(struct ring *ring, struct ps_task *task);
/* Owner. NULL: empty. */
struct ps_task *ring_pop(struct ring *ring);
/* Owner, when full: takes half of the tasks as a list, oldest first. 0: thieves were faster. */
unsigned ring_take_half(struct ring *ring, struct ps_task **first, struct ps_task **last);

enum ring_stolen { RING_GOT, RING_EMPTY, RING_RETRY };
/* Thief; `mine` is its own ring, empty. One task is returned in *task, the others of the batch are
 * in `mine`; *tasks: how many altogether. RETRY: lost a race. */
enum ring_stolen ring_steal(struct ring *victim, struct ring *mine, struct ps_task **task,
                            unsigned *tasks);
/* Any thread. */
uint64_t ring_size(struct ring *ring);

/* Under a lock: what comes from outside, and what does not fit into rings. */
struct shared_queue {
    pthread_mutex_t lock;
    struct ps_task *first, *last;
    _Atomic uint64_t count; /* written under the lock; seq_cst, see idle.h */
    uint64_t fresh;         /* new tasks among them */
    uint64_t accepted;      /* tasks ever accepted from outside */
    struct ps_probe *gauge;
};

void shared_init(struct shared_queue *queue, struct ps_probe *gauge);
void shared_destroy(struct shared_queue *queue);
/* A list first..last of `count` tasks, linked by `next`. Any thread; takes the lock. */
void shared_push(struct shared_queue *queue, struct ps_task *first, struct ps_task *last,
                 unsigned count);
/* The same, the caller holds the lock. */
void shared_push_locked(struct shared_queue *queue, struct ps_task *first, struct ps_task *last,
                        unsigned count);
/* In front: the task was popped and could not run. */
void shared_put_back(struct shared_queue *queue, struct ps_task *task);
/* At most `max` tasks as a list in order; returns how many. */
unsigned shared_pop(struct shared_queue *queue, unsigned max, struct ps_task **first);
static inline uint64_t shared_size(struct shared_queue *queue)
{
    return atomic_load(&queue->count);
}

#endif
