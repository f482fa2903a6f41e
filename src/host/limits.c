#include "host/limits.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "host/kernels/memory.h"

/* Memory a task may take while it exists: its record, and a touched stack page for a green thread.
 */
#define TASK_BYTES 5120u

static bool has_step(const struct ps_experiment *experiment, enum ps_step_kind kind)
{
    for (unsigned t = 0; t < experiment->type_count; t++)
        for (unsigned s = 0; s < experiment->types[t].step_count; s++)
            if (experiment->types[t].steps[s].kind == kind)
                return true;
    return false;
}

enum ps_err ps_limits_check(const struct ps_experiment *experiment,
                            const struct ps_machine *machine, unsigned workers,
                            unsigned engine_threads, char *why, size_t why_size)
{
    uint64_t threads = engine_threads + experiment->offload + 8u;
    if (threads > machine->threads / 2) {
        snprintf(
            why, why_size,
            "engine.workers = %u needs %llu threads; this process may start %llu more (%s), and "
            "poolscope uses at most half of them",
            workers, (unsigned long long)threads, (unsigned long long)machine->threads,
            machine->threads_limit);
        return PS_ELIMIT;
    }
    uint64_t tasks = experiment->queue;
    if (experiment->model == PS_ARRIVAL_CLOSED && experiment->in_flight > tasks)
        tasks = experiment->in_flight;
    uint64_t bytes = tasks * TASK_BYTES;
    if (machine->available && bytes > machine->available / 2) {
        char need[32], have[32];
        snprintf(
            why, why_size,
            "%s = %llu may need %s; %s of memory are available, and poolscope uses at most half",
            tasks == experiment->queue ? "engine.queue" : "arrivals.in_flight",
            (unsigned long long)tasks, ps_format_bytes(need, sizeof need, bytes),
            ps_format_bytes(have, sizeof have, machine->available));
        return PS_ELIMIT;
    }
    bytes = ps_memory_bytes(experiment);
    if (machine->available && bytes > machine->available / 2) {
        char need[32], have[32];
        snprintf(
            why, why_size,
            "memory steps need %s; %s of memory are available, and poolscope uses at most half",
            ps_format_bytes(need, sizeof need, bytes),
            ps_format_bytes(have, sizeof have, machine->available));
        return PS_ELIMIT;
    }
    if (has_step(experiment, PS_STEP_NET) && machine->descriptors < 64 + 4 * (uint64_t)workers) {
        snprintf(
            why, why_size,
            "net steps with engine.workers = %u need %llu descriptors; RLIMIT_NOFILE (ulimit -n) "
            "is %llu",
            workers, (unsigned long long)(64 + 4 * (uint64_t)workers),
            (unsigned long long)machine->descriptors);
        return PS_ELIMIT;
    }
    return PS_OK;
}
