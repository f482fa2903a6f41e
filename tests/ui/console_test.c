/* The command line: words, completion, history, its look. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "golden.h"
#include "host/control.h"
#include "presets.h"
#include "scene.h"
#include "ui/console.h"
#include "ui/live_screen.h"

static struct ps_library library;

static int set_up(void **state)
{
    (void)state;
    presets_fill(&library);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    free(library.presets);
    return 0;
}

static struct ps_console_context context_at(enum ps_place place)
{
    return (struct ps_console_context){.words = &presets_words,
                                       .library = &library,
                                       .experiment = &library.presets[0].experiment,
                                       .place = place};
}

/* A control line that the host understands can be typed; `ping` is between the programs. */
static void every_control_line_can_be_typed(void **state)
{
    (void)state;
    struct ps_console_context context = context_at(PS_AT_LIVE);
    for (const char *const *word = ps_control_words; *word; word++) {
        char why[200] = "";
        const char *arguments;
        const struct ps_console_word *found =
            ps_console_find(&context, *word, &arguments, why, sizeof why);
        if (strcmp(*word, "ping") == 0)
            assert_null(found);
        else if (!found)
            fail_msg("%s: %s", *word, why);
        else
            assert_string_equal(found->word, *word);
    }
}

static void words_are_found_by_a_unique_beginning(void **state)
{
    (void)state;
    static const struct {
        const char *line, *word, *arguments;
        enum ps_place place;
    } cases[] = {
        {"workers 8", "workers", "8", PS_AT_LIVE},
        {"  wor   +2", "workers", "+2", PS_AT_LIVE},
        {"q", "quit", "", PS_AT_LIST},
        {"fault stuck 0 2s", "fault", "stuck 0 2s", PS_AT_LIVE},
        {"set engine.workers 8", "set", "engine.workers 8", PS_AT_FORM},
        {"run", "run", "", PS_AT_LIVE}, /* whole, though "run..." may be others' beginning */
        {"workers 8", NULL, "8", PS_AT_LIST},
        {"set engine.workers 8", NULL, "engine.workers 8", PS_AT_LIVE},
        {"s", NULL, "", PS_AT_LIVE},
        {"", NULL, "", PS_AT_LIVE},
        {"wrokers 3", NULL, "3", PS_AT_LIVE},
    };
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct ps_console_context context = context_at(cases[i].place);
        char why[200] = "";
        const char *arguments;
        const struct ps_console_word *found =
            ps_console_find(&context, cases[i].line, &arguments, why, sizeof why);
        assert_string_equal(arguments, cases[i].arguments);
        if (!cases[i].word) {
            assert_null(found);
            assert_true(why[0] != '\0');
        } else if (!found || strcmp(found->word, cases[i].word) != 0) {
            fail_msg("%s: found %s", cases[i].line, found ? found->word : why);
        }
    }
    struct ps_console_context context = context_at(PS_AT_LIVE);
    char why[200];
    const char *arguments;
    ps_console_find(&context, "wrokers 3", &arguments, why, sizeof why);
    assert_string_equal(why, "unknown command 'wrokers'; did you mean 'workers'?");
}

static void tab_goes_as_far_as_is_certain(void **state)
{
    (void)state;
    static const struct {
        const char *before, *after; /* NULL: as before */
        enum ps_place place;
    } cases[] = {
        {"wor", "workers ", PS_AT_LIVE},
        {"workers", "workers ", PS_AT_LIVE},
        {"workers 8", NULL, PS_AT_LIVE},
        {"st", NULL, PS_AT_LIVE}, /* stealing, stop */
        {"re", NULL, PS_AT_LIVE}, /* resume, restart, record */
        {"stea", "stealing ", PS_AT_LIVE},
        {"stealing o", NULL, PS_AT_LIVE},
        {"stealing of", "stealing off", PS_AT_LIVE},
        {"engine threadpool:s", "engine threadpool:steal", PS_AT_LIVE},
        {"fault bu", "fault burst", PS_AT_LIVE},
        {"theme li", "theme light", PS_AT_LIST},
        {"set engine.wor", "set engine.workers", PS_AT_LIST},
        {"lesson skew", NULL, PS_AT_LIVE},
        {"zzz", NULL, PS_AT_LIVE},
        {"zzz y", NULL, PS_AT_LIVE},
    };
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct ps_console_context context = context_at(cases[i].place);
        char line[PS_CONSOLE_BYTES];
        snprintf(line, sizeof line, "%s", cases[i].before);
        bool changed = ps_console_complete(&context, line, sizeof line);
        assert_string_equal(line, cases[i].after ? cases[i].after : cases[i].before);
        assert_int_equal(changed, cases[i].after != NULL);
    }
    char small[8] = "wor";
    struct ps_console_context context = context_at(PS_AT_LIVE);
    assert_false(ps_console_complete(&context, small, sizeof small)); /* no room for the blank */
}

