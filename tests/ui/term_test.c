/* The backend in process: a screen on a pseudo-terminal that nobody looks at. */
#include <fcntl.h>
#include <locale.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "check.h"
#include "scene.h"
#include "ui/live_screen.h"
#include "ui/term.h"

static int master, slave;

/* Standard input and output become the terminal; cmocka writes to a copy of the old output. */
static int set_up(void **state)
{
    (void)state;
    struct winsize size = {.ws_col = 80, .ws_row = 24};
    setlocale(LC_CTYPE, "C.UTF-8");
    setenv("TERM", "xterm-256color", 1);
    unsetenv("LINES");
    unsetenv("COLUMNS");
    if (openpty(&master, &slave, NULL, NULL, &size) != 0)
        return -1;
    fcntl(master, F_SETFL, O_NONBLOCK);
    return 0;
}

static struct ps_term *open_term(int saved[2])
{
    char why[200] = "";
    struct ps_term *term = NULL;
    saved[0] = dup(STDIN_FILENO);
    saved[1] = dup(STDOUT_FILENO);
    fflush(stdout);
    dup2(slave, STDIN_FILENO);
    dup2(slave, STDOUT_FILENO);
    struct ps_term_options options = {.theme = PS_THEME_DARK, .mouse = true, .motion = true};
    enum ps_err err = ps_term_open(&options, &term, why, sizeof why);
    if (err != PS_OK)
        fprintf(stderr, "ps_term_open: %s\n", why);
    return term;
}

static void close_term(struct ps_term *term, const int saved[2])
{
    ps_term_close(term);
    fflush(stdout);
    dup2(saved[0], STDIN_FILENO);
    dup2(saved[1], STDOUT_FILENO);
    close(saved[0]);
    close(saved[1]);
}

static size_t drain(char *into, size_t size)
{
    size_t total = 0;
    ssize_t n;
    while (total < size && (n = read(master, into + total, size - total)) > 0)
        total += (size_t)n;
    return total;
}

static void frames_are_whole_and_only_differences_are_written(void **state)
{
    (void)state;
    static char first[262144], second[262144], third[262144];
    int saved[2];
    struct ps_term *term = open_term(saved);
    struct ps_canvas *c = ps_canvas_new(80, 24, false);
    ps_canvas_put(c, 3, 3, PS_STYLE_RUN, "hello");
    bool shown = ps_term_show(term, c);
    size_t one = drain(first, sizeof first);
    ps_term_show(term, c);
    size_t two = drain(second, sizeof second);
    ps_canvas_put(c, 3, 3, PS_STYLE_RUN, "j");
    ps_term_show(term, c);
    size_t three = drain(third, sizeof third);
    close_term(term, saved);
    ps_canvas_free(c);
    assert_true(shown);
    assert_non_null(memmem(first, one, "\033[?2026h", 8));
    assert_memory_equal(first + one - 8, "\033[?2026l", 8);
    assert_int_equal(two, 0);
    assert_true(three > 0 && three < 80);
    assert_null(memmem(third, three, "hello", 5));
}

static void a_full_terminal_skips_frames(void **state)
{
    (void)state;
    static char sink[262144];
    int saved[2], shown = 0, skipped = 0;
    struct ps_term *term = open_term(saved);
    struct ps_canvas *c = ps_canvas_new(80, 24, false);
    drain(sink, sizeof sink);
    tcflow(slave, TCOOFF); /* Ctrl-S */
    for (int i = 0; i < 20; i++) {
        ps_canvas_print(c, 0, 0, PS_STYLE_NORMAL, "frame %d", i);
        if (ps_term_show(term, c))
            shown++;
        else
            skipped++;
    }
    tcflow(slave, TCOON);
    bool again = ps_term_show(term, c);
    size_t n = drain(sink, sizeof sink);
    close_term(term, saved);
    ps_canvas_free(c);
    assert_int_equal(shown, 0);
    assert_int_equal(skipped, 20);
    assert_true(again && n > 0);
}

