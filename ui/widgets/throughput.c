#include <stdio.h>

#include "ui/widgets/graph.h"

static float done_of(const struct ps_pool_column *column)
{
    return column->done_per_s;
}
static float offered_of(const struct ps_pool_column *column)
{
    return column->offered_per_s;
}

static void draw(const struct ps_canvas *c, const struct ps_live_view *view,
                 const struct ps_figures *f)
{
    float done[PS_PLOT_MAX], offered[PS_PLOT_MAX];
    (void)f;
    unsigned count = ps_graph_values(view, c->width, done_of, false, done);
    ps_graph_values(view, c->width, offered_of, false, offered);
    float top = ps_graph_highest(done, count), wanted = ps_graph_highest(offered, count);
    /* A burst of submissions must not flatten what was done. */
    if (wanted > top)
        top = wanted < 2 * top ? wanted : 2 * top;
    top = ps_plot_top(top);
    struct ps_canvas plot = ps_graph_frame(c, top);
    ps_plot_area(&plot, done, count, top, PS_STYLE_GRAPH1);
    ps_plot_line(&plot, offered, count, top, PS_STYLE_GRAPH2);
    ps_plot_above(&plot, offered, count, top, PS_STYLE_GRAPH2);
    ps_axis_marks_graph(&plot, view);
}

static void title(const struct ps_live_view *view, const struct ps_figures *f, int width,
                  char into[PS_TITLE_BYTES])
{
    char span[PS_FIGURE_BYTES];
    (void)f;
    snprintf(into, PS_TITLE_BYTES, width >= 44 ? "Done/s and offered, %s" : "Done/s, %s",
             ps_graph_span(view, width, span));
}

const struct ps_widget ps_widget_throughput = {.name = "Done", .title = title, .draw = draw};
