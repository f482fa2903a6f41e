/* touch packed|padded n: a task a worker, each with a counter of its own that it adds 1 to n times.
 * packed: the counters lie side by side in one line of cache, which then wanders from core to core,
 * though nobody shares a counter (false sharing). padded: two lines apart. arg: which counter. Value:
 * the sum of the counters.
 *
 * The additions are atomic, as those of counters that somebody else reads are: each needs the line at
 * once. Plain stores would gather in the store buffer, and show now less and now more of it. */
#include <stdlib.h>
#include <string.h>

#include "host/kernel.h"

/* Additions between looks at whether to stop. */
#define PIECE 65536u

enum { LINE = 128, COUNTER = sizeof(uint64_t) };

struct counters {
    uint32_t tasks;
    char *bytes; /* aligned to LINE */
};

static enum ps_err open_counters(struct ps_kernel *kernel)
{
    struct counters *counters = malloc(sizeof *counters);
    if (!counters)
        return PS_ENOMEM;
    counters->tasks = atomic_load_explicit(&kernel->run->segment->workers, memory_order_relaxed);
    size_t bytes = (size_t)counters->tasks * LINE;
    counters->bytes = aligned_alloc(LINE, bytes);
    kernel->state = counters;
    if (!counters->bytes) {
        free(counters);
        return PS_ENOMEM;
    }
    memset(counters->bytes, 0, bytes);
    return PS_OK;
}

static void close_counters(struct ps_kernel *kernel)
{
    struct counters *counters = kernel->state;
    free(counters->bytes);
    free(counters);
}

static void start(struct ps_kernel *kernel, struct ps_job *job)
{
    const struct counters *counters = kernel->state;
    for (uint64_t i = 0; i < counters->tasks; i++)
        if (!ps_node_spawn(kernel, job, &kernel->sum, (uint64_t[4]){i}))
            return;
}

static void add(_Atomic uint64_t *counter, uint64_t times)
{
    for (uint64_t i = 0; i < times; i++)
        atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

static struct ps_wait *run(struct ps_kernel *kernel, struct ps_job *node)
{
    const struct counters *counters = kernel->state;
    size_t apart = kernel->step->padded ? LINE : COUNTER;
    _Atomic uint64_t *counter = (void *)(counters->bytes + node->node.arg[0] * apart);
    uint64_t left = kernel->step->n;
    while (left > 0 && !ps_node_stops(node)) {
        uint64_t piece = left < PIECE ? left : PIECE;
        add(counter, piece);
        left -= piece;
    }
    ps_node_give(node, atomic_load_explicit(counter, memory_order_relaxed));
    return NULL;
}

static bool answer(struct ps_kernel *kernel, uint64_t *value)
{
    const struct counters *counters = kernel->state;
    *value = atomic_load_explicit(&kernel->sum, memory_order_relaxed);
    return *value == kernel->step->n * counters->tasks;
}

static const struct ps_kernel_ops touch_ops = {
    .open = open_counters, .start = start, .run = run, .answer = answer, .close = close_counters};
extern const struct ps_step_ops ps_step_touch;
const struct ps_step_ops ps_step_touch = {
    .advance = ps_kernel_advance, .abandon = ps_kernel_abandon, .kernel = &touch_ops};