static void keys_and_clicks_are_decoded(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        int key;
    } cases[] = {
        {"a", 'a'},
        {"\r", PS_INPUT_ENTER},
        {"\t", PS_INPUT_TAB},
        {"\033OA", PS_INPUT_UP},
        {"\033OB", PS_INPUT_DOWN},
        {"\033OC", PS_INPUT_RIGHT},
        {"\033OD", PS_INPUT_LEFT},
        {"\033[5~", PS_INPUT_PAGE_UP},
        {"\033OP", PS_INPUT_F1},
        {"\033[Z", PS_INPUT_BACK_TAB},
        {"\177", PS_INPUT_BACKSPACE},
        {"\xc3\xa9", 0xe9},
        {"\033[21~", PS_INPUT_F10},
        {"\033[C", PS_INPUT_RIGHT},
        {"\033[A", PS_INPUT_UP},
        {"\033", PS_INPUT_ESC},
        {"\f", PS_INPUT_CTRL_L},
    };
    enum { CASES = sizeof cases / sizeof cases[0] };
    struct ps_input found[CASES], click;
    int saved[2];
    struct ps_term *term = open_term(saved);
    for (unsigned i = 0; i < CASES; i++) {
        if (write(master, cases[i].bytes, strlen(cases[i].bytes)) < 0)
            break;
        found[i] = ps_term_read(term);
    }
    bool sent = write(master, "\033[<0;11;6M", 10) == 10;
    click = ps_term_read(term);
    struct ps_input none = ps_term_read(term);
    close_term(term, saved);
    for (unsigned i = 0; i < CASES; i++)
        assert_int_equal(found[i].key, cases[i].key);
    assert_true(sent);
    assert_int_equal(click.key, PS_INPUT_MOUSE);
    assert_int_equal(click.x, 10);
    assert_int_equal(click.y, 5);
    assert_int_equal(none.key, PS_INPUT_NONE);
}

static void settings_and_handlers_come_back(void **state)
{
    (void)state;
    struct termios before, during, after;
    struct sigaction old, now;
    int saved[2];
    tcgetattr(slave, &before);
    sigaction(SIGTERM, NULL, &old);
    struct ps_term *term = open_term(saved);
    tcgetattr(slave, &during);
    close_term(term, saved);
    tcgetattr(slave, &after);
    sigaction(SIGTERM, NULL, &now);
    assert_int_equal(during.c_iflag & (IXON | IXOFF), 0);
    assert_int_equal(during.c_lflag & (ECHO | ICANON), 0);
    assert_int_not_equal(during.c_lflag & ISIG, 0);
    assert_int_equal(after.c_lflag, before.c_lflag);
    assert_int_equal(after.c_iflag, before.c_iflag);
    assert_true(now.sa_handler == old.sa_handler);
}

static void unusable_terminals_are_refused_with_a_reason(void **state)
{
    (void)state;
    static const char *const cases[][2] = {{"dumb", "TERM=dumb cannot place text on a screen"},
                                           {"", "TERM is not set"},
                                           {"no-such", "TERM=no-such is not a known kind"}};
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char why[200] = "";
        struct ps_term *term = NULL;
        struct ps_term_options options = {.theme = PS_THEME_DARK};
        int saved[2] = {dup(STDIN_FILENO), dup(STDOUT_FILENO)};
        fflush(stdout);
        dup2(slave, STDIN_FILENO);
        dup2(slave, STDOUT_FILENO);
        setenv("TERM", cases[i][0], 1);
        enum ps_err err = ps_term_open(&options, &term, why, sizeof why);
        dup2(saved[0], STDIN_FILENO);
        dup2(saved[1], STDOUT_FILENO);
        close(saved[0]);
        close(saved[1]);
        assert_int_equal(err, PS_ENOTSUP);
        assert_memory_equal(why, cases[i][1], strlen(cases[i][1]));
    }
    setenv("TERM", "xterm-256color", 1);
}

/* Show and read until all of the frame has come. Returns its bytes. */
static size_t show_whole(struct ps_term *term, const struct ps_canvas *c, char *into, size_t size)
{
    size_t total = 0, got;
    do {
        ps_term_show(term, c);
        got = drain(into + total, size - total);
        total += got;
    } while (got > 0);
    return total;
}

