/* Pauses before attempts, and the budget that pays for them. */
#include "support.h"

#include "model/backoff.h"

#define MS UINT64_C(1000000)
#define S  UINT64_C(1000000000)

static void pauses_grow_to_their_limit(void **state)
{
    (void)state;
    static const uint64_t expected_ms[] = {10, 20, 40, 80, 100, 100, 100};
    struct ps_backoff backoff;
    assert_true(ps_backoff_parse("10ms x2 max 100ms", &backoff));
    for (unsigned k = 1; k <= 7; k++)
        assert_int_equal(ps_backoff_draw(&backoff, k, NULL), expected_ms[k - 1] * MS);
    assert_true(ps_backoff_parse("3ms", &backoff));
    assert_int_equal(ps_backoff_draw(&backoff, 100, NULL), 3 * MS);
    assert_true(ps_backoff_parse("1s x100", &backoff));
    assert_int_equal(ps_backoff_draw(&backoff, 100, NULL), 3600 * S);
}

static void jitter_fills_the_pause(void **state)
{
    (void)state;
    struct ps_backoff backoff;
    struct ps_rng rng = ps_rng_make(1, 2);
    uint64_t sum = 0, least = UINT64_MAX, most = 0;
    assert_true(ps_backoff_parse("10ms x2 jitter", &backoff));
    for (unsigned i = 0; i < 10000; i++) {
        uint64_t ns = ps_backoff_draw(&backoff, 2, &rng);
        sum += ns;
        least = ns < least ? ns : least;
        most = ns > most ? ns : most;
    }
    assert_true(most < 20 * MS && most > 199 * MS / 10 && least < MS / 10);
    assert_true(sum / 10000 > 98 * MS / 10 && sum / 10000 < 102 * MS / 10);
}

/* Nothing succeeds: the reserve, and no more. A window later: the reserve again. */
static void a_budget_ends_a_storm(void **state)
{
    (void)state;
    struct ps_budget budget = {.ratio = 0.2};
    unsigned paid = 0;
    for (uint64_t at = 0; at < 5 * S; at += MS)
        paid += ps_budget_spend(&budget, at);
    assert_int_equal(paid, PS_BUDGET_RESERVE);
    for (uint64_t at = 60 * S; at < 65 * S; at += MS)
        paid += ps_budget_spend(&budget, at);
    assert_int_equal(paid, 2 * PS_BUDGET_RESERVE);
}

/* 100 successes a second pay for 20 retries a second, over the window of ten. */
static void successes_pay(void **state)
{
    (void)state;
    struct ps_budget budget = {.ratio = 0.2};
    unsigned paid = 0;
    for (uint64_t s = 0; s < 30; s++) {
        ps_budget_earn(&budget, s * S, 100);
        for (unsigned i = 0; s >= 20 && i < 50; i++)
            paid += ps_budget_spend(&budget, s * S + i * MS);
    }
    assert_int_equal(paid, 200 + PS_BUDGET_RESERVE);
}

static void no_budget_pays_for_all(void **state)
{
    (void)state;
    struct ps_budget budget = {.ratio = 0};
    for (unsigned i = 0; i < 1000; i++)
        assert_true(ps_budget_spend(&budget, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pauses_grow_to_their_limit), cmocka_unit_test(jitter_fills_the_pause),
        cmocka_unit_test(a_budget_ends_a_storm),      cmocka_unit_test(successes_pay),
        cmocka_unit_test(no_budget_pays_for_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
