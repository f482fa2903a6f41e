/* The command line as its users meet it: exit codes and messages of everything that starts no run.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "support.h"

#include "app/process.h"
#include "engines/engine.h"

#define SECONDS   20
#define ARGS(...) ((const char *const[]){__VA_ARGS__, NULL})

/* Exit code `code`, nothing on standard output, exactly `err` (with a newline) on standard error.
 */
static void refused(const char *const *arguments, int code, const char *err)
{
    struct process_result r = process_run(arguments, SECONDS);
    char expected[512];
    snprintf(expected, sizeof expected, "%s\n", err);
    assert_string_equal(r.err, expected);
    assert_string_equal(r.out, "");
    assert_int_equal(r.code, code);
    process_result_free(&r);
}

/* Exit code 2, nothing on standard output, and each of the words on standard error. */
static void refused_with(const char *const *arguments, const char *const *words)
{
    struct process_result r = process_run(arguments, SECONDS);
    for (; *words; words++)
        if (!strstr(r.err, *words))
            fail_msg("no '%s' in: %s", *words, r.err);
    assert_string_equal(r.out, "");
    assert_int_equal(r.code, 2);
    process_result_free(&r);
}

/* Exit code 0, nothing on standard error; returns standard output. */
static char *said(const char *const *arguments)
{
    struct process_result r = process_run(arguments, SECONDS);
    assert_string_equal(r.err, "");
    assert_int_equal(r.code, 0);
    free(r.err);
    return r.out;
}

static void prints_its_version(void **state)
{
    (void)state;
    char *out = said(ARGS("--version"));
    assert_string_equal(out, "poolscope " POOLSCOPE_VERSION "\n");
    free(out);
}

static void helps(void **state)
{
    (void)state;
    char *out = said(ARGS("--help"));
    static const char *const commands[] = {"run",     "compare", "tune",      "presets",
                                           "engines", "check",   "screenshot"};
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        assert_non_null(strstr(out, commands[i]));
        char *one = said(ARGS(commands[i], "--help"));
        char usage[64];
        snprintf(usage, sizeof usage, "usage: poolscope %s", commands[i]);
        assert_true(strncmp(one, usage, strlen(usage)) == 0);
        free(one);
    }
    assert_null(strstr(out, "manual"));
    assert_null(strstr(out, "host"));
    free(out);
    char *run = said(ARGS("run", "--help"));
    assert_non_null(strstr(run, "--engine NAME[:POLICY]"));
    free(run);
}

static void explains_topics(void **state)
{
    (void)state;
    char *metrics = said(ARGS("--help", "metrics"));
    assert_non_null(strstr(metrics, "latency_ns.response.p99_9"));
    free(metrics);
    char *keys = said(ARGS("help", "keys"));
    assert_non_null(strstr(keys, "[engine]"));
    assert_non_null(strstr(keys, "on_full"));
    free(keys);
    char *steps = said(ARGS("help", "steps"));
    assert_non_null(strstr(steps, "lock      NAME T"));
    free(steps);
    char *faults = said(ARGS("help", "faults"));
    assert_non_null(strstr(faults, "lose cpu N [T]"));
    free(faults);
    char *run = said(ARGS("help", "run"));
    assert_non_null(strstr(run, "usage: poolscope run"));
    free(run);
    refused(ARGS("help", "metric"), 2, "poolscope: no help on 'metric'; did you mean 'metrics'?");
}

static void writes_its_manual(void **state)
{
    (void)state;
    char *out = said(ARGS("manual"));
    assert_true(strncmp(out, ".TH POOLSCOPE 1", 15) == 0);
    assert_non_null(strstr(out, "throughput_per_s"));
    assert_non_null(strstr(out, "EXIT STATUS"));
    free(out);
}

