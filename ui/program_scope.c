#include "ui/program_scope.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "ui/axis.h"
#include "ui/panels.h"
#include "ui/program_trigger.h"

static const struct ps_timeline *timeline(const struct ps_program *p)
{
    return ps_history_timeline(p->run.view.history);
}

/* ---- a still picture ---- */

void ps_program_freeze(struct ps_program *p)
{
    struct ps_run *run = &p->run;
    if (!run->still_history)
        run->still_history = ps_history_new();
    if (!run->still)
        run->still = calloc(1, sizeof *run->still);
    if (!run->still || !run->still_history) {
        ps_program_say(p, PS_STYLE_ERROR, "%s", ps_err_text(PS_ENOMEM));
        return;
    }
    ps_snapshot_copy(run->still, run->snapshot);
    ps_history_copy(run->still_history, run->history);
    run->still_log = run->log;
    run->view.snapshot = run->still;
    run->view.history = run->still_history;
    run->view.log = &run->still_log;
    run->view.frozen = true;
}

void ps_program_thaw(struct ps_program *p)
{
    struct ps_run *run = &p->run;
    run->view.snapshot = run->snapshot;
    run->view.history = run->history;
    run->view.log = &run->log;
    run->view.frozen = false;
}

/* ---- time ---- */

static void change_span(struct ps_program *p, int direction)
{
    struct ps_live_look *look = &p->run.view.look;
    int to = look->scale + direction;
    if (to < PS_TIME_FINEST || to > PS_TIME_COARSEST) {
        ps_program_say(p, PS_STYLE_NOTE,
                       direction < 0 ? "finer than this nothing is kept"
                                     : "2 hours are all that is kept");
        return;
    }
    look->scale = to;
    const struct ps_time_scale *scale = ps_time_scale(&p->run.view);
    if (scale->graph_s < 120)
        ps_program_say(p, PS_STYLE_NOTE, "time scale: graphs of about %u s", scale->graph_s);
    else
        ps_program_say(p, PS_STYLE_NOTE, "time scale: graphs of about %u min, lanes of %u min",
                       scale->graph_s / 60, scale->lanes_s / 60);
}

/* Where the cursor begins: at the mark that was set last, or now. */
static uint64_t cursor_begin(const struct ps_program *p)
{
    const struct ps_pool_column *newest = ps_timeline_pool(timeline(p), 0, 0);
    if (p->run.marked_ns)
        return p->run.marked_ns;
    return newest ? newest->number * PS_COLUMN_NS + PS_COLUMN_NS / 2 : 0;
}

static void move_cursor(struct ps_program *p, int direction)
{
    struct ps_live_view *v = &p->run.view;
    const struct ps_pool_column *newest = ps_timeline_pool(timeline(p), 0, 0);
    uint64_t at = v->cursor_ns ? v->cursor_ns : cursor_begin(p), step = ps_time_scale(v)->step_ns;
    struct ps_instant instant;
    if (!newest) {
        ps_program_say(p, PS_STYLE_NOTE, "nothing has been measured yet");
        return;
    }
    p->pointer.moved_ns = 0; /* a mouse that lies about does not hide what the keys do */
    at = direction > 0 ? at + step : at > step ? at - step : 0;
    if (at > newest->at_ns)
        at = newest->number * PS_COLUMN_NS + PS_COLUMN_NS / 2;
    if (!ps_timeline_instant(timeline(p), at, &instant)) {
        ps_program_say(p, PS_STYLE_NOTE, "nothing before this is kept");
        return;
    }
    v->cursor_ns = at;
}

static void set_mark(struct ps_program *p, enum ps_mark which)
{
    struct ps_live_view *v = &p->run.view;
    uint64_t looked = v->hover.at_ns ? v->hover.at_ns : v->cursor_ns;
    if (!ps_timeline_instant(timeline(p), looked ? looked : UINT64_MAX, &v->mark[which])) {
        ps_program_say(p, PS_STYLE_NOTE, "nothing has been measured there");
        return;
    }
    p->run.marked_ns = ps_mark_ns(&v->mark[which]);
    v->cursor_ns = 0;
    p->pointer.moved_ns = 0;
    enum ps_mark other = which == PS_MARK_A ? PS_MARK_B : PS_MARK_A;
    if (!v->mark[other].column_ns)
        ps_program_say(p, PS_STYLE_NOTE, "mark %c is set; %c sets the other end",
                       ps_mark_letters[which], ps_mark_letters[other]);
    else
        p->notice_until_ns = 0; /* the figures say it */
}

/* ---- the legend as a filter ---- */

static void show_only(struct ps_program *p, int entry)
{
    p->run.view.look.only = entry;
    if (entry)
        ps_program_say(p, PS_STYLE_NOTE, "lanes colour only: %s; Esc for all",
                       ps_legend_name((unsigned)entry));
    else
        ps_program_say(p, PS_STYLE_NOTE, "lanes colour every state");
}

static void filter_chosen(struct ps_program *p, const struct ps_menu_item *item)
{
    show_only(p, item->argument);
}

static void open_filter(struct ps_program *p)
{
    int only = p->run.view.look.only;
    ps_program_open(p, PS_OVERLAY_MENU, "Colour in the lanes");
    p->choose = filter_chosen;
    ps_program_menu_add(p, 0, only == 0, "all", "every state in its colour");
    for (unsigned s = PS_STATE_IDLE; s < PS_STATE_COUNT; s++)
        ps_program_menu_add(p, (int)s, only == (int)s, ps_legend_name(s),
                            ps_state_meaning((enum ps_state)s));
    ps_program_menu_add(p, PS_STATE_COUNT, only == PS_STATE_COUNT, ps_legend_name(PS_STATE_COUNT),
                        "has work; other threads have the cpus");
}

