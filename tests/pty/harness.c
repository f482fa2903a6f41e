#include "harness.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <utmp.h>

#include "../ui/check.h"

static const char end_mark[] = "\033[?2026l";
enum { QUIET_MS = 30 };

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* ---- starting ---- */

/* What a shell does for a job: a process group in the foreground; news about it go to `news`. Ends
 * as the job ends. Returns in the job. */
static void become_job(int news)
{
    signal(SIGTTOU, SIG_IGN);
    pid_t job = fork();
    if (job == 0) {
        setpgid(0, 0);
        tcsetpgrp(STDIN_FILENO, getpid());
        signal(SIGTTOU, SIG_DFL);
        return;
    }
    int status = 0;
    if (write(news, &job, sizeof job) != sizeof job)
        _exit(125);
    while (waitpid(job, &status, WUNTRACED) == job && WIFSTOPPED(status))
        if (write(news, "s", 1) != 1)
            _exit(125);
    if (WIFSIGNALED(status))
        raise(WTERMSIG(status));
    _exit(WEXITSTATUS(status));
}

static void become_program(const struct pty *pty, const struct pty_options *options, int news)
{
    char config[96];
    login_tty(dup(pty->slave));
    if (options->job_control)
        become_job(news);
    unsetenv("LINES");
    unsetenv("COLUMNS");
    unsetenv("NO_COLOR");
    const char *term = options->term ? options->term : "xterm-256color";
    if (*term)
        setenv("TERM", term, 1);
    else
        unsetenv("TERM");
    setenv("LC_ALL", options->locale ? options->locale : "C.UTF-8", 1);
    if (options->no_color)
        setenv("NO_COLOR", options->no_color, 1);
    snprintf(config, sizeof config, "%s/config", pty->home);
    setenv("HOME", pty->home, 1);
    setenv("XDG_CONFIG_HOME", config, 1);
    setenv("XDG_STATE_HOME", config, 1);
    setenv("POOLSCOPE_PRESETS", PTY_PRESETS, 1);
    if (options->closed_stdin)
        close(STDIN_FILENO);
    const char *argv[32] = {PTY_PROGRAM};
    for (unsigned i = 0; options->args && options->args[i] && i < 30; i++)
        argv[i + 1] = options->args[i];
    execv(PTY_PROGRAM, (char *const *)argv);
    _exit(126);
}

static void new_screen(struct pty *pty)
{
    pty->vterm = vterm_new(pty->rows, pty->columns);
    vterm_set_utf8(pty->vterm, 1);
    pty->screen = vterm_obtain_screen(pty->vterm);
    vterm_screen_enable_altscreen(pty->screen, 1);
    vterm_screen_reset(pty->screen, 1);
}

struct pty *pty_start(const struct pty_options *options)
{
    struct pty *pty = calloc(1, sizeof *pty);
    assert_non_null(pty);
    pty->columns = options->columns ? options->columns : 80;
    pty->rows = options->rows ? options->rows : 24;
    pty->lent = options->home != NULL;
    snprintf(pty->home, sizeof pty->home, "%s",
             pty->lent ? options->home : "/tmp/poolscope-pty-XXXXXX");
    assert_true(pty->lent || mkdtemp(pty->home));
    struct winsize size = {.ws_col = (unsigned short)pty->columns,
                           .ws_row = (unsigned short)pty->rows};
    assert_int_equal(openpty(&pty->master, &pty->slave, NULL, NULL, &size), 0);
    fcntl(pty->master, F_SETFD, FD_CLOEXEC);
    fcntl(pty->slave, F_SETFD, FD_CLOEXEC);
    fcntl(pty->master, F_SETFL, O_NONBLOCK);
    assert_int_equal(tcgetattr(pty->slave, &pty->before), 0);
    new_screen(pty);
    int news[2];
    assert_int_equal(pipe2(news, O_CLOEXEC), 0);
    pty->child = fork();
    assert_true(pty->child >= 0);
    if (pty->child == 0)
        become_program(pty, options, news[1]);
    close(news[1]);
    pty->job_news = news[0];
    pty->job = pty->child;
    if (options->job_control)
        assert_int_equal(read(pty->job_news, &pty->job, sizeof pty->job), sizeof pty->job);
    pty->child_fd = (int)syscall(SYS_pidfd_open, pty->child, 0);
    assert_true(pty->child_fd >= 0);
    return pty;
}

