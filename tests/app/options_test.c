#include <string.h>

#include "support.h"

#include "app/options.h"

struct place {
    bool json;
    const char *workers;
    struct ps_option_list set;
};

static const struct ps_option options[] = {
    {.name = "--json", .kind = PS_OPTION_FLAG, .offset = offsetof(struct place, json)},
    {.name = "--workers",
     .brief = "-w",
     .argument = "N",
     .kind = PS_OPTION_TEXT,
     .offset = offsetof(struct place, workers)},
    {.name = "--set",
     .argument = "K=V",
     .kind = PS_OPTION_LIST,
     .offset = offsetof(struct place, set)},
    PS_OPTIONS_END,
};

struct outcome {
    enum ps_options_answer answer;
    struct place place;
    struct ps_arguments arguments;
    char why[200];
};

static struct outcome parse(const char *const *words)
{
    struct outcome outcome = {.answer = PS_OPTIONS_BAD};
    char *argv[PS_OPTION_LIST_MAX + 8] = {(char *)"run"};
    int argc = 1;
    while (*words)
        argv[argc++] = (char *)*words++;
    outcome.answer = ps_options_parse(options, argc, argv, &outcome.place, &outcome.arguments,
                                      outcome.why, sizeof outcome.why);
    return outcome;
}
#define PARSE(...) parse((const char *const[]){__VA_ARGS__, NULL})

static void takes_every_form(void **state)
{
    (void)state;
    struct outcome o =
        PARSE("quick", "--json", "--workers=4", "--set", "a.b=c", "--set=d=e=f", "x");
    assert_int_equal(o.answer, PS_OPTIONS_DONE);
    assert_true(o.place.json);
    assert_string_equal(o.place.workers, "4");
    assert_int_equal(o.place.set.count, 2);
    assert_string_equal(o.place.set.item[0], "a.b=c");
    assert_string_equal(o.place.set.item[1], "d=e=f");
    assert_int_equal(o.arguments.count, 2);
    assert_string_equal(o.arguments.item[0], "quick");
    assert_string_equal(o.arguments.item[1], "x");
    o = PARSE("-w", "-3");
    assert_string_equal(o.place.workers, "-3");
}

static void two_dashes_end_options(void **state)
{
    (void)state;
    struct outcome o = PARSE("--", "--json", "-");
    assert_int_equal(o.answer, PS_OPTIONS_DONE);
    assert_false(o.place.json);
    assert_int_equal(o.arguments.count, 2);
    assert_string_equal(o.arguments.item[0], "--json");
}

static void refuses(void **state)
{
    (void)state;
    static const struct {
        const char *const words[4];
        const char *why;
    } cases[] = {
        {{"--wrokers", "4"}, "unknown option '--wrokers'; did you mean '--workers'?"},
        {{"--wrokers=4"}, "unknown option '--wrokers'; did you mean '--workers'?"},
        {{"--quite-something-else"}, "unknown option '--quite-something-else'"},
        {{"--workers"}, "--workers needs a value: --workers N"},
        {{"--workers", "1", "-w"}, "--workers needs a value: --workers N"},
        {{"--json=yes"}, "--json takes no value"},
        {{"--json", "--json"}, "--json is given twice"},
        {{"-w", "1", "--workers=1"}, "--workers is given twice"},
        {{"--j\033[31mson"}, "unknown option '--j?[31mson'"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct outcome o = parse(cases[i].words);
        assert_int_equal(o.answer, PS_OPTIONS_BAD);
        assert_string_equal(o.why, cases[i].why);
    }
}

static void refuses_too_many(void **state)
{
    (void)state;
    const char *words[PS_OPTION_LIST_MAX + 2] = {NULL};
    for (size_t i = 0; i <= PS_OPTION_LIST_MAX; i++)
        words[i] = "--set=a=b";
    assert_int_equal(parse(words).answer, PS_OPTIONS_BAD);
    for (size_t i = 0; i <= PS_OPTION_LIST_MAX; i++)
        words[i] = "file";
    assert_int_equal(parse(words).answer, PS_OPTIONS_BAD);
    words[PS_OPTION_LIST_MAX] = NULL;
    assert_int_equal(parse(words).answer, PS_OPTIONS_DONE);
}

static void help_wins(void **state)
{
    (void)state;
    assert_int_equal(PARSE("quick", "--help").answer, PS_OPTIONS_HELP);
    assert_int_equal(PARSE("-h").answer, PS_OPTIONS_HELP);
    assert_int_equal(PARSE("--", "--help").answer, PS_OPTIONS_DONE);
    assert_int_equal(PARSE("--workers", "--help").answer, PS_OPTIONS_DONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_every_form), cmocka_unit_test(two_dashes_end_options),
        cmocka_unit_test(refuses),          cmocka_unit_test(refuses_too_many),
        cmocka_unit_test(help_wins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
