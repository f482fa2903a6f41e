/* Runs without a screen: what they report, how they end, and that nothing is left behind. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <jansson.h>

#include "support.h"

#include "app/process.h"
#include "engines/engine.h"

#define SECONDS   60
#define ARGS(...) ((const char *const[]){__VA_ARGS__, NULL})

static json_t *parsed(const struct process_result *result)
{
    json_error_t error;
    json_t *root = json_loads(result->out, JSON_REJECT_DUPLICATES, &error);
    if (!root)
        fail_msg("%s in '%s'; standard error: %s", error.text, result->out, result->err);
    return root;
}

static json_int_t count(json_t *root, const char *key)
{
    json_t *value = json_object_get(root, key);
    if (!json_is_integer(value))
        fail_msg("%s is no whole number", key);
    return json_integer_value(value);
}

static const char *text(json_t *root, const char *key)
{
    const char *value = json_string_value(json_object_get(root, key));
    return value ? value : "";
}

static void conserved(json_t *root)
{
    assert_true(json_is_true(json_object_get(root, "conserved")));
    assert_int_equal(count(root, "submitted"),
                     count(root, "completed") + count(root, "failed") + count(root, "timed_out") +
                         count(root, "cancelled") + count(root, "refused"));
}

static void check_policy(const struct ps_engine_ops *engine, const struct ps_policy *policy)
{
    char name[80];
    snprintf(name, sizeof name, "%s:%s", engine->name, policy->name);
    /* Workers that are processes have no lock in common. */
    const char *mail = policy->traits & PS_TRAIT_PROCESSES
                           ? "task mail.steps=sleep uniform 30ms 90ms"
                           : "task mail.steps=sleep uniform 30ms 90ms, lock outbox 3ms";
    struct process_result r = process_run(ARGS("run", "quick-demo", "--engine", name, "--workers",
                                               "2", "--duration", "1s", "--set", mail, "--json"),
                                          SECONDS);
    if (r.code != 0 || r.err_size)
        fail_msg("%s: exit %d, %s", name, r.code, r.err);
    json_t *root = parsed(&r);
    conserved(root);
    assert_string_equal(text(root, "engine"), engine->name);
    assert_string_equal(text(root, "policy"), policy->name);
    assert_string_equal(text(root, "ended"), "duration");
    assert_true(count(root, "completed") > 0);
    assert_int_equal(count(root, "workers"), 2);
    assert_true(json_real_value(json_object_get(root, "throughput_per_s")) > 0);
    assert_true(json_real_value(json_object_get(root, "cpu_seconds")) > 0);
    assert_true(count(root, "rss_peak_bytes") > 0);
    assert_true(json_array_size(json_object_get(root, "per_worker")) >= 2);
    bool steals = (policy->traits & PS_TRAIT_STEALS) != 0;
    assert_int_equal(json_is_object(json_object_get(root, "steals")), steals);
    json_decref(root);
    process_result_free(&r);
}

static void every_policy_conserves_tasks(void **state)
{
    (void)state;
    for (const struct ps_engine_ops *const *engine = ps_engines; *engine; engine++)
        for (const struct ps_policy *policy = (*engine)->policies; policy->name; policy++)
            check_policy(*engine, policy);
}

static void a_lock_between_processes_is_refused(void **state)
{
    (void)state;
    struct process_result r = process_run(
        ARGS("run", "quick-demo", "--engine", "process", "--duration", "1s", "--json"), SECONDS);
    assert_int_equal(r.code, 2);
    assert_non_null(strstr(r.err, "task mail.steps = lock: step 2: workers of engine process"));
    process_result_free(&r);
}

static void a_batch_is_completed(void **state)
{
    (void)state;
    struct process_result r = process_run(ARGS("run", "quick-demo", "--set", "arrivals.model=batch",
                                               "--tasks", "20", "--duration", "0", "--json"),
                                          SECONDS);
    assert_int_equal(r.code, 0);
    json_t *root = parsed(&r);
    conserved(root);
    assert_string_equal(text(root, "ended"), "completed");
    assert_true(count(root, "submitted") >= 20);
    json_decref(root);
    process_result_free(&r);
}

