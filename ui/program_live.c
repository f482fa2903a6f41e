#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "model/phases.h"
#include "ui/format.h"
#include "ui/panels.h"
#include "ui/program.h"
#include "ui/program_scope.h"
#include "ui/widgets/widget.h"

/* ---- the news of a frame ---- */

/* Rings overflow sooner than a frame is due: between frames a recording gets its events. */
static uint64_t due_ns(const struct ps_program *p)
{
    const struct ps_run *run = &p->run;
    return run->host && run->recorder && !run->told_end ? run->drained_ns + PS_RECORDER_DRAIN_NS
                                                        : UINT64_MAX;
}

static void update(struct ps_program *p)
{
    struct ps_run *run = &p->run;
    uint64_t now = ps_now_ns(), frame_ns = PS_NS_PER_S / p->settings.fps;
    if (due_ns(p) > now || now - run->looked_ns > frame_ns - frame_ns / 20 ||
        !p->launcher->running(run->host)) {
        ps_program_run_update(p);
        return;
    }
    ps_program_run_events(p);
    run->drained_ns = now;
}

/* ---- control ---- */

static void adopt_mix(struct ps_experiment *e, const char *text)
{
    struct ps_mix mix;
    struct ps_why why;
    if (!ps_mix_set(e, &mix, text, &why))
        return;
    for (unsigned i = 0; i < mix.count; i++)
        e->types[mix.part[i].type].weight = mix.part[i].weight;
}

/* A line that the host has taken changes the experiment, too: a restart begins with it. */
static void adopt(struct ps_run *run, const char *line)
{
    struct ps_experiment *e = &run->experiment;
    char word[32] = "", value[32] = "";
    double number;
    run->changes += strcmp(line, "pause") != 0 && strcmp(line, "resume") != 0;
    if (sscanf(line, "%31s %31s", word, value) < 2)
        return;
    if (strcmp(word, "mix") == 0) {
        adopt_mix(e, line + strlen(word));
        return;
    }
    bool relative = value[0] == '+' || value[0] == '-' || value[0] == 'x';
    bool number_there = ps_parse_double(value + relative, &number);
    unsigned now = e->workers.count ? e->workers.count : run->snapshot->workers;
    if (strcmp(word, "workers") == 0 && number_there)
        e->workers.count = !relative         ? (unsigned)number
                           : value[0] == '+' ? now + (unsigned)number
                           : now > number    ? now - (unsigned)number
                                             : 1;
    else if (strcmp(word, "rate") == 0 && number_there)
        e->rate = relative ? e->rate * number : number;
    else if (strcmp(word, "in_flight") == 0 && number_there)
        e->in_flight = (uint64_t)number;
    else if (strcmp(word, "limit") == 0 && number_there)
        e->limit = (uint64_t)number;
    else if (strcmp(word, "stealing") == 0)
        e->stealing = strcmp(value, "on") == 0;
}

bool ps_program_control(struct ps_program *p, const char *said, const char *line)
{
    struct ps_run *run = &p->run;
    char answer[200] = "";
    if (!run->host) {
        ps_program_say(p, PS_STYLE_WARNING, "%s", ps_err_text(PS_EGONE));
        return false;
    }
    struct ps_source *source = p->launcher->source(run->host);
    enum ps_err err = source->ops->control(source, line, answer, sizeof answer);
    if (err == PS_OK && strncmp(answer, "error", 5) != 0) {
        adopt(run, line);
        ps_program_say(p, PS_STYLE_GOOD, "%s", said);
        ps_log_add(&run->log, run->snapshot->at_ns, PS_STYLE_FOCUS, "you: %s", said);
        return true;
    }
    if (err == PS_ETIMEDOUT) {
        adopt(run, line);
        ps_program_say(p, PS_STYLE_NOTE, "%s: asked for, the host is busy", said);
        ps_log_add(&run->log, run->snapshot->at_ns, PS_STYLE_FOCUS, "you: %s", said);
        return true;
    }
    const char *reason = answer[0] ? answer : ps_err_text(err);
    if (strncmp(reason, "error ", 6) == 0)
        reason += 6;
    ps_program_say(p, PS_STYLE_WARNING, "%s: %s", said, reason);
    return false;
}

