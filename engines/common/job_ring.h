/* Queues of jobs, by value. Private to engines/.
 *
 * The ring of a worker: first in, first out; one owner pushes, it and any number of thieves take.
 * The inbox: any thread pushes and takes, in order, under a lock; it grows. */
#ifndef PS_ENGINES_JOB_RING_H
#define PS_ENGINES_JOB_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "engines/common/lock.h"

struct ps_job {
    void (*run)(void *arg);
    void *arg;
};

#define PS_JOB_RING 1024u

struct ps_job_ring {
    _Alignas(128) _Atomic uint64_t head; /* owner and thieves, by CAS */
    _Alignas(128) _Atomic uint64_t tail; /* the owner */
    uint64_t head_seen;                  /* the owner's: head was at least this */
    struct {
        _Atomic(void (*)(void *)) run;
        _Atomic(void *) arg;
    } slot[PS_JOB_RING];
};

static inline void ps_job_ring_put(struct ps_job_ring *ring, uint64_t index, struct ps_job job)
{
    atomic_store_explicit(&ring->slot[index % PS_JOB_RING].run, job.run, memory_order_relaxed);
    atomic_store_explicit(&ring->slot[index % PS_JOB_RING].arg, job.arg, memory_order_relaxed);
}

static inline struct ps_job ps_job_ring_at(struct ps_job_ring *ring, uint64_t index)
{
    return (struct ps_job){
        atomic_load_explicit(&ring->slot[index % PS_JOB_RING].run, memory_order_relaxed),
        atomic_load_explicit(&ring->slot[index % PS_JOB_RING].arg, memory_order_relaxed)};
}

/* Owner. A hint that may be late in the safe direction: thieves make room. */
static inline bool ps_job_ring_full(struct ps_job_ring *ring)
{
    uint64_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed); /* our own */
    if (tail - ring->head_seen < PS_JOB_RING)
        return false;
    ring->head_seen = atomic_load_explicit(&ring->head, memory_order_acquire);
    return tail - ring->head_seen >= PS_JOB_RING;
}

/* Owner. false: full. The push is seq_cst, as a deque's is. */
static inline bool ps_job_ring_push(struct ps_job_ring *ring, struct ps_job job)
{
    if (ps_job_ring_full(ring))
        return false;
    uint64_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed); /* our own */
    ps_job_ring_put(ring, tail, job);
    atomic_store(&ring->tail, tail + 1);
    return true;
}

/* Owner. false: empty. */
static inline bool ps_job_ring_pop(struct ps_job_ring *ring, struct ps_job *job)
{
    uint64_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
    uint64_t head = atomic_load_explicit(&ring->head, memory_order_acquire);
    while (__builtin_expect(head != tail, 1)) {
        *job = ps_job_ring_at(ring, head);
        if (atomic_compare_exchange_weak(&ring->head, &head, head + 1))
            return true;
    }
    return false;
}

/* Owner, of an empty ring: `count` <= PS_JOB_RING jobs. */
void ps_job_ring_fill(struct ps_job_ring *ring, const struct ps_job *job, unsigned count);
/* Thief: at most half, and `room`; how many. 0: none, or lost a race. */
unsigned ps_job_ring_steal(struct ps_job_ring *ring, struct ps_job *into, unsigned room);
/* Any thread. */
uint64_t ps_job_ring_size(struct ps_job_ring *ring);

struct ps_job_inbox {
    _Alignas(128) struct ps_lock lock;
    struct ps_job *job;                   /* a ring of `capacity`, under the lock */
    size_t capacity, first;               /* under the lock */
    _Alignas(128) _Atomic uint64_t count; /* written under the lock, seq_cst */
};

enum ps_err ps_job_inbox_init(struct ps_job_inbox *inbox);
void ps_job_inbox_free(struct ps_job_inbox *inbox);
/* The caller holds the lock. PS_ENOMEM: it could not grow. */
enum ps_err ps_job_inbox_push(struct ps_job_inbox *inbox, const struct ps_job *job, size_t count);
/* Any thread: a share of 1 / `sharers`, at most `room`; how many. */
unsigned ps_job_inbox_take(struct ps_job_inbox *inbox, struct ps_job *into, unsigned sharers,
                           unsigned room);

#endif
