/* Structured fork and join, for divide and conquer. Public and installed.
 *
 * A fork is a call that somebody else may make meanwhile. Its record lies in its parent's frame,
 * and the parent joins its forks in the reverse order, before that frame ends:
 *
 *     static struct ps_strand *fib(struct ps_strand *self, struct ps_fork *fork)
 *     {
 *         struct fib *f = (struct fib *)fork, a, b;     // begins with a struct ps_fork
 *         if (f->n < 2) { f->value = f->n; return self; }
 *         a.n = f->n - 1; b.n = f->n - 2;
 *         ps_fork(self, &a.fork, fib);
 *         self = fib(self, &b.fork);                    // a plain call
 *         self = ps_fork_join(self, &a.fork);
 *         f->value = a.value + b.value;
 *         return self;
 *     }
 *
 * A fork that no thief took is a plain call at its join: it costs a few stores, no lock and no
 * fence. Between ps_fork and the join a body does not ps_wait, since its task may be running on
 * several workers; it may submit, and fork. A green thread may go on on another worker after a
 * join, so a strand is never kept but taken from what the last call returned. Engines:
 * threadpool:steal, green.
 *
 * After the direct task stack of Wool and Lace (Faxen, "Efficient work stealing for fine grained
 * parallelism", ICPP 2010; van Dijk and van de Pol, "Lace", MuCoCoS 2014): the newest forks are the
 * worker's own and taken back without synchronisation; the oldest are public. What is new here: a
 * thief that asks in vain for more, because the worker is inside a long call, takes back the
 * worker's privilege by a process-wide memory barrier, so no fork is ever out of reach. */
#ifndef PS_ENGINES_FORK_H
#define PS_ENGINES_FORK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ps_strand;
struct ps_fork;

/* Returns the strand on which it ended. */
typedef struct ps_strand *ps_fork_fn(struct ps_strand *self, struct ps_fork *fork);

/* Owner: its parent, from ps_fork to the join. 32 bytes. */
struct ps_fork {
    ps_fork_fn *run;
    _Atomic(struct ps_strand *) thief; /* who took it; NULL: not known yet */
    void *waiter;                      /* of an engine that suspends its parent, when WAITED */
    _Atomic uint32_t state;            /* enum of fork.c: a thief writes it when done */
};

#define PS_FORK_DEPTH 4096u

/* A worker's stack of forks that are not joined, oldest first. Public only for the two fast paths
 * below; fork.c has the protocol. Positions: 0 <= tail <= split, bottom <= PS_FORK_DEPTH. */
struct ps_strand {
    /* The worker. */
    _Alignas(128) _Atomic uint32_t bottom; /* position of the next fork */
    _Atomic uint64_t *count;               /* the cell's counter of forks */
    _Atomic(struct ps_fork *) *slot;
    /* Worker and thieves, by RMW: era | tail << 32 | split << 47 | want << 62. Positions from tail to
     * split are public; want: somebody looks for more; era: changes when positions are used again. */
    _Alignas(128) _Atomic uint64_t shared;
};

#define PS_FORK_TAIL(shared)  ((uint32_t)((shared) >> 32) & 0x7fff)
#define PS_FORK_SPLIT(shared) ((uint32_t)((shared) >> 47) & 0x7fff)
#define PS_FORK_WANT          (UINT64_C(1) << 62)

/* The strand of the calling worker, inside a task, job or fork; NULL: this thread cannot fork. */
struct ps_strand *ps_strand_self(void);

/* The slow paths; not for users. */
void ps_fork_publish(struct ps_strand *self, uint32_t bottom);
bool ps_fork_take_slowly(struct ps_strand *self, uint32_t at);
struct ps_strand *ps_fork_wait(struct ps_strand *self, struct ps_fork *fork);

/* Offer `fork` to thieves. Every field of what it is embedded in must be set before. */
static inline void ps_fork(struct ps_strand *self, struct ps_fork *fork, ps_fork_fn *run)
{
    fork->run = run;
    atomic_store_explicit(&fork->thief, NULL, memory_order_relaxed);
    atomic_store_explicit(&fork->state, 0, memory_order_relaxed);
    atomic_store_explicit(self->count, atomic_load_explicit(self->count, memory_order_relaxed) + 1,
                          memory_order_relaxed);
    /* relaxed: our own. */
    uint32_t at = atomic_load_explicit(&self->bottom, memory_order_relaxed);
    if (__builtin_expect(at < PS_FORK_DEPTH, 1))
        /* release, partner: the acquire in ps_fork_steal, which must not see this fork and yet the
         * word of the era before. */
        atomic_store_explicit(&self->slot[at], fork, memory_order_release);
    /* release, partner: the acquire of a thief that takes the privilege back. */
    atomic_store_explicit(&self->bottom, at + 1, memory_order_release);
    /* A barrier of the compiler only; partner: the process-wide one of who goes to sleep. */
    atomic_signal_fence(memory_order_seq_cst);
    uint64_t shared = atomic_load_explicit(&self->shared, memory_order_relaxed);
    if (__builtin_expect(at == PS_FORK_TAIL(shared) || shared >= PS_FORK_WANT, 0))
        ps_fork_publish(self, at + 1);
}

/* Take the newest fork back. true: nobody has begun it and the caller is to run it; false: a thief
 * has it and ps_fork_wait is due. */
static inline bool ps_fork_take(struct ps_strand *self)
{
    uint32_t at = atomic_load_explicit(&self->bottom, memory_order_relaxed) - 1;
    atomic_store_explicit(&self->bottom, at, memory_order_relaxed);
    /* A barrier of the compiler only; partner: the thief's process-wide one. */
    atomic_signal_fence(memory_order_seq_cst);
    uint64_t shared = atomic_load_explicit(&self->shared, memory_order_acquire);
    if (__builtin_expect(at >= PS_FORK_SPLIT(shared) && shared < PS_FORK_WANT, 1))
        return true;
    return ps_fork_take_slowly(self, at);
}

/* The newest fork: run it, or wait for the thief that does. */
static inline struct ps_strand *ps_fork_join(struct ps_strand *self, struct ps_fork *fork)
{
    return ps_fork_take(self) ? fork->run(self, fork) : ps_fork_wait(self, fork);
}

#endif
