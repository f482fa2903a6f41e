#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/output.h"
#include "app/pick.h"
#include "app/screen.h"
#include "app/session.h"
#include "base/text.h"
#include "host/host.h"
#include "metrics/history.h"
#include "ui/findings/findings.h"
#include "ui/live_screen.h"
#include "ui/start_screen.h"

#define DEFAULT_SIZE  "120x36"
#define DEFAULT_AFTER "5s"
#define COLUMNS_MAX   1000u
#define ROWS_MAX      300u
#define EVENTS_A_TICK 512u

struct screenshot_options {
    struct ps_overrides overrides;
    const char *size, *after, *output, *theme, *screen, *control;
    bool ascii, force;
};

#define TEXT_OPTION(name_, argument_, help_, member)                                 \
    {                                                                                \
        .name = name_, .argument = argument_, .help = help_, .kind = PS_OPTION_TEXT, \
        .offset = offsetof(struct screenshot_options, member)                        \
    }

const struct ps_option ps_screenshot_options[] = {
    {.name = "--output",
     .brief = "-o",
     .argument = "FILE",
     .help = "where to: .svg, .png or .txt",
     .kind = PS_OPTION_TEXT,
     .offset = offsetof(struct screenshot_options, output)},
    TEXT_OPTION("--size", "CxR", "columns and rows (" DEFAULT_SIZE ")", size),
    TEXT_OPTION("--after", "T", "how long to run first (" DEFAULT_AFTER ")", after),
    TEXT_OPTION("--control", "LINE", "tell the host at half time: 'workers 8', 'fault stuck 0 9s'",
                control),
    TEXT_OPTION("--screen", "NAME", "live, or start: without a run (live)", screen),
    TEXT_OPTION("--theme", "NAME", "dark, light or mono", theme),
    {.name = "--ascii",
     .help = "draw with ASCII characters only",
     .kind = PS_OPTION_FLAG,
     .offset = offsetof(struct screenshot_options, ascii)},
    {.name = "--force",
     .help = "replace an existing file",
     .kind = PS_OPTION_FLAG,
     .offset = offsetof(struct screenshot_options, force)},
    PS_OVERRIDE_OPTIONS(struct screenshot_options),
    PS_OPTIONS_END,
};

enum format { FORMAT_SVG, FORMAT_PNG, FORMAT_TXT, FORMAT_COUNT };
static const char *const endings[FORMAT_COUNT] = {".svg", ".png", ".txt"};

/* What the options mean. */
struct shot {
    const char *path, *control; /* control: NULL: nothing to say */
    enum format format;
    int columns, rows;
    uint64_t after_ns;
    enum ps_theme theme;
    bool start, ascii, replace;
};

static bool parse_size(const char *text, int *columns, int *rows)
{
    char left[16];
    const char *x = strchr(text, 'x');
    uint64_t c, r;
    if (!x || (size_t)(x - text) >= sizeof left)
        return false;
    snprintf(left, sizeof left, "%.*s", (int)(x - text), text);
    if (!ps_parse_u64(left, 1, COLUMNS_MAX, &c) || !ps_parse_u64(x + 1, 1, ROWS_MAX, &r))
        return false;
    *columns = (int)c;
    *rows = (int)r;
    return true;
}

static bool find_format(const char *path, enum format *format)
{
    size_t length = strlen(path);
    for (unsigned f = 0; f < FORMAT_COUNT; f++) {
        size_t ending = strlen(endings[f]);
        if (length > ending && strcmp(path + length - ending, endings[f]) == 0) {
            *format = (enum format)f;
            return true;
        }
    }
    return false;
}