static void remove_home(const struct pty *pty)
{
    static const char *const names[] = {"config/poolscope/presets/my-steady.ini",
                                        "config/poolscope/poolscope.conf",
                                        "config/poolscope/lessons",
                                        "config/poolscope/presets",
                                        "config/poolscope",
                                        "config",
                                        ""};
    char path[200];
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", pty->home, names[i]);
        remove(path);
    }
}

void pty_free(struct pty *pty)
{
    if (!pty)
        return;
    if (!pty->exited) {
        kill(pty->job, SIGKILL);
        kill(pty->child, SIGKILL);
        waitpid(pty->child, NULL, 0);
    }
    close(pty->master);
    close(pty->slave);
    close(pty->job_news);
    close(pty->child_fd);
    vterm_free(pty->vterm);
    free(pty->raw);
    if (!pty->lent)
        remove_home(pty);
    free(pty);
}

/* ---- input ---- */

void pty_send(struct pty *pty, const char *bytes)
{
    size_t size = strlen(bytes);
    while (size > 0) {
        ssize_t n = write(pty->master, bytes, size);
        if (n < 0 && errno == EAGAIN) {
            struct pollfd out = {.fd = pty->master, .events = POLLOUT};
            poll(&out, 1, 100);
            continue;
        }
        assert_true(n > 0);
        bytes += n;
        size -= (size_t)n;
    }
}

void pty_click(struct pty *pty, int x, int y)
{
    char bytes[64];
    snprintf(bytes, sizeof bytes, "\033[<0;%d;%dM\033[<0;%d;%dm", x + 1, y + 1, x + 1, y + 1);
    pty_send(pty, bytes);
}

void pty_point(struct pty *pty, int x, int y)
{
    char bytes[32];
    snprintf(bytes, sizeof bytes, "\033[<35;%d;%dM", x + 1, y + 1);
    pty_send(pty, bytes);
}

void pty_resize(struct pty *pty, int columns, int rows)
{
    struct winsize size = {.ws_col = (unsigned short)columns, .ws_row = (unsigned short)rows};
    pty->columns = columns;
    pty->rows = rows;
    vterm_set_size(pty->vterm, rows, columns);
    assert_int_equal(ioctl(pty->master, TIOCSWINSZ, &size), 0);
}

/* ---- output ---- */

/* Read what is there; returns whether there was anything. */
static bool read_some(struct pty *pty)
{
    if (pty->raw_room - pty->raw_size < 65536) {
        pty->raw_room = pty->raw_room * 2 + 131072;
        pty->raw = realloc(pty->raw, pty->raw_room);
        assert_non_null(pty->raw);
    }
    ssize_t n = read(pty->master, pty->raw + pty->raw_size, 65535);
    if (n <= 0)
        return false;
    pty->raw_size += (size_t)n;
    pty->raw[pty->raw_size] = '\0';
    return true;
}

static void feed(struct pty *pty, size_t until)
{
    vterm_input_write(pty->vterm, pty->raw + pty->fed, until - pty->fed);
    pty->fed = until;
}

/* Feed up to the end of the next whole frame. False: no whole frame has been read. */
static bool next_frame(struct pty *pty)
{
    if (pty->fed >= pty->raw_size)
        return false;
    char *mark =
        memmem(pty->raw + pty->fed, pty->raw_size - pty->fed, end_mark, sizeof end_mark - 1);
    if (!mark)
        return false;
    feed(pty, (size_t)(mark - pty->raw) + sizeof end_mark - 1);
    pty->marked = true;
    pty->frames++;
    return true;
}

/* Wait for output or the program's end. False: neither in time. */
static bool wait_output(struct pty *pty, int ms)
{
    struct pollfd fds[2] = {{.fd = pty->master, .events = POLLIN},
                            {.fd = pty->exited ? -1 : pty->child_fd, .events = POLLIN}};
    return poll(fds, 2, ms) > 0;
}

static void reap(struct pty *pty)
{
    if (!pty->exited && waitpid(pty->child, &pty->status, WNOHANG) == pty->child)
        pty->exited = true;
}

