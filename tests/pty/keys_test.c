/* Keys of the screens, each pressed on a terminal with a real run behind it; ui_program presses all of
 * them on a fake one. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "../ui/check.h"
#include "harness.h"

static struct pty *live_at(int columns, int rows)
{
    static const char *const args[] = {"run", "steady", NULL};
    struct pty *pty =
        pty_start(&(struct pty_options){.columns = columns, .rows = rows, .args = args});
    pty_expect(pty, "LIVE");
    return pty;
}

static struct pty *start_at(int columns, int rows)
{
    struct pty *pty = pty_start(&(struct pty_options){.columns = columns, .rows = rows});
    pty_expect(pty, "Presets");
    return pty;
}

/* A key, and what it brings onto the screen. */
static void brings(struct pty *pty, const char *key, const char *text)
{
    pty_send(pty, key);
    pty_expect(pty, text);
}

/* A key, and what it takes away. */
static void removes(struct pty *pty, const char *key, const char *text)
{
    pty_send(pty, key);
    pty_expect_gone(pty, text);
}

static void why_is_told_and_put_away(void **state)
{
    (void)state;
    struct pty *pty = live_at(80, 24);
    brings(pty, "w", "Why is W0 like this?");
    removes(pty, "w", "Why is W0");
    pty_quit(pty);
}

static void details_of_the_selected_worker(void **state)
{
    (void)state;
    struct pty *pty = live_at(80, 24);
    brings(pty, "\r", "Worker W0");
    brings(pty, "j", "Worker W1");
    removes(pty, "\033", "Worker W1");
    pty_quit(pty);
}

static void the_diagnosis_shows_its_evidence(void **state)
{
    (void)state;
    struct pty *pty = live_at(80, 24);
    brings(pty, "d", "Diagnosis: ");
    removes(pty, "d", "Diagnosis: ");
    pty_quit(pty);
}

static void a_state_alone_is_coloured(void **state)
{
    (void)state;
    struct pty *pty = live_at(80, 24);
    brings(pty, "/", "Colour in the lanes");
    removes(pty, "j\r", "Colour in the lanes");
    pty_quit(pty);
}

static void panels_are_chosen(void **state)
{
    (void)state;
    struct pty *pty = live_at(120, 40);
    pty_send(pty, "p");
    pty_expect(pty, "as the screen lays them out");
    removes(pty, "\033", "as the screen lays them out");
    pty_quit(pty);
}

static void the_presenter_sees_giant_figures(void **state)
{
    (void)state;
    struct pty *pty = live_at(80, 24);
    brings(pty, "P", "presenter mode on");
    brings(pty, "P", "presenter mode off");
    pty_quit(pty);
}

static void the_time_scale_is_changed(void **state)
{
    (void)state;
    struct pty *pty = live_at(120, 40);
    brings(pty, ">", "4 min");
    pty_send(pty, "<");
    pty_expect_gone(pty, "4 min");
    pty_quit(pty);
}

static void a_trigger_is_put_away(void **state)
{
    (void)state;
    struct pty *pty = live_at(80, 24);
    brings(pty, "T", "Trigger: stop the picture when");
    removes(pty, "\033", "Trigger: stop");
    pty_quit(pty);
}

static void nothing_is_exported_that_was_not_recorded(void **state)
{
    (void)state;
    struct pty *pty = live_at(80, 24);
    brings(pty, "x", "nothing is recorded yet");
    pty_quit(pty);
}

static void help_of_the_live_screen(void **state)
{
    (void)state;
    struct pty *pty = live_at(120, 40);
    brings(pty, "?", "Help: live screen");
    removes(pty, "\033", "Help: live screen");
    pty_quit(pty);
}

static void options_open_and_close(void **state)
{
    (void)state;
    struct pty *pty = start_at(80, 24);
    brings(pty, "\033OQ", "Options");
    removes(pty, "\033", "Options:");
    pty_quit(pty);
}

static void letters_move_as_arrows_do(void **state)
{
    (void)state;
    struct pty *pty = live_at(80, 24);
    pty_expect(pty, ">W0");
    brings(pty, "j", ">W1");
    brings(pty, "k", ">W0");
    brings(pty, "G", ">W1");
    brings(pty, "g", ">W0");
    pty_quit(pty);
}

static void a_run_is_started_again(void **state)
{
    (void)state;
    struct pty *pty = live_at(80, 24);
    pid_t host = pty_host(pty);
    pty_send(pty, "r");
    pty_expect(pty, "00:01");
    pty_expect_other_host(pty, host);
    pty_quit(pty);
}

static void the_whole_screen_is_drawn_again(void **state)
{
    (void)state;
    struct pty *pty = start_at(80, 24);
    size_t before = pty->raw_size;
    pty_send(pty, "\f");
    pty_expect(pty, "Presets");
    brings(pty, "?", "Help: start screen");
    assert_true(pty->raw_size > before + 500);
    removes(pty, "\033", "Help:");
    pty_quit(pty);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(why_is_told_and_put_away),
        cmocka_unit_test(details_of_the_selected_worker),
        cmocka_unit_test(the_diagnosis_shows_its_evidence),
        cmocka_unit_test(a_state_alone_is_coloured),
        cmocka_unit_test(panels_are_chosen),
        cmocka_unit_test(the_presenter_sees_giant_figures),
        cmocka_unit_test(the_time_scale_is_changed),
        cmocka_unit_test(a_trigger_is_put_away),
        cmocka_unit_test(nothing_is_exported_that_was_not_recorded),
        cmocka_unit_test(help_of_the_live_screen),
        cmocka_unit_test(options_open_and_close),
        cmocka_unit_test(letters_move_as_arrows_do),
        cmocka_unit_test(a_run_is_started_again),
        cmocka_unit_test(the_whole_screen_is_drawn_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
