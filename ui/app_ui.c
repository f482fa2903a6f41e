/* The main loop: one thread waits for keys, signals, the host and the next frame. A key is acted on
 * and drawn at once; otherwise there is a frame every 1/fps of a second. */
#include "ui/app_ui.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "ui/program.h"
#include "ui/program_scope.h"
#include "ui/progress.h"

#define NOTICE_NS (4 * (uint64_t)PS_NS_PER_S)

enum { EXIT_USAGE = 2, EXIT_HANGUP = 129 };

/* ---- hosts as child processes ---- */

static enum ps_err live_start(const struct ps_experiment *experiment, void **host, char *why,
                              size_t why_size)
{
    struct ps_live *live = NULL;
    enum ps_err err = ps_live_begin(experiment, &live, why, why_size);
    *host = live;
    return err;
}
static enum ps_err live_begun(void *host, bool *begun, char *why, size_t why_size)
{
    return ps_live_begun(host, begun, why, why_size);
}
static void live_stop(void *host, bool by_force)
{
    if (by_force)
        ps_live_kill(host);
    else
        ps_live_ask_end(host);
}
static struct ps_source *live_source(void *host)
{
    return ps_live_source(host);
}
static bool live_running(void *host)
{
    return ps_live_running(host);
}
static int live_fd(const void *host)
{
    return ps_live_fd(host);
}
static void live_end(void *host)
{
    ps_live_free(host);
}

static const struct ps_ui_launcher processes = {.start = live_start,
                                                .begun = live_begun,
                                                .stop = live_stop,
                                                .source = live_source,
                                                .running = live_running,
                                                .fd = live_fd,
                                                .end = live_end};

/* ---- overlays and notices ---- */

void ps_program_say(struct ps_program *p, enum ps_style style, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(p->notice, sizeof p->notice, format, arguments);
    va_end(arguments);
    p->notice_style = style;
    p->notice_until_ns = ps_now_ns() + NOTICE_NS;
    p->asked = false;
}

bool ps_program_again(struct ps_program *p, const char *what)
{
    if (p->asked && ps_program_notice(p)) {
        p->asked = false;
        p->notice_until_ns = 0;
        return true;
    }
    const struct ps_binding *back = ps_binding_of(ps_program_place(p), PS_DO_BACK);
    ps_program_say(p, PS_STYLE_WARNING, "%s again %s", back ? back->name : "Esc", what);
    p->asked = true;
    return false;
}

const char *ps_program_notice(const struct ps_program *p)
{
    return p->notice[0] && ps_now_ns() < p->notice_until_ns ? p->notice : NULL;
}

void ps_program_close_overlay(struct ps_program *p)
{
    p->overlay = (struct ps_overlay){.kind = PS_OVERLAY_NONE};
    p->menu = PS_MENU_NONE;
    p->prompt = PS_PROMPT_NONE;
    p->choose = NULL;
    p->accept = NULL;
    free(p->overlay_text);
    p->overlay_text = NULL;
}

void ps_program_open(struct ps_program *p, enum ps_overlay_kind kind, const char *title)
{
    ps_program_close_overlay(p);
    p->overlay.kind = kind;
    snprintf(p->overlay.title, sizeof p->overlay.title, "%s", title);
}

/* ---- frames ---- */

void ps_program_frame(struct ps_program *p)
{
    int width, height;
    ps_term_size(p->term, &width, &height);
    if (width != p->canvas->width || height != p->canvas->height) {
        p->pointer.moved_ns = 0;
        if (!ps_canvas_resize(p->canvas, width, height))
            return;
    }
    ps_program_hover(p); /* the hits are still those of the frame that is seen */
    ps_canvas_clear(p->canvas);
    p->screen->draw(p->canvas, p);
    ps_program_draw_pressed(p->canvas, p);
    ps_term_show(p->term, p->canvas);
}

static void save_picture(struct ps_program *p)
{
    char name[64];
    time_t now = time(NULL);
    struct tm parts;
    localtime_r(&now, &parts);
    strftime(name, sizeof name, "poolscope-%Y%m%d-%H%M%S.svg", &parts);
    char *svg = ps_canvas_svg(p->canvas, p->theme);
    int fd = svg ? open(name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666) : -1;
    FILE *to = fd >= 0 ? fdopen(fd, "w") : NULL;
    bool good = to && fputs(svg, to) >= 0;
    if (to)
        good = fclose(to) == 0 && good;
    else if (fd >= 0)
        close(fd);
    free(svg);
    if (good)
        ps_program_say(p, PS_STYLE_GOOD, "saved: %s", name);
    else
        ps_program_say(p, PS_STYLE_WARNING, "cannot save %s: %s", name, strerror(errno));
}

