#include "support.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vocabulary.h"

static struct ps_experiment experiment;

static const char preset[] = "\xef\xbb\xbf; a comment\r\n"
                             "[preset]\r\n"
                             "title = Every key ; and a comment\r\n"
                             "summary = a;b #c\r\n"
                             "# another\r\n"
                             "[engine] ; the engine\r\n"
                             "name=async\r\n"
                             "workers = 2x\r\n"
                             "\r\n"
                             "[task child]\r\n"
                             "weight = 0\r\n"
                             "steps = lock two 1ms, lock one 2ms\r\n"
                             "[task parent]\r\n"
                             "steps = cpu uniform 1ms 3ms, spawn child x3, spawn child, join, "
                             "disk write 4KiB fsync, net exp 5ms, lock one 1us, fail 12.5%\r\n"
                             "timeout = 1.5s";

static void parse(const char *text)
{
    struct ps_complaints complaints = {.count = 0};
    char line[1024];
    if (ps_experiment_parse(&experiment, &test_words, "test", text, strlen(text), &complaints) !=
        PS_OK)
        fail_msg("%s", ps_complaint_text(line, sizeof line, &complaints.list[0]));
}

static void a_preset_is_read(void **state)
{
    (void)state;
    parse(preset);
    const struct ps_experiment *e = &experiment;
    assert_string_equal(e->title, "Every key");
    assert_string_equal(e->summary, "a;b #c");
    assert_string_equal(e->engine, "async");
    assert_string_equal(e->policy, "");
    assert_true(e->workers.count == 0 && e->workers.factor == 2.0);
    assert_int_equal(e->type_count, 2);
    assert_int_equal(e->lock_count, 2);
    assert_string_equal(e->locks[0], "two");
    const struct ps_task_type *parent = &e->types[1];
    assert_string_equal(parent->name, "parent");
    assert_int_equal(parent->timeout_ns, 1500000000);
    assert_int_equal(parent->step_count, 8);
    assert_int_equal(parent->steps[0].time.kind, PS_DIST_UNIFORM);
    assert_true(parent->steps[0].time.b == 3e6);
    assert_true(parent->steps[1].type == 0 && parent->steps[1].count == 3);
    assert_int_equal(parent->steps[2].count, 1);
    assert_true(parent->steps[4].write && parent->steps[4].sync);
    assert_int_equal(parent->steps[4].size, 4096);
    assert_int_equal(parent->steps[6].lock, 1);
    assert_true(parent->steps[7].chance == 0.125);
}

static void defaults_are_those_of_the_table(void **state)
{
    (void)state;
    ps_experiment_init(&experiment);
    char value[256], key[64];
    for (const struct ps_key *row = ps_keys; row->section; row++) {
        assert_non_null(row->allowed);
        assert_true(strlen(row->help) > 5);
        if (ps_section_is_named(row->section))
            continue;
        snprintf(key, sizeof key, "%s.%s", row->section, row->name);
        assert_non_null(ps_experiment_get(&experiment, key, value, sizeof value));
        bool same = strcmp(value, row->standard ? row->standard : "") == 0;
        if (!same && row->kind != PS_KEY_OFFLOAD)
            fail_msg("%s is %s and not %s", key, value, row->standard);
    }
    assert_int_equal(experiment.offload, 4);
    assert_true(experiment.help && experiment.stealing);
}

