#include "ui/widgets/graph.h"

#include "base/clock.h"
#include "ui/format.h"

enum { SCALE_WIDTH = 6, WANTED_SECONDS = 60 };

static int plot_width(int panel_width)
{
    int width = panel_width - SCALE_WIDTH;
    if (width < 1)
        return 1;
    return width > (int)PS_PLOT_MAX / 2 ? (int)PS_PLOT_MAX / 2 : width;
}

/* History columns in one value, so that the whole is nearest to 60 s from below. */
static unsigned group_of(int panel_width)
{
    unsigned values = 2 * (unsigned)plot_width(panel_width);
    unsigned columns = WANTED_SECONDS * (unsigned)(PS_NS_PER_S / PS_COLUMN_NS);
    unsigned group = columns / values;
    return group ? group : 1;
}

unsigned ps_graph_seconds(int panel_width)
{
    uint64_t columns = 2 * (uint64_t)plot_width(panel_width) * group_of(panel_width);
    columns = columns > PS_COLUMNS ? PS_COLUMNS : columns;
    return (unsigned)(columns * PS_COLUMN_NS / PS_NS_PER_S);
}

unsigned ps_graph_values(const struct ps_history *history, int panel_width,
                         float (*figure)(const struct ps_pool_column *column), bool highest,
                         float values[PS_PLOT_MAX])
{
    unsigned count = 2 * (unsigned)plot_width(panel_width), group = group_of(panel_width);
    const struct ps_pool_column *newest = ps_history_pool(history, 0);
    unsigned age = newest ? (unsigned)(newest->at_ns / PS_COLUMN_NS % group) : 0;
    for (unsigned i = count; i-- > 0;) {
        float sum = 0, top = 0;
        unsigned n = 0;
        for (unsigned k = 0; k < group; k++, age++) {
            const struct ps_pool_column *column = ps_history_pool(history, age);
            if (!column)
                continue;
            float value = figure(column);
            sum += value;
            top = value > top ? value : top;
            n++;
        }
        values[i] = n == 0 ? -1 : highest ? top : sum / (float)n;
    }
    return count;
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
    return ps_canvas_view(canvas, SCALE_WIDTH, 0, plot_width(canvas->width), canvas->height);
}