/* ---- actions ---- */

enum ps_place ps_program_place(const struct ps_program *p)
{
    if (p->overlay.kind != PS_OVERLAY_NONE)
        return ps_overlay_place(&p->overlay);
    return p->screen->place(p);
}

static void open_help(struct ps_program *p)
{
    enum ps_place place = ps_program_place(p);
    const struct ps_page *page = p->overlay.kind == PS_OVERLAY_PAGE ? p->overlay.page : NULL;
    unsigned selected = p->overlay.selected;
    char title[72];
    snprintf(title, sizeof title, "Help: %s screen", p->screen->name);
    ps_program_open(p, PS_OVERLAY_HELP, title);
    p->overlay.place = place;
    p->overlay.page = page;
    p->overlay.selected = selected;
}

/* One level back: the help above a page gives way to the page. */
void ps_program_close_text(struct ps_program *p)
{
    const struct ps_page *page = p->overlay.kind == PS_OVERLAY_HELP ? p->overlay.page : NULL;
    unsigned selected = p->overlay.selected;
    ps_program_close_overlay(p);
    if (!page)
        return;
    ps_program_open(p, PS_OVERLAY_PAGE, "");
    p->overlay.page = page;
    p->overlay.selected = selected;
}

static void scroll(struct ps_program *p, int by)
{
    int limit = ps_overlay_scroll_max(&p->overlay, p->canvas->width, p->canvas->height - 2);
    int to = p->overlay.scroll + by;
    p->overlay.scroll = to > limit ? limit : to < 0 ? 0 : to;
}

static void text_action(struct ps_program *p, enum ps_action action)
{
    int page = p->canvas->height - 5;
    switch (action) {
    case PS_DO_UP:
        scroll(p, -1);
        break;
    case PS_DO_DOWN:
        scroll(p, 1);
        break;
    case PS_DO_PAGE_UP:
        scroll(p, -page);
        break;
    case PS_DO_PAGE_DOWN:
        scroll(p, page);
        break;
    case PS_DO_FIRST:
        scroll(p, -100000);
        break;
    case PS_DO_LAST:
        scroll(p, 100000);
        break;
    default:
        ps_program_close_text(p);
        break;
    }
}

static void menu_action(struct ps_program *p, enum ps_action action, int argument)
{
    struct ps_overlay *o = &p->overlay;
    switch (action) {
    case PS_DO_UP:
        o->selected = o->selected ? o->selected - 1 : o->count - 1;
        break;
    case PS_DO_DOWN:
        o->selected = o->selected + 1 < o->count ? o->selected + 1 : 0;
        break;
    case PS_DO_FIRST:
    case PS_DO_PAGE_UP:
        o->selected = 0;
        break;
    case PS_DO_LAST:
    case PS_DO_PAGE_DOWN:
        o->selected = o->count - 1;
        break;
    case PS_DO_SELECT_ITEM:
        ps_program_menu_chosen(p, (unsigned)argument);
        break;
    case PS_DO_ACCEPT:
        ps_program_menu_chosen(p, o->selected);
        break;
    default:
        ps_program_close_overlay(p);
        break;
    }
}

static void ended_action(struct ps_program *p, enum ps_action action)
{
    if (action == PS_DO_BACK) {
        p->run.view.zoom = false;
        ps_program_run_leave(p);
    } else {
        p->screen->action(p, action, 0);
    }
}

/* What every screen understands. False: it is the screen's own. */
static bool common_action(struct ps_program *p, enum ps_action action)
{
    switch (action) {
    case PS_DO_QUIT:
        p->quit = true;
        return true;
    case PS_DO_REDRAW:
        ps_term_redraw(p->term);
        return true;
    case PS_DO_HELP:
        open_help(p);
        return true;
    case PS_DO_OPTIONS:
        ps_program_options(p);
        return true;
    case PS_DO_THEME:
        p->theme = (p->theme + 1) % PS_THEME_COUNT;
        p->settings.theme = p->theme;
        ps_term_theme(p->term, p->theme);
        ps_program_say(p, PS_STYLE_NOTE, "theme: %s", ps_theme_name(p->theme));
        return true;
    case PS_DO_SCREENSHOT:
        save_picture(p);
        return true;
    case PS_DO_CONSOLE:
        ps_program_console_open(p);
        return true;
    case PS_DO_PRESENT:
        ps_program_present(p, !p->presenter.on);
        return true;
    default:
        return false;
    }
}