/* ---- panels ---- */

enum { PANELS_AS_BEFORE = -1 };

static void open_panels(struct ps_program *p, unsigned selected)
{
    const struct ps_live_look *look = &p->run.view.look;
    unsigned char shown[PS_ORDER_MAX];
    unsigned count = ps_panels_shown(look, shown);
    ps_program_open(p, PS_OVERLAY_MENU, "Panels: Enter shows or hides, < > move");
    p->choose = NULL;
    p->overlay.place = PS_AT_PANELS;
    for (unsigned i = 0; i < count; i++)
        ps_program_menu_add(p, shown[i], true, ps_panels[shown[i]]->name,
                            i == 0 ? "first: the whole width" : "");
    for (unsigned i = 0; ps_panels[i]; i++)
        if (ps_panels_place(look, i) < 0)
            ps_program_menu_add(p, (int)i, false, ps_panels[i]->name, "hidden");
    ps_program_menu_add(p, PANELS_AS_BEFORE, false, "all", "as the screen lays them out itself");
    p->overlay.selected = selected;
}

/* In the file of options, too. */
static void keep_order(struct ps_program *p)
{
    char why[320];
    const char *path = p->options->settings_path;
    p->settings.look = p->run.view.look;
    if (path && ps_settings_save(path, &p->settings, why, sizeof why) != PS_OK)
        ps_program_say(p, PS_STYLE_WARNING, "the order holds until you quit: %s", why);
}

bool ps_program_panels_action(struct ps_program *p, enum ps_action action, int argument)
{
    if (action != PS_DO_SPAN_SHORTER && action != PS_DO_SPAN_LONGER && action != PS_DO_ACCEPT &&
        action != PS_DO_SELECT_ITEM)
        return false;
    struct ps_live_look *look = &p->run.view.look;
    unsigned at = action == PS_DO_SELECT_ITEM ? (unsigned)argument : p->overlay.selected;
    int panel = at < p->overlay.count ? p->overlay.item[at].argument : PANELS_AS_BEFORE;
    int direction = action == PS_DO_SPAN_SHORTER ? -1 : 1;
    if (action == PS_DO_SPAN_SHORTER || action == PS_DO_SPAN_LONGER) {
        if (panel != PANELS_AS_BEFORE && ps_panels_move(look, (unsigned)panel, direction))
            at += (unsigned)direction;
        else
            ps_program_say(p, PS_STYLE_NOTE, "it cannot be moved there");
    } else if (panel == PANELS_AS_BEFORE) {
        look->panels = 0;
    } else if (!ps_panels_toggle(look, (unsigned)panel)) {
        ps_program_say(p, PS_STYLE_NOTE, "one panel is the least");
    }
    keep_order(p);
    p->run.view.panel = ps_panels_focus(look, p->run.view.panel);
    open_panels(p, at);
    return true;
}

/* ---- actions ---- */

bool ps_program_scope_action(struct ps_program *p, enum ps_action action, int argument)
{
    switch (action) {
    case PS_DO_FREEZE:
        if (p->run.view.frozen)
            ps_program_thaw(p);
        else
            ps_program_freeze(p);
        return true;
    case PS_DO_SPAN_SHORTER:
        change_span(p, -1);
        return true;
    case PS_DO_SPAN_LONGER:
        change_span(p, 1);
        return true;
    case PS_DO_LEFT:
        move_cursor(p, -1);
        return true;
    case PS_DO_RIGHT:
        move_cursor(p, 1);
        return true;
    case PS_DO_MARK:
        set_mark(p, (enum ps_mark)argument);
        return true;
    case PS_DO_LOOK_GRAPH:
    case PS_DO_LOOK_LANES:
        ps_program_look_at(p, action, argument);
        return true;
    case PS_DO_FILTER:
        open_filter(p);
        return true;
    case PS_DO_ONLY:
        show_only(p, p->run.view.look.only == argument ? 0 : argument);
        return true;
    case PS_DO_TRIGGER:
        ps_program_trigger_menu(p);
        return true;
    case PS_DO_FIGURES:
        ps_program_figures(p);
        return true;
    case PS_DO_PANELS:
        open_panels(p, 0);
        return true;
    default:
        return false;
    }
}

bool ps_program_scope_back(struct ps_program *p)
{
    struct ps_live_view *v = &p->run.view;
    bool any = ps_marks_shown(v);
    if (v->cursor_ns) {
        v->cursor_ns = 0;
    } else if (any) {
        for (unsigned i = 0; i < PS_MARKS; i++)
            v->mark[i].column_ns = 0;
        p->run.marked_ns = 0;
    } else if (v->look.only) {
        show_only(p, 0);
        any = true;
    } else if (v->frozen) {
        ps_program_thaw(p);
        ps_program_say(p, PS_STYLE_NOTE, "the view goes on");
        any = true;
    }
    return any;
}

void ps_program_scope_begin(struct ps_program *p)
{
    p->run.marked_ns = 0;
    ps_program_thaw(p);
}

void ps_program_scope_free(struct ps_program *p)
{
    ps_trigger_disarm(&p->run.trigger);
    ps_tape_free(p->run.tape);
    ps_history_free(p->run.still_history);
    free(p->run.still);
}
