/* Fits of curves whose parameters are known, and what a surface says of counts. */
#include <math.h>

#include "base/rng.h"
#include "stats/curve.h"
#include "stats/surface.h"
#include "support.h"

enum { POINTS = 9 };
static const double counts[POINTS] = {1, 2, 4, 8, 12, 16, 24, 32, 48};

static void near(double value, double expected, double tolerance)
{
    if (!(fabs(value - expected) <= tolerance))
        fail_msg("%.12g, expected %.12g", value, expected);
}

static void sample(const struct ps_curve *truth, double x[POINTS])
{
    for (int i = 0; i < POINTS; i++)
        x[i] = ps_curve_at(truth, counts[i]);
}

static void the_usl_is_found(void **state)
{
    (void)state;
    const struct ps_curve truths[] = {
        {.kind = PS_CURVE_USL, .scale = 995.6, .sigma = 0.0267, .kappa = 0.000769},
        {.kind = PS_CURVE_USL, .scale = 50, .sigma = 0.4, .kappa = 0.02},
        {.kind = PS_CURVE_USL, .scale = 1e6, .sigma = 0, .kappa = 0.001},
    };
    for (size_t t = 0; t < sizeof truths / sizeof *truths; t++) {
        double x[POINTS];
        sample(&truths[t], x);
        struct ps_curve found = ps_curve_fit(PS_CURVE_USL, counts, x, POINTS);
        near(found.scale / truths[t].scale, 1, 1e-4);
        near(found.sigma, truths[t].sigma, 1e-4);
        near(found.kappa, truths[t].kappa, 1e-5);
        near(found.r2, 1, 1e-8);
        near(ps_curve_peak(&found, 1000), sqrt((1 - truths[t].sigma) / truths[t].kappa), 0.02);
    }
}

static void amdahl_is_found_and_has_no_peak(void **state)
{
    (void)state;
    const struct ps_curve truth = {.kind = PS_CURVE_AMDAHL, .scale = 10, .sigma = 0.05};
    double x[POINTS];
    sample(&truth, x);
    struct ps_curve found = ps_curve_fit(PS_CURVE_AMDAHL, counts, x, POINTS);
    near(found.sigma, 0.05, 1e-6);
    near(ps_curve_peak(&found, 48), 48, 0);
    struct ps_curve usl = ps_curve_fit(PS_CURVE_USL, counts, x, POINTS);
    near(usl.sigma, 0.05, 1e-4);
    near(usl.kappa, 0, 1e-6);
}

static void the_knee_is_found_between_points(void **state)
{
    (void)state;
    const struct ps_curve truth = {.kind = PS_CURVE_TWO_LINES, .scale = 100, .knee = 19.3};
    double x[POINTS];
    sample(&truth, x);
    struct ps_curve found = ps_curve_fit(PS_CURVE_TWO_LINES, counts, x, POINTS);
    near(found.knee, 19.3, 0.01);
    near(found.scale, 100, 0.01);
    struct ps_rng rng = ps_rng_make(1, 1);
    for (int i = 0; i < POINTS; i++)
        x[i] *= 0.97 + 0.06 * ps_rng_unit(&rng);
    found = ps_curve_fit(PS_CURVE_TWO_LINES, counts, x, POINTS);
    near(found.knee, 19.3, 1);
}

static void add(struct ps_surface *surface, unsigned workers, double throughput, double p99_ms)
{
    assert_true(ps_surface_add(surface, workers, throughput, p99_ms * 1e6));
}

static void points_are_kept_in_order_with_their_medians(void **state)
{
    (void)state;
    struct ps_surface surface = {0};
    add(&surface, 8, 80, 3);
    add(&surface, 2, 20, 9);
    add(&surface, 8, 90, 1);
    add(&surface, 8, 82, NAN);
    assert_int_equal(surface.count, 2);
    assert_int_equal(surface.point[1].workers, 8);
    near(surface.point[1].middle, 82, 0);
    near(surface.point[1].middle_p99_ns, 2e6, 0);
    near(ps_surface_throughput(&surface, 5), 51, 1e-9);
    near(ps_surface_throughput(&surface, 1), 20, 0);
    near(ps_surface_throughput(&surface, 99), 82, 0);
    assert_null(ps_surface_find(&surface, 3));
}