static void bad_usage_is_named(void **state)
{
    (void)state;
    refused(ARGS("rnu"), 2, "poolscope: unknown command 'rnu'; did you mean 'run'?");
    refused(ARGS("zzzzzzz"), 2, "poolscope: unknown command 'zzzzzzz' (see poolscope --help)");
    refused(ARGS("run"), 2,
            "poolscope: run: expected one preset or file ('poolscope presets' lists them)");
    refused(ARGS("run", "a", "b"), 2,
            "poolscope: run: expected one preset or file ('poolscope presets' lists them)");
    refused(ARGS("run", "quick-demo", "--jason"), 2,
            "poolscope: run: unknown option '--jason'; did you mean '--json'?");
    refused(ARGS("run", "quick-demo", "--workers"), 2,
            "poolscope: run: --workers needs a value: --workers N|auto");
    refused(ARGS("run", "quick-demo", "--json", "--plain"), 2,
            "poolscope: run: --json and --plain exclude each other");
    refused(ARGS("--them", "dark"), 2,
            "poolscope: unknown option '--them'; did you mean '--theme'?");
    refused(ARGS("presets", "all"), 2, "poolscope: presets: unexpected argument 'all'");
    refused(ARGS("check"), 2, "poolscope: check: expected at least one file");
    refused(ARGS("host"), 2, "poolscope: 'host' is started by poolscope itself");
}

/* An option that this command has not is one of another, or nearly so; a preset is no command. */
static void what_is_meant_is_suggested(void **state)
{
    (void)state;
    refused(ARGS("--json"), 2,
            "poolscope: unknown option '--json'; it goes with: run, compare, tune, presets, "
            "engines, replay, info");
    refused(ARGS("--jsn"), 2,
            "poolscope: unknown option '--jsn'; did you mean '--json' of: run, "
            "compare, tune, presets, engines, replay, info?");
    refused(ARGS("--verison"), 2,
            "poolscope: unknown option '--verison'; did you mean '--version'?");
    refused(ARGS("run", "--slots", "3", "7"), 2,
            "poolscope: run: unknown option '--slots'; it goes with: compare");
    refused(ARGS("run", "-q"), 2, "poolscope: run: unknown option '-q' (see poolscope run --help)");
    refused(ARGS("--zzzzzzz"), 2, "poolscope: unknown option '--zzzzzzz' (see poolscope --help)");
    refused(ARGS("tun"), 2, "poolscope: unknown command 'tun'; did you mean 'tune'?");
    refused(ARGS("run", "stealing"), 2,
            "poolscope: no preset 'stealing'; did you mean '07-skewed-tasks'?");
    refused(ARGS("7"), 2, "poolscope: unknown command '7'; did you mean 'poolscope run 7'?");
    refused(ARGS("run", "skewed"), 2,
            "poolscope: no preset 'skewed'; did you mean '07-skewed-tasks'?");
    refused(ARGS("run", "skwed-task"), 2,
            "poolscope: no preset 'skwed-task'; did you mean '07-skewed-tasks'?");
}

/* Options before a command are its own; what may be one's value is not taken for a command. */
static void options_may_stand_before_their_command(void **state)
{
    (void)state;
    refused(ARGS("--plain", "run", "nosuch-preset"), 2,
            "poolscope: no preset 'nosuch-preset' ('poolscope presets' lists them)");
    refused(ARGS("--slots", "3", "compare"), 2,
            "poolscope: compare: expected one preset or file ('poolscope presets' lists them)");
    refused(ARGS("--theme", "run", "run"), 2,
            "poolscope: run: expected one preset or file ('poolscope presets' lists them)");
    refused(ARGS("--slots", "3", "run", "7"), 2,
            "poolscope: unknown option '--slots'; it goes with: compare");
    char *before = said(ARGS("--json", "engines")), *after = said(ARGS("engines", "--json"));
    assert_string_equal(before, after);
    free(before);
    free(after);
}

