/* poolscope tune: what it prints, what it refuses, and that cells that are measured one by one come
 * to the same conclusion. Slots are short: nothing here depends on what they measure. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "app/process.h"
#include "support.h"

#define SECONDS   60
#define ARGS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define SHORT     "--slot", "50ms", "--workers", "1..4"

static struct process_result well(const char *const *arguments)
{
    struct process_result r = process_run(arguments, SECONDS);
    if (r.code != 0 || r.err_size)
        fail_msg("exit %d, %s", r.code, r.err);
    return r;
}

static json_t *parsed(const char *text)
{
    json_error_t error;
    json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    if (!root)
        fail_msg("%s in '%s'", error.text, text);
    return root;
}

/* A file of one line a cell, which the caller removes. */
static void write_cells(json_t *cells, char path[64])
{
    snprintf(path, 64, "/tmp/tune_cells.XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    json_t *cell;
    size_t i;
    json_array_foreach(cells, i, cell)
    {
        char *line = json_dumps(cell, JSON_COMPACT | JSON_REAL_PRECISION(9));
        dprintf(fd, "%s\n", line);
        free(line);
    }
    close(fd);
}

static void cells_come_to_the_same(void **state)
{
    (void)state;
    struct process_result r = well(ARGS("tune", "4", SHORT, "--repeats", "2", "--json"));
    json_t *root = parsed(r.out), *points = json_object_get(root, "points");
    assert_true(json_array_size(points) >= 3);
    json_t *first = json_array_get(points, 0);
    assert_int_equal(json_integer_value(json_object_get(first, "workers")), 1);
    assert_int_equal(json_integer_value(json_object_get(first, "repeats")), 2);
    assert_true(json_is_integer(json_object_get(root, "recommended_workers")));
    assert_int_equal(json_array_size(json_object_get(root, "tuners")), 3);
    char path[64];
    write_cells(json_object_get(root, "cells"), path);
    struct process_result merged = well(ARGS("tune", "--merge", path, "--json"));
    unlink(path);
    json_t *again = parsed(merged.out);
    static const char *const same[] = {"preset",       "engine", "policy",
                                       "best_workers", "models", "recommended_workers",
                                       "knee_workers", "points", "tuners"};
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        if (!json_equal(json_object_get(root, same[i]), json_object_get(again, same[i])))
            fail_msg("'%s' differs:\n%s\n%s", same[i], r.out, merged.out);
    json_decref(root);
    json_decref(again);
    process_result_free(&r);
    process_result_free(&merged);
}

static void cells_are_commands(void **state)
{
    (void)state;
    struct process_result r =
        well(ARGS("tune", "4", SHORT, "--cells", "--repeats", "2", "--set", "preset.title=it's 4"));
    unsigned lines = 0;
    for (const char *at = r.out; (at = strchr(at, '\n')); at++)
        lines++;
    assert_int_equal(lines, 8);
    assert_non_null(strstr(r.out, "poolscope tune 4 --slot 50ms --workers 1..4 --repeats 2 --set "
                                  "'preset.title=it'\\''s 4' --cell workers=3,repeat=2\n"));
    process_result_free(&r);
}

static void a_cell_is_a_line(void **state)
{
    (void)state;
    struct process_result r = well(ARGS("tune", "4", SHORT, "--cell", "workers=3,repeat=2"));
    assert_ptr_equal(strchr(r.out, '\n'), r.out + r.out_size - 1);
    json_t *root = parsed(r.out);
    assert_int_equal(json_integer_value(json_object_get(root, "workers")), 3);
    assert_int_equal(json_integer_value(json_object_get(root, "repeat")), 2);
    assert_true(json_real_value(json_object_get(root, "throughput_per_s")) > 0);
    json_decref(root);
    process_result_free(&r);
}

static void text_is_for_people(void **state)
{
    (void)state;
    struct process_result r = well(ARGS("tune", "4", SHORT, "--repeats", "1"));
    static const char *const parts[] = {
        "recommended", "rule of thumb",         "R2 ",
        "hill climb",  "closed, 200 in flight", "arithmetic, not a run"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (!strstr(r.out, parts[i]))
            fail_msg("no '%s' in:\n%s", parts[i], r.out);
    for (const char *line = r.out; *line; line += strcspn(line, "\n") + 1)
        if (strcspn(line, "\n") > 80)
            fail_msg("wider than 80: %s", line);
    process_result_free(&r);
}

/* An open rate stays when there is a goal, and is replaced when there is none. */
static void the_load_is_said(void **state)
{
    (void)state;
    struct process_result r =
        well(ARGS("tune", "2", SHORT, "--p99", "100ms", "--cell", "workers=2,repeat=1"));
    assert_non_null(strstr(r.out, "\"load\":\"open, 100/s\",\"saturated\":false"));
    process_result_free(&r);
    r = well(ARGS("tune", "2", SHORT, "--cell", "workers=2,repeat=1"));
    assert_non_null(strstr(r.out, "\"load\":\"closed, 64 in flight\",\"saturated\":true"));
    process_result_free(&r);
}

/* With one worker this waits for its own child: a throughput of 0, and the sweep goes on. */
static void a_count_that_deadlocks_is_a_point(void **state)
{
    (void)state;
    struct process_result r = well(ARGS("tune", TEST_DATA "/deadlock.ini", "--workers", "1..2",
                                        "--repeats", "1", "--slot", "20s", "--json"));
    json_t *root = parsed(r.out), *cells = json_object_get(root, "cells");
    assert_non_null(
        strstr(json_string_value(json_object_get(json_array_get(cells, 0), "failed")), "deadlock"));
    assert_true(json_is_null(json_object_get(json_array_get(cells, 1), "failed")));
    assert_int_equal(json_integer_value(json_object_get(root, "recommended_workers")), 2);
    json_decref(root);
    process_result_free(&r);
}

static void refused(const char *const *arguments, const char *part)
{
    struct process_result r = process_run(arguments, SECONDS);
    if (!strstr(r.err, part))
        fail_msg("no '%s' in: %s", part, r.err);
    assert_string_equal(r.out, "");
    assert_int_equal(r.code, 2);
    process_result_free(&r);
}

static void bad_usage(void **state)
{
    (void)state;
    refused(ARGS("tune"), "expected one preset");
    refused(ARGS("tune", "4", "--workers", "8..4"), "--workers 8..4: expected A..B");
    refused(ARGS("tune", "4", "--workers", "0..4"), "--workers 0..4: expected A..B");
    refused(ARGS("tune", "4", "--repeats", "21"), "--repeats 21: expected");
    refused(ARGS("tune", "4", "--p99", "fast"), "--p99 fast: expected a time");
    refused(ARGS("tune", "4", "--load", "heavy"), "--load heavy: expected auto");
    refused(ARGS("tune", "4", "--cell", "workers=8"), "--cell workers=8: expected");
    refused(ARGS("tune", "4", "--cell", "workers=99,repeat=1"), "expected workers=N");
    refused(ARGS("tune", "4", "--cells", "--merge"), "exclude each other");
    refused(ARGS("tune", "4", "--engine", "grene"), "grene");
    refused(ARGS("tune", "--merge", "/nonexistent"), "/nonexistent: No such file");
    refused(ARGS("tune", "--merge", "/dev/null"), "no cell");
}

static void refused_lines(const char *lines, const char *part)
{
    char path[] = "/tmp/tune_lines.XXXXXX";
    int fd = mkstemp(path);
    dprintf(fd, "%s", lines);
    close(fd);
    refused(ARGS("tune", "--merge", path), part);
    unlink(path);
}

#define CELL(engine, workers)                                                                   \
    "{\"preset\":\"p\",\"engine\":\"" engine "\",\"policy\":\"\",\"load\":\"l\","               \
    "\"usable_cpus\":2,\"cpu_ns\":1,\"wait_ns\":1,\"slot_seconds\":1,\"warmup_seconds\":1,"     \
    "\"p99_goal_ns\":0,\"seed\":1,\"workers\":" workers ",\"repeat\":1,\"throughput_per_s\":5," \
    "\"p50_ns\":null,\"p99_ns\":null,\"others\":0,\"failed\":null}\n"

static void bad_cells(void **state)
{
    (void)state;
    refused_lines("{", ":1: expected a JSON object");
    refused_lines("\n[]\n", ":2: expected a JSON object");
    refused_lines(CELL("a", "1") CELL("a", "\"2\""), ":2: workers: expected a number");
    refused_lines(CELL("a", "1") CELL("b", "2"), ":2: engine or policy is not that of the first");
    refused_lines(CELL("a", "1") CELL("a", "1"), ":2: this cell (workers, repeat) is there twice");
    refused_lines(CELL("a", "300"), ":1: workers: expected a number from 1 to 256");
}

static void interrupted(void **state)
{
    (void)state;
    struct process process = process_start(ARGS("tune", "4", "--slot", "60s"), -1);
    pid_t host = process_host(process.pid, SECONDS);
    assert_true(host > 0);
    kill(process.pid, SIGTERM);
    struct process_result r = process_finish(&process, SECONDS);
    assert_int_equal(r.code, 128 + SIGTERM);
    assert_true(process_gone(host, SECONDS));
    process_result_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cells_come_to_the_same),
        cmocka_unit_test(cells_are_commands),
        cmocka_unit_test(a_cell_is_a_line),
        cmocka_unit_test(text_is_for_people),
        cmocka_unit_test(the_load_is_said),
        cmocka_unit_test(a_count_that_deadlocks_is_a_point),
        cmocka_unit_test(bad_usage),
        cmocka_unit_test(bad_cells),
        cmocka_unit_test(interrupted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
