#include "app/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "support.h"

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void moment(void)
{
    poll(NULL, 0, 2);
}

static void become(const char *const *arguments, int out, int err)
{
    char *argv[PROCESS_ARGUMENTS + 2] = {(char *)"poolscope"};
    for (size_t i = 0; i < PROCESS_ARGUMENTS && arguments[i]; i++)
        argv[i + 1] = (char *)arguments[i];
    int in = open("/dev/null", O_RDONLY);
    dup2(in, STDIN_FILENO);
    dup2(err, STDERR_FILENO);
    if (out >= 0)
        dup2(out, STDOUT_FILENO);
    else
        close(STDOUT_FILENO);
    close_range(STDERR_FILENO + 1, ~0u, 0);
    setenv("POOLSCOPE_HOST_STDERR", "1", 1);
    execv(POOLSCOPE_PROGRAM, argv);
    _exit(126);
}

struct process process_start(const char *const *arguments, int out_fd)
{
    int out[2] = {-1, -1}, err[2];
    assert_int_equal(pipe2(err, O_CLOEXEC), 0);
    if (out_fd == -1)
        assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    struct process process = {.pid = fork(), .out = {.fd = out[0]}, .err = {.fd = err[0]}};
    assert_true(process.pid >= 0);
    if (process.pid == 0)
        become(arguments, out_fd == -1 ? out[1] : out_fd, err[1]);
    if (out[1] >= 0)
        close(out[1]);
    close(err[1]);
    process.out.text = calloc(1, 1);
    process.err.text = calloc(1, 1);
    return process;
}

static void read_some(struct stream *stream)
{
    stream->text = realloc(stream->text, stream->size + 4097);
    assert_non_null(stream->text);
    ssize_t got = read(stream->fd, stream->text + stream->size, 4096);
    if (got <= 0) {
        close(stream->fd);
        stream->fd = -1;
        got = 0;
    }
    stream->size += (size_t)got;
    stream->text[stream->size] = 0;
}

/* Takes what has come; returns after 2 ms if nothing does. */
static void read_both(struct process *process)
{
    struct stream *streams[] = {&process->out, &process->err};
    struct pollfd fds[2];
    for (int i = 0; i < 2; i++)
        fds[i] = (struct pollfd){.fd = streams[i]->fd, .events = POLLIN};
    poll(fds, 2, 2);
    for (int i = 0; i < 2; i++)
        if (fds[i].revents)
            read_some(streams[i]);
}

static void too_late(struct process *process, double seconds)
{
    kill(process->pid, SIGKILL);
    fail_msg("not in %g s; it wrote: %s %s", seconds, process->out.text, process->err.text);
}

void process_expect(struct process *process, const char *text, double seconds)
{
    for (double until = now() + seconds; !strstr(process->out.text, text); read_both(process))
        if (now() > until || process->out.fd < 0)
            too_late(process, seconds);
}

static int exit_code(int status)
{
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

struct process_result process_finish(struct process *process, double seconds)
{
    double until = now() + seconds;
    int status = 0;
    bool ended = false;
    while (!ended || process->out.fd >= 0 || process->err.fd >= 0) {
        read_both(process);
        if (!ended)
            ended = waitpid(process->pid, &status, WNOHANG) == process->pid;
        if (now() > until)
            too_late(process, seconds);
    }
    return (struct process_result){.code = exit_code(status),
                                   .out = process->out.text,
                                   .out_size = process->out.size,
                                   .err = process->err.text,
                                   .err_size = process->err.size};
}

void process_result_free(struct process_result *result)
{
    free(result->out);
    free(result->err);
    result->out = result->err = NULL;
}

struct process_result process_run(const char *const *arguments, double seconds)
{
    struct process process = process_start(arguments, -1);
    return process_finish(&process, seconds);
}

static bool is_host(pid_t pid)
{
    char path[64], line[512];
    snprintf(path, sizeof path, "/proc/%d/cmdline", (int)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t size = read(fd, line, sizeof line - 1);
    close(fd);
    if (size <= 0)
        return false;
    line[size] = 0;
    size_t first = strlen(line) + 1;
    return first < (size_t)size && strcmp(line + first, "host") == 0;
}

pid_t process_host(pid_t parent, double seconds)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)parent, (int)parent);
    for (double until = now() + seconds; now() < until; moment()) {
        FILE *children = fopen(path, "re");
        int child;
        while (children && fscanf(children, "%d", &child) == 1)
            if (is_host(child)) {
                fclose(children);
                return child;
            }
        if (children)
            fclose(children);
    }
    return 0;
}

bool process_gone(pid_t pid, double seconds)
{
    char path[64], line[512];
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    for (double until = now() + seconds; now() < until; moment()) {
        FILE *stat = fopen(path, "re");
        if (!stat)
            return true;
        const char *state = fgets(line, sizeof line, stat) ? strrchr(line, ')') : NULL;
        fclose(stat);
        if (state && strncmp(state, ") Z", 3) == 0)
            return true;
    }
    return false;
}
