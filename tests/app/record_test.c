/* Recordings through the program: what a run printed is what its replay prints; cut files; exports. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

#include "support.h"

#include "app/process.h"
#include "app/trace_check.h"

#define SECONDS   60
#define ARGS(...) ((const char *const[]){__VA_ARGS__, NULL})

static char folder[] = "/tmp/poolscope-record-XXXXXX";

static const char *in_folder(const char *name)
{
    static char path[4][200];
    static unsigned turn;
    char *into = path[turn++ % 4];
    snprintf(into, sizeof path[0], "%s/%s", folder, name);
    return into;
}

/* Run with success, or what else the exit status should be. */
static struct process_result poolscope(int code, const char *const *arguments)
{
    struct process_result result = process_run(arguments, SECONDS);
    if (result.code != code)
        fail_msg("%s %s: exit %d, '%s'", arguments[0], arguments[1], result.code, result.err);
    return result;
}

static void quietly(int code, const char *const *arguments)
{
    struct process_result result = poolscope(code, arguments);
    process_result_free(&result);
}

static uint8_t *content(const char *path, size_t *size)
{
    struct stat facts;
    FILE *from = fopen(path, "re");
    if (!from || fstat(fileno(from), &facts) != 0)
        fail_msg("cannot read %s", path);
    *size = (size_t)facts.st_size;
    uint8_t *bytes = calloc(1, *size + 1);
    assert_int_equal(fread(bytes, 1, *size, from), *size);
    fclose(from);
    return bytes;
}

static void a_replay_says_what_the_run_said(void **state)
{
    (void)state;
    const char *file = in_folder("same.psrec");
    static const char *const forms[] = {"--json", "--plain"};
    for (unsigned i = 0; i < 2; i++) {
        struct process_result run =
            poolscope(0, ARGS("run", "quick-demo", "--duration", "500ms", "--workers", "3",
                              forms[i], "--record", file, "--force"));
        struct process_result replay = poolscope(0, ARGS("replay", file, forms[i]));
        assert_string_equal(run.out, replay.out);
        assert_string_equal(replay.err, "");
        process_result_free(&run);
        process_result_free(&replay);
    }
    struct process_result info = poolscope(0, ARGS("info", file, "--json"));
    json_t *root = json_loads(info.out, 0, NULL);
    assert_string_equal(json_string_value(json_object_get(root, "condition")), "whole");
    assert_true(json_integer_value(json_object_get(root, "tasks_traced")) > 0);
    assert_non_null(json_object_get(json_object_get(root, "facts"), "machine.cpus"));
    json_decref(root);
    process_result_free(&info);
    info = poolscope(0, ARGS("info", file));
    assert_non_null(strstr(info.out, "condition    whole"));
    assert_non_null(strstr(info.out, "[engine]"));
    process_result_free(&info);
}

static void a_file_is_not_written_over(void **state)
{
    (void)state;
    const char *file = in_folder("kept");
    FILE *to = fopen(file, "we");
    fputs("precious", to);
    fclose(to);
    struct process_result r =
        poolscope(1, ARGS("run", "quick-demo", "--duration", "1ms", "--json", "--record", file));
    assert_non_null(strstr(r.err, "--force replaces it"));
    assert_string_equal(r.out, "");
    process_result_free(&r);
    quietly(2, ARGS("replay", file));
    quietly(2, ARGS("info", in_folder("nothing")));
    size_t size;
    uint8_t *bytes = content(file, &size);
    assert_string_equal((char *)bytes, "precious");
    free(bytes);
    quietly(2, ARGS("run", "quick-demo", "--force", "--json"));
}

static void a_cut_recording_is_played_to_the_cut(void **state)
{
    (void)state;
    const char *file = in_folder("cut.psrec");
    quietly(0, ARGS("run", "quick-demo", "--duration", "800ms", "--json", "--record", file));
    size_t size;
    uint8_t *bytes = content(file, &size);
    assert_int_equal(truncate(file, (off_t)(size * 3 / 4)), 0);
    free(bytes);
    struct process_result r = poolscope(0, ARGS("replay", file, "--json"));
    assert_non_null(strstr(r.err, "cut after"));
    json_t *root = json_loads(r.out, 0, NULL);
    assert_string_equal(json_string_value(json_object_get(root, "ended")), "running");
    json_decref(root);
    process_result_free(&r);
    r = poolscope(0, ARGS("info", file));
    assert_non_null(strstr(r.out, "condition    cut"));
    process_result_free(&r);
    assert_int_equal(truncate(file, 600), 0);
    quietly(2, ARGS("replay", file, "--json"));
}

static struct trace_counts traced(const char *file)
{
    size_t size;
    const char *trace = in_folder("trace");
    quietly(0, ARGS("export", file, "--format", "perfetto", "-o", trace, "--force"));
    uint8_t *bytes = content(trace, &size);
    struct trace_counts counts = trace_check(bytes, size);
    free(bytes);
    return counts;
}

static json_int_t started(const char *file)
{
    struct process_result info = poolscope(0, ARGS("info", file, "--json"));
    json_t *root = json_loads(info.out, 0, NULL);
    json_int_t count = json_integer_value(json_object_get(root, "tasks_started"));
    json_decref(root);
    process_result_free(&info);
    return count;
}

