#include "engines/green/stack.h"

#include <stdlib.h>
#include <unistd.h>

#include "engines/green/slab.h"
#include "engines/green/switch.h"

enum {
    KIB = 1024,
    DEFAULT_STACK = 16 * KIB,
    POOL_MAX = 64,
    WARM_MAX = 8192, /* in the depot, while stacks turn cold */
    INDEX_BITS = 12, /* of a place in a slab */
    COLD_FIRST = 4096
};
static const size_t classes[] = {16 * KIB, 32 * KIB, 64 * KIB, 256 * KIB};

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
    depot->guard = slab_probe_guard(depot->page_bytes);
    pthread_mutex_init(&depot->lock, NULL);
    return PS_OK;
}

/* ---- building ---- */

/* Where a stack is made. */
struct site {
    struct slab *slab;
    unsigned index;
    bool fresh;    /* never used: no guard yet */
    size_t number; /* of stacks made before it */
};

/* Under the lock. false: no memory. */
static bool find_site(struct stack_depot *depot, struct site *site)
{
    if (depot->cold_count > 0) {
        uint32_t cold = depot->cold[--depot->cold_count];
        *site = (struct site){.slab = slab_by_id(cold >> INDEX_BITS),
                              .index = cold & ((1u << INDEX_BITS) - 1)};
        return true;
    }
    struct slab *slab = depot->slabs;
    if (!slab || slab->used == slab->stacks) {
        if (!(slab = slab_new(depot->stack_bytes, depot->page_bytes)))
            return false;
        slab->next = depot->slabs;
        depot->slabs = slab;
    }
    *site = (struct site){slab, slab->used++, true, depot->made++};
    return true;
}

/* Not under the lock: the guard and the first page fault take 2 us. The memory is zero, and what a
 * late waker (fiber.h) may have done to `state` is left alone. */
static struct fiber *build(const struct stack_depot *depot, const struct site *site,
                           struct green *green, void (*entry)(void *))
{
    struct slab *slab = site->slab;
    if (site->fresh)
        slab_guard(slab, site->index, depot->guard, site->number);
    char *low = slab_low(slab, site->index), *bottom = low + depot->page_bytes;
    struct fiber *fiber = slab_fiber(slab, site->index);
    fiber->green = green;
    fiber->slab = slab;
    atomic_store_explicit(&fiber->type, UINT32_MAX, memory_order_relaxed);
    fiber->canary = slab_bits(slab, site->index) & SLAB_GUARDED ? NULL : (uint64_t *)(void *)low;
    green_sanitize_new(&fiber->sanitizer, bottom, (size_t)((char *)fiber - bottom));
    fiber->context = ps_green_prepare(fiber, entry, fiber);
    atomic_fetch_or_explicit(&slab->stack[site->index], SLAB_BUILT, memory_order_release);
    return fiber;
}

static void unbuild(struct slab *slab, unsigned index)
{
    atomic_fetch_and_explicit(&slab->stack[index], (uint8_t)~SLAB_BUILT, memory_order_release);
    green_sanitize_delete(&slab_fiber(slab, index)->sanitizer);
}

void stack_depot_destroy(struct stack_depot *depot)
{
    struct slab *slab;
    while ((slab = depot->slabs)) {
        depot->slabs = slab->next;
        for (unsigned i = 0; i < slab->used; i++)
            if (slab_bits(slab, i) & SLAB_BUILT)
                unbuild(slab, i);
        slab_free(slab);
    }
    free(depot->cold);
    pthread_mutex_destroy(&depot->lock);
}

/* ---- free stacks ---- */

static struct fiber *pop(struct stack_pool *pool)
{
    struct fiber *fiber = pool->first;
    if (fiber) {
        pool->first = fiber->next;
        pool->count--;
    }
    return fiber;
}

static void push(struct stack_pool *pool, struct fiber *fiber)
{
    fiber->next = pool->first;
    pool->first = fiber;
    pool->count++;
}