/* Rows as they are written, with types of their own; the duration cuts, the scale stretches. */
static void a_trace_is_replayed(void **state)
{
    (void)state;
    char path[] = "/tmp/poolscope-trace-XXXXXX";
    int fd = mkstemp(path);
    FILE *to = fdopen(fd, "w");
    fputs("at,type\n", to);
    for (unsigned i = 0; i < 900; i++)
        fprintf(to, "%.3f,%s\n", 100 + i * 0.001, i % 3 ? "mail" : "request");
    fclose(to);
    struct process_result r =
        process_run(ARGS("run", "quick-demo", "--trace", path, "--engine", "green", "--set",
                         "arrivals.trace_scale=0.5x", "--duration", "0", "--json"),
                    SECONDS);
    assert_int_equal(r.code, 0);
    json_t *root = parsed(&r);
    conserved(root);
    assert_string_equal(text(root, "ended"), "completed");
    assert_int_equal(count(root, "submitted"), 900);
    json_t *types = json_object_get(root, "per_type");
    assert_int_equal(count(json_array_get(types, 0), "submitted"), 300);
    assert_int_equal(count(json_array_get(types, 3), "submitted"), 600);
    json_decref(root);
    process_result_free(&r);

    r = process_run(ARGS("run", "quick-demo", "--trace", path, "--engine", "green", "--duration",
                         "250ms", "--json"),
                    SECONDS);
    assert_int_equal(r.code, 0);
    root = parsed(&r);
    conserved(root);
    assert_string_equal(text(root, "ended"), "duration");
    assert_int_equal(count(root, "submitted"), 250);
    json_decref(root);
    process_result_free(&r);
    unlink(path);
}

static void a_bad_trace_starts_nothing(void **state)
{
    (void)state;
    char path[] = "/tmp/poolscope-trace-XXXXXX";
    int fd = mkstemp(path);
    assert_int_equal(write(fd, "at\n2\n1\n", 7), 7);
    close(fd);
    struct process_result r =
        process_run(ARGS("run", "quick-demo", "--trace", path, "--json"), SECONDS);
    assert_int_equal(r.code, 2);
    assert_string_equal(r.out, "");
    assert_non_null(strstr(r.err, ":3: at = 1: earlier than the row before it"));
    process_result_free(&r);
    r = process_run(ARGS("run", "quick-demo", "--trace", "/dev/null", "--json"), SECONDS);
    assert_int_equal(r.code, 2);
    assert_non_null(strstr(r.err, "/dev/null: not a regular file"));
    process_result_free(&r);
    unlink(path);
}

/* Phases come in order, change what they say, and each has figures of its own. */
static void phases_have_figures(void **state)
{
    (void)state;
    struct process_result r = process_run(ARGS("run", TEST_DATA "/phases.ini", "--json"), SECONDS);
    assert_int_equal(r.code, 0);
    json_t *root = parsed(&r);
    conserved(root);
    assert_int_equal(count(root, "workers"), 3);
    json_t *phases = json_object_get(root, "phases"), *types = json_object_get(root, "per_type");
    assert_int_equal(json_array_size(phases), 3);
    assert_true(json_is_null(json_object_get(json_array_get(phases, 0), "name")));
    assert_string_equal(text(json_array_get(phases, 1), "name"), "spike");
    assert_string_equal(text(json_array_get(phases, 1), "change"), "rate 1000/s, mix b 1, a 0");
    assert_string_equal(text(json_array_get(phases, 2), "name"), "after");
    json_int_t sum = 0;
    for (size_t i = 0; i < 3; i++)
        sum += count(json_array_get(phases, i), "submitted");
    assert_int_equal(sum, count(root, "submitted"));
    /* uniform: 100/s for 0.3 s, 1000/s for 0.3 s, then 100/s; a fault fails every later task. */
    assert_int_equal(count(json_array_get(types, 0), "submitted"), 30);
    assert_int_equal(count(json_array_get(types, 1), "submitted"), 340);
    assert_true(count(root, "failed") >= 30);
    json_decref(root);
    process_result_free(&r);
}

