/* The row of exact figures: of the instant under the mouse or the cursor, or of what lies between two
 * marks. */
#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "ui/flow.h"
#include "ui/format.h"
#include "ui/widgets/widget.h"

bool ps_marks_shown(const struct ps_live_view *view)
{
    bool any = view->cursor_ns != 0;
    for (unsigned i = 0; i < PS_MARKS; i++)
        any = any || view->mark[i].column_ns;
    return any;
}

/* Seconds since the start of the run. */
static double seconds(const struct ps_live_view *view, uint64_t at_ns)
{
    uint64_t start = view->snapshot->started_ns;
    return at_ns > start ? (double)(at_ns - start) / PS_NS_PER_S : 0;
}

static void add_rate(struct ps_flow *flow, unsigned rank, const char *label, float per_s)
{
    char text[PS_FIGURE_BYTES];
    ps_flow_add(flow, rank, PS_STYLE_NORMAL, label, "%s/s", ps_figure_rate(text, (double)per_s));
}

/* What the worker did, the selected one or the one under the mouse: its two longest states. */
static void add_worker(struct ps_flow *flow, const struct ps_live_view *view,
                       const struct ps_instant *at)
{
    bool pointed = view->hover.at_ns && view->hover.worker >= 0;
    unsigned worker = pointed ? (unsigned)view->hover.worker : view->selected;
    const struct ps_timeline *t = ps_history_timeline(view->history);
    for (unsigned level = 0; level < PS_TIME_LEVELS; level++) {
        const struct ps_pool_column *newest = ps_timeline_pool(t, level, 0);
        if (ps_time_levels[level].column_ns != at->column_ns || !newest)
            continue;
        unsigned age = (unsigned)(newest->number - at->pool.number), most = 0, next = 0;
        const struct ps_lane_column *lane = ps_timeline_lane(t, level, worker, age);
        for (unsigned s = 1; lane && s < PS_STATE_COUNT; s++) {
            if (lane->share[s] > lane->share[most]) {
                next = most;
                most = s;
            } else if (lane->share[s] > lane->share[next]) {
                next = s;
            }
        }
        if (!lane || !most)
            return;
        char label[16], second[40] = "";
        snprintf(label, sizeof label, "W%u", worker);
        if (next)
            snprintf(second, sizeof second, " %s %d%%", ps_state_name((enum ps_state)next),
                     (lane->share[next] * 100 + 127) / 255);
        ps_flow_add(flow, 2, ps_state_style((enum ps_state)most, false), label, "%s %d%%%s",
                    ps_state_name((enum ps_state)most), (lane->share[most] * 100 + 127) / 255,
                    second);
    }
}

static void draw_instant(const struct ps_canvas *c, const struct ps_live_view *view,
                         const struct ps_instant *at, const char *name)
{
    const struct ps_pool_column *p = &at->pool;
    struct ps_flow flow = {.gap = 2};
    char text[PS_FIGURE_BYTES];
    ps_flow_add(&flow, 0, PS_STYLE_FOCUS, name, "%.1f s", seconds(view, p->at_ns));
    add_rate(&flow, 0, "done", p->done_per_s);
    add_rate(&flow, 3, "offered", p->offered_per_s);
    ps_flow_add(&flow, 1, PS_STYLE_NORMAL, "queued", "%s",
                ps_figure_rate(text, (double)p->queued_peak));
    ps_flow_add(&flow, 3, PS_STYLE_NORMAL, "in flight", "%s",
                ps_figure_rate(text, (double)p->in_flight));
    ps_flow_add(&flow, 1, PS_STYLE_NORMAL, "p99", "%s",
                p->response_p99_ms > 0
                    ? ps_figure_time(text, (uint64_t)((double)p->response_p99_ms * PS_NS_PER_MS))
                    : "-");
    if (view->snapshot->traits & PS_TRAIT_STEALS)
        add_rate(&flow, 4, "steals", p->steals_per_s);
    add_rate(&flow, 4, "refused", p->refused_per_s);
    add_worker(&flow, view, at);
    ps_flow_add(&flow, 5, PS_STYLE_DIM, "column", "%s", ps_figure_time(text, at->column_ns));
    ps_flow_draw(c, 0, &flow);
}

