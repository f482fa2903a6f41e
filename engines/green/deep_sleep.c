#include "engines/green/deep_sleep.h"

#include <stdlib.h>

#include "base/clock.h"
#include "engines/green/scheduler.h"
#include "engines/green/slab.h"
#include "engines/green/switch.h"

enum {
    CHUNK = 256,                         /* sleepers allocated at once */
    LONG_NS = 10 * (int)PS_NS_PER_MS,    /* the 5 us it costs are a two thousandth */
    COPY_MOST = 3584 * GREEN_STACK_SCALE /* more is no saving over a page; a ucontext takes 1 KB */
};

struct sleeper_chunk {
    struct sleeper_chunk *next;
    struct sleeper sleeper[CHUNK];
};

void sleepers_init(struct sleeper_depot *depot)
{
    *depot = (struct sleeper_depot){0};
    pthread_mutex_init(&depot->lock, NULL);
    depot->least_ns = LONG_NS;
}

void sleepers_free(struct sleeper_depot *depot)
{
    struct sleeper_chunk *chunk;
    while ((chunk = depot->chunks)) {
        depot->chunks = chunk->next;
        free(chunk);
    }
    pthread_mutex_destroy(&depot->lock);
}

static bool add_chunk(struct sleeper_depot *depot, struct sleeper_pool *pool)
{
    struct sleeper_chunk *chunk = calloc(1, sizeof *chunk);
    if (!chunk)
        return false;
    for (unsigned i = CHUNK; i-- > 0;) {
        chunk->sleeper[i].fiber.stackless = true;
        chunk->sleeper[i].fiber.next = pool->first;
        pool->first = &chunk->sleeper[i].fiber;
    }
    pthread_mutex_lock(&depot->lock);
    chunk->next = depot->chunks;
    depot->chunks = chunk;
    pthread_mutex_unlock(&depot->lock);
    return true;
}

bool sleep_is_long(const struct green *green, uint64_t until_ns)
{
    const struct sleeper_depot *depot = &green->sleepers;
    return until_ns >= ps_now_ns() + depot->least_ns;
}

struct sleeper *sleeper_lie_down(struct green_worker *worker, struct ps_task *task,
                                 struct fiber *home)
{
    struct sleeper_pool *pool = &worker->sleepers;
    if (!pool->first && !add_chunk(&worker->green->sleepers, pool))
        return NULL;
    struct sleeper *sleeper = (struct sleeper *)pool->first;
    pool->first = sleeper->fiber.next;
    sleeper->home = home;
    sleeper->fiber.task = task;
    sleeper->fiber.green = worker->green;
    (void)__atomic_exchange_n(&task->context, &sleeper->fiber, __ATOMIC_SEQ_CST); /* see .h */
    return sleeper;
}

void sleeper_put(struct green_worker *worker, struct sleeper *sleeper)
{
    sleeper->fiber.next = worker->sleepers.first;
    worker->sleepers.first = &sleeper->fiber;
}

void sleeper_get_up(struct green_worker *worker, struct sleeper *sleeper)
{
    struct fiber *home = sleeper->home;
    home->adopted = false;
    home->tokens--;
    __atomic_store_n(&home->task->context, home, __ATOMIC_RELEASE); /* partner: fiber_of */
    sleeper_put(worker, sleeper);
}

/* ---- copies ---- */

typedef uint64_t __attribute__((may_alias)) word;

/* Whole frames, with what a sanitizer has put between the variables and forbids to read. The empty
 * assembly keeps the compiler from making it a call of memcpy, which would be checked. */
static __attribute__((no_sanitize("address", "thread", "undefined"))) void
copy_stack(void *to, const void *from, size_t bytes)
{
    word *target = to;
    const word *source = from;
    for (size_t i = 0; i < bytes / sizeof *target; i++) {
        target[i] = source[i];
        __asm__ volatile("" ::: "memory");
    }
}

static char *end_of(struct fiber *home)
{
    return (char *)(home + 1);
}

