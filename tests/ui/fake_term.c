#include "fake_term.h"

#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "check.h"
#include "ui/term.h"

struct ps_term {
    unsigned colours;
    bool mouse, motion;
    int width, height;
    int always, never; /* descriptors: there is always a key, never a signal */
    bool shown;        /* a frame since the last key */
    const struct ps_canvas *canvas;
    enum ps_theme theme;
    unsigned redraws, frames;
    int point_x, point_y;
    unsigned reports; /* of the mouse, still to come */
    fake_next next;
    void *user;
};

static struct ps_term term;

int fake_run(struct ps_ui_options *options, int width, int height, fake_next next, void *user)
{
    term = (struct ps_term){.width = width, .height = height, .next = next, .user = user};
    return ps_ui_main(options);
}

void fake_point(int x, int y, unsigned reports)
{
    term.point_x = x;
    term.point_y = y;
    term.reports = reports;
}

bool fake_motion(void)
{
    return term.mouse && term.motion;
}

unsigned fake_frames(void)
{
    return term.frames;
}

void fake_resize(int width, int height)
{
    term.width = width;
    term.height = height;
}

unsigned fake_redraws(void)
{
    return term.redraws;
}

enum ps_theme fake_theme(void)
{
    return term.theme;
}

enum ps_err ps_term_open(const struct ps_term_options *options, struct ps_term **into, char *why,
                         size_t why_size)
{
    (void)why;
    (void)why_size;
    term.theme = options->theme;
    term.mouse = options->mouse;
    term.motion = options->motion;
    term.always = eventfd(1, EFD_CLOEXEC);
    term.never = eventfd(0, EFD_CLOEXEC);
    assert_true(term.always >= 0 && term.never >= 0);
    *into = &term;
    return PS_OK;
}

void ps_term_close(struct ps_term *t)
{
    close(t->always);
    close(t->never);
}

void ps_term_size(const struct ps_term *t, int *width, int *height)
{
    *width = t->width;
    *height = t->height;
}

bool ps_term_unicode(const struct ps_term *t)
{
    (void)t;
    return true;
}

void ps_term_theme(struct ps_term *t, enum ps_theme theme)
{
    t->theme = theme;
}

void ps_term_colours(struct ps_term *t, unsigned colours)
{
    t->colours = colours;
}

void ps_term_mouse(struct ps_term *t, bool mouse, bool motion)
{
    t->mouse = mouse;
    t->motion = motion;
}

bool ps_term_show(struct ps_term *t, const struct ps_canvas *canvas)
{
    t->canvas = canvas;
    t->shown = true;
    t->frames++;
    return true;
}

void ps_term_redraw(struct ps_term *t)
{
    t->redraws++;
}

/* Everywhere else first. */
static struct ps_input next_report(struct ps_term *t)
{
    bool last = --t->reports == 0;
    return (struct ps_input){.key = PS_INPUT_MOTION,
                             .x = last ? t->point_x : (int)(t->reports % (unsigned)t->width),
                             .y = last ? t->point_y : (int)(t->reports % (unsigned)t->height)};
}

/* One key for each frame. */
struct ps_input ps_term_read(struct ps_term *t)
{
    if (t->reports > 0) {
        t->shown = false;
        return next_report(t);
    }
    if (!t->shown)
        return (struct ps_input){.key = PS_INPUT_NONE};
    t->shown = false;
    int key = t->next(t->user, t->canvas);
    return (struct ps_input){.key = key, .x = t->point_x, .y = t->point_y};
}

int ps_term_fd(const struct ps_term *t)
{
    return t->always;
}

int ps_term_signal_fd(const struct ps_term *t)
{
    return t->never;
}

bool ps_term_signals(struct ps_term *t)
{
    (void)t;
    return false;
}

/* ---- the host ---- */

struct fake_host fake_host;

static enum ps_err source_snapshot(struct ps_source *source, struct ps_snapshot *into)
{
    (void)source;
    *into = *fake_host.snapshot;
    if (fake_host.ended)
        into->phase = PS_PHASE_ENDED;
    return PS_OK;
}

static size_t source_events(struct ps_source *source, struct ps_event *into, size_t max,
                            uint64_t *lost)
{
    (void)source;
    (void)into;
    (void)max;
    (void)lost;
    return 0;
}

static enum ps_err source_control(struct ps_source *source, const char *line, char *answer,
                                  size_t size)
{
    (void)source;
    snprintf(fake_host.last, sizeof fake_host.last, "%s", line);
    fake_host.lines++;
    snprintf(answer, size, "ok");
    return PS_OK;
}

static const struct ps_picture *source_picture(struct ps_source *source)
{
    (void)source;
    return NULL;
}

static const struct ps_source_ops source_ops = {.snapshot = source_snapshot,
                                                .events = source_events,
                                                .control = source_control,
                                                .picture = source_picture};
static struct ps_source fake_source = {&source_ops};

static enum ps_err host_start(const struct ps_experiment *experiment, void **host, char *why,
                              size_t why_size)
{
    (void)experiment;
    (void)why;
    (void)why_size;
    fake_host.begun++;
    fake_host.ended = false;
    *host = &fake_host;
    return PS_OK;
}

static enum ps_err host_begun(void *host, bool *begun, char *why, size_t why_size)
{
    (void)host;
    (void)why;
    (void)why_size;
    *begun = !fake_host.starting;
    return PS_OK;
}

static void host_stop(void *host, bool by_force)
{
    (void)host;
    fake_host.ended = by_force || !fake_host.stubborn;
}

static struct ps_source *host_source(void *host)
{
    (void)host;
    return &fake_source;
}

static bool host_running(void *host)
{
    (void)host;
    return !fake_host.ended;
}

static int host_fd(const void *host)
{
    (void)host;
    return -1;
}

static void host_end(void *host)
{
    (void)host;
}

const struct ps_ui_launcher fake_launcher = {.start = host_start,
                                             .begun = host_begun,
                                             .stop = host_stop,
                                             .source = host_source,
                                             .running = host_running,
                                             .fd = host_fd,
                                             .end = host_end};
