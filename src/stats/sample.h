/* What is said of a handful of numbers. Arrays are the caller's and are not changed; n >= 1 unless
 * a function says otherwise. No allocation, no state; any thread. */
#ifndef PS_STATS_SAMPLE_H
#define PS_STATS_SAMPLE_H

#include <stddef.h>

/* The most numbers that a median may be taken of: they are sorted on the stack. */
#define PS_SAMPLE_MAX 1024u

double ps_sample_mean(const double *values, size_t n);
/* With divisor n - 1; 0 for n < 2. */
double ps_sample_deviation(const double *values, size_t n);
/* The mean of the two in the middle when n is even. n <= PS_SAMPLE_MAX. */
double ps_sample_median(const double *values, size_t n);

/* Ascending, in place. */
void ps_sample_sort(double *values, size_t n);
/* Of ascending values: linear between the order statistics (type 7 of Hyndman and Fan 1996, what R
 * and NumPy do unasked). q in [0, 1]. */
double ps_sample_quantile(const double *sorted, size_t n, double q);

/* 1 - residual / total sum of squares about the mean; may be negative: worse than the mean. NaN if
 * the data do not vary. */
double ps_sample_r2(const double *data, const double *model, size_t n);

#endif
