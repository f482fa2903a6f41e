/* The start screen of the real program. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "../ui/check.h"
#include "harness.h"

static struct pty *start(void)
{
    struct pty *pty = pty_start(&(struct pty_options){0});
    pty_expect(pty, "Steady stealing");
    return pty;
}

static void it_shows_presets_and_a_form(void **state)
{
    (void)state;
    struct pty *pty = start();
    pty_expect(pty, "Closed sleepers");
    pty_expect(pty, "Setup (Tab to change)");
    pty_expect(pty, "Rule of thumb");
    pty_expect(pty, "this machine");
    pty_expect(pty, "Enter run");
    pty_quit(pty);
}

static void search_narrows_the_list(void **state)
{
    (void)state;
    struct pty *pty = start();
    pty_send(pty, "/sleepers");
    pty_expect(pty, "/sleepers_");
    pty_expect_gone(pty, "Steady stealing");
    pty_expect(pty, "Closed sleepers");
    pty_send(pty, "zzz");
    pty_expect(pty, "no preset matches");
    pty_send(pty, "\033");
    pty_expect(pty, "Steady stealing");
    pty_quit(pty);
}

/* Go to the preset of the tests, whatever the order of the list is. */
static void choose_steady(struct pty *pty)
{
    pty_send(pty, "/steady\r");
    pty_expect(pty, "Short tasks on two workers");
}

static void the_form_steps_choices(void **state)
{
    (void)state;
    struct pty *pty = start();
    choose_steady(pty);
    pty_send(pty, "\t");
    pty_expect(pty, "< threadpool >");
    pty_send(pty, "\033[C");
    pty_expect_gone(pty, "< threadpool >");
    pty_expect(pty, "changed for this run");
    pty_send(pty, "\033[D");
    pty_expect(pty, "< threadpool >");
    pty_quit(pty);
}

static void the_form_checks_what_is_typed(void **state)
{
    (void)state;
    struct pty *pty = start();
    choose_steady(pty);
    pty_send(pty, "\t\033[B\033[B");
    pty_expect(pty, "< 2 >");
    pty_send(pty, "999");
    pty_expect(pty, "1..256");
    pty_send(pty, "\r"); /* not accepted */
    pty_expect(pty, "1..256");
    pty_send(pty, "\x15");
    pty_send(pty, "3");
    pty_expect_gone(pty, "1..256");
    pty_send(pty, "\r");
    pty_expect(pty, "< 3 >");
    pty_expect(pty, "= 3 on");
    pty_quit(pty);
}

static void a_wrong_preset_says_what_is_wrong(void **state)
{
    (void)state;
    struct pty *pty = start();
    pty_send(pty, "/wrong\r");
    pty_expect(pty, "allowed:"); /* the length of the path decides where the line breaks */
    pty_send(pty, "\r");
    pty_expect(pty, "cannot run");
    pty_quit(pty);
}

static void the_lesson_text_opens_and_closes(void **state)
{
    (void)state;
    struct pty *pty = start();
    choose_steady(pty);
    pty_send(pty, "L");
    pty_expect(pty, "and that is the lesson");
    pty_send(pty, "\033");
    pty_expect_gone(pty, "and that is the lesson");
    pty_quit(pty);
}

static void the_command_opens_the_lesson(void **state)
{
    (void)state;
    static const char *const args[] = {"lesson", "sleepers", NULL};
    struct pty *pty = pty_start(&(struct pty_options){.args = args});
    pty_expect(pty, "step 1 of 7: QUESTION");
    assert_int_equal(pty_host(pty), 0);
    pty_send(pty, "\033");
    pty_expect(pty, "Presets");
    pty_quit(pty);
}

