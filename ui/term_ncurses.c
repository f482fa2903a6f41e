#include "ui/term.h"

#include <curses.h>
#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <term.h>
#include <termios.h>
#include <unistd.h>

#include "base/clock.h"
#include "ui/reader.h"
#include "ui/restore.h"
#include "ui/spool.h"

/* curses.h and term.h define short words as macros. */
#undef lines
#undef columns

enum { MODES_BYTES = 64 };

struct ps_term {
    SCREEN *screen;
    struct ps_spool spool;
    FILE *out; /* of the spool's descriptor, for curses */
    enum ps_theme theme;
    unsigned colours; /* at most so many; 0: what the terminal has */
    bool mouse, motion, synchronized, unicode, whole;
    bool mouse_there;
    char modes[MODES_BYTES]; /* asks for reports of the mouse, still to be written */
    int signal_pipe[2];
    struct sigaction old_winch, old_tstp;
    /* The last frame shown. */
    struct ps_canvas_cell *shown;
    int shown_width, shown_height;
    attr_t attributes[PS_STYLE_COUNT];
    short pair[PS_STYLE_COUNT];
    int colour[PS_STYLE_COUNT]; /* of the foreground; -1: the terminal's own */
    /* Pairs of two styles, for pixels: made when they are needed, behind those of the styles. 0: not
     * yet; -1: there are no more. */
    short pixel_pair[PS_STYLE_COUNT][PS_STYLE_COUNT];
    int pairs;
    struct ps_reader reader; /* curses reads nothing */
};

/* How long the end waits for a terminal to take the rest of a frame, and for reports of a mouse that
 * was moving: they would be typed into the shell. */
enum { LAST_FRAME_MS = 200, LAST_REPORT_MS = 20, LAST_REPORTS_MS = 100 };
#define MOVING_NS (200 * (uint64_t)PS_NS_PER_MS)

static const char sync_begin[] = "\033[?2026h", sync_end[] = "\033[?2026l";

/* Where signal handlers say what happened; -1: no terminal is open. */
static volatile sig_atomic_t signal_to = -1;

static void on_signal(int number)
{
    int kept = errno;
    char byte = number == SIGTSTP ? 'z' : 'w';
    if (signal_to >= 0 && write(signal_to, &byte, 1) < 0)
        errno = kept;
    errno = kept;
}

/* ---- opening ---- */

static enum ps_err refuse(char *why, size_t size, const char *text, const char *value)
{
    snprintf(why, size, text, value);
    return PS_ENOTSUP;
}

static enum ps_err check_terminal(const char *name, char *why, size_t size)
{
    if (!isatty(STDIN_FILENO))
        return refuse(why, size, "standard input is not a terminal%s", "");
    if (!isatty(STDOUT_FILENO))
        return refuse(why, size, "standard output is not a terminal%s", "");
    if (!name || !*name)
        return refuse(why, size, "TERM is not set: the screen needs to know the kind of terminal%s",
                      "");
    int error = 0;
    if (setupterm(name, STDOUT_FILENO, &error) != OK)
        return refuse(why, size,
                      "TERM=%s is not a known kind of terminal here; TERM=xterm may do, or --plain",
                      name);
    bool usable = cursor_address && clear_screen;
    del_curterm(cur_term);
    if (!usable)
        return refuse(why, size, "TERM=%s cannot place text on a screen", name);
    return PS_OK;
}

static void append(char *into, size_t size, const char *text)
{
    if (!text || (intptr_t)text == -1)
        return;
    size_t used = strlen(into);
    for (; *text && used + 1 < size; text++) {
        if (text[0] == '$' && text[1] == '<') { /* terminfo padding */
            const char *end = strchr(text, '>');
            if (!end)
                break;
            text = end;
            continue;
        }
        into[used++] = *text;
    }
    into[used] = '\0';
}

