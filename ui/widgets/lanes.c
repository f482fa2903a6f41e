/* The lanes: for every worker a strip of time, newest at the right (ui/axis.h). */
#include "ui/widgets/lanes.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "ui/axis.h"
#include "ui/format.h"

enum { LABEL_WIDTH = 9 };

struct strip {
    int x, width;
    struct ps_axis axis;
};

static int label_width(const struct ps_figures *f, unsigned rows)
{
    return f->lanes > rows ? LABEL_WIDTH : f->lanes > 100 ? 6 : 5;
}

static struct strip strip_of(const struct ps_live_view *view, int panel_width, int x)
{
    struct strip strip = {.x = x};
    strip.width = panel_width - x - ps_worker_columns_width(panel_width);
    if (strip.width < 0)
        strip.width = 0;
    strip.axis = ps_axis_lanes(view, strip.width);
    return strip;
}

/* Columns of the timeline. */
struct span {
    unsigned level, age, count;
};

/* Share of a state (PS_STATE_COUNT: ready, without a cpu) in columns of one worker, 0..1. */
static double share_of(const struct ps_timeline *timeline, unsigned worker, struct span span,
                       unsigned state)
{
    unsigned sum = 0, n = 0;
    for (unsigned i = 0; i < span.count; i++) {
        const struct ps_lane_column *column =
            ps_timeline_lane(timeline, span.level, worker, span.age + i);
        if (!column)
            break;
        sum += state == PS_STATE_COUNT ? column->ready : column->share[state];
        n++;
    }
    return n ? sum / (255.0 * n) : 0;
}

struct lane_cell {
    enum ps_state state;
    bool ready, dim;
    double share;
};

/* What most workers of a row did. */
static struct lane_cell most_of(const struct ps_timeline *t, const struct ps_lane_row *row,
                                struct span span)
{
    struct lane_cell cell = {.state = PS_STATE_OFF};
    if (row->first == row->last) {
        cell.state =
            ps_timeline_state(t, span.level, row->first, span.age, span.count, &cell.ready);
        cell.share = share_of(t, row->first, span, cell.state);
        return cell;
    }
    unsigned votes[PS_STATE_COUNT] = {0}, ready_votes = 0;
    double share[PS_STATE_COUNT] = {0};
    for (unsigned w = row->first; w <= row->last; w++) {
        bool ready;
        enum ps_state state = ps_timeline_state(t, span.level, w, span.age, span.count, &ready);
        votes[state]++;
        ready_votes += ready;
        share[state] += share_of(t, w, span, state);
    }
    for (unsigned s = PS_STATE_IDLE; s < PS_STATE_COUNT; s++)
        if (votes[s] > votes[cell.state])
            cell.state = (enum ps_state)s;
    cell.share = votes[cell.state] ? share[cell.state] / votes[cell.state] : 0;
    cell.ready = cell.state == PS_STATE_RUN && 2 * ready_votes > votes[PS_STATE_RUN];
    return cell;
}

/* With a state chosen in the legend: that state wherever it took a twentieth of the time, even if
 * another took more; all else without its colour. */
#define ONLY_LEAST 0.05

static struct lane_cell cell_of(const struct ps_live_view *view, const struct ps_lane_row *row,
                                struct span span)
{
    const struct ps_timeline *t = ps_history_timeline(view->history);
    unsigned only = (unsigned)view->look.only;
    double share = 0;
    for (unsigned w = row->first; only && w <= row->last; w++)
        share += share_of(t, w, span, only) / (row->last - row->first + 1);
    if (share < ONLY_LEAST) {
        struct lane_cell cell = most_of(t, row, span);
        cell.dim = only != 0;
        return cell;
    }
    bool ready = only == PS_STATE_COUNT;
    return (struct lane_cell){
        .state = ready ? PS_STATE_RUN : (enum ps_state)only, .ready = ready, .share = share};
}

