#include "support.h"

#include <math.h>
#include <string.h>

#include "model/arrivals.h"

static void assert_near(double value, double expected, double error)
{
    if (!(fabs(value - expected) <= error))
        fail_msg("%g instead of %g +- %g", value, expected, error);
}

static struct ps_experiment experiment;
static struct ps_arrivals arrivals;

static int set_up(void **state)
{
    (void)state;
    ps_experiment_init(&experiment);
    static const double weights[] = {5, 0, 0, 95, 0};
    experiment.type_count = 5;
    for (unsigned i = 0; i < 5; i++)
        experiment.types[i].weight = weights[i];
    ps_arrivals_init(&arrivals, &experiment);
    return 0;
}

static void types_follow_their_weights(void **state)
{
    (void)state;
    unsigned seen[5] = {0};
    for (uint64_t n = 0; n < 1000000; n++)
        seen[ps_arrival_type(&arrivals, n, 0)]++;
    assert_int_equal(seen[1] + seen[2] + seen[4], 0);
    assert_in_range(seen[0], 49100, 50900); /* sigma is 218 */
}

/* Weights change at a run time, and those of a phase hold again from its own on. */
static void a_live_mix_holds_until_the_next_phase(void **state)
{
    (void)state;
    struct ps_experiment phased = experiment;
    phased.phase_count = 1;
    phased.phases[0] = (struct ps_phase_def){
        .at_ns = 5000, .mix = {.count = 2, .part = {{.type = 2, .weight = 1}, {.type = 3}}}};
    struct ps_arrivals changed;
    ps_arrivals_init(&changed, &phased);
    struct ps_mix mix = {.count = 1, .part = {{.type = 1, .weight = 3}}};
    for (unsigned i = 0; i < 100; i++) /* more often than there is room for mixes */
        ps_arrivals_mix(&changed, 1000 + i, &mix);
    unsigned of_phase = 0;
    for (uint64_t n = 0; n < 1000; n++) {
        assert_int_equal(ps_arrival_type(&changed, n, 1200), 1);
        assert_int_equal(ps_arrival_type(&changed, n, 4999), 1);
        unsigned type = ps_arrival_type(&changed, n, 5000);
        assert_true(type == 0 || type == 2);
        of_phase += type == 2;
    }
    assert_in_range(of_phase, 100, 240); /* 1 of 6 */
    ps_arrivals_mix(&changed, 6000, &mix);
    assert_int_equal(ps_arrival_type(&changed, 7, 6000), 1);
}

static void a_task_is_a_function_of_seed_and_number(void **state)
{
    (void)state;
    struct ps_arrivals again;
    ps_arrivals_init(&again, &experiment);
    for (uint64_t n = 1000; n-- > 0;) { /* in another order */
        assert_int_equal(ps_arrival_type(&again, n, 0), ps_arrival_type(&arrivals, n, 0));
        assert_int_equal(ps_arrival_rng(&again, n).state, ps_arrival_rng(&arrivals, n).state);
    }
    experiment.seed++;
    ps_arrivals_init(&again, &experiment);
    unsigned other = 0;
    for (uint64_t n = 0; n < 1000; n++)
        other += ps_arrival_rng(&again, n).state != ps_arrival_rng(&arrivals, n).state;
    assert_int_equal(other, 1000);
}

/* Neither among siblings, nor between parent and child, nor between neighbours. */
static void generators_differ(void **state)
{
    (void)state;
    struct ps_rng parent = ps_arrival_rng(&arrivals, 1), next = ps_arrival_rng(&arrivals, 2);
    for (uint64_t i = 0; i < 1000; i++) {
        struct ps_rng a = ps_child_rng(parent, i), b = ps_child_rng(parent, i + 1);
        assert_true(a.state != b.state && a.state != parent.state && a.state != next.state);
        assert_int_equal(a.state, ps_child_rng(parent, i).state);
    }
}

static void gaps_have_the_rate(void **state)
{
    (void)state;
    double sum = 0, squares = 0;
    for (unsigned i = 0; i < 1000000; i++) {
        double gap = ps_arrival_unit(&arrivals) * 1e9 / 1000;
        assert_true(gap >= 0);
        sum += gap;
        squares += gap * gap;
    }
    double mean = sum / 1e6, deviation = sqrt(squares / 1e6 - mean * mean);
    assert_near(mean / 1e6, 1, 0.005);
    assert_near(deviation / mean, 1, 0.01); /* of an exponential distribution */
    experiment.process = PS_PROCESS_UNIFORM;
    ps_arrivals_init(&arrivals, &experiment);
    assert_near(ps_arrival_unit(&arrivals) * 1e9 / 250, 4e6, 1e-6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(types_follow_their_weights, set_up),
        cmocka_unit_test_setup(a_live_mix_holds_until_the_next_phase, set_up),
        cmocka_unit_test_setup(a_task_is_a_function_of_seed_and_number, set_up),
        cmocka_unit_test_setup(generators_differ, set_up),
        cmocka_unit_test_setup(gaps_have_the_rate, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
