#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <unistd.h>

#include "app/app.h"

/* A descriptor that is opened later must not become standard output. A closed one is replaced by
 * one that cannot be written to, so that the loss is noticed. */
static void hold_standard_descriptors(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
            open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

/* Writing to a closed pipe is an error to report, not a death. A handler, and not SIG_IGN, because
 * it ends with exec: the host has its own ways. */
static void on_broken_pipe(int number)
{
    (void)number;
}

int main(int argc, char **argv)
{
    hold_standard_descriptors();
    sigaction(SIGPIPE, &(struct sigaction){.sa_handler = on_broken_pipe}, NULL);
    setlocale(LC_CTYPE, "");
    return ps_command_line(argc, argv);
}