/* What this machine or engine cannot do is said before anything runs. */
static void impossible_phases_start_nothing(void **state)
{
    (void)state;
    static const struct {
        const char *set, *says;
    } cases[] = {
        {"phase after.fault=lose cpu 1023", "phase after.fault = lose cpu 1023: this run "},
        {"phase after.workers=300", "1..256"},
        {"phase after.fault=stuck 0", "expected a time up to 10min"},
        {"phase after.rate=0/s", "R/s over T"},
        {"phase other.at=1s", "there is no [phase other]"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct process_result r = process_run(ARGS("run", TEST_DATA "/phases.ini", "--json",
                                                   "--engine", "async", "--set", cases[i].set),
                                              SECONDS);
        if (r.code != 2 || !strstr(r.err, cases[i].says))
            fail_msg("%s: exit %d, %s", cases[i].set, r.code, r.err);
        assert_string_equal(r.out, "");
        process_result_free(&r);
    }
}

static json_t *retries_of(const char *const *arguments, json_int_t submitted, json_int_t retried,
                          json_int_t denied)
{
    struct process_result r = process_run(arguments, SECONDS);
    assert_int_equal(r.code, 0);
    json_t *root = parsed(&r);
    conserved(root);
    assert_string_equal(text(root, "ended"), "completed");
    assert_int_equal(count(root, "submitted"), submitted);
    assert_int_equal(count(root, "retried"), retried);
    assert_int_equal(count(root, "retries_denied"), denied);
    process_result_free(&r);
    return root;
}

/* Each attempt is a task; the run is over when the last of them has ended. */
static void attempts_are_counted(void **state)
{
    (void)state;
#define RETRIES(...) ARGS("run", TEST_DATA "/retries.ini", "--json", __VA_ARGS__)
    static const char *const engines[] = {"threadpool:steal", "green", "async", "pthread"};
    for (size_t i = 0; i < sizeof engines / sizeof *engines; i++) {
        json_t *root = retries_of(RETRIES("--engine", engines[i]), 400, 300, 0);
        assert_int_equal(count(root, "failed"), 400);
        json_decref(root);
    }
    /* By timeout, and by a client each that waits for its last attempt. */
    json_t *root = retries_of(RETRIES("--set", "task a.steps=sleep 1min", "--set",
                                      "task a.timeout=2ms", "--set", "arrivals.model=closed"),
                              400, 300, 0);
    assert_int_equal(count(root, "timed_out"), 400);
    json_decref(root);
    /* Another attempt draws anew: half of them fail each time. */
    root = retries_of(RETRIES("--set", "task a.steps=fail 50%", "--set", "task a.retries=100"), 209,
                      109, 0);
    assert_int_equal(count(root, "completed"), 100);
    json_decref(root);
    /* The budget: nothing succeeds, so its reserve is all there is. */
    json_decref(retries_of(RETRIES("--set", "task a.retry_budget=20%"), 110, 10, 100));
}

/* Refused attempts too: one worker is busy, one task fits the queue, all others try until it does. */
static void refused_tasks_are_tried_again(void **state)
{
    (void)state;
    struct process_result r = process_run(
        RETRIES("--set", "task a.steps=sleep 2ms", "--set", "engine.on_full=refuse", "--set",
                "engine.queue=1", "--set", "engine.workers=1", "--set", "task a.retries=100"),
        SECONDS);
    assert_int_equal(r.code, 0);
    json_t *root = parsed(&r);
    conserved(root);
    assert_string_equal(text(root, "ended"), "completed");
    assert_int_equal(count(root, "submitted"), 100 + count(root, "retried"));
    assert_true(count(root, "retried") > 0);
    assert_int_equal(count(root, "completed"), 100);
    json_decref(root);
    process_result_free(&r);
}

static void a_deadlock_is_named(void **state)
{
    (void)state;
    struct process_result r =
        process_run(ARGS("run", TEST_DATA "/deadlock.ini", "--json"), SECONDS);
    assert_int_equal(r.code, 3);
    assert_non_null(strstr(r.err, "poolscope: the run failed: "));
    json_t *root = parsed(&r);
    assert_string_equal(text(root, "ended"), "deadlock");
    assert_true(text(root, "message")[0]);
    json_decref(root);
    process_result_free(&r);
}

/* Seconds of a run that its duration ended, as its text says; 0: another end. */
static double ended_after(const char *out)
{
    static const char words[] = "\nended: duration after ";
    const char *line = strstr(out, words);
    return line ? strtod(line + sizeof words - 1, NULL) : 0;
}

static void plain_ends_with_the_balance(void **state)
{
    (void)state;
    struct process_result r =
        process_run(ARGS("run", "quick-demo", "--duration", "2s", "--plain"), SECONDS);
    assert_int_equal(r.code, 0);
    assert_string_equal(r.err, "");
    assert_non_null(strstr(r.out, " s  done "));
    assert_true(ended_after(r.out) >= 2);
    const char *last = strstr(r.out, "\nsubmitted ");
    assert_non_null(last);
    assert_non_null(strstr(last, ": conserved\n"));
    assert_null(strchr(last + 1, '\n')[1] ? last : NULL);
    assert_null(strchr(r.out, '\033'));
    process_result_free(&r);
}

/* Without a command and a terminal: the demo, five seconds, as text. */
static void no_arguments_play_the_demo(void **state)
{
    (void)state;
    struct process_result r = process_run((const char *const[]){NULL}, SECONDS);
    assert_int_equal(r.code, 0);
    assert_true(ended_after(r.out) >= 5);
    process_result_free(&r);
}

static void screenshots_show_a_real_run(void **state)
{
    (void)state;
    char path[] = "/tmp/poolscope-shot-XXXXXX.svg", text[4096];
    close(mkstemps(path, 4));
    struct process_result r = process_run(ARGS("screenshot", "quick-demo", "--after", "1s",
                                               "--size", "100x30", "--force", "-o", path),
                                          SECONDS);
    assert_string_equal(r.err, "");
    assert_int_equal(r.code, 0);
    FILE *file = fopen(path, "re");
    assert_true(fread(text, 1, sizeof text, file) > 100);
    fclose(file);
    text[sizeof text - 1] = 0;
    assert_non_null(strstr(text, "<svg"));
    unlink(path);
    process_result_free(&r);
}

static void screenshots_show_the_picture_of_a_run(void **state)
{
    (void)state;
    char path[] = "/tmp/poolscope-shot-XXXXXX.txt", text[8192] = "";
    close(mkstemps(path, 4));
    struct process_result r =
        process_run(ARGS("screenshot", "32-julia", "--set", "task picture.steps=julia 64x64 50",
                         "--after", "100ms", "--size", "80x24", "--force", "-o", path),
                    SECONDS);
    assert_string_equal(r.err, "");
    assert_int_equal(r.code, 0);
    FILE *file = fopen(path, "re");
    assert_true(fread(text, 1, sizeof text - 1, file) > 100);
    fclose(file);
    assert_non_null(strstr(text, "Picture 64x64"));
    unlink(path);
    process_result_free(&r);
}

static struct process start_long(const char *form, pid_t *host, int out)
{
    struct process process =
        process_start(ARGS("run", "quick-demo", "--duration", "60s", form), out);
    *host = process_host(process.pid, SECONDS);
    assert_true(*host > 0);
    return process;
}

static void signals_end_it_cleanly(void **state)
{
    (void)state;
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        pid_t host;
        struct process process = start_long("--json", &host, -1);
        kill(process.pid, signals[i]);
        struct process_result r = process_finish(&process, SECONDS);
        assert_int_equal(r.code, 128 + signals[i]);
        assert_true(process_gone(host, SECONDS));
        if (r.out_size) {
            json_t *root = parsed(&r);
            assert_string_equal(text(root, "ended"), "cancelled");
            conserved(root);
            json_decref(root);
        }
        process_result_free(&r);
    }
}

