/* A terminal for tests: the real program on a pseudo-terminal, its output read by libvterm.
 *
 * Output is fed to libvterm only up to the next end mark of synchronized output (ESC[?2026l); then
 * the awaited condition is evaluated. So every condition sees whole frames, and no test sleeps.
 * Programs on terminals without the mark are awaited through 30 ms of quiet. */
#ifndef PS_TESTS_PTY_HARNESS_H
#define PS_TESTS_PTY_HARNESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <termios.h>
#include <vterm.h>

#define PTY_PATIENCE_MS \
    20000 /* before a test gives up; sanitizers on a loaded machine are slow \
                               */

struct pty_options {
    int columns, rows;
    const char *term;     /* NULL: xterm-256color */
    const char *no_color; /* value of NO_COLOR, or NULL */
    const char *locale;   /* NULL: C.UTF-8 */
    bool closed_stdin;    /* standard input is closed */
    bool job_control;     /* a small shell starts the program as its foreground job */
    const char *home; /* of a program that ran before, whose settings it finds; NULL: a new one */
    const char *const *args; /* NULL-terminated, without the program; NULL: none */
};

struct pty {
    int master, slave; /* the slave stays open, to read its settings after the program's end */
    pid_t child;
    int child_fd; /* pidfd */
    pid_t job;    /* job_control: the program, a child of `child`; else the same as child */
    int job_news; /* job_control: gives the job's pid, then a byte when the job has stopped */
    bool exited;
    int status; /* of waitpid */
    struct termios before;
    VTerm *vterm;
    VTermScreen *screen;
    int columns, rows;
    bool marked; /* a frame mark has been seen */
    unsigned frames;
    char *raw; /* everything the program has written */
    size_t raw_size, raw_room, fed;
    char home[64]; /* a folder for its settings */
    bool lent;     /* which is another's */
};

/* Start the program; fails the test when that is impossible. */
struct pty *pty_start(const struct pty_options *options);
/* Kill it if it runs, free. */
void pty_free(struct pty *pty);

/* Type. */
void pty_send(struct pty *pty, const char *bytes);
/* Click the left button on a cell (from 0). */
void pty_click(struct pty *pty, int x, int y);
/* Let the mouse come to a cell. */
void pty_point(struct pty *pty, int x, int y);
void pty_resize(struct pty *pty, int columns, int rows);

typedef bool (*pty_condition)(struct pty *pty, const void *what);
/* Read frames until the condition holds. False: it never did, or the program ended before. */
bool pty_wait(struct pty *pty, pty_condition condition, const void *what);
/* Wait for a text anywhere on the screen, or for its absence; fails the test with the screen. */
void pty_expect(struct pty *pty, const char *text);
void pty_expect_gone(struct pty *pty, const char *text);
/* Wait for the end of the program; fails the test if it does not come. Returns waitpid's status. */
int pty_wait_exit(struct pty *pty);

/* Press q, and free: it ends with 0, the terminal is as it was, no host is left. */
void pty_quit(struct pty *pty);
/* The same without reading what it writes: a terminal that has stalled. */
int pty_wait_death_unread(struct pty *pty);
/* job_control: wait until the program has been stopped (Ctrl-Z). */
void pty_wait_stopped(struct pty *pty);

/* The screen as it is now. */
bool pty_shows(struct pty *pty, const char *text);
bool pty_find(struct pty *pty, const char *text, int *x, int *y);
/* A row's text, without trailing blanks. */
void pty_row(struct pty *pty, int y, char *into, size_t size);
/* Whether any cell has a colour of its own. */
bool pty_has_colour(struct pty *pty);
/* Whether the program has written these bytes at any time / after the last start of a frame. */
bool pty_wrote(const struct pty *pty, const char *bytes);

/* The terminal is as it was before: settings, main screen, cursor visible, mouse off. Fails the
 * test otherwise. */
void pty_assert_restored(const struct pty *pty);

/* A child process of the program that is its host; 0: none now. */
pid_t pty_host(const struct pty *pty);
/* Wait until it has none, or another one: who does not end in time is killed, and takes a while to die,
 * for which the program does not wait. */
void pty_expect_no_host(const struct pty *pty);
void pty_expect_other_host(const struct pty *pty, pid_t host);

#endif