static void draw_strip(const struct ps_canvas *c, int y, const struct ps_live_view *view,
                       const struct ps_lane_row *row, const struct strip *strip)
{
    const struct ps_axis *axis = &strip->axis;
    unsigned columns = ps_timeline_columns(ps_history_timeline(view->history), axis->level);
    for (int place = 0; place < axis->count; place++) {
        struct span span = {.level = axis->level};
        if (!ps_axis_columns(axis, place, &span.age, &span.count) ||
            span.age + (axis->partial ? 1 : span.count) > columns)
            continue;
        struct lane_cell cell = cell_of(view, row, span);
        ps_canvas_cell(c, strip->x + place, y,
                       cell.dim ? PS_STYLE_OFF : ps_state_style(cell.state, cell.ready),
                       ps_state_glyph_share(cell.state, cell.ready, cell.share, c->ascii));
    }
    ps_canvas_hit(c, strip->x, y, strip->width, 1, PS_DO_LOOK_LANES, (int)row->first);
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
    if (w->type >= 0 && (unsigned)w->type < s->types) {
        const char *name = s->type[w->type].name;
        bool wide = x + 7 + ps_text_width(name) <= c->width, high = ps_view_high(view, w->type);
        x = ps_canvas_put(c, x, y, PS_STYLE_DIM, wide ? "  task " : "  ");
        x = ps_canvas_fit(c, x, y, c->width - x - high, PS_STYLE_DIM, name);
        if (high)
            x = ps_canvas_put(c, x, y, PS_STYLE_FOCUS, ps_high_mark(c->ascii));
    }
    if (rounded >= 100 && x + 6 + ps_text_width(age) <= c->width)
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
        ps_canvas_hit(c, 0, y, c->width, height, PS_DO_SELECT_WORKER, (int)rows[i].first);
        draw_label(c, y, view, &rows[i]);
        draw_strip(c, y, view, &rows[i], &strip);
        ps_worker_columns_draw(&side, y, c->width, view, f, &rows[i]);
        if (rows[i].detail) {
            struct ps_canvas left = ps_canvas_view(c, 0, 0, strip.x + strip.width, c->height);
            draw_detail(&left, y + 1, view, rows[i].first, strip.x);
        }
        y += height;
    }
    struct ps_canvas lanes = ps_canvas_view(c, strip.x, 0, strip.width, c->height);
    ps_axis_marks_lanes(&lanes, view, y);
}

/* What is queued at no worker: the queues beside the lanes do not hold it. Added if it fits. */
static void shared_queue(const struct ps_live_view *view, char title[PS_TITLE_BYTES], int room)
{
    static const char *const forms[] = {", shared queue %s", ", shared %s"};
    const struct ps_snapshot *s = view->snapshot;
    size_t end = strlen(title);
    char count[PS_FIGURE_BYTES];
    if (!(s->traits & PS_TRAIT_WORKER_QUEUE) || s->shared_depth == 0)
        return;
    ps_figure_whole(count, s->shared_depth);
    for (unsigned i = 0; i < sizeof forms / sizeof *forms; i++) {
        snprintf(title + end, PS_TITLE_BYTES - end, forms[i], count);
        if (ps_text_width(title) <= room)
            return;
    }
    title[end] = '\0';
}

static void title(const struct ps_live_view *view, const struct ps_figures *f, int width,
                  char into[PS_TITLE_BYTES])
{
    struct strip strip = strip_of(view, width, label_width(f, 0));
    char span[PS_FIGURE_BYTES];
    int n = snprintf(into, PS_TITLE_BYTES, "Lanes, last %s", ps_axis_span(&strip.axis, span));
    if (view->look.only)
        snprintf(into + n, PS_TITLE_BYTES - (size_t)n, ", only %s",
                 ps_legend_name((unsigned)view->look.only));
    shared_queue(view, into, width - ps_worker_columns_width(width) - 2);
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
