#include "model/profile.h"

#include <math.h>
#include <string.h>

#include "model/phases.h"

#define NS_PER_S 1e9

static void add(struct ps_profile *profile, uint64_t from_ns, double rate, double slope,
                bool after_ramp)
{
    /* A piece that begins where this one does never was. */
    while (profile->count > 0 && profile->piece[profile->count - 1].from_ns >= from_ns)
        profile->count--;
    profile->piece[profile->count++] = (struct ps_rate_piece){from_ns, rate, slope, after_ramp};
}

/* Index of the piece that holds at at_ns. */
static unsigned piece_at(const struct ps_profile *profile, uint64_t at_ns)
{
    unsigned i = profile->count - 1;
    while (i > 0 && profile->piece[i].from_ns > at_ns)
        i--;
    return i;
}

static uint64_t end_of(const struct ps_profile *profile, unsigned piece)
{
    return piece + 1 < profile->count ? profile->piece[piece + 1].from_ns : UINT64_MAX;
}

static double rate_in(const struct ps_rate_piece *piece, uint64_t at_ns)
{
    return piece->rate + piece->slope * (double)(at_ns - piece->from_ns);
}

void ps_profile_init(struct ps_profile *profile, const struct ps_experiment *experiment)
{
    const struct ps_phase_def *order[PS_PHASES_MAX];
    ps_phases_in_order(experiment, order);
    profile->count = 0;
    add(profile, 0, experiment->rate, 0, false);
    for (unsigned i = 0; i < experiment->phase_count; i++) {
        const struct ps_rate_change *change = &order[i]->rate;
        if (change->rate <= 0)
            continue;
        uint64_t at_ns = order[i]->at_ns;
        /* A ramp that is still under way ends here. */
        double before = ps_profile_rate(profile, at_ns);
        while (profile->piece[profile->count - 1].from_ns > at_ns)
            profile->count--;
        if (change->over_ns)
            add(profile, at_ns, before, (change->rate - before) / (double)change->over_ns, false);
        add(profile, at_ns + change->over_ns, change->rate, 0, change->over_ns > 0);
    }
}

double ps_profile_rate(const struct ps_profile *profile, uint64_t at_ns)
{
    return rate_in(&profile->piece[piece_at(profile, at_ns)], at_ns);
}

double ps_profile_expected(const struct ps_profile *profile, uint64_t from_ns, uint64_t to_ns)
{
    double sum = 0;
    for (unsigned i = piece_at(profile, from_ns); from_ns < to_ns; i++) {
        const struct ps_rate_piece *piece = &profile->piece[i];
        uint64_t end_ns = end_of(profile, i) < to_ns ? end_of(profile, i) : to_ns;
        double mean = (rate_in(piece, from_ns) + rate_in(piece, end_ns)) / 2;
        sum += mean * (double)(end_ns - from_ns) / NS_PER_S;
        from_ns = end_ns;
    }
    return sum;
}

uint64_t ps_profile_after(const struct ps_profile *profile, uint64_t from_ns, double expected)
{
    for (unsigned i = piece_at(profile, from_ns);; i++) {
        const struct ps_rate_piece *piece = &profile->piece[i];
        double rate = rate_in(piece, from_ns);
        uint64_t end_ns = end_of(profile, i);
        double here =
            end_ns == UINT64_MAX ? INFINITY : ps_profile_expected(profile, from_ns, end_ns);
        if (expected > here) {
            expected -= here;
            from_ns = end_ns;
            continue;
        }
        /* rate * t + slope * t^2 / 2 = expected; this form of the root does not cancel. */
        double wanted = expected * NS_PER_S;
        double root = sqrt(fmax(rate * rate + 2 * piece->slope * wanted, 0));
        double after_ns = piece->slope == 0 ? wanted / rate : 2 * wanted / (rate + root);
        return after_ns < 9e18 ? from_ns + (uint64_t)after_ns : UINT64_MAX;
    }
}

void ps_profile_set(struct ps_profile *profile, uint64_t now_ns, double rate)
{
    unsigned later = piece_at(profile, now_ns) + 1;
    if (later < profile->count && profile->piece[later].after_ramp)
        later++; /* the ramp under way ends with what it led to */
    memmove(&profile->piece[1], &profile->piece[later],
            (profile->count - later) * sizeof *profile->piece);
    profile->count = profile->count - later + 1;
    profile->piece[0] = (struct ps_rate_piece){.from_ns = now_ns, .rate = rate};
}