static void a_killed_front_end_leaves_no_host(void **state)
{
    (void)state;
    pid_t host;
    struct process process = start_long("--json", &host, -1);
    kill(process.pid, SIGKILL);
    struct process_result r = process_finish(&process, SECONDS);
    assert_int_equal(r.code, 128 + SIGKILL);
    assert_string_equal(r.out, "");
    assert_true(process_gone(host, SECONDS));
    process_result_free(&r);
}

static void a_killed_host_is_named(void **state)
{
    (void)state;
    pid_t host;
    struct process process = start_long("--plain", &host, -1);
    process_expect(&process, " s  done ", SECONDS);
    kill(host, SIGKILL);
    struct process_result r = process_finish(&process, SECONDS);
    assert_int_equal(r.code, 3);
    assert_string_equal(r.err, "poolscope: the run failed: host killed by SIGKILL\n");
    assert_non_null(strstr(r.out, "  * host killed by SIGKILL\n"));
    assert_non_null(strstr(r.out, "\nended: crash after "));
    process_result_free(&r);
}

static void a_reader_that_leaves_ends_it(void **state)
{
    (void)state;
    int out[2];
    assert_int_equal(pipe(out), 0);
    pid_t host;
    struct process process = start_long("--plain", &host, out[1]);
    close(out[1]);
    close(out[0]);
    struct process_result r = process_finish(&process, SECONDS);
    assert_int_equal(r.code, 1);
    assert_non_null(strstr(r.err, "cannot write to standard output"));
    assert_true(process_gone(host, SECONDS));
    process_result_free(&r);
}

