/* The shared queue: what comes from outside, and what does not fit into the workers' own queues
 * (own.h). Private to green.
 *
 * A task in a queue is new (it has no fiber) or ready (its fiber is to be resumed); the fresh count
 * is of new ones. */
#ifndef PS_ENGINES_GREEN_QUEUE_H
#define PS_ENGINES_GREEN_QUEUE_H

#include <pthread.h>

#include "engines/common/core.h"
#include "engines/green/own.h"

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
/* At most `max` tasks, in order. */
struct task_chain shared_pop(struct shared_queue *queue, unsigned max);
static inline uint64_t shared_size(struct shared_queue *queue)
{
    return atomic_load(&queue->count);
}

#endif
