/* skynet n: the sum of 0 to n - 1 by a tree of tasks with ten children each (github.com/atemerev/skynet,
 * a benchmark of how cheap tasks are). arg: first number, how many. */
#include "host/kernel.h"
#include "model/kernels.h"

enum { CHILDREN = 10 };

static void start(struct ps_kernel *kernel, struct ps_job *job)
{
    ps_node_spawn(kernel, job, &kernel->sum, (uint64_t[4]){0, kernel->step->n});
}

static void split(struct ps_kernel *kernel, struct ps_job *node, uint64_t first, uint64_t count)
{
    for (unsigned i = 0; i < CHILDREN; i++) {
        uint64_t share = count / CHILDREN + (i < count % CHILDREN);
        if (share > 0 && !ps_node_spawn(kernel, node, &node->node.sum, (uint64_t[4]){first, share}))
            return;
        first += share;
    }
}

static uint64_t sum_of(uint64_t first, uint64_t count)
{
    uint64_t sum = 0;
    for (uint64_t i = 0; i < count; i++)
        sum += first + i;
    return sum;
}

static struct ps_wait *run(struct ps_kernel *kernel, struct ps_job *node)
{
    uint64_t first = node->node.arg[0], count = node->node.arg[1];
    if (node->phase > 0) {
        ps_node_give(node, atomic_load_explicit(&node->node.sum, memory_order_relaxed));
        return NULL;
    }
    if (count <= ps_kernel_grain(kernel->step)) {
        ps_node_give(node, sum_of(first, count));
        return NULL;
    }
    split(kernel, node, first, count);
    return ps_node_join(node, 1);
}

static bool answer(struct ps_kernel *kernel, uint64_t *value)
{
    uint64_t n = kernel->step->n;
    *value = atomic_load_explicit(&kernel->sum, memory_order_relaxed);
    return *value == n * (n - 1) / 2;
}

static const struct ps_kernel_ops skynet_ops = {.start = start, .run = run, .answer = answer};
extern const struct ps_step_ops ps_step_skynet;
const struct ps_step_ops ps_step_skynet = {
    .advance = ps_kernel_advance, .abandon = ps_kernel_abandon, .kernel = &skynet_ops};
