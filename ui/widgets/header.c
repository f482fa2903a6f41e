#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"
#include "ui/flow.h"
#include "ui/format.h"
#include "ui/widgets/widget.h"

struct phase_look {
    const char *word;
    enum ps_style style;
};

static struct phase_look phase_of(const struct ps_live_view *view)
{
    if (view->frozen)
        return (struct phase_look){"FROZEN", PS_STYLE_FOCUS};
    if (ps_view_deadlocked(view))
        return (struct phase_look){"DEADLOCK", PS_STYLE_ALERT};
    switch (view->snapshot->phase) {
    case PS_PHASE_RUNNING:
        return (struct phase_look){"LIVE", PS_STYLE_BRAND};
    case PS_PHASE_PAUSED:
        return (struct phase_look){"PAUSED", PS_STYLE_FOCUS};
    case PS_PHASE_DRAINING:
        return (struct phase_look){"DRAINING", PS_STYLE_WARNING};
    case PS_PHASE_ENDED:
        return (struct phase_look){"ENDED", PS_STYLE_WARNING};
    default:
        return (struct phase_look){"STARTING", PS_STYLE_NOTE};
    }
}

static void recording(struct ps_flow *flow, const struct ps_canvas *c,
                      const struct ps_live_view *view)
{
    char bytes[PS_FIGURE_BYTES];
    if (view->record_trouble)
        ps_flow_add(flow, 0, PS_STYLE_ALERT, "REC stopped", "%s", view->record_trouble);
    else if (c->width < 80) /* the clock needs the room */
        ps_flow_add(flow, 0, PS_STYLE_ERROR, "", "REC");
    else
        ps_flow_add(flow, 0, PS_STYLE_ERROR, "REC", "%s",
                    ps_format_bytes(bytes, sizeof bytes, view->record_bytes));
}

static void trigger(struct ps_flow *flow, const struct ps_canvas *c,
                    const struct ps_live_view *view)
{
    const struct ps_trigger *t = view->trigger;
    const struct ps_snapshot *s = view->snapshot;
    if (!t || t->state == PS_TRIGGER_OFF)
        return;
    if (t->state == PS_TRIGGER_FIRED || t->state == PS_TRIGGER_DONE) {
        double at = t->fired_ns > s->started_ns ? (double)(t->fired_ns - s->started_ns) * 1e-9 : 0;
        ps_flow_add(flow, 1, PS_STYLE_ALERT, "", "T fired %.1f s", at);
        return;
    }
    bool wide = c->width >= 120, holds = t->state == PS_TRIGGER_HOLDS;
    ps_flow_add(flow, 1,
                holds       ? PS_STYLE_WARNING
                : t->why[0] ? PS_STYLE_DIM
                            : PS_STYLE_NOTE,
                "", "T %s%s%s",
                holds       ? "holds"
                : t->why[0] ? "waits"
                            : "armed",
                wide ? ": " : "", wide ? t->test : "");
}

enum { TITLE_LEAST = 12 };

static void identity(const struct ps_canvas *c, const struct ps_live_view *view,
                     const struct ps_figures *f)
{
    const struct ps_snapshot *s = view->snapshot;
    struct phase_look phase = phase_of(view);
    struct ps_flow flow = {.gap = 3};
    char clock[PS_FIGURE_BYTES], probe[PS_FIGURE_BYTES];
    if (view->replay)
        ps_flow_add(&flow, 0, PS_STYLE_FOCUS, "", "REPLAY");
    if (!view->replay || view->frozen || view->snapshot->phase != PS_PHASE_RUNNING)
        ps_flow_add(&flow, 0, phase.style, "", "%s", phase.word);
    if (view->recording)
        recording(&flow, c, view);
    ps_flow_add(&flow, 0, PS_STYLE_STRONG, "", "%s:%s", s->engine, s->policy);
    if (s->clock_factor > 1)
        ps_flow_add(&flow, 0, PS_STYLE_WARNING, "clock", "%s",
                    ps_snapshot_clock(s, clock, sizeof clock))
            ->plain = true;
    if (s->traits & PS_TRAIT_STEALS)
        ps_flow_add(&flow, 3, s->stealing ? PS_STYLE_GOOD : PS_STYLE_WARNING, "stealing", "%s",
                    s->stealing ? "on" : "off");
    if (s->gil_interval_ns)
        ps_flow_add(&flow, 1, PS_STYLE_GIL, "GIL", "%s", ps_figure_time(clock, s->gil_interval_ns));
    ps_flow_add(&flow, 0, PS_STYLE_STRONG, "workers", "%u on %u cpu", s->workers, s->usable_cpus)
        ->plain = true;
    if (s->http_port)
        ps_flow_add(&flow, 1, PS_STYLE_STRONG, "http", "127.0.0.1:%u", s->http_port);
    trigger(&flow, c, view);
    if (view->title && view->title[0])
        ps_flow_add(&flow, 2, PS_STYLE_NORMAL, "", "%s", view->title)->least = TITLE_LEAST;
    ps_flow_add(&flow, 4, PS_STYLE_NORMAL, "seed", "%" PRIu64, view->seed);
    ps_flow_add(&flow, 0, PS_STYLE_STRONG, "", "%s", ps_figure_clock(clock, f->run_ns))->right =
        true;
    if (view->fps)
        ps_flow_add(&flow, 6, PS_STYLE_DIM, "", "%u Hz", view->fps)->right = true;
    if (s->probes == PS_PROBES_OFF)
        ps_flow_add(&flow, 1, PS_STYLE_WARNING, "probes", "off")->right = true;
    else if (s->probe_ns)
        ps_flow_add(&flow, 5, PS_STYLE_DIM, "probe", "%s/%s", ps_figure_time(probe, s->probe_ns),
                    s->probes == PS_PROBES_FULL ? "every task" : "task")
            ->right = true;
    ps_flow_draw(c, 0, &flow);
}

