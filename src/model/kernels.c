#include "model/kernels.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "model/exact.h"
#include "model/steps.h"

enum { EDGE_MAX = 4096, ITEMS_STANDARD = 10000 };

/* What a kernel's figures may be; 0 for a figure it has not. */
static const struct range {
    uint64_t min, max;             /* of n (memory: bytes) */
    uint32_t grain_min, grain_max; /* a part of grain_max takes some 10 ms */
} ranges[] = {
    [PS_STEP_FIB - PS_KERNEL_FIRST] = {0, 60, 1, 32},
    [PS_STEP_SKYNET - PS_KERNEL_FIRST] = {1, 1000000000, 1, 10000000},
    [PS_STEP_QUICKSORT - PS_KERNEL_FIRST] = {1, 100000000, 2, 1000000},
    [PS_STEP_PRIMES - PS_KERNEL_FIRST] = {2, 10000000, 0, 0},
    [PS_STEP_NQUEENS - PS_KERNEL_FIRST] = {1, 18, 1, 13},
    [PS_STEP_JULIA - PS_KERNEL_FIRST] = {1, 65535, 4, 512},
    [PS_STEP_PIPELINE - PS_KERNEL_FIRST] = {1, 1000000000, 0, 0},
    [PS_STEP_PINGPONG - PS_KERNEL_FIRST] = {1, 1000000000, 0, 0},
    [PS_STEP_TOUCH - PS_KERNEL_FIRST] = {1, 1000000000000, 0, 0},
    [PS_STEP_MEMORY - PS_KERNEL_FIRST] = {4096, UINT64_C(1) << 30, 0, 0},
};

static const struct range *range_of(const struct ps_step_def *step)
{
    return &ranges[step->kind - PS_KERNEL_FIRST];
}

/* ---- how they are written ---- */

static bool read_number(struct ps_reading *reading, const char *what, uint64_t min, uint64_t max,
                        uint64_t *into)
{
    const char *word = ps_reading_take(reading);
    if (word && ps_parse_u64(word, min, max, into))
        return true;
    return ps_because(reading->why, "expected %s, %llu..%llu", what, (unsigned long long)min,
                      (unsigned long long)max);
}

static bool read_number32(struct ps_reading *reading, const char *what, uint32_t min, uint32_t max,
                          uint32_t *into)
{
    uint64_t value = 0;
    if (!read_number(reading, what, min, max, &value))
        return false;
    *into = (uint32_t)value;
    return true;
}

/* Take the next word if it is this one. */
static bool next_is(struct ps_reading *reading, const char *word)
{
    if (!*reading->words || strcmp(*reading->words, word) != 0)
        return false;
    ps_reading_take(reading);
    return true;
}

static bool read_n(struct ps_reading *reading)
{
    const struct range *range = range_of(reading->step);
    return read_number(reading, "n", range->min, range->max, &reading->step->n);
}

static void format_n(char *into, size_t size, const struct ps_experiment *experiment,
                     const struct ps_step_def *step)
{
    (void)experiment;
    snprintf(into, size, "%llu", (unsigned long long)step->n);
}

static bool read_grain(struct ps_reading *reading)
{
    const struct range *range = range_of(reading->step);
    return !next_is(reading, "grain") || read_number32(reading, "a grain", range->grain_min,
                                                       range->grain_max, &reading->step->grain);
}

static void format_grain(char *into, size_t size, const struct ps_experiment *experiment,
                         const struct ps_step_def *step)
{
    (void)experiment;
    *into = '\0';
    if (step->grain)
        snprintf(into, size, "grain %u", step->grain);
}

static bool read_edges(struct ps_reading *reading)
{
    const char *word = ps_reading_take(reading);
    char text[16];
    const char *times = word ? strchr(word, 'x') : NULL;
    uint64_t width, height;
    if (times && (size_t)(times - word) < sizeof text) {
        snprintf(text, sizeof text, "%.*s", (int)(times - word), word);
        if (ps_parse_u64(text, 1, EDGE_MAX, &width) &&
            ps_parse_u64(times + 1, 1, EDGE_MAX, &height)) {
            reading->step->width = (uint32_t)width;
            reading->step->height = (uint32_t)height;
            return true;
        }
    }
    return ps_because(reading->why, "expected pixels WxH, each 1..%d", EDGE_MAX);
}

