#include "support.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "model/library.h"
#include "vocabulary.h"

/* A folder of its own for everything: home, and a library where a test wants one. */
static char home[64];

static int set_up(void **state)
{
    (void)state;
    snprintf(home, sizeof home, "/tmp/poolscope-test-XXXXXX");
    if (!mkdtemp(home))
        return -1;
    setenv("HOME", home, 1);
    unsetenv("XDG_CONFIG_HOME");
    setenv("POOLSCOPE_PRESETS", TEST_PRESETS, 1);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -r '%s'", home);
    return system(command);
}

static void load(struct ps_library *library)
{
    char why[256] = "";
    if (ps_library_load(library, &test_words, why, sizeof why) != PS_OK)
        fail_msg("%s", why);
}

static void every_shipped_preset_is_good(void **state)
{
    (void)state;
    struct ps_library library;
    char text[1024];
    load(&library);
    assert_true(library.count >= 13);
    assert_string_equal(library.presets[0].name, "quick-demo");
    for (size_t i = 0; i < library.count; i++) {
        const struct ps_preset *preset = &library.presets[i];
        if (!preset->valid)
            fail_msg("%s", ps_complaint_text(text, sizeof text, &preset->complaint));
        assert_false(preset->own);
        assert_true(preset->group[0] && preset->experiment.summary[0]);
        if (i == 0)
            continue;
        unsigned number = preset->experiment.lesson;
        assert_true(number > library.presets[i - 1].experiment.lesson);
        assert_int_equal(atoi(preset->name), number);
    }
    ps_library_free(&library);
}

/* The demo must be able to run as it is under every engine and policy whose workers share memory: it
 * has a lock. */
static void the_demo_suits_every_engine(void **state)
{
    (void)state;
    struct ps_library library;
    load(&library);
    for (const struct ps_engine_word *e = test_engines; e->name; e++)
        for (const struct ps_policy_word *p = e->policies; p->name && !p->apart; p++) {
            struct ps_experiment experiment = library.presets[0].experiment;
            struct ps_complaints complaints = {.count = 0};
            ps_experiment_set(&experiment, &test_words, "engine.name", e->name, "test",
                              &complaints);
            ps_experiment_set(&experiment, &test_words, "engine.policy", p->name, "test",
                              &complaints);
            assert_int_equal(ps_experiment_check(&experiment, &test_words, "test", &complaints),
                             PS_OK);
            double cpu_ns, wait_ns;
            ps_experiment_mean(&experiment, &cpu_ns, &wait_ns);
            assert_true(4 * cpu_ns / (cpu_ns + wait_ns) < 1); /* what four busy workers compute */
        }
    ps_library_free(&library);
}

static void presets_are_found(void **state)
{
    (void)state;
    struct ps_library library;
    load(&library);
    assert_string_equal(ps_library_find(&library, "quick-demo")->name, "quick-demo");
    assert_string_equal(ps_library_find(&library, "quick")->name, "quick-demo");
    assert_int_equal(ps_library_find(&library, "7")->experiment.lesson, 7);
    assert_int_equal(ps_library_find(&library, "07")->experiment.lesson, 7);
    assert_int_equal(ps_library_find(&library, "14-pool")->experiment.lesson, 14);
    assert_null(ps_library_find(&library, "0")); /* several begin so */
    assert_null(ps_library_find(&library, ""));
    assert_null(ps_library_find(&library, "nothing"));
    assert_null(ps_library_find(&library, "999"));
    ps_library_free(&library);
}

