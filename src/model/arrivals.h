/* The arrival list: which task comes when, and what it draws. A function of the experiment and its
 * seed alone, so every engine gets the same work.
 *
 * Task number n (0, 1, 2, ...), which comes at the run time t, has the type ps_arrival_type(n, t) and the generator ps_arrival_rng(n);
 * a child draws from a generator derived from its parent's and its number among the siblings.
 * Nothing depends on when or where a task runs. */
#ifndef PS_MODEL_ARRIVALS_H
#define PS_MODEL_ARRIVALS_H

#include "model/experiment.h"

struct ps_arrivals {
    uint64_t seed;
    enum ps_arrival_process process;
    unsigned type_count;
    /* Weights, cumulated and scaled to 1, that hold from a run time on. The first from 0. */
    unsigned mix_count;
    struct ps_arrival_mix {
        uint64_t from_ns;
        double cumulative[PS_TYPES_MAX];
    } mix[PS_PHASES_MAX + 1];
    struct ps_rng gaps;
};

void ps_arrivals_init(struct ps_arrivals *arrivals, const struct ps_experiment *experiment);

/* From this run time on other weights hold (of the whole mix: a type that it does not name has none),
 * until a phase brings its own; what came before is over.
 * One owner, while nobody asks for types. */
void ps_arrivals_mix(struct ps_arrivals *arrivals, uint64_t from_ns, const struct ps_mix *mix);

/* Type of the task with this number that arrives at this run time. Pure; any thread. */
unsigned ps_arrival_type(const struct ps_arrivals *arrivals, uint64_t number, uint64_t at_ns);

/* Generator of the task with this number, and of the child `index` of the task that has `parent`
 * (its state at the start of the parent). Pure; any thread. */
struct ps_rng ps_arrival_rng(const struct ps_arrivals *arrivals, uint64_t number);
struct ps_rng ps_child_rng(struct ps_rng parent, uint64_t index);

/* Generator of attempt k >= 1 at the task whose first attempt has `first` (its state at the start):
 * another attempt draws anew. Pure; any thread. */
struct ps_rng ps_retry_rng(struct ps_rng first, unsigned k);

/* Open model: how many arrivals are to be expected from one to the next; poisson: exponential of
 * mean 1, uniform: 1. model/profile.h says what time that is. One owner. */
double ps_arrival_unit(struct ps_arrivals *arrivals);

#endif
