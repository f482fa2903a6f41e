/* The line of progress: what it says, and that it fits. */
#include <string.h>

#include "app/progress.h"
#include "base/clock.h"
#include "support.h"

static void says_share_and_time_left(void **state)
{
    (void)state;
    char line[256];
    ps_progress_line(line, sizeof line, 79, 0.25, 30 * (uint64_t)PS_NS_PER_S, "slot 2 of 6, A");
    assert_string_equal(line, "[#####...............]  25 %  1:30 left  slot 2 of 6, A");
    ps_progress_line(line, sizeof line, 79, 0, 0, "x");
    assert_string_equal(line, "[....................]   0 %  x");
    ps_progress_line(line, sizeof line, 79, 1.5, PS_NS_PER_S, "x");
    assert_string_equal(line, "[####################] 100 %  0:00 left  x");
}

static void fits_the_width(void **state)
{
    (void)state;
    char line[256];
    for (unsigned width = 20; width < 100; width++)
        assert_true(strlen(ps_progress_line(line, sizeof line, width, 0.5, PS_NS_PER_S,
                                            "a long text about what is being done")) <= width);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_share_and_time_left),
        cmocka_unit_test(fits_the_width),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
