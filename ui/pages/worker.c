/* All figures of the selected worker. */
#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "ui/findings/findings.h"
#include "ui/format.h"
#include "ui/pages/page.h"
#include "ui/plot.h"

_Static_assert(PS_LATENCY_SECONDS == 10, "the labels say so");
enum { FIGURE = 20, NAME = 9, SHARES = 16 };

/* A line a state that had a share of the last columns: its history, newest at the right, and its share
 * of the last 2 s and of the run. */
static void draw_states(struct ps_page_pen *pen, const struct ps_live_view *view,
                        const struct ps_figures *f, unsigned number)
{
    const struct ps_canvas *c = pen->canvas;
    const struct ps_worker_view *worker = &view->snapshot->worker[number];
    int width = c->width - NAME - SHARES - 3;
    uint64_t all_ns = 0;
    for (unsigned s = PS_STATE_IDLE; s < PS_STATE_COUNT; s++)
        all_ns += worker->time_ns[s];
    ps_canvas_put(c, 0, pen->y, PS_STYLE_LABEL, "time in");
    ps_canvas_right(c, c->width, pen->y++, PS_STYLE_LABEL, "2 s     run");
    for (unsigned s = PS_STATE_IDLE; s < PS_STATE_COUNT && all_ns; s++) {
        char text[40];
        double run = (double)worker->time_ns[s] / (double)all_ns;
        float now = f->rate[number].share[s];
        if (run < 0.005 && now < 0.005f)
            continue;
        enum ps_style style = ps_state_style((enum ps_state)s, false);
        ps_canvas_put(c, 0, pen->y, style, ps_state_name((enum ps_state)s));
        for (int x = 0; x < width; x++) {
            const struct ps_lane_column *column =
                ps_history_lane(view->history, number, (unsigned)(width - 1 - x));
            if (column)
                ps_canvas_cell(c, NAME + x, pen->y, style,
                               ps_plot_level_glyph(column->share[s] / 255.0, c->ascii));
        }
        snprintf(text, sizeof text, "%3.0f %%   %3.0f %%", 100 * (double)now, 100 * run);
        ps_canvas_right(c, c->width, pen->y++, PS_STYLE_STRONG, text);
    }
}

static void draw_tasks(struct ps_page_pen *pen, const struct ps_worker_view *w,
                       const struct ps_worker_rates *rate)
{
    char a[PS_FIGURE_BYTES], b[PS_FIGURE_BYTES], c[PS_FIGURE_BYTES], d[PS_FIGURE_BYTES];
    uint64_t lost =
        w->totals.ended[PS_FAILED] + w->totals.ended[PS_TIMED_OUT] + w->totals.ended[PS_CANCELLED];
    ps_page_row(pen, FIGURE, "tasks", PS_STYLE_STRONG, "%s completed, %s/s now; %s otherwise ended",
                ps_figure_whole(a, w->totals.ended[PS_COMPLETED]),
                ps_figure_rate(b, rate->done_per_s), ps_figure_whole(c, lost));
    if (w->timed == 0)
        return;
    const struct ps_times_view *service = &w->lately_service, *queueing = &w->lately_queueing;
    if (service->count > 0) {
        ps_page_row(pen, FIGURE, "service, 10 s", PS_STYLE_STRONG,
                    "mean %s  p50 %s  p99 %s  max %s", ps_figure_time(a, service->mean_ns),
                    ps_figure_time(b, service->p50_ns), ps_figure_time(c, service->p99_ns),
                    ps_figure_time(d, service->max_ns));
        ps_page_row(pen, FIGURE, "queueing, 10 s", PS_STYLE_STRONG, "p50 %s  p99 %s",
                    ps_figure_time(a, queueing->p50_ns), ps_figure_time(b, queueing->p99_ns));
    }
    ps_page_row(pen, FIGURE, "service, run", PS_STYLE_NORMAL, "mean %s  p50 %s  p99 %s  max %s",
                ps_figure_time(a, w->service_mean_ns), ps_figure_time(b, w->service_p50_ns),
                ps_figure_time(c, w->service_p99_ns), ps_figure_time(d, w->service_max_ns));
    ps_page_row(pen, FIGURE, "queueing, run", PS_STYLE_NORMAL, "p50 %s  p99 %s",
                ps_figure_time(a, w->queueing_p50_ns), ps_figure_time(b, w->queueing_p99_ns));
}

