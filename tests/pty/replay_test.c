/* A run recorded on the live screen, played on it again. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../ui/check.h"
#include "harness.h"

static char folder[] = "/tmp/poolscope-replay-XXXXXX", file[64];

static void quit(struct pty *pty)
{
    pty_send(pty, "q");
    int status = pty_wait_exit(pty);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    pty_assert_restored(pty);
    assert_int_equal(pty_host(pty), 0);
    pty_free(pty);
}

static struct pty *at(const char *const *args)
{
    return pty_start(&(struct pty_options){.columns = 100, .rows = 30, .args = args});
}

static void a_recorded_run_is_played_again(void **state)
{
    (void)state;
    struct pty *pty =
        at((const char *const[]){"run", "steady", "--duration", "1s", "--record", file, NULL});
    pty_expect(pty, "LIVE");
    pty_expect(pty, "Every task is accounted for.");
    quit(pty);
    pty = at((const char *const[]){"replay", file, NULL});
    pty_expect(pty, "REPLAY");
    pty_send(pty, " ");
    pty_expect(pty, ", paused");
    pty_send(pty, "[");
    pty_expect(pty, "0.5 times as fast, paused");
    pty_send(pty, "e");
    pty_expect(pty, "cannot be changed");
    pty_send(pty, "+ ");
    pty_expect(pty, "Every task is accounted for.");
    pty_send(pty, "r");
    pty_expect(pty, "REPLAY");
    pty_expect_gone(pty, "Every task is accounted for.");
    quit(pty);
}

static int make_folder(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    snprintf(file, sizeof file, "%s/run.psrec", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(file);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_recorded_run_is_played_again),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
