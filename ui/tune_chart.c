#include "ui/tune_chart.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "ui/format.h"
#include "ui/plot.h"

enum { SCALE = 7, LOG_FROM = 64 }; /* a wide range is drawn in doublings */

struct axis {
    double low, high;
    bool log;
    int width;
};

static struct axis axis_of(const struct ps_tune_about *about, int width)
{
    return (struct axis){.low = about->low,
                         .high = about->high > about->low ? about->high : about->low + 1,
                         .log = about->high >= LOG_FROM,
                         .width = width};
}

/* Half columns, as ps_plot counts them. */
static double place_of(const struct axis *axis, double workers)
{
    double share = axis->log ? log(workers / axis->low) / log(axis->high / axis->low)
                             : (workers - axis->low) / (axis->high - axis->low);
    return share * (2 * (axis->width - 1));
}

static int column_of(const struct axis *axis, double workers)
{
    return (int)lround(place_of(axis, workers) / 2);
}

static double workers_at(const struct axis *axis, unsigned half)
{
    double share = axis->width > 1 ? half / (2.0 * (axis->width - 1)) : 0;
    return axis->log ? axis->low * pow(axis->high / axis->low, share)
                     : axis->low + share * (axis->high - axis->low);
}

static int row_of(double value, double top, int height)
{
    int y = (int)lround((1 - value / top) * (height - 1));
    return y < 0 ? 0 : y >= height ? height - 1 : y;
}

/* ---- the axis ---- */

/* Columns from x on. */
struct label {
    int x, width;
};

static struct label label_of(const struct axis *axis, unsigned workers, int width, char text[16],
                             const char *mark)
{
    int n = snprintf(text, 16, "%u%s", workers, mark), x = column_of(axis, workers) - (workers > 9);
    return (struct label){.x = x + n > width ? width - n : x, .width = n};
}

/* The counts measured, as far as they have room beside each other and beside the guess. */
static void draw_axis(const struct ps_canvas *c, const struct axis *axis,
                      const struct ps_tune_chart *chart)
{
    int free_from = 0;
    char text[16];
    struct label guess = {0};
    if (chart->guess) {
        guess = label_of(axis, chart->guess, c->width, text, "?");
        ps_canvas_put(c, guess.x, 0, PS_STYLE_FOCUS, text);
    }
    for (unsigned i = 0; i < chart->surface->count; i++) {
        struct label label = label_of(axis, chart->surface->point[i].workers, c->width, text, "");
        bool by_guess =
            guess.width && label.x <= guess.x + guess.width && guess.x <= label.x + label.width;
        if (label.x < free_from || by_guess)
            continue;
        ps_canvas_put(c, label.x, 0, PS_STYLE_DIM, text);
        free_from = label.x + label.width + 1;
    }
    if (chart->surface->count == 0) {
        ps_canvas_print(c, 0, 0, PS_STYLE_DIM, "%u", chart->about->low);
        snprintf(text, sizeof text, "%u", chart->about->high);
        ps_canvas_right(c, c->width, 0, PS_STYLE_DIM, text);
    }
}

static void draw_scale(const struct ps_canvas *c, int height, const char *top, const char *middle)
{
    ps_canvas_right(c, SCALE - 1, 0, PS_STYLE_DIM, top);
    if (height >= 5)
        ps_canvas_right(c, SCALE - 1, height / 2, PS_STYLE_DIM, middle);
    ps_canvas_right(c, SCALE - 1, height - 1, PS_STYLE_DIM, "0");
}

/* ---- throughput ---- */

const struct ps_model *ps_tune_best_model(const struct ps_conclusion *conclusion)
{
    const struct ps_model *best = NULL;
    for (unsigned i = 0; conclusion && i < PS_MODELS; i++) {
        const struct ps_model *model = &conclusion->model[i];
        bool fitted = model->has_curve && strcmp(model->name, "hard cap") != 0;
        if (fitted && !isnan(model->r2) && (!best || model->r2 > best->r2))
            best = model;
    }
    return best;
}

static double highest_of(const struct ps_surface *surface)
{
    double most = 0;
    for (unsigned i = 0; i < surface->count; i++)
        for (unsigned r = 0; r < surface->point[i].repeats; r++)
            most = fmax(most, surface->point[i].throughput[r]);
    return most;
}

/* `every`: 1 is a line, more are dots that far apart. */
static void draw_curve(const struct ps_canvas *plot, const struct axis *axis,
                       const struct ps_curve *curve, double top, unsigned every,
                       enum ps_style style)
{
    float values[PS_PLOT_MAX];
    unsigned count = 2 * (unsigned)plot->width;
    count = count < PS_PLOT_MAX ? count : PS_PLOT_MAX;
    for (unsigned i = 0; i < count; i++) {
        double value = ps_curve_at(curve, workers_at(axis, i));
        bool shown = i % every == 0 && value <= top;
        values[i] = shown ? (float)value : -1;
        if (plot->ascii && shown && every > 1)
            ps_canvas_cell(plot, (int)i / 2, row_of(value, top, plot->height), style, '.');
    }
    if (!plot->ascii || every == 1)
        ps_plot_line(plot, values, count, (float)top, style);
}

static void draw_models(const struct ps_canvas *plot, const struct axis *axis,
                        const struct ps_tune_chart *chart, double top)
{
    if (!chart->conclusion || ps_tune_is_at_rate(chart->about))
        return;
    const struct ps_model *best = ps_tune_best_model(chart->conclusion);
    const struct ps_model *cap = ps_conclusion_model(chart->conclusion, "hard cap");
    if (best)
        draw_curve(plot, axis, &best->curve, top, 1, PS_STYLE_GRAPH3);
    if (cap->has_curve)
        draw_curve(plot, axis, &cap->curve, top, 4, PS_STYLE_DIM);
}