static void the_hint_says_what_can_follow(void **state)
{
    (void)state;
    struct ps_console_context context = context_at(PS_AT_LIVE);
    char hint[480];
    ps_console_hint(&context, "", hint, sizeof hint);
    assert_true(strncmp(hint, "workers  rate  in_flight", 24) == 0);
    ps_console_hint(&context, "wo", hint, sizeof hint);
    assert_string_equal(hint, "workers N | +N | -N: resize the pool");
    ps_console_hint(&context, "stealing ", hint, sizeof hint);
    assert_string_equal(hint, "stealing on | off: idle workers take work from others.  on  off");
    ps_console_hint(&context, "zzz", hint, sizeof hint);
    assert_string_equal(hint, "");
    char tiny[6];
    ps_console_hint(&context, "", tiny, sizeof tiny);
    assert_string_equal(tiny, "worke");
}

static void up_and_down_walk_the_lines(void **state)
{
    (void)state;
    struct ps_console_history *h = calloc(1, sizeof *h);
    char line[PS_CONSOLE_BYTES] = "typed";
    ps_console_recall(h, -1, line);
    assert_string_equal(line, "typed");
    ps_console_keep(h, "");
    ps_console_keep(h, "one");
    ps_console_keep(h, "two");
    ps_console_keep(h, "two");
    assert_int_equal(h->count, 2);
    static const char *const up[] = {"two", "one", "one"}, *const down[] = {"two", "typed",
                                                                            "typed"};
    for (unsigned i = 0; i < 3; i++) {
        ps_console_recall(h, -1, line);
        assert_string_equal(line, up[i]);
    }
    for (unsigned i = 0; i < 3; i++) {
        ps_console_recall(h, 1, line);
        assert_string_equal(line, down[i]);
    }
    for (unsigned i = 0; i < 3 * PS_CONSOLE_LINES; i++) {
        snprintf(line, sizeof line, "line %u", i);
        ps_console_keep(h, line);
    }
    for (unsigned i = 0; i < 2 * PS_CONSOLE_LINES; i++)
        ps_console_recall(h, -1, line);
    assert_string_equal(line, "line 64"); /* 96 lines, the last 32 are there */
    free(h);
}

static void golden_over_a_run(void **state)
{
    (void)state;
    static const struct {
        int width, height;
        const char *line, *name;
    } cases[] = {{80, 24, "", "console"},
                 {60, 16, "engine ", "console-60x16"},
                 {80, 24, "wrokers 9", "console-wrong"}};
    struct scene *scene = scene_new(SCENE_STEAL, 4, 20);
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct ps_console_context context = context_at(PS_AT_LIVE);
        struct ps_overlay overlay = {.kind = PS_OVERLAY_CONSOLE};
        char hint[480];
        const char *arguments;
        snprintf(overlay.input, sizeof overlay.input, "%s", cases[i].line);
        ps_console_hint(&context, cases[i].line, hint, sizeof hint);
        overlay.text = hint;
        if (!hint[0])
            ps_console_find(&context, cases[i].line, &arguments, overlay.complaint,
                            sizeof overlay.complaint);
        scene->view.overlay = &overlay;
        struct ps_canvas *c = ps_canvas_new(cases[i].width, cases[i].height, false);
        ps_live_screen_draw(c, &scene->view);
        golden_check(c, cases[i].name);
        ps_canvas_free(c);
    }
    scene_free(scene);
}

/* The end of a long line is what one types at. */
static void a_long_line_shows_its_end(void **state)
{
    (void)state;
    char line[PS_CONSOLE_BYTES];
    memset(line, 'x', sizeof line);
    memcpy(line + sizeof line - 10, "\xc3\xa4 the end", 10);
    line[sizeof line - 1] = '\0';
    for (int width = 1; width <= 40; width++) {
        struct ps_canvas *c = ps_canvas_new(width, 3, false);
        ps_console_draw(c, line, "a hint", "");
        char *text = ps_canvas_text(c);
        if (width >= 16)
            assert_non_null(strstr(text, "the en"));
        free(text);
        ps_canvas_free(c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_control_line_can_be_typed),
        cmocka_unit_test(words_are_found_by_a_unique_beginning),
        cmocka_unit_test(tab_goes_as_far_as_is_certain),
        cmocka_unit_test(the_hint_says_what_can_follow),
        cmocka_unit_test(up_and_down_walk_the_lines),
        cmocka_unit_test(golden_over_a_run),
        cmocka_unit_test(a_long_line_shows_its_end),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
