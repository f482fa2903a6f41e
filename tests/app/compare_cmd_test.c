/* poolscope compare: what it prints, what it refuses, how it ends. Slots are short: nothing here
 * depends on what they measure. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "app/process.h"
#include "support.h"

#define SECONDS   60
#define ARGS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define SHORT     "--slots", "3", "--slot", "60ms"

static struct process_result well(const char *const *arguments)
{
    struct process_result r = process_run(arguments, SECONDS);
    if (r.code != 0 || r.err_size)
        fail_msg("exit %d, %s", r.code, r.err);
    return r;
}

static json_t *parsed(const struct process_result *result)
{
    json_error_t error;
    json_t *root = json_loads(result->out, JSON_REJECT_DUPLICATES, &error);
    if (!root)
        fail_msg("%s in '%s'", error.text, result->out);
    return root;
}

static void check_metric(json_t *metric, bool cannot)
{
    json_t *verdict = json_object_get(metric, "verdict"), *a = json_object_get(metric, "a");
    json_t *interval = json_object_get(metric, "interval");
    assert_true(json_is_string(json_object_get(metric, "name")));
    if (cannot) {
        assert_true(json_is_null(a));
        assert_true(json_is_null(verdict));
        assert_true(json_is_null(interval));
        return;
    }
    assert_true(json_is_number(a) && json_is_number(json_object_get(metric, "b")));
    const char *word = json_string_value(verdict);
    assert_true(strcmp(word, "a") == 0 || strcmp(word, "b") == 0 ||
                strcmp(word, "no difference") == 0);
    assert_int_equal(json_array_size(json_object_get(metric, "a_slots")), 3);
    if (json_is_null(interval))
        return;
    double low = json_number_value(json_array_get(interval, 0));
    double high = json_number_value(json_array_get(interval, 1));
    double difference = json_number_value(json_object_get(metric, "difference"));
    assert_true(low <= difference && difference <= high);
}

static void json_holds_every_metric(void **state)
{
    (void)state;
    struct process_result r = well(ARGS("compare", "4", "--a", "threadpool:fifo", "--b",
                                        "threadpool:steal", SHORT, "--json", "--seed", "9"));
    json_t *root = parsed(&r), *metrics = json_object_get(root, "metrics"), *metric;
    size_t i;
    assert_int_equal(json_array_size(metrics), 8);
    json_array_foreach(metrics, i, metric)
    {
        const char *name = json_string_value(json_object_get(metric, "name"));
        check_metric(metric, strcmp(name, "steals_per_s") == 0);
    }
    json_t *b = json_array_get(json_object_get(root, "sides"), 1);
    assert_string_equal(json_string_value(json_object_get(b, "policy")), "steal");
    assert_int_equal(json_integer_value(json_object_get(root, "seed")), 9);
    json_decref(root);
    process_result_free(&r);
}

static void text_is_for_people(void **state)
{
    (void)state;
    struct process_result r =
        well(ARGS("compare", "4", "--a", "engine.workers=3", "--b",
                  "threadpool:steal,engine.stealing=off,engine.workers=5", SHORT));
    static const char *const parts[] = {"A  threadpool:fifo, 3 workers",
                                        "B  threadpool:steal, 5 workers",
                                        "B vs A",
                                        "95 % interval",
                                        "A cannot steal",
                                        "B could steal"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (!strstr(r.out, parts[i]))
            fail_msg("no '%s' in:\n%s", parts[i], r.out);
    for (const char *line = r.out; *line; line += strcspn(line, "\n") + 1)
        if (strcspn(line, "\n") > 80)
            fail_msg("wider than 80: %s", line);
    process_result_free(&r);
}

static void more_than_two_make_a_matrix(void **state)
{
    (void)state;
    struct process_result r = well(
        ARGS("compare", "4", "--a", "threadpool", "--b", "green", "--c", "async", SHORT, "--json"));
    json_t *root = parsed(&r), *pairs = json_object_get(root, "pairs");
    assert_int_equal(json_array_size(pairs), 3);
    json_t *last = json_array_get(pairs, 2);
    assert_string_equal(json_string_value(json_object_get(last, "a")), "b");
    assert_string_equal(json_string_value(json_object_get(last, "b")), "c");
    json_decref(root);
    process_result_free(&r);
}

static void refused(const char *const *arguments, int code, const char *part)
{
    struct process_result r = process_run(arguments, SECONDS);
    if (!strstr(r.err, part))
        fail_msg("no '%s' in: %s", part, r.err);
    assert_string_equal(r.out, "");
    assert_int_equal(r.code, code);
    process_result_free(&r);
}

static void bad_usage(void **state)
{
    (void)state;
    refused(ARGS("compare"), 2, "expected one preset");
    refused(ARGS("compare", "7", "--a", "green"), 2, "--a ENGINE --b ENGINE");
    refused(ARGS("compare", "7", "--a", "green", "--c", "async"), 2, "--c is given, but not --b");
    refused(ARGS("compare", "7", "--a", "grene", "--b", "async"), 2, "--a: engine.name = grene");
    refused(ARGS("compare", "7", "--a", "green", "--b", "async:none"), 2, "--b: engine.policy");
    refused(ARGS("compare", "7", "--a", "green", "--b", "async,engine.wokers=2"), 2, "workers");
    refused(ARGS("compare", "7", "--a", "green", "--b", "async", "--slots", "2"), 2,
            "--slots 2: expected a number from 3 to 200");
    refused(ARGS("compare", "7", "--a", "green", "--b", "async", "--slot", "1"), 2,
            "--slot 1: expected a time");
    refused(ARGS("compare", "nothing", "--a", "green", "--b", "async"), 2, "nothing");
}

static void a_failed_side_is_named(void **state)
{
    (void)state;
    refused(ARGS("compare", TEST_DATA "/deadlock.ini", "--a", "threadpool:fifo", "--b", "green",
                 SHORT, "--slot", "20s"),
            2, "--slot is given twice");
    refused(ARGS("compare", TEST_DATA "/deadlock.ini", "--a", "threadpool:fifo", "--b", "green",
                 "--slots", "3", "--slot", "20s"),
            3, "A (threadpool:fifo) cannot run this: ");
}

static void interrupted(void **state)
{
    (void)state;
    struct process process = process_start(
        ARGS("compare", "4", "--a", "threadpool", "--b", "green", "--slot", "60s"), -1);
    pid_t host = process_host(process.pid, SECONDS);
    assert_true(host > 0);
    kill(process.pid, SIGINT);
    struct process_result r = process_finish(&process, SECONDS);
    assert_int_equal(r.code, 130);
    assert_string_equal(r.out, "");
    assert_true(process_gone(host, SECONDS));
    process_result_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_holds_every_metric),     cmocka_unit_test(text_is_for_people),
        cmocka_unit_test(more_than_two_make_a_matrix), cmocka_unit_test(bad_usage),
        cmocka_unit_test(a_failed_side_is_named),      cmocka_unit_test(interrupted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
