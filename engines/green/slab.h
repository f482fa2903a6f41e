/* Slabs: the address space of stacks. Private to green.
 *
 * A slab is one anonymous mapping of SLAB_BYTES, without reserve and without huge pages (which made
 * 200,000 stacks cost 16 KiB each), cut into stacks of one size. From below: a guard page, the
 * stack, and at the top of the page that its first frames use anyway its fiber, shifted by one of
 * eight colours so that fibers do not all fall into the same cache sets. An untouched stack costs no
 * memory. Slabs are unmapped with the engine only.
 *
 * Guards: MADV_GUARD_INSTALL where the kernel has it (Linux 6.13 on): no mapping is split, nothing
 * is resident, and it survives MADV_DONTNEED. Else mprotect, which splits mappings: two more a
 * guard, of vm.max_map_count's 65,530. So the first GUARD_FIRST stacks have a guard each and of the
 * others one in GUARD_EVERY; what has none is watched: see slab_watch. */
#ifndef PS_ENGINES_GREEN_SLAB_H
#define PS_ENGINES_GREEN_SLAB_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "engines/green/green.h"

struct fiber;

enum { GUARD_FIRST = 15000, GUARD_EVERY = 64 };

/* Of a stack, bits. */
enum { SLAB_BUILT = 1, SLAB_GUARDED = 2 };

struct slab {
    struct slab *next;
    char *base;
    size_t stack_bytes, page_bytes;
    unsigned id;     /* place in the registry */
    unsigned stacks; /* how many it has room for */
    unsigned used;   /* how many were ever taken; under the depot's lock */
    /* SLAB_BUILT: a fiber is at its top; release, partner: those who walk slabs. */
    _Atomic uint8_t stack[];
};

/* How stacks can be guarded here. */
enum ps_green_guard slab_probe_guard(size_t page_bytes);

/* NULL: no memory, or MAX_SLABS are in use. */
struct slab *slab_new(size_t stack_bytes, size_t page_bytes);
/* Nobody runs on a stack of it. */
void slab_free(struct slab *slab);

/* By slab.id, while it exists. */
struct slab *slab_by_id(unsigned id);

static inline char *slab_low(const struct slab *slab, unsigned index)
{
    return slab->base + (size_t)index * slab->stack_bytes;
}
static inline unsigned slab_index(const struct slab *slab, const void *address)
{
    return (unsigned)((size_t)((const char *)address - slab->base) / slab->stack_bytes);
}
static inline unsigned slab_bits(const struct slab *slab, unsigned index)
{
    return atomic_load_explicit(&((struct slab *)slab)->stack[index], memory_order_acquire);
}
struct fiber *slab_fiber(const struct slab *slab, unsigned index);

/* Guard the lowest page of a stack, if there are guards for it. number: stacks that came before. */
void slab_guard(struct slab *slab, unsigned index, enum ps_green_guard how, size_t number);

/* The lowest page of a stack without guard stays untouched: it reads as zeros and costs nothing.
 * Whether it does, as far as the words next to the stack tell, and `frame`, an address in the
 * running frame, is above it. */
bool slab_watch(const struct slab *slab, unsigned index, const void *frame);

/* Stacks whose memory is to be given back together. */
enum { SLAB_BATCH = 64 };
struct slab_batch {
    struct iovec stretch[SLAB_BATCH];
    unsigned count;
};
/* At most SLAB_BATCH times. Nobody uses the stack until it is discarded. */
void slab_batch_add(struct slab_batch *batch, const struct slab *slab, unsigned index);
/* The stacks read as zeros afterwards; guards stay. */
void slab_discard(const struct slab_batch *batch);

#endif