static void draw_queue(struct ps_page_pen *pen, const struct ps_snapshot *s,
                       const struct ps_worker_view *w, const struct ps_worker_rates *rate)
{
    char a[PS_FIGURE_BYTES], b[PS_FIGURE_BYTES];
    if (s->traits & PS_TRAIT_WORKER_QUEUE)
        ps_page_row(pen, FIGURE, "its queue", PS_STYLE_STRONG,
                    "%" PRIu64 " tasks, at most %" PRIu64 " so far", w->queue_depth, w->depth_peak);
    if (!(s->traits & PS_TRAIT_STEALS))
        return;
    ps_page_row(pen, FIGURE, "steals", PS_STYLE_STRONG,
                "%s tasks/s taken, %s/s lost; %" PRIu64 " of %" PRIu64 " tries got something",
                ps_figure_rate(a, rate->stolen_per_s), ps_figure_rate(b, rate->robbed_per_s),
                w->steals, w->steal_tries);
}

static void draw_system(struct ps_page_pen *pen, const struct ps_live_view *view, unsigned number)
{
    const struct ps_worker_view *w = &view->snapshot->worker[number];
    const struct ps_recent_mark *then = NULL, *now = NULL;
    double seconds = view->findings ? ps_recent_span(&view->findings->recent, &then, &now) : 0;
    char a[PS_FIGURE_BYTES], b[PS_FIGURE_BYTES];
    if (!w->os_valid) {
        ps_page_row(pen, FIGURE, "cpu", PS_STYLE_DIM, "n/a: the kernel does not say");
    } else if (seconds > 0) {
        ps_page_row(pen, FIGURE, "cpu", PS_STYLE_STRONG,
                    "%.0f %% of one in the last %.1f s, %s in all", 100 * ps_page_cpu(view, number),
                    seconds, ps_figure_age(a, w->cpu_ns));
    }
    if (w->os_valid)
        ps_page_row(pen, FIGURE, "ready, no cpu", PS_STYLE_STRONG, "%s in all",
                    ps_figure_time(b, w->ready_ns));
    if (seconds > 0 && then && now)
        ps_page_row(
            pen, FIGURE, "went to sleep", PS_STYLE_STRONG, "%s times/s, and woke others %s times/s",
            ps_figure_rate(a, (double)(now->worker[number].parks - then->worker[number].parks) /
                                  seconds),
            ps_figure_rate(b, (double)(now->worker[number].wakes - then->worker[number].wakes) /
                                  seconds));
    if (view->snapshot->traits & PS_TRAIT_PARKS_TASKS)
        ps_page_row(pen, FIGURE, "kept too long", PS_STYLE_STRONG,
                    "%" PRIu64 " times, the longest %s", w->hogs, ps_figure_time(a, w->hog_ns));
    if (w->tid)
        ps_page_row(pen, FIGURE,
                    view->snapshot->traits & PS_TRAIT_PROCESSES ? "process" : "thread id",
                    PS_STYLE_STRONG, "%" PRIu64, w->tid);
}

static int draw(const struct ps_canvas *c, const struct ps_live_view *view,
                const struct ps_figures *f, int scroll)
{
    struct ps_page_pen pen = {.canvas = c, .y = -scroll};
    unsigned number = view->selected < PS_MAX_WORKERS ? view->selected : 0;
    const struct ps_worker_view *w = &view->snapshot->worker[number];
    draw_states(&pen, view, f, number);
    ps_page_blank(&pen);
    draw_tasks(&pen, w, &f->rate[number]);
    draw_queue(&pen, view->snapshot, w, &f->rate[number]);
    draw_system(&pen, view, number);
    return pen.y + scroll;
}

static void title(const struct ps_live_view *view, const struct ps_figures *figures,
                  char into[PS_PAGE_TITLE_BYTES])
{
    const struct ps_worker_view *w =
        &view->snapshot->worker[view->selected < PS_MAX_WORKERS ? view->selected : 0];
    (void)figures;
    snprintf(into, PS_PAGE_TITLE_BYTES, "Worker W%u: %s", view->selected,
             ps_state_meaning(w->state));
}

const struct ps_page ps_page_worker = {.title = title, .draw = draw};
