/* The paired comparison does what its header says, in simulations with fixed seeds: the shares here
 * are repeatable numbers, not luck. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/rng.h"
#include "stats/paired.h"
#include "stats/sample.h"
#include "stats/student.h"
#include "support.h"

enum { PAIRS = 6, ROWS = 8 };

static double normal(struct ps_rng *rng)
{
    double u = 1 - ps_rng_unit(rng), v = ps_rng_unit(rng);
    return sqrt(-2 * log(u)) * cos(2 * 3.14159265358979323846 * v);
}

/* A slot on a shared machine: noise of `deviation`, a part of it common to all rows, and in one
 * slot of ten somebody else's burst. */
struct noise {
    double deviation;
    double common; /* share of the variance that all rows of a slot have in common */
    double bursts; /* probability */
};

static void slot(struct ps_rng *rng, const struct noise *noise, double drift, double row[ROWS])
{
    double together = normal(rng);
    double burst = ps_rng_unit(rng) < noise->bursts ? 0.3 * ps_rng_unit(rng) : 0;
    for (int r = 0; r < ROWS; r++) {
        double alone = normal(rng);
        double z = sqrt(noise->common) * together + sqrt(1 - noise->common) * alone;
        row[r] = 1000 * exp(noise->deviation * z + burst + drift);
    }
}

/* Slots in the order A B, B A, ... with a machine that gets slower by 1 % a slot. */
static void measure(struct ps_rng *rng, const struct noise *noise, double effect,
                    double a[ROWS][PAIRS], double b[ROWS][PAIRS])
{
    for (int pair = 0; pair < PAIRS; pair++)
        for (int turn = 0; turn < 2; turn++) {
            double row[ROWS];
            bool is_b = turn != pair % 2;
            slot(rng, noise, 0.01 * (2 * pair + turn), row);
            for (int r = 0; r < ROWS; r++)
                (is_b ? b : a)[r][pair] = row[r] * (is_b ? 1 + effect : 1);
        }
}

static bool differs_by_p(const double *a, const double *b)
{
    struct ps_paired pair = {.p = ps_paired_p(a, b, PAIRS),
                             .difference =
                                 ps_sample_median(b, PAIRS) / ps_sample_median(a, PAIRS) - 1,
                             .low = NAN,
                             .high = NAN};
    return ps_paired_differs(&pair, ROWS, 0.02);
}

/* Share of comparisons of a thing with itself in which any of eight rows is called different. */
static double false_positives(const struct noise *noise, int tries)
{
    struct ps_rng rng = ps_rng_make(1, 7);
    int wrong = 0;
    for (int i = 0; i < tries; i++) {
        double a[ROWS][PAIRS], b[ROWS][PAIRS];
        bool any = false;
        measure(&rng, noise, 0, a, b);
        for (int r = 0; r < ROWS; r++)
            any = any || differs_by_p(a[r], b[r]);
        wrong += any;
    }
    return (double)wrong / tries;
}

/* 19 of 20 is to hold with certainty, not on average: with 1 % a try, 20 tries have two or more
 * false alarms once in 60 times. */
static void a_thing_does_not_differ_from_itself(void **state)
{
    (void)state;
    const struct noise kinds[] = {
        {0.005, 0, 0}, {0.05, 0, 0}, {0.05, 0.7, 0}, {0.02, 0.5, 0.1}, {0.3, 0.3, 0.1}};
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        double share = false_positives(&kinds[k], 10000);
        printf("deviation %g, common %g, bursts %g: %.4f\n", kinds[k].deviation, kinds[k].common,
               kinds[k].bursts, share);
        assert_true(share <= 0.0125); /* 0.01 and 2.5 standard errors */
    }
}

static void what_differs_is_found(void **state)
{
    (void)state;
    const struct noise noise = {0.02, 0.5, 0};
    struct ps_rng rng = ps_rng_make(2, 7);
    int found = 0;
    for (int i = 0; i < 1000; i++) {
        double a[ROWS][PAIRS], b[ROWS][PAIRS];
        measure(&rng, &noise, 0.15, a, b);
        found += differs_by_p(a[0], b[0]);
    }
    printf("15 %% under a noise of 2 %%: found in %d of 1000\n", found);
    assert_true(found >= 950);
}

/* A plain percentile bootstrap covers 88 % here; see the header. */
static void the_interval_covers(void **state)
{
    (void)state;
    const struct noise noise = {0.05, 0, 0};
    struct ps_rng rng = ps_rng_make(3, 7);
    int covered = 0, tries = 400;
    for (int i = 0; i < tries; i++) {
        double a[ROWS][PAIRS], b[ROWS][PAIRS];
        struct ps_paired pair;
        measure(&rng, &noise, 0.1, a, b);
        ps_paired_compare(a[0], b[0], PAIRS, (uint64_t)i, &pair);
        assert_true(pair.low <= pair.difference && pair.difference <= pair.high);
        covered += pair.low <= 0.1 && 0.1 <= pair.high;
    }
    printf("95 %% interval: covers %d of %d\n", covered, tries);
    assert_in_range(covered, tries * 93 / 100, tries * 99 / 100);
}

