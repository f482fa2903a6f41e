#include "engines/green/queue.h"

#include "engines/green/fiber.h"

void shared_init(struct shared_queue *queue, struct ps_probe *gauge, _Atomic uint32_t *gate)
{
    *queue = (struct shared_queue){.gauge = gauge, .gate = gate};
    pthread_mutex_init(&queue->lock, NULL);
}

void shared_destroy(struct shared_queue *queue)
{
    pthread_mutex_destroy(&queue->lock);
}

static void tell_of_high(struct shared_queue *queue, bool some)
{
    /* relaxed: a hint; only we change the bit, under the lock. */
    uint32_t gate = atomic_load_explicit(queue->gate, memory_order_relaxed);
    if (some == ((gate & GATE_HIGH) != 0))
        return;
    if (some)
        atomic_fetch_or(queue->gate, GATE_HIGH);
    else
        atomic_fetch_and(queue->gate, ~(uint32_t)GATE_HIGH);
}

/* The lines have changed. */
static void publish(struct shared_queue *queue)
{
    uint64_t high = queue->line[PS_PRIORITY_HIGH].count;
    uint64_t count = queue->line[PS_PRIORITY_NORMAL].count + high;
    tell_of_high(queue, high > 0);
    atomic_store(&queue->count, count); /* partner: shared_size */
    ps_probe_depth(queue->gauge, count);
}

void shared_push_locked(struct shared_queue *queue, struct ps_task *first, struct ps_task *last,
                        unsigned count)
{
    struct ps_task_list list = {first, last, count};
    last->next = NULL;
    for (struct ps_task *task = first; task; task = task->next)
        queue->fresh += !fiber_of(task);
    ps_task_list_join(&queue->line[last->priority], &list);
    publish(queue);
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
    struct ps_task_list list = {task, task, 1};
    pthread_mutex_lock(&queue->lock);
    struct ps_task_list *line = &queue->line[task->priority];
    task->next = NULL;
    ps_task_list_join(&list, line);
    *line = list;
    queue->fresh += !fiber_of(task);
    publish(queue);
    pthread_mutex_unlock(&queue->lock);
}

/* Under the lock. */
static struct task_chain pop(struct shared_queue *queue, enum ps_priority priority, unsigned max)
{
    struct task_chain chain = {NULL, NULL, 0};
    struct ps_task *task;
    while (chain.count < max && (task = ps_task_list_pop(&queue->line[priority]))) {
        if (chain.last)
            chain.last->next = task;
        else
            chain.first = task;
        chain.last = task;
        chain.count++;
        queue->fresh -= !fiber_of(task);
    }
    if (chain.last) {
        chain.last->next = NULL;
        publish(queue);
    }
    return chain;
}

struct task_chain shared_pop(struct shared_queue *queue, unsigned max)
{
    struct task_chain chain = {NULL, NULL, 0};
    if (atomic_load_explicit(&queue->count, memory_order_relaxed) == 0)
        return chain;
    pthread_mutex_lock(&queue->lock);
    chain = pop(queue, PS_PRIORITY_NORMAL, max);
    if (chain.count == 0)
        chain = pop(queue, PS_PRIORITY_HIGH, 1);
    pthread_mutex_unlock(&queue->lock);
    return chain;
}

struct ps_task *shared_pop_high(struct shared_queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    struct ps_task *task = pop(queue, PS_PRIORITY_HIGH, 1).first;
    pthread_mutex_unlock(&queue->lock);
    return task;
}
