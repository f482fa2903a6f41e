#include "ui/compare_screen.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "lab/words.h"
#include "ui/compare_graph.h"
#include "ui/compare_notes.h"
#include "ui/flow.h"
#include "ui/format.h"
#include "ui/live_screen.h"
#include "ui/widgets/lanes.h"

static const enum ps_style side_style[2] = {PS_STYLE_GRAPH1, PS_STYLE_GRAPH2};

/* ---- the head ---- */

static void draw_header(const struct ps_canvas *root, const struct ps_compare_view *view)
{
    char clock[PS_FIGURE_BYTES];
    struct ps_flow flow = {.gap = 3};
    ps_flow_add(&flow, 0, view->frozen ? PS_STYLE_FOCUS : PS_STYLE_BRAND, "", "%s",
                view->frozen ? "FROZEN" : "COMPARE");
    ps_flow_add(&flow, 1, PS_STYLE_NORMAL, "", "%s", view->title)->least = 12;
    ps_flow_add(&flow, 1, PS_STYLE_NORMAL, "same arrivals:", "%s", view->load);
    ps_flow_add(&flow, 2, PS_STYLE_NORMAL, "seed", "%" PRIu64, view->seed);
    if (view->stage != PS_COMPARE_CHOOSING)
        ps_flow_add(&flow, 0, PS_STYLE_STRONG, "", "%s", ps_figure_clock(clock, view->elapsed_ns))
            ->right = true;
    ps_flow_draw(root, 0, &flow);
}

static const char *doing(enum ps_slot_state state)
{
    switch (state) {
    case PS_SLOT_STARTING:
        return "starts";
    case PS_SLOT_WARMING:
        return "warms up";
    case PS_SLOT_MEASURING:
        return "is measured";
    default:
        return "ends";
    }
}

static void draw_progress(const struct ps_canvas *row, const struct ps_compare_view *view)
{
    struct ps_lab_progress progress = {.share = view->progress, .left_ns = view->left_ns};
    if (view->stage == PS_COMPARE_MEASURING) {
        snprintf(progress.text, sizeof progress.text, "round %u of %u, %c %s", view->round + 1,
                 view->rounds, 'A' + view->running, doing(view->slot));
        ps_lab_progress_draw(row, &progress);
        return;
    }
    char length[32];
    if (view->stage == PS_COMPARE_MEASURED)
        ps_canvas_print(row, 1, 0, PS_STYLE_GOOD, "measured: %u rounds, %s a slot", view->whole,
                        ps_format_duration(length, sizeof length, view->length_ns));
}

/* ---- lanes ---- */

/* What is said of a side, as much as there is room for. */
static void lanes_title(const struct ps_compare_view *view, unsigned side, int room, char *into,
                        size_t size)
{
    const struct ps_compare_side_view *of = &view->side[side];
    bool runs = view->stage == PS_COMPARE_MEASURING && view->running == side;
    const char *state = runs ? ", now" : of->snapshot ? ", last slot" : "";
    snprintf(into, size, "%c %s, %u worker%s%s", 'A' + side, of->name, of->workers,
             of->workers == 1 ? "" : "s", state);
    if (ps_text_width(into) > room)
        snprintf(into, size, "%c %s, %u W%s", 'A' + side, of->name, of->workers,
                 runs ? ", now" : "");
    if (ps_text_width(into) > room)
        snprintf(into, size, "%c %s, %u W", 'A' + side, of->name, of->workers);
    if (ps_text_width(into) > room)
        snprintf(into, size, "%c %s", 'A' + side, of->name);
}

/* Heads of the figures beside the lanes stand where the name leaves room for them. */
static bool is_headed(const struct ps_compare_view *view, unsigned side, int width)
{
    const struct ps_compare_side_view *of = &view->side[side];
    int room = width - 4 - ps_worker_columns_width(width - 2);
    return of->snapshot && ps_text_width(of->name) + 2 <= room;
}

