#include "engines/green/queue.h"

#include "engines/green/fiber.h"

void shared_init(struct shared_queue *queue, struct ps_probe *gauge)
{
    *queue = (struct shared_queue){.gauge = gauge};
    pthread_mutex_init(&queue->lock, NULL);
}

void shared_destroy(struct shared_queue *queue)
{
    pthread_mutex_destroy(&queue->lock);
}

static void set_count(struct shared_queue *queue, uint64_t count)
{
    atomic_store(&queue->count, count); /* partner: shared_size */
    ps_probe_depth(queue->gauge, count);
}

void shared_push_locked(struct shared_queue *queue, struct ps_task *first, struct ps_task *last,
                        unsigned count)
{
    last->next = NULL;
    for (struct ps_task *task = first; task; task = task->next)
        queue->fresh += !fiber_of(task);
    if (queue->last)
        queue->last->next = first;
    else
        queue->first = first;
    queue->last = last;
    set_count(queue, atomic_load_explicit(&queue->count, memory_order_relaxed) + count);
}

void shared_push(struct shared_queue *queue, struct ps_task *first, struct ps_task *last,
                 unsigned count)
{
    pthread_mutex_lock(&queue->lock);
    shared_push_locked(queue, first, last, count);
    pthread_mutex_unlock(&queue->lock);
}

void shared_put_back(struct shared_queue *queue, struct ps_task *task)
{
    pthread_mutex_lock(&queue->lock);
    task->next = queue->first;
    queue->first = task;
    if (!queue->last)
        queue->last = task;
    queue->fresh += !fiber_of(task);
    set_count(queue, atomic_load_explicit(&queue->count, memory_order_relaxed) + 1);
    pthread_mutex_unlock(&queue->lock);
}

struct task_chain shared_pop(struct shared_queue *queue, unsigned max)
{
    struct task_chain chain = {NULL, NULL, 0};
    if (atomic_load_explicit(&queue->count, memory_order_relaxed) == 0)
        return chain;
    pthread_mutex_lock(&queue->lock);
    chain.first = queue->first;
    while (chain.count < max && queue->first) {
        chain.last = queue->first;
        queue->first = chain.last->next;
        queue->fresh -= !fiber_of(chain.last);
        chain.count++;
    }
    if (!queue->first)
        queue->last = NULL;
    if (chain.last) {
        chain.last->next = NULL;
        set_count(queue, atomic_load_explicit(&queue->count, memory_order_relaxed) - chain.count);
    }
    pthread_mutex_unlock(&queue->lock);
    return chain;
}
