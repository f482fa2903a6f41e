/* The file of options and keys of the user's own. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "ui/keymap.h"
#include "ui/keys.h"
#include "ui/settings.h"

static char folder[] = "/tmp/poolscope-settings-XXXXXX", path[80];

static void put(const char *text)
{
    FILE *to = fopen(path, "w");
    assert_non_null(to);
    fputs(text, to);
    assert_int_equal(fclose(to), 0);
}

static void assert_file(const char *text)
{
    char *found;
    assert_int_equal(ps_settings_slurp(path, &found), PS_OK);
    assert_string_equal(found, text);
    free(found);
}

static void save(const struct ps_settings *settings)
{
    char why[200];
    assert_int_equal(ps_settings_save(path, settings, why, sizeof why), PS_OK);
}

static struct ps_settings load(void)
{
    struct ps_settings settings = ps_settings_standard;
    struct ps_complaints complaints = {.count = 0};
    enum ps_err err = ps_settings_load(path, &settings, &complaints);
    if (err != PS_OK)
        fail_msg("line %u: %s", complaints.list[0].line, complaints.list[0].text);
    return settings;
}

/* The folder is made, too; what is as ever is not written. */
static void what_is_saved_is_read_again(void **state)
{
    (void)state;
    struct ps_settings settings = ps_settings_standard;
    settings = load(); /* no file: no error */
    assert_int_equal(settings.fps, 10);
    settings.theme = PS_THEME_LIGHT;
    settings.fps = 12;
    settings.ascii = settings.no_mouse = settings.reduced_motion = true;
    settings.colours = 16;
    settings.look.panels = 3;
    memcpy(settings.look.panel, (const unsigned char[]){2, 0, 4}, 3);
    settings.look.giants = 2;
    memcpy(settings.look.giant, (const unsigned char[]){9, 1}, 2);
    settings.no_hover = true;
    save(&settings);
    assert_file("[screen]\ntheme = light\nfps = 12\ncharacters = ascii\nmouse = off\nhover = off\n"
                "motion = reduced\ncolours = 16\npanels = queue lanes steals\n"
                "figures = steals p99\n");
    struct ps_settings again = load();
    assert_int_equal(again.theme, PS_THEME_LIGHT);
    assert_int_equal(again.fps, 12);
    assert_true(again.ascii && again.no_mouse && again.reduced_motion);
    assert_int_equal(again.colours, 16);
    assert_int_equal(again.look.panels, 3);
    assert_memory_equal(again.look.panel, settings.look.panel, 3);
    assert_true(again.no_hover);
    assert_int_equal(again.look.giants, 2);
    assert_memory_equal(again.look.giant, settings.look.giant, 2);
}

static void other_lines_stay_as_they_are(void **state)
{
    (void)state;
    put("; mine\n[keys]\npause = %\n\n[screen]\n  theme=mono ; for the projector\n; end\n");
    struct ps_settings settings = load();
    assert_int_equal(settings.theme, PS_THEME_MONO);
    settings.theme = PS_THEME_DARK;
    settings.fps = 5;
    save(&settings);
    assert_file("; mine\n[keys]\npause = %\n\n[screen]\ntheme = dark\n; end\nfps = 5\n");
    put("[screen]\n[keys]\npause = %\n");
    settings.theme = PS_THEME_DARK;
    settings.fps = 10;
    settings.no_mouse = true;
    save(&settings);
    assert_file("[screen]\nmouse = off\n[keys]\npause = %\n");
    put("[keys]\npause = %"); /* without an end of line, without the section */
    save(&settings);
    assert_file("[keys]\npause = %\n[screen]\nmouse = off\n");
    ps_keymap_reset();
}