static void draw_lanes(const struct ps_canvas *body, const struct ps_compare_view *view,
                       unsigned side)
{
    const struct ps_compare_side_view *of = &view->side[side];
    if (!of->snapshot) {
        ps_canvas_wrap(body, 1, 0, body->width - 2, body->height, 0, PS_STYLE_DIM,
                       "Its turn comes: they never run at the same time.");
        return;
    }
    struct ps_live_view live = {.snapshot = of->snapshot,
                                .history = of->history,
                                .title = view->title,
                                .calm = view->calm,
                                .selected = PS_MAX_WORKERS};
    struct ps_figures figures;
    ps_figures_take(&figures, &live);
    ps_widget_lanes.draw(body, &live, &figures);
}

static void draw_side(const struct ps_canvas *root, int x, int y, int width, int height,
                      const struct ps_compare_view *view, unsigned side)
{
    char text[120];
    struct ps_canvas heads = ps_canvas_view(root, x + 1, y, width - 2, 1);
    int columns = ps_worker_columns_width(width - 2);
    bool headed = is_headed(view, side, width);
    lanes_title(view, side, width - 4 - (headed ? columns : 0), text, sizeof text);
    struct ps_lab_panel panel = {
        .title = text, .number = PS_COMPARE_LANES, .focused = view->part == PS_COMPARE_LANES};
    struct ps_canvas body = ps_lab_panel_draw(root, x, y, width, height, &panel);
    ps_canvas_restyle(root, x + 2, y, 1, side_style[side]);
    if (headed)
        ps_widget_lanes.heading(&heads, NULL, NULL);
    draw_lanes(&body, view, side);
}

static void draw_sides(const struct ps_canvas *root, int y, int height,
                       const struct ps_compare_view *view)
{
    int half = root->width / 2;
    ps_canvas_hline(root, 0, y, root->width, PS_STYLE_BORDER);
    ps_canvas_vline(root, half, y, height + 1, PS_STYLE_BORDER);
    draw_side(root, 0, y, half, height, view, 0);
    draw_side(root, half + 1, y, root->width - half - 1, height, view, 1);
}

/* Rows of lanes that both would like. */
static int lanes_wanted(const struct ps_compare_view *view)
{
    unsigned most = 1;
    for (unsigned side = 0; side < 2; side++)
        most = view->side[side].workers > most ? view->side[side].workers : most;
    return (int)most;
}

/* ---- the table ---- */

struct columns {
    int a, b, difference, interval, verdict; /* where they end; verdict: where it begins */
};

static struct columns columns_of(int width)
{
    if (width >= 100)
        return (struct columns){30, 44, 57, 78, 82};
    if (width >= 78)
        return (struct columns){23, 33, 43, 60, 62};
    return (struct columns){22, 31, 0, 44, 45};
}

static void draw_heads(const struct ps_canvas *c, const struct columns *at)
{
    ps_canvas_put(c, 1, 0, PS_STYLE_DIM, "metric");
    ps_canvas_right(c, at->a, 0, side_style[0], "A");
    ps_canvas_right(c, at->b, 0, side_style[1], "B");
    if (at->difference)
        ps_canvas_right(c, at->difference, 0, PS_STYLE_DIM, "B vs A");
    ps_canvas_right(c, at->interval, 0, PS_STYLE_DIM,
                    at->difference ? "95 % interval" : "B vs A, %");
    ps_canvas_put(c, at->verdict, 0, PS_STYLE_DIM, "verdict");
}

static enum ps_style verdict_style(const struct ps_compare_row *row)
{
    if (row->verdict == PS_VERDICT_A || row->verdict == PS_VERDICT_B)
        return side_style[row->verdict == PS_VERDICT_B];
    return PS_STYLE_DIM;
}

