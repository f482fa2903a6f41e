#include <inttypes.h>
#include <stdio.h>

#include "ui/format.h"
#include "ui/widgets/graph.h"

static float queued_of(const struct ps_pool_column *column)
{
    return column->queued_peak;
}

/* What workers submit is not bounded, so a queue may be longer than its bound. */
static bool beyond_bound(const struct ps_live_view *view, int width)
{
    float values[PS_PLOT_MAX];
    unsigned count = ps_graph_values(view, width, queued_of, true, values);
    uint64_t bound = view->snapshot->queue_bound;
    return bound > 0 &&
           (view->snapshot->queued > bound || ps_graph_highest(values, count) > (float)bound);
}

static void draw(const struct ps_canvas *c, const struct ps_live_view *view,
                 const struct ps_figures *f)
{
    float values[PS_PLOT_MAX];
    (void)f;
    unsigned count = ps_graph_values(view, c->width, queued_of, true, values);
    float highest = ps_graph_highest(values, count), bound = (float)view->snapshot->queue_bound;
    float top = ps_plot_top(highest > 8 ? highest : 8);
    if (bound > 0 && bound <= 2 * top && bound > top / 2)
        top = bound > highest ? bound : top;
    struct ps_canvas plot = ps_graph_frame(c, top);
    ps_plot_area(&plot, values, count, top, PS_STYLE_GRAPH3);
    if (bound > 0)
        ps_plot_level(&plot, bound, top, PS_STYLE_WARNING);
    ps_axis_marks_graph(&plot, view);
}

static void title(const struct ps_live_view *view, const struct ps_figures *f, int width,
                  char into[PS_TITLE_BYTES])
{
    char bound[PS_FIGURE_BYTES], span[PS_FIGURE_BYTES];
    const char *whose = beyond_bound(view, width) ? "arrivals' " : "";
    (void)f;
    snprintf(into, PS_TITLE_BYTES, "Queued, %sbound %s", whose,
             ps_figure_rate(bound, (double)view->snapshot->queue_bound));
    if (width >= 40)
        snprintf(into, PS_TITLE_BYTES, "Queued, %s, %sbound %s", ps_graph_span(view, width, span),
                 whose, bound);
}

const struct ps_widget ps_widget_queue = {.name = "Queue", .title = title, .draw = draw};
