#include "support.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/hist.h"
#include "base/rng.h"

#define VALUES 100000u

static struct ps_hist hist, other;
static struct ps_hist_sum sum, earlier, between;
static uint64_t values[VALUES];

static int clear(void **state)
{
    (void)state;
    memset(&hist, 0, sizeof hist);
    memset(&other, 0, sizeof other);
    memset(&sum, 0, sizeof sum);
    memset(&earlier, 0, sizeof earlier);
    memset(&between, 0, sizeof between);
    return 0;
}

static void buckets_tile_the_range(void **state)
{
    (void)state;
    for (unsigned i = 0; i < PS_HIST_BUCKETS; i++) {
        uint64_t low = ps_hist_bucket_low(i), next = ps_hist_bucket_low(i + 1);
        assert_true(next > low);
        assert_int_equal(ps_hist_index(low), i);
        assert_int_equal(ps_hist_index(next - 1), i);
        assert_true((double)(next - low - 1) <= (double)low / PS_HIST_SUBS);
    }
    assert_int_equal(ps_hist_index(UINT64_MAX), PS_HIST_BUCKETS - 1);
}

static int ascending(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* Of `count` sorted values: every quantile within 1 % of the exact one, and 1/2 ns for small ones.
 */
static void compare_quantiles(unsigned count)
{
    static const double quantiles[] = {0,   0.001, 0.01, 0.1,   0.25,   0.5,    0.75,
                                       0.9, 0.95,  0.99, 0.999, 0.9999, 0.99999};
    for (size_t i = 0; i < sizeof quantiles / sizeof *quantiles; i++) {
        double rank = ceil(quantiles[i] * count);
        uint64_t exact = values[rank < 1 ? 0 : (unsigned)rank - 1];
        uint64_t shown = ps_hist_quantile(&sum, quantiles[i]);
        double error = fabs((double)shown - (double)exact);
        if (error > 0.01 * (double)exact + 0.5)
            fail_msg("quantile %g of %u: %llu, exactly %llu", quantiles[i], count,
                     (unsigned long long)shown, (unsigned long long)exact);
    }
    assert_int_equal(ps_hist_quantile(&sum, 1.0), values[count - 1]);
}

static uint64_t draw_exp(struct ps_rng *rng)
{
    return (uint64_t)(-5e6 * log1p(-ps_rng_unit(rng)));
}

static uint64_t draw_pareto(struct ps_rng *rng)
{
    return (uint64_t)(1000 * pow(1 - ps_rng_unit(rng), -1 / 1.1));
}

static uint64_t draw_uniform(struct ps_rng *rng)
{
    return ps_rng_below(rng, 1000);
}

static uint64_t draw_octaves(struct ps_rng *rng)
{
    return ps_rng_next(rng) >> (24 + ps_rng_below(rng, 40));
}

static uint64_t draw_two_peaks(struct ps_rng *rng)
{
    return ps_rng_below(rng, 10) ? 200000 + ps_rng_below(rng, 1000)
                                 : 2000000000 + ps_rng_below(rng, 1000);
}

static void quantiles_are_within_one_percent(void **state)
{
    (void)state;
    static uint64_t (*const draws[])(struct ps_rng *) = {draw_exp, draw_pareto, draw_uniform,
                                                         draw_octaves, draw_two_peaks};
    static const unsigned counts[] = {1, 2, 10, 1001, VALUES};
    for (size_t d = 0; d < sizeof draws / sizeof *draws; d++)
        for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
            clear(NULL);
            struct ps_rng rng = ps_rng_make(d, c);
            uint64_t total = 0;
            for (unsigned i = 0; i < counts[c]; i++) {
                values[i] = draws[d](&rng);
                total += values[i];
                ps_hist_record(&hist, values[i]);
            }
            qsort(values, counts[c], sizeof *values, ascending);
            ps_hist_add(&sum, &hist);
            assert_int_equal(sum.count, counts[c]);
            assert_int_equal(sum.sum_ns, total);
            compare_quantiles(counts[c]);
        }
}

static void an_empty_one_is_all_zero(void **state)
{
    (void)state;
    ps_hist_add(&sum, &hist);
    assert_int_equal(sum.count, 0);
    assert_int_equal(ps_hist_quantile(&sum, 0.5), 0);
    ps_hist_diff(&between, &sum, &earlier);
    assert_int_equal(between.count, 0);
    assert_int_equal(between.max_ns, 0);
}

