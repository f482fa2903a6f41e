#include "support.h"

#include "base/clock.h"
#include "host/burn.h"

/* CPU time, not wall-clock time, so a busy machine does not matter; the bounds only catch a wrong
 * unit or a loop that the compiler removed. */
static void it_burns_about_what_was_asked_for(void **state)
{
    (void)state;
    struct ps_burner burner;
    ps_burner_calibrate(&burner);
    uint64_t begin = ps_thread_cpu_ns();
    for (int i = 0; i < 100; i++)
        ps_burn(&burner, PS_NS_PER_MS);
    uint64_t burnt = ps_thread_cpu_ns() - begin;
    assert_in_range(burnt, 50 * (uint64_t)PS_NS_PER_MS, 400 * (uint64_t)PS_NS_PER_MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(it_burns_about_what_was_asked_for)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