static void bad_screenshots_are_refused(void **state)
{
    (void)state;
    refused(ARGS("screenshot", "quick-demo"), 2,
            "poolscope: screenshot: needs -o FILE.svg, FILE.png or FILE.txt");
    refused(ARGS("screenshot", "quick-demo", "-o", "x.gif"), 2,
            "poolscope: screenshot: needs -o FILE.svg, FILE.png or FILE.txt");
    refused(ARGS("screenshot", "-o", "x.svg"), 2,
            "poolscope: screenshot: expected one preset or file");
    refused(ARGS("screenshot", "quick-demo", "-o", "x.svg", "--size", "80"), 2,
            "poolscope: screenshot: --size 80: expected COLUMNSxROWS, at most 1000x300");
    refused(ARGS("screenshot", "quick-demo", "-o", "x.svg", "--size=80x0"), 2,
            "poolscope: screenshot: --size 80x0: expected COLUMNSxROWS, at most 1000x300");
    refused(ARGS("screenshot", "quick-demo", "-o", "x.svg", "--after", "5"), 2,
            "poolscope: screenshot: --after 5: expected a time such as 500ms or 5s");
    refused(ARGS("screenshot", "quick-demo", "-o", "x.svg", "--theme", "pink"), 2,
            "poolscope: screenshot: --theme pink: expected dark, light or mono");
    refused(ARGS("screenshot", "quick-demo", "-o", "x.svg", "--screen", "help"), 2,
            "poolscope: screenshot: --screen help: expected live or start");
}

static char *contents(const char *path)
{
    char *text = NULL;
    size_t size = 0;
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    ssize_t got = getdelim(&text, &size, 0, file);
    assert_true(got > 0);
    fclose(file);
    return text;
}

static void screenshots_keep_existing_files(void **state)
{
    (void)state;
    char folder[] = "/tmp/poolscope-shot-XXXXXX", path[64];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/start.txt", folder);
    free(
        said(ARGS("screenshot", "quick-demo", "--screen", "start", "--size", "80x24", "-o", path)));
    char *first = contents(path);
    assert_non_null(strstr(first, "poolscope"));
    char message[200];
    snprintf(message, sizeof message,
             "poolscope: screenshot: %s: File exists (--force replaces it)", path);
    refused(ARGS("screenshot", "quick-demo", "--screen", "start", "-o", path), 1, message);
    char *second = contents(path);
    assert_string_equal(second, first);
    free(said(ARGS("screenshot", "quick-demo", "--screen", "start", "--size", "120x36", "-o", path,
                   "--force")));
    char *third = contents(path);
    assert_string_not_equal(third, first);
    free(first);
    free(second);
    free(third);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0); /* no temporary file is left */
}

static void unknown_presets_are_named(void **state)
{
    (void)state;
    refused(ARGS("run", "quik-demo"), 2,
            "poolscope: no preset 'quik-demo'; did you mean 'quick-demo'?");
    refused(ARGS("run", "./no-such-file.ini"), 2, "poolscope: ./no-such-file.ini: no such file");
}

static void wrong_values_are_named(void **state)
{
    (void)state;
    refused_with(ARGS("run", "quick-demo", "--engine", "thredpool"),
                 ARGS("--engine", "thredpool", "did you mean 'threadpool'?"));
    refused_with(ARGS("run", "quick-demo", "--engine", "threadpool:stael"),
                 ARGS("stael", "did you mean 'steal'?"));
    refused_with(ARGS("run", "quick-demo", "--engine", "green:"), ARGS("--engine", "NAME:POLICY"));
    refused_with(ARGS("run", "quick-demo", "--workers", "0"), ARGS("--workers", "256"));
    refused_with(ARGS("run", "quick-demo", "--workers", "257"), ARGS("--workers", "256"));
    refused_with(ARGS("run", "quick-demo", "--duration", "5"), ARGS("--duration", "5"));
    refused_with(ARGS("run", "quick-demo", "--seed", "x"), ARGS("--seed", "x"));
    refused_with(ARGS("run", "quick-demo", "--set", "nonsense"),
                 ARGS("--set", "section.key=value"));
    refused_with(ARGS("run", "quick-demo", "--set", "engine.wrokers=2"),
                 ARGS("--set", "did you mean 'workers'?"));
    refused_with(ARGS("run", "quick-demo", "--set", "arrivals.model=closed", "--rate", "5/s"),
                 ARGS("--rate", "arrivals.model=open"));
}