void ps_program_act(struct ps_program *p, enum ps_action action, int argument)
{
    p->asked = p->asked && action == PS_DO_BACK;
    if (common_action(p, action))
        return;
    switch (ps_program_place(p)) {
    case PS_AT_MENU:
        menu_action(p, action, argument);
        break;
    case PS_AT_OPTIONS:
        ps_program_options_action(p, action, argument);
        break;
    case PS_AT_PANELS:
        if (!ps_program_panels_action(p, action, argument))
            menu_action(p, action, argument);
        break;
    case PS_AT_TEXT:
        text_action(p, action);
        break;
    case PS_AT_ENDED:
        ended_action(p, action);
        break;
    case PS_AT_PROMPT:
        break;
    case PS_AT_CONSOLE:
        ps_program_console_action(p, action);
        break;
    case PS_AT_PAGE:
        ps_program_page_action(p, action, argument);
        break;
    default:
        p->screen->action(p, action, argument);
        break;
    }
}

static void type_prompt(struct ps_program *p, int key)
{
    if (key == PS_INPUT_TAB && p->overlay.completes) {
        ps_program_complete_recording(p);
        return;
    }
    switch (ps_edit_key(p->overlay.input, sizeof p->overlay.input, key)) {
    case PS_EDIT_CANCEL:
        ps_program_close_overlay(p);
        break;
    case PS_EDIT_CHANGED:
        p->overlay.complaint[0] = '\0';
        if (p->prompt == PS_PROMPT_REPLACE)
            p->prompt = PS_PROMPT_SAVE;
        break;
    case PS_EDIT_ACCEPT:
        if (p->accept)
            p->accept(p);
        else
            ps_program_save(p);
        break;
    case PS_EDIT_NONE:
        break;
    }
}

/* A key without a binding, so that nobody wonders whether it has been read. */
static void say_unbound(struct ps_program *p, enum ps_place place, int key)
{
    const struct ps_binding *help = ps_binding_of(place, PS_DO_HELP);
    const struct ps_binding *close = ps_binding_of(place, PS_DO_BACK);
    if (key <= ' ' || key > '~' || !(help || close))
        return;
    ps_program_say(p, PS_STYLE_NOTE, "%c does nothing here; %s %s", key,
                   (help ? help : close)->name, help ? "shows the keys" : "closes this");
}

static void on_key(struct ps_program *p, struct ps_input input)
{
    if (input.key == PS_INPUT_HANGUP) {
        p->quit = true;
        p->code = EXIT_HANGUP;
        return;
    }
    if (input.key == PS_INPUT_MOUSE) {
        ps_program_click(p, input.x, input.y);
        return;
    }
    enum ps_place place = ps_program_place(p);
    if (place == PS_AT_PROMPT) {
        type_prompt(p, input.key);
        return;
    }
    bool screens = p->overlay.kind == PS_OVERLAY_NONE && p->screen->type;
    if (screens && p->screen->types && p->screen->types(p)) {
        p->screen->type(p, input.key);
        return;
    }
    const struct ps_binding *binding = ps_binding_find(place, input.key);
    if (binding) {
        ps_program_pressed(p, binding);
        ps_program_act(p, binding->action, binding->argument);
    } else if (place == PS_AT_CONSOLE) {
        ps_program_console_type(p, input.key);
    } else if (!screens || !p->screen->type(p, input.key)) {
        say_unbound(p, place, input.key);
    }
}

/* ---- the loop ---- */

