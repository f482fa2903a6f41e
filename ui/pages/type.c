/* All figures of the selected task type. */
#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "ui/findings/findings.h"
#include "ui/format.h"
#include "ui/pages/page.h"
#include "ui/plot.h"

enum { FIGURE = 20, COLUMN = 9 };

static unsigned selected_type(const struct ps_live_view *view)
{
    unsigned types = view->snapshot->types;
    return view->selected_type < types ? view->selected_type : types ? types - 1 : 0;
}

static void draw_counts(struct ps_page_pen *pen, const struct ps_live_view *view, unsigned number)
{
    const struct ps_totals *t = &view->snapshot->type[number].totals;
    uint64_t ended = ps_totals_ended(t);
    char a[PS_FIGURE_BYTES], b[PS_FIGURE_BYTES];
    ps_page_row(pen, FIGURE, "submitted", PS_STYLE_STRONG, "%s, %s in flight",
                ps_figure_whole(a, t->submitted),
                ps_figure_whole(b, t->submitted > ended ? t->submitted - ended : 0));
    for (unsigned i = 0; i < PS_OUTCOME_COUNT; i++)
        if (i == PS_COMPLETED || t->ended[i] > 0)
            ps_page_row(pen, FIGURE, ps_page_outcome(i),
                        i == PS_COMPLETED ? PS_STYLE_STRONG : PS_STYLE_WARNING,
                        "%s, %.1f %%; %s/s now", ps_figure_whole(a, t->ended[i]),
                        ended ? 100 * (double)t->ended[i] / (double)ended : 0.0,
                        ps_figure_rate(b, ps_page_type_rate(view, number, i)));
    if (ps_view_high(view, (int)number))
        ps_page_row(pen, FIGURE, "priority", PS_STYLE_FOCUS, "%s high: begun before normal ones",
                    ps_high_mark(pen->canvas->ascii));
    if (t->retried > 0 || t->denied > 0)
        ps_page_row(pen, FIGURE, "further attempts", PS_STYLE_STRONG,
                    "%s; %s denied by the retry budget", ps_figure_whole(a, t->retried),
                    ps_figure_whole(b, t->denied));
}

/* A table of response, service and queueing; its head says of which time. */
static void draw_table(struct ps_page_pen *pen, const char *head,
                       const struct ps_times_view rows[3])
{
    static const char *const names[] = {"response", "service", "queueing"};
    static const char *const heads[] = {"mean", "p50", "p99", "max"};
    char text[PS_FIGURE_BYTES];
    ps_canvas_put(pen->canvas, 2, pen->y, PS_STYLE_LABEL, head);
    for (int i = 0; i < 4; i++)
        ps_canvas_right(pen->canvas, FIGURE + (i + 1) * COLUMN, pen->y, PS_STYLE_LABEL, heads[i]);
    pen->y++;
    for (unsigned r = 0; r < 3; r++, pen->y++) {
        const uint64_t ns[] = {rows[r].mean_ns, rows[r].p50_ns, rows[r].p99_ns, rows[r].max_ns};
        ps_canvas_put(pen->canvas, 2, pen->y, PS_STYLE_LABEL, names[r]);
        for (int i = 0; i < 4; i++)
            ps_canvas_right(pen->canvas, FIGURE + (i + 1) * COLUMN, pen->y,
                            rows[r].count ? PS_STYLE_STRONG : PS_STYLE_DIM,
                            rows[r].count ? ps_figure_time(text, ns[i]) : "-");
    }
}

static void draw_times(struct ps_page_pen *pen, const struct ps_type_view *t)
{
    const struct ps_times_view lately[] = {t->lately_response, t->lately_service,
                                           t->lately_queueing};
    const struct ps_times_view run[] = {
        {t->timed, t->response_mean_ns, t->response_p50_ns, t->response_p99_ns, t->response_max_ns},
        {t->timed, t->service_mean_ns, t->service_p50_ns, t->service_p99_ns, t->service_max_ns},
        {t->timed, t->queueing_mean_ns, t->queueing_p50_ns, t->queueing_p99_ns,
         t->queueing_max_ns}};
    char head[24];
    snprintf(head, sizeof head, "last %u s", PS_LATENCY_SECONDS);
    draw_table(pen, head, lately);
    draw_table(pen, "whole run", run);
}