/* What undoes everything that a frame may have switched on. */
static void arm_restore(const char *name, bool modern)
{
    char bytes[400] = "";
    int error = 0;
    if (setupterm(name, STDOUT_FILENO, &error) != OK)
        return;
    if (modern)
        append(bytes, sizeof bytes, "\033[?2026l\033[?1000l\033[?1002l\033[?1003l\033[?1006l");
    append(bytes, sizeof bytes, exit_attribute_mode);
    append(bytes, sizeof bytes, keypad_local);
    append(bytes, sizeof bytes, exit_ca_mode);
    append(bytes, sizeof bytes, cursor_normal);
    append(bytes, sizeof bytes, "\r");
    del_curterm(cur_term);
    ps_restore_arm(STDOUT_FILENO, bytes, strlen(bytes));
}

static void catch_signals(struct ps_term *term)
{
    struct sigaction action = {.sa_handler = on_signal};
    sigemptyset(&action.sa_mask);
    signal_to = term->signal_pipe[1];
    sigaction(SIGWINCH, &action, &term->old_winch);
    sigaction(SIGTSTP, NULL, &term->old_tstp);
    if (term->old_tstp.sa_handler != SIG_IGN)
        sigaction(SIGTSTP, &action, NULL);
}

static void clear_flow_control(void)
{
    struct termios mode;
    if (tcgetattr(STDIN_FILENO, &mode) != 0)
        return;
    mode.c_iflag &= ~(tcflag_t)(IXON | IXOFF);
    tcsetattr(STDIN_FILENO, TCSANOW, &mode);
}

/* What the terminal calls its keys. */
static void learn_keys(struct ps_term *term)
{
    static const struct {
        const char *name;
        int key;
    } keys[] = {{"kcuu1", PS_INPUT_UP},      {"kcud1", PS_INPUT_DOWN},  {"kcub1", PS_INPUT_LEFT},
                {"kcuf1", PS_INPUT_RIGHT},   {"kpp", PS_INPUT_PAGE_UP}, {"knp", PS_INPUT_PAGE_DOWN},
                {"khome", PS_INPUT_HOME},    {"kend", PS_INPUT_END},    {"kdch1", PS_INPUT_DELETE},
                {"kbs", PS_INPUT_BACKSPACE}, {"kent", PS_INPUT_ENTER},  {"kcbt", PS_INPUT_BACK_TAB},
                {"kf1", PS_INPUT_F1},        {"kf2", PS_INPUT_F2},      {"kf10", PS_INPUT_F10}};
    ps_reader_init(&term->reader, STDIN_FILENO);
    for (unsigned i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        const char *bytes = tigetstr(keys[i].name);
        if (bytes && (intptr_t)bytes != -1)
            ps_input_define(&term->reader.decoder, bytes, keys[i].key);
    }
}

/* Between frames, and when the terminal has taken the last one. */
static void send_modes(struct ps_term *term)
{
    if (!term->modes[0] || !ps_spool_flush(&term->spool, 0))
        return;
    ps_spool_begin(&term->spool);
    ps_spool_end(&term->spool, term->modes, "");
    term->modes[0] = '\0';
}

/* Some terminals take 1000 and 1003 for one setting: the last counts. */
static void catch_mouse(struct ps_term *term)
{
    snprintf(term->modes, sizeof term->modes, "%s%s%s",
             term->mouse && term->motion ? "" : "\033[?1003l",
             term->mouse ? "\033[?1000h\033[?1006h" : "\033[?1000l\033[?1006l",
             term->mouse && term->motion ? "\033[?1003h" : "");
    send_modes(term);
}

/* A mouse that was moving a moment ago still has reports on their way. */
static void leave_mouse(struct ps_term *term)
{
    bool moving = term->motion && ps_now_ns() - term->reader.motion_ns < MOVING_NS;
    term->mouse = false;
    catch_mouse(term);
    if (moving)
        ps_reader_drop(&term->reader, LAST_REPORT_MS, LAST_REPORTS_MS);
}

