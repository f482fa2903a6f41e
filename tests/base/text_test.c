#include "support.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "base/text.h"

static void counts_are_strict(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool ok;
        uint64_t value;
    } cases[] = {
        {"0", true, 0},
        {"7", true, 7},
        {"007", true, 7},
        {"100", true, 100},
        {"101", false, 0},
        {"", false, 0},
        {" 7", false, 0},
        {"7 ", false, 0},
        {"+7", false, 0},
        {"-7", false, 0},
        {"7x", false, 0},
        {"0x7", false, 0},
        {"1e1", false, 0},
        {"7.0", false, 0},
        {"\xd9\xa7", false, 0},
        {"18446744073709551616", false, 0},
        {"99999999999999999999999", false, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint64_t value = 12345;
        bool ok = ps_parse_u64(cases[i].text, 0, 100, &value);
        if (ok != cases[i].ok || value != (ok ? cases[i].value : 12345))
            fail_msg("'%s': %d %llu", cases[i].text, ok, (unsigned long long)value);
    }
    uint64_t value;
    assert_true(ps_parse_u64("18446744073709551615", 0, UINT64_MAX, &value));
    assert_true(value == UINT64_MAX);
    assert_false(ps_parse_u64("4", 5, 9, &value));
}

static void numbers_are_strict(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double value; /* NAN: refused */
    } cases[] = {
        {"0", 0},
        {"1.5", 1.5},
        {"-0.25", -0.25},
        {"0.1", 0.1},
        {"3.14159265", 3.14159265},
        {"", NAN},
        {".", NAN},
        {".5", NAN},
        {"5.", NAN},
        {"1.2.3", NAN},
        {"1e3", NAN},
        {"inf", NAN},
        {"nan", NAN},
        {"1,5", NAN},
        {"--1", NAN},
        {"+1", NAN},
        {" 1", NAN},
        {"1 ", NAN},
        {"0x1", NAN},
        {"1234567890123456789", NAN},
        {"123456789012345678", 123456789012345678.0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double value = -77;
        bool ok = ps_parse_double(cases[i].text, &value);
        if (ok == (bool)isnan(cases[i].value) || (ok && value != cases[i].value))
            fail_msg("'%s': %d %.17g", cases[i].text, ok, value);
    }
}

static void durations_have_units(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t ns; /* -1: refused */
    } cases[] = {
        {"0", 0},
        {"0s", 0},
        {"1ns", 1},
        {"200us", 200000},
        {"1.5ms", 1500000},
        {"10s", 10000000000},
        {"2min", 120000000000},
        {"0.1min", 6000000000},
        {"0.000000001s", 1},
        {"1.50s", 1500000000},
        {"0.0000000001s", -1},
        {"1.5ns", -1},
        {"1.0ns", 1},
        {"5", -1},
        {"0.0", -1},
        {"5 ms", -1},
        {"ms", -1},
        {".5s", -1},
        {"1.s", -1},
        {"1.5", -1},
        {"-1s", -1},
        {"1h", -1},
        {"1S", -1},
        {"1msx", -1},
        {"", -1},
        {"1e3s", -1},
        {"307445734562min", -1},
        {"18446744073709551615s", -1},
        {"99999999999999999999ns", -1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint64_t ns = 77;
        bool ok = ps_parse_duration(cases[i].text, &ns);
        if (ok != (cases[i].ns >= 0) || (ok && ns != (uint64_t)cases[i].ns))
            fail_msg("'%s': %d %llu", cases[i].text, ok, (unsigned long long)ns);
    }
}

static void sizes_are_powers_of_1024(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t bytes;
    } cases[] = {
        {"0", 0},       {"100", 100},    {"100B", 100},        {"4K", 4096},
        {"4KiB", 4096}, {"1M", 1048576}, {"1MiB", 1048576},    {"2GiB", 2147483648},
        {"1kb", -1},    {"1KB", -1},     {"1 K", -1},          {"1.5M", -1},
        {"K", -1},      {"", -1},        {"17179869184G", -1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint64_t bytes = 77;
        bool ok = ps_parse_size(cases[i].text, &bytes);
        if (ok != (cases[i].bytes >= 0) || (ok && bytes != (uint64_t)cases[i].bytes))
            fail_msg("'%s': %d %llu", cases[i].text, ok, (unsigned long long)bytes);
    }
}

static void durations_show_three_digits(void **state)
{
    (void)state;
    static const struct {
        uint64_t ns;
        const char *text;
    } cases[] = {
        {0, "0"},
        {7, "7 ns"},
        {999, "999 ns"},
        {1000, "1 us"},
        {1234, "1.23 us"},
        {410000, "410 us"},
        {999499, "999 us"},
        {999500, "1 ms"},
        {38000000, "38 ms"},
        {38249999, "38.2 ms"},
        {1250000000, "1.25 s"},
        {999000000000, "999 s"},
        {1200000000000, "20 min"},
        {UINT64_MAX, "307445735 min"},
    };
    char text[32];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(ps_format_duration(text, sizeof text, cases[i].ns), cases[i].text);
}