static void change_workers(struct ps_program *p, int direction)
{
    struct ps_run *run = &p->run;
    unsigned now =
        run->experiment.workers.count ? run->experiment.workers.count : run->snapshot->workers;
    if (direction < 0 && now <= 1) {
        ps_program_say(p, PS_STYLE_NOTE, "one worker is the least");
        return;
    }
    unsigned next = direction < 0 ? now - 1 : now + 1;
    char line[40], said[40];
    snprintf(line, sizeof line, "workers %u", next);
    snprintf(said, sizeof said, "%u worker%s", next, next == 1 ? "" : "s");
    ps_program_control(p, said, line);
}

static void change_load(struct ps_program *p, int direction)
{
    struct ps_run *run = &p->run;
    struct ps_experiment *e = &run->experiment;
    char line[60], said[60], figure[PS_FIGURE_BYTES];
    if (e->model == PS_ARRIVAL_BATCH) {
        ps_program_say(p, PS_STYLE_NOTE, "a batch has all its tasks at once: no load to change");
        return;
    }
    if (e->model == PS_ARRIVAL_TRACE) {
        ps_program_say(p, PS_STYLE_NOTE, "a trace says itself when tasks come: no load to change");
        return;
    }
    if (e->model == PS_ARRIVAL_HTTP) {
        ps_program_say(p, PS_STYLE_NOTE, "the load is what the http clients send");
        return;
    }
    if (e->model == PS_ARRIVAL_OPEN) {
        double rate = direction < 0 ? e->rate / 1.25 : e->rate * 1.25;
        snprintf(line, sizeof line, "rate %.10g", rate);
        snprintf(said, sizeof said, "%s tasks/s offered",
                 ps_figure_rate(figure, rate / ps_clock_factor(e->clock)));
        ps_program_control(p, said, line);
        return;
    }
    uint64_t quarter = e->in_flight / 4 ? e->in_flight / 4 : 1;
    uint64_t next = direction > 0            ? e->in_flight + quarter
                    : e->in_flight > quarter ? e->in_flight - quarter
                                             : 1;
    snprintf(line, sizeof line, "in_flight %" PRIu64, next);
    snprintf(said, sizeof said, "%s tasks in flight", ps_figure_whole(figure, next));
    ps_program_control(p, said, line);
}

static void toggle_pause(struct ps_program *p)
{
    bool paused = p->run.snapshot->phase == PS_PHASE_PAUSED;
    ps_program_control(p, paused ? "workload resumed" : "workload paused",
                       paused ? "resume" : "pause");
    ps_program_run_update(p);
}

static void toggle_stealing(struct ps_program *p)
{
    const struct ps_snapshot *s = p->run.snapshot;
    if (!(s->traits & PS_TRAIT_STEALS)) {
        ps_program_say(p, PS_STYLE_NOTE, "%s:%s cannot steal", s->engine, s->policy);
        return;
    }
    const char *line = s->stealing ? "stealing off" : "stealing on";
    ps_program_control(p, line, line);
    ps_program_run_update(p);
}

/* ---- menus ---- */

void ps_program_menu_add(struct ps_program *p, int argument, bool current, const char *label,
                         const char *note)
{
    struct ps_overlay *o = &p->overlay;
    if (o->count >= PS_MENU_MAX)
        return;
    struct ps_menu_item *item = &o->item[o->count];
    snprintf(item->label, sizeof item->label, "%s", label);
    snprintf(item->note, sizeof item->note, "%s", note);
    item->argument = argument;
    item->current = current;
    if (current)
        o->selected = o->count;
    o->count++;
}

static void open_engines(struct ps_program *p)
{
    const struct ps_snapshot *s = p->run.snapshot;
    ps_program_open(p, PS_OVERLAY_MENU, "Engine and policy: starts the run again");
    p->menu = PS_MENU_ENGINE;
    for (const struct ps_engine_word *e = p->options->words->engines; e->name; e++) {
        for (const struct ps_policy_word *w = e->policies; w->name; w++) {
            char label[40];
            snprintf(label, sizeof label, "%s:%s", e->name, w->name);
            ps_program_menu_add(p, 0,
                                strcmp(e->name, s->engine) == 0 && strcmp(w->name, s->policy) == 0,
                                label, w->title ? w->title : "");
        }
    }
}

static const char *const fault_lines[] = {"fault stuck %u 8s", "fault slow %u 10",
                                          "fault burst 1000", "fault off"};

