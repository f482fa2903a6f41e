#include "support.h"

#include <stdio.h>
#include <string.h>

#include "model/formula.h"

/* Figures: "two" is 2, "fast.p99[short]" 30 ms, "none" n/a, "max(two)" 20; nothing else exists. */
static struct ps_figure look_up(void *user, const struct ps_figure_name *name)
{
    struct ps_figure figure = {.kind = PS_FIGURE_KNOWN, .unit = ""};
    unsigned *asked = user;
    ++*asked;
    if (strcmp(name->name, "two") == 0 && !*name->index) {
        figure.number = strcmp(name->function, "max") == 0 ? 20 : 2;
    } else if (strcmp(name->name, "fast.p99") == 0 && strcmp(name->index, "short") == 0) {
        figure.number = 30e6;
        figure.unit = "ns";
    } else if (strcmp(name->name, "none") == 0) {
        figure.kind = PS_FIGURE_NA;
        snprintf(figure.why, sizeof figure.why, "none is n/a");
    } else {
        figure.kind = PS_FIGURE_WRONG;
        snprintf(figure.why, sizeof figure.why, "there is no '%s'", name->name);
    }
    return figure;
}

static struct ps_formula_result test(const char *text)
{
    unsigned asked = 0;
    return ps_formula_test(text, look_up, &asked);
}

static void tests_are_worked_out(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum ps_formula_answer answer;
    } rows[] = {
        {"two < 3", PS_FORMULA_TRUE},
        {"two<3", PS_FORMULA_TRUE},
        {"two > 3", PS_FORMULA_FALSE},
        {"two >= 2", PS_FORMULA_TRUE},
        {"two <= 1.99", PS_FORMULA_FALSE},
        {"two = 2", PS_FORMULA_TRUE},
        {"two = 2.1", PS_FORMULA_FALSE},
        {"two = 2.1 within 5%", PS_FORMULA_TRUE},
        {"two = 2.2 within 5%", PS_FORMULA_FALSE},
        {"1 + two * 3 = 7", PS_FORMULA_TRUE},
        {"(1 + two) * 3 = 9", PS_FORMULA_TRUE},
        {"10 - two - 3 = 5", PS_FORMULA_TRUE},
        {"12 / two / 3 = 2", PS_FORMULA_TRUE},
        {"max(two) = 20", PS_FORMULA_TRUE},
        {"max( two ) = 20", PS_FORMULA_TRUE},
        {"fast.p99[short] = 30ms", PS_FORMULA_TRUE},
        {"fast.p99[short] = 30 ms within 1 %", PS_FORMULA_TRUE},
        {"two = 2 within 5%", PS_FORMULA_TRUE},
        {"fast.p99[short] < 0.5 * 61ms", PS_FORMULA_TRUE},
        {"fast.p99[short] > 95% * 32ms", PS_FORMULA_FALSE},
        {"1KiB = 1024", PS_FORMULA_TRUE},
        {"none > 1", PS_FORMULA_NA},
        {"1 > two * none", PS_FORMULA_NA},
        {"1 / (two - 2) > 1", PS_FORMULA_NA},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct ps_formula_result result = test(rows[i].text);
        if (result.answer != rows[i].answer)
            fail_msg("%s: %d (%s)", rows[i].text, (int)result.answer, result.why);
    }
}

static void both_sides_are_told(void **state)
{
    (void)state;
    char text[32];
    struct ps_formula_result result = test("fast.p99[short] < 10 * two * 1ms");
    assert_string_equal(result.relation, "<");
    assert_string_equal(ps_figure_format(text, sizeof text, result.left.number, result.left.unit),
                        "30 ms");
    assert_string_equal(ps_figure_format(text, sizeof text, result.right.number, result.right.unit),
                        "20 ms");
    assert_string_equal(ps_figure_format(text, sizeof text, 0.514, ""), "0.514");
    assert_string_equal(ps_figure_format(text, sizeof text, 1842, "1/s"), "1842/s");
    assert_string_equal(ps_figure_format(text, sizeof text, 1536, "bytes"), "1.5 KiB");
}

static void what_is_wrong_is_said(void **state)
{
    (void)state;
    static const struct {
        const char *text, *why;
    } rows[] = {
        {"", "a figure or a number is missing"},
        {"two", "expected one of < <= > >= ="},
        {"two <", "a figure or a number is missing"},
        {"two < 3 3", "'3' is too much"},
        {"two < 3 within 5%", "'within 5%' is too much"},
        {"two = 3 within none", "none is n/a"},
        {"tow < 3", "there is no 'tow'"},
        {"none > tow", "there is no 'tow'"},
        {"two < 3 parsecs", "'parsecs' is too much"},
        {"two < 3parsecs", "'parsecs' is no unit"},
        {"two < 3..4", "'3..4' is no number"},
        {"(two < 3", "')' is missing"},
        {"max(two < 3", "')' is missing behind two"},
        {"fast.p99[short < 3", "expected a task type or the number of a worker and ']'"},
        {"fast.p99[] < 3", "expected a task type or the number of a worker and ']'"},
        {"& < 3", "'&' where a figure or a number should be"},
        {"((((((((((((((((((two)))))))))))))))))) > 1", "more than 16 brackets"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct ps_formula_result result = test(rows[i].text);
        assert_int_equal(result.answer, PS_FORMULA_WRONG);
        if (!strstr(result.why, rows[i].why))
            fail_msg("%s: %s", rows[i].text, result.why);
    }
}

static void values_are_worked_out(void **state)
{
    (void)state;
    unsigned asked = 0;
    assert_true(ps_formula_value("max(two) / two", look_up, &asked).number == 10);
    assert_int_equal(asked, 2);
    assert_int_equal(ps_formula_value("two two", look_up, &asked).kind, PS_FIGURE_WRONG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tests_are_worked_out),
        cmocka_unit_test(both_sides_are_told),
        cmocka_unit_test(what_is_wrong_is_said),
        cmocka_unit_test(values_are_worked_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
