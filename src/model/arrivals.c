#include "model/arrivals.h"

#include <math.h>
#include <string.h>

#include "model/phases.h"

/* Each use of the seed has a family of streams of its own. */
#define STREAMS_OF_TYPES    UINT64_C(0x7479706573)
#define STREAMS_OF_TASKS    UINT64_C(0x7461736b73)
#define STREAMS_OF_CHILDREN UINT64_C(0x6368696c64)
#define STREAMS_OF_RETRIES  UINT64_C(0x7265747279)
#define STREAM_OF_GAPS      UINT64_C(0x67617073)

static void weigh(struct ps_arrival_mix *mix, unsigned types, const double weight[PS_TYPES_MAX])
{
    double total = 0, sum = 0;
    for (unsigned i = 0; i < types; i++)
        total += weight[i];
    for (unsigned i = 0; i < types; i++) {
        sum += weight[i];
        mix->cumulative[i] = total > 0 ? sum / total : 1;
    }
}

static void add_mix(struct ps_arrivals *arrivals, uint64_t from_ns,
                    const double weight[PS_TYPES_MAX])
{
    struct ps_arrival_mix *mix = &arrivals->mix[arrivals->mix_count++];
    mix->from_ns = from_ns;
    weigh(mix, arrivals->type_count, weight);
}

/* The mix that holds at a run time. */
static unsigned mix_at(const struct ps_arrivals *arrivals, uint64_t at_ns)
{
    unsigned m = arrivals->mix_count - 1;
    while (m > 0 && arrivals->mix[m].from_ns > at_ns)
        m--;
    return m;
}

void ps_arrivals_init(struct ps_arrivals *arrivals, const struct ps_experiment *experiment)
{
    memset(arrivals, 0, sizeof *arrivals);
    arrivals->seed = experiment->seed;
    arrivals->process = experiment->process;
    arrivals->type_count = experiment->type_count;
    double weight[PS_TYPES_MAX];
    for (unsigned i = 0; i < experiment->type_count; i++)
        weight[i] = experiment->types[i].weight;
    add_mix(arrivals, 0, weight);
    const struct ps_phase_def *order[PS_PHASES_MAX];
    unsigned phases = ps_phases_in_order(experiment, order);
    for (unsigned p = 0; p < phases; p++) {
        const struct ps_mix *mix = &order[p]->mix;
        for (unsigned i = 0; i < mix->count; i++)
            weight[mix->part[i].type] = mix->part[i].weight;
        if (mix->count)
            add_mix(arrivals, order[p]->at_ns, weight);
    }
    arrivals->gaps = ps_rng_make(experiment->seed, STREAM_OF_GAPS);
}

void ps_arrivals_mix(struct ps_arrivals *arrivals, uint64_t from_ns, const struct ps_mix *mix)
{
    unsigned m = mix_at(arrivals, from_ns);
    double weight[PS_TYPES_MAX] = {0};
    for (unsigned i = 0; i < mix->count; i++)
        weight[mix->part[i].type] = mix->part[i].weight;
    memmove(&arrivals->mix[1], &arrivals->mix[m + 1],
            (arrivals->mix_count - m - 1) * sizeof arrivals->mix[0]);
    arrivals->mix_count -= m;
    arrivals->mix[0].from_ns = from_ns;
    weigh(&arrivals->mix[0], arrivals->type_count, weight);
}

unsigned ps_arrival_type(const struct ps_arrivals *arrivals, uint64_t number, uint64_t at_ns)
{
    const double *cumulative = arrivals->mix[mix_at(arrivals, at_ns)].cumulative;
    struct ps_rng rng = ps_rng_make(arrivals->seed ^ STREAMS_OF_TYPES, number);
    double point = ps_rng_unit(&rng);
    unsigned last = 0;
    for (unsigned i = 0; i < arrivals->type_count; i++) {
        double below = i ? cumulative[i - 1] : 0;
        if (cumulative[i] <= below)
            continue; /* weight 0: never, not even where rounding leaves the sum short of 1 */
        last = i;
        if (point < cumulative[i])
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

struct ps_rng ps_retry_rng(struct ps_rng first, unsigned k)
{
    return ps_rng_make(first.state ^ STREAMS_OF_RETRIES, k);
}

double ps_arrival_unit(struct ps_arrivals *arrivals)
{
    if (arrivals->process == PS_PROCESS_UNIFORM)
        return 1;
    return -log1p(-ps_rng_unit(&arrivals->gaps));
}
