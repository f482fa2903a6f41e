/* Registry of slabs for signal handlers: a table of atomic pointers, the only mutable global of the
 * engine. A handler may run while another thread unmaps a slab of an engine that is being
 * destroyed; it then misses that slab, whose stacks nobody runs on. */
#include "engines/green/stack.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "engines/green/switch.h"

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#endif

enum {
    KIB = 1024,
    DEFAULT_STACK = 16 * KIB,
    POOL_MAX = 64,
    COLOURS = 8,
    CACHE_LINE = 64,
    GUARD_MAPPINGS = 30000,
    MAX_SLABS = 1024
};
static const size_t SLAB_BYTES = (size_t)64 * KIB * KIB;
static const size_t classes[] = {16 * KIB, 32 * KIB, 64 * KIB, 256 * KIB};
static const uint64_t CANARY = UINT64_C(0x5afe57acc0ffee11);

struct slab {
    struct slab *next;
    char *base;
    size_t stack_bytes, guard_bytes;
    _Atomic unsigned used; /* stacks carved; release, partner: readers in signal handlers */
    unsigned id;           /* place in the registry */
};

static _Atomic(struct slab *) registry[MAX_SLABS];

static enum ps_err register_slab(struct slab *slab)
{
    for (unsigned i = 0; i < MAX_SLABS; i++) {
        struct slab *none = NULL;
        if (atomic_compare_exchange_strong(&registry[i], &none, slab)) {
            slab->id = i;
            return PS_OK;
        }
    }
    return PS_ELIMIT;
}

static struct fiber *fiber_at(const struct slab *slab, unsigned index)
{
    char *end = slab->base + (index + 1) * slab->stack_bytes;
    size_t below = (sizeof(struct fiber) + CACHE_LINE - 1) / CACHE_LINE + index % COLOURS;
    return (struct fiber *)(void *)(end - below * CACHE_LINE);
}

bool ps_green_stack_overflow(const void *address, unsigned *type)
{
    for (unsigned i = 0; i < MAX_SLABS; i++) {
        const struct slab *slab = atomic_load(&registry[i]);
        if (!slab || (const char *)address < slab->base ||
            (const char *)address >= slab->base + SLAB_BYTES)
            continue;
        size_t offset = (size_t)((const char *)address - slab->base);
        unsigned index = (unsigned)(offset / slab->stack_bytes);
        if (index >= atomic_load(&((struct slab *)slab)->used) ||
            offset % slab->stack_bytes >= slab->guard_bytes)
            return false;
        *type = atomic_load(&fiber_at(slab, index)->type);
        return true;
    }
    return false;
}

static enum ps_green_guard probe_guard(size_t page_bytes)
{
    void *page = mmap(NULL, page_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED)
        return PS_GREEN_GUARD_MPROTECT;
    int rc = madvise(page, page_bytes, MADV_GUARD_INSTALL);
    munmap(page, page_bytes);
    return rc == 0 ? PS_GREEN_GUARD_MADVISE : PS_GREEN_GUARD_MPROTECT;
}

enum ps_err stack_depot_init(struct stack_depot *depot, size_t stack_bytes)
{
    size_t wanted = (stack_bytes ? stack_bytes : DEFAULT_STACK) * GREEN_STACK_SCALE;
    size_t chosen = classes[sizeof classes / sizeof *classes - 1];
    if (stack_bytes > chosen)
        return PS_EINVAL;
    for (size_t i = sizeof classes / sizeof *classes; i-- > 0;)
        if (wanted <= classes[i])
            chosen = classes[i];
    if (wanted > chosen)
        chosen *= GREEN_STACK_SCALE;
    *depot =
        (struct stack_depot){.stack_bytes = chosen, .page_bytes = (size_t)sysconf(_SC_PAGESIZE)};
    depot->guard = probe_guard(depot->page_bytes);
    pthread_mutex_init(&depot->lock, NULL);
    return PS_OK;
}

static void free_slab(struct slab *slab)
{
    atomic_store(&registry[slab->id], NULL);
    for (unsigned i = 0; i < atomic_load(&slab->used); i++)
        green_sanitize_delete(&fiber_at(slab, i)->sanitizer);
    munmap(slab->base, SLAB_BYTES);
    free(slab);
}

void stack_depot_destroy(struct stack_depot *depot)
{
    struct slab *slab;
    while ((slab = depot->slabs)) {
        depot->slabs = slab->next;
        free_slab(slab);
    }
    pthread_mutex_destroy(&depot->lock);
}

