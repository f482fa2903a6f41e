/* Task types: how many get done, how long they take, how many do not make it. The selected one can be
 * looked at closely. */
#include <stdio.h>

#include "ui/format.h"
#include "ui/pages/page.h"
#include "ui/widgets/widget.h"

enum { NAME = 10, COLUMN = 8, COLUMNS = 5 };

static const char *const heads[COLUMNS] = {"done/s", "p50", "p99", "flight", "lost"};

static void draw_row(const struct ps_canvas *c, int y, const struct ps_live_view *view,
                     unsigned number, int columns)
{
    const struct ps_type_view *t = &view->snapshot->type[number];
    uint64_t ended = ps_totals_ended(&t->totals);
    uint64_t lost = ended - t->totals.ended[PS_COMPLETED];
    bool selected = number == view->selected_type;
    char text[COLUMNS][PS_FIGURE_BYTES];
    ps_figure_rate(text[0], ps_page_type_rate(view, number, PS_COMPLETED));
    ps_figure_time(text[1], t->lately_response.p50_ns);
    ps_figure_time(text[2], t->lately_response.p99_ns);
    ps_figure_rate(text[3],
                   t->totals.submitted > ended ? (double)(t->totals.submitted - ended) : 0);
    ps_figure_rate(text[4], (double)lost);
    ps_canvas_put(c, 0, y, PS_STYLE_FOCUS, selected ? ">" : " ");
    bool high = ps_view_high(view, (int)number);
    int end = ps_canvas_fit(c, 1, y, c->width - 1 - high - columns * COLUMN,
                            selected ? PS_STYLE_STRONG : PS_STYLE_LABEL, t->name);
    if (high)
        ps_canvas_put(c, end, y, PS_STYLE_FOCUS, ps_high_mark(c->ascii));
    int left = c->width - columns * COLUMN;
    for (int i = 0; i < columns; i++)
        ps_canvas_right(c, left + (i + 1) * COLUMN, y,
                        i == 4 && lost ? PS_STYLE_WARNING : PS_STYLE_NORMAL,
                        t->lately_response.count || i == 0 || i > 2 ? text[i] : "-");
    ps_canvas_hit(c, 0, y, c->width, 1, PS_DO_SELECT_TYPE, (int)number);
}

static int columns_of(int width)
{
    int columns = (width - NAME) / COLUMN;
    return columns > COLUMNS ? COLUMNS : columns < 0 ? 0 : columns;
}

static void draw(const struct ps_canvas *c, const struct ps_live_view *view,
                 const struct ps_figures *f)
{
    int columns = columns_of(c->width), room = c->height - 1;
    unsigned types = view->snapshot->types, first = 0;
    (void)f;
    for (int i = 0; i < columns; i++)
        ps_canvas_right(c, c->width - (columns - 1 - i) * COLUMN, 0, PS_STYLE_LABEL, heads[i]);
    if (room > 0 && view->selected_type >= (unsigned)room)
        first = view->selected_type - (unsigned)room + 1;
    for (int y = 0; y < room && first + (unsigned)y < types; y++)
        draw_row(c, 1 + y, view, first + (unsigned)y, columns);
}

static void title(const struct ps_live_view *view, const struct ps_figures *f, int width,
                  char into[PS_TITLE_BYTES])
{
    (void)f;
    int n = snprintf(into, PS_TITLE_BYTES, width >= 44 ? "Task types, %u" : "Types, %u",
                     view->snapshot->types);
    snprintf(into + n, PS_TITLE_BYTES - (size_t)n,
             width >= 40   ? ": response, last %u s"
             : width >= 24 ? ": last %u s"
                           : "",
             PS_LATENCY_SECONDS);
}

const struct ps_widget ps_widget_types = {.name = "Types", .title = title, .draw = draw};
