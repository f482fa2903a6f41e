/* nqueens n: in how many ways n queens can stand on n x n squares, none attacking another. A node
 * spawns a child for every free square of its row. arg: attacked columns, diagonals to the left and
 * to the right as they hit this row, rows left. */
#include "host/kernel.h"
#include "model/kernels.h"

/* Known: oeis.org/A000170. */
static const uint64_t solutions[] = {1,      1,       0,        0,        2,        10,    4,
                                     40,     92,      352,      724,      2680,     14200, 73712,
                                     365596, 2279184, 14772512, 95815104, 666090624};

static void start(struct ps_kernel *kernel, struct ps_job *job)
{
    ps_node_spawn(kernel, job, &kernel->sum, (uint64_t[4]){0, 0, 0, kernel->step->n});
}

static uint64_t count(uint32_t all, uint32_t columns, uint32_t left, uint32_t right)
{
    uint64_t ways = 0;
    if (columns == all)
        return 1;
    for (uint32_t free = all & ~(columns | left | right); free; free &= free - 1) {
        uint32_t square = free & -free;
        ways += count(all, columns | square, (left | square) << 1, (right | square) >> 1);
    }
    return ways;
}

static struct ps_wait *run(struct ps_kernel *kernel, struct ps_job *node)
{
    uint32_t all = (UINT32_C(1) << kernel->step->n) - 1;
    const uint64_t *arg = node->node.arg;
    uint32_t columns = (uint32_t)arg[0], left = (uint32_t)arg[1], right = (uint32_t)arg[2];
    if (node->phase > 0) {
        ps_node_give(node, atomic_load_explicit(&node->node.sum, memory_order_relaxed));
        return NULL;
    }
    if (arg[3] <= ps_kernel_grain(kernel->step)) {
        ps_node_give(node, count(all, columns, left, right));
        return NULL;
    }
    for (uint32_t free = all & ~(columns | left | right); free; free &= free - 1) {
        uint32_t square = free & -free;
        uint64_t child[4] = {columns | square, (left | square) << 1, (right | square) >> 1,
                             arg[3] - 1};
        if (!ps_node_spawn(kernel, node, &node->node.sum, child))
            break;
    }
    return ps_node_join(node, 1);
}

static bool answer(struct ps_kernel *kernel, uint64_t *value)
{
    *value = atomic_load_explicit(&kernel->sum, memory_order_relaxed);
    return *value == solutions[kernel->step->n];
}

static const struct ps_kernel_ops nqueens_ops = {.start = start, .run = run, .answer = answer};
extern const struct ps_step_ops ps_step_nqueens;
const struct ps_step_ops ps_step_nqueens = {
    .advance = ps_kernel_advance, .abandon = ps_kernel_abandon, .kernel = &nqueens_ops};