static void draw_between(const struct ps_canvas *c, const struct ps_live_view *view)
{
    const struct ps_instant *from = &view->mark[PS_MARK_A], *to = &view->mark[PS_MARK_B];
    if (from->pool.at_ns > to->pool.at_ns) {
        to = from;
        from = &view->mark[PS_MARK_B];
    }
    struct ps_between d;
    struct ps_flow flow = {.gap = 2};
    char text[PS_FIGURE_BYTES], other[PS_FIGURE_BYTES];
    ps_instants_between(from, to, &d);
    double elapsed = (double)d.elapsed_ns / PS_NS_PER_S;
    ps_flow_add(&flow, 0, PS_STYLE_FOCUS, "a to b", "%.1f s", elapsed);
    ps_flow_add(&flow, 0, PS_STYLE_NORMAL, "done", "%s = %s/s", ps_figure_whole(text, d.count.done),
                ps_figure_rate(other, elapsed > 0 ? (double)d.count.done / elapsed : 0));
    ps_flow_add(&flow, 1, PS_STYLE_NORMAL, "p99", "%s",
                d.responses ? ps_figure_time(text, d.p99_ns) : "-");
    ps_flow_add(&flow, 1, PS_STYLE_NORMAL, "queued", "%.0f to %.0f", (double)from->pool.queued,
                (double)to->pool.queued);
    if (view->snapshot->traits & PS_TRAIT_STEALS)
        ps_flow_add(&flow, 2, PS_STYLE_NORMAL, "stolen", "%s",
                    ps_figure_whole(text, d.count.stolen));
    ps_flow_add(&flow, 3, PS_STYLE_NORMAL, "offered", "%s", ps_figure_whole(text, d.count.offered));
    ps_flow_add(&flow, 2, PS_STYLE_NORMAL, "refused", "%s", ps_figure_whole(text, d.count.refused));
    ps_flow_add(&flow, 4, PS_STYLE_NORMAL, "failed", "%s", ps_figure_whole(text, d.count.failed));
    ps_flow_add(&flow, 5, PS_STYLE_NORMAL, "p50", "%s",
                d.responses ? ps_figure_time(text, d.p50_ns) : "-");
    ps_flow_add(&flow, 6, PS_STYLE_DIM, "from", "%.1f s", seconds(view, from->pool.at_ns));
    ps_flow_add(&flow, 6, PS_STYLE_DIM, "to", "%.1f s", seconds(view, to->pool.at_ns));
    ps_flow_draw(c, 0, &flow);
}

static void draw(const struct ps_canvas *c, const struct ps_live_view *view,
                 const struct ps_figures *f)
{
    static const char *const names[PS_MARKS] = {"a at", "b at", "T at"};
    struct ps_instant at;
    (void)f;
    uint64_t looked_ns = view->hover.at_ns ? view->hover.at_ns : view->cursor_ns;
    if (looked_ns) {
        if (ps_timeline_instant(ps_history_timeline(view->history), looked_ns, &at))
            draw_instant(c, view, &at, "at");
        else
            ps_canvas_put(c, 1, 0, PS_STYLE_NOTE, "the cursor is where nothing is kept any more");
    } else if (view->mark[PS_MARK_A].column_ns && view->mark[PS_MARK_B].column_ns) {
        draw_between(c, view);
    } else {
        for (unsigned i = PS_MARKS; i-- > 0;) {
            if (!view->mark[i].column_ns)
                continue;
            draw_instant(c, view, &view->mark[i], names[i]);
            break;
        }
    }
}

const struct ps_widget ps_widget_marks = {.name = "Marks", .draw = draw};