/* Who keeps such files elsewhere has a link in its place, which must stay one. */
static void a_link_stays_a_link(void **state)
{
    (void)state;
    char kept[100], link[100], why[200];
    struct stat about;
    struct ps_settings settings = ps_settings_standard;
    settings.fps = 7;
    snprintf(kept, sizeof kept, "%s/a/b/kept.conf", folder);
    snprintf(link, sizeof link, "%s/a/b/link.conf", folder);
    remove(path);
    assert_int_equal(symlink("link.conf", path), 0); /* two links, relative ones, to no file yet */
    assert_int_equal(symlink("kept.conf", link), 0);
    save(&settings);
    assert_file("[screen]\nfps = 7\n");
    assert_int_equal(chmod(kept, 0640), 0);
    settings.fps = 8;
    save(&settings);
    assert_file("[screen]\nfps = 8\n");
    assert_true(lstat(path, &about) == 0 && S_ISLNK(about.st_mode));
    assert_true(lstat(link, &about) == 0 && S_ISLNK(about.st_mode));
    assert_true(lstat(kept, &about) == 0 && S_ISREG(about.st_mode));
    assert_int_equal(about.st_mode & 0777, 0640);
    remove(link);
    assert_int_equal(symlink(path, link), 0); /* a circle */
    assert_int_equal(ps_settings_save(path, &settings, why, sizeof why), PS_EIO);
    assert_true(lstat(path, &about) == 0 && S_ISLNK(about.st_mode));
    remove(path);
    remove(link);
    remove(kept);
}

static void what_is_wrong_is_named_with_its_line(void **state)
{
    (void)state;
    static const struct {
        const char *text, *key, *value, *why;
        unsigned line;
    } rows[] = {
        {"[screen]\ntheme = sepia\n", "screen.theme", "sepia", "allowed: dark, light, mono", 2},
        {"[screen]\n\nfps = 0\n", "screen.fps", "0", "allowed: 1..60", 3},
        {"[screen]\npanels = lanes maps\n", "screen.panels", "lanes maps", "there is no 'maps'", 2},
        {"[screen]\npanels = lanes lanes\n", "screen.panels", "lanes lanes", "twice 'lanes'", 2},
        {"[screen]\nfigures = p99 p98\n", "screen.figures", "p99 p98", "there is no 'p98'", 2},
        {"[screen]\nfigures = p99 p50 done steals\n", "screen.figures", "p99 p50 done steals",
         "no room for 'steals'", 2},
        {"[screen]\nspeed = 1\n", "screen.speed", "1", "allowed: theme fps", 2},
        {"[screen]\nfps = 5\nfps = 6\n", "screen.fps", "6", "it is there already in line 2", 3},
        {"[windows]\nx = 1\n", "windows.x", "1", "allowed sections: [screen] [keys]", 2},
        {"theme = dark\n", ".theme", "dark", "allowed sections", 1},
        {"[screen]\ntheme\n", "", "", "allowed: [section], key = value", 2},
        {"[keys]\npaus = p\n", "keys.paus", "p", "did you mean 'pause'", 2},
        {"[keys]\npause = pp\n", "keys.pause", "pp", "allowed: one character, space", 2},
        {"[keys]\npause =\n", "keys.pause", "", "allowed: one character, space", 2},
        {"[keys]\npause = j\n", "keys.pause", "j", "h, j, k and l only move", 2},
        {"[keys]\n\npause = q\n", "keys.pause", "", "this is the key of quit", 3},
        {"[keys]\nrecord = 3\n", "keys.record", "", "at the same place this is the key of", 2},
    };
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct ps_settings settings = ps_settings_standard;
        struct ps_complaints complaints = {.count = 0};
        put(rows[i].text);
        assert_int_equal(ps_settings_load(path, &settings, &complaints), PS_EPARSE);
        assert_int_equal(complaints.count, 1);
        const struct ps_complaint *c = &complaints.list[0];
        assert_string_equal(c->file, path);
        assert_int_equal(c->line, rows[i].line);
        assert_string_equal(c->key, rows[i].key);
        assert_string_equal(c->value, rows[i].value);
        if (!strstr(c->text, rows[i].why))
            fail_msg("'%s' is not in '%s'", rows[i].why, c->text);
        assert_ptr_equal(ps_bindings, ps_bindings_standard);
        assert_int_equal(settings.fps, 10);
    }
}