static struct slab *add_slab(struct stack_depot *depot)
{
    struct slab *slab = calloc(1, sizeof *slab);
    if (!slab)
        return NULL;
    slab->base = mmap(NULL, SLAB_BYTES, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    slab->stack_bytes = depot->stack_bytes;
    slab->guard_bytes = depot->page_bytes;
    if (slab->base == MAP_FAILED || register_slab(slab) != PS_OK) {
        if (slab->base != MAP_FAILED)
            munmap(slab->base, SLAB_BYTES);
        free(slab);
        return NULL;
    }
    madvise(slab->base, SLAB_BYTES, MADV_NOHUGEPAGE);
    slab->next = depot->slabs;
    depot->slabs = slab;
    return slab;
}

static bool install_guard(const struct stack_depot *depot, char *low)
{
    if (depot->guard == PS_GREEN_GUARD_MADVISE)
        return madvise(low, depot->page_bytes, MADV_GUARD_INSTALL) == 0;
    return depot->made < GUARD_MAPPINGS && mprotect(low, depot->page_bytes, PROT_NONE) == 0;
}

/* Under the depot's lock. */
static struct fiber *carve(struct stack_depot *depot, struct green *green, void (*entry)(void *))
{
    struct slab *slab = depot->slabs;
    if (!slab || atomic_load(&slab->used) == SLAB_BYTES / depot->stack_bytes)
        slab = add_slab(depot);
    if (!slab)
        return NULL;
    unsigned index = atomic_load(&slab->used);
    char *low = slab->base + (size_t)index * depot->stack_bytes;
    struct fiber *fiber = fiber_at(slab, index);
    *fiber = (struct fiber){.green = green};
    atomic_init(&fiber->state, FIBER_RUNNING);
    atomic_init(&fiber->type, UINT32_MAX);
    if (!install_guard(depot, low)) {
        fiber->canary = (uint64_t *)(void *)low;
        *fiber->canary = CANARY;
    }
    green_sanitize_new(&fiber->sanitizer, low + depot->page_bytes,
                       (size_t)((char *)fiber - low) - depot->page_bytes);
    fiber->context = ps_green_prepare(fiber, entry, fiber);
    depot->made++;
    atomic_store(&slab->used, index + 1);
    return fiber;
}

struct fiber *stack_take(struct stack_depot *depot, struct stack_pool *pool, struct green *green,
                         void (*entry)(void *))
{
    struct fiber *fiber = pool->first;
    if (fiber) {
        pool->first = fiber->next;
        pool->count--;
        return fiber;
    }
    pthread_mutex_lock(&depot->lock);
    while ((fiber = depot->free) && pool->count < POOL_MAX / 2) {
        depot->free = fiber->next;
        fiber->next = pool->first;
        pool->first = fiber;
        pool->count++;
    }
    if ((fiber = pool->first)) {
        pool->first = fiber->next;
        pool->count--;
    } else {
        fiber = carve(depot, green, entry);
    }
    pthread_mutex_unlock(&depot->lock);
    return fiber;
}

static void give_back(struct stack_depot *depot, struct stack_pool *pool, unsigned keep)
{
    pthread_mutex_lock(&depot->lock);
    while (pool->count > keep) {
        struct fiber *fiber = pool->first;
        pool->first = fiber->next;
        pool->count--;
        fiber->next = depot->free;
        depot->free = fiber;
    }
    pthread_mutex_unlock(&depot->lock);
}

void stack_put(struct stack_depot *depot, struct stack_pool *pool, struct fiber *fiber)
{
    fiber->next = pool->first;
    pool->first = fiber;
    if (++pool->count > POOL_MAX)
        give_back(depot, pool, POOL_MAX / 2);
}

void stack_flush(struct stack_depot *depot, struct stack_pool *pool)
{
    give_back(depot, pool, 0);
}

void stack_each(struct stack_depot *depot, void (*visit)(struct fiber *))
{
    pthread_mutex_lock(&depot->lock);
    for (struct slab *slab = depot->slabs; slab; slab = slab->next)
        for (unsigned i = 0, n = atomic_load(&slab->used); i < n; i++)
            visit(fiber_at(slab, i));
    pthread_mutex_unlock(&depot->lock);
}

void stack_check(const struct fiber *fiber)
{
    if (!fiber->canary || *fiber->canary == CANARY)
        return;
    static const char text[] = "poolscope: a green task overflowed its stack\n";
    (void)!write(STDERR_FILENO, text, sizeof text - 1);
    abort();
}