static void keys_are_set_and_read_back(void **state)
{
    (void)state;
    static const struct {
        const char *key, *value, *back;
    } cases[] = {
        {"engine.workers", "8", "8"},
        {"engine.workers", "auto", "auto"},
        {"engine.workers", "0.5x", "0.5x"},
        {"engine.policy", "", ""},
        {"engine.queue", "10000000", "10000000"},
        {"engine.on_full", "caller_runs", "caller_runs"},
        {"engine.stack", "65536", "64KiB"},
        {"engine.offload", "off", "off"},
        {"engine.offload", "on", "4"},
        {"engine.stealing", "off", "off"},
        {"engine.wait", "block", "block"},
        {"arrivals.rate", "0.5", "0.5/s"},
        {"arrivals.rate", "10000000/s", "10000000/s"},
        {"arrivals.think", "exp  5ms", "exp 5ms"},
        {"run.duration", "0s", "0"},
        {"run.seed", "18446744073709551615", "18446744073709551615"},
        {"faults.fail", "0.1%", "0.1%"},
        {"task parent.weight", "0.25", "0.25"},
        {"task parent.steps", " yield ,\tcpu 1ms ", "yield, cpu 1ms"},
        {"preset.title", "  trimmed ", "trimmed"},
    };
    parse(preset);
    char value[256];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct ps_complaints complaints = {.count = 0};
        assert_int_equal(ps_experiment_set(&experiment, &test_words, cases[i].key, cases[i].value,
                                           "test", &complaints),
                         PS_OK);
        assert_non_null(ps_experiment_get(&experiment, cases[i].key, value, sizeof value));
        assert_string_equal(value, cases[i].back);
    }
    assert_int_equal(experiment.lock_count, 2);
    assert_string_equal(experiment.locks[1], "one");
    assert_null(ps_experiment_get(&experiment, "engine.speed", value, sizeof value));
    assert_null(ps_experiment_get(&experiment, "task nobody.weight", value, sizeof value));
    assert_null(ps_experiment_get(&experiment, "seed", value, sizeof value));
}

static void locks_are_numbered_as_programs_mention_them(void **state)
{
    (void)state;
    struct ps_complaints complaints = {.count = 0};
    parse(preset);
    ps_experiment_set(&experiment, &test_words, "task child.steps", "lock one 1ms, lock new 1ms",
                      "test", &complaints);
    assert_int_equal(complaints.count, 0);
    assert_int_equal(experiment.lock_count, 2); /* "two" has gone */
    assert_string_equal(experiment.locks[0], "one");
    assert_string_equal(experiment.locks[1], "new");
    assert_int_equal(experiment.types[0].steps[1].lock, 1);
    assert_int_equal(experiment.types[1].steps[6].lock, 0);
}

static void a_refused_value_changes_nothing(void **state)
{
    (void)state;
    static struct ps_experiment before;
    static const struct {
        const char *key, *value, *says;
    } cases[] = {
        {"engine.workers", "many", "1..256"},
        {"engine.wokers", "8", "did you mean 'workers'"},
        {"engin.workers", "8", "did you mean 'engine'"},
        {"workers", "8", "section.key"},
        {"task child.steps", "lock new 1ms, cpu 5", "not a time"},
        {"task chidl.weight", "1", "did you mean 'child'"},
        {"preset.title", "", "must not be empty"},
        {"preset.title", "a ;b", "';'"},
        {"preset.title", "a\nworkers = 9", "control byte"},
        {"preset.summary", "\xff", "UTF-8"},
        {"engine.name", "greeen", "did you mean 'green'"},
        {"task parent.steps",
         "cpu 1ms,cpu 1ms,cpu 1ms,cpu 1ms,cpu 1ms,cpu 1ms,cpu 1ms,cpu 1ms,cpu 1ms,cpu 1ms,cpu 1ms,"
         "cpu 1ms,cpu 1ms,cpu 1ms,cpu 1ms,cpu 1ms,cpu 1ms,cpu 1ms,cpu 1ms,cpu 1ms,cpu 1ms,cpu 1ms,"
         "cpu 1ms,cpu 1ms",
         "longer than"},
    };
    parse(preset);
    before = experiment;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct ps_complaints complaints = {.count = 0};
        assert_int_equal(ps_experiment_set(&experiment, &test_words, cases[i].key, cases[i].value,
                                           "--set", &complaints),
                         PS_EPARSE);
        assert_int_equal(complaints.count, 1);
        assert_string_equal(complaints.list[0].file, "--set");
        if (!strstr(complaints.list[0].text, cases[i].says))
            fail_msg("%s = %s: %s", cases[i].key, cases[i].value, complaints.list[0].text);
        assert_memory_equal(&before, &experiment, sizeof experiment);
    }
}