static void values_beyond_the_top_are_counted(void **state)
{
    (void)state;
    ps_hist_record(&hist, UINT64_C(1) << 50);
    ps_hist_add(&sum, &hist);
    assert_int_equal(sum.count, 1);
    assert_int_equal(ps_hist_quantile(&sum, 1), UINT64_C(1) << 50);
}

static void merging_is_recording_together(void **state)
{
    (void)state;
    struct ps_rng rng = ps_rng_make(3, 3);
    for (unsigned i = 0; i < 10000; i++) {
        values[i] = draw_exp(&rng);
        ps_hist_record(i % 3 ? &hist : &other, values[i]);
    }
    qsort(values, 10000, sizeof *values, ascending);
    ps_hist_add(&sum, &hist);
    ps_hist_add(&sum, &other);
    assert_int_equal(sum.count, 10000);
    compare_quantiles(10000);
}

static void difference_is_what_came_between(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 1000; i++)
        ps_hist_record(&hist, 5000000); /* before: must not show */
    ps_hist_add(&earlier, &hist);
    struct ps_rng rng = ps_rng_make(4, 4);
    for (unsigned i = 0; i < 10000; i++) {
        values[i] = 1000 + ps_rng_below(&rng, 1000000);
        ps_hist_record(&hist, values[i]);
    }
    ps_hist_add(&sum, &hist);
    ps_hist_diff(&between, &sum, &earlier);
    assert_int_equal(between.count, 10000);
    assert_int_equal(between.sum_ns, sum.sum_ns - earlier.sum_ns);
    qsort(values, 10000, sizeof *values, ascending);
    uint64_t top = values[9999];
    assert_true(between.max_ns >= top && between.max_ns <= top + top / 64 + 1);
    sum = between;
    sum.max_ns = top;
    compare_quantiles(10000);
}

static void seq_moves_with_every_record(void **state)
{
    (void)state;
    ps_hist_record(&hist, 1);
    ps_hist_record_shared(&other, 1);
    assert_int_equal(atomic_load(&hist.seq), 1);
    assert_int_equal(atomic_load(&other.seq), 1);
}

/* ---- several writers, and a reader meanwhile ---- */

#define WRITERS 4u
#define EACH    50000u

/* Half of the values fall into four buckets, over which the writers meet. */
static uint64_t draw_contended(struct ps_rng *rng)
{
    uint64_t value = draw_octaves(rng);
    return value & 1 ? value : value & 7;
}

static void *write_shared(void *arg)
{
    struct ps_rng rng = ps_rng_make(9, (uint64_t)(uintptr_t)arg);
    for (unsigned i = 0; i < EACH; i++)
        ps_hist_record_shared(&hist, draw_contended(&rng));
    return NULL;
}

static void shared_recording_loses_nothing(void **state)
{
    (void)state;
    pthread_t threads[WRITERS];
    for (uintptr_t i = 0; i < WRITERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, write_shared, (void *)i), 0);
    uint64_t before = 0;
    while (before < WRITERS * EACH / 2) {
        memset(&between, 0, sizeof between);
        ps_hist_add(&between, &hist);
        assert_true(between.count >= before);
        before = between.count;
    }
    for (unsigned i = 0; i < WRITERS; i++)
        pthread_join(threads[i], NULL);
    uint64_t total = 0, max = 0;
    for (uintptr_t w = 0; w < WRITERS; w++) {
        struct ps_rng rng = ps_rng_make(9, w);
        for (unsigned i = 0; i < EACH; i++) {
            uint64_t value = draw_contended(&rng);
            total += value;
            max = value > max ? value : max;
            ps_hist_record(&other, value);
        }
    }
    ps_hist_add(&sum, &hist);
    assert_int_equal(sum.count, WRITERS * EACH);
    assert_int_equal(sum.sum_ns, total);
    assert_int_equal(sum.max_ns, max);
    ps_hist_add(&earlier, &other);
    assert_memory_equal(sum.bucket, earlier.bucket, sizeof sum.bucket);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(buckets_tile_the_range, clear),
        cmocka_unit_test_setup(quantiles_are_within_one_percent, clear),
        cmocka_unit_test_setup(an_empty_one_is_all_zero, clear),
        cmocka_unit_test_setup(values_beyond_the_top_are_counted, clear),
        cmocka_unit_test_setup(merging_is_recording_together, clear),
        cmocka_unit_test_setup(difference_is_what_came_between, clear),
        cmocka_unit_test_setup(seq_moves_with_every_record, clear),
        cmocka_unit_test_setup(shared_recording_loses_nothing, clear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