/* Where its tasks are: the program, with those that wait at each step. */
static void draw_program(struct ps_page_pen *pen, const struct ps_live_view *view, unsigned number)
{
    const struct ps_experiment *e = view->experiment;
    const struct ps_type_view *t = &view->snapshot->type[number];
    char step[96], count[PS_FIGURE_BYTES];
    if (!e || number >= e->type_count)
        return;
    for (unsigned i = 0; i < e->types[number].step_count && i < PS_MAX_STEPS; i++) {
        char label[24];
        snprintf(label, sizeof label, "step %u", i + 1);
        ps_experiment_step(step, sizeof step, e, number, i);
        if (t->waiting_at[i])
            ps_page_row(pen, FIGURE, label, PS_STYLE_STRONG, "%s   %s wait%s here", step,
                        ps_figure_whole(count, t->waiting_at[i]), t->waiting_at[i] == 1 ? "s" : "");
        else
            ps_page_row(pen, FIGURE, label, PS_STYLE_NORMAL, "%s", step);
    }
}

static void draw_spread(struct ps_page_pen *pen, const struct ps_type_view *t)
{
    const struct ps_canvas *c = pen->canvas;
    unsigned first = PS_HIST_STEPS, last = 0;
    uint64_t top = 0, total = 0;
    for (unsigned i = 0; i < PS_HIST_STEPS; i++) {
        if (t->spread[i] == 0)
            continue;
        first = first < i ? first : i;
        last = i;
        top = t->spread[i] > top ? t->spread[i] : top;
        total += t->spread[i];
    }
    if (total == 0)
        return;
    ps_page_wrap(pen, 2, PS_STYLE_LABEL, "responses of the whole run, from");
    for (unsigned i = first; i <= last; i++, pen->y++) {
        char text[PS_FIGURE_BYTES];
        ps_canvas_right(c, 10, pen->y, PS_STYLE_LABEL, ps_figure_time(text, ps_hist_step_low(i)));
        ps_plot_bar(c, 11, pen->y, c->width - 20, (double)t->spread[i] / (double)top,
                    PS_STYLE_GRAPH1);
        snprintf(text, sizeof text, "%.1f %%", 100.0 * (double)t->spread[i] / (double)total);
        ps_canvas_right(c, c->width, pen->y, PS_STYLE_NORMAL, text);
    }
}

static int draw(const struct ps_canvas *c, const struct ps_live_view *view,
                const struct ps_figures *figures, int scroll)
{
    struct ps_page_pen pen = {.canvas = c, .y = -scroll};
    unsigned number = selected_type(view);
    (void)figures;
    if (view->snapshot->types == 0) {
        ps_page_wrap(&pen, 0, PS_STYLE_NOTE, "no task type yet");
        return pen.y + scroll;
    }
    const struct ps_type_view *t = &view->snapshot->type[number];
    draw_counts(&pen, view, number);
    ps_page_blank(&pen);
    draw_times(&pen, t);
    ps_page_blank(&pen);
    draw_program(&pen, view, number);
    ps_page_blank(&pen);
    draw_spread(&pen, t);
    return pen.y + scroll;
}

static void title(const struct ps_live_view *view, const struct ps_figures *figures,
                  char into[PS_PAGE_TITLE_BYTES])
{
    (void)figures;
    snprintf(into, PS_PAGE_TITLE_BYTES, "Task type %s",
             ps_page_type_name(view->snapshot, (int)selected_type(view)));
}

const struct ps_page ps_page_type = {.title = title, .draw = draw};
