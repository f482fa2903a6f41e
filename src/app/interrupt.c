#include "app/interrupt.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "base/clock.h"

static const int ending_signals[] = {SIGINT, SIGTERM, SIGHUP};
#define ENDING_SIGNALS (sizeof ending_signals / sizeof *ending_signals)

/* Writer: the handler. Handlers and not a signalfd: a blocked mask would be inherited by the host.
 */
static volatile sig_atomic_t caught;
static int wake_pipe[2] = {-1, -1};
static struct sigaction before[ENDING_SIGNALS];

static void on_signal(int number)
{
    int saved = errno;
    caught = number;
    ssize_t written = write(wake_pipe[1], "", 1);
    (void)written;
    errno = saved;
}

enum ps_err ps_interrupt_catch(void)
{
    if (pipe2(wake_pipe, O_CLOEXEC | O_NONBLOCK) != 0)
        return ps_err_from_errno(errno);
    caught = 0;
    struct sigaction action = {.sa_handler = on_signal};
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < ENDING_SIGNALS; i++) {
        sigaction(ending_signals[i], NULL, &before[i]);
        if (before[i].sa_handler != SIG_IGN)
            sigaction(ending_signals[i], &action, NULL);
    }
    return PS_OK;
}

void ps_interrupt_release(void)
{
    for (size_t i = 0; i < ENDING_SIGNALS; i++)
        sigaction(ending_signals[i], &before[i], NULL);
    close(wake_pipe[0]);
    close(wake_pipe[1]);
    wake_pipe[0] = wake_pipe[1] = -1;
}

int ps_interrupt_signal(void)
{
    return caught;
}

void ps_interrupt_wait(uint64_t until_ns)
{
    uint64_t now_ns = ps_now_ns();
    if (caught || now_ns >= until_ns)
        return;
    struct timespec left = ps_timespec(until_ns - now_ns);
    struct pollfd signalled = {.fd = wake_pipe[0], .events = POLLIN};
    ppoll(&signalled, 1, &left, NULL);
}
