#include "model/arrivals.h"

#include <math.h>
#include <string.h>

/* Each use of the seed has a family of streams of its own. */
#define STREAMS_OF_TYPES    UINT64_C(0x7479706573)
#define STREAMS_OF_TASKS    UINT64_C(0x7461736b73)
#define STREAMS_OF_CHILDREN UINT64_C(0x6368696c64)
#define STREAM_OF_GAPS      UINT64_C(0x67617073)

void ps_arrivals_init(struct ps_arrivals *arrivals, const struct ps_experiment *experiment)
{
    memset(arrivals, 0, sizeof *arrivals);
    arrivals->seed = experiment->seed;
    arrivals->process = experiment->process;
    arrivals->type_count = experiment->type_count;
    double total = 0, sum = 0;
    for (unsigned i = 0; i < experiment->type_count; i++)
        total += experiment->types[i].weight;
    for (unsigned i = 0; i < experiment->type_count; i++) {
        sum += experiment->types[i].weight;
        arrivals->cumulative[i] = total > 0 ? sum / total : 1;
    }
    arrivals->gaps = ps_rng_make(experiment->seed, STREAM_OF_GAPS);
}

unsigned ps_arrival_type(const struct ps_arrivals *arrivals, uint64_t number)
{
    struct ps_rng rng = ps_rng_make(arrivals->seed ^ STREAMS_OF_TYPES, number);
    double point = ps_rng_unit(&rng);
    unsigned last = 0;
    for (unsigned i = 0; i < arrivals->type_count; i++) {
        double below = i ? arrivals->cumulative[i - 1] : 0;
        if (arrivals->cumulative[i] <= below)
            continue; /* weight 0: never, not even where rounding leaves the sum short of 1 */
        last = i;
        if (point < arrivals->cumulative[i])
            break;
    }
    return last;
}

struct ps_rng ps_arrival_rng(const struct ps_arrivals *arrivals, uint64_t number)
{
    return ps_rng_make(arrivals->seed ^ STREAMS_OF_TASKS, number);
}

struct ps_rng ps_child_rng(struct ps_rng parent, uint64_t index)
{
    return ps_rng_make(parent.state ^ STREAMS_OF_CHILDREN, index);
}

double ps_arrival_gap(struct ps_arrivals *arrivals, double rate)
{
    double mean_ns = 1e9 / rate;
    if (arrivals->process == PS_PROCESS_UNIFORM)
        return mean_ns;
    return -mean_ns * log1p(-ps_rng_unit(&arrivals->gaps));
}
