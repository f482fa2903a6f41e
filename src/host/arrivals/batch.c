/* model = batch: all at once, as fast as the queue takes them. */
#include "base/clock.h"
#include "host/feeding.h"

enum { ROUND = 256 };

static uint64_t feed(struct ps_feeder *feeder, const struct ps_feeder_settings *now)
{
    (void)now;
    for (unsigned n = 0;
         n < ROUND && !ps_feeder_limit_reached(feeder) && !ps_feeder_stopping(feeder); n++)
        if (!ps_feeder_arrive(feeder, feeder->origin_ns, NULL))
            return PS_NEVER;
    return ps_feeder_limit_reached(feeder) ? PS_NEVER : 0;
}

const struct ps_arrival_ops ps_arrivals_batch = {.feed = feed};