static void set_modes(struct ps_term *term)
{
    cbreak();
    noecho();
    nonl();
    intrflush(stdscr, FALSE);
    keypad(stdscr, TRUE);
    typeahead(-1);
    curs_set(0);
    leaveok(stdscr, TRUE);
    if (term->mouse)
        catch_mouse(term);
    clear_flow_control();
    def_prog_mode();
}

/* The Linux console reports no mouse itself: there ncurses would load a library that talks to a
 * daemon (gpm). */
static bool reports_mouse(const char *name)
{
    const char *kmous = tigetstr("kmous");
    return kmous && (intptr_t)kmous != -1 && strncmp(name, "linux", 5) != 0;
}

static struct ps_term *new_term(const struct ps_term_options *options, const char *name)
{
    struct ps_term *term = calloc(1, sizeof *term);
    if (!term)
        return NULL;
    if (pipe2(term->signal_pipe, O_CLOEXEC | O_NONBLOCK) != 0) {
        free(term);
        return NULL;
    }
    term->out = ps_spool_open(&term->spool, STDOUT_FILENO) ? fdopen(term->spool.fd, "w") : NULL;
    if (!term->out) {
        ps_spool_close(&term->spool);
        close(term->signal_pipe[0]);
        close(term->signal_pipe[1]);
        free(term);
        return NULL;
    }
    term->mouse = options->mouse;
    term->motion = options->motion;
    term->colours = options->colours;
    term->synchronized = strncmp(name, "vt", 2) != 0 && strcmp(name, "dumb") != 0;
    term->unicode = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    return term;
}

enum ps_err ps_term_open(const struct ps_term_options *options, struct ps_term **into, char *why,
                         size_t why_size)
{
    const char *name = getenv("TERM");
    enum ps_err err = check_terminal(name, why, why_size);
    if (err)
        return err;
    struct ps_term *term = new_term(options, name);
    if (!term)
        return refuse(why, why_size, "out of memory%s", ""), PS_ENOMEM;
    arm_restore(name, term->synchronized);
    catch_signals(term);
    term->screen = newterm(name, term->out, stdin);
    if (!term->screen) {
        ps_term_close(term);
        return refuse(why, why_size, "TERM=%s cannot be opened", name);
    }
    term->mouse_there = reports_mouse(name);
    term->mouse = term->mouse && term->mouse_there;
    learn_keys(term);
    set_modes(term);
    if (has_colors()) {
        start_color();
        use_default_colors();
    }
    ps_term_theme(term, options->theme);
    *into = term;
    return PS_OK;
}

void ps_term_close(struct ps_term *term)
{
    if (term->screen) {
        ps_spool_flush(&term->spool, LAST_FRAME_MS);
        if (term->mouse)
            leave_mouse(term);
        endwin();
        delscreen(term->screen);
    }
    ps_restore_now();
    ps_restore_disarm();
    sigaction(SIGWINCH, &term->old_winch, NULL);
    sigaction(SIGTSTP, &term->old_tstp, NULL);
    signal_to = -1;
    close(term->signal_pipe[0]);
    close(term->signal_pipe[1]);
    fclose(term->out);
    ps_spool_close(&term->spool);
    free(term->shown);
    free(term);
}

/* ---- colours ---- */

static int colour_of(const struct ps_paint *paint, int colours, attr_t *attributes)
{
    if (paint->colour == PS_COLOUR_DEFAULT && paint->ansi == PS_COLOUR_DEFAULT)
        return -1;
    if (colours >= 256)
        return paint->colour == PS_COLOUR_DEFAULT ? -1 : ps_colour_256(paint->colour);
    if (paint->ansi == PS_COLOUR_DEFAULT || colours < 8)
        return -1;
    if (colours >= 16 || paint->ansi < 8)
        return paint->ansi;
    if (paint->ansi == 8) {
        *attributes |= A_DIM;
        return -1;
    }
    *attributes |= A_BOLD;
    return paint->ansi - 8;
}

