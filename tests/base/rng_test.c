#include "support.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/err.h"
#include "base/rng.h"

/* The first outputs of splitmix64 for state 1234567, as published with the algorithm. */
static void is_splitmix64(void **state)
{
    (void)state;
    static const uint64_t expected[] = {
        UINT64_C(6457827717110365317), UINT64_C(3203168211198807973), UINT64_C(9817491932198370423),
        UINT64_C(4593380528125082431), UINT64_C(16408922859458223821)};
    struct ps_rng rng = {1234567};
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(ps_rng_next(&rng), expected[i]);
}

static void unit_is_uniform(void **state)
{
    (void)state;
    struct ps_rng rng = ps_rng_make(7, 0);
    unsigned bin[100] = {0};
    for (unsigned i = 0; i < 1000000; i++) {
        double u = ps_rng_unit(&rng);
        assert_true(u >= 0 && u < 1);
        bin[(unsigned)(u * 100)]++;
    }
    double chi = 0;
    for (unsigned i = 0; i < 100; i++)
        chi += pow((double)bin[i] - 10000, 2) / 10000;
    assert_true(chi < 149); /* 99 degrees of freedom: p = 0.001 */
}

static void below_stays_below_and_reaches_all(void **state)
{
    (void)state;
    struct ps_rng rng = ps_rng_make(7, 1);
    for (uint32_t bound = 1; bound < 40; bound++) {
        uint64_t seen = 0;
        for (unsigned i = 0; i < 2000; i++) {
            uint32_t value = ps_rng_below(&rng, bound);
            assert_true(value < bound);
            seen |= UINT64_C(1) << value;
        }
        assert_int_equal(seen, (UINT64_C(1) << bound) - 1);
    }
}

static void streams_do_not_repeat_each_other(void **state)
{
    (void)state;
    struct ps_rng a = ps_rng_make(7, 0), b = ps_rng_make(7, 1), c = ps_rng_make(8, 0);
    unsigned equal_bits = 0;
    for (unsigned i = 0; i < 1000; i++) {
        uint64_t x = ps_rng_next(&a), y = ps_rng_next(&b), z = ps_rng_next(&c);
        assert_true(x != y && y != z && x != z);
        equal_bits += (unsigned)__builtin_popcountll(~(x ^ y));
    }
    assert_in_range(equal_bits, 31500, 32500); /* half of 64,000; sigma is 126 */
}

static void every_error_has_a_text(void **state)
{
    (void)state;
    for (int e = 0; e < PS_ERR_COUNT; e++) {
        const char *text = ps_err_text((enum ps_err)e);
        assert_non_null(text);
        assert_true(strlen(text) > 1);
        assert_true(text[strlen(text) - 1] != '.');
        for (int other = 0; other < e; other++)
            assert_string_not_equal(text, ps_err_text((enum ps_err)other));
    }
    assert_string_equal(ps_err_text(PS_ERR_COUNT), "unknown error");
    assert_string_equal(ps_err_text((enum ps_err) - 1), "unknown error");
}

static void errno_has_a_code(void **state)
{
    (void)state;
    assert_int_equal(ps_err_from_errno(0), PS_OK);
    assert_int_equal(ps_err_from_errno(ENOENT), PS_ENOENT);
    assert_int_equal(ps_err_from_errno(EMFILE), PS_ELIMIT);
    assert_int_equal(ps_err_from_errno(EAGAIN), PS_EAGAIN);
    assert_int_equal(ps_err_from_errno(ENOTTY), PS_EIO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_splitmix64),
        cmocka_unit_test(unit_is_uniform),
        cmocka_unit_test(below_stays_below_and_reaches_all),
        cmocka_unit_test(streams_do_not_repeat_each_other),
        cmocka_unit_test(every_error_has_a_text),
        cmocka_unit_test(errno_has_a_code),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