static void the_smallest_good_count_is_recommended(void **state)
{
    (void)state;
    struct ps_surface surface = {0};
    const double rates[] = {10, 20, 40, 80, 97, 100, 99}, p99_ms[] = {1, 1, 2, 4, 9, 20, 40};
    for (unsigned i = 0; i < 7; i++)
        add(&surface, 1u << i, rates[i], p99_ms[i]);
    struct ps_choice choice = ps_surface_choose(&surface, 0);
    assert_int_equal(choice.best, 32);
    assert_int_equal(choice.recommended, 16);
    assert_int_equal(ps_surface_choose(&surface, 5e6).recommended, 8);
    choice = ps_surface_choose(&surface, 0.5e6);
    assert_int_equal(choice.recommended, 0);
    assert_int_equal(choice.nearest, 1);
}

/* The more the repeats of a count differ, the more counts are alike. */
static void what_noise_hides_is_known(void **state)
{
    (void)state;
    const double rates[] = {50, 80, 97, 100, 99};
    for (unsigned noisy = 0; noisy < 2; noisy++) {
        struct ps_surface surface = {0};
        for (unsigned i = 0; i < 5; i++)
            for (int repeat = -1; repeat <= 1; repeat++)
                add(&surface, i + 1, rates[i] * (1 + (noisy ? 0.12 : 0.001) * repeat), 1);
        struct ps_choice choice = ps_surface_choose(&surface, 0);
        assert_int_equal(choice.best, 4);
        assert_int_equal(choice.recommended, 3);
        near(choice.tolerance, noisy ? PS_TOLERANCE_MOST : PS_TOLERANCE_LEAST, 0);
        assert_true(noisy ? choice.noise > 0.2 && choice.noise < 0.4 : choice.noise < 0.01);
        assert_int_equal(choice.alike_low, noisy ? 2 : 3);
        assert_int_equal(choice.alike_high, 5);
    }
    struct ps_surface once = {0};
    add(&once, 1, 10, 1);
    assert_true(isnan(ps_surface_choose(&once, 0).noise));
}

/* One slot in which the machine was taken away does not widen what counts as equal. */
static void noise_is_robust(void **state)
{
    (void)state;
    struct ps_surface surface = {0};
    struct ps_rng rng = ps_rng_make(4, 4);
    for (unsigned repeat = 0; repeat < 3; repeat++)
        for (unsigned workers = 1; workers <= 12; workers++)
            add(&surface, workers, 1000 * (0.99 + 0.02 * ps_rng_unit(&rng)), 1);
    assert_true(surface.noise > 0.003 && surface.noise < 0.01);
    add(&surface, 5, 300, 1);
    assert_true(surface.noise < 0.01);
}

/* The true curve is two lines with a knee at 20: the search ends near it, soon. */
static void the_search_closes_in(void **state)
{
    (void)state;
    struct ps_surface surface = {0};
    unsigned list[PS_POINTS_MAX], n = ps_surface_coarse(1, 32, list), looks = 0, next;
    assert_int_equal(n, 6);
    for (unsigned i = 0; i < n; i++)
        add(&surface, list[i], fmin(list[i], 20), 1);
    while ((next = ps_surface_next(&surface, 0))) {
        assert_null(ps_surface_find(&surface, next));
        add(&surface, next, fmin(next, 20), 1);
        looks++;
    }
    assert_in_range(ps_surface_choose(&surface, 0).recommended, 19, 21);
    assert_in_range(looks, 2, 5);
    assert_int_equal(ps_surface_coarse(3, 3, list), 1);
    assert_int_equal(ps_surface_coarse(3, 9, list), 4);
    assert_int_equal(list[1], 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_usl_is_found),
        cmocka_unit_test(amdahl_is_found_and_has_no_peak),
        cmocka_unit_test(the_knee_is_found_between_points),
        cmocka_unit_test(points_are_kept_in_order_with_their_medians),
        cmocka_unit_test(the_smallest_good_count_is_recommended),
        cmocka_unit_test(what_noise_hides_is_known),
        cmocka_unit_test(noise_is_robust),
        cmocka_unit_test(the_search_closes_in),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