/* Before the run has ended "all accounted for" means: what has not ended is in flight. */
static void conservation(struct ps_flow *flow, const struct ps_snapshot *s)
{
    char ended[PS_FIGURE_BYTES], flight[PS_FIGURE_BYTES];
    uint64_t sum = ps_totals_ended(&s->totals);
    bool conserved =
        s->phase == PS_PHASE_ENDED ? ps_totals_conserved(&s->totals) : s->totals.submitted >= sum;
    ps_flow_add(flow, 5, conserved ? PS_STYLE_GOOD : PS_STYLE_ERROR,
                "submitted =", "%s ended + %s in flight%s", ps_figure_whole(ended, sum),
                ps_figure_whole(flight, s->totals.submitted - sum),
                conserved ? "" : " NOT CONSERVED")
        ->right = true;
}

static void counters(const struct ps_canvas *c, const struct ps_live_view *view,
                     const struct ps_figures *f)
{
    const struct ps_snapshot *s = view->snapshot;
    const uint64_t *ended = s->totals.ended;
    struct ps_flow flow = {.gap = 3};
    char text[PS_FIGURE_BYTES];
    ps_flow_add(&flow, 0, PS_STYLE_STRONG, "done", "%s/s", ps_figure_rate(text, f->done));
    ps_flow_add(&flow, 1, PS_STYLE_NORMAL, "offered", "%s/s", ps_figure_rate(text, f->offered));
    ps_flow_add(&flow, 0, PS_STYLE_STRONG, "in flight", "%s", ps_figure_whole(text, s->in_flight));
    ps_flow_add(&flow, 1, PS_STYLE_NORMAL, "queued", "%s", ps_figure_whole(text, s->queued));
    if (s->http_port)
        ps_flow_add(&flow, 2, PS_STYLE_NORMAL, "connections", "%s",
                    ps_figure_whole(text, s->http_open));
    if (s->http_clients) {
        char all[PS_FIGURE_BYTES];
        ps_flow_add(&flow, 0, PS_STYLE_STRONG, "answered", "%s of %s",
                    ps_figure_whole(text, s->http_clients_answered),
                    ps_figure_whole(all, s->http_clients));
    }
    ps_flow_add(&flow, 1, f->refused >= 0.5 ? PS_STYLE_WARNING : PS_STYLE_NORMAL, "refused", "%s/s",
                ps_figure_rate(text, f->refused));
    ps_flow_add(&flow, 2, ended[PS_FAILED] ? PS_STYLE_WARNING : PS_STYLE_NORMAL, "failed", "%s",
                ps_figure_whole(text, ended[PS_FAILED]));
    if (ended[PS_TIMED_OUT] || c->width >= 120)
        ps_flow_add(&flow, 2, ended[PS_TIMED_OUT] ? PS_STYLE_WARNING : PS_STYLE_NORMAL, "timed out",
                    "%s", ps_figure_whole(text, ended[PS_TIMED_OUT]));
    if (ended[PS_CANCELLED] || c->width >= 120)
        ps_flow_add(&flow, 3, PS_STYLE_NORMAL, "cancelled", "%s",
                    ps_figure_whole(text, ended[PS_CANCELLED]));
    if (s->events_lost)
        ps_flow_add(&flow, 6, PS_STYLE_DIM, "events skipped", "%s",
                    ps_figure_rate(text, (double)s->events_lost));
    conservation(&flow, s);
    ps_flow_draw(c, 1, &flow);
}

static void draw(const struct ps_canvas *c, const struct ps_live_view *view,
                 const struct ps_figures *f)
{
    identity(c, view, f);
    counters(c, view, f);
}

const struct ps_widget ps_widget_header = {.name = "Header", .draw = draw};