/* Tasks keep their worker: slices on its track, waits in them, steals as flows. */
static void a_trace_keeps_the_rules(void **state)
{
    (void)state;
    const char *file = in_folder("steal.psrec");
    quietly(0, ARGS("run", "quick-demo", "--engine", "threadpool:steal", "--workers", "4",
                    "--duration", "700ms", "--set", "run.probes=full", "--set",
                    "engine.stealing=on", "--json", "--record", file));
    struct trace_counts counts = traced(file);
    assert_in_range(counts.threads, 4, 5);
    assert_true(counts.counters >= 6 && counts.values > 10);
    assert_int_equal(counts.tasks, started(file));
    assert_true(counts.parked > 0 && counts.waits > 0 && counts.deepest >= 2);
    assert_true(counts.flows > 0);
}

/* Tasks give their worker free: their lives are in lanes. */
static void a_trace_of_green_threads_keeps_the_rules(void **state)
{
    (void)state;
    const char *file = in_folder("green.psrec");
    quietly(0, ARGS("run", "quick-demo", "--engine", "green", "--workers", "2", "--duration",
                    "700ms", "--set", "run.probes=full", "--json", "--record", file));
    struct trace_counts counts = traced(file);
    assert_int_equal(counts.threads, 2);
    assert_true(counts.lanes > 2);
    assert_int_equal(counts.tasks, started(file));
}

static void tables_have_the_metrics_names(void **state)
{
    (void)state;
    const char *file = in_folder("rows.psrec");
    quietly(0, ARGS("run", "quick-demo", "--duration", "500ms", "--json", "--record", file));
    struct process_result csv = poolscope(0, ARGS("export", file, "--format", "csv"));
    assert_true(strncmp(csv.out, "at_s,seconds,submitted,completed,", 33) == 0);
    unsigned commas = 0, rows = 0, first = 0;
    for (const char *at = csv.out; *at; at++) {
        commas += *at == ',';
        if (*at != '\n')
            continue;
        first = rows++ ? first : commas;
        assert_int_equal(commas, first);
        commas = 0;
    }
    process_result_free(&csv);
    struct process_result jsonl = poolscope(0, ARGS("export", file, "--format", "jsonl"));
    unsigned lines = 0;
    for (char *line = jsonl.out, *end; (end = strchr(line, '\n')); line = end + 1, lines++) {
        json_t *row = json_loadb(line, (size_t)(end - line), JSON_REJECT_DUPLICATES, NULL);
        assert_true(json_is_integer(json_object_get(row, "completed")));
        assert_true(json_is_array(json_object_get(row, "per_worker")));
        json_decref(row);
    }
    assert_int_equal(lines + 1, rows);
    process_result_free(&jsonl);
    struct process_result chrome = poolscope(0, ARGS("export", file, "--format", "chrome-json"));
    json_t *root = json_loads(chrome.out, 0, NULL);
    assert_true(json_array_size(json_object_get(root, "traceEvents")) > 50);
    json_decref(root);
    process_result_free(&chrome);
    struct process_result bad = poolscope(2, ARGS("export", file, "--format", "pefetto"));
    assert_non_null(strstr(bad.err, "did you mean 'perfetto'"));
    process_result_free(&bad);
    quietly(2, ARGS("export", file));
}

static unsigned times(const char *text, const char *word)
{
    unsigned count = 0;
    for (; (text = strstr(text, word)); text++)
        count++;
    return count;
}

/* One file, whole, with its charts drawn, that asks for nothing. */
static void a_page_stands_alone(void **state)
{
    (void)state;
    const char *file = in_folder("rows.psrec"), *page = in_folder("page.html");
    mode_t mask = umask(022);
    struct stat about;
    quietly(0, ARGS("export", file, "--format", "html", "-o", page));
    umask(mask);
    assert_int_equal(stat(page, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0644); /* for a server of web pages */
    quietly(1, ARGS("export", file, "--format", "html", "-o", page));
    size_t size;
    uint8_t *bytes = content(page, &size);
    const char *text = (const char *)bytes;
    assert_int_equal(times(text, "<svg"), 4);
    assert_int_equal(times(text, "</svg>"), 4);
    assert_int_equal(times(text, "<path class=\"line\""), 7);
    assert_true(times(text, "H") > 20 && times(text, "<rect") > 2);
    assert_int_equal(times(text, "nan") + times(text, "inf\"") + times(text, "<script"), 0);
    assert_int_equal(times(text, "http:") + times(text, "https:") + times(text, "src="), 0);
    assert_int_equal(times(text, "href="), times(text, "href=\"data:,\""));
    assert_int_equal(times(text, "<tr>"), times(text, "</tr>"));
    assert_int_equal(times(text, "<figure>"), times(text, "</figure>"));
    assert_non_null(strstr(text, "prefers-color-scheme:dark"));
    assert_non_null(strstr(text, "steps = "));
    assert_non_null(strstr(text, "</html>"));
    free(bytes);
}

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    static const char *const names[] = {"same.psrec",  "kept",       "cut.psrec", "steal.psrec",
                                        "green.psrec", "rows.psrec", "trace",     "page.html"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        unlink(in_folder(names[i]));
    return rmdir(folder); /* fails when a command left a file behind */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_replay_says_what_the_run_said),
        cmocka_unit_test(a_file_is_not_written_over),
        cmocka_unit_test(a_cut_recording_is_played_to_the_cut),
        cmocka_unit_test(a_trace_keeps_the_rules),
        cmocka_unit_test(a_trace_of_green_threads_keeps_the_rules),
        cmocka_unit_test(tables_have_the_metrics_names),
        cmocka_unit_test(a_page_stands_alone),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
