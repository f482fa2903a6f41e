/* A run recorded on the live screen, played on it again. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../ui/check.h"
#include "harness.h"

static char folder[] = "/tmp/poolscope-replay-XXXXXX", file[64];

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
    pty_quit(pty);
    pty = at((const char *const[]){"replay", file, NULL});
    pty_expect(pty, "REPLAY");
    pty_send(pty, " ");
    pty_expect(pty, ", paused");
    pty_send(pty, "[");
    pty_expect(pty, "0.5 times as fast, paused");
    pty_send(pty, "e");
    pty_expect(pty, "cannot be changed");
    pty_send(pty, "l ");
    pty_expect(pty, "Every task is accounted for.");
    pty_send(pty, "r ");
    pty_expect(pty, ", paused");
    pty_send(pty, "h");
    pty_expect(pty, "recording: 0.0s of");
    pty_send(pty, "..........");
    pty_expect_gone(pty, "recording: 0.0s of");
    pty_send(pty, ",,,,,,,,,,");
    pty_expect(pty, "recording: 0.0s of");
    pty_quit(pty);
}

static struct pty *in_folder(void)
{
    char here[512];
    assert_non_null(getcwd(here, sizeof here));
    assert_int_equal(chdir(folder), 0);
    struct pty *pty = at((const char *const[]){"run", "steady", NULL});
    assert_int_equal(chdir(here), 0);
    return pty;
}

/* The names that the program made, which nobody else knows. */
static unsigned remove_made(const char *ending)
{
    unsigned count = 0;
    DIR *entries = opendir(folder);
    assert_non_null(entries);
    for (const struct dirent *entry; (entry = readdir(entries));) {
        const char *dot = strrchr(entry->d_name, '.');
        if (strncmp(entry->d_name, "poolscope-steady-", 17) == 0 && dot && !strcmp(dot, ending))
            count += unlinkat(dirfd(entries), entry->d_name, 0) == 0;
    }
    closedir(entries);
    return count;
}

static void a_run_is_recorded_by_hand_exported_and_opened(void **state)
{
    (void)state;
    struct pty *pty = in_folder();
    pty_expect(pty, "LIVE");
    pty_send(pty, "x");
    pty_expect(pty, "nothing is recorded yet");
    pty_send(pty, "R");
    pty_expect(pty, "REC ");
    pty_send(pty, "x");
    pty_expect(pty, "a line a snapshot");
    pty_send(pty, "jj\r"); /* csv */
    pty_expect(pty, "exported: poolscope-steady-");
    pty_send(pty, "R");
    pty_expect(pty, "recorded: poolscope-steady-");
    pty_expect_gone(pty, "REC ");
    pty_send(pty, "\033");
    pty_expect(pty, "Esc again ends the run");
    pty_send(pty, "\033");
    pty_expect(pty, "o open");
    pty_send(pty, "o");
    pty_expect(pty, ".psrec"); /* the newest is proposed */
    pty_send(pty, "x\r");
    pty_expect(pty, "psrecx: ");
    pty_send(pty, "\177\t");
    pty_expect(pty, "Whole: Enter opens it.");
    pty_send(pty, "\r");
    pty_expect(pty, "REPLAY");
    pty_send(pty, "\033");
    pty_expect(pty, "o open");
    pty_quit(pty);
    assert_int_equal(remove_made(".csv"), 1);
    assert_int_equal(remove_made(".psrec"), 1);
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
        cmocka_unit_test(a_run_is_recorded_by_hand_exported_and_opened),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