static void a_lesson_is_predicted_run_and_explained(void **state)
{
    (void)state;
    struct pty *pty = start();
    pty_send(pty, "/sleepers\r");
    pty_expect(pty, "How many"); /* the question beside the list */
    pty_expect(pty, "The workers are idle.");
    pty_send(pty, "L");
    pty_expect(pty, "step 1 of 7: QUESTION");
    assert_false(pty_shows(pty, "None: a sleeping task"));
    pty_send(pty, "\r122");
    pty_expect(pty, "None: a sleeping task is parked");
    pty_expect(pty, "3 hands up.");
    assert_false(pty_shows(pty, "no thread"));
    pty_send(pty, "\r");
    pty_expect(pty, "Run 1 of 1");
    pty_expect(pty, "W1"); /* real lanes */
    pty_send(pty, "\033[C");
    pty_expect(pty, "The answer is 1: 1 of 3 hands were right.");
    pty_expect(pty, "cut short");
    pty_expect_no_host(pty);
    pty_send(pty, "\r");
    pty_expect(pty, "A parked task needs a stack and a timer, but no thread.");
    pty_send(pty, "\033");
    pty_expect(pty, "✓"); /* done, in the list */
    pty_send(pty, "L");
    pty_expect(pty, "step 5 of 7: WHY"); /* where it was left */
    pty_send(pty, "y");
    pty_expect(pty, "LIVE");
    pty_quit(pty);
}

static void help_lists_the_keys(void **state)
{
    (void)state;
    struct pty *pty = start();
    pty_send(pty, "?");
    pty_expect(pty, "Help: start screen");
    pty_expect(pty, "search presets by name and text");
    pty_send(pty, "\033");
    pty_expect_gone(pty, "Help: start screen");
    pty_quit(pty);
}

static void a_setup_is_saved_as_a_preset(void **state)
{
    (void)state;
    struct pty *pty = start();
    choose_steady(pty);
    pty_send(pty, "s");
    pty_expect(pty, "my-steady");
    pty_send(pty, "\r");
    pty_expect(pty, "saved:");
    char path[200];
    struct stat file;
    snprintf(path, sizeof path, "%s/config/poolscope/presets/my-steady.ini", pty->home);
    assert_int_equal(stat(path, &file), 0);
    pty_send(pty, "s");
    pty_expect(pty, "name");
    pty_send(pty, "\r");
    pty_expect(pty, "Enter again replaces it");
    pty_send(pty, "\033");
    pty_expect_gone(pty, "Enter again");
    pty_quit(pty);
}

static void clicks_on_the_key_bar_work(void **state)
{
    (void)state;
    struct pty *pty = start();
    int x, y;
    assert_true(pty_find(pty, "? help", &x, &y));
    pty_click(pty, x + 3, y);
    pty_expect(pty, "Help: start screen");
    assert_true(pty_find(pty, "Esc close", &x, &y));
    pty_click(pty, x, y);
    pty_expect_gone(pty, "Help: start screen");
    pty_quit(pty);
}

static void no_mouse_leaves_the_mouse_alone(void **state)
{
    (void)state;
    static const char *const args[] = {"start", "--no-mouse", NULL};
    struct pty *pty = pty_start(&(struct pty_options){.args = args});
    pty_expect(pty, "Steady stealing");
    assert_false(pty_wrote(pty, "\033[?1000h"));
    pty_quit(pty);
}

static void no_color_has_no_colour(void **state)
{
    (void)state;
    struct pty *pty = pty_start(&(struct pty_options){.no_color = "1"});
    pty_expect(pty, "Steady stealing");
    assert_false(pty_has_colour(pty));
    pty_quit(pty);
    pty = start();
    assert_true(pty_has_colour(pty));
    pty_quit(pty);
}

static void the_c_locale_gets_ascii(void **state)
{
    (void)state;
    struct pty *pty = pty_start(&(struct pty_options){.locale = "C"});
    pty_expect(pty, "Steady stealing");
    for (size_t i = 0; i < pty->raw_size; i++)
        assert_true((unsigned char)pty->raw[i] < 0x80);
    pty_quit(pty);
}

static void old_terminals_work(void **state)
{
    (void)state;
    static const char *const terms[] = {"vt100", "linux", "screen", "xterm", "tmux-256color"};
    for (unsigned i = 0; i < sizeof terms / sizeof terms[0]; i++) {
        struct pty *pty = pty_start(&(struct pty_options){.term = terms[i]});
        pty_expect(pty, "Steady stealing");
        pty_send(pty, "q");
        int status = pty_wait_exit(pty);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
        pty_free(pty);
    }
}

