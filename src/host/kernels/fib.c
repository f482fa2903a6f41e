/* fib n: the Fibonacci number n by fork and join, in the exponential way: a node spawns n - 1 and
 * n - 2 and adds what they come to. arg: n. */
#include "host/kernel.h"
#include "model/kernels.h"

static uint64_t fib(uint64_t n)
{
    return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

static void start(struct ps_kernel *kernel, struct ps_job *job)
{
    ps_node_spawn(kernel, job, &kernel->sum, (uint64_t[4]){kernel->step->n});
}

static struct ps_wait *run(struct ps_kernel *kernel, struct ps_job *node)
{
    uint64_t n = node->node.arg[0];
    if (node->phase > 0) {
        ps_node_give(node, atomic_load_explicit(&node->node.sum, memory_order_relaxed));
        return NULL;
    }
    if (n < 2 || n <= ps_kernel_grain(kernel->step)) {
        ps_node_give(node, fib(n));
        return NULL;
    }
    if (ps_node_spawn(kernel, node, &node->node.sum, (uint64_t[4]){n - 1}))
        ps_node_spawn(kernel, node, &node->node.sum, (uint64_t[4]){n - 2});
    return ps_node_join(node, 1);
}

static bool answer(struct ps_kernel *kernel, uint64_t *value)
{
    uint64_t a = 0, b = 1;
    for (uint64_t i = 0; i < kernel->step->n; i++) {
        uint64_t next = a + b;
        a = b;
        b = next;
    }
    *value = atomic_load_explicit(&kernel->sum, memory_order_relaxed);
    return *value == a;
}

static const struct ps_kernel_ops fib_ops = {.start = start, .run = run, .answer = answer};
extern const struct ps_step_ops ps_step_fib;
const struct ps_step_ops ps_step_fib = {
    .advance = ps_kernel_advance, .abandon = ps_kernel_abandon, .kernel = &fib_ops};