void ps_term_theme(struct ps_term *term, enum ps_theme theme)
{
    int limit = term->colours && (int)term->colours < COLORS ? (int)term->colours : COLORS;
    term->theme = theme;
    for (unsigned i = 0; i < PS_STYLE_COUNT; i++) {
        struct ps_paint paint = ps_theme_paint(theme, (enum ps_style)i);
        attr_t attributes = A_NORMAL;
        if (paint.attributes & PS_ATTR_BOLD)
            attributes |= A_BOLD;
        if (paint.attributes & PS_ATTR_DIM)
            attributes |= A_DIM;
        if (paint.attributes & PS_ATTR_REVERSE)
            attributes |= A_REVERSE;
        if (paint.attributes & PS_ATTR_UNDERLINE)
            attributes |= A_UNDERLINE;
        int colour = has_colors() ? colour_of(&paint, limit, &attributes) : -1;
        term->pair[i] = 0;
        term->colour[i] = colour;
        if (colour >= 0 && (int)i + 1 < COLOR_PAIRS &&
            init_pair((short)(i + 1), (short)colour, -1) == OK)
            term->pair[i] = (short)(i + 1);
        term->attributes[i] = attributes;
    }
    memset(term->pixel_pair, 0, sizeof term->pixel_pair);
    term->pairs = PS_STYLE_COUNT + 1;
    term->whole = true;
}

void ps_term_colours(struct ps_term *term, unsigned colours)
{
    if (term->colours == colours)
        return;
    term->colours = colours;
    ps_term_theme(term, term->theme);
}

void ps_term_mouse(struct ps_term *term, bool mouse, bool motion)
{
    if (!term->mouse_there || (term->mouse == mouse && term->motion == motion))
        return;
    term->mouse = mouse;
    term->motion = motion;
    catch_mouse(term);
}

void ps_term_size(const struct ps_term *term, int *width, int *height)
{
    struct winsize size;
    (void)term;
    *width = getmaxx(stdscr);
    *height = getmaxy(stdscr);
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0) {
        *width = size.ws_col;
        *height = size.ws_row;
    }
}

bool ps_term_unicode(const struct ps_term *term)
{
    return term->unicode;
}

/* ---- frames ---- */

/* Whether the terminal has taken all that was written before. */
static bool takes_output(void)
{
    struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};
    if (poll(&out, 1, 0) <= 0 || !(out.revents & POLLOUT))
        return false;
    int queued = 0;
    return ioctl(STDOUT_FILENO, TIOCOUTQ, &queued) != 0 || queued == 0;
}

static bool same_cell(const struct ps_canvas_cell *a, const struct ps_canvas_cell *b)
{
    return a->code == b->code && a->style == b->style && a->below == b->below;
}

/* The pair of a cell of two pixels; 0: it cannot have two colours here. */
static short pixel_pair(struct ps_term *term, unsigned upper, unsigned lower)
{
    short *pair = &term->pixel_pair[upper][lower];
    if (*pair == 0) {
        *pair = -1;
        if (term->colour[upper] >= 0 && term->colour[lower] >= 0 && term->pairs < COLOR_PAIRS &&
            term->pairs < SHRT_MAX &&
            init_pair((short)term->pairs, (short)term->colour[upper], (short)term->colour[lower]) ==
                OK)
            *pair = (short)term->pairs++;
    }
    return *pair > 0 ? *pair : 0;
}

static void put_cell(struct ps_term *term, int x, int y, const struct ps_canvas_cell *cell)
{
    if (cell->code == 0)
        return;
    wchar_t text[2] = {(wchar_t)cell->code, L'\0'};
    if (!term->unicode && cell->code > 0x7e)
        text[0] = L'?';
    cchar_t out;
    short pair = term->pair[cell->style];
    if (cell->below != PS_STYLE_NORMAL) {
        short both = pixel_pair(term, cell->style, cell->below);
        pair = both ? both : pair;
        if (!both && term->unicode)
            text[0] = 0x2588; /* both halves are lit */
    }
    setcchar(&out, text, term->attributes[cell->style], pair, NULL);
    mvadd_wch(y, x, &out);
}

