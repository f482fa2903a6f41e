/* The live screen of the real program, with a real host. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "../ui/check.h"
#include "harness.h"

static struct pty *run_at(int columns, int rows, const char *preset)
{
    char keys[64];
    struct pty *pty = pty_start(&(struct pty_options){.columns = columns, .rows = rows});
    pty_expect(pty, "Presets");
    snprintf(keys, sizeof keys, "/%s\r", preset);
    pty_send(pty, keys);
    pty_expect(pty, "Rule of thumb");
    pty_send(pty, "\r");
    pty_expect(pty, "LIVE");
    return pty;
}

/* The row of worker 0 changes from one frame to a later one. */
static bool lane_differs(struct pty *pty, const void *before)
{
    char row[1024];
    int y;
    if (!pty_find(pty, "W0", NULL, &y))
        return false;
    pty_row(pty, y, row, sizeof row);
    return strcmp(row, before) != 0;
}

static void lane_row(struct pty *pty, char row[1024])
{
    int y;
    assert_true(pty_find(pty, "W0", NULL, &y));
    pty_row(pty, y, row, 1024);
}

static void lanes_move(void **state)
{
    (void)state;
    struct pty *pty = run_at(80, 24, "steady");
    for (unsigned i = 0; i < 3; i++) {
        char row[1024];
        lane_row(pty, row);
        assert_true(pty_wait(pty, lane_differs, row));
    }
    pty_expect(pty, "threadpool:steal");
    pty_expect(pty, "done");
    pty_quit(pty);
}

static void plus_and_minus_change_the_workers(void **state)
{
    (void)state;
    struct pty *pty = run_at(120, 40, "steady");
    pty_expect(pty, "workers 2 on");
    pty_send(pty, "+");
    pty_expect(pty, "workers 3 on");
    pty_expect(pty, "W2");
    pty_send(pty, "--");
    pty_expect(pty, "workers 1 on");
    pty_send(pty, "-");
    pty_expect(pty, "one worker is the least");
    pty_quit(pty);
}

static void the_command_line_does_what_is_typed(void **state)
{
    (void)state;
    struct pty *pty = run_at(120, 40, "steady");
    pty_send(pty, ":wrokers 3\r");
    pty_expect(pty, "did you mean 'workers'?");
    pty_send(pty, "\025wor\t3\r");
    pty_expect(pty, "workers 3 on");
    pty_expect_gone(pty, "Command");
    pty_send(pty, ":\033[A\r"); /* the line before, again */
    pty_expect_gone(pty, "Command");
    pty_send(pty, ":workers 0\r");
    pty_expect(pty, "workers must be 1 to");
    pty_send(pty, "\033");
    pty_expect_gone(pty, "Command");
    pty_quit(pty);
}

static void brackets_change_the_load(void **state)
{
    (void)state;
    struct pty *pty = run_at(120, 40, "steady");
    pty_send(pty, "]");
    pty_expect(pty, "250 tasks/s offered");
    pty_send(pty, "[[");
    pty_expect(pty, "160 tasks/s offered");
    pty_quit(pty);
    pty = run_at(120, 40, "sleepers");
    pty_send(pty, "]");
    pty_expect(pty, "50 tasks in flight");
    pty_quit(pty);
}

static void the_menu_switches_the_engine(void **state)
{
    (void)state;
    struct pty *pty = run_at(120, 40, "steady");
    pty_send(pty, "e");
    pty_expect(pty, "Engine and policy");
    int x, y;
    assert_true(pty_find(pty, "pthread:channel", &x, &y));
    pty_click(pty, x, y);
    pty_expect_gone(pty, "Engine and policy");
    pty_expect(pty, "pthread:channel");
    pty_expect(pty, "LIVE");
    pty_expect(pty, "n/a");
    pty_send(pty, "e");
    pty_expect(pty, "Engine and policy");
    pty_send(pty, "\033");
    pty_expect_gone(pty, "Engine and policy");
    pty_quit(pty);
}

static void stealing_is_switched(void **state)
{
    (void)state;
    struct pty *pty = run_at(120, 40, "steady");
    pty_expect(pty, "stealing on");
    pty_send(pty, "s");
    pty_expect(pty, "stealing off");
    pty_expect(pty, "Steals: off");
    pty_send(pty, "s");
    pty_expect_gone(pty, "Steals: off");
    pty_quit(pty);
}

static void a_fault_is_injected(void **state)
{
    (void)state;
    struct pty *pty = run_at(120, 40, "steady");
    pty_send(pty, "f");
    pty_expect(pty, "Inject a fault");
    pty_send(pty, "\r");
    pty_expect(pty, "fault: stuck: W0");
    pty_expect(pty, "W0 has been in one task");
    pty_quit(pty);
}

/* Braille in a cell: a graph is drawn there. */
static bool graph_drawn(struct pty *pty, const void *what)
{
    VTermScreenCell cell;
    return vterm_screen_get_cell(pty->screen, *(const VTermPos *)what, &cell) &&
           cell.chars[0] >= 0x2800 && cell.chars[0] < 0x2900;
}

