/* Protocol of the ring. A job lies in slot i for head <= i < tail.
 *   push    1 head, as last seen, or read (acquire, partner: take) if that says full
 *           2 slot[tail] = job (relaxed); 3 tail + 1 (seq_cst)
 *   take    1 reads head (acquire), then tail (acquire, partner: push 3); 2 reads the slots;
 *           3 CAS head + n (seq_cst): what was read is used only if it succeeds
 * Owner and thieves take by CAS on one index, so a batch cannot overshoot. A taker that reads slots
 * while the owner overwrites them fails its CAS, since the owner does that only when head has
 * moved. Indices are 64 bits wide: no ABA.
 *
 * Sleepers. A sleeper announces itself by an RMW and then looks at head and tail (seq_cst); a pusher
 * looks for sleepers after its seq_cst store: one of the two sees the other. Rejected: a plain store
 * unless the ring was empty (a pusher that is preempted between its look at head and its store
 * publishes into a ring that is empty by then, and nobody is woken). */
#include "engines/common/job_ring.h"

#include <limits.h>
#include <stdlib.h>

void ps_job_ring_fill(struct ps_job_ring *ring, const struct ps_job *job, unsigned count)
{
    uint64_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed); /* our own */
    for (unsigned i = 0; i < count; i++)
        ps_job_ring_put(ring, tail + i, job[i]);
    /* A slow thief may still read these slots: its CAS fails, head has moved. */
    atomic_store(&ring->tail, tail + count);
}

unsigned ps_job_ring_steal(struct ps_job_ring *ring, struct ps_job *into, unsigned room)
{
    uint64_t head = atomic_load_explicit(&ring->head, memory_order_acquire);
    uint64_t tail = atomic_load_explicit(&ring->tail, memory_order_acquire);
    if (tail - head - 1 >= PS_JOB_RING)
        return 0; /* empty, or head is older than tail */
    uint64_t count = (tail - head + 1) / 2;
    if (count > room)
        count = room;
    for (uint64_t i = 0; i < count; i++)
        into[i] = ps_job_ring_at(ring, head + i);
    return atomic_compare_exchange_strong(&ring->head, &head, head + count) ? (unsigned)count : 0;
}

uint64_t ps_job_ring_size(struct ps_job_ring *ring)
{
    uint64_t head = atomic_load(&ring->head);
    return atomic_load(&ring->tail) - head;
}

enum ps_err ps_job_inbox_init(struct ps_job_inbox *inbox)
{
    *inbox = (struct ps_job_inbox){.capacity = PS_JOB_RING};
    inbox->job = calloc(inbox->capacity, sizeof *inbox->job);
    if (!inbox->job)
        return PS_ENOMEM;
    return PS_OK;
}

void ps_job_inbox_free(struct ps_job_inbox *inbox)
{
    free(inbox->job);
}

static enum ps_err grow(struct ps_job_inbox *inbox, size_t count)
{
    size_t capacity = 2 * inbox->capacity;
    struct ps_job *job = calloc(capacity, sizeof *job);
    if (!job)
        return PS_ENOMEM;
    for (size_t i = 0; i < count; i++)
        job[i] = inbox->job[(inbox->first + i) & (inbox->capacity - 1)];
    free(inbox->job);
    inbox->job = job;
    inbox->capacity = capacity;
    inbox->first = 0;
    return PS_OK;
}

enum ps_err ps_job_inbox_push(struct ps_job_inbox *inbox, const struct ps_job *job, size_t count)
{
    size_t held = atomic_load_explicit(&inbox->count, memory_order_relaxed); /* under the lock */
    while (held + count > inbox->capacity)
        if (grow(inbox, held) != PS_OK)
            return PS_ENOMEM;
    for (size_t i = 0; i < count; i++)
        inbox->job[(inbox->first + held + i) & (inbox->capacity - 1)] = job[i];
    atomic_store(&inbox->count, held + count); /* partner: a sleeper's look */
    return PS_OK;
}

unsigned ps_job_inbox_take(struct ps_job_inbox *inbox, struct ps_job *into, unsigned sharers,
                           unsigned room)
{
    if (atomic_load_explicit(&inbox->count, memory_order_relaxed) == 0)
        return 0;
    ps_lock(&inbox->lock);
    size_t held = atomic_load_explicit(&inbox->count, memory_order_relaxed);
    size_t count = held / sharers + (held > 0);
    if (count > held)
        count = held;
    if (count > room)
        count = room;
    for (size_t i = 0; i < count; i++)
        into[i] = inbox->job[(inbox->first + i) & (inbox->capacity - 1)];
    inbox->first = (inbox->first + count) & (inbox->capacity - 1);
    atomic_store(&inbox->count, held - count);
    ps_unlock(&inbox->lock);
    return (unsigned)count;
}