static void format_edges(char *into, size_t size, const struct ps_experiment *experiment,
                         const struct ps_step_def *step)
{
    (void)experiment;
    snprintf(into, size, "%ux%u", step->width, step->height);
}

static bool read_iterations(struct ps_reading *reading)
{
    const struct range *range = range_of(reading->step);
    return read_number(reading, "iterations", range->min, range->max, &reading->step->n);
}

static bool read_items(struct ps_reading *reading)
{
    const struct range *range = range_of(reading->step);
    reading->step->n = ITEMS_STANDARD;
    return !next_is(reading, "items") ||
           read_number(reading, "a number of items", range->min, range->max, &reading->step->n);
}

static void format_items(char *into, size_t size, const struct ps_experiment *experiment,
                         const struct ps_step_def *step)
{
    (void)experiment;
    *into = '\0';
    if (step->n != ITEMS_STANDARD)
        snprintf(into, size, "items %llu", (unsigned long long)step->n);
}

static bool read_stages(struct ps_reading *reading)
{
    return read_number32(reading, "a number of stages", 1, 1000, &reading->step->stages);
}

static void format_stages(char *into, size_t size, const struct ps_experiment *experiment,
                          const struct ps_step_def *step)
{
    (void)experiment;
    snprintf(into, size, "%u", step->stages);
}

static bool read_depth(struct ps_reading *reading)
{
    return read_number32(reading, "the depth of a channel", 0, 100000, &reading->step->depth);
}

static void format_depth(char *into, size_t size, const struct ps_experiment *experiment,
                         const struct ps_step_def *step)
{
    (void)experiment;
    snprintf(into, size, "%u", step->depth);
}

static bool read_layout(struct ps_reading *reading)
{
    const char *word = ps_reading_take(reading);
    if (!word || (strcmp(word, "packed") != 0 && strcmp(word, "padded") != 0))
        return ps_because(reading->why, "expected packed or padded");
    reading->step->padded = strcmp(word, "padded") == 0;
    return true;
}

static void format_layout(char *into, size_t size, const struct ps_experiment *experiment,
                          const struct ps_step_def *step)
{
    (void)experiment;
    snprintf(into, size, "%s", step->padded ? "padded" : "packed");
}

static bool read_bytes(struct ps_reading *reading)
{
    const char *word = ps_reading_take(reading);
    const struct range *range = range_of(reading->step);
    uint64_t bytes;
    if (!word || !ps_parse_size(word, &bytes) || bytes < range->min || bytes > range->max)
        return ps_because(reading->why, "expected a size of 4KiB..1GiB");
    reading->step->size = bytes;
    return true;
}

static void format_bytes(char *into, size_t size, const struct ps_experiment *experiment,
                         const struct ps_step_def *step)
{
    (void)experiment;
    ps_exact_format_size(into, size, step->size);
}

const struct ps_step_part ps_kernel_parts[] = {
    {'n', "n", read_n, format_n},
    {'g', "[grain g]", read_grain, format_grain},
    {'w', "WxH", read_edges, format_edges},
    {'i', "iterations", read_iterations, format_n},
    {'s', "stages", read_stages, format_stages},
    {'d', "depth", read_depth, format_depth},
    {'v', "[items N]", read_items, format_items},
    {'k', "packed|padded", read_layout, format_layout},
    {'b', "SIZE", read_bytes, format_bytes},
    {.letter = 0},
};

/* ---- what they come to ---- */

uint64_t ps_kernel_grain(const struct ps_step_def *step)
{
    if (step->grain)
        return step->grain;
    switch (step->kind) {
    case PS_STEP_FIB:
        return 18;
    case PS_STEP_SKYNET:
        return 100;
    case PS_STEP_QUICKSORT:
        return 4096;
    case PS_STEP_NQUEENS:
        return step->n > 4 ? step->n - 3 : 1;
    case PS_STEP_JULIA:
        return 32;
    default:
        return 1;
    }
}