/* Cursor, marks, the mouse over a graph, a click into it, time scale, legend. */
static void instants_are_looked_at_and_marked(void **state)
{
    (void)state;
    int x, y;
    struct pty *pty = run_at(80, 24, "steady");
    pty_expect_gone(pty, "done 0/s"); /* a column is complete */
    pty_send(pty, "a");
    pty_expect(pty, "a at");
    pty_send(pty, "b");
    pty_expect(pty, "a to b");
    assert_true(pty_find(pty, "Done/s", &x, &y));
    VTermPos newest = {.row = y + 5, .col = x + 35};
    assert_true(pty_wait(pty, graph_drawn, &newest));
    pty_point(pty, newest.col, newest.row);
    pty_expect(pty, " at ");
    pty_point(pty, 0, 0);
    pty_expect(pty, "a to b");
    pty_click(pty, newest.col, newest.row);
    pty_expect_gone(pty, "a to b");
    pty_expect(pty, " at ");
    pty_send(pty, "\033");
    pty_expect(pty, "a to b");
    pty_send(pty, "\033");
    pty_expect_gone(pty, "a to b");
    pty_send(pty, ">");
    pty_expect(pty, "graphs of about 5 min");
    pty_send(pty, "/");
    pty_expect(pty, "Colour in the lanes");
    assert_true(pty_find(pty, "net", &x, &y));
    pty_click(pty, x, y);
    pty_expect(pty, ", only net");
    pty_send(pty, "\033");
    pty_expect_gone(pty, ", only net");
    pty_quit(pty);
}

static void a_trigger_stops_the_picture(void **state)
{
    (void)state;
    struct pty *pty = run_at(120, 40, "steady");
    pty_send(pty, "T");
    pty_expect(pty, "stop the picture when");
    pty_send(pty, "G\r");
    pty_expect(pty, "Enter arms");
    pty_send(pty, "speed > 3\r");
    pty_expect(pty, "there is no 'speed'");
    pty_send(pty, "\025workers > 2 keep 0s\r");
    pty_expect(pty, "T armed: workers > 2");
    pty_send(pty, "+");
    pty_expect(pty, "FROZEN");
    pty_expect(pty, "T fired");
    pty_expect(pty, "workers 3 on");
    pty_send(pty, "Z");
    pty_expect_gone(pty, "FROZEN");
    pty_send(pty, "T");
    pty_expect(pty, "save a recording");
    pty_expect(pty, "arm again");
    pty_send(pty, "\033");
    pty_quit(pty);
}

static void space_pauses_and_resumes(void **state)
{
    (void)state;
    struct pty *pty = run_at(80, 24, "steady");
    pty_send(pty, " ");
    pty_expect(pty, "PAUSED");
    pty_expect(pty, "The workload is paused");
    pty_send(pty, " ");
    pty_expect(pty, "LIVE");
    pty_quit(pty);
}

static void z_freezes_the_view(void **state)
{
    (void)state;
    struct pty *pty = run_at(80, 24, "steady");
    char row[1024], later[1024];
    pty_send(pty, "Z");
    pty_expect(pty, "FROZEN");
    lane_row(pty, row);
    pty_send(pty, "?");
    pty_expect(pty, "Help: live screen");
    pty_send(pty, "\033");
    pty_expect_gone(pty, "Help: live screen");
    lane_row(pty, later);
    assert_string_equal(row, later);
    pty_send(pty, "Z");
    pty_expect(pty, "LIVE");
    pty_quit(pty);
}

static void panels_are_reached_and_zoomed(void **state)
{
    (void)state;
    struct pty *pty = run_at(80, 24, "steady");
    pty_send(pty, "4z");
    pty_expect(pty, "p99.9");
    pty_send(pty, "\t");
    pty_expect(pty, "thief row, victim column");
    pty_send(pty, "\033");
    pty_expect(pty, "Diagnosis");
    pty_expect(pty, "Lanes");
    pty_quit(pty);
}

/* Pages above the run: its evidence, why a worker is as it is, all its figures. */
static void pages_show_the_run_as_it_is(void **state)
{
    (void)state;
    struct pty *pty = run_at(120, 40, "circle");
    pty_expect(pty, "DEADLOCK: 2 of 2");
    pty_send(pty, "w");
    pty_expect(pty, "Why is W0 like this?");
    pty_expect(pty, "W0 waits for child tasks, for");
    pty_expect(pty, "step 3 of 3: join");
    pty_send(pty, "j");
    pty_expect(pty, "Why is W1 like this?");
    pty_send(pty, "\r");
    pty_expect(pty, "Worker W1: waits for child tasks");
    pty_send(pty, "d");
    pty_expect(pty, "2 of 2");
    pty_expect(pty, "L lesson 14 shows it");
    pty_send(pty, "+++");
    pty_expect_gone(pty, "DEADLOCK");
    pty_expect_gone(pty, "L lesson 14 shows it");
    pty_send(pty, "\033");
    pty_expect_gone(pty, "Diagnosis: ");
    pty_quit(pty);
}

