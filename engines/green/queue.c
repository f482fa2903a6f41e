#include "engines/green/queue.h"

#include "engines/green/fiber.h"

void ring_init(struct ring *ring, unsigned slots, uint64_t start)
{
    atomic_init(&ring->head, start);
    atomic_init(&ring->tail, start);
    ring->mask = slots - 1;
    for (unsigned i = 0; i < RING_SLOTS; i++)
        atomic_init(&ring->slot[i], NULL);
}

static struct ps_task *get(struct ring *ring, uint64_t index)
{
    return atomic_load_explicit(&ring->slot[index & ring->mask], memory_order_relaxed);
}

static void put(struct ring *ring, uint64_t index, struct ps_task *task)
{
    atomic_store_explicit(&ring->slot[index & ring->mask], task, memory_order_relaxed);
}

/* Acquire on success: the taker of an index sees that the one before it was taken; release: the
 * owner, who reads head (acquire) before it overwrites a slot, comes after our copies. */
static bool take(struct ring *ring, uint64_t head, uint64_t count)
{
    return atomic_compare_exchange_strong_explicit(&ring->head, &head, head + count,
                                                   memory_order_acq_rel, memory_order_relaxed);
}

bool ring_push(struct ring *ring, struct ps_task *task)
{
    uint64_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
    uint64_t head = atomic_load_explicit(&ring->head, memory_order_acquire); /* partner: take */
    if (tail - head > ring->mask)
        return false;
    put(ring, tail, task);
    atomic_store(&ring->tail, tail + 1); /* partners: ring_steal, ring_size */
    return true;
}

struct ps_task *ring_pop(struct ring *ring)
{
    uint64_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
    for (;;) {
        uint64_t head = atomic_load_explicit(&ring->head, memory_order_acquire);
        if (head == tail)
            return NULL;
        struct ps_task *task = get(ring, head);
        if (take(ring, head, 1))
            return task;
    }
}

unsigned ring_take_half(struct ring *ring, struct ps_task **first, struct ps_task **last)
{
    uint64_t head = atomic_load_explicit(&ring->head, memory_order_acquire);
    uint64_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
    uint64_t count = (ring->mask + 1) / 2;
    if (tail - head <= ring->mask || !take(ring, head, count))
        return 0;
    /* Only the owner overwrites slots, so they can be read after the CAS. */
    *first = *last = get(ring, head);
    for (uint64_t i = 1; i < count; i++) {
        struct ps_task *task = get(ring, head + i);
        (*last)->next = task;
        *last = task;
    }
    (*last)->next = NULL;
    return (unsigned)count;
}

enum ring_stolen ring_steal(struct ring *victim, struct ring *mine, struct ps_task **task,
                            unsigned *tasks)
{
    uint64_t head = atomic_load_explicit(&victim->head, memory_order_acquire);
    uint64_t tail = atomic_load_explicit(&victim->tail, memory_order_acquire); /* partner: push */
    uint64_t size = tail - head;
    if (size == 0)
        return RING_EMPTY;
    if (size > victim->mask + 1)
        return RING_RETRY; /* head is older than tail */
    uint64_t count = size - size / 2;
    uint64_t at = atomic_load_explicit(&mine->tail, memory_order_relaxed);
    struct ps_task *got = get(victim, head);
    for (uint64_t i = 1; i < count; i++)
        put(mine, at + i - 1, get(victim, head + i));
    if (!take(victim, head, count))
        return RING_RETRY;
    if (count > 1)
        atomic_store(&mine->tail, at + count - 1);
    *task = got;
    *tasks = (unsigned)count;
    return RING_GOT;
}

uint64_t ring_size(struct ring *ring)
{
    uint64_t head = atomic_load(&ring->head);
    uint64_t tail = atomic_load(&ring->tail);
    return tail - head;
}

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

unsigned shared_pop(struct shared_queue *queue, unsigned max, struct ps_task **first)
{
    if (atomic_load_explicit(&queue->count, memory_order_relaxed) == 0)
        return 0;
    pthread_mutex_lock(&queue->lock);
    struct ps_task *last = NULL;
    unsigned count = 0;
    *first = queue->first;
    while (count < max && queue->first) {
        last = queue->first;
        queue->first = last->next;
        queue->fresh -= !fiber_of(last);
        count++;
    }
    if (!queue->first)
        queue->last = NULL;
    if (last) {
        last->next = NULL;
        set_count(queue, atomic_load_explicit(&queue->count, memory_order_relaxed) - count);
    }
    pthread_mutex_unlock(&queue->lock);
    return count;
}