bool pty_wait(struct pty *pty, pty_condition condition, const void *what)
{
    int64_t until = now_ms() + PTY_PATIENCE_MS;
    if (condition(pty, what))
        return true;
    while (now_ms() < until) {
        while (next_frame(pty))
            if (condition(pty, what))
                return true;
        if (read_some(pty))
            continue;
        reap(pty);
        bool quiet = !wait_output(pty, pty->marked ? 200 : QUIET_MS);
        if ((quiet && !pty->marked) || pty->exited) {
            feed(pty, pty->raw_size);
            if (condition(pty, what))
                return true;
            if (pty->exited && !read_some(pty))
                return false;
        }
    }
    return false;
}

static bool has_text(struct pty *pty, const void *text)
{
    return pty_shows(pty, text);
}
static bool lacks_text(struct pty *pty, const void *text)
{
    return !pty_shows(pty, text);
}

static void fail_with_screen(struct pty *pty, const char *what, const char *text)
{
    fprintf(stderr, "%s \"%s\"; the screen is:\n", what, text);
    for (int y = 0; y < pty->rows; y++) {
        char row[4096];
        pty_row(pty, y, row, sizeof row);
        fprintf(stderr, "|%s\n", row);
    }
    if (pty->exited)
        fprintf(stderr, "the program has ended with status 0x%x\n", (unsigned)pty->status);
    fail();
}

void pty_expect(struct pty *pty, const char *text)
{
    if (!pty_wait(pty, has_text, text))
        fail_with_screen(pty, "expected", text);
}

void pty_expect_gone(struct pty *pty, const char *text)
{
    if (!pty_wait(pty, lacks_text, text))
        fail_with_screen(pty, "expected to vanish:", text);
}

int pty_wait_exit(struct pty *pty)
{
    int64_t until = now_ms() + PTY_PATIENCE_MS;
    while (!pty->exited && now_ms() < until) {
        if (!read_some(pty))
            wait_output(pty, 200);
        reap(pty);
    }
    if (!pty->exited)
        fail_with_screen(pty, "expected the end of", "the program");
    while (read_some(pty))
        ;
    feed(pty, pty->raw_size);
    return pty->status;
}

int pty_wait_death_unread(struct pty *pty)
{
    struct pollfd end = {.fd = pty->child_fd, .events = POLLIN};
    if (poll(&end, 1, PTY_PATIENCE_MS) <= 0)
        fail_msg("the program does not end while nobody reads its terminal");
    reap(pty);
    return pty->status;
}

void pty_wait_stopped(struct pty *pty)
{
    int64_t until = now_ms() + PTY_PATIENCE_MS;
    struct pollfd fds[2] = {{.fd = pty->job_news, .events = POLLIN},
                            {.fd = pty->master, .events = POLLIN}};
    while (now_ms() < until) {
        poll(fds, 2, 200);
        char byte;
        if (fds[0].revents) {
            assert_int_equal(read(pty->job_news, &byte, 1), 1);
            return;
        }
        read_some(pty);
    }
    fail_with_screen(pty, "expected a stop of", "the program");
}

/* ---- looking ---- */

static size_t put_code(char *into, uint32_t code)
{
    if (code < 0x80) {
        into[0] = (char)(code ? code : ' ');
        return 1;
    }
    if (code < 0x800) {
        into[0] = (char)(0xc0 | code >> 6);
        into[1] = (char)(0x80 | (code & 0x3f));
        return 2;
    }
    into[0] = (char)(0xe0 | code >> 12);
    into[1] = (char)(0x80 | (code >> 6 & 0x3f));
    into[2] = (char)(0x80 | (code & 0x3f));
    return 3;
}

void pty_row(struct pty *pty, int y, char *into, size_t size)
{
    size_t n = 0, end = 0;
    for (int x = 0; x < pty->columns && n + 4 < size; x++) {
        VTermScreenCell cell;
        VTermPos at = {.row = y, .col = x};
        if (!vterm_screen_get_cell(pty->screen, at, &cell) || cell.chars[0] == (uint32_t)-1)
            continue;
        n += put_code(into + n, cell.chars[0]);
        if (cell.chars[0] && cell.chars[0] != ' ')
            end = n;
    }
    into[end] = '\0';
}

bool pty_find(struct pty *pty, const char *text, int *x, int *y)
{
    for (int row = 0; row < pty->rows; row++) {
        char line[4096];
        pty_row(pty, row, line, sizeof line);
        const char *found = strstr(line, text);
        if (!found)
            continue;
        int column = 0;
        for (const char *p = line; p < found; p++)
            column += ((unsigned char)*p & 0xc0) != 0x80;
        if (x)
            *x = column;
        if (y)
            *y = row;
        return true;
    }
    return false;
}

