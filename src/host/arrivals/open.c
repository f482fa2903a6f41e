/* model = open: at a rate that phases and people change. Arrival i+1 is due when as many arrivals as
 * were drawn for the gap are to be expected since arrival i was due (model/profile.h). */
#include "base/clock.h"
#include "host/feeding.h"

enum { ROUND = 256 };

/* What was drawn for the gap under way stays; its rest takes as long as it does at the new rate. */
static void change_rate(struct ps_feeder *feeder, const struct ps_feeder_settings *now,
                        uint64_t now_ns)
{
    struct ps_profile *profile = &feeder->profile;
    bool under_way = feeder->next_ns > now_ns && feeder->next_ns != PS_NEVER;
    double rest = under_way ? ps_profile_expected(profile, now_ns, feeder->next_ns) : 0;
    ps_profile_set(profile, now_ns, now->rate);
    if (under_way)
        feeder->next_ns = ps_profile_after(profile, now_ns, rest);
    feeder->rate_changes = now->rate_changes;
}

static uint64_t feed(struct ps_feeder *feeder, const struct ps_feeder_settings *now)
{
    struct ps_arrivals *arrivals = &feeder->run->arrivals;
    uint64_t now_ns = ps_now_ns() - feeder->origin_ns;
    if (now->rate_changes != feeder->rate_changes)
        change_rate(feeder, now, now_ns);
    for (unsigned n = 0; feeder->next_ns <= now_ns && feeder->next_ns < feeder->end_ns && n < ROUND;
         n++) {
        if (ps_feeder_limit_reached(feeder) || ps_feeder_stopping(feeder) ||
            !ps_feeder_arrive(feeder, feeder->origin_ns + feeder->next_ns, NULL))
            return PS_NEVER;
        feeder->next_ns =
            ps_profile_after(&feeder->profile, feeder->next_ns, ps_arrival_unit(arrivals));
    }
    return ps_time_add(feeder->origin_ns, feeder->next_ns);
}

static enum ps_err open(struct ps_feeder *feeder, char *why, size_t size)
{
    (void)why;
    (void)size;
    ps_profile_init(&feeder->profile, &feeder->run->experiment);
    return PS_OK;
}

const struct ps_arrival_ops ps_arrivals_open = {.open = open, .feed = feed, .scheduled = true};