static void the_check_sees_what_single_keys_cannot(void **state)
{
    (void)state;
    parse(preset);
    struct ps_complaints complaints = {.count = 0};
    ps_experiment_set(&experiment, &test_words, "engine.policy", "fifo", "test", &complaints);
    ps_experiment_set(&experiment, &test_words, "task parent.weight", "0", "test", &complaints);
    ps_experiment_set(&experiment, &test_words, "arrivals.model", "batch", "test", &complaints);
    ps_experiment_set(&experiment, &test_words, "task child.steps", "spawn parent", "test",
                      &complaints);
    assert_int_equal(complaints.count, 0);
    assert_int_equal(ps_experiment_check(&experiment, &test_words, "test", &complaints), PS_EPARSE);
    assert_int_equal(complaints.count, 4);
    assert_string_equal(complaints.list[0].key, "engine.policy");
    assert_string_equal(complaints.list[1].key, "arrivals.tasks");
    assert_string_equal(complaints.list[2].key, "task child.weight");
    assert_string_equal(complaints.list[3].key, "task child.steps");
}

static void workers_follow_the_cpus(void **state)
{
    (void)state;
    static const struct {
        struct ps_workers_spec spec;
        unsigned cpus, workers;
    } cases[] = {
        {{8, 0}, 2, 8},     {{0, 1.0}, 2, 2},      {{0, 2.0}, 2, 4},     {{0, 0.5}, 2, 1},
        {{0, 0.5}, 1, 1},   {{0, 0.1}, 2, 1},      {{0, 4.0}, 128, 256}, {{0, 1.0}, 0, 1},
        {{256, 0}, 2, 256}, {{0, 0.333333}, 9, 3},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(ps_workers_count(&cases[i].spec, cases[i].cpus), cases[i].workers);
}

static void means_count_children_and_failures(void **state)
{
    (void)state;
    parse("[preset]\ntitle = t\n"
          "[task a]\nweight = 3\nsteps = cpu 1ms, net 3ms, spawn c x2, fail 50%, cpu 4ms, join\n"
          "[task b]\nweight = 1\nsteps = sleep uniform 0 8ms, lock l exp 2ms\n"
          "[task c]\nweight = 0\nsteps = cpu 1ms, block 500us\n");
    double cpu_ns, wait_ns;
    ps_experiment_mean(&experiment, &cpu_ns, &wait_ns);
    /* a: cpu 1 + 2 + 0.5 * 4, wait 3 + 1; b: cpu 2, wait 4 */
    assert_true(fabs(cpu_ns - (3 * 5e6 + 2e6) / 4) < 1);
    assert_true(fabs(wait_ns - 4e6) < 1);
}

static void files_are_read_and_others_refused(void **state)
{
    (void)state;
    char folder[] = "/tmp/poolscope-test-XXXXXX", path[128];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/a.ini", folder);
    struct ps_complaints complaints = {.count = 0};
    assert_int_equal(ps_experiment_load(&experiment, &test_words, path, &complaints), PS_ENOENT);
    FILE *to = fopen(path, "w");
    assert_non_null(to);
    fputs(preset, to);
    fclose(to);
    assert_int_equal(ps_experiment_load(&experiment, &test_words, path, &complaints), PS_OK);
    assert_string_equal(experiment.title, "Every key");
    assert_int_equal(truncate(path, PS_PRESET_MAX_BYTES + 1), 0);
    assert_int_equal(ps_experiment_load(&experiment, &test_words, path, &complaints), PS_EPARSE);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0); /* nobody writes: must not wait */
    complaints.count = 0;
    assert_int_equal(ps_experiment_load(&experiment, &test_words, path, &complaints), PS_EPARSE);
    assert_string_equal(complaints.list[0].file, path);
    assert_int_equal(ps_experiment_load(&experiment, &test_words, folder, &complaints), PS_EPARSE);
    unlink(path);
    rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_preset_is_read),
        cmocka_unit_test(defaults_are_those_of_the_table),
        cmocka_unit_test(keys_are_set_and_read_back),
        cmocka_unit_test(locks_are_numbered_as_programs_mention_them),
        cmocka_unit_test(a_refused_value_changes_nothing),
        cmocka_unit_test(the_check_sees_what_single_keys_cannot),
        cmocka_unit_test(workers_follow_the_cpus),
        cmocka_unit_test(means_count_children_and_failures),
        cmocka_unit_test(files_are_read_and_others_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
