/* The lanes: for every worker a strip of time, newest at the right. A column of the strip is
 * `group` columns of the history; groups are aligned to the clock, so that the strip moves in whole
 * columns and never changes its past.
 *
 * The strip moves left by `step` columns at once and fills up from there: the eye can rest on it,
 * and a frame in between changes one column instead of all (4 KB less to write at 120x40). */
#include "ui/widgets/lanes.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "ui/format.h"

enum { LABEL_WIDTH = 9 };

struct strip {
    int x, width;
    unsigned group;  /* history columns in one of the strip */
    unsigned newest; /* age at which the newest whole group begins */
    int step;        /* columns by which it moves at once */
    int blank;       /* columns at the right that time has not reached yet */
};

static int label_width(const struct ps_figures *f, unsigned rows)
{
    return f->lanes > rows ? LABEL_WIDTH : f->lanes > 100 ? 6 : 5;
}

static struct strip strip_of(const struct ps_live_view *view, int panel_width, int x)
{
    struct strip strip = {.x = x, .group = 1};
    strip.width = panel_width - x - ps_worker_columns_width(panel_width);
    if (strip.width < 0)
        strip.width = 0;
    while (strip.group < 4 && strip.width * (int)strip.group < 60)
        strip.group++;
    const struct ps_pool_column *newest = ps_history_pool(view->history, 0);
    strip.step = strip.width < 20 ? 1 : strip.width > 100 ? 10 : strip.width / 10;
    if (newest) {
        uint64_t columns = newest->at_ns / PS_COLUMN_NS;
        strip.newest = (unsigned)(columns % strip.group);
        strip.blank = strip.step - 1 - (int)(columns / strip.group % (uint64_t)strip.step);
    }
    return strip;
}

/* Share of a state in a group of one worker's columns, 0..1. */
static double share_of(const struct ps_history *history, unsigned worker, unsigned age,
                       unsigned count, enum ps_state state)
{
    unsigned sum = 0, n = 0;
    for (unsigned i = 0; i < count; i++) {
        const struct ps_lane_column *column = ps_history_lane(history, worker, age + i);
        if (!column)
            break;
        sum += column->share[state];
        n++;
    }
    return n ? sum / (255.0 * n) : 0;
}

struct lane_cell {
    enum ps_state state;
    bool ready;
    double share;
};

/* What most workers of a row did. */
static struct lane_cell cell_of(const struct ps_live_view *view, const struct ps_lane_row *row,
                                unsigned age, unsigned group)
{
    struct lane_cell cell = {.state = PS_STATE_OFF};
    if (row->first == row->last) {
        cell.state = ps_history_lane_state(view->history, row->first, age, group, &cell.ready);
        cell.share = share_of(view->history, row->first, age, group, cell.state);
        return cell;
    }
    unsigned votes[PS_STATE_COUNT] = {0}, ready_votes = 0;
    double share[PS_STATE_COUNT] = {0};
    for (unsigned w = row->first; w <= row->last; w++) {
        bool ready;
        enum ps_state state = ps_history_lane_state(view->history, w, age, group, &ready);
        votes[state]++;
        ready_votes += ready;
        share[state] += share_of(view->history, w, age, group, state);
    }
    for (unsigned s = PS_STATE_IDLE; s < PS_STATE_COUNT; s++)
        if (votes[s] > votes[cell.state])
            cell.state = (enum ps_state)s;
    cell.share = votes[cell.state] ? share[cell.state] / votes[cell.state] : 0;
    cell.ready = cell.state == PS_STATE_RUN && 2 * ready_votes > votes[PS_STATE_RUN];
    return cell;
}

static void draw_strip(const struct ps_canvas *c, int y, const struct ps_live_view *view,
                       const struct ps_lane_row *row, const struct strip *strip)
{
    unsigned columns = ps_history_columns(view->history);
    int newest = strip->x + strip->width - 1 - strip->blank;
    for (int i = 0; newest - i >= strip->x; i++) {
        unsigned age = strip->newest + (unsigned)i * strip->group;
        if (age + strip->group > columns)
            break;
        struct lane_cell cell = cell_of(view, row, age, strip->group);
        ps_canvas_cell(c, newest - i, y, ps_state_style(cell.state, cell.ready),
                       ps_state_glyph_share(cell.state, cell.ready, cell.share, c->ascii));
    }
}