static void open_faults(struct ps_program *p)
{
    char stuck[40], slow[40];
    unsigned w = p->run.view.selected;
    snprintf(stuck, sizeof stuck, "stuck: W%u for 8 s", w);
    snprintf(slow, sizeof slow, "slow: W%u 10 times", w);
    ps_program_open(p, PS_OVERLAY_MENU, "Inject a fault");
    p->menu = PS_MENU_FAULT;
    ps_program_menu_add(p, 0, false, stuck, "one task that does not end");
    ps_program_menu_add(p, 1, false, slow, "its cpu steps take longer");
    ps_program_menu_add(p, 2, false, "burst of 1,000 tasks", "all at once");
    ps_program_menu_add(p, 3, false, "off", "end all faults");
}

bool ps_program_engine(struct ps_program *p, const char *name)
{
    char engine[PS_NAME_MAX], why[320];
    const char *colon = strchr(name, ':');
    int length = colon ? (int)(colon - name) : (int)strlen(name);
    snprintf(engine, sizeof engine, "%.*s", length, name);
    struct ps_experiment next = p->run.experiment;
    if (!ps_form_engine(&next, p->options->words, engine, colon ? colon + 1 : "",
                        p->options->usable_cpus, why, sizeof why)) {
        ps_program_say(p, PS_STYLE_WARNING, "%s: %s", name, why);
        return false;
    }
    return ps_program_run_begin(p, &next, p->run.preset);
}

void ps_program_menu_chosen(struct ps_program *p, unsigned number)
{
    if (number >= p->overlay.count)
        return;
    struct ps_menu_item item = p->overlay.item[number];
    enum ps_menu menu = p->menu;
    void (*choose)(struct ps_program *, const struct ps_menu_item *) = p->choose;
    ps_program_close_overlay(p);
    if (choose) {
        choose(p, &item);
        return;
    }
    if (menu == PS_MENU_ENGINE) {
        ps_program_engine(p, item.label);
    } else if (menu == PS_MENU_FAULT) {
        char line[60], said[80];
        unsigned w = p->run.view.selected;
        if (item.argument == 0)
            snprintf(line, sizeof line, "fault stuck %u 8s", w);
        else if (item.argument == 1)
            snprintf(line, sizeof line, "fault slow %u 10", w);
        else
            snprintf(line, sizeof line, "%s", fault_lines[item.argument]);
        snprintf(said, sizeof said, "fault: %s", item.label);
        ps_program_control(p, said, line);
    } else if (menu == PS_MENU_EXPORT) {
        ps_program_export(p, (unsigned)item.argument);
    }
}

/* ---- actions ---- */

static void leave(struct ps_program *p)
{
    if (p->run.view.zoom) {
        p->run.view.zoom = false;
        return;
    }
    if (ps_program_scope_back(p))
        return;
    bool runs = p->screen == &ps_screen_live && p->run.host && !p->run.told_end;
    if (runs && !ps_program_again(p, p->run.own_try    ? "ends the run: back to the lesson"
                                     : p->run.recorder ? "ends the run and its recording"
                                                       : "ends the run"))
        return;
    ps_program_run_leave(p);
}

static void select_worker(struct ps_program *p, int worker)
{
    int last = (int)p->run.snapshot->workers - 1;
    worker = worker > last ? last : worker;
    p->run.view.selected = (unsigned)(worker < 0 ? 0 : worker);
}

static void select_type(struct ps_program *p, int type)
{
    int last = (int)p->run.snapshot->types - 1;
    type = type > last ? last : type;
    p->run.view.selected_type = (unsigned)(type < 0 ? 0 : type);
}

/* In the panel that has the focus. */
static void select_by(struct ps_program *p, int by)
{
    struct ps_live_view *v = &p->run.view;
    if (ps_panels[v->panel] == &ps_widget_types)
        select_type(p, (int)v->selected_type + by);
    else
        select_worker(p, (int)v->selected + by);
}

static const struct ps_preset *preset_of(const struct ps_program *p)
{
    return p->run.preset[0] ? ps_library_find(p->options->library, p->run.preset) : NULL;
}

/* The run itself: what it is told to do. False: the action is none of these. */
static bool act_on_run(struct ps_program *p, enum ps_action action)
{
    switch (action) {
    case PS_DO_PAUSE:
        toggle_pause(p);
        return true;
    case PS_DO_WORKERS_LESS:
        change_workers(p, -1);
        return true;
    case PS_DO_WORKERS_MORE:
        change_workers(p, 1);
        return true;
    case PS_DO_MIX:
        ps_program_mix(p);
        return true;
    case PS_DO_LOAD_LESS:
        change_load(p, -1);
        return true;
    case PS_DO_LOAD_MORE:
        change_load(p, 1);
        return true;
    case PS_DO_ENGINE:
        open_engines(p);
        return true;
    case PS_DO_STEALING:
        toggle_stealing(p);
        return true;
    case PS_DO_FAULT:
        open_faults(p);
        return true;
    case PS_DO_RESTART:
        ps_program_run_begin(p, &p->run.experiment, p->run.preset);
        return true;
    default:
        return false;
    }
}

