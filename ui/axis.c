#include "ui/axis.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "ui/canvas.h"

#define MS(n) ((n) * (uint64_t)PS_NS_PER_MS)

static const struct ps_time_scale scales[PS_TIME_COARSEST - PS_TIME_FINEST + 1] = {
    {20, 1, MS(100)},     {60, 6, MS(200)},        {300, 60, MS(1000)},
    {600, 600, MS(1000)}, {7200, 7200, MS(10000)},
};

const struct ps_time_scale *ps_time_scale(const struct ps_live_view *view)
{
    return &scales[view->look.scale - PS_TIME_FINEST];
}

static const struct ps_timeline *timeline(const struct ps_live_view *view)
{
    return ps_history_timeline(view->history);
}

/* The finest level that keeps so many seconds. */
static unsigned level_for(unsigned seconds)
{
    unsigned level = 0;
    while (level + 1 < PS_TIME_LEVELS &&
           ps_time_levels[level].columns * ps_time_levels[level].column_ns <
               seconds * (uint64_t)PS_NS_PER_S)
        level++;
    return level;
}

static unsigned columns_in(unsigned seconds, unsigned level)
{
    return (unsigned)(seconds * (uint64_t)PS_NS_PER_S / ps_time_levels[level].column_ns);
}

/* Groups are aligned to the clock, so that what is past does not change when time goes on. */
static void align(struct ps_axis *axis, const struct ps_live_view *view)
{
    const struct ps_pool_column *newest = ps_timeline_pool(timeline(view), axis->level, 0);
    if (!newest)
        return;
    uint64_t columns = newest->number + 1;
    axis->newest = (unsigned)(columns % axis->group);
    axis->partial = axis->newest > 0 && axis->group * ps_time_levels[axis->level].column_ns >=
                                            2 * (uint64_t)PS_NS_PER_S;
    axis->blank = axis->step - 1 - (int)(columns / axis->group % (uint64_t)axis->step);
}

struct ps_axis ps_axis_graph(const struct ps_live_view *view, int width)
{
    const struct ps_time_scale *scale = ps_time_scale(view);
    struct ps_axis axis = {.level = level_for(scale->graph_s), .group = 1, .step = 1};
    axis.count = 2 * (width > 0 ? width : 0);
    unsigned wanted = columns_in(scale->graph_s, axis.level);
    if (axis.count > 0 && wanted / (unsigned)axis.count > 1)
        axis.group = wanted / (unsigned)axis.count;
    align(&axis, view);
    return axis;
}

struct ps_axis ps_axis_lanes(const struct ps_live_view *view, int width)
{
    const struct ps_time_scale *scale = ps_time_scale(view);
    struct ps_axis axis = {.level = level_for(scale->lanes_s), .group = 1, .step = 1};
    axis.count = width > 0 ? width : 0;
    unsigned wanted = columns_in(scale->lanes_s, axis.level), count = (unsigned)axis.count;
    if (count > 0 && wanted > count)
        axis.group = (wanted + count - 1) / count;
    if (axis.group * ps_time_levels[axis.level].column_ns < PS_NS_PER_S)
        axis.step = width < 20    ? 1
                    : view->calm  ? width / 2 /* moves seldom, and then far */
                    : width > 100 ? 10
                                  : width / 10;
    align(&axis, view);
    return axis;
}

bool ps_axis_columns(const struct ps_axis *axis, int place, unsigned *age, unsigned *count)
{
    int from_right = axis->count - 1 - axis->blank - place;
    if (from_right < 0)
        return false;
    bool part = axis->partial && from_right == 0;
    *count = part ? axis->newest : axis->group;
    *age = part ? 0 : axis->newest + (unsigned)(from_right - axis->partial) * axis->group;
    return true;
}

int ps_axis_place(const struct ps_axis *axis, const struct ps_live_view *view, uint64_t at_ns)
{
    const struct ps_pool_column *newest = ps_timeline_pool(timeline(view), axis->level, 0);
    uint64_t number = at_ns / ps_time_levels[axis->level].column_ns;
    if (!newest)
        return -1;
    uint64_t age = newest->number > number ? newest->number - number : 0;
    uint64_t from_right = 0;
    if (age >= axis->newest)
        from_right = (age - axis->newest) / axis->group + axis->partial;
    int places = axis->count - axis->blank;
    return from_right < (uint64_t)(places > 0 ? places : 0) ? places - 1 - (int)from_right : -1;
}