static void lists_engines(void **state)
{
    (void)state;
    char *text = said(ARGS("engines"));
    char *json = said(ARGS("engines", "--json"));
    json_t *list = json_loads(json, 0, NULL);
    size_t count = 0;
    assert_true(json_is_array(list));
    for (const struct ps_engine_ops *const *engine = ps_engines; *engine; engine++)
        for (const struct ps_policy *policy = (*engine)->policies; policy->name; policy++) {
            char name[80];
            snprintf(name, sizeof name, "%s:%s", (*engine)->name, policy->name);
            assert_non_null(strstr(text, name));
            json_t *object = json_array_get(list, count++);
            assert_string_equal(json_string_value(json_object_get(object, "policy")), policy->name);
        }
    assert_int_equal(json_array_size(list), count);
    json_decref(list);
    free(json);
    free(text);
}

static void lists_presets(void **state)
{
    (void)state;
    char *text = said(ARGS("presets"));
    assert_non_null(strstr(text, "quick-demo"));
    assert_null(strstr(text, "cannot be used"));
    free(text);
    char *json = said(ARGS("presets", "--json"));
    json_t *list = json_loads(json, JSON_REJECT_DUPLICATES, NULL);
    assert_true(json_array_size(list) >= 10);
    for (size_t i = 0; i < json_array_size(list); i++)
        assert_true(json_is_true(json_object_get(json_array_get(list, i), "valid")));
    json_decref(list);
    free(json);
}

static void checks_files(void **state)
{
    (void)state;
    char good[] = "/tmp/poolscope-good-XXXXXX.ini", bad[] = "/tmp/poolscope-bad-XXXXXX.ini";
    static const char good_text[] = "[preset]\ntitle = T\n[task a]\nsteps = cpu 1ms\n";
    static const char bad_text[] =
        "[preset]\ntitle = T\n[engine]\nname = gren\n[task a]\nsteps = cpu\n";
    int fd = mkstemps(good, 4);
    assert_int_equal(write(fd, good_text, sizeof good_text - 1), sizeof good_text - 1);
    close(fd);
    fd = mkstemps(bad, 4);
    assert_int_equal(write(fd, bad_text, sizeof bad_text - 1), sizeof bad_text - 1);
    close(fd);
    char ok_line[80], engine_line[80], step_line[80];
    snprintf(ok_line, sizeof ok_line, "%s: ok\n", good);
    snprintf(engine_line, sizeof engine_line, "%s:4: ", bad);
    snprintf(step_line, sizeof step_line, "%s:6: ", bad);
    char *out = said(ARGS("check", good));
    assert_string_equal(out, ok_line);
    free(out);
    struct process_result r = process_run(ARGS("check", bad, good), SECONDS);
    assert_int_equal(r.code, 2);
    assert_string_equal(r.out, ok_line);
    assert_non_null(strstr(r.err, engine_line));
    assert_non_null(strstr(r.err, "did you mean 'green'?"));
    assert_non_null(strstr(r.err, step_line));
    process_result_free(&r);
    unlink(good);
    unlink(bad);
}

/* A setting that the engine does not use is named with its line; the file is good all the same. */
static void settings_without_effect_are_named(void **state)
{
    (void)state;
    char path[] = "/tmp/poolscope-unused-XXXXXX.ini", expected[200];
    static const char text[] =
        "[preset]\ntitle = T\n[task a]\nsteps = cpu 1ms\nreserve = 1\n[engine]\nname = pthread\n"
        "policy = per-task\nwake = all\nlifo_slot = kept\noffload = 9\nhogs = 1ms\n";
    static const struct {
        unsigned line;
        const char *key, *user;
    } unused[] = {{5, "task a.reserve = 1", "threadpool:bulkhead"},
                  {9, "engine.wake = all", "pthread:channel"},
                  {10, "engine.lifo_slot = kept", "green:steal"},
                  {11, "engine.offload = 9", "async:pinned"},
                  {12, "engine.hogs = 1ms", "green:global"}};
    int fd = mkstemps(path, 4);
    assert_int_equal(write(fd, text, sizeof text - 1), sizeof text - 1);
    close(fd);
    struct process_result r = process_run(ARGS("check", path), SECONDS);
    assert_int_equal(r.code, 0);
    for (size_t i = 0; i < sizeof unused / sizeof *unused; i++) {
        snprintf(expected, sizeof expected, "warning: %s:%u: %s: pthread:per-task does not use it",
                 path, unused[i].line, unused[i].key);
        const char *at = strstr(r.err, expected);
        if (!at || !strstr(at, unused[i].user))
            fail_msg("no '%s' used by %s in: %s", expected, unused[i].user, r.err);
    }
    snprintf(expected, sizeof expected, "%s: ok\n", path);
    assert_string_equal(r.out, expected);
    process_result_free(&r);
    unlink(path);
}