static bool understand(const struct screenshot_options *options, struct shot *shot)
{
    const char *size = options->size ? options->size : DEFAULT_SIZE;
    const char *after = options->after ? options->after : DEFAULT_AFTER;
    char why[200];
    *shot = (struct shot){.path = options->output,
                          .control = options->control,
                          .theme = PS_THEME_DARK,
                          .start = options->screen && strcmp(options->screen, "start") == 0,
                          .ascii = options->ascii,
                          .replace = options->force};
    if (!options->output || !find_format(options->output, &shot->format))
        ps_app_complain("screenshot: needs -o FILE.svg, FILE.png or FILE.txt");
    else if (!parse_size(size, &shot->columns, &shot->rows))
        ps_app_complain("screenshot: --size %s: expected COLUMNSxROWS, at most %ux%u", size,
                        COLUMNS_MAX, ROWS_MAX);
    else if (!ps_parse_duration(after, &shot->after_ns))
        ps_app_complain("screenshot: --after %s: expected a time such as 500ms or 5s", after);
    else if (options->screen && !shot->start && strcmp(options->screen, "live") != 0)
        ps_app_complain("screenshot: --screen %s: expected live or start", options->screen);
    else if (options->theme && !ps_theme_find(options->theme, &shot->theme))
        ps_app_complain("screenshot: --theme %s: expected dark, light or mono", options->theme);
    else if (shot->format == FORMAT_PNG && ps_png_available(why, sizeof why) != PS_OK)
        ps_app_complain("screenshot: %s", why);
    else
        return true;
    return false;
}

/* Fed while the run goes on. */
struct film {
    struct ps_history *history;
    struct ps_log log;
    struct ps_findings findings;
    uint64_t after_ns;
    const char *control;        /* still to be said */
    char complaint[200];        /* the host's about it */
    bool taken;                 /* the run went on for after_ns; else it ended before */
    struct ps_snapshot frame;   /* if taken */
    struct ps_picture *picture; /* a copy, taken with it, malloc'ed; NULL: the run draws none */
    struct ps_event events[EVENTS_A_TICK];
};

/* A host that is busy has the line all the same, and one that is gone may be so because of it: what it
 * looks like then is the picture. */
static void say(struct film *film, struct ps_source *source)
{
    char answer[160];
    enum ps_err err = source->ops->control(source, film->control, answer, sizeof answer);
    if (err != PS_OK && err != PS_ETIMEDOUT && err != PS_EGONE)
        snprintf(film->complaint, sizeof film->complaint, "%s", answer);
    film->control = NULL;
}

/* The host ends before the frame is drawn, and takes the picture with it. */
static struct ps_picture *keep_picture(struct ps_source *source)
{
    const struct ps_picture *picture = source->ops->picture ? source->ops->picture(source) : NULL;
    size_t bytes = picture ? ps_picture_bytes(&picture->shape) : 0;
    struct ps_picture *copy =
        bytes ? aligned_alloc(_Alignof(struct ps_picture), bytes) : NULL; /* a multiple of 128 */
    if (copy)
        memcpy(copy, picture, bytes);
    return copy;
}

static bool film_tick(void *user, const struct ps_snapshot *snapshot, struct ps_source *source)
{
    struct film *film = user;
    uint64_t lost = 0;
    ps_history_feed(film->history, snapshot);
    size_t count = source->ops->events(source, film->events, EVENTS_A_TICK, &lost);
    ps_log_events(&film->log, film->events, count, snapshot);
    ps_findings_feed(&film->findings,
                     &(struct ps_live_view){.snapshot = snapshot, .history = film->history});
    if (!snapshot->started_ns)
        return true;
    uint64_t elapsed_ns = snapshot->at_ns - snapshot->started_ns;
    if (film->control && elapsed_ns >= film->after_ns / 2)
        say(film, source);
    if (film->complaint[0])
        return false;
    if (elapsed_ns < film->after_ns)
        return true;
    film->frame = *snapshot;
    film->picture = keep_picture(source);
    film->taken = true;
    return false;
}

static int save(const struct ps_canvas *canvas, const struct shot *shot)
{
    char why[4200] = "out of memory";
    char *text =
        shot->format == FORMAT_TXT ? ps_canvas_text(canvas) : ps_canvas_svg(canvas, shot->theme);
    void *bytes = text;
    size_t size = text ? strlen(text) : 0;
    enum ps_err err = text ? PS_OK : PS_ENOMEM;
    if (err == PS_OK && shot->format == FORMAT_PNG)
        err = ps_png_from_svg(text, &bytes, &size, why, sizeof why);
    if (err == PS_OK) {
        err = ps_output_write(shot->path, bytes, size, shot->replace, why, sizeof why);
        if (bytes != text)
            free(bytes);
    }
    free(text);
    if (err == PS_OK)
        return PS_EXIT_OK;
    ps_app_complain("screenshot: %s%s", why, err == PS_EEXIST ? " (--force replaces it)" : "");
    return PS_EXIT_ERROR;
}

static int out_of_memory(void)
{
    ps_app_complain("%s", ps_err_text(PS_ENOMEM));
    return PS_EXIT_ERROR;
}