static double fib_tasks(uint64_t n, uint64_t grain)
{
    double before = 1, tasks = 1; /* of grain - 1 and grain */
    for (uint64_t i = grain; i < n; i++) {
        double next = 1 + before + tasks;
        before = tasks;
        tasks = next;
    }
    return tasks;
}

static double skynet_tasks(double n, double grain)
{
    double tasks = 1;
    for (double level = 1; ceil(n / level) > grain; tasks += fmin(level, n))
        level *= 10;
    return tasks;
}

/* As if no two queens attacked each other but in columns. */
static double nqueens_tasks(uint64_t n, uint64_t grain)
{
    double tasks = 1, level = 1;
    for (uint64_t rows = n; rows > grain; rows--) {
        level *= (double)rows;
        tasks += level;
    }
    return tasks;
}

double ps_kernel_tasks(const struct ps_step_def *step)
{
    double n = (double)step->n, grain = (double)ps_kernel_grain(step);
    switch (step->kind) {
    case PS_STEP_FIB:
        return fib_tasks(step->n, ps_kernel_grain(step));
    case PS_STEP_SKYNET:
        return skynet_tasks(n, grain);
    case PS_STEP_QUICKSORT:
        return 1 + 4 * n / grain;
    case PS_STEP_PRIMES:
        return 3 + sqrt(n) / 2;
    case PS_STEP_NQUEENS:
        return nqueens_tasks(step->n, ps_kernel_grain(step));
    case PS_STEP_JULIA:
        return ceil(step->width / grain) * ceil(step->height / grain);
    case PS_STEP_PIPELINE:
        return step->stages + 2.0;
    case PS_STEP_PINGPONG:
        return 2;
    case PS_STEP_TOUCH:
        return PS_WORKERS_MAX;
    default:
        return 0;
    }
}

bool ps_kernel_fits(const struct ps_step_def *step, struct ps_why *why)
{
    double tasks = ps_kernel_tasks(step);
    if (tasks > PS_KERNEL_TASKS_MAX)
        return ps_because(why, "about %.2g tasks, at most %u; a larger grain makes fewer", tasks,
                          PS_KERNEL_TASKS_MAX);
    return true;
}

/* ---- what they are called ---- */

bool ps_kernel_same(const struct ps_step_def *a, const struct ps_step_def *b)
{
    return a->kind == b->kind && a->n == b->n && a->width == b->width && a->height == b->height &&
           a->stages == b->stages && a->depth == b->depth && a->grain == b->grain &&
           a->padded == b->padded && a->size == b->size && a->count == b->count;
}

unsigned ps_kernels_of(const struct ps_experiment *experiment, const struct ps_step_def *list[],
                       unsigned max)
{
    unsigned count = 0;
    for (unsigned t = 0; t < experiment->type_count; t++)
        for (unsigned s = 0; s < experiment->types[t].step_count; s++) {
            const struct ps_step_def *step = &experiment->types[t].steps[s];
            unsigned i = 0;
            if (!ps_step_is_kernel(step->kind))
                continue;
            while (i < count && i < max && !ps_kernel_same(list[i], step))
                i++;
            if (i < count)
                continue;
            if (count < max)
                list[count] = step;
            count++;
        }
    return count;
}

void ps_kernel_name(char into[PS_KERNEL_NAME_MAX], const struct ps_experiment *experiment,
                    const struct ps_step_def *kernel)
{
    const struct ps_step_def *list[PS_KERNELS_MAX];
    unsigned count = ps_kernels_of(experiment, list, PS_KERNELS_MAX), same_word = 0;
    for (unsigned i = 0; i < count && i < PS_KERNELS_MAX; i++)
        same_word += list[i]->kind == kernel->kind;
    if (same_word > 1)
        ps_step_format(into, PS_KERNEL_NAME_MAX, experiment, kernel);
    else
        snprintf(into, PS_KERNEL_NAME_MAX, "%s", ps_step_words[kernel->kind].word);
}