/* Which panel has the focus, and how large it is. */
static bool act_on_panels(struct ps_program *p, enum ps_action action, int argument)
{
    struct ps_live_view *v = &p->run.view;
    unsigned char shown[PS_ORDER_MAX];
    unsigned panels = ps_panels_shown(&v->look, shown);
    int place = ps_panels_place(&v->look, v->panel);
    unsigned focus = place < 0 ? 0 : (unsigned)place;
    switch (action) {
    case PS_DO_NEXT:
        v->panel = shown[(focus + 1) % panels];
        return true;
    case PS_DO_PREVIOUS:
        v->panel = shown[(focus + panels - 1) % panels];
        return true;
    case PS_DO_PANEL:
        if ((unsigned)argument - 1 < panels)
            v->panel = shown[argument - 1];
        else
            ps_program_say(p, PS_STYLE_NOTE, "there are %u panels", panels);
        return true;
    case PS_DO_DETAIL:
        if (!ps_program_page_open(p, action))
            v->zoom = !v->zoom;
        return true;
    case PS_DO_ZOOM:
        v->zoom = !v->zoom;
        return true;
    default:
        return false;
    }
}

/* What is selected in it. */
static bool act_on_selection(struct ps_program *p, enum ps_action action, int argument)
{
    switch (action) {
    case PS_DO_UP:
        select_by(p, -1);
        return true;
    case PS_DO_DOWN:
        select_by(p, 1);
        return true;
    case PS_DO_PAGE_UP:
        select_by(p, -8);
        return true;
    case PS_DO_PAGE_DOWN:
        select_by(p, 8);
        return true;
    case PS_DO_FIRST:
        select_by(p, -(int)PS_MAX_WORKERS);
        return true;
    case PS_DO_LAST:
        select_by(p, (int)PS_MAX_WORKERS);
        return true;
    case PS_DO_SELECT_TYPE:
        select_type(p, argument);
        return true;
    case PS_DO_SELECT_WORKER:
        select_worker(p, argument);
        return true;
    default:
        return false;
    }
}

static void act(struct ps_program *p, enum ps_action action, int argument)
{
    if (act_on_run(p, action) || act_on_panels(p, action, argument) ||
        act_on_selection(p, action, argument))
        return;
    switch (action) {
    case PS_DO_COMPARE:
        ps_screen_go(p, &ps_screen_compare);
        break;
    case PS_DO_TUNE:
        ps_screen_go(p, &ps_screen_tune);
        break;
    case PS_DO_DIAGNOSIS:
    case PS_DO_WHY:
        ps_program_page_open(p, action);
        break;
    case PS_DO_FREEZE:
        if (p->overlay.kind == PS_OVERLAY_ENDED)
            ps_program_close_overlay(p);
        else
            ps_program_scope_action(p, action, argument);
        break;
    case PS_DO_LESSON:
        ps_program_lesson(p, preset_of(p));
        break;
    case PS_DO_RECORD:
        ps_program_record(p);
        ps_program_run_recording(p);
        break;
    case PS_DO_EXPORT:
        ps_program_export_menu(p);
        break;
    case PS_DO_BACK:
        leave(p);
        break;
    default:
        ps_program_scope_action(p, action, argument);
        break;
    }
}

static enum ps_place place(const struct ps_program *p)
{
    (void)p;
    return PS_AT_LIVE;
}

static void draw(const struct ps_canvas *root, struct ps_program *p)
{
    struct ps_live_view *v = &p->run.view;
    v->overlay = &p->overlay;
    v->notice = ps_program_notice(p);
    v->presenter = p->presenter.on;
    v->calm = p->settings.reduced_motion;
    v->notice_style = p->notice_style;
    ps_live_screen_draw(root, v);
}

const struct ps_screen ps_screen_live = {.name = "live",
                                         .place = place,
                                         .action = act,
                                         .update = update,
                                         .due_ns = due_ns,
                                         .draw = draw};
