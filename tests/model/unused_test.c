/* Settings without effect are told apart from those with one, and found in the file. */
#include "model/unused.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support.h"
#include "vocabulary.h"

#define HEAD "[preset]\ntitle = T\n[task job]\nsteps = cpu 1ms\n"

static void load(struct ps_experiment *experiment, struct ps_lab *lab, const char *text)
{
    struct ps_complaints complaints = {0};
    enum ps_err err =
        ps_lab_parse(experiment, lab, &test_words, "file", text, strlen(text), &complaints);
    if (err != PS_OK)
        fail_msg("%s", complaints.list[0].text);
}

/* The keys that are named, as "engine.wake engine.limit ". */
static const char *unused(const char *text)
{
    static char keys[512];
    static struct ps_experiment experiment;
    static struct ps_lab lab;
    struct ps_complaints warnings = {0};
    load(&experiment, &lab, text);
    unsigned count = ps_lab_unused(&lab, &experiment, &test_words, "file", &warnings);
    assert_int_equal(count, warnings.count);
    keys[0] = '\0';
    for (unsigned i = 0; i < count; i++) {
        size_t used = strlen(keys);
        snprintf(keys + used, sizeof keys - used, "%s ", warnings.list[i].key);
    }
    return keys;
}

#define ENGINE(name, policy) HEAD "[engine]\nname = " name "\npolicy = " policy "\n"

static void each_policy_uses_its_own(void **state)
{
    (void)state;
    static const struct {
        const char *text, *keys;
    } cases[] = {
        {HEAD, ""},
        {ENGINE("threadpool", "fifo") "wake = all\n", ""},
        {ENGINE("threadpool", "steal") "wake = all\n", "engine.wake "},
        {ENGINE("threadpool", "steal") "wake = one\n", ""}, /* the default claims nothing */
        {ENGINE("green", "steal") "lifo_slot = kept\nlimit = 5\nstack = 64KiB\nhogs = 1ms\n", ""},
        {ENGINE("green", "global") "lifo_slot = kept\n", "engine.lifo_slot "},
        {ENGINE("threadpool", "fifo") "lifo_slot = kept\nlimit = 5\noffload = 7\n",
         "engine.limit engine.offload engine.lifo_slot "},
        {HEAD "reserve = 1\n[engine]\npolicy = bulkhead\n", ""},
        {HEAD "reserve = 1\n[engine]\npolicy = fifo\n", "task job.reserve "},
        {HEAD "backoff = 3ms\n", "task job.backoff "},
        {HEAD "backoff = 3ms\nretries = 2\n", ""},
        {HEAD "[engine]\ngil_interval = 1ms\n", "engine.gil_interval "},
        {HEAD "[engine]\ngil_interval = 1ms\ngil = on\n", ""},
        {HEAD "[arrivals]\nmodel = closed\nrate = 7/s\nin_flight = 3\n", "arrivals.rate "},
    };
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(unused(cases[i].text), cases[i].keys);
}

static void what_happens_anyway_is_no_false_claim(void **state)
{
    (void)state;
    assert_string_equal(unused(ENGINE("threadpool", "fifo") "stealing = off\nwait = block\n"
                                                            "offload = off\nhogs = 0\n"),
                        "");
    assert_string_equal(unused(ENGINE("green", "steal") "wait = block\n"), "engine.wait ");
}

/* A setting for the one run of a file that uses it is no mistake. */
static void a_run_that_uses_it_is_enough(void **state)
{
    (void)state;
    const char *only = ENGINE("threadpool", "fifo") "lifo_slot = kept\n[trial a]\nrun.seed = 2\n";
    const char *both = ENGINE("threadpool", "fifo") "lifo_slot = kept\n[trial a]\nrun.seed = 2\n"
                                                    "[trial b]\nengine.name = green\n"
                                                    "engine.policy = steal\n";
    assert_string_equal(unused(only), "engine.lifo_slot ");
    assert_string_equal(unused(both), "");
}

static void key_and_line_are_named(void **state)
{
    (void)state;
    static struct ps_experiment experiment;
    char path[] = "/tmp/poolscope-unused-XXXXXX", text[600], expected[600];
    int fd = mkstemp(path);
    const char *preset =
        HEAD "[engine]\nname = threadpool\npolicy = steal\n# wake = one\nwake = all\n";
    assert_true(fd >= 0);
    assert_int_equal(write(fd, preset, strlen(preset)), (ssize_t)strlen(preset));
    close(fd);
    struct ps_complaints complaints = {0}, warnings = {0};
    assert_int_equal(ps_experiment_load(&experiment, &test_words, path, &complaints), PS_OK);
    ps_experiment_unused(&experiment, &test_words, path, &warnings);
    ps_experiment_unused(&experiment, &test_words, "--set", &warnings);
    ps_unused_locate(&warnings, path);
    unlink(path);
    assert_int_equal(warnings.count, 2);
    const char *about = "engine.wake = all: threadpool:steal does not use it; used by "
                        "pthread:channel, threadpool:fifo, threadpool:bulkhead";
    snprintf(expected, sizeof expected, "%s:9: %s", path, about);
    assert_string_equal(ps_complaint_text(text, sizeof text, &warnings.list[0]), expected);
    snprintf(expected, sizeof expected, "--set: %s", about);
    assert_string_equal(ps_complaint_text(text, sizeof text, &warnings.list[1]), expected);
}

static void reserved_workers_come_on_top(void **state)
{
    (void)state;
    static struct ps_experiment experiment;
    static struct ps_lab lab;
    load(&experiment, &lab, HEAD "reserve = 3\n[engine]\nworkers = 8\npolicy = bulkhead\n");
    assert_int_equal(ps_workers_least(&experiment, &test_words), 4);
    load(&experiment, &lab, HEAD "reserve = 3\n[engine]\nworkers = 8\npolicy = fifo\n");
    assert_int_equal(ps_workers_least(&experiment, &test_words), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_policy_uses_its_own),
        cmocka_unit_test(what_happens_anyway_is_no_false_claim),
        cmocka_unit_test(a_run_that_uses_it_is_enough),
        cmocka_unit_test(key_and_line_are_named),
        cmocka_unit_test(reserved_workers_come_on_top),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