static void saved_presets_come_last(void **state)
{
    (void)state;
    struct ps_library library;
    struct stat about;
    char path[512], config[128];
    load(&library);
    size_t shipped = library.count;
    struct ps_experiment experiment = library.presets[3].experiment;
    ps_library_free(&library);
    assert_int_equal(ps_preset_save(&experiment, "week4.lab_1", false, path, sizeof path), PS_OK);
    assert_int_equal(stat(path, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0600);
    snprintf(config, sizeof config, "%s/.config/poolscope/presets", home);
    assert_int_equal(stat(config, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0700);
    load(&library);
    assert_int_equal(library.count, shipped + 1);
    const struct ps_preset *mine = &library.presets[shipped];
    assert_true(mine->own && mine->valid);
    assert_string_equal(mine->name, "week4.lab_1");
    assert_string_equal(mine->group, "Mine");
    assert_string_equal(mine->path, path);
    assert_string_equal(mine->experiment.title, experiment.title);
    ps_library_free(&library);
}

static unsigned files_in(const char *path)
{
    unsigned count = 0;
    DIR *folder = opendir(path);
    assert_non_null(folder);
    while (readdir(folder))
        count++;
    closedir(folder);
    return count - 2;
}

static void saving_replaces_only_when_told(void **state)
{
    (void)state;
    struct ps_experiment experiment, back;
    struct ps_complaints complaints = {.count = 0};
    char path[512], config[128];
    const char *text = "[preset]\ntitle = one\n[task a]\nsteps = yield\n";
    ps_experiment_parse(&experiment, &test_words, "x", text, strlen(text), &complaints);
    assert_int_equal(ps_preset_save(&experiment, "a", false, path, sizeof path), PS_OK);
    strcpy(experiment.title, "two");
    assert_int_equal(ps_preset_save(&experiment, "a", false, path, sizeof path), PS_EEXIST);
    assert_int_equal(ps_experiment_load(&back, &test_words, path, &complaints), PS_OK);
    assert_string_equal(back.title, "one");
    assert_int_equal(ps_preset_save(&experiment, "a", true, path, sizeof path), PS_OK);
    assert_int_equal(ps_experiment_load(&back, &test_words, path, &complaints), PS_OK);
    assert_string_equal(back.title, "two");
    snprintf(config, sizeof config, "%s/.config/poolscope/presets", home);
    assert_int_equal(files_in(config), 1);
}

static void odd_names_are_not_saved(void **state)
{
    (void)state;
    struct ps_experiment experiment;
    char path[512];
    static const char *const names[] = {
        "",    ".",
        "..",  ".hidden",
        "a/b", "../a",
        "a b", "\xc3\xa9",
        "a\n", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};
    ps_experiment_init(&experiment);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_int_equal(ps_preset_save(&experiment, names[i], false, path, sizeof path),
                         PS_EINVAL);
    assert_int_equal(files_in(home), 0);
}

static void put_file(const char *name, const char *text)
{
    char path[160];
    snprintf(path, sizeof path, "%s/%s", home, name);
    FILE *to = fopen(path, "w");
    assert_non_null(to);
    fputs(text, to);
    fclose(to);
}

static void a_broken_preset_is_listed_with_its_fault(void **state)
{
    (void)state;
    struct ps_library library;
    put_file("good.ini", "[preset]\ntitle = t\n[task a]\nsteps = yield\n");
    put_file("bad.ini", "[preset]\ntitle = t\n[task a]\nsteps = jump\n");
    put_file("bad.md", "text\t\x1b[2J\r\nmore\n");
    put_file(".hidden.ini", "");
    put_file("notes.txt", "");
    setenv("POOLSCOPE_PRESETS", home, 1);
    load(&library);
    assert_int_equal(library.count, 2);
    const struct ps_preset *bad = ps_library_find(&library, "bad");
    assert_non_null(bad);
    assert_false(bad->valid);
    assert_int_equal(bad->complaint.line, 4);
    assert_string_equal(bad->complaint.key, "task a.steps");
    char *text;
    assert_int_equal(ps_preset_lesson(bad, &text), PS_OK);
    assert_string_equal(text, "text ?[2J \nmore\n");
    free(text);
    assert_int_equal(ps_preset_lesson(ps_library_find(&library, "good"), &text), PS_ENOENT);
    assert_null(text);
    ps_library_free(&library);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_shipped_preset_is_good, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_demo_suits_every_engine, set_up, tear_down),
        cmocka_unit_test_setup_teardown(presets_are_found, set_up, tear_down),
        cmocka_unit_test_setup_teardown(saved_presets_come_last, set_up, tear_down),
        cmocka_unit_test_setup_teardown(saving_replaces_only_when_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(odd_names_are_not_saved, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_broken_preset_is_listed_with_its_fault, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
