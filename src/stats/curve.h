/* Curves of throughput against workers, fitted by least squares.
 *
 *   two lines   X(n) = s min(n, k): in proportion up to the knee k, flat beyond it
 *   Amdahl      X(n) = l n / (1 + sigma (n - 1))                       (Amdahl, AFIPS 1967)
 *   USL         X(n) = l n / (1 + sigma (n - 1) + kappa n (n - 1))     (Gunther, Guerrilla Capacity
 *               Planning, 2007): sigma is contention, kappa coherence; sigma, kappa >= 0
 *
 * The scale (s, l) has a closed form for given shape, so only the shape is searched (variable
 * projection, Golub and Pereyra 1973): the knee on a grid that is refined, sigma and kappa by
 * Gauss-Newton with damping (Levenberg-Marquardt) from several starts, kept at 0 or above. */
#ifndef PS_STATS_CURVE_H
#define PS_STATS_CURVE_H

#include <stddef.h>

enum ps_curve_kind { PS_CURVE_TWO_LINES, PS_CURVE_AMDAHL, PS_CURVE_USL };

struct ps_curve {
    enum ps_curve_kind kind;
    double scale;        /* throughput of one worker */
    double knee;         /* two lines */
    double sigma, kappa; /* Amdahl, USL */
    double r2;           /* NaN: the data do not vary */
};

/* n[i] workers gave x[i] a second; count >= 2, n > 0, x >= 0. */
struct ps_curve ps_curve_fit(enum ps_curve_kind kind, const double *n, const double *x,
                             size_t count);

double ps_curve_at(const struct ps_curve *curve, double n);

/* The count with the highest throughput within [1, most]: the knee; USL: sqrt((1 - sigma) / kappa);
 * where the curve only rises: `most`. */
double ps_curve_peak(const struct ps_curve *curve, double most);

#endif
