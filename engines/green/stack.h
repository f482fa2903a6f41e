/* Stacks in use and free: a pool a worker and a depot for all, over the slabs of slab.h. Private to
 * green.
 *
 * A stack is free in one of three ways. Warm, last in first out, in the pool of a worker (at most
 * POOL_MAX) or in the depot: its fiber stands in the middle of its loop. Cold, in the depot: its
 * memory has been given back, and it is built anew when it is taken. Never used: the rest of the
 * newest slab. They are taken in this order, so a task that begins costs no memory before it runs,
 * and no page fault if another one has ended.
 *
 * Stacks turn cold only while tasks sleep deeply (deep_sleep.h): what these have given back would
 * otherwise come back for good as each of them wakes and ends. Otherwise giving back what is needed
 * again, at 2 us for the page fault, is no bargain. */
#ifndef PS_ENGINES_GREEN_STACK_H
#define PS_ENGINES_GREEN_STACK_H

#include <pthread.h>

#include "engines/green/fiber.h"
#include "engines/green/green.h"

struct slab;

/* Owned by one worker. */
struct stack_pool {
    struct fiber *first;
    unsigned count;
};

struct stack_depot {
    pthread_mutex_t lock; /* of what follows */
    struct fiber *warm;
    size_t warm_count;
    uint32_t *cold; /* slab id and index in it */
    size_t cold_count, cold_capacity;
    struct slab *slabs; /* newest first; only the newest has stacks that were never used */
    size_t made;        /* stacks ever used */
    size_t stack_bytes; /* with guard; a power of two */
    size_t page_bytes;
    enum ps_green_guard guard;
    _Atomic uint32_t deep; /* tasks in deep sleep; relaxed, a hint */
};

/* stack_bytes: 0: the default; rounded up to a class (16, 32, 64, 256 KiB). PS_EINVAL: too large.
 */
enum ps_err stack_depot_init(struct stack_depot *depot, size_t stack_bytes);

/* Unmap everything. No fiber of it is running. */
void stack_depot_destroy(struct stack_depot *depot);

/* A fiber that runs entry(fiber) when first switched to, or one from a pool, wherever it stopped.
 * NULL: no memory. The pool's worker. */
struct fiber *stack_take(struct stack_depot *depot, struct stack_pool *pool, struct green *green,
                         void (*entry)(void *));
void stack_put(struct stack_depot *depot, struct stack_pool *pool, struct fiber *fiber);

/* Everything in the pool goes to the depot. */
void stack_flush(struct stack_depot *depot, struct stack_pool *pool);

/* Ends the process if the running fiber's stack has no guard page and overflowed. */
void stack_check(const struct fiber *fiber);

/* Call visit for each fiber that is in use or warm; not for cold ones. Holds the depot's lock. */
void stack_each(struct stack_depot *depot, void (*visit)(struct fiber *));

#endif