/* Four parents on two workers: with three more there is one that runs the children. */
static void a_deadlock_is_named_and_workers_end_it(void **state)
{
    (void)state;
    struct pty *pty = run_at(80, 24, "circle");
    pty_expect(pty, "DEADLOCK: 2 of 2 workers wait for children");
    int x, y;
    assert_true(pty_find(pty, "+ one worker more   r restart", &x, &y));
    pty_click(pty, x + 4, y);
    pty_expect(pty, "DEADLOCK: 3 of 3 workers");
    pty_send(pty, "++");
    pty_expect_gone(pty, "DEADLOCK");
    pty_expect(pty, "the deadlock is over");
    pty_send(pty, "r");
    pty_expect(pty, "LIVE");
    pty_quit(pty);
}

static void a_click_on_the_key_bar_pauses(void **state)
{
    (void)state;
    struct pty *pty = run_at(80, 24, "steady");
    int x, y;
    assert_true(pty_find(pty, "Space pause", &x, &y));
    pty_click(pty, x + 7, y);
    pty_expect(pty, "PAUSED");
    pty_quit(pty);
}

static void themes_cycle(void **state)
{
    (void)state;
    struct pty *pty = run_at(80, 24, "steady");
    pty_send(pty, "t");
    pty_expect(pty, "theme: light");
    pty_send(pty, "t");
    pty_expect(pty, "theme: mono");
    assert_false(pty_has_colour(pty));
    pty_quit(pty);
}

static void escape_goes_back_one_level(void **state)
{
    (void)state;
    struct pty *pty = run_at(80, 24, "steady");
    pty_send(pty, "\033");
    pty_expect(pty, "Esc again ends the run");
    pty_send(pty, "\033");
    pty_expect(pty, "Setup (Tab to change)");
    pty_expect_gone(pty, "LIVE");
    pty_expect_no_host(pty);
    pty_quit(pty);
}

static void odd_sizes_are_shown(void **state)
{
    (void)state;
    struct pty *pty = run_at(79, 23, "steady");
    pty_expect(pty, "1Lanes"); /* one panel */
    pty_resize(pty, 59, 15);
    pty_expect(pty, "59 x 15 is too small");
    pty_resize(pty, 60, 16);
    pty_expect_gone(pty, "too small");
    pty_expect(pty, "LIVE");
    pty_resize(pty, 1, 1);
    pty_resize(pty, 160, 45);
    pty_expect(pty, "Tasks in flight");
    pty_quit(pty);
}

/* The upper and lower edges of the screen are drawn for this size. */
static bool fits(struct pty *pty, const void *none)
{
    char row[1024];
    (void)none;
    pty_row(pty, pty->rows - 1, row, sizeof row);
    if (!strstr(row, "Space pause") && !strstr(row, "q quit"))
        return false;
    pty_row(pty, 0, row, sizeof row);
    return strstr(row, "threadpool:steal") != NULL;
}

static void a_storm_of_resizes_ends_in_a_whole_frame(void **state)
{
    (void)state;
    struct pty *pty = run_at(100, 30, "steady");
    for (unsigned i = 0; i < 400; i++)
        pty_resize(pty, 20 + (int)(i * 37 % 180), 5 + (int)(i * 13 % 50));
    pty_resize(pty, 80, 24);
    assert_true(pty_wait(pty, fits, NULL));
    pty_expect(pty, "Diagnosis");
    pty_quit(pty);
}

static void many_keys_are_all_taken(void **state)
{
    (void)state;
    struct pty *pty = run_at(80, 24, "steady");
    for (unsigned i = 0; i < 2000; i++)
        pty_send(pty, "\t\t\t\t\t\t\t\t"); /* round the eight panels */
    pty_send(pty, "z");
    pty_expect(pty, "1 Lanes");
    pty_send(pty, "?");
    pty_expect(pty, "Help: live screen");
    pty_send(pty, "\033");
    pty_quit(pty);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lanes_move),
        cmocka_unit_test(plus_and_minus_change_the_workers),
        cmocka_unit_test(the_command_line_does_what_is_typed),
        cmocka_unit_test(brackets_change_the_load),
        cmocka_unit_test(the_menu_switches_the_engine),
        cmocka_unit_test(stealing_is_switched),
        cmocka_unit_test(a_fault_is_injected),
        cmocka_unit_test(instants_are_looked_at_and_marked),
        cmocka_unit_test(a_trigger_stops_the_picture),
        cmocka_unit_test(space_pauses_and_resumes),
        cmocka_unit_test(z_freezes_the_view),
        cmocka_unit_test(panels_are_reached_and_zoomed),
        cmocka_unit_test(pages_show_the_run_as_it_is),
        cmocka_unit_test(a_deadlock_is_named_and_workers_end_it),
        cmocka_unit_test(a_click_on_the_key_bar_pauses),
        cmocka_unit_test(themes_cycle),
        cmocka_unit_test(escape_goes_back_one_level),
        cmocka_unit_test(odd_sizes_are_shown),
        cmocka_unit_test(a_storm_of_resizes_ends_in_a_whole_frame),
        cmocka_unit_test(many_keys_are_all_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
