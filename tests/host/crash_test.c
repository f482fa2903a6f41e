/* A child process crashes on purpose; its segment and its exit status must both tell the truth. */
#include "support.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/crash.h"
#include "metrics/probe.h"

static const char *const names[] = {"fib"};

static void crash_in_child(int signal_number, struct ps_segment **segment, int *status)
{
    int fd;
    assert_int_equal(ps_segment_create(1, 1, names, &fd, segment), PS_OK);
    close(fd);
    pid_t pid = fork();
    if (pid == 0) {
        struct rlimit none = {0, 0};
        setrlimit(RLIMIT_CORE, &none);
        signal(signal_number, SIG_DFL); /* a sanitizer's handler would turn it into an exit */
        ps_crash_install(*segment);
        raise(signal_number);
        _exit(0);
    }
    assert_int_equal(waitpid(pid, status, 0), pid);
}

static void it_says_which_signal_and_dies_of_it(void **state)
{
    (void)state;
    static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        struct ps_segment *segment;
        int status;
        crash_in_child(signals[i], &segment, &status);
        assert_int_equal(atomic_load(&segment->fault_signal), signals[i]);
        assert_int_equal(atomic_load(&segment->fault_worker), -1);
        assert_true(WIFSIGNALED(status));
        assert_int_equal(WTERMSIG(status), signals[i]);
        ps_segment_unmap(segment);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(it_says_which_signal_and_dies_of_it)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
