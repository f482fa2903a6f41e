/* Kernels: steps that are programs of their own, with an answer that is known. What the model knows
 * of them: how they are written, how large they may be, what they are called in reports.
 *
 * Letters of their shapes: n the size; g an optional "grain G": parts of at most G are done without
 * further tasks; w WxH pixels; i iterations; s stages; d the depth of a channel; v an optional
 * "items N"; k packed|padded; b a size in memory. */
#ifndef PS_MODEL_KERNELS_H
#define PS_MODEL_KERNELS_H

#include "model/experiment.h"

#define PS_KERNEL_FIRST PS_STEP_FIB
#define PS_KERNEL_LAST  PS_STEP_MEMORY

/* Tasks that one kernel may spawn. */
#define PS_KERNEL_TASKS_MAX 2000000u

/* Different kernels (or the same with other figures) in one experiment. */
#define PS_KERNELS_MAX     16u
#define PS_KERNEL_NAME_MAX 48u

static inline bool ps_step_is_kernel(enum ps_step_kind kind)
{
    return kind >= PS_KERNEL_FIRST && kind <= PS_KERNEL_LAST;
}

/* The grain that a kernel runs with: as written, or the default. */
uint64_t ps_kernel_grain(const struct ps_step_def *step);

/* About how many tasks one execution spawns, from above. */
double ps_kernel_tasks(const struct ps_step_def *step);

/* Same kernel, same figures: one answer. */
bool ps_kernel_same(const struct ps_step_def *a, const struct ps_step_def *b);

/* The different kernels of an experiment in the order of its programs, at most `max`; returns how
 * many there are. */
unsigned ps_kernels_of(const struct ps_experiment *experiment, const struct ps_step_def *list[],
                       unsigned max);

/* What a kernel is called in reports: its word, or the whole step where the experiment has several
 * of that word. */
void ps_kernel_name(char into[PS_KERNEL_NAME_MAX], const struct ps_experiment *experiment,
                    const struct ps_step_def *kernel);

#endif