static void draw_row(const struct ps_canvas *c, int y, const struct columns *at,
                     const struct ps_compare_view *view, unsigned m)
{
    const struct ps_compare_row *row = &view->row[m];
    char text[PS_WORDS_BYTES];
    bool chosen = m == view->metric;
    ps_canvas_hit(c, 0, y, c->width, 1, PS_DO_SELECT_ITEM, (int)m);
    ps_canvas_put(c, 0, y, PS_STYLE_FOCUS, chosen ? ">" : " ");
    ps_canvas_put(c, 1, y, chosen ? PS_STYLE_STRONG : PS_STYLE_LABEL, ps_compare_metrics[m].label);
    if (view->whole == 0)
        return;
    double a = row->a_never ? NAN : view->median[0][m], b = row->b_never ? NAN : view->median[1][m];
    ps_canvas_right(c, at->a, y, PS_STYLE_NORMAL, ps_words_value(text, row, a));
    ps_canvas_right(c, at->b, y, PS_STYLE_NORMAL, ps_words_value(text, row, b));
    if (at->difference)
        ps_canvas_right(c, at->difference, y, PS_STYLE_NORMAL, ps_words_difference(text, row));
    ps_words_interval(text, row);
    if (!at->difference) /* the head has the unit */
        text[strcspn(text, "%")] = '\0';
    ps_canvas_right(c, at->interval + (!at->difference && strchr(text, '.')), y, PS_STYLE_LABEL,
                    text);
    ps_words_verdict(text, row, 'A', 'B');
    char *last = strrchr(text, ' ');
    if (last && ps_text_width(text) > c->width - at->verdict)
        *last = '\0';
    bool wins = row->verdict == PS_VERDICT_A || row->verdict == PS_VERDICT_B;
    char told[PS_WORDS_BYTES + 12];
    snprintf(told, sizeof told, "%s%s", text,
             wins && row->metric->better != PS_BETTER_NEITHER ? " is better" : "");
    ps_canvas_fit(c, at->verdict, y, c->width - at->verdict, verdict_style(row), told);
}

static void draw_table(const struct ps_canvas *c, const struct ps_compare_view *view)
{
    struct columns at = columns_of(c->width);
    draw_heads(c, &at);
    for (unsigned m = 0; m < PS_COMPARE_METRICS; m++)
        draw_row(c, (int)m + 1, &at, view, m);
}

/* ---- choosing ---- */

static void draw_choosing(const struct ps_canvas *root, int y, int height,
                          const struct ps_compare_view *view)
{
    char text[2][400], length[32], all[PS_FIGURE_BYTES];
    struct ps_lab_panel panel = {.title = "What is compared", .focused = true};
    ps_canvas_hline(root, 0, y, root->width, PS_STYLE_BORDER);
    struct ps_canvas body = ps_lab_panel_draw(root, 0, y, root->width, height, &panel);
    int used = ps_lab_form_draw(&body, &view->form) + 1;
    ps_format_duration(length, sizeof length, view->length_ns);
    ps_figure_clock(all, view->left_ns);
    snprintf(text[0], sizeof text[0],
             "They take turns on this machine, A B, B A, ..., so that neither steals cpu from the "
             "other. In each round both get the same arrivals and drawn times; the next round has "
             "new ones. A slot is a fresh process, warmed up, then measured for %s. In all about "
             "%s.",
             length, all);
    snprintf(text[1], sizeof text[1],
             "They take turns on the same arrivals; a slot is a fresh process, warmed up, then "
             "measured for %s. In all about %s.",
             length, all);
    ps_lab_text_draw(&body, used, &view->form, text[0], text[1]);
}

/* ---- the whole ---- */

static void graph_title(const struct ps_compare_view *view, int width, char *into, size_t size)
{
    snprintf(into, size, "%s by round%s", ps_compare_metrics[view->metric].label,
             width >= 60 ? "   a = A  b = B  * = both" : "");
}