bool ps_axis_instant(const struct ps_axis *axis, const struct ps_live_view *view, int place,
                     uint64_t *at_ns)
{
    unsigned age, count;
    if (!ps_axis_columns(axis, place, &age, &count))
        return false;
    const struct ps_pool_column *column = ps_timeline_pool(timeline(view), axis->level, age);
    if (!column)
        return false;
    uint64_t column_ns = ps_time_levels[axis->level].column_ns;
    *at_ns = column->number * column_ns + column_ns / 2;
    return true;
}

const char *ps_axis_span(const struct ps_axis *axis, char into[PS_FIGURE_BYTES])
{
    unsigned kept = ps_time_levels[axis->level].columns;
    int whole = axis->count - axis->step + (axis->step == 1);
    uint64_t columns = (uint64_t)(whole > 0 ? whole : 0) * axis->group;
    columns = columns > kept ? kept : columns;
    uint64_t seconds = columns * ps_time_levels[axis->level].column_ns / PS_NS_PER_S;
    if (seconds < 120)
        snprintf(into, PS_FIGURE_BYTES, "%" PRIu64 " s", seconds);
    else if (seconds < 5400)
        snprintf(into, PS_FIGURE_BYTES, "%" PRIu64 " min", seconds / 60);
    else
        snprintf(into, PS_FIGURE_BYTES, "%.2g h", (double)seconds / 3600);
    return into;
}

/* ---- cursor and marks ---- */

const char ps_mark_letters[PS_MARKS + 1] = "abT";

uint64_t ps_mark_ns(const struct ps_instant *mark)
{
    return mark->pool.number * mark->column_ns + mark->column_ns / 2;
}

struct line {
    uint64_t at_ns; /* 0: there is none */
    uint32_t name;
    enum ps_style style;
};
enum { LINES = PS_MARKS + 2 };

/* Later ones lie above. */
static void lines_of(const struct ps_live_view *view, bool ascii, struct line into[LINES])
{
    for (unsigned i = 0; i < PS_MARKS; i++)
        into[i] = (struct line){ps_mark_ns(&view->mark[i]), (uint32_t)ps_mark_letters[i],
                                i == PS_MARK_TRIGGER ? PS_STYLE_ERROR : PS_STYLE_FOCUS};
    into[PS_MARKS] = (struct line){view->cursor_ns, ascii ? 'v' : 0x25bc, PS_STYLE_STRONG};
    into[PS_MARKS + 1] = (struct line){view->hover.at_ns, ascii ? 'v' : 0x25bd, PS_STYLE_STRONG};
}

void ps_axis_marks_graph(const struct ps_canvas *plot, const struct ps_live_view *view)
{
    struct line lines[LINES];
    struct ps_axis axis = ps_axis_graph(view, plot->width);
    lines_of(view, plot->ascii, lines);
    for (unsigned i = 0; i < LINES; i++) {
        int place = lines[i].at_ns ? ps_axis_place(&axis, view, lines[i].at_ns) : -1;
        for (int y = 0; place >= 0 && y < plot->height; y++) {
            if (ps_canvas_blank(plot, place / 2, y))
                ps_canvas_cell(plot, place / 2, y, lines[i].style, plot->ascii ? '|' : 0x2502);
            else
                ps_canvas_restyle(plot, place / 2, y, 1, lines[i].style);
        }
        if (place >= 0)
            ps_canvas_cell(plot, place / 2, 0, lines[i].style, lines[i].name);
    }
}

void ps_axis_marks_lanes(const struct ps_canvas *strip, const struct ps_live_view *view, int rows)
{
    struct line lines[LINES];
    struct ps_axis axis = ps_axis_lanes(view, strip->width);
    lines_of(view, strip->ascii, lines);
    for (unsigned i = 0; i < LINES; i++) {
        int place = lines[i].at_ns ? ps_axis_place(&axis, view, lines[i].at_ns) : -1;
        for (int y = 0; place >= 0 && y < rows && y < strip->height; y++) {
            if (ps_canvas_blank(strip, place, y))
                ps_canvas_cell(strip, place, y, lines[i].style, strip->ascii ? '|' : 0x2502);
            else
                ps_canvas_restyle(strip, place, y, 1, PS_STYLE_SELECTION);
        }
        if (place >= 0)
            ps_canvas_cell(strip, place, 0, lines[i].style, lines[i].name);
    }
}
