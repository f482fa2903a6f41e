/* Phases: the offered rate over time, and the order in which they come. */
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "model/arrivals.h"
#include "model/phases.h"
#include "model/profile.h"
#include "vocabulary.h"

#define S UINT64_C(1000000000)

static struct ps_experiment experiment;
static struct ps_profile profile;

static void parse(const char *phases)
{
    char text[2048];
    struct ps_complaints complaints = {.count = 0};
    int n = snprintf(text, sizeof text,
                     "[preset]\ntitle = t\n[arrivals]\nrate = 100/s\n[task a]\nsteps = yield\n"
                     "[task b]\nweight = 0\nsteps = yield\n%s",
                     phases);
    if (ps_experiment_parse(&experiment, &test_words, "t", text, (size_t)n, &complaints) != PS_OK) {
        char line[1024];
        fail_msg("%s", ps_complaint_text(line, sizeof line, &complaints.list[0]));
    }
    ps_profile_init(&profile, &experiment);
}

static void near(double a, double b)
{
    if (fabs(a - b) > 1e-6 * fmax(fabs(a), fabs(b)) + 1e-9)
        fail_msg("%.12g and not %.12g", a, b);
}

static void a_constant_rate_has_one_piece(void **state)
{
    (void)state;
    parse("");
    assert_int_equal(profile.count, 1);
    near(ps_profile_rate(&profile, 7 * S), 100);
    near(ps_profile_expected(&profile, 2 * S, 5 * S), 300);
    assert_int_equal(ps_profile_after(&profile, 3 * S, 50), 3 * S + S / 2);
}

static void steps_and_ramps(void **state)
{
    (void)state;
    parse("[phase down]\nat = 20s\nrate = 50/s over 10s\n[phase up]\nat = 10s\nrate = 300/s\n");
    near(ps_profile_rate(&profile, 10 * S - 1), 100);
    near(ps_profile_rate(&profile, 10 * S), 300);
    near(ps_profile_rate(&profile, 25 * S), 175);
    near(ps_profile_rate(&profile, 30 * S), 50);
    near(ps_profile_rate(&profile, 1000 * S), 50);
    near(ps_profile_expected(&profile, 0, 40 * S), 1000 + 3000 + 1750 + 500);
    assert_int_equal(ps_profile_after(&profile, 9 * S, 100 + 600), 12 * S);
}

/* after and expected are each other's inverse, wherever they begin and end. */
static void the_clock_runs_at_the_rate(void **state)
{
    (void)state;
    parse("[phase a]\nat = 5s\nrate = 1000/s over 3s\n[phase b]\nat = 7s\nrate = 10/s over 1s\n"
          "[phase c]\nat = 9s\nrate = 10/s over 4s\n[phase d]\nat = 9s\nrate = 2000/s\n");
    for (uint64_t from = 0; from < 15 * S; from += S / 3)
        for (double n = 0.25; n < 1e5; n *= 3) {
            uint64_t to = ps_profile_after(&profile, from, n);
            double got = ps_profile_expected(&profile, from, to);
            /* Instants are whole ns. */
            if (fabs(got - n) > 1e-5 + 1e-9 * n)
                fail_msg("from %g s: %.9g and not %.9g", (double)from / 1e9, got, n);
        }
}

/* A ramp that another phase interrupts goes on from where it was. */
static void a_later_phase_ends_a_ramp(void **state)
{
    (void)state;
    parse(
        "[phase a]\nat = 0s\nrate = 200/s over 10s\n[phase b]\nat = 5s\nrate = 0.001/s over 5s\n");
    near(ps_profile_rate(&profile, 5 * S), 150);
    near(ps_profile_rate(&profile, 10 * S), 0.001);
    near(ps_profile_rate(&profile, 20 * S), 0.001);
}

static void a_live_change_holds_until_the_next_phase(void **state)
{
    (void)state;
    parse("[phase a]\nat = 2s\nrate = 200/s over 4s\n[phase b]\nat = 10s\nrate = 50/s\n");
    ps_profile_set(&profile, 4 * S, 500);
    near(ps_profile_rate(&profile, 4 * S), 500);
    near(ps_profile_rate(&profile, 8 * S), 500);
    near(ps_profile_rate(&profile, 10 * S), 50);
    for (unsigned i = 0; i < 1000; i++)
        ps_profile_set(&profile, 4 * S + i, 1 + i);
    near(ps_profile_rate(&profile, 9 * S), 1000);
    near(ps_profile_rate(&profile, 11 * S), 50);
    parse("[phase a]\nat = 2s\nrate = 200/s over 9s\n[phase b]\nat = 4s\nrate = 50/s\n");
    ps_profile_set(&profile, 3 * S, 7);
    near(ps_profile_rate(&profile, 4 * S), 50);
}

static void phases_come_by_time(void **state)
{
    (void)state;
    const struct ps_phase_def *order[PS_PHASES_MAX];
    char text[256];
    parse("[phase c]\nat = 3s\n[phase a]\nat = 1s\nmix = b 2\n[phase b]\nat = 1s\n"
          "rate = 5/s over 500ms\nworkers = 2x\nfault = stuck 0 2s , slow 1 10\n");
    assert_int_equal(ps_phases_in_order(&experiment, order), 3);
    assert_string_equal(order[0]->name, "a");
    assert_string_equal(order[1]->name, "b");
    assert_string_equal(order[2]->name, "c");
    assert_string_equal(ps_phase_text(text, sizeof text, &experiment, order[0]), "mix b 2");
    assert_string_equal(ps_phase_text(text, sizeof text, &experiment, order[1]),
                        "rate 5/s over 0.5s, workers 2x, fault stuck 0 2s, slow 1 x10");
    assert_string_equal(ps_phase_text(text, sizeof text, &experiment, order[2]), "nothing");
}

/* Who arrives is a function of the seed, its number and its time. */
static void the_mix_follows_the_time(void **state)
{
    (void)state;
    struct ps_arrivals arrivals;
    parse("[phase other]\nat = 5s\nmix = a 0, b 3\n[phase both]\nat = 10s\nmix = a 3\n");
    ps_arrivals_init(&arrivals, &experiment);
    unsigned b = 0;
    for (unsigned n = 0; n < 1000; n++) {
        assert_int_equal(ps_arrival_type(&arrivals, n, 5 * S - 1), 0);
        assert_int_equal(ps_arrival_type(&arrivals, n, 5 * S), 1);
        b += ps_arrival_type(&arrivals, n, 10 * S);
    }
    assert_true(b > 400 && b < 600);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_constant_rate_has_one_piece),
        cmocka_unit_test(steps_and_ramps),
        cmocka_unit_test(the_clock_runs_at_the_rate),
        cmocka_unit_test(a_later_phase_ends_a_ramp),
        cmocka_unit_test(a_live_change_holds_until_the_next_phase),
        cmocka_unit_test(phases_come_by_time),
        cmocka_unit_test(the_mix_follows_the_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