static void draw_table_panel(const struct ps_canvas *root, int y, int height,
                             const struct ps_compare_view *view)
{
    char text[80];
    snprintf(text, sizeof text, "Metrics, medians of %u round%s", view->whole,
             view->whole == 1 ? "" : "s");
    struct ps_lab_panel panel = {
        .title = text, .number = PS_COMPARE_TABLE, .focused = view->part == PS_COMPARE_TABLE};
    ps_canvas_hline(root, 0, y, root->width, PS_STYLE_BORDER);
    struct ps_canvas body = ps_lab_panel_draw(root, 0, y, root->width, height, &panel);
    draw_table(&body, view);
}

static void draw_graph_panel(const struct ps_canvas *root, int y, int height,
                             const struct ps_compare_view *view)
{
    char text[80];
    graph_title(view, root->width, text, sizeof text);
    struct ps_lab_panel panel = {
        .title = text, .number = PS_COMPARE_GRAPH, .focused = view->part == PS_COMPARE_GRAPH};
    ps_canvas_hline(root, 0, y, root->width, PS_STYLE_BORDER);
    struct ps_canvas body = ps_lab_panel_draw(root, 0, y, root->width, height, &panel);
    ps_compare_graph_draw(&body, &view->row[view->metric], view->rounds);
}

static void draw_all(const struct ps_canvas *root, const struct ps_compare_view *view)
{
    int notes = root->height >= 40 ? 5 : root->height >= 30 ? 3 : ps_compare_urgent(view) ? 2 : 1;
    int table = 2 + (int)PS_COMPARE_METRICS;
    /* header 2, the notes, keys */
    int rows = root->height - 2 - table - notes - 1;
    int wanted = lanes_wanted(view) + 1, graph = rows / 2;
    int lanes = rows - graph;
    if (lanes > wanted * 2)
        lanes = wanted * 2;
    graph = rows - lanes;
    draw_sides(root, 2, lanes, view);
    draw_table_panel(root, 2 + lanes, table, view);
    draw_graph_panel(root, 2 + lanes + table, graph, view);
    struct ps_canvas below =
        ps_canvas_view(root, 1, root->height - 1 - notes, root->width - 2, notes);
    if (view->noticed)
        below.height--;
    ps_compare_notes_draw(&below, view);
}

static void draw_one(const struct ps_canvas *root, const struct ps_compare_view *view)
{
    static const char *const names[PS_COMPARE_PARTS] = {
        [PS_COMPARE_LANES] = "Lanes", [PS_COMPARE_TABLE] = "Metrics", [PS_COMPARE_GRAPH] = "Graph"};
    struct ps_canvas tabs = ps_canvas_view(root, 0, 2, root->width, 1);
    ps_lab_tabs_draw(&tabs, names, PS_COMPARE_PARTS, view->part);
    int notes = root->height >= 24 ? 3 : 2, y = 3, height = root->height - y - notes - 1;
    if (view->part == PS_COMPARE_LANES)
        draw_sides(root, y, height, view);
    else if (view->part == PS_COMPARE_TABLE)
        draw_table_panel(root, y, height, view);
    else
        draw_graph_panel(root, y, height, view);
    struct ps_canvas below =
        ps_canvas_view(root, 1, root->height - 1 - notes, root->width - 2, notes);
    if (view->noticed)
        below.height--;
    ps_compare_notes_draw(&below, view);
}

void ps_compare_screen_draw(const struct ps_canvas *root, const struct ps_compare_view *view)
{
    if (root->width < PS_SCREEN_MIN_WIDTH || root->height < PS_SCREEN_MIN_HEIGHT) {
        ps_too_small_draw(root);
        return;
    }
    draw_header(root, view);
    if (view->stage == PS_COMPARE_CHOOSING) {
        draw_choosing(root, 1, root->height - 3, view);
        return;
    }
    struct ps_canvas row = ps_canvas_view(root, 0, 1, root->width, 1);
    draw_progress(&row, view);
    if (view->zoom || root->width < 80 || root->height < 24)
        draw_one(root, view);
    else
        draw_all(root, view);
}
