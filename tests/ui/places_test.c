/* What lies above the screens, at every layout: menus, forms, prompts, pages and the command line as
 * the whole program draws them on a fake terminal, with the engines that there are. golden_check()
 * also fails where words are cut. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "fake_term.h"
#include "golden.h"
#include "home.h"
#include "host/host.h"
#include "ui/keys.h"

static const int sizes[][2] = {{60, 16}, {80, 24}, {120, 40}, {200, 60}};
enum { SIZES = sizeof sizes / sizeof sizes[0], WAY_MAX = 20 };

static const struct place {
    const char *name;
    int keys[WAY_MAX]; /* from the start of the program; 0 ends */
} places[] = {
    {"menu-engine", {PS_INPUT_ENTER, 'e'}},
    {"menu-fault", {PS_INPUT_ENTER, 'f'}},
    {"menu-filter", {PS_INPUT_ENTER, '/'}},
    {"menu-panels", {PS_INPUT_ENTER, 'p'}},
    {"menu-trigger", {PS_INPUT_ENTER, 'T'}},
    {"prompt-trigger", {PS_INPUT_ENTER, 'T', PS_INPUT_ENTER}},
    {"trigger-armed", {PS_INPUT_ENTER, 'T', PS_INPUT_ENTER, PS_INPUT_ENTER}},
    {"prompt-open", {'o'}},
    {"prompt-open-wrong", {'o', PS_INPUT_CTRL_U, 'x', PS_INPUT_ENTER}},
    {"prompt-save", {'s'}},
    {"prompt-search", {'/', 's', 'k'}},
    {"options-keys", {PS_INPUT_F2, PS_INPUT_UP}},
    {"help-start", {'?'}},
    {"help-live", {PS_INPUT_ENTER, '?'}},
    {"help-compare", {'c', '?'}},
    {"help-tune", {'u', '?'}},
    {"help-lesson", {PS_INPUT_DOWN, PS_INPUT_DOWN, 'L', '?'}},
    {"help-page", {PS_INPUT_ENTER, 'd', '?'}},
    {"page-worker-running", {PS_INPUT_ENTER, PS_INPUT_DOWN, PS_INPUT_ENTER}},
    {"page-why-sleeping", {PS_INPUT_ENTER, PS_INPUT_DOWN, 'w'}},
    {"page-type-idle", {PS_INPUT_ENTER, '9', PS_INPUT_DOWN, PS_INPUT_ENTER}},
    {"console-mix", {PS_INPUT_ENTER, 'm'}},
    {"console-words", {PS_INPUT_ENTER, ':', PS_INPUT_TAB}},
    {"console-completed", {PS_INPUT_ENTER, ':', 'e', 'n', 'g', PS_INPUT_TAB}},
    {"console-refused", {PS_INPUT_ENTER, ':', 'z', 'a', 'p', ' ', '4', '\n'}},
    {"form-compare", {'c'}},
    {"form-compare-menu", {'c', 'e'}},
    {"form-tune", {'u'}},
    {"form-tune-menu", {'u', 'e'}},
    {"lesson-notes", {PS_INPUT_DOWN, PS_INPUT_DOWN, 'L', 't'}},
};
enum { PLACES = sizeof places / sizeof places[0] };

static const char lesson[] =
    "# Skewed tasks\n\n## Question\nWhen are the short ones done?\n\n1. At once\n2. After the long "
    "one *\n\n## Watch for\n* The queue.\n\n## Why\nWork stays where it was put.\n\n## In real "
    "life\nGo steals.\n\n## Try next\n* Press s.\n\n## References\n* Blumofe and Leiserson 1999\n\n"
    "## Teacher notes\nLet them count hands first, and ask those who were wrong for their "
    "reason.\n";

struct visit {
    const struct place *place;
    unsigned at;
};

static int next_key(void *user, const struct ps_canvas *frame)
{
    struct visit *v = user;
    int key = v->at < WAY_MAX ? v->place->keys[v->at++] : 0;
    if (key)
        return key;
    char name[64];
    snprintf(name, sizeof name, "%s-%dx%d", v->place->name, frame->width, frame->height);
    golden_check(frame, name);
    return PS_INPUT_HANGUP;
}

static void golden_of_every_place(void **state)
{
    (void)state;
    for (unsigned p = 0; p < PLACES; p++)
        for (unsigned i = 0; i < SIZES; i++) {
            struct visit v = {.place = &places[p]};
            fake_host = (struct fake_host){.snapshot = home_scene->snapshot};
            struct ps_ui_options options = {.words = ps_host_vocabulary(),
                                            .library = &home_library,
                                            .usable_cpus = 8,
                                            .machine = "8 cpu  16 GiB",
                                            .launcher = &fake_launcher};
            fake_run(&options, sizes[i][0], sizes[i][1], next_key, &v);
        }
}

static int set_up(void **state)
{
    (void)state;
    return home_make(lesson);
}

static int tear_down(void **state)
{
    (void)state;
    return home_remove();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden_of_every_place),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