static void draw_label(const struct ps_canvas *c, int y, const struct ps_live_view *view,
                       const struct ps_lane_row *row)
{
    bool selected = view->selected >= row->first && view->selected <= row->last;
    char text[24];
    if (row->first == row->last)
        snprintf(text, sizeof text, "W%u", row->first);
    else
        snprintf(text, sizeof text, "W%u-%u", row->first, row->last);
    ps_canvas_put(c, 0, y, PS_STYLE_FOCUS, selected ? ">" : " ");
    ps_canvas_put(c, 1, y, selected ? PS_STYLE_STRONG : PS_STYLE_LABEL, text);
}

/* The second row of a lane: what the worker is in now, and for how long. */
static void draw_detail(const struct ps_canvas *c, int y, const struct ps_live_view *view,
                        unsigned worker, int x)
{
    const struct ps_snapshot *s = view->snapshot;
    const struct ps_worker_view *w = &s->worker[worker];
    char age[PS_FIGURE_BYTES];
    ps_figure_age(age, ps_state_age(s, worker));
    uint64_t rounded = ps_state_age(s, worker) / PS_NS_PER_MS;
    x = ps_canvas_put(c, x, y, ps_state_style(w->state, false), ps_state_name(w->state));
    if (w->type >= 0 && (unsigned)w->type < s->types)
        x = ps_canvas_print(c, x, y, PS_STYLE_DIM, "  task %s", s->type[w->type].name);
    if (rounded >= 100)
        ps_canvas_print(c, x, y, PS_STYLE_DIM, "  for %s", age);
}

static void draw(const struct ps_canvas *c, const struct ps_live_view *view,
                 const struct ps_figures *f)
{
    struct ps_lane_row rows[PS_MAX_WORKERS];
    unsigned room = c->height > 0 ? (unsigned)c->height : 0;
    unsigned count = ps_lanes_fold(view, f, room, rows);
    struct strip strip = strip_of(view, c->width, label_width(f, room));
    struct ps_canvas side =
        ps_canvas_view(c, strip.x + strip.width, 0, c->width - strip.x - strip.width, c->height);
    int y = 0;
    for (unsigned i = 0; i < count; i++) {
        int height = rows[i].detail ? 2 : 1;
        draw_label(c, y, view, &rows[i]);
        draw_strip(c, y, view, &rows[i], &strip);
        ps_worker_columns_draw(&side, y, c->width, view, f, &rows[i]);
        ps_canvas_hit(c, 0, y, c->width, height, PS_DO_SELECT_WORKER, (int)rows[i].first);
        if (rows[i].detail) {
            struct ps_canvas left = ps_canvas_view(c, 0, 0, strip.x + strip.width, c->height);
            draw_detail(&left, y + 1, view, rows[i].first, strip.x);
        }
        y += height;
    }
}

static void title(const struct ps_live_view *view, const struct ps_figures *f, int width,
                  char into[PS_TITLE_BYTES])
{
    struct strip strip = strip_of(view, width, label_width(f, 0));
    double seconds =
        (strip.width - strip.step) * (double)strip.group * (double)PS_COLUMN_NS / PS_NS_PER_S;
    snprintf(into, PS_TITLE_BYTES, "Lanes, last %.0f s", seconds);
}

static void heading(const struct ps_canvas *row, const struct ps_live_view *view,
                    const struct ps_figures *f)
{
    (void)view;
    (void)f;
    int width = ps_worker_columns_width(row->width);
    struct ps_canvas head = ps_canvas_view(row, row->width - width, 0, width, 1);
    ps_worker_columns_head(&head, row->width);
}

const struct ps_widget ps_widget_lanes = {
    .name = "Lanes", .title = title, .heading = heading, .draw = draw};