struct fiber *stack_take(struct stack_depot *depot, struct stack_pool *pool, struct green *green,
                         void (*entry)(void *))
{
    struct fiber *fiber = pop(pool);
    if (fiber)
        return fiber;
    struct site site;
    pthread_mutex_lock(&depot->lock);
    while ((fiber = depot->warm) && pool->count < POOL_MAX / 2) {
        depot->warm = fiber->next;
        depot->warm_count--;
        push(pool, fiber);
    }
    fiber = pop(pool);
    bool found = fiber || find_site(depot, &site);
    pthread_mutex_unlock(&depot->lock);
    return fiber || !found ? fiber : build(depot, &site, green, entry);
}

/* Under the lock. */
static bool shall_cool(const struct stack_depot *depot)
{
    return depot->warm_count >= WARM_MAX &&
           atomic_load_explicit(&((struct stack_depot *)depot)->deep, memory_order_relaxed) > 0;
}

/* Under the lock. false: no memory. */
static bool put_cold(struct stack_depot *depot, const struct slab *slab, unsigned index)
{
    if (depot->cold_count == depot->cold_capacity) {
        size_t capacity = depot->cold_capacity ? depot->cold_capacity * 2 : COLD_FIRST;
        uint32_t *cold = reallocarray(depot->cold, capacity, sizeof *cold);
        if (!cold)
            return false;
        depot->cold = cold;
        depot->cold_capacity = capacity;
    }
    depot->cold[depot->cold_count++] = slab->id << INDEX_BITS | index;
    return true;
}

/* A list of `count` >= 1, at most SLAB_BATCH. Without memory for the record of one it is not used
 * again. */
static void cool(struct stack_depot *depot, struct fiber *first, unsigned count)
{
    struct slab_batch batch = {.count = 0};
    struct slab *slab[SLAB_BATCH];
    unsigned index[SLAB_BATCH];
    for (unsigned i = 0; i < count; i++) {
        slab[i] = first->slab;
        index[i] = slab_index(slab[i], first);
        first = first->next;
        unbuild(slab[i], index[i]);
        slab_batch_add(&batch, slab[i], index[i]);
    }
    slab_discard(&batch);
    pthread_mutex_lock(&depot->lock);
    for (unsigned i = 0; i < count && put_cold(depot, slab[i], index[i]); i++)
        ;
    pthread_mutex_unlock(&depot->lock);
}

static void give_back(struct stack_depot *depot, struct stack_pool *pool, unsigned keep)
{
    if (pool->count <= keep)
        return;
    unsigned count = pool->count - keep;
    struct fiber *first = pool->first, *last = first;
    for (unsigned i = 1; i < count; i++)
        last = last->next;
    pool->first = last->next;
    pool->count = keep;
    pthread_mutex_lock(&depot->lock);
    bool cold = shall_cool(depot);
    if (!cold) {
        last->next = depot->warm;
        depot->warm = first;
        depot->warm_count += count;
    }
    pthread_mutex_unlock(&depot->lock);
    if (cold)
        cool(depot, first, count);
}

void stack_put(struct stack_depot *depot, struct stack_pool *pool, struct fiber *fiber)
{
    push(pool, fiber);
    if (pool->count > POOL_MAX)
        give_back(depot, pool, POOL_MAX / 2);
}

void stack_flush(struct stack_depot *depot, struct stack_pool *pool)
{
    give_back(depot, pool, 0);
}

/* ---- the rest ---- */

void stack_each(struct stack_depot *depot, void (*visit)(struct fiber *))
{
    pthread_mutex_lock(&depot->lock);
    for (struct slab *slab = depot->slabs; slab; slab = slab->next)
        for (unsigned i = 0; i < slab->used; i++)
            if (slab_bits(slab, i) & SLAB_BUILT)
                visit(slab_fiber(slab, i));
    pthread_mutex_unlock(&depot->lock);
}

void stack_check(const struct fiber *fiber)
{
    unsigned index = slab_index(fiber->slab, fiber);
    if (!fiber->canary || slab_watch(fiber->slab, index, __builtin_frame_address(0)))
        return;
    static const char text[] = "poolscope: a green task overflowed its stack\n";
    (void)!write(STDERR_FILENO, text, sizeof text - 1);
    abort();
}