static void counts_show_three_digits(void **state)
{
    (void)state;
    static const struct {
        double value;
        const char *text;
    } cases[] = {
        {0, "0"},           {0.5, "0.5"},     {2.25, "2.25"},     {12.34, "12.3"},
        {99.94, "99.9"},    {99.96, "100"},   {1842, "1842"},     {9999, "9999"},
        {9999.6, "10.0k"},  {12345, "12.3k"}, {999499, "999k"},   {999500, "1.00M"},
        {4500000, "4.50M"}, {1.2e9, "1.20G"}, {-12345, "-12.3k"}, {NAN, "n/a"},
        {1e17, "100P"},     {1e18, "n/a"},
    };
    char text[32];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(ps_format_count(text, sizeof text, cases[i].value), cases[i].text);
}

static void bytes_show_binary_units(void **state)
{
    (void)state;
    char text[32];
    assert_string_equal(ps_format_bytes(text, sizeof text, 0), "0 B");
    assert_string_equal(ps_format_bytes(text, sizeof text, 512), "512 B");
    assert_string_equal(ps_format_bytes(text, sizeof text, 1024), "1 KiB");
    assert_string_equal(ps_format_bytes(text, sizeof text, 39950746), "38.1 MiB");
    assert_string_equal(ps_format_bytes(text, sizeof text, UINT64_MAX), "16 EiB");
}

static void formatting_is_cut_at_the_buffer(void **state)
{
    (void)state;
    char text[4] = "zzz";
    ps_format_duration(text, sizeof text, 38000000);
    assert_string_equal(text, "38 ");
    ps_format_count(text, 1, 5);
    assert_string_equal(text, "");
}

static void suggestions_are_near_misses(void **state)
{
    (void)state;
    static const char *const engines[] = {"green", "pthread", "async", "threadpool", NULL};
    static const struct {
        const char *word, *near;
    } cases[] = {
        {"threadpol", "threadpool"},
        {"theradpool", "threadpool"},
        {"THREADPOOL", "threadpool"},
        {"asnyc", "async"},
        {"gren", "green"},
        {"greeen", "green"},
        {"threads", "pthread"},
        {"thr", "threadpool"},
        {"th", NULL},
        {"xyz", NULL},
        {"", NULL},
        {"g", NULL},
        {"pthreads", "pthread"},
        {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *near = ps_suggest(cases[i].word, engines);
        if (cases[i].near ? !near || strcmp(near, cases[i].near) != 0 : near != NULL)
            fail_msg("'%s': %s", cases[i].word, near ? near : "nothing");
    }
}

static void utf8_follows_rfc_3629(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        bool valid;
    } cases[] = {
        {"plain", true},
        {"\xc3\xa9", true},
        {"\xe2\x82\xac", true},
        {"\xf0\x9f\x98\x80", true},
        {"\xf4\x8f\xbf\xbf", true},
        {"\x80", false},
        {"\xc3", false},
        {"\xc0\x80", false},
        {"\xc1\xbf", false},
        {"\xe0\x80\x80", false},
        {"\xed\xa0\x80", false},
        {"\xed\xbf\xbf", false},
        {"\xf0\x80\x80\x80", false},
        {"\xf4\x90\x80\x80", false},
        {"\xf5\x80\x80\x80", false},
        {"\xff", false},
        {"a\xe2\x82", false},
        {"\xe2\x28\xa1", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(ps_utf8_valid(cases[i].bytes, strlen(cases[i].bytes)), cases[i].valid);
    assert_false(ps_utf8_valid("a\0b", 3));
    assert_true(ps_utf8_valid("", 0));
    assert_false(ps_utf8_valid("\xe2\x82\xac", 2));
}

static void utf8_next_never_leaves_the_text(void **state)
{
    (void)state;
    uint32_t code_point;
    assert_int_equal(ps_utf8_next("", &code_point), 0);
    assert_int_equal(ps_utf8_next("\xe2\x82\xac", &code_point), 3);
    assert_int_equal(code_point, 0x20ac);
    assert_int_equal(ps_utf8_next("\xf0\x9f", &code_point), 1);
    assert_int_equal(code_point, 0xfffd);
    assert_int_equal(ps_utf8_next("\xe2", &code_point), 1);
}

static void cleaning_replaces_and_cuts(void **state)
{
    (void)state;
    char text[8];
    ps_text_clean(text, sizeof text, "a\x1b[1m\n");
    assert_string_equal(text, "a?[1m?");
    ps_text_clean(text, sizeof text,
                  "\xc2\x9b"
                  "2J\x7f\xff");
    assert_string_equal(text, "?2J??");
    ps_text_clean(text, sizeof text, "12345\xe2\x82\xac");
    assert_string_equal(text, "12345");
    ps_text_clean(text, sizeof text, "1234\xe2\x82\xac");
    assert_string_equal(text, "1234\xe2\x82\xac");
    ps_text_clean(text, 1, "x");
    assert_string_equal(text, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_are_strict),
        cmocka_unit_test(numbers_are_strict),
        cmocka_unit_test(durations_have_units),
        cmocka_unit_test(sizes_are_powers_of_1024),
        cmocka_unit_test(durations_show_three_digits),
        cmocka_unit_test(counts_show_three_digits),
        cmocka_unit_test(bytes_show_binary_units),
        cmocka_unit_test(formatting_is_cut_at_the_buffer),
        cmocka_unit_test(suggestions_are_near_misses),
        cmocka_unit_test(utf8_follows_rfc_3629),
        cmocka_unit_test(utf8_next_never_leaves_the_text),
        cmocka_unit_test(cleaning_replaces_and_cuts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