static void an_unknown_terminal_is_refused(void **state)
{
    (void)state;
    struct pty *pty = pty_start(&(struct pty_options){.term = "no-such-terminal"});
    int status = pty_wait_exit(pty);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 2);
    assert_true(pty_wrote(pty, "TERM=no-such-terminal is not a known kind of terminal"));
    pty_assert_restored(pty);
    pty_free(pty);
}

static void put_options(const struct pty *pty, const char *text)
{
    char path[128];
    snprintf(path, sizeof path, "%s/config/poolscope/poolscope.conf", pty->home);
    FILE *to = fopen(path, "w");
    assert_non_null(to);
    fputs(text, to);
    assert_int_equal(fclose(to), 0);
}

/* What was chosen is there the next time, and a key of one's own; what is wrong is named. */
static void options_are_kept(void **state)
{
    (void)state;
    struct pty *first = pty_start(&(struct pty_options){.columns = 80, .rows = 24});
    pty_expect(first, "Presets");
    pty_send(first, "\033OQ"); /* F2 */
    pty_expect(first, "[dark]");
    pty_send(first, "jjl");
    pty_expect(first, "[ascii]");
    pty_send(first, "\033q");
    pty_wait_exit(first);
    pty_assert_restored(first);
    struct pty_options again = {.columns = 80, .rows = 24, .home = first->home};
    struct pty *pty = pty_start(&again);
    pty_expect(pty, "+ Presets -");
    pty_send(pty, "q");
    pty_wait_exit(pty);
    pty_free(pty);
    put_options(first, "[keys]\nquit = Q\n");
    pty = pty_start(&again);
    pty_expect(pty, "Q quit");
    pty_send(pty, "Q");
    assert_int_equal(WEXITSTATUS(pty_wait_exit(pty)), 0);
    pty_free(pty);
    put_options(first, "[keys]\nquit = s\n");
    pty = pty_start(&again);
    assert_int_equal(WEXITSTATUS(pty_wait_exit(pty)), 2);
    assert_true(pty_wrote(pty, "poolscope.conf:2: keys.quit"));
    pty_free(pty);
    pty_free(first);
}

/* There the program speaks in plain lines; it writes no escape sequence. */
static void a_dumb_terminal_gets_plain_text(void **state)
{
    (void)state;
    static const char *const terms[] = {"dumb", ""};
    for (unsigned i = 0; i < 2; i++) {
        struct pty *pty = pty_start(&(struct pty_options){.term = terms[i]});
        int status = pty_wait_exit(pty);
        assert_true(WIFEXITED(status));
        assert_true(pty->raw_size > 0);
        assert_false(pty_wrote(pty, "\033"));
        pty_assert_restored(pty);
        pty_free(pty);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_shows_presets_and_a_form),
        cmocka_unit_test(search_narrows_the_list),
        cmocka_unit_test(the_form_steps_choices),
        cmocka_unit_test(the_form_checks_what_is_typed),
        cmocka_unit_test(a_wrong_preset_says_what_is_wrong),
        cmocka_unit_test(the_lesson_text_opens_and_closes),
        cmocka_unit_test(a_lesson_is_predicted_run_and_explained),
        cmocka_unit_test(the_command_opens_the_lesson),
        cmocka_unit_test(help_lists_the_keys),
        cmocka_unit_test(a_setup_is_saved_as_a_preset),
        cmocka_unit_test(clicks_on_the_key_bar_work),
        cmocka_unit_test(no_mouse_leaves_the_mouse_alone),
        cmocka_unit_test(no_color_has_no_colour),
        cmocka_unit_test(the_c_locale_gets_ascii),
        cmocka_unit_test(old_terminals_work),
        cmocka_unit_test(an_unknown_terminal_is_refused),
        cmocka_unit_test(options_are_kept),
        cmocka_unit_test(a_dumb_terminal_gets_plain_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
