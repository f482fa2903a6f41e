#include "stats/sample.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

double ps_sample_mean(const double *values, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += values[i];
    return sum / (double)n;
}

double ps_sample_deviation(const double *values, size_t n)
{
    if (n < 2)
        return 0;
    double mean = ps_sample_mean(values, n), sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (values[i] - mean) * (values[i] - mean);
    return sqrt(sum / (double)(n - 1));
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

void ps_sample_sort(double *values, size_t n)
{
    if (n > 32) {
        qsort(values, n, sizeof *values, by_value);
        return;
    }
    for (size_t i = 1; i < n; i++) {
        double value = values[i];
        size_t at = i;
        for (; at > 0 && values[at - 1] > value; at--)
            values[at] = values[at - 1];
        values[at] = value;
    }
}

/* Puts the k-th smallest at k, nothing larger before it, nothing smaller behind it (Hoare's Find,
 * CACM 4, 1961, with the median of three as pivot). */
static void partition(double *values, size_t n, size_t k)
{
    size_t low = 0, high = n - 1;
    while (low < high) {
        double first = values[low], middle = values[low + (high - low) / 2], last = values[high];
        double pivot = fmax(fmin(first, middle), fmin(fmax(first, middle), last));
        size_t i = low, j = high;
        for (;;) {
            while (values[i] < pivot)
                i++;
            while (values[j] > pivot)
                j--;
            if (i >= j)
                break;
            double value = values[i];
            values[i++] = values[j];
            values[j--] = value;
        }
        if (k <= j)
            high = j;
        else
            low = j + 1;
    }
}

double ps_sample_median(const double *values, size_t n)
{
    double copy[PS_SAMPLE_MAX];
    if (n > PS_SAMPLE_MAX)
        n = PS_SAMPLE_MAX;
    memcpy(copy, values, n * sizeof *values);
    if (n <= 32) {
        ps_sample_sort(copy, n);
        return n % 2 ? copy[n / 2] : (copy[n / 2 - 1] + copy[n / 2]) / 2;
    }
    partition(copy, n, n / 2);
    if (n % 2)
        return copy[n / 2];
    double below = copy[0];
    for (size_t i = 1; i < n / 2; i++)
        below = fmax(below, copy[i]);
    return (below + copy[n / 2]) / 2;
}

double ps_sample_quantile(const double *sorted, size_t n, double q)
{
    double place = q * (double)(n - 1);
    size_t below = (size_t)place;
    if (below + 1 >= n)
        return sorted[n - 1];
    double part = place - (double)below;
    return sorted[below] + part * (sorted[below + 1] - sorted[below]);
}

double ps_sample_r2(const double *data, const double *model, size_t n)
{
    double mean = ps_sample_mean(data, n), residual = 0, total = 0;
    for (size_t i = 0; i < n; i++) {
        residual += (data[i] - model[i]) * (data[i] - model[i]);
        total += (data[i] - mean) * (data[i] - mean);
    }
    return total > 0 ? 1 - residual / total : NAN;
}