static int draw_live(const struct shot *shot, const struct ps_experiment *experiment,
                     const struct ps_snapshot *snapshot, const struct film *film)
{
    struct ps_canvas *canvas = ps_canvas_new(shot->columns, shot->rows, shot->ascii);
    if (!canvas)
        return out_of_memory();
    struct ps_overlay ended = {.kind = PS_OVERLAY_ENDED, .failed = true, .text = snapshot->message};
    snprintf(ended.title, sizeof ended.title, "The run has failed: %s", ps_end_name(snapshot->end));
    bool failed = snapshot->phase == PS_PHASE_ENDED &&
                  (snapshot->end == PS_END_CRASH || snapshot->end == PS_END_DEADLOCK);
    struct ps_live_view view = {.snapshot = snapshot,
                                .history = film->history,
                                .log = &film->log,
                                .findings = &film->findings,
                                .picture = film->picture,
                                .look = {.picture = film->picture != NULL},
                                .overlay = failed ? &ended : NULL,
                                .title = experiment->title,
                                .seed = experiment->seed,
                                .fps = 10};
    ps_live_screen_draw(canvas, &view);
    int code = save(canvas, shot);
    ps_canvas_free(canvas);
    return code;
}

/* The start screen with the preset selected and the experiment in its form. */
static int shoot_start(const struct shot *shot, const char *preset,
                       const struct ps_experiment *experiment)
{
    char why[320], machine[64];
    struct ps_library library;
    if (ps_library_load(&library, ps_host_vocabulary(), why, sizeof why) != PS_OK) {
        ps_app_complain("%s", why);
        return PS_EXIT_USAGE;
    }
    struct ps_start_view view = {.library = &library,
                                 .words = ps_host_vocabulary(),
                                 .experiment = *experiment,
                                 .machine = machine};
    ps_screen_machine(machine, sizeof machine, &view.usable_cpus);
    const struct ps_preset *found = ps_library_find(&library, preset);
    view.selected = found ? (unsigned)(found - library.presets) : 0;
    struct ps_canvas *canvas = ps_canvas_new(shot->columns, shot->rows, shot->ascii);
    int code = canvas ? PS_EXIT_OK : out_of_memory();
    if (canvas) {
        ps_start_screen_draw(canvas, &view);
        code = save(canvas, shot);
    }
    ps_canvas_free(canvas);
    ps_library_free(&library);
    return code;
}

static int shoot(const struct shot *shot, const struct ps_experiment *experiment)
{
    struct film *film = calloc(1, sizeof *film);
    if (film)
        film->history = ps_history_new();
    if (!film || !film->history) {
        free(film);
        return out_of_memory();
    }
    film->after_ns = shot->after_ns;
    film->control = shot->control;
    struct ps_session session;
    char why[512] = "";
    enum ps_err err = ps_session_run(&session, experiment, film_tick, film, why, sizeof why);
    int code = PS_EXIT_USAGE;
    if (err != PS_OK)
        ps_app_complain("%s", *why ? why : ps_err_text(err));
    else if (session.signal)
        code = PS_EXIT_SIGNAL + session.signal;
    else if (film->complaint[0])
        ps_app_complain("screenshot: --control %s: %s", shot->control, film->complaint);
    else
        code = draw_live(shot, experiment, film->taken ? &film->frame : session.snapshot, film);
    ps_session_free(&session);
    ps_history_free(film->history);
    free(film->picture);
    free(film);
    return code;
}

int ps_cmd_screenshot(const struct ps_command *command, int argc, char **argv)
{
    struct screenshot_options options = {0};
    struct ps_arguments arguments;
    struct shot shot;
    int code;
    if (ps_app_options(command, argc, argv, &options, &arguments, &code) != PS_OPTIONS_DONE)
        return code;
    if (arguments.count != 1) {
        ps_app_complain("screenshot: expected one preset or file");
        return PS_EXIT_USAGE;
    }
    struct ps_experiment experiment;
    if (!understand(&options, &shot))
        return PS_EXIT_USAGE;
    code = ps_pick_experiment(arguments.item[0], &options.overrides, &experiment);
    if (code != PS_EXIT_OK)
        return code;
    return shot.start ? shoot_start(&shot, arguments.item[0], &experiment)
                      : shoot(&shot, &experiment);
}