static void completes_in_every_shell(void **state)
{
    (void)state;
    static const char *const shells[] = {"bash", "zsh", "fish"};
    for (size_t i = 0; i < sizeof shells / sizeof *shells; i++) {
        char *out = said(ARGS("completion", shells[i]));
        static const char *const words[] = {"screenshot", "duration", "presets --names"};
        for (size_t w = 0; w < sizeof words / sizeof *words; w++)
            if (!strstr(out, words[w]))
                fail_msg("%s does not complete %s", shells[i], words[w]);
        assert_null(strstr(out, "manual"));
        free(out);
    }
    refused(ARGS("completion", "csh"), 2, "poolscope: completion: expected bash, zsh or fish");
    refused(ARGS("completion"), 2, "poolscope: completion: expected bash, zsh or fish");
}

static void a_command_has_a_page_of_its_own(void **state)
{
    (void)state;
    char *out = said(ARGS("manual", "grade"));
    assert_non_null(strstr(out, ".TH POOLSCOPE-GRADE 1"));
    assert_non_null(strstr(out, "SEE ALSO"));
    free(out);
    refused_with(ARGS("manual", "graed"), ARGS("did you mean 'grade'?"));
}

static void labs_that_cannot_be_judged_are_refused(void **state)
{
    (void)state;
    static const char lab[] = "[preset]\ntitle = T\n[task a]\nsteps = cpu 1ms\n"
                              "[expect]\nquick = latency_ns.response.p98 < 1ms\n";
    char path[] = "/tmp/ps-lab-XXXXXX.ini";
    int fd = mkstemps(path, 4);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, lab, sizeof lab - 1), sizeof lab - 1);
    close(fd);
    refused_with(ARGS("grade", path), ARGS(path, ":6: expect.quick", "there is no figure"));
    refused_with(ARGS("lesson", path, "--check"), ARGS("there is no figure"));
    refused_with(ARGS("check", path), ARGS("there is no figure"));
    unlink(path);
    refused_with(ARGS("grade", "quick-demo"), ARGS("there is no [expect] section"));
    refused_with(ARGS("grade"), ARGS("expected one lab file"));
    refused_with(ARGS("lesson", "99", "--check"), ARGS("no preset '99'"));
}

static void lost_output_is_an_error(void **state)
{
    (void)state;
    int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    int outs[] = {full, -2};
    for (size_t i = 0; i < sizeof outs / sizeof *outs; i++) {
        struct process process = process_start(ARGS("--help"), outs[i]);
        struct process_result r = process_finish(&process, SECONDS);
        assert_int_equal(r.code, 1);
        assert_non_null(strstr(r.err, "poolscope: cannot write to standard output: "));
        process_result_free(&r);
    }
    close(full);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prints_its_version),
        cmocka_unit_test(helps),
        cmocka_unit_test(explains_topics),
        cmocka_unit_test(writes_its_manual),
        cmocka_unit_test(bad_screenshots_are_refused),
        cmocka_unit_test(screenshots_keep_existing_files),
        cmocka_unit_test(bad_usage_is_named),
        cmocka_unit_test(what_is_meant_is_suggested),
        cmocka_unit_test(options_may_stand_before_their_command),
        cmocka_unit_test(unknown_presets_are_named),
        cmocka_unit_test(wrong_values_are_named),
        cmocka_unit_test(lists_engines),
        cmocka_unit_test(lists_presets),
        cmocka_unit_test(checks_files),
        cmocka_unit_test(settings_without_effect_are_named),
        cmocka_unit_test(completes_in_every_shell),
        cmocka_unit_test(a_command_has_a_page_of_its_own),
        cmocka_unit_test(labs_that_cannot_be_judged_are_refused),
        cmocka_unit_test(lost_output_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
