#include "support.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "model/dist.h"

static void assert_near(double value, double expected, double error)
{
    if (!(fabs(value - expected) <= error))
        fail_msg("%g instead of %g +- %g", value, expected, error);
}

#define DRAWS 1000000u

/* The share of draws at or below x that the distribution promises. */
static double promised(const struct ps_dist *dist, double x)
{
    switch (dist->kind) {
    case PS_DIST_CONSTANT:
        return x >= dist->a;
    case PS_DIST_UNIFORM:
        return x < dist->a ? 0 : x > dist->b ? 1 : (x - dist->a) / (dist->b - dist->a);
    case PS_DIST_EXP:
        return 1 - exp(-x / dist->a);
    case PS_DIST_PARETO:
        return x < dist->a ? 0 : 1 - pow(dist->a / x, dist->b);
    case PS_DIST_LOGNORMAL:
        return 0.5 * erfc(-log(x / dist->a) / (dist->b * sqrt(2)));
    }
    return 0;
}

static const struct ps_dist all[] = {
    {PS_DIST_UNIFORM, 1e6, 5e6}, {PS_DIST_EXP, 1e6, 0},         {PS_DIST_PARETO, 1e6, 2.5},
    {PS_DIST_LOGNORMAL, 1e6, 1}, {PS_DIST_LOGNORMAL, 1e6, 0.3},
};
#define ALL (sizeof all / sizeof *all)

/* Kolmogorov's bound at p = 0.001 is 1.95 / sqrt(n). */
static void draws_follow_the_distribution(void **state)
{
    (void)state;
    for (size_t d = 0; d < ALL; d++) {
        struct ps_rng rng = ps_rng_make(5, d);
        static const double points[] = {0.3e6, 0.7e6, 1.1e6, 1.5e6, 2e6, 3e6, 4.5e6, 10e6};
        unsigned below[8] = {0};
        double sum = 0;
        for (unsigned i = 0; i < DRAWS; i++) {
            double x = (double)ps_dist_draw(&all[d], &rng);
            sum += x;
            for (unsigned p = 0; p < 8; p++)
                below[p] += x <= points[p];
        }
        for (unsigned p = 0; p < 8; p++)
            assert_near((double)below[p] / DRAWS, promised(&all[d], points[p]), 0.00195);
        assert_near(sum / DRAWS / ps_dist_mean(&all[d]), 1, 0.01);
    }
}

/* Far out in the tails, where the first branch of the quantile function does not reach. */
static void lognormal_has_its_tails(void **state)
{
    (void)state;
    const struct ps_dist dist = {PS_DIST_LOGNORMAL, 1e9, 1};
    struct ps_rng rng = ps_rng_make(5, 99);
    unsigned above = 0, under = 0;
    for (unsigned i = 0; i < 4 * DRAWS; i++) {
        double z = log((double)ps_dist_draw(&dist, &rng) / 1e9);
        above += z > 3.0902323;
        under += z < -3.0902323;
    }
    assert_in_range(above, 3750, 4250); /* a thousandth of 4,000,000; sigma is 63 */
    assert_in_range(under, 3750, 4250);
}

static void each_draw_takes_one_number(void **state)
{
    (void)state;
    for (size_t d = 0; d < ALL; d++) {
        struct ps_rng rng = ps_rng_make(6, d), expected = rng;
        ps_dist_draw(&all[d], &rng);
        ps_rng_next(&expected);
        assert_int_equal(rng.state, expected.state);
    }
    const struct ps_dist constant = {PS_DIST_CONSTANT, 77, 0};
    struct ps_rng rng = ps_rng_make(6, 0), expected = rng;
    assert_int_equal(ps_dist_draw(&constant, &rng), 77);
    assert_int_equal(rng.state, expected.state);
}

static void tails_are_cut_at_an_hour(void **state)
{
    (void)state;
    const struct ps_dist wild = {PS_DIST_PARETO, (double)PS_DIST_MAX_NS, 1.01};
    struct ps_rng rng = ps_rng_make(6, 7);
    for (unsigned i = 0; i < 1000; i++)
        assert_int_equal(ps_dist_draw(&wild, &rng), PS_DIST_MAX_NS);
}

static void text_goes_both_ways(void **state)
{
    (void)state;
    static const struct {
        const char *text, *written;
        size_t used;
    } cases[] = {
        {"200us", "200us", 1},
        {"0", "0", 1},
        {"0s", "0", 1},
        {"1500us rest", "1.5ms", 1},
        {"0.5min", "30s", 1},
        {"120s", "2min", 1},
        {"1000001ns", "1000001ns", 1},
        {"60min", "60min", 1},
        {"uniform 1ms 5ms", "uniform 1ms 5ms", 3},
        {"exp 10ms", "exp 10ms", 2},
        {"pareto 1ms 1.50", "pareto 1ms 1.5", 3},
        {"lognormal 20ms 0.700000", "lognormal 20ms 0.7", 3},
        {"lognormal 20ms 0", "lognormal 20ms 0", 3},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char copy[64], written[64], why[200];
        const char *words[8] = {NULL};
        size_t count = 0, used = 0;
        snprintf(copy, sizeof copy, "%s", cases[i].text);
        for (char *state2, *word = strtok_r(copy, " ", &state2); word;
             word = strtok_r(NULL, " ", &state2))
            words[count++] = word;
        struct ps_dist dist;
        if (!ps_dist_parse(words, &used, &dist, why, sizeof why))
            fail_msg("%s: %s", cases[i].text, why);
        assert_int_equal(used, cases[i].used);
        assert_string_equal(ps_dist_format(written, sizeof written, &dist), cases[i].written);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(draws_follow_the_distribution), cmocka_unit_test(lognormal_has_its_tails),
        cmocka_unit_test(each_draw_takes_one_number),    cmocka_unit_test(tails_are_cut_at_an_hour),
        cmocka_unit_test(text_goes_both_ways),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
