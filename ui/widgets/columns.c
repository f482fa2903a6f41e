/* The figures beside a lane. A column is a head, a width and a function of a row; narrow panels
 * take those with the lowest rank. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "ui/format.h"
#include "ui/plot.h"
#include "ui/widgets/lanes.h"

/* Sums or means over the workers of a row. */
struct row_figures {
    double run, wait, lock, idle; /* percent of time by the engine, means; together 100 */
    double ready; /* percent, by the OS: runnable without a cpu, in any state; < 0: n/a */
    double queue, done, stolen, robbed; /* sums */
    bool has_queue, has_steals;
};

struct column {
    const char *head;
    int width;     /* with the gap before it */
    unsigned rank; /* panels narrower than rank leave it out */
    void (*text)(const struct row_figures *row, char into[PS_FIGURE_BYTES]);
};

static void percent(double value, char into[PS_FIGURE_BYTES])
{
    if (value < 0)
        snprintf(into, PS_FIGURE_BYTES, "n/a");
    else
        snprintf(into, PS_FIGURE_BYTES, "%.0f", fmin(value, 100));
}

static void run_text(const struct row_figures *r, char into[PS_FIGURE_BYTES])
{
    percent(r->run, into);
}
static void ready_text(const struct row_figures *r, char into[PS_FIGURE_BYTES])
{
    percent(r->ready, into);
}
static void wait_text(const struct row_figures *r, char into[PS_FIGURE_BYTES])
{
    percent(r->wait, into);
}
static void lock_text(const struct row_figures *r, char into[PS_FIGURE_BYTES])
{
    percent(r->lock, into);
}
static void idle_text(const struct row_figures *r, char into[PS_FIGURE_BYTES])
{
    percent(r->idle, into);
}
static void queue_text(const struct row_figures *r, char into[PS_FIGURE_BYTES])
{
    if (r->has_queue)
        ps_figure_rate(into, r->queue);
    else
        snprintf(into, PS_FIGURE_BYTES, "n/a");
}
static void done_text(const struct row_figures *r, char into[PS_FIGURE_BYTES])
{
    ps_figure_rate(into, r->done);
}
static void stolen_text(const struct row_figures *r, char into[PS_FIGURE_BYTES])
{
    if (r->has_steals)
        ps_figure_rate(into, r->stolen);
    else
        snprintf(into, PS_FIGURE_BYTES, "n/a");
}
static void robbed_text(const struct row_figures *r, char into[PS_FIGURE_BYTES])
{
    if (r->has_steals)
        ps_figure_rate(into, r->robbed);
    else
        snprintf(into, PS_FIGURE_BYTES, "n/a");
}

static const struct column columns[] = {
    {"run%", 5, 0, run_text},     {"nocpu", 6, 76, ready_text},    {"wait%", 6, 50, wait_text},
    {"lock%", 6, 110, lock_text}, {"idle%", 6, 100, idle_text},    {"queue", 6, 40, queue_text},
    {"done/s", 7, 0, done_text},  {"stole/s", 8, 64, stolen_text}, {"lost/s", 7, 130, robbed_text},
};
enum { COLUMNS = sizeof columns / sizeof columns[0] };

static bool shown(const struct column *column, int panel_width)
{
    return (int)column->rank <= panel_width;
}

int ps_worker_columns_width(int panel_width)
{
    int width = 1;
    for (unsigned i = 0; i < COLUMNS; i++)
        if (shown(&columns[i], panel_width))
            width += columns[i].width;
    return width;
}

void ps_worker_columns_head(const struct ps_canvas *canvas, int panel_width)
{
    int x = 0;
    for (unsigned i = 0; i < COLUMNS; i++) {
        if (!shown(&columns[i], panel_width))
            continue;
        x += columns[i].width;
        int start = x - ps_text_width(columns[i].head);
        ps_canvas_cell(canvas, start - 1, 0, PS_STYLE_NORMAL, ' ');
        ps_canvas_put(canvas, start, 0, PS_STYLE_LABEL, columns[i].head);
    }
    ps_canvas_cell(canvas, x, 0, PS_STYLE_NORMAL, ' ');
}

static struct row_figures figures_of(const struct ps_live_view *view, const struct ps_figures *f,
                                     const struct ps_lane_row *row)
{
    const struct ps_snapshot *s = view->snapshot;
    struct row_figures r = {.has_queue = s->traits & PS_TRAIT_WORKER_QUEUE,
                            .has_steals = s->traits & PS_TRAIT_STEALS};
    double n = row->last - row->first + 1;
    for (unsigned w = row->first; w <= row->last; w++) {
        const struct ps_worker_rates *rate = &f->rate[w];
        r.run += 100 * rate->share[PS_STATE_RUN] / n;
        r.ready += 100 * rate->ready / n;
        r.lock += 100 * (rate->share[PS_STATE_LOCK] + rate->share[PS_STATE_GIL]) / n;
        r.idle += 100 * (rate->share[PS_STATE_IDLE] + rate->share[PS_STATE_SEEK]) / n;
        for (unsigned i = PS_STATE_JOIN; i <= PS_STATE_BLOCK; i++)
            r.wait += 100 * rate->share[i] / n;
        r.queue += (double)s->worker[w].queue_depth;
        r.done += rate->done_per_s;
        r.stolen += rate->stolen_per_s;
        r.robbed += rate->robbed_per_s;
    }
    return r;
}

void ps_worker_columns_draw(const struct ps_canvas *canvas, int y, int panel_width,
                            const struct ps_live_view *view, const struct ps_figures *f,
                            const struct ps_lane_row *row)
{
    struct row_figures figures = figures_of(view, f, row);
    int x = 0;
    for (unsigned i = 0; i < COLUMNS; i++) {
        if (!shown(&columns[i], panel_width))
            continue;
        char text[PS_FIGURE_BYTES];
        columns[i].text(&figures, text);
        x += columns[i].width;
        bool quiet = strcmp(text, "0") == 0 || strcmp(text, "n/a") == 0;
        ps_canvas_right(canvas, x, y, quiet ? PS_STYLE_DIM : PS_STYLE_NORMAL, text);
    }
}