/* Mean bytes of the frames of some seconds of a run, with all panels full. */
static size_t mean_frame(struct scene *scene, enum scene_kind kind, int width, int height)
{
    static char bytes[1 << 18];
    enum { FRAMES = 60 };
    int saved[2];
    struct ps_term *term = open_term(saved);
    struct ps_canvas *c = ps_canvas_new(width, height, false);
    size_t total = 0;
    for (unsigned i = 0; i <= FRAMES; i++) {
        ps_canvas_clear(c);
        ps_live_screen_draw(c, &scene->view);
        size_t n = show_whole(term, c, bytes, sizeof bytes);
        total += i > 0 ? n : 0; /* the first is written whole */
        scene_step(scene, kind);
    }
    ps_canvas_free(c);
    close_term(term, saved);
    drain(bytes, sizeof bytes);
    return total / FRAMES;
}

/* So that ssh over a slow line stays usable. */
static void a_frame_is_few_bytes(void **state)
{
    (void)state;
    static const enum scene_kind kinds[] = {SCENE_STEAL, SCENE_GREEN, SCENE_SHARED};
    for (unsigned i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        struct scene *scene = scene_new(kinds[i], 8, 64);
        size_t mean = mean_frame(scene, kinds[i], 120, 40);
        print_message("scene %u: %zu bytes a frame\n", i, mean);
        assert_in_range(mean, 1, 4096);
        scene_free(scene);
    }
}

static unsigned times(const char *bytes, size_t size, const char *what)
{
    unsigned count = 0;
    const char *end = bytes + size;
    for (const char *p = bytes; (p = memmem(p, (size_t)(end - p), what, strlen(what))); p++)
        count++;
    return count;
}

/* Nobody reads: the frame does not wait for it, and those after it are dropped, not queued. */
static void an_unread_frame_holds_nobody_up(void **state)
{
    (void)state;
    static char bytes[1 << 20];
    struct scene *scene = scene_new(SCENE_STEAL, 8, 64);
    int saved[2];
    struct ps_term *term = open_term(saved);
    struct ps_canvas *c = ps_canvas_new(250, 60, false);
    drain(bytes, sizeof bytes);
    unsigned shown = 0;
    for (unsigned i = 0; i < 10; i++) {
        ps_canvas_clear(c);
        ps_live_screen_draw(c, &scene->view);
        shown += ps_term_show(term, c);
        scene_step(scene, SCENE_STEAL);
    }
    size_t n = show_whole(term, c, bytes, sizeof bytes);
    close_term(term, saved);
    assert_int_equal(shown, 1);
    assert_true(n > 20000);
    /* The first whole, then the newest: every frame that began has ended. */
    assert_int_equal(times(bytes, n, "\033[?2026h"), 2);
    assert_int_equal(times(bytes, n, "\033[?2026l"), 2);
    assert_memory_equal(bytes + n - 8, "\033[?2026l", 8);
    drain(bytes, sizeof bytes);
    ps_canvas_free(c);
    scene_free(scene);
}

static void every_size_is_shown(void **state)
{
    (void)state;
    static char sink[1 << 20];
    struct scene *scene = scene_new(SCENE_STEAL, 8, 6);
    int saved[2], shown = 0, frames = 0;
    struct ps_term *term = open_term(saved);
    struct ps_canvas *c = ps_canvas_new(80, 24, false);
    for (int height = 1; height <= 60; height += 7) {
        for (int width = 1; width <= 250; width += 23) {
            ps_canvas_resize(c, width, height);
            /* A frame larger than the terminal's buffer would wait for its reader: draw a corner.
             */
            struct ps_canvas corner =
                ps_canvas_view(c, 0, 0, width < 60 ? width : 60, height < 16 ? height : 16);
            ps_live_screen_draw(&corner, &scene->view);
            shown += ps_term_show(term, c);
            frames++;
            drain(sink, sizeof sink);
        }
    }
    close_term(term, saved);
    ps_canvas_free(c);
    scene_free(scene);
    assert_int_equal(shown, frames);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_are_whole_and_only_differences_are_written),
        cmocka_unit_test(a_full_terminal_skips_frames),
        cmocka_unit_test(keys_and_clicks_are_decoded),
        cmocka_unit_test(settings_and_handlers_come_back),
        cmocka_unit_test(unusable_terminals_are_refused_with_a_reason),
        cmocka_unit_test(a_frame_is_few_bytes),
        cmocka_unit_test(an_unread_frame_holds_nobody_up),
        cmocka_unit_test(every_size_is_shown),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