/* A backlog of 40 ms when the time is over. */
static json_int_t cancelled_with(const char *end)
{
    struct process_result r = process_run(ARGS("run", "28", "--json", "--duration", "200ms",
                                               "--set", "arrivals.in_flight=16", "--set", end),
                                          SECONDS);
    json_t *root = parsed(&r);
    conserved(root);
    json_int_t cancelled = count(root, "cancelled");
    assert_int_equal(r.code, 0);
    json_decref(root);
    process_result_free(&r);
    return cancelled;
}

static void the_end_drains_or_discards(void **state)
{
    (void)state;
    assert_int_equal(cancelled_with("run.end=drain"), 0);
    /* The place of a task that ends at that moment is not filled again. */
    assert_in_range(cancelled_with("run.end=discard"), 1, 16);
}

/* The same lab with other expectations. */
static struct process_result graded(const char *command, const char *expectations)
{
    static const char lab[] = "[preset]\ntitle = Two | one\n[engine]\nname = threadpool\n"
                              "[arrivals]\nmodel = closed\nin_flight = 4\n"
                              "[task nap]\nsteps = sleep 10ms\n"
                              "[trial one]\nengine.workers = 1\n[trial four]\n"
                              "engine.workers = 4\n[lab]\nduration = 300ms\n"
                              "sweep = engine.workers 1 2\nprediction = 2\n"
                              "answer = best(completed)\n";
    char path[] = "/tmp/ps-lab-XXXXXX.ini";
    int fd = mkstemps(path, 4);
    assert_true(fd >= 0);
    dprintf(fd, "%s%s", lab, expectations);
    close(fd);
    struct process_result r = strcmp(command, "grade") == 0
                                  ? process_run(ARGS("grade", path), SECONDS)
                                  : process_run(ARGS("lesson", path, "--check"), SECONDS);
    unlink(path);
    return r;
}

static void verdict(const char *command, const char *expectations, int code, const char *word)
{
    struct process_result r = graded(command, expectations);
    if (r.code != code || !strstr(r.out, word))
        fail_msg("%s: exit %d, %s%s", expectations, r.code, r.out, r.err);
    process_result_free(&r);
}

#define HOLDS "[expect]\nfour do more = four.completed > 2 * one.completed\n"

static void labs_are_graded(void **state)
{
    (void)state;
    verdict("lesson", HOLDS, 0, "\nshown\n");
    verdict("lesson", "[expect]\nno = four.completed < one.completed\n", 3,
            "not visible on this machine, because no: not ");
    verdict("lesson", "[needs]\nmany CPUs = cpus > 5000\n" HOLDS, 4,
            "not visible on this machine, because many CPUs: not ");
    struct process_result r = graded("grade", HOLDS);
    static const char *const words[] = {"# Two | one\n",
                                        "- seed: 1\n",
                                        "- predicted: 2\n- measured: `best(completed)` = 2\n",
                                        "| one | threadpool:fifo | 1 |",
                                        "| engine.workers 2 | threadpool:fifo | 2 |",
                                        "| four do more | `four.completed > 2 * one.completed` |",
                                        "**Met**"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (!strstr(r.out, words[i]))
            fail_msg("no '%s' in %s", words[i], r.out);
    assert_int_equal(r.code, 0);
    process_result_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_policy_conserves_tasks),
        cmocka_unit_test(a_lock_between_processes_is_refused),
        cmocka_unit_test(a_batch_is_completed),
        cmocka_unit_test(a_trace_is_replayed),
        cmocka_unit_test(a_bad_trace_starts_nothing),
        cmocka_unit_test(phases_have_figures),
        cmocka_unit_test(impossible_phases_start_nothing),
        cmocka_unit_test(attempts_are_counted),
        cmocka_unit_test(refused_tasks_are_tried_again),
        cmocka_unit_test(a_deadlock_is_named),
        cmocka_unit_test(plain_ends_with_the_balance),
        cmocka_unit_test(no_arguments_play_the_demo),
        cmocka_unit_test(screenshots_show_a_real_run),
        cmocka_unit_test(screenshots_show_the_picture_of_a_run),
        cmocka_unit_test(signals_end_it_cleanly),
        cmocka_unit_test(a_killed_front_end_leaves_no_host),
        cmocka_unit_test(a_killed_host_is_named),
        cmocka_unit_test(a_reader_that_leaves_ends_it),
        cmocka_unit_test(the_end_drains_or_discards),
        cmocka_unit_test(labs_are_graded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
