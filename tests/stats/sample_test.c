/* Medians, quantiles and Student's t against known values (R 4.2: quantile(type = 7), pt, qt). */
#include <math.h>

#include "stats/sample.h"
#include "stats/student.h"
#include "support.h"

static void near(double value, double expected, double tolerance)
{
    if (!(fabs(value - expected) <= tolerance))
        fail_msg("%.12g, expected %.12g", value, expected);
}

static void moments(void **state)
{
    (void)state;
    const double values[] = {2, 4, 4, 4, 5, 5, 7, 9};
    near(ps_sample_mean(values, 8), 5, 0);
    near(ps_sample_deviation(values, 8), sqrt(32.0 / 7), 1e-15);
    near(ps_sample_deviation(values, 1), 0, 0);
}

static void medians(void **state)
{
    (void)state;
    const double odd[] = {9, 1, 5}, even[] = {4, 1, 3, 2};
    near(ps_sample_median(odd, 3), 5, 0);
    near(ps_sample_median(even, 4), 2.5, 0);
    near(even[0], 4, 0);
    double many[100];
    for (int i = 0; i < 100; i++)
        many[i] = (i * 37) % 100;
    near(ps_sample_median(many, 100), 49.5, 0);
}

/* Of many values, with and without ties, in every order that a small generator makes. */
static void medians_of_many_are_those_of_the_sorted(void **state)
{
    (void)state;
    uint32_t x = 1;
    for (size_t n = 33; n <= 200; n++) {
        double values[200], sorted[200];
        for (size_t i = 0; i < n; i++) {
            x = x * 1664525u + 1013904223u;
            values[i] = sorted[i] = (double)((x >> 8) % (n % 3 ? 1000 : 5));
        }
        double median = ps_sample_median(values, n);
        ps_sample_sort(sorted, n);
        near(median, n % 2 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2, 0);
    }
}

static void quantiles(void **state)
{
    (void)state;
    double values[] = {40, 10, 30, 20};
    ps_sample_sort(values, 4);
    near(ps_sample_quantile(values, 4, 0), 10, 0);
    near(ps_sample_quantile(values, 4, 1), 40, 0);
    near(ps_sample_quantile(values, 4, 0.25), 17.5, 1e-12);
    near(ps_sample_quantile(values, 1, 0.7), 10, 0);
}

static void r2(void **state)
{
    (void)state;
    const double data[] = {1, 2, 3}, same[] = {1, 2, 3}, mean[] = {2, 2, 2}, bad[] = {3, 2, 1};
    near(ps_sample_r2(data, same, 3), 1, 0);
    near(ps_sample_r2(data, mean, 3), 0, 0);
    near(ps_sample_r2(data, bad, 3), -3, 0);
    assert_true(isnan(ps_sample_r2(mean, data, 3)));
}

static void student(void **state)
{
    (void)state;
    near(ps_student_two_sided(0, 5), 1, 1e-12);
    near(ps_student_two_sided(2.5705818356363, 5), 0.05, 1e-9);
    near(ps_student_two_sided(-1, 1), 0.5, 1e-12);
    near(ps_student_two_sided(4.032142983555, 5), 0.01, 1e-9);
    near(ps_student_two_sided(1.959963984540, 1e7), 0.05, 1e-6);
    near(ps_student_two_sided(INFINITY, 5), 0, 0);
    near(ps_student_critical(0.05, 5), 2.5705818356363, 1e-8);
    near(ps_student_critical(0.05, 1), 12.706204736175, 1e-6);
    near(ps_student_critical(0.01, 11), 3.105806515539, 1e-8);
    near(ps_normal_cdf(1.959963984540), 0.975, 1e-10);
    near(ps_normal_cdf(-2.8157), 0.00243350, 1e-6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(moments),
        cmocka_unit_test(medians),
        cmocka_unit_test(medians_of_many_are_those_of_the_sorted),
        cmocka_unit_test(quantiles),
        cmocka_unit_test(r2),
        cmocka_unit_test(student),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
