/* The registry of slabs is for signal handlers: a table of atomic pointers, the only mutable global
 * of the engine. A handler may run while another thread frees a slab of an engine that is being
 * destroyed; it then misses that slab, whose stacks nobody runs on. */
#include "engines/green/slab.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "engines/green/fiber.h"

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#endif
#ifndef SYS_process_madvise
#define SYS_process_madvise 440
#endif

enum { COLOURS = 8, CACHE_LINE = 64, MAX_SLABS = 1024, WATCHED_BYTES = 256, THIS_PROCESS = -10001 };
static const size_t SLAB_BYTES = (size_t)64 * 1024 * 1024;

static _Atomic(struct slab *) registry[MAX_SLABS];

enum ps_green_guard slab_probe_guard(size_t page_bytes)
{
    void *page = mmap(NULL, page_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED)
        return PS_GREEN_GUARD_MPROTECT;
    int rc = madvise(page, page_bytes, MADV_GUARD_INSTALL);
    munmap(page, page_bytes);
    return rc == 0 ? PS_GREEN_GUARD_MADVISE : PS_GREEN_GUARD_MPROTECT;
}

static bool enrol(struct slab *slab)
{
    for (unsigned i = 0; i < MAX_SLABS; i++) {
        struct slab *none = NULL;
        slab->id = i;
        if (!atomic_load_explicit(&registry[i], memory_order_relaxed) &&
            atomic_compare_exchange_strong(&registry[i], &none, slab))
            return true;
    }
    return false;
}

struct slab *slab_new(size_t stack_bytes, size_t page_bytes)
{
    unsigned stacks = (unsigned)(SLAB_BYTES / stack_bytes);
    struct slab *slab = calloc(1, sizeof *slab + stacks * sizeof slab->stack[0]);
    if (!slab)
        return NULL;
    slab->stack_bytes = stack_bytes;
    slab->page_bytes = page_bytes;
    slab->stacks = stacks;
    slab->base = mmap(NULL, SLAB_BYTES, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (slab->base == MAP_FAILED || !enrol(slab)) {
        if (slab->base != MAP_FAILED)
            munmap(slab->base, SLAB_BYTES);
        free(slab);
        return NULL;
    }
    madvise(slab->base, SLAB_BYTES, MADV_NOHUGEPAGE);
    return slab;
}

void slab_free(struct slab *slab)
{
    atomic_store(&registry[slab->id], NULL);
    munmap(slab->base, SLAB_BYTES);
    free(slab);
}

struct slab *slab_by_id(unsigned id)
{
    return atomic_load_explicit(&registry[id], memory_order_acquire);
}

struct fiber *slab_fiber(const struct slab *slab, unsigned index)
{
    char *end = slab_low(slab, index) + slab->stack_bytes;
    size_t below = (sizeof(struct fiber) + CACHE_LINE - 1) / CACHE_LINE + index % COLOURS;
    return (struct fiber *)(void *)(end - below * CACHE_LINE);
}

void slab_guard(struct slab *slab, unsigned index, enum ps_green_guard how, size_t number)
{
    void *low = slab_low(slab, index);
    bool done;
    if (how == PS_GREEN_GUARD_MADVISE)
        done = madvise(low, slab->page_bytes, MADV_GUARD_INSTALL) == 0;
    else
        done = (number < GUARD_FIRST || number % GUARD_EVERY == 0) &&
               mprotect(low, slab->page_bytes, PROT_NONE) == 0;
    if (done)
        atomic_fetch_or_explicit(&slab->stack[index], SLAB_GUARDED, memory_order_relaxed);
}

bool slab_watch(const struct slab *slab, unsigned index, const void *frame)
{
    const char *above = slab_low(slab, index) + slab->page_bytes;
    const uint64_t *word = (const uint64_t *)(const void *)(above - WATCHED_BYTES);
    uint64_t written = 0;
    for (size_t i = 0; i < WATCHED_BYTES / sizeof *word; i++)
        written |= word[i];
    return written == 0 && (const char *)frame >= above;
}

/* Neighbours become one stretch, which costs half as much. */
void slab_batch_add(struct slab_batch *batch, const struct slab *slab, unsigned index)
{
    char *low = slab_low(slab, index);
    struct iovec *last = batch->count ? &batch->stretch[batch->count - 1] : NULL;
    if (last && (char *)last->iov_base == low + slab->stack_bytes) {
        last->iov_base = low;
        last->iov_len += slab->stack_bytes;
    } else if (last && (char *)last->iov_base + last->iov_len == low) {
        last->iov_len += slab->stack_bytes;
    } else {
        batch->stretch[batch->count++] = (struct iovec){low, slab->stack_bytes};
    }
}

/* One call for all where the kernel lets a process do so to itself (Linux 6.13): one flush of the
 * TLB, which interrupts every other worker. What it leaves is done singly; twice does no harm. */
void slab_discard(const struct slab_batch *batch)
{
    size_t bytes = 0;
    for (unsigned i = 0; i < batch->count; i++)
        bytes += batch->stretch[i].iov_len;
    if (batch->count > 1 && syscall(SYS_process_madvise, THIS_PROCESS, batch->stretch,
                                    (size_t)batch->count, MADV_DONTNEED, 0) == (long)bytes)
        return;
    for (unsigned i = 0; i < batch->count; i++)
        madvise(batch->stretch[i].iov_base, batch->stretch[i].iov_len, MADV_DONTNEED);
}

bool ps_green_stack_overflow(const void *address, unsigned *type)
{
    for (unsigned i = 0; i < MAX_SLABS; i++) {
        struct slab *slab = atomic_load(&registry[i]);
        if (!slab || (const char *)address < slab->base ||
            (const char *)address >= slab->base + SLAB_BYTES)
            continue;
        unsigned index = slab_index(slab, address);
        if (index >= slab->stacks || !(slab_bits(slab, index) & SLAB_BUILT) ||
            (size_t)((const char *)address - slab_low(slab, index)) >= slab->page_bytes)
            return false;
        *type = atomic_load(&slab_fiber(slab, index)->type);
        return true;
    }
    return false;
}
