#include <math.h>

#include "model/experiment.h"

unsigned ps_workers_count(const struct ps_workers_spec *spec, unsigned usable_cpus)
{
    double wanted = spec->count ? spec->count : round(spec->factor * usable_cpus);
    if (!(wanted >= 1))
        return 1;
    return wanted < PS_WORKERS_MAX ? (unsigned)wanted : PS_WORKERS_MAX;
}

struct mean {
    bool known;
    double cpu_ns, wait_ns;
};

/* A step counts as often as it is reached: a fail step before it lets only some tasks by. The types
 * of a checked experiment spawn each other in no circle; in another one a circle counts once. */
static struct mean mean_of(const struct ps_experiment *experiment, struct mean *means,
                           unsigned type)
{
    const struct ps_task_type *t = &experiment->types[type];
    struct mean sum = {true, 0, 0};
    double reached = 1;
    if (means[type].known)
        return means[type];
    means[type].known = true;
    for (unsigned s = 0; s < t->step_count; s++) {
        const struct ps_step_def *step = &t->steps[s];
        double time_ns = reached * ps_dist_mean(&step->time);
        if (step->kind == PS_STEP_CPU || step->kind == PS_STEP_LOCK) {
            sum.cpu_ns += time_ns;
        } else if (step->kind == PS_STEP_SPAWN) {
            struct mean child = mean_of(experiment, means, step->type);
            sum.cpu_ns += reached * step->count * child.cpu_ns;
            sum.wait_ns += reached * step->count * child.wait_ns;
        } else {
            sum.wait_ns += time_ns;
        }
        if (step->kind == PS_STEP_FAIL)
            reached *= 1 - step->chance;
    }
    return means[type] = sum;
}

void ps_experiment_mean(const struct ps_experiment *experiment, double *cpu_ns, double *wait_ns)
{
    struct mean means[PS_TYPES_MAX] = {{false, 0, 0}};
    double total = 0;
    *cpu_ns = *wait_ns = 0;
    for (unsigned i = 0; i < experiment->type_count; i++) {
        double weight = experiment->types[i].weight;
        struct mean mean = mean_of(experiment, means, i);
        total += weight;
        *cpu_ns += weight * mean.cpu_ns;
        *wait_ns += weight * mean.wait_ns;
    }
    if (total > 0) {
        *cpu_ns /= total;
        *wait_ns /= total;
    }
}
