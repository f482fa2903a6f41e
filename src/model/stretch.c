#include "model/experiment.h"

unsigned ps_clock_factor(enum ps_clock clock)
{
    static const unsigned factor[] = {
        [PS_CLOCK_REAL] = 1, [PS_CLOCK_SLOW_10] = 10, [PS_CLOCK_SLOW_100] = 100};
    return factor[clock];
}

static void stretch_dist(struct ps_dist *dist, unsigned factor)
{
    dist->a *= factor;
    if (dist->kind == PS_DIST_UNIFORM) /* b of the others is a pure number */
        dist->b *= factor;
}

static void stretch_type(struct ps_task_type *type, unsigned factor)
{
    type->timeout_ns *= factor;
    type->backoff.first_ns *= factor;
    type->backoff.max_ns *= factor;
    for (unsigned s = 0; s < type->step_count; s++)
        stretch_dist(&type->steps[s].time, factor);
}

void ps_experiment_stretch(struct ps_experiment *experiment)
{
    unsigned factor = ps_clock_factor(experiment->clock);
    if (factor == 1)
        return;
    experiment->rate /= factor;
    experiment->gil_interval_ns *= factor;
    experiment->hog_ns *= factor;
    experiment->trace_scale *= factor;
    stretch_dist(&experiment->think, factor);
    for (unsigned p = 0; p < experiment->phase_count; p++)
        experiment->phases[p].rate.rate /= factor;
    for (unsigned t = 0; t < experiment->type_count; t++)
        stretch_type(&experiment->types[t], factor);
}
