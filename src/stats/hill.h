/* Hill climbing on a thread count as .NET's thread pool does it; see tuner.h for the source. One
 * owner. */
#ifndef PS_STATS_HILL_H
#define PS_STATS_HILL_H

#include "base/rng.h"

#define PS_HILL_SAMPLES 32u /* eight periods of the wave */

struct ps_hill {
    unsigned low, high;
    double setting;    /* the count without the wave */
    unsigned count;    /* with it: what is in force */
    double interval_s; /* to the next update: 10 to 200 ms, new with every change of the count */
    struct ps_rng rng;
    unsigned total; /* samples taken */
    double noise;   /* moving average of the relative error of the throughput's wave */
    double left_s, left_completions; /* too few to be a sample */
    double throughput[PS_HILL_SAMPLES], counts[PS_HILL_SAMPLES];
};

void ps_hill_init(struct ps_hill *hill, unsigned low, unsigned high, unsigned start,
                  unsigned long long seed);

/* So many tasks were completed since the last update. Returns the count to use from now on. */
unsigned ps_hill_update(struct ps_hill *hill, double completions, double seconds);

#endif
