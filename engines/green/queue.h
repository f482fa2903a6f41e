/* The shared queue: what comes from outside, and what does not fit into the workers' own queues
 * (own.h). Private to green.
 *
 * A task in a queue is new (it has no fiber) or ready (its fiber is to be resumed); the fresh count
 * is of new ones.
 *
 * Tasks of high priority are only here, in a line of their own, whoever submits or wakes them. While
 * there are some, GATE_HIGH is set in the word that workers look at before every turn. See
 * PS_TRAIT_PRIORITY. */
#ifndef PS_ENGINES_GREEN_QUEUE_H
#define PS_ENGINES_GREEN_QUEUE_H

#include <pthread.h>

#include "engines/common/core.h"
#include "engines/common/task_list.h"
#include "engines/green/own.h"

/* Bits of the gate: workers are paused; tasks of high priority wait; the rest counts changes. */
enum { GATE_CLOSED = 1, GATE_HIGH = 2, GATE_CHANGE = 4 };

struct shared_queue {
    pthread_mutex_t lock;
    struct ps_task_list line[2]; /* by enum ps_priority */
    _Atomic uint64_t count;      /* in both; written under the lock; seq_cst, see idle.h */
    uint64_t fresh;              /* new tasks among them */
    uint64_t accepted;           /* tasks ever accepted from outside */
    struct ps_probe *gauge;
    _Atomic uint32_t *gate; /* see scheduler.h; GATE_HIGH of it is written under the lock */
};

void shared_init(struct shared_queue *queue, struct ps_probe *gauge, _Atomic uint32_t *gate);
void shared_destroy(struct shared_queue *queue);
/* A list first..last of `count` tasks of one priority, linked by `next`. Any thread; takes the lock. */
void shared_push(struct shared_queue *queue, struct ps_task *first, struct ps_task *last,
                 unsigned count);
/* The same, the caller holds the lock. */
void shared_push_locked(struct shared_queue *queue, struct ps_task *first, struct ps_task *last,
                        unsigned count);
/* In front: the task was popped and could not run. */
void shared_put_back(struct shared_queue *queue, struct ps_task *task);
/* At most `max` tasks of normal priority, in order; if there is none, one of high priority. */
struct task_chain shared_pop(struct shared_queue *queue, unsigned max);
/* One of high priority, or NULL. */
struct ps_task *shared_pop_high(struct shared_queue *queue);
static inline uint64_t shared_size(struct shared_queue *queue)
{
    return atomic_load(&queue->count);
}

#endif
