#include "ui/restore.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static const int fatal[] = {SIGTERM, SIGINT,  SIGHUP, SIGQUIT, SIGSEGV,
                            SIGBUS,  SIGABRT, SIGFPE, SIGILL};
enum { FATALS = sizeof fatal / sizeof fatal[0] };

/* One terminal a process: handlers have no other way to reach it. Written before the handlers are
 * installed and after they are removed. */
static struct {
    int fd;
    bool have_termios;
    struct termios termios;
    char bytes[512];
    size_t size;
    struct sigaction old[FATALS];
} saved;

/* A terminal that does not take the bytes must not keep the process alive. */
static void write_all(int fd, const char *bytes, size_t size)
{
    while (size > 0) {
        struct pollfd ready = {.fd = fd, .events = POLLOUT};
        if (poll(&ready, 1, 200) <= 0 || !(ready.revents & POLLOUT))
            return;
        ssize_t n = write(fd, bytes, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return;
        bytes += n;
        size -= (size_t)n;
    }
}

void ps_restore_now(void)
{
    if (saved.size == 0)
        return;
    write_all(saved.fd, saved.bytes, saved.size);
    if (saved.have_termios)
        tcsetattr(saved.fd, TCSANOW, &saved.termios);
}

static void on_fatal(int signal_number, siginfo_t *info, void *context)
{
    (void)context;
    int kept = errno;
    tcflush(saved.fd, TCOFLUSH); /* what a stalled terminal never took would block us */
    ps_restore_now();
    for (unsigned i = 0; i < FATALS; i++)
        if (fatal[i] == signal_number)
            sigaction(signal_number, &saved.old[i], NULL);
    errno = kept;
    /* A fault of our own happens again on return, with its true address for the old handler; a
     * signal that somebody sent does not. */
    bool fault = signal_number == SIGSEGV || signal_number == SIGBUS || signal_number == SIGFPE ||
                 signal_number == SIGILL;
    if (!fault || !info || info->si_code <= 0)
        raise(signal_number);
}

void ps_restore_arm(int fd, const char *bytes, size_t size)
{
    saved.fd = fd;
    saved.size = size < sizeof saved.bytes ? size : sizeof saved.bytes;
    memcpy(saved.bytes, bytes, saved.size);
    saved.have_termios = tcgetattr(fd, &saved.termios) == 0;
    struct sigaction action = {.sa_sigaction = on_fatal, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigfillset(&action.sa_mask);
    for (unsigned i = 0; i < FATALS; i++) {
        sigaction(fatal[i], NULL, &saved.old[i]);
        if (saved.old[i].sa_handler != SIG_IGN)
            sigaction(fatal[i], &action, NULL);
    }
}

void ps_restore_disarm(void)
{
    for (unsigned i = 0; i < FATALS; i++)
        sigaction(fatal[i], &saved.old[i], NULL);
    saved.size = 0;
}