/* Without memory, or when there is too much to copy, the stack stays. */
static void copy_out(struct sleeper *sleeper)
{
    struct fiber *home = sleeper->home;
    const char *low = (const char *)home->context - ps_green_below;
    size_t bytes = (size_t)(end_of(home) - low);
    sleeper->away = false;
    sleeper->copy = bytes <= COPY_MOST ? malloc(bytes) : NULL;
    sleeper->bytes = bytes;
    if (sleeper->copy)
        copy_stack(sleeper->copy, low, bytes);
}

struct fiber *sleeper_rouse(struct fiber *fiber)
{
    struct sleeper *sleeper = (struct sleeper *)fiber;
    struct fiber *home = sleeper->home;
    if (!home)
        return NULL;
    if (sleeper->away)
        copy_stack(end_of(home) - sleeper->bytes, sleeper->copy, sleeper->bytes);
    free(sleeper->copy);
    sleeper->copy = NULL;
    atomic_fetch_sub_explicit(&home->green->depot.deep, 1, memory_order_relaxed);
    return home;
}

/* ---- step 4 and after ---- */

/* As in fiber.c. */
bool sleeper_commit(struct sleeper *sleeper)
{
    uint64_t seen = sleeper->fiber.seen;
    return atomic_compare_exchange_strong_explicit(&sleeper->fiber.state, &seen,
                                                   seen | FIBER_PARKED, memory_order_acq_rel,
                                                   memory_order_acquire);
}

/* Step 5. acquire: what the parker left; release: for whoever wakes it next, by its RMW. */
static bool take_over(struct fiber *fiber)
{
    uint64_t state = atomic_load_explicit(&fiber->state, memory_order_relaxed);
    if (!(state & FIBER_PARKED) ||
        !atomic_compare_exchange_strong_explicit(&fiber->state, &state, state & ~FIBER_PARKED,
                                                 memory_order_acq_rel, memory_order_relaxed))
        return false;
    fiber->seen = state & ~FIBER_PARKED;
    return true;
}

static void lie_again(struct green_worker *worker, struct sleeper *sleeper)
{
    struct ps_task *task = sleeper->fiber.task;
    if (!sleeper_commit(sleeper))
        green_put(worker, task, false);
}

/* Steps 5 to 7, for all that lay down lately. */
static void discard(struct green_worker *worker)
{
    struct sleeper_pool *pool = &worker->sleepers;
    struct slab_batch batch = {.count = 0};
    unsigned taken = 0;
    for (unsigned i = 0; i < pool->waiting; i++) {
        struct sleeper *sleeper = pool->lately[i];
        if (!take_over(&sleeper->fiber))
            continue;
        if (sleeper->away || !sleeper->copy) {
            lie_again(worker, sleeper);
            continue;
        }
        struct slab *slab = sleeper->home->slab;
        slab_batch_add(&batch, slab, slab_index(slab, sleeper->home));
        pool->lately[taken++] = sleeper;
    }
    pool->waiting = 0;
    slab_discard(&batch);
    for (unsigned i = 0; i < taken; i++) {
        pool->lately[i]->away = true;
        lie_again(worker, pool->lately[i]);
    }
}

void sleeper_settle(struct green_worker *worker, struct fiber *left)
{
    struct sleeper_pool *pool = &worker->sleepers;
    struct sleeper *sleeper = (struct sleeper *)fiber_of(left->task);
    copy_out(sleeper);
    atomic_fetch_add_explicit(&worker->green->depot.deep, 1, memory_order_relaxed);
    lie_again(worker, sleeper);
    pool->lately[pool->waiting++] = sleeper;
    if (pool->waiting == sizeof pool->lately / sizeof *pool->lately)
        discard(worker);
}

void sleepers_each(struct sleeper_depot *depot, void (*visit)(struct fiber *))
{
    pthread_mutex_lock(&depot->lock);
    for (struct sleeper_chunk *chunk = depot->chunks; chunk; chunk = chunk->next)
        for (unsigned i = 0; i < CHUNK; i++)
            visit(&chunk->sleeper[i].fiber);
    pthread_mutex_unlock(&depot->lock);
}