/* Put the cells that differ; returns whether any did. */
static bool put_changes(struct ps_term *term, const struct ps_canvas *canvas)
{
    bool changed = false;
    for (int y = 0; y < canvas->height; y++) {
        for (int x = 0; x < canvas->width; x++) {
            const struct ps_canvas_cell *cell = canvas->cells + (ptrdiff_t)y * canvas->stride + x;
            struct ps_canvas_cell *old = term->shown + (ptrdiff_t)y * canvas->width + x;
            if (!term->whole && same_cell(cell, old))
                continue;
            put_cell(term, x, y, cell);
            *old = *cell;
            changed = true;
        }
    }
    return changed;
}

static bool fit_size(struct ps_term *term, const struct ps_canvas *canvas)
{
    if (term->shown && term->shown_width == canvas->width && term->shown_height == canvas->height)
        return true;
    size_t cells = (size_t)canvas->width * (size_t)canvas->height;
    struct ps_canvas_cell *shown = calloc(cells, sizeof *shown);
    if (!shown)
        return false;
    free(term->shown);
    term->shown = shown;
    term->shown_width = canvas->width;
    term->shown_height = canvas->height;
    term->whole = true;
    if (getmaxx(stdscr) != canvas->width || getmaxy(stdscr) != canvas->height)
        resizeterm(canvas->height, canvas->width);
    return true;
}

bool ps_term_show(struct ps_term *term, const struct ps_canvas *canvas)
{
    if (!ps_spool_flush(&term->spool, 0) || !takes_output() || !fit_size(term, canvas))
        return false;
    if (term->whole) {
        erase();
        clearok(curscr, TRUE);
    }
    bool changed = put_changes(term, canvas);
    term->whole = false;
    if (!changed)
        return true;
    send_modes(term);
    ps_spool_begin(&term->spool);
    wnoutrefresh(stdscr);
    doupdate();
    ps_spool_end(&term->spool, term->synchronized ? sync_begin : "",
                 term->synchronized ? sync_end : "");
    return true;
}

void ps_term_redraw(struct ps_term *term)
{
    term->whole = true;
}

/* ---- input ---- */

int ps_term_fd(const struct ps_term *term)
{
    (void)term;
    return STDIN_FILENO;
}

int ps_term_signal_fd(const struct ps_term *term)
{
    return term->signal_pipe[0];
}

static void suspend(struct ps_term *term)
{
    ps_spool_flush(&term->spool, LAST_FRAME_MS);
    if (term->mouse) {
        leave_mouse(term);
        term->mouse = true;
    }
    endwin();
    ps_restore_now();
    sigset_t stop, old;
    struct sigaction standard = {.sa_handler = SIG_DFL}, ours;
    sigemptyset(&standard.sa_mask);
    sigaction(SIGTSTP, &standard, &ours);
    sigemptyset(&stop);
    sigaddset(&stop, SIGTSTP);
    raise(SIGTSTP);
    sigprocmask(SIG_UNBLOCK, &stop, &old); /* stops here until SIGCONT */
    sigprocmask(SIG_SETMASK, &old, NULL);
    sigaction(SIGTSTP, &ours, NULL);
    reset_prog_mode();
    clear_flow_control();
    if (term->mouse)
        catch_mouse(term);
    curs_set(0);
    term->whole = true;
}

bool ps_term_signals(struct ps_term *term)
{
    char bytes[64];
    bool stop = false, any = false;
    ssize_t n;
    while ((n = read(term->signal_pipe[0], bytes, sizeof bytes)) > 0) {
        any = true;
        stop = stop || memchr(bytes, 'z', (size_t)n);
    }
    if (stop)
        suspend(term);
    return any;
}

struct ps_input ps_term_read(struct ps_term *term)
{
    return ps_reader_next(&term->reader);
}
