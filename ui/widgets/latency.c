#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "ui/format.h"
#include "ui/plot.h"
#include "ui/widgets/widget.h"

enum { NAME_WIDTH = 8, FIGURES = 5 };

static const char *const names[PS_ROW_COUNT] = {"response", "service", "queueing"};
static const char *const heads[FIGURES] = {"p50", "p90", "p99", "p99.9", "max"};

/* Columns in the order in which narrow panels give them up: p99.9, then p90. */
static bool shown(unsigned column, int width)
{
    if (column == 3)
        return width >= NAME_WIDTH + 5 * 7;
    return column != 1 || width >= NAME_WIDTH + 4 * 7;
}

static uint64_t figure(const struct ps_quantiles *q, unsigned column)
{
    const uint64_t all[FIGURES] = {q->p50_ns, q->p90_ns, q->p99_ns, q->p999_ns, q->max_ns};
    return all[column];
}

static void table_row(const struct ps_canvas *c, int y, const struct ps_quantiles *q,
                      const char *name, int step)
{
    int x = NAME_WIDTH;
    ps_canvas_put(c, 0, y, q ? PS_STYLE_LABEL : PS_STYLE_DIM, name);
    for (unsigned i = 0; i < FIGURES; i++) {
        char text[PS_FIGURE_BYTES];
        if (!shown(i, c->width))
            continue;
        x += step;
        if (!q)
            ps_canvas_right(c, x, y, PS_STYLE_DIM, heads[i]);
        else if (q->count == 0)
            ps_canvas_right(c, x, y, PS_STYLE_DIM, "-");
        else
            ps_canvas_right(c, x, y, i == 2 ? PS_STYLE_STRONG : PS_STYLE_NORMAL,
                            ps_figure_time(text, figure(q, i)));
    }
}

/* L = lambda x W over the same window; equal within 15 % once the flow is steady. */
static void little(const struct ps_canvas *c, int y, const struct ps_figures *f)
{
    const struct ps_quantiles *r = &f->latency[PS_ROW_RESPONSE];
    char rate[PS_FIGURE_BYTES], time[PS_FIGURE_BYTES], left[PS_FIGURE_BYTES],
        right[PS_FIGURE_BYTES];
    if (r->count == 0 || f->in_flight < 0.05)
        return;
    double product = f->done_window * (double)r->mean_ns * 1e-9;
    int x = ps_canvas_put(c, 0, y, PS_STYLE_LABEL, "L = ");
    x = ps_canvas_put(c, x, y, PS_STYLE_NORMAL, ps_figure_rate(left, f->in_flight));
    x = ps_canvas_put(c, x + 3, y, PS_STYLE_LABEL, c->ascii ? "r W = " : "λ W = ");
    x = ps_canvas_print(c, x, y, PS_STYLE_NORMAL, "%s/s x %s = %s",
                        ps_figure_rate(rate, f->done_window), ps_figure_time(time, r->mean_ns),
                        ps_figure_rate(right, product));
    if (fabs(product - f->in_flight) <= 0.15 * f->in_flight)
        ps_canvas_put(c, x + 1, y, PS_STYLE_GOOD, c->ascii ? "ok" : "✓");
}

/* How responses spread over 1-2-5 steps of time, in what height is left. */
static void spread(const struct ps_canvas *c, int y, const struct ps_figures *f)
{
    unsigned first = PS_HIST_STEPS, last = 0;
    uint64_t top = 0, total = f->latency[PS_ROW_RESPONSE].count;
    for (unsigned i = 0; i < PS_HIST_STEPS; i++) {
        if (f->spread[i] == 0)
            continue;
        first = first < i ? first : i;
        last = i;
        top = f->spread[i] > top ? f->spread[i] : top;
    }
    if (total == 0 || top == 0 || c->height - y < 4)
        return;
    unsigned rows = (unsigned)(c->height - y - 1);
    if (last - first + 1 > rows) /* the slow ones matter more */
        first = last + 1 - rows;
    ps_canvas_put(c, 0, y, PS_STYLE_DIM, "responses by time, from");
    for (unsigned i = first; i <= last; i++) {
        char text[PS_FIGURE_BYTES];
        int row = y + 1 + (int)(i - first);
        ps_canvas_right(c, 7, row, PS_STYLE_LABEL, ps_figure_time(text, ps_hist_step_low(i)));
        ps_plot_bar(c, 8, row, c->width - 16, (double)f->spread[i] / (double)top, PS_STYLE_GRAPH1);
        snprintf(text, sizeof text, "%.1f %%", 100.0 * (double)f->spread[i] / (double)total);
        ps_canvas_right(c, c->width, row, PS_STYLE_NORMAL, text);
    }
}

static void draw(const struct ps_canvas *c, const struct ps_live_view *view,
                 const struct ps_figures *f)
{
    int step = (c->width - NAME_WIDTH) / FIGURES;
    step = step < 7 ? 7 : step > 9 ? 9 : step;
    table_row(c, 0, NULL, "", step);
    for (unsigned i = 0; i < PS_ROW_COUNT; i++)
        table_row(c, 1 + (int)i, &f->latency[i], names[i], step);
    char count[PS_FIGURE_BYTES];
    if (c->height >= 6)
        little(c, 5, f);
    if (c->height >= 7) {
        int x = ps_canvas_print(c, 0, 6, PS_STYLE_DIM, "%s tasks timed",
                                ps_figure_whole(count, f->latency[PS_ROW_RESPONSE].count));
        if (view->snapshot->sample_max > 1)
            ps_canvas_print(c, x, 6, PS_STYLE_NOTE, ", sampled 1/%" PRIu64,
                            view->snapshot->sample_max);
    }
    spread(c, 8, f);
}

static void title(const struct ps_live_view *view, const struct ps_figures *f, int width,
                  char into[PS_TITLE_BYTES])
{
    (void)f;
    int n = snprintf(into, PS_TITLE_BYTES, "Latency, %u s", PS_LATENCY_SECONDS);
    if (view->snapshot->sample_max > 1 && width >= 34)
        snprintf(into + n, PS_TITLE_BYTES - (size_t)n, ", sampled 1/%" PRIu64,
                 view->snapshot->sample_max);
    else if (width >= 46)
        snprintf(into + n, PS_TITLE_BYTES - (size_t)n, ", from intended start");
}

const struct ps_widget ps_widget_latency = {.name = "Times", .title = title, .draw = draw};
