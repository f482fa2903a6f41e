/* model = closed: a number of clients, each with one task at a time and a pause between two. */
#include "base/clock.h"
#include "host/feeding.h"

static uint64_t think_ns(struct ps_feeder *feeder)
{
    return ps_dist_draw(&feeder->run->experiment.think, &feeder->think);
}

static bool come_back(struct ps_feeder *feeder, uint64_t at_ns)
{
    return ps_due_push(&feeder->due, (struct ps_due){.at_ns = at_ns});
}

static uint64_t feed(struct ps_feeder *feeder, const struct ps_feeder_settings *now)
{
    uint64_t now_ns = ps_now_ns();
    uint64_t ended = atomic_exchange(&feeder->credits, 0);
    for (; ended > 0; ended--)
        if (feeder->live > now->in_flight) /* fewer clients were asked for: this one leaves */
            feeder->live--;
        else if (!come_back(feeder, now_ns + think_ns(feeder)))
            feeder->live--;
    for (; feeder->live < now->in_flight; feeder->live++)
        if (!come_back(feeder, now_ns))
            break;
    while (ps_due_next(&feeder->due) <= now_ns) {
        if (ps_feeder_limit_reached(feeder) || ps_feeder_stopping(feeder) ||
            !ps_feeder_arrive(feeder, ps_due_pop(&feeder->due).at_ns, NULL))
            return PS_NEVER;
    }
    return ps_due_next(&feeder->due);
}

static enum ps_err open(struct ps_feeder *feeder, char *why, size_t size)
{
    (void)why;
    (void)size;
    feeder->think = ps_rng_make(feeder->run->experiment.seed, UINT64_C(0x7468696e6b));
    return PS_OK;
}

const struct ps_arrival_ops ps_arrivals_closed = {.open = open, .feed = feed, .credited = true};
