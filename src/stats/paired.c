#include "stats/paired.h"

#include <math.h>

#include "base/rng.h"
#include "stats/sample.h"
#include "stats/student.h"

enum { RESAMPLES = 4000 };

double ps_paired_p(const double *a, const double *b, size_t n)
{
    if (n < PS_PAIRED_LEAST)
        return 1;
    double relative[PS_PAIRS_MAX];
    for (size_t i = 0; i < n; i++)
        relative[i] = a[i] + b[i] > 0 ? 2 * (b[i] - a[i]) / (a[i] + b[i]) : 0;
    double mean = ps_sample_mean(relative, n), deviation = ps_sample_deviation(relative, n);
    if (fabs(mean) <= 1e-12)
        return 1;
    if (deviation <= 1e-12)
        return 0;
    return ps_student_two_sided(mean / deviation * sqrt((double)n), (double)(n - 1));
}

static double ratio_less_1(double a, double b)
{
    if (a > 0)
        return b / a - 1;
    return b > 0 ? NAN : 0;
}

/* How far out to look in the bootstrap distribution, on each side. */
static double tail(size_t n)
{
    double t = ps_student_critical(0.05, (double)(n - 1));
    return ps_normal_cdf(-sqrt((double)n / (double)(n - 1)) * t);
}

/* Student's interval of the mean logarithm of the ratios: with few pairs it is wide, as it must be.
 * Where a value of a pair is 0 there is no logarithm and no end. */
static void interval_of_few(const double *a, const double *b, size_t n, struct ps_paired *into)
{
    double logs[PS_PAIRED_RESAMPLED];
    for (size_t i = 0; i < n; i++) {
        if (a[i] == 0 && b[i] == 0)
            logs[i] = 0;
        else if (a[i] > 0 && b[i] > 0)
            logs[i] = log(b[i] / a[i]);
        else
            return;
    }
    double mean = ps_sample_mean(logs, n);
    double reach =
        ps_student_critical(0.05, (double)(n - 1)) * ps_sample_deviation(logs, n) / sqrt((double)n);
    into->low = fmin(into->difference, expm1(mean - reach));
    into->high = fmax(into->difference, expm1(mean + reach));
}

static void interval(const double *a, const double *b, size_t n, uint64_t seed,
                     struct ps_paired *into)
{
    double ratios[RESAMPLES];
    struct ps_rng rng = ps_rng_make(seed, 0);
    double x[PS_PAIRS_MAX], y[PS_PAIRS_MAX];
    size_t count = 0;
    for (int r = 0; r < RESAMPLES; r++) {
        for (size_t i = 0; i < n; i++) {
            uint32_t pick = ps_rng_below(&rng, (uint32_t)n);
            x[i] = a[pick];
            y[i] = b[pick];
        }
        double ratio = ratio_less_1(ps_sample_median(x, n), ps_sample_median(y, n));
        if (!isnan(ratio))
            ratios[count++] = ratio;
    }
    /* Where a median of 0 is among what can be drawn, the ratio has no upper end. */
    if (count < RESAMPLES) {
        into->low = into->high = NAN;
        return;
    }
    ps_sample_sort(ratios, count);
    double q = tail(n);
    into->low = fmin(into->difference, ps_sample_quantile(ratios, count, q));
    into->high = fmax(into->difference, ps_sample_quantile(ratios, count, 1 - q));
}

void ps_paired_compare(const double *a, const double *b, size_t n, uint64_t seed,
                       struct ps_paired *into)
{
    into->a = ps_sample_median(a, n);
    into->b = ps_sample_median(b, n);
    into->difference = ratio_less_1(into->a, into->b);
    into->p = ps_paired_p(a, b, n);
    into->low = into->high = NAN;
    if (isnan(into->difference) || n < PS_PAIRED_LEAST)
        return;
    if (n < PS_PAIRED_RESAMPLED)
        interval_of_few(a, b, n, into);
    else
        interval(a, b, n, seed, into);
}

bool ps_paired_differs(const struct ps_paired *pair, size_t family, double smallest)
{
    if (pair->p * (double)(family ? family : 1) >= PS_PAIRED_ALPHA)
        return false;
    if (fabs(pair->difference) < smallest)
        return false;
    return !(pair->low <= 0 && pair->high >= 0);
}
