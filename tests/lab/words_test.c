/* The cells of a comparison's table keep to their width whatever was measured. */
#include "lab/words.h"

#include <math.h>
#include <string.h>

#include "support.h"

static void intervals(void **state)
{
    static const struct {
        double low, high;
        const char *text;
    } cases[] = {
        {-0.023, 0.0991, "-2.3 .. +9.9 %"},
        {-0.12, 0.17, "-12 .. +17 %"},
        {-0.5, 11.3, "x0.5 .. x12.3"},
        {-1 + 9.86e-7, 6160, "<x0.001 .. >x999"},
        {0, 0, "0"},
        {NAN, NAN, "-"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[PS_WORDS_BYTES];
        struct ps_compare_row row = {.rounds = 3,
                                     .pair = {.low = cases[i].low, .high = cases[i].high}};
        assert_string_equal(ps_words_interval(text, &row), cases[i].text);
        assert_true(strlen(text) <= 18);
    }
}

static void shares(void **state)
{
    static const struct {
        double share;
        const char *text;
    } cases[] = {{0.143, "+14.3 %"}, {-0.5, "-50.0 %"}, {11, "x12"}, {1e9, ">x999"}, {0, "0"}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[PS_WORDS_BYTES];
        assert_string_equal(ps_words_share(text, cases[i].share), cases[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(intervals), cmocka_unit_test(shares)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
