/* The arrival list: which task comes when, and what it draws. A function of the experiment and its
 * seed alone, so every engine gets the same work.
 *
 * Task number n (0, 1, 2, ...) has the type ps_arrival_type(n) and the generator ps_arrival_rng(n);
 * a child draws from a generator derived from its parent's and its number among the siblings.
 * Nothing depends on when or where a task runs. */
#ifndef PS_MODEL_ARRIVALS_H
#define PS_MODEL_ARRIVALS_H

#include "model/experiment.h"

struct ps_arrivals {
    uint64_t seed;
    enum ps_arrival_process process;
    unsigned type_count;
    double cumulative[PS_TYPES_MAX]; /* of weights, scaled to 1 */
    struct ps_rng gaps;
};

void ps_arrivals_init(struct ps_arrivals *arrivals, const struct ps_experiment *experiment);

/* Type of the task with this number. Pure; any thread. */
unsigned ps_arrival_type(const struct ps_arrivals *arrivals, uint64_t number);

/* Generator of the task with this number, and of the child `index` of the task that has `parent`
 * (its state at the start of the parent). Pure; any thread. */
struct ps_rng ps_arrival_rng(const struct ps_arrivals *arrivals, uint64_t number);
struct ps_rng ps_child_rng(struct ps_rng parent, uint64_t index);

/* Open model: time from one arrival to the next, in ns, at this rate (per second, > 0); poisson:
 * exponential, uniform: 1/rate. One owner. */
double ps_arrival_gap(struct ps_arrivals *arrivals, double rate);

#endif
