/* What a sweep over worker counts has measured: throughput and p99 by count, with repeats. Plain
 * data, one owner. */
#ifndef PS_STATS_SURFACE_H
#define PS_STATS_SURFACE_H

#include <stdbool.h>

#define PS_POINTS_MAX  64u
#define PS_REPEATS_MAX 20u

struct ps_point {
    unsigned workers;
    unsigned repeats;
    double throughput[PS_REPEATS_MAX]; /* per second */
    double p99_ns[PS_REPEATS_MAX];     /* NaN: n/a */
    double middle, deviation;          /* of the throughputs: median, standard deviation */
    double middle_p99_ns;              /* NaN: n/a */
};

struct ps_surface {
    unsigned count;
    struct ps_point point[PS_POINTS_MAX]; /* ascending by workers */
    double noise;     /* standard deviation of one repeat, relative to its point, of all points */
    unsigned freedom; /* degrees of freedom of that; 0: not known */
};

/* One more repeat. False: no room. Updates everything that is derived. */
bool ps_surface_add(struct ps_surface *surface, unsigned workers, double throughput, double p99_ns);

/* NULL: not measured. */
const struct ps_point *ps_surface_find(const struct ps_surface *surface, unsigned workers);

/* In how many of its repeats the point kept a p99 goal. */
unsigned ps_point_kept(const struct ps_point *point, double goal_ns);

/* Between the points in a straight line; outside of them as at the nearest. count >= 1. */
double ps_surface_throughput(const struct ps_surface *surface, double workers);
double ps_surface_p99_ns(const struct ps_surface *surface, double workers);

#define PS_TOLERANCE_LEAST 0.05
#define PS_TOLERANCE_MOST  0.10

struct ps_choice {
    unsigned best;        /* highest median throughput */
    unsigned recommended; /* the smallest count whose throughput is within `tolerance` of the best
                             of those that keep the goal; 0: none keeps it */
    unsigned nearest;     /* the count with the lowest p99; 0: none was measured */
    double tolerance;     /* relative */
    double noise; /* what two points may differ by from noise alone (95 %), relative; NaN: no point
                     was repeated */
    unsigned alike_low, alike_high; /* the fewest and most workers that keep the goal and whose
                                       throughput noise alone may hold below the best; 0: none */
};

/* goal_ns 0: no goal. The tolerance is the noise, at least 5 % (fewer workers for that are a good
 * bargain) and at most 10 %: where the noise is more, the counts from alike_low to alike_high cannot
 * be told apart, and whoever shows the choice has to say so. */
struct ps_choice ps_surface_choose(const struct ps_surface *surface, double goal_ns);

/* The first counts of a sweep from low to high: powers of two, and both ends. Returns how many. */
unsigned ps_surface_coarse(unsigned low, unsigned high, unsigned counts[PS_POINTS_MAX]);

/* Where to look next so that the recommended count is known to a tenth of itself and the points
 * beyond it to a quarter; 0: fine enough, or no room. */
unsigned ps_surface_next(const struct ps_surface *surface, double goal_ns);

#endif
