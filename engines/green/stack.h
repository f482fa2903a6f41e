/* Stacks: slabs of guarded stacks, a pool a worker and a depot for all. Private to green.
 *
 * A slab is one anonymous mapping of SLAB_BYTES without reserve and without huge pages; a stack is
 * a guard page, then the stack, then its fiber at the top of the page that its first frames use
 * anyway, shifted by a colour so that the fibers do not all fall into the same cache sets. Stacks
 * are carved one by one when needed: an untouched one costs no memory. Slabs are unmapped with the
 * engine only.
 *
 * Guards: MADV_GUARD_INSTALL where the kernel has it: no mapping is split, nothing is resident.
 * Else mprotect, which splits mappings, for the first GUARD_MAPPINGS stacks (vm.max_map_count is
 * 65530 by default, two a stack), and for the rest a word at the low end that is checked at every
 * switch. */
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
    struct fiber *free;
    struct slab *slabs; /* newest first; only the newest has stacks to carve */
    size_t made;        /* stacks carved */
    size_t stack_bytes; /* with guard; a power of two */
    size_t page_bytes;
    enum ps_green_guard guard;
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

/* Ends the process if the fiber's stack has no guard page and its lowest word was overwritten. */
void stack_check(const struct fiber *fiber);

/* Call visit for each fiber ever made. Holds the depot's lock. */
void stack_each(struct stack_depot *depot, void (*visit)(struct fiber *));

#endif
