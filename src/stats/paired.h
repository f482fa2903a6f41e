/* Two things measured in turns: is there a difference, and how sure is it?
 *
 * Input: n pairs, pair i measured close together in time and under the same arrivals, so that what
 * the machine did to one of a pair it did to the other. With n = 6, which is what people wait for,
 * the usual recipes mislead: a percentile bootstrap covers 88 % where it says 95, and whoever looks
 * at eight metrics at 95 % sees one "difference" between an engine and itself in every third look.
 * So two questions are answered apart:
 *
 * How large?  `difference` is the ratio of the medians less 1. Its interval is a bootstrap over
 *   pairs with the percentiles moved outwards for small n (Hesterberg, What Teachers Should Know
 *   about the Bootstrap, The American Statistician 69, 2015, section 5.3: alpha' = 2 Phi(-sqrt(n /
 *   (n - 1)) t)). Below PS_PAIRED_RESAMPLED pairs no resampling gives 95 %: medians of what can be
 *   drawn lie between the least and the greatest ratio, which hold the true one in 75 % of cases
 *   with 3 pairs, 88 % with 4, 94 % with 5. There it is Student's, of the logarithms of the ratios.
 * Is there one?  A paired t test on 2 (b - a) / (a + b), which is the logarithm of the ratio for
 *   small differences, is defined when one of a pair is 0, and is at most 2, so that one stalled
 *   slot cannot decide. ps_paired_differs asks for family-wise 99 % over all that is looked at
 *   together (Bonferroni), for an interval without 0, and for a difference that matters (the noise
 *   threshold of Criterion.rs).
 *
 * Rejected: sign-flip permutations (with 6 pairs no p below 1/32, so no room for more than one
 * metric); BCa (covers 87 % with 6 pairs); bootstrap-t (covers, but one interval in twenty is half
 * as wide again as Student's). tests/stats holds error rate, power and coverage to simulations. */
#ifndef PS_STATS_PAIRED_H
#define PS_STATS_PAIRED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PS_PAIRS_MAX        200u
#define PS_PAIRED_ALPHA     0.01 /* of the verdict, over a family */
#define PS_PAIRED_LEAST     3u   /* pairs: below, there is neither an interval nor a verdict */
#define PS_PAIRED_RESAMPLED 6u

struct ps_paired {
    double a, b;       /* medians */
    double difference; /* b / a - 1; NaN: a is 0 and b is not */
    double low, high;  /* 95 %, of this row alone; NaN with difference or n < 3 */
    double p;          /* two-sided, of this row alone; 1 for n < 3 */
};

/* n in 1..PS_PAIRS_MAX; values >= 0. The seed of the resampling makes the answer repeatable. */
void ps_paired_compare(const double *a, const double *b, size_t n, uint64_t seed,
                       struct ps_paired *into);

/* The p value alone. */
double ps_paired_p(const double *a, const double *b, size_t n);

/* Whether b differs from a, being one of `family` rows that are looked at together; a difference
 * below `smallest` (0.02: 2 %) does not count. */
bool ps_paired_differs(const struct ps_paired *pair, size_t family, double smallest);

#endif
