/* The offered rate of a run over its run time: steps and ramps. Piecewise linear, so the instant at
 * which so many arrivals are to be expected has a closed form, and a Poisson process of changing
 * rate is a unit process whose clock runs at that rate (time change: Cinlar, Introduction to
 * Stochastic Processes, 1975, ch. 4.7; Lewis and Shedler 1979 call it inversion).
 *
 * A function of the experiment alone, so every engine gets the same arrivals. Plain data. */
#ifndef PS_MODEL_PROFILE_H
#define PS_MODEL_PROFILE_H

#include "model/experiment.h"

/* From from_ns on the rate goes from `rate` by `slope` each ns, until the next piece begins. The
 * first piece begins at 0, the last has no slope. */
struct ps_rate_piece {
    uint64_t from_ns;
    double rate, slope; /* per second; per second and ns */
    bool after_ramp;    /* belongs to the phase whose ramp the piece before it is */
};

/* A phase has a ramp and what follows it; a live change takes the place of what is past. */
#define PS_PIECES_MAX (2 * PS_PHASES_MAX + 2)

struct ps_profile {
    unsigned count; /* >= 1 */
    struct ps_rate_piece piece[PS_PIECES_MAX];
};

void ps_profile_init(struct ps_profile *profile, const struct ps_experiment *experiment);

/* The rate at this run time, per second. */
double ps_profile_rate(const struct ps_profile *profile, uint64_t at_ns);

/* The instant at which `expected` more arrivals than at from_ns are to be expected. */
uint64_t ps_profile_after(const struct ps_profile *profile, uint64_t from_ns, double expected);

/* How many are to be expected from from_ns to to_ns. */
double ps_profile_expected(const struct ps_profile *profile, uint64_t from_ns, uint64_t to_ns);

/* A live change: this rate from now_ns on, until the next phase with a rate begins. */
void ps_profile_set(struct ps_profile *profile, uint64_t now_ns, double rate);

#endif
