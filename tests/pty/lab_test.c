/* The screens of the lab in the real program, with slots of a tenth of a second. */
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "../ui/check.h"
#include "harness.h"

static struct pty *start(void)
{
    struct pty *pty = pty_start(&(struct pty_options){.columns = 100, .rows = 30});
    pty_expect(pty, "Steady stealing");
    pty_send(pty, "/steady\r");
    pty_expect(pty, "Short tasks on two workers");
    return pty;
}

/* Choose, measure, look; Esc goes back one level at a time. */
static void two_engines_are_compared(void **state)
{
    (void)state;
    struct pty *pty = start();
    pty_send(pty, "c");
    pty_expect(pty, "What is compared");
    pty_send(pty, "e");
    pty_expect(pty, "B: engine and policy");
    pty_send(pty, "G\r");
    pty_expect_gone(pty, "B: engine and policy");
    pty_send(pty, "=");
    pty_expect(pty, "A and B differ in");
    pty_send(pty, "\033");
    pty_expect_gone(pty, "A and B differ in");
    pty_send(pty, "jj\033[D\033[D"); /* 3 rounds */
    pty_send(pty, "j\033[D\033[D\033[D\033[D");
    pty_expect(pty, "< 100 ms >");
    pty_send(pty, "\r");
    pty_expect(pty, "measured: 3 rounds");
    pty_expect(pty, "verdict");
    pty_send(pty, "n");
    pty_expect(pty, "measured: 6 rounds");
    pty_send(pty, "\033");
    pty_expect(pty, "What is compared");
    pty_send(pty, "\033");
    pty_expect(pty, "Short tasks on two workers");
    pty_expect_no_host(pty);
    pty_quit(pty);
}

/* A measurement needs the machine: the live run, which the form leaves alone, ends, and begins again
 * on the way back. */
static void a_live_run_makes_room(void **state)
{
    (void)state;
    struct pty *pty = start();
    pty_send(pty, "\r");
    pty_expect(pty, "LIVE");
    pid_t live = pty_host(pty);
    pty_send(pty, "c");
    pty_expect(pty, "What is compared");
    pty_send(pty, "\033");
    pty_expect(pty, "LIVE");
    assert_int_equal(pty_host(pty), live);
    pty_send(pty, "c");
    pty_expect(pty, "What is compared");
    pty_send(pty, "\r");
    pty_expect(pty, "the live run has ended");
    pty_send(pty, "\033");
    pty_expect(pty, "Esc again stops");
    pty_send(pty, "\033");
    pty_expect(pty, "What is compared");
    pty_send(pty, "\033");
    pty_expect(pty, "the run begins again");
    pty_quit(pty);
}

/* A sweep from 1 to 2 workers: a guess before, the answer after, a race, and the count taken into
 * a live run. */
static void a_worker_count_is_found(void **state)
{
    (void)state;
    struct pty *pty = start();
    pty_send(pty, "u");
    pty_expect(pty, "What is measured");
    for (unsigned i = 0; i < 20; i++)
        pty_send(pty, "h"); /* from 1 to 1 worker at the least */
    pty_send(pty, "ljh");   /* to 2; 2 repeats */
    pty_expect(pty, "< 2 >");
    pty_send(pty, "jhhhhh");
    pty_expect(pty, "< 100 ms >");
    pty_send(pty, "9\r");
    pty_expect(pty, "a number from 1 to 2");
    pty_send(pty, "\x15"
                  "1\r");
    pty_expect(pty, "Your guess: 1 worker");
    pty_send(pty, "\r");
    pty_expect(pty, "measured: 2 points");
    pty_expect(pty, "highest measured");
    pty_expect(pty, "your guess");
    pty_send(pty, "t");
    pty_expect(pty, "the race");
    pty_send(pty, "\033");
    pty_expect_gone(pty, "the race");
    pty_send(pty, "y20m\r");
    pty_expect(pty, "a time with its unit");
    pty_send(pty, "s\r");
    pty_expect(pty, "goal 20");
    pty_send(pty, "ynone\x15none\r");
    pty_expect_gone(pty, "goal 20");
    pty_send(pty, "\r");
    pty_expect(pty, "LIVE");
    pty_expect(pty, "what a saturated pool needs; this run offers");
    pty_quit(pty);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_engines_are_compared),
        cmocka_unit_test(a_live_run_makes_room),
        cmocka_unit_test(a_worker_count_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
