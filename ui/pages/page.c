#include "ui/pages/page.h"

#include <stdarg.h>
#include <stdio.h>

#include "ui/findings/findings.h"
#include "ui/overlay.h"

enum { WIDTH_MAX = 110, ROWS_MIN = 13 };

/* ---- for pages ---- */

/* ps_canvas_wrap from a row that may lie above the canvas. */
static int wrap(const struct ps_canvas *c, int x, int y, enum ps_style style, const char *text)
{
    int skip = y < 0 ? -y : 0, top = y < 0 ? 0 : y;
    return ps_canvas_wrap(c, x, top, c->width - x, c->height - top, skip, style, text);
}

int ps_page_wrap(struct ps_page_pen *pen, int x, enum ps_style style, const char *text)
{
    int rows = wrap(pen->canvas, x, pen->y, style, text);
    pen->y += rows;
    return rows;
}

void ps_page_row(struct ps_page_pen *pen, int x, const char *label, enum ps_style style,
                 const char *format, ...)
{
    char text[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    ps_canvas_fit(pen->canvas, 2, pen->y, x - 3, PS_STYLE_LABEL, label);
    int rows = wrap(pen->canvas, x, pen->y, style, text);
    pen->y += rows > 0 ? rows : 1;
}

void ps_page_blank(struct ps_page_pen *pen)
{
    pen->y++;
}

const char *ps_page_type_name(const struct ps_snapshot *s, int type)
{
    return type >= 0 && (unsigned)type < s->types ? s->type[type].name : "?";
}

const char *ps_page_outcome(enum ps_outcome outcome)
{
    return outcome == PS_TIMED_OUT ? "timed out" : ps_outcome_name(outcome);
}

const struct ps_step_def *ps_page_step(const struct ps_live_view *view,
                                       const struct ps_worker_view *worker)
{
    const struct ps_experiment *e = view->experiment;
    if (!e || worker->step == 0 || worker->type < 0 || (unsigned)worker->type >= e->type_count ||
        worker->step > e->types[worker->type].step_count)
        return NULL;
    return &e->types[worker->type].steps[worker->step - 1];
}

double ps_page_type_rate(const struct ps_live_view *view, unsigned type, enum ps_outcome outcome)
{
    const struct ps_recent_mark *then = NULL, *now = NULL;
    double seconds = view->findings ? ps_recent_span(&view->findings->recent, &then, &now) : 0;
    if (seconds <= 0 || !then || !now ||
        now->type[type].ended[outcome] < then->type[type].ended[outcome])
        return 0;
    return (double)(now->type[type].ended[outcome] - then->type[type].ended[outcome]) / seconds;
}

double ps_page_cpu(const struct ps_live_view *view, unsigned worker)
{
    const struct ps_recent_mark *then = NULL, *now = NULL;
    double seconds = view->findings ? ps_recent_span(&view->findings->recent, &then, &now) : 0;
    if (seconds <= 0 || !then || !now || now->worker[worker].cpu_ns < then->worker[worker].cpu_ns)
        return 0;
    return 1e-9 * (double)(now->worker[worker].cpu_ns - then->worker[worker].cpu_ns) / seconds;
}

/* ---- the box ---- */

static int box_width(int width)
{
    return width < WIDTH_MAX + 8 ? width : WIDTH_MAX;
}

static int rows_of(const struct ps_live_view *view, const struct ps_figures *f, int width)
{
    struct ps_canvas none = {.width = box_width(width) - 4};
    return view->overlay->page->draw(&none, view, f, 0);
}

/* At most two thirds where something of the lanes can so stay in sight. */
static int box_height(int rows, int height)
{
    int most = height * 2 / 3 > ROWS_MIN ? height * 2 / 3 : height;
    return rows + 2 < most ? rows + 2 : most;
}

static void draw_more(const struct ps_canvas *c, int x, int y, int below)
{
    char text[40];
    if (below <= 0)
        return;
    snprintf(text, sizeof text, " %d more: PgDn ", below);
    ps_canvas_right(c, x, y, PS_STYLE_NOTE, text);
}

void ps_page_draw(const struct ps_canvas *canvas, const struct ps_live_view *view,
                  const struct ps_figures *f)
{
    const struct ps_page *page = view->overlay->page;
    char title[PS_PAGE_TITLE_BYTES];
    int rows = rows_of(view, f, canvas->width), width = box_width(canvas->width);
    int height = box_height(rows, canvas->height);
    int x = (canvas->width - width) / 2, y = canvas->height - height;
    if (width < 12 || height < 3)
        return;
    page->title(view, f, title);
    ps_canvas_fill(canvas, x, y, width, height, PS_STYLE_NORMAL, ' ');
    ps_canvas_box(canvas, x, y, width, height, PS_STYLE_FOCUS, PS_STYLE_STRONG, title);
    struct ps_canvas inside = ps_canvas_view(canvas, x + 2, y + 1, width - 4, height - 2);
    int most = rows - inside.height, scroll = view->overlay->scroll;
    if (scroll > most)
        scroll = most > 0 ? most : 0;
    page->draw(&inside, view, f, scroll);
    draw_more(canvas, x + width - 2, y + height - 1, most - scroll);
}

int ps_page_scroll_max(const struct ps_live_view *view, int width, int height)
{
    struct ps_figures figures;
    ps_figures_take(&figures, view);
    int rows = rows_of(view, &figures, width);
    int inside = box_height(rows, height) - 2;
    return rows > inside ? rows - inside : 0;
}
