/* Every way out restores the terminal, and what ends is named. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../ui/check.h"
#include "harness.h"

static struct pty *start(bool live)
{
    struct pty *pty = pty_start(&(struct pty_options){0});
    pty_expect(pty, "Presets");
    if (live) {
        pty_send(pty, "/steady\r\r");
        pty_expect(pty, "LIVE");
    }
    return pty;
}

/* Sanitizers answer faults themselves and exit; everybody else dies of the signal. */
static bool honest(int status, int number)
{
    if (WIFSIGNALED(status))
        return WTERMSIG(status) == number;
    bool fault = number == SIGSEGV || number == SIGBUS || number == SIGFPE || number == SIGILL ||
                 number == SIGABRT;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    return fault && WIFEXITED(status) && WEXITSTATUS(status) != 0;
#else
    (void)fault;
    return false;
#endif
}

static void dies_of(int number, bool live)
{
    struct pty *pty = start(live);
    pid_t host = pty_host(pty);
    assert_true(live == (host != 0));
    kill(pty->child, number);
    int status = pty_wait_exit(pty);
    if (!honest(status, number))
        fail_msg("signal %d gave status 0x%x", number, (unsigned)status);
    pty_assert_restored(pty);
    pty_free(pty);
}

static void signals_restore_the_terminal(void **state)
{
    (void)state;
    static const int numbers[] = {SIGTERM, SIGINT,  SIGHUP, SIGQUIT, SIGSEGV,
                                  SIGBUS,  SIGABRT, SIGFPE, SIGILL};
    for (unsigned i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        dies_of(numbers[i], false);
}

static void signals_restore_the_terminal_while_live(void **state)
{
    (void)state;
    static const int numbers[] = {SIGTERM, SIGINT, SIGHUP, SIGSEGV};
    for (unsigned i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        dies_of(numbers[i], true);
}

static void control_c_interrupts(void **state)
{
    (void)state;
    struct pty *pty = start(true);
    pty_send(pty, "\003");
    int status = pty_wait_exit(pty);
    assert_true(honest(status, SIGINT));
    pty_assert_restored(pty);
    pty_free(pty);
}

static void a_killed_host_is_named_and_restarted(void **state)
{
    (void)state;
    struct pty *pty = start(true);
    pid_t host = pty_host(pty);
    assert_int_not_equal(host, 0);
    kill(host, SIGKILL);
    pty_expect(pty, "The host has died");
    pty_expect(pty, "SIGKILL");
    pty_expect(pty, "r restart");
    pty_send(pty, "r");
    pty_expect_gone(pty, "The host has died");
    pty_expect(pty, "LIVE");
    pty_expect_other_host(pty, host);
    pty_send(pty, "q");
    int status = pty_wait_exit(pty);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    pty_assert_restored(pty);
    pty_free(pty);
}

static void a_dead_host_leads_back_to_the_start(void **state)
{
    (void)state;
    struct pty *pty = start(true);
    kill(pty_host(pty), SIGSEGV);
    pty_expect(pty, "The host has died");
    pty_send(pty, "\033");
    pty_expect(pty, "Setup (Tab to change)");
    pty_expect_gone(pty, "The host has died");
    pty_send(pty, "q");
    assert_int_equal(WEXITSTATUS(pty_wait_exit(pty)), 0);
    pty_free(pty);
}

static void stopped_and_continued(void **state)
{
    (void)state;
    struct pty *pty = pty_start(&(struct pty_options){.job_control = true});
    pty_expect(pty, "Presets");
    pty_send(pty, "\032"); /* Ctrl-Z */
    pty_wait_stopped(pty);
    struct termios now;
    tcgetattr(pty->slave, &now);
    assert_int_equal(now.c_lflag & (ICANON | ECHO), pty->before.c_lflag & (ICANON | ECHO));
    kill(pty->job, SIGCONT);
    pty_send(pty, "?");
    pty_expect(pty, "Help: start screen");
    pty_send(pty, "\033");
    pty_expect_gone(pty, "Help: start screen");
    pty_send(pty, "q");
    int status = pty_wait_exit(pty);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    pty_assert_restored(pty);
    pty_free(pty);
}

static void a_closed_standard_input_is_refused_or_played(void **state)
{
    (void)state;
    static const char *const args[] = {"start", NULL};
    struct pty *pty = pty_start(&(struct pty_options){.closed_stdin = true, .args = args});
    int status = pty_wait_exit(pty);
    assert_true(WIFEXITED(status));
    assert_false(pty_wrote(pty, "\033[?1049h")); /* no screen was opened */
    pty_assert_restored(pty);
    pty_free(pty);
}

static void a_stalled_terminal_does_not_stop_it_from_dying(void **state)
{
    (void)state;
    struct pty *pty = start(true);
    /* Nobody reads: the terminal's buffer fills while frames are drawn. */
    for (unsigned i = 0; i < 40; i++)
        pty_resize(pty, 100 + (int)i, 40);
    kill(pty->child, SIGTERM);
    int status = pty_wait_death_unread(pty);
    assert_true(honest(status, SIGTERM));
    struct termios now;
    tcgetattr(pty->slave, &now);
    assert_int_equal(now.c_lflag, pty->before.c_lflag);
    pty_free(pty);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signals_restore_the_terminal),
        cmocka_unit_test(signals_restore_the_terminal_while_live),
        cmocka_unit_test(control_c_interrupts),
        cmocka_unit_test(a_killed_host_is_named_and_restarted),
        cmocka_unit_test(a_dead_host_leads_back_to_the_start),
        cmocka_unit_test(stopped_and_continued),
        cmocka_unit_test(a_closed_standard_input_is_refused_or_played),
        cmocka_unit_test(a_stalled_terminal_does_not_stop_it_from_dying),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
