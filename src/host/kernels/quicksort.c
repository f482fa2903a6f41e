/* quicksort n: sort n random numbers, the same in every execution of a run. A node parts its range
 * until it is small, spawning a child for each left part, sorts what remains, and joins. arg: first,
 * end. Value: how many numbers are in order at the end, if they are the ones there were. */
#include <stdlib.h>

#include "host/kernel.h"
#include "model/kernels.h"

enum { INSERTION = 16 };

struct sorting {
    uint64_t mark; /* of the numbers, whatever their order */
    uint32_t *number;
};

static uint64_t mark_of(const uint32_t *number, uint64_t n)
{
    uint64_t mark = 0;
    for (uint64_t i = 0; i < n; i++)
        mark += ps_mix64(number[i] + UINT64_C(1));
    return mark;
}

static enum ps_err open_sorting(struct ps_kernel *kernel)
{
    uint64_t n = kernel->step->n;
    struct sorting *sorting = malloc(sizeof *sorting);
    uint32_t *number = malloc(n * sizeof *number);
    if (!sorting || !number) {
        free(sorting);
        free(number);
        return PS_ENOMEM;
    }
    struct ps_rng rng = ps_rng_make(kernel->run->experiment.seed, UINT64_C(0x736f7274));
    for (uint64_t i = 0; i < n; i++)
        number[i] = (uint32_t)ps_rng_next(&rng);
    *sorting = (struct sorting){mark_of(number, n), number};
    kernel->state = sorting;
    return PS_OK;
}

static void close_sorting(struct ps_kernel *kernel)
{
    struct sorting *sorting = kernel->state;
    free(sorting->number);
    free(sorting);
}

static void start(struct ps_kernel *kernel, struct ps_job *job)
{
    ps_node_spawn(kernel, job, &kernel->sum, (uint64_t[4]){0, kernel->step->n});
}

static void swap(uint32_t *a, uint32_t *b)
{
    uint32_t number = *a;
    *a = *b;
    *b = number;
}

/* Hoare's: at least two numbers; the left part is [0, result), never empty nor all. */
static uint64_t part(uint32_t *a, uint64_t n)
{
    uint32_t *low = &a[0], *middle = &a[(n - 1) / 2], *high = &a[n - 1];
    if (*middle < *low)
        swap(middle, low);
    if (*high < *low)
        swap(high, low);
    if (*high < *middle)
        swap(high, middle);
    uint32_t pivot = *middle;
    uint64_t i = 0, j = n - 1;
    for (;;) {
        while (a[i] < pivot)
            i++;
        while (a[j] > pivot)
            j--;
        if (i >= j)
            return j + 1;
        swap(&a[i++], &a[j--]);
    }
}

static void insert(uint32_t *a, uint64_t n)
{
    for (uint64_t i = 1; i < n; i++) {
        uint32_t number = a[i];
        uint64_t at = i;
        for (; at > 0 && a[at - 1] > number; at--)
            a[at] = a[at - 1];
        a[at] = number;
    }
}

/* The smaller part by a call, so that the stack is at most log n deep. */
static void sort(uint32_t *a, uint64_t n)
{
    while (n > INSERTION) {
        uint64_t left = part(a, n);
        if (left <= n - left) {
            sort(a, left);
            a += left;
            n -= left;
        } else {
            sort(a + left, n - left);
            n = left;
        }
    }
    insert(a, n);
}

static struct ps_wait *run(struct ps_kernel *kernel, struct ps_job *node)
{
    uint32_t *number = ((struct sorting *)kernel->state)->number;
    uint64_t first = node->node.arg[0], end = node->node.arg[1];
    uint64_t grain = ps_kernel_grain(kernel->step);
    bool spawned = false;
    if (node->phase > 0)
        return NULL;
    while (end - first > grain && !ps_node_stops(node)) {
        uint64_t middle = first + part(number + first, end - first);
        if (!ps_node_spawn(kernel, node, &node->node.sum, (uint64_t[4]){first, middle}))
            return NULL;
        spawned = true;
        first = middle;
    }
    if (end - first <= grain)
        sort(number + first, end - first);
    return spawned ? ps_node_join(node, 1) : NULL;
}

static bool answer(struct ps_kernel *kernel, uint64_t *value)
{
    const struct sorting *sorting = kernel->state;
    uint64_t n = kernel->step->n;
    *value = 1;
    while (*value < n && sorting->number[*value - 1] <= sorting->number[*value])
        ++*value;
    return *value == n && mark_of(sorting->number, n) == sorting->mark;
}

static const struct ps_kernel_ops quicksort_ops = {
    .open = open_sorting, .start = start, .run = run, .answer = answer, .close = close_sorting};
extern const struct ps_step_ops ps_step_quicksort;
const struct ps_step_ops ps_step_quicksort = {
    .advance = ps_kernel_advance, .abandon = ps_kernel_abandon, .kernel = &quicksort_ops};