static void draw_point(const struct ps_canvas *plot, const struct axis *axis,
                       const struct ps_tune_chart *chart, const struct ps_point *point, double top)
{
    const struct ps_choice *choice = chart->conclusion ? &chart->conclusion->choice : NULL;
    int x = column_of(axis, point->workers);
    double low = INFINITY, high = 0;
    for (unsigned r = 0; r < point->repeats; r++) {
        low = fmin(low, point->throughput[r]);
        high = fmax(high, point->throughput[r]);
    }
    int lowest = row_of(low, top, plot->height);
    for (int y = row_of(high, top, plot->height); y <= lowest; y++)
        ps_canvas_cell(plot, x, y, PS_STYLE_DIM, plot->ascii ? '|' : 0x2506);
    bool recommended = choice && choice->recommended == point->workers;
    bool best = choice && choice->best == point->workers;
    ps_canvas_cell(plot, x, row_of(point->middle, top, plot->height),
                   recommended ? PS_STYLE_FOCUS
                   : best      ? PS_STYLE_STRONG
                               : PS_STYLE_GRAPH1,
                   recommended ? 'R'
                   : best      ? 'B'
                               : 'o');
}

static void draw_runners(const struct ps_canvas *plot, const struct axis *axis,
                         const struct ps_tune_chart *chart, double top)
{
    for (unsigned i = 0; chart->runners && i < PS_TUNERS; i++) {
        const struct ps_tune_runner *runner = &chart->runners[i];
        double value = ps_surface_throughput(chart->surface, runner->workers);
        double before = ps_surface_throughput(chart->surface, runner->trail);
        ps_canvas_cell(plot, column_of(axis, runner->trail), row_of(before, top, plot->height),
                       PS_STYLE_DIM, (uint32_t)('1' + i));
        ps_canvas_cell(plot, column_of(axis, runner->workers), row_of(value, top, plot->height),
                       PS_STYLE_SELECTION, (uint32_t)('1' + i));
    }
}

void ps_tune_chart_draw(const struct ps_canvas *c, const struct ps_tune_chart *chart)
{
    int height = c->height - 1;
    if (height < 2 || c->width < SCALE + 8)
        return;
    struct ps_canvas plot = ps_canvas_view(c, SCALE, 0, c->width - SCALE - 1, height);
    struct ps_canvas below = ps_canvas_view(c, SCALE, height, c->width - SCALE, 1);
    struct axis axis = axis_of(chart->about, plot.width);
    char high[PS_FIGURE_BYTES], middle[PS_FIGURE_BYTES];
    draw_axis(&below, &axis, chart);
    if (chart->surface->count == 0) {
        ps_canvas_fit(c, SCALE, height / 2, plot.width, PS_STYLE_DIM,
                      "the first point is being measured");
        return;
    }
    double top = (double)ps_plot_top((float)(highest_of(chart->surface) * 1.03));
    draw_scale(c, height, ps_figure_rate(high, top), ps_figure_rate(middle, top / 2));
    draw_models(&plot, &axis, chart, top);
    for (unsigned i = 0; i < chart->surface->count; i++)
        draw_point(&plot, &axis, chart, &chart->surface->point[i], top);
    draw_runners(&plot, &axis, chart, top);
}

/* ---- p99 ---- */

static double highest_p99(const struct ps_surface *surface)
{
    double most = 0;
    for (unsigned i = 0; i < surface->count; i++)
        if (!isnan(surface->point[i].middle_p99_ns))
            most = fmax(most, surface->point[i].middle_p99_ns);
    return most;
}

void ps_tune_p99_draw(const struct ps_canvas *c, const struct ps_tune_chart *chart)
{
    int height = c->height - 1;
    if (height < 2 || c->width < SCALE + 6)
        return;
    double top = highest_p99(chart->surface), goal = chart->about->goal_ns;
    struct ps_canvas plot = ps_canvas_view(c, SCALE, 0, c->width - SCALE - 1, height);
    struct ps_canvas below = ps_canvas_view(c, SCALE, height, c->width - SCALE, 1);
    struct axis axis = axis_of(chart->about, plot.width);
    char high[PS_FIGURE_BYTES], middle[PS_FIGURE_BYTES];
    draw_axis(&below, &axis, chart);
    if (top <= 0)
        return;
    if (goal > 0 && goal < 2 * top)
        top = fmax(top, goal);
    draw_scale(c, height, ps_figure_time(high, (uint64_t)top),
               ps_figure_time(middle, (uint64_t)(top / 2)));
    if (goal > 0 && goal <= top)
        for (int x = 0; x < plot.width; x++)
            ps_canvas_cell(&plot, x, row_of(goal, top, height), PS_STYLE_WARNING,
                           c->ascii ? '-' : 0x254c);
    for (unsigned i = 0; i < chart->surface->count; i++) {
        const struct ps_point *point = &chart->surface->point[i];
        bool late = goal > 0 && point->middle_p99_ns > goal;
        if (!isnan(point->middle_p99_ns))
            ps_canvas_cell(&plot, column_of(&axis, point->workers),
                           row_of(point->middle_p99_ns, top, height),
                           late ? PS_STYLE_WARNING : PS_STYLE_GRAPH2, late ? '!' : 'o');
    }
}