static uint64_t earliest(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* Everything that has been typed; returns whether there was anything. Of the ways of the mouse only
 * its last place counts. */
static bool read_keys(struct ps_program *p)
{
    bool any = false;
    while (!p->quit) {
        struct ps_input input;
        if (!ps_program_typed(p, &input))
            input = ps_term_read(p->term);
        if (input.key == PS_INPUT_NONE)
            break;
        if (input.key == PS_INPUT_MOTION) {
            ps_program_point(p, input.x, input.y);
            continue;
        }
        any = true;
        on_key(p, input);
    }
    return any;
}

/* Wait for something to do until the next frame. The host's descriptor is left out once it has
 * reported, so that an ended host does not make the loop spin. */
static void wait_for(struct ps_program *p, uint64_t until_ns, bool *host_silent)
{
    struct pollfd fds[3] = {{.fd = ps_term_fd(p->term), .events = POLLIN},
                            {.fd = ps_term_signal_fd(p->term), .events = POLLIN},
                            {.fd = -1, .events = POLLIN}};
    if (p->run.host && *host_silent)
        fds[2].fd = p->launcher->fd(p->run.host);
    uint64_t now = ps_now_ns();
    struct timespec left = ps_timespec(until_ns > now ? until_ns - now : 0);
    if (ppoll(fds, 3, &left, NULL) > 0 && fds[2].revents)
        *host_silent = false;
}

static void loop(struct ps_program *p)
{
    uint64_t next = ps_now_ns(), shown_ns = 0;
    bool host_silent = true;
    while (!p->quit) {
        bool silent_before = host_silent;
        uint64_t wanted = p->screen->due_ns ? p->screen->due_ns(p) : UINT64_MAX;
        uint64_t until = earliest(earliest(wanted, next), ps_program_hover_due_ns(p, shown_ns));
        wait_for(p, p->typed.count ? 0 : until, &host_silent);
        bool changed = ps_term_signals(p->term);
        changed = read_keys(p) || changed;
        uint64_t now = ps_now_ns();
        bool due = now >= next;
        if (due || (silent_before && !host_silent) || now >= wanted) {
            if (p->screen->update)
                p->screen->update(p);
            bool calm = p->settings.reduced_motion && now - shown_ns < PS_NS_PER_S;
            changed = changed || ((due || now < wanted) && !calm);
        }
        changed = ps_program_hovered(p, shown_ns, now) || changed;
        if (due)
            ps_program_files_update(p);
        if (due) {
            uint64_t interval = PS_NS_PER_S / p->settings.fps;
            next = now - next > interval ? now + interval : next + interval;
            host_silent = true;
        }
        if (p->options->replay && p->screen != &ps_screen_replay)
            p->quit = true;
        if (changed && !p->quit) {
            shown_ns = now;
            ps_program_frame(p);
        }
    }
}

static void init_start(struct ps_program *p)
{
    p->start = (struct ps_start_view){.library = p->options->library,
                                      .words = p->options->words,
                                      .usable_cpus = p->options->usable_cpus,
                                      .machine = p->options->machine,
                                      .progress = p->progress};
    ps_program_select(p);
    ps_screen_go(p, &ps_screen_start);
}

static void destroy(struct ps_program *p)
{
    if (p->screen && p->screen->close)
        p->screen->close(p);
    for (unsigned i = 0; ps_screens[i]; i++)
        if (ps_screens[i]->free)
            ps_screens[i]->free(p->screen_state[i]);
    ps_program_run_end(p);
    ps_program_files_end(p);
    ps_program_close_overlay(p);
    free(p->brief_text);
    ps_program_scope_free(p);
    ps_progress_free(p->progress);
    ps_history_free(p->run.history);
    free(p->run.findings);
    free(p->run.snapshot);
    ps_canvas_free(p->canvas);
    free(p);
}

static bool open_lesson(struct ps_program *p)
{
    const struct ps_ui_options *options = p->options;
    const struct ps_preset *preset =
        options->lesson ? ps_library_find(options->library, options->preset) : NULL;
    return preset && preset->valid && ps_program_lesson_open(p, preset);
}

static int run(struct ps_program *p)
{
    const struct ps_ui_options *options = p->options;
    struct ps_term_options wanted = {.theme = p->theme,
                                     .mouse = !options->no_mouse,
                                     .motion = !options->no_hover,
                                     .colours = options->colours};
    char why[200];
    if (ps_term_open(&wanted, &p->term, why, sizeof why) != PS_OK) {
        fprintf(stderr, "poolscope: %s\n", why);
        return EXIT_USAGE;
    }
    int width, height;
    ps_term_size(p->term, &width, &height);
    p->canvas = ps_canvas_new(width, height, options->ascii || !ps_term_unicode(p->term));
    if (p->canvas) {
        init_start(p);
        ps_program_present(p, options->presenter);
        if (options->replay)
            ps_program_replay(p);
        else if (!open_lesson(p) && options->experiment)
            ps_program_run_begin(p, options->experiment, options->preset);
        loop(p);
    }
    ps_term_close(p->term);
    p->term = NULL;
    return p->canvas ? p->code : 1;
}

int ps_ui_main(const struct ps_ui_options *options)
{
    struct ps_program *p = calloc(1, sizeof *p);
    if (!p)
        return 1;
    setlocale(LC_CTYPE, "");
    p->options = options;
    p->usual_launcher = options->launcher ? options->launcher : &processes;
    p->launcher = p->usual_launcher;
    p->run.recorder = options->recorder;
    if (options->record_path)
        snprintf(p->run.record_path, sizeof p->run.record_path, "%s", options->record_path);
    p->progress = ps_progress_new(!options->no_state);
    p->theme = ps_theme_choose(options->theme, getenv("NO_COLOR"));
    p->settings = (struct ps_settings){.theme = p->theme,
                                       .fps = options->fps ? options->fps : PS_FPS_STANDARD,
                                       .ascii = options->ascii,
                                       .no_mouse = options->no_mouse,
                                       .no_hover = options->no_hover,
                                       .reduced_motion = options->reduced_motion,
                                       .colours = options->colours,
                                       .look = options->look};
    p->run.view.look = options->look;
    int code = run(p);
    destroy(p);
    return code;
}