bool pty_shows(struct pty *pty, const char *text)
{
    return pty_find(pty, text, NULL, NULL);
}

bool pty_has_colour(struct pty *pty)
{
    for (int y = 0; y < pty->rows; y++) {
        for (int x = 0; x < pty->columns; x++) {
            VTermScreenCell cell;
            VTermPos at = {.row = y, .col = x};
            if (vterm_screen_get_cell(pty->screen, at, &cell) && cell.chars[0] > ' ' &&
                !VTERM_COLOR_IS_DEFAULT_FG(&cell.fg))
                return true;
        }
    }
    return false;
}

bool pty_wrote(const struct pty *pty, const char *bytes)
{
    return pty->raw && memmem(pty->raw, pty->raw_size, bytes, strlen(bytes));
}

/* Whether the last of two byte strings that was written is the second. */
static bool ends_with_off(const struct pty *pty, const char *on, const char *off)
{
    const char *last_on = NULL, *last_off = NULL, *at = pty->raw, *end = pty->raw + pty->raw_size;
    for (const char *p; (p = memmem(at, (size_t)(end - at), on, strlen(on))); at = p + 1)
        last_on = p;
    at = pty->raw;
    for (const char *p; (p = memmem(at, (size_t)(end - at), off, strlen(off))); at = p + 1)
        last_off = p;
    return !last_on || (last_off && last_off > last_on);
}

void pty_assert_restored(const struct pty *pty)
{
    struct termios after;
    assert_int_equal(tcgetattr(pty->slave, &after), 0);
    assert_int_equal(after.c_iflag, pty->before.c_iflag);
    assert_int_equal(after.c_oflag, pty->before.c_oflag);
    assert_int_equal(after.c_cflag, pty->before.c_cflag);
    assert_int_equal(after.c_lflag, pty->before.c_lflag);
    assert_memory_equal(after.c_cc, pty->before.c_cc, sizeof after.c_cc);
    assert_true(ends_with_off(pty, "\033[?1049h", "\033[?1049l"));
    assert_true(ends_with_off(pty, "\033[?25l", "\033[?25h") ||
                ends_with_off(pty, "\033[?25l", "\033[?12l\033[?25h"));
    assert_true(ends_with_off(pty, "\033[?1000h", "\033[?1000l"));
    assert_true(ends_with_off(pty, "\033[?1003h", "\033[?1003l"));
    assert_true(ends_with_off(pty, "\033[?1006h", "\033[?1006l"));
    assert_true(ends_with_off(pty, "\033[?2026h", "\033[?2026l"));
}

/* ---- processes ---- */

/* 0: it has ended, even if nobody has asked how. */
static pid_t parent_of(pid_t pid)
{
    char path[64], text[512], state = 'Z';
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *from = fopen(path, "r");
    int parent = 0;
    if (!from)
        return 0;
    if (fgets(text, sizeof text, from)) {
        const char *end = strrchr(text, ')');
        if (end)
            sscanf(end + 1, " %c %d", &state, &parent);
    }
    fclose(from);
    return state == 'Z' || state == 'X' ? 0 : parent;
}

pid_t pty_host(const struct pty *pty)
{
    DIR *proc = opendir("/proc");
    pid_t found = 0;
    struct dirent *entry;
    while (proc && (entry = readdir(proc))) {
        pid_t pid = (pid_t)atoi(entry->d_name);
        if (pid > 0 && parent_of(pid) == pty->job)
            found = pid;
    }
    if (proc)
        closedir(proc);
    return found;
}

/* Looks again and again; the pause only spares the CPU. */
static void until_host(const struct pty *pty, bool there, pid_t other_than)
{
    int64_t until = now_ms() + PTY_PATIENCE_MS;
    for (pid_t host = pty_host(pty); (host != 0) != there || host == other_than;
         host = pty_host(pty)) {
        assert_true(now_ms() < until);
        poll(NULL, 0, 2);
    }
}

void pty_expect_no_host(const struct pty *pty)
{
    until_host(pty, false, -1);
}

void pty_expect_other_host(const struct pty *pty, pid_t host)
{
    until_host(pty, true, host);
}

void pty_quit(struct pty *pty)
{
    pty_send(pty, "q");
    int status = pty_wait_exit(pty);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    pty_assert_restored(pty);
    assert_int_equal(pty_host(pty), 0);
    pty_free(pty);
}
