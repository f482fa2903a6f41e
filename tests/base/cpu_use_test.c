#include "base/cpu_use.h"

#include <math.h>

#include "base/clock.h"
#include "support.h"

static void the_share_of_others(void **state)
{
    (void)state;
    struct ps_cpu_use from = {.valid = true, .cpus = 4, .busy_ns = 100}, to = from;
    to.at_ns = PS_NS_PER_S;
    to.busy_ns += 2 * (uint64_t)PS_NS_PER_S;
    assert_true(fabs(ps_cpu_use_others(&from, &to, PS_NS_PER_S) - 0.25) < 1e-9);
    assert_true(ps_cpu_use_others(&from, &to, 3 * (uint64_t)PS_NS_PER_S) == 0);
    to.at_ns = PS_NS_PER_S / 10;
    assert_true(isnan(ps_cpu_use_others(&from, &to, 0)));
    to.at_ns = PS_NS_PER_S;
    to.valid = false;
    assert_true(isnan(ps_cpu_use_others(&from, &to, 0)));
}

static void the_kernel_says(void **state)
{
    (void)state;
    struct ps_cpu_use use;
    ps_cpu_use_read(&use);
    assert_true(use.valid && use.cpus > 0 && use.busy_ns > 0 && use.at_ns > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_share_of_others),
        cmocka_unit_test(the_kernel_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
