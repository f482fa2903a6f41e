/* The settings in which two sides differ. */
#include "ui/compare_match.h"

#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "presets.h"

static struct ps_library library;

static int set_up(void **state)
{
    (void)state;
    presets_fill(&library);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    free(library.presets);
    return 0;
}

static void what_differs_is_listed_and_nothing_else(void **state)
{
    (void)state;
    struct ps_experiment a = library.presets[0].experiment, b = a;
    char *text = ps_compare_match(&a, &b);
    assert_non_null(strstr(text, "the same in every setting"));
    free(text);
    strcpy(b.policy, "fifo");
    b.workers = (struct ps_workers_spec){.count = 3};
    text = ps_compare_match(&a, &b);
    assert_non_null(strstr(text, "- engine.policy:  A `steal`,  B `fifo`\n"));
    assert_non_null(strstr(text, "- engine.workers:  A `auto`,  B `3`\n"));
    assert_null(strstr(text, "- arrivals"));
    assert_null(strstr(text, "- task"));
    free(text);
}

/* A key that only one of them has, in either direction. */
static void a_key_of_one_side_is_listed(void **state)
{
    (void)state;
    struct ps_experiment a = library.presets[2].experiment, b = a;
    b.type_count = 1;
    char *text = ps_compare_match(&a, &b);
    assert_non_null(strstr(text, "- task long.steps:  A `cpu 10ms`,  B `not set`\n"));
    free(text);
    text = ps_compare_match(&b, &a);
    assert_non_null(strstr(text, "- task long.steps:  A `not set`,  B `cpu 10ms`\n"));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_differs_is_listed_and_nothing_else),
        cmocka_unit_test(a_key_of_one_side_is_listed),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
