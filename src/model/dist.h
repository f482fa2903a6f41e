/* Distributions of times: T | uniform A B | exp MEAN | pareto MIN ALPHA | lognormal MEDIAN SIGMA.
 */
#ifndef PS_MODEL_DIST_H
#define PS_MODEL_DIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/rng.h"

enum ps_dist_kind {
    PS_DIST_CONSTANT, /* a */
    PS_DIST_UNIFORM,  /* a..b */
    PS_DIST_EXP,      /* mean a */
    PS_DIST_PARETO,   /* minimum a, tail index b > 1 (so that the mean exists) */
    PS_DIST_LOGNORMAL /* median a, sigma b of the logarithm */
};

/* a is in nanoseconds; so is b for UNIFORM, else it is a pure number. */
struct ps_dist {
    enum ps_dist_kind kind;
    double a, b;
};

/* One draw, in ns, at most PS_DIST_MAX_NS (an hour; heavy tails are cut there). CONSTANT draws
 * nothing from the generator; every other kind draws exactly once. */
#define PS_DIST_MAX_NS UINT64_C(3600000000000)
uint64_t ps_dist_draw(const struct ps_dist *dist, struct ps_rng *rng);

/* The mean in ns (of the uncut distribution). */
double ps_dist_mean(const struct ps_dist *dist);

/* Text as in a preset; `used` words of the NULL-terminated list are consumed. On failure returns
 * false and a reason for people in why. */
bool ps_dist_parse(const char *const *words, size_t *used, struct ps_dist *dist, char *why,
                   size_t why_size);
const char *ps_dist_format(char *into, size_t size, const struct ps_dist *dist);

#endif