/* Medians of 3 pairs lie between the least and the greatest in 75 % of cases: not what 95 % means.
 * And an interval of few pairs that leaves out 0 agrees with the test of that row alone. */
static void the_interval_of_few_pairs_covers(void **state)
{
    (void)state;
    const struct noise noise = {0.05, 0, 0};
    for (size_t n = PS_PAIRED_LEAST; n < PAIRS; n++) {
        struct ps_rng rng = ps_rng_make(n, 7);
        int covered = 0, agreed = 0, tries = 2000;
        for (int i = 0; i < tries; i++) {
            double a[ROWS][PAIRS], b[ROWS][PAIRS];
            struct ps_paired pair;
            measure(&rng, &noise, 0.1, a, b);
            ps_paired_compare(a[0], b[0], n, 1, &pair);
            assert_true(pair.low <= pair.difference && pair.difference <= pair.high);
            covered += pair.low <= 0.1 && 0.1 <= pair.high;
            agreed += (pair.low > 0 || pair.high < 0) == (pair.p < 0.05);
        }
        printf("%zu pairs: covers %d, agrees %d of %d\n", n, covered, agreed, tries);
        assert_in_range(covered, tries * 94 / 100, tries * 99 / 100);
        assert_true(agreed >= tries * 97 / 100);
    }
}

static void near(double value, double expected, double tolerance)
{
    if (!(fabs(value - expected) <= tolerance))
        fail_msg("%.12g, expected %.12g", value, expected);
}

/* By hand: differences 2 (b - a) / (a + b) of 0.2, 0.1, 0.3 have mean 0.2, deviation 0.1. */
static void the_test_is_students(void **state)
{
    (void)state;
    const double a[] = {0.9, 0.95, 0.85}, b[] = {1.1, 1.05, 1.15};
    near(ps_paired_p(a, b, 3), ps_student_two_sided(0.2 / 0.1 * sqrt(3), 2), 1e-12);
    near(ps_paired_p(b, a, 3), ps_paired_p(a, b, 3), 1e-12);
    near(ps_paired_p(a, b, 2), 1, 0);
}

static void zeros_are_values(void **state)
{
    (void)state;
    const double none[6] = {0}, some[6] = {5, 7, 6, 5, 8, 6}, rarely[6] = {0, 0, 1, 0, 0, 0};
    struct ps_paired pair;
    ps_paired_compare(none, none, 6, 1, &pair);
    near(pair.difference, 0, 0);
    near(pair.low, 0, 0);
    near(pair.high, 0, 0);
    assert_false(ps_paired_differs(&pair, 8, 0.02));
    ps_paired_compare(none, some, 6, 1, &pair);
    assert_true(isnan(pair.difference) && isnan(pair.low));
    assert_true(ps_paired_differs(&pair, 8, 0.02));
    ps_paired_compare(none, rarely, 6, 1, &pair);
    assert_false(ps_paired_differs(&pair, 8, 0.02));
    ps_paired_compare(some, none, 6, 1, &pair);
    near(pair.difference, -1, 0);
    assert_true(ps_paired_differs(&pair, 8, 0.02));
}

static void small_differences_do_not_count(void **state)
{
    (void)state;
    const double a[6] = {1000, 1001, 999, 1000, 1002, 998};
    double b[6];
    struct ps_paired pair;
    for (int i = 0; i < 6; i++)
        b[i] = a[i] * 1.015;
    ps_paired_compare(a, b, 6, 1, &pair);
    assert_true(pair.low > 0);
    assert_false(ps_paired_differs(&pair, 8, 0.02));
    assert_true(ps_paired_differs(&pair, 8, 0.01));
}

static void the_same_seed_is_the_same_answer(void **state)
{
    (void)state;
    const double a[6] = {10, 12, 11, 13, 9, 10}, b[6] = {11, 14, 12, 13, 11, 12};
    struct ps_paired one, two;
    ps_paired_compare(a, b, 6, 5, &one);
    ps_paired_compare(a, b, 6, 5, &two);
    assert_memory_equal(&one, &two, sizeof one);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_thing_does_not_differ_from_itself),
        cmocka_unit_test(what_differs_is_found),
        cmocka_unit_test(the_interval_covers),
        cmocka_unit_test(the_interval_of_few_pairs_covers),
        cmocka_unit_test(the_test_is_students),
        cmocka_unit_test(zeros_are_values),
        cmocka_unit_test(small_differences_do_not_count),
        cmocka_unit_test(the_same_seed_is_the_same_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
