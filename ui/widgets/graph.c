#include "ui/widgets/graph.h"

#include "ui/keys.h"

enum { SCALE_WIDTH = 6 };

static int plot_width(int panel_width)
{
    int width = panel_width - SCALE_WIDTH;
    if (width < 1)
        return 1;
    return width > (int)PS_PLOT_MAX / 2 ? (int)PS_PLOT_MAX / 2 : width;
}

const char *ps_graph_span(const struct ps_live_view *view, int panel_width,
                          char into[PS_FIGURE_BYTES])
{
    struct ps_axis axis = ps_axis_graph(view, plot_width(panel_width));
    return ps_axis_span(&axis, into);
}

static float value_at(const struct ps_live_view *view, const struct ps_axis *axis, int place,
                      float (*figure)(const struct ps_pool_column *column), bool highest)
{
    unsigned age, count;
    if (!ps_axis_columns(axis, place, &age, &count))
        return -1;
    const struct ps_timeline *timeline = ps_history_timeline(view->history);
    float sum = 0, top = 0;
    unsigned n = 0;
    for (unsigned k = 0; k < count; k++) {
        const struct ps_pool_column *column = ps_timeline_pool(timeline, axis->level, age + k);
        if (!column)
            break;
        float value = figure(column);
        sum += value;
        top = value > top ? value : top;
        n++;
    }
    return n == 0 ? -1 : highest ? top : sum / (float)n;
}

unsigned ps_graph_values(const struct ps_live_view *view, int panel_width,
                         float (*figure)(const struct ps_pool_column *column), bool highest,
                         float values[PS_PLOT_MAX])
{
    struct ps_axis axis = ps_axis_graph(view, plot_width(panel_width));
    for (int i = 0; i < axis.count; i++)
        values[i] = value_at(view, &axis, i, figure, highest);
    return (unsigned)axis.count;
}

float ps_graph_highest(const float *values, unsigned count)
{
    float top = 0;
    for (unsigned i = 0; i < count; i++)
        top = values[i] > top ? values[i] : top;
    return top;
}

struct ps_canvas ps_graph_frame(const struct ps_canvas *canvas, float top)
{
    char text[PS_FIGURE_BYTES];
    ps_canvas_right(canvas, SCALE_WIDTH - 1, 0, PS_STYLE_DIM, ps_figure_rate(text, (double)top));
    if (canvas->height > 1)
        ps_canvas_right(canvas, SCALE_WIDTH - 1, canvas->height - 1, PS_STYLE_DIM, "0");
    if (canvas->height >= 5)
        ps_canvas_right(canvas, SCALE_WIDTH - 1, canvas->height / 2, PS_STYLE_DIM,
                        ps_figure_rate(text, (double)top / 2));
    struct ps_canvas plot =
        ps_canvas_view(canvas, SCALE_WIDTH, 0, plot_width(canvas->width), canvas->height);
    ps_canvas_hit(&plot, 0, 0, plot.width, plot.height, PS_DO_LOOK_GRAPH, 0);
    return plot;
}
