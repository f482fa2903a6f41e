#include <stdio.h>
#include <string.h>

#include "ui/flow.h"
#include "ui/format.h"
#include "ui/widgets/widget.h"

static void response(struct ps_flow *flow, const struct ps_figures *f)
{
    const struct ps_quantiles *r = &f->latency[PS_ROW_RESPONSE];
    char text[PS_FIGURE_BYTES];
    ps_flow_add(flow, 0, PS_STYLE_STRONG, "response p50", "%s", ps_figure_time(text, r->p50_ns));
    ps_flow_add(flow, 0, PS_STYLE_STRONG, "p99", "%s", ps_figure_time(text, r->p99_ns));
    ps_flow_add(flow, 1, PS_STYLE_NORMAL, "max", "%s", ps_figure_time(text, r->max_ns));
    ps_flow_add(flow, 2, PS_STYLE_NORMAL, "service p99", "%s",
                ps_figure_time(text, f->latency[PS_ROW_SERVICE].p99_ns));
    ps_flow_add(flow, 3, PS_STYLE_NORMAL, "queueing p99", "%s",
                ps_figure_time(text, f->latency[PS_ROW_QUEUEING].p99_ns));
}

static void draw(const struct ps_canvas *c, const struct ps_live_view *view,
                 const struct ps_figures *f)
{
    const struct ps_quantiles *r = &f->latency[PS_ROW_RESPONSE];
    const struct ps_snapshot *s = view->snapshot;
    char a[PS_FIGURE_BYTES];
    struct ps_flow flow = {.gap = 3};
    if (r->count == 0)
        ps_flow_add(&flow, 0, PS_STYLE_DIM, "response", "none has ended in the last %u s",
                    PS_LATENCY_SECONDS);
    else
        response(&flow, f);
    unsigned most = 0;
    for (unsigned i = 1; i < PS_STATE_COUNT; i++)
        if (s->waiting[i] > s->waiting[most])
            most = i;
    if (f->waiting)
        ps_flow_add(&flow, 1, ps_state_style((enum ps_state)most, false), "waiting", "%s %s",
                    ps_state_name((enum ps_state)most), ps_figure_whole(a, s->waiting[most]))
            ->right = true;
    ps_flow_draw(c, 0, &flow);
}

const struct ps_widget ps_widget_summary = {.name = "Summary", .draw = draw};