static void a_file_that_is_no_text_is_refused(void **state)
{
    (void)state;
    struct ps_settings settings = ps_settings_standard;
    struct ps_complaints complaints = {.count = 0};
    put("[screen]\n\xff\n");
    assert_int_equal(ps_settings_load(path, &settings, &complaints), PS_EIO);
    assert_int_equal(complaints.count, 1);
    char line[300] = "[screen]\ntheme = ";
    memset(line + strlen(line), 'x', 200);
    put(line);
    complaints.count = 0;
    assert_int_equal(ps_settings_load(path, &settings, &complaints), PS_EPARSE);
    assert_string_equal(complaints.list[0].text, "the line is too long");
    assert_int_equal(complaints.list[0].line, 2);
}

/* The new key does it, the old one no longer, and what is shown is what works. */
static void a_key_takes_the_place_of_another(void **state)
{
    (void)state;
    put("[keys]\npause = %\nquit = Q\nrecord = q ; which is free now\n");
    load();
    assert_int_equal(ps_keymap_count(), 3);
    assert_int_equal(ps_binding_find(PS_AT_LIVE, '%')->action, PS_DO_PAUSE);
    assert_int_equal(ps_binding_find(PS_AT_REPLAY, '%')->action, PS_DO_PAUSE);
    assert_null(ps_binding_find(PS_AT_LIVE, ' '));
    assert_int_equal(ps_binding_find(PS_AT_LIVE, 'Q')->action, PS_DO_QUIT);
    assert_int_equal(ps_binding_find(PS_AT_LIVE, 'q')->action, PS_DO_RECORD);
    assert_int_equal(ps_binding_find(PS_AT_LIVE, PS_INPUT_F10)->action, PS_DO_QUIT); /* stays */
    struct ps_canvas *c = ps_canvas_new(200, 3, false);
    ps_key_bar(c, PS_AT_LIVE);
    char *text = ps_canvas_text(c);
    assert_non_null(strstr(text, "% pause"));
    assert_non_null(strstr(text, "q record"));
    assert_non_null(strstr(text, "Q quit"));
    assert_null(strstr(text, "Space"));
    free(text);
    ps_canvas_free(c);
    ps_keymap_reset();
    assert_int_equal(ps_binding_find(PS_AT_LIVE, ' ')->action, PS_DO_PAUSE);
}

/* One by one: each action can be given a key that nothing has, and keeps the table sound. */
static void every_action_can_be_given_a_key(void **state)
{
    (void)state;
    const char *name, *action;
    for (unsigned i = 0; (name = ps_keymap_action(i)); i++) {
        char why[200];
        assert_int_not_equal(ps_keymap_binding(i)->action, PS_DO_NOTHING);
        assert_true(ps_keymap_set(name, "%", why, sizeof why));
        assert_true(ps_keymap_check(&action, why, sizeof why));
        ps_keymap_reset();
        if (i > 0)
            assert_true(strcmp(ps_keymap_action(i - 1), name) < 0);
    }
}

static int set_up(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof path, "%s/a/b/poolscope.conf", folder);
    char above[80];
    snprintf(above, sizeof above, "%s/a", folder);
    return mkdir(above, 0700) == 0 && rmdir(above) == 0 ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    char name[80];
    unlink(path);
    snprintf(name, sizeof name, "%s/a/b", folder);
    rmdir(name);
    snprintf(name, sizeof name, "%s/a", folder);
    rmdir(name);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_saved_is_read_again),
        cmocka_unit_test(other_lines_stay_as_they_are),
        cmocka_unit_test(a_link_stays_a_link),
        cmocka_unit_test(what_is_wrong_is_named_with_its_line),
        cmocka_unit_test(a_file_that_is_no_text_is_refused),
        cmocka_unit_test(a_key_takes_the_place_of_another),
        cmocka_unit_test(every_action_can_be_given_a_key),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
