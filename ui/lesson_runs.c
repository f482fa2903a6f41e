/* The run step of the lesson screen, and the figures of its runs on the steps behind it. */
#include <stdio.h>
#include <string.h>

#include "ui/findings/findings.h"
#include "ui/flow.h"
#include "ui/format.h"
#include "ui/lesson_runs.h"
#include "ui/prose.h"
#include "ui/widgets/widget.h"

const char *ps_lesson_figure_name(char into[64], const struct ps_lab_figure *figure)
{
    const char *key = figure->key;
    size_t n = 0;
    if (strncmp(key, "latency_ns.", 11) == 0)
        key += 11;
    if (*figure->over)
        n = (size_t)snprintf(into, 64, "%s ", figure->over);
    while (*key && n < 40) {
        if (strncmp(key, "_ns", 3) == 0 && !(key[3] >= 'a' && key[3] <= 'z')) {
            key += 3;
        } else if (strcmp(key, "_per_s") == 0) {
            n += (size_t)snprintf(into + n, 64 - n, "/s");
            break;
        } else {
            into[n++] = *key == '.' || *key == '_' ? ' ' : *key;
            key++;
        }
    }
    snprintf(into + n, 64 - n, "%s%s", *figure->index ? " " : "", figure->index);
    return into;
}

static const char *state_word(const struct ps_lesson_view *view, unsigned run, enum ps_style *style)
{
    const struct ps_snapshot *s = view->runs ? view->runs[run].snapshot : NULL;
    *style = PS_STYLE_DIM;
    switch (view->state[run]) {
    case PS_TRIAL_WAITING:
        return "to come";
    case PS_TRIAL_RUNNING:
        *style = PS_STYLE_FOCUS;
        return "runs";
    case PS_TRIAL_CUT:
        *style = PS_STYLE_WARNING;
        return "cut short";
    case PS_TRIAL_TOUCHED:
        *style = PS_STYLE_WARNING;
        return "changed";
    case PS_TRIAL_DONE:
        break;
    }
    bool bad = s && (s->end == PS_END_DEADLOCK || s->end == PS_END_CRASH);
    *style = bad ? PS_STYLE_ERROR : PS_STYLE_GOOD;
    return bad ? ps_end_name(s->end) : "done";
}

/* A row a run, a column a figure that the expectations are about: the words of the formulas, with
 * what this machine measured. `to`: rows at most, the newest; 0: all. */
static int draw_runs(const struct ps_canvas *c, int y, const struct ps_lesson_view *view, int room)
{
    enum { NAME = 16, STATE = 11, GAP = 2 };
    struct ps_lab_figure figure[PS_LAB_FIGURES_MAX];
    unsigned figures = ps_lab_figures(view->lab, figure);
    if (figures == 0)
        figure[figures++] = (struct ps_lab_figure){.key = "throughput_per_s"};
    unsigned runs = ps_lab_runs(view->lab);
    int x[PS_LAB_FIGURES_MAX], end = NAME + STATE;
    unsigned shown = 0;
    for (; shown < figures; shown++) {
        char name[64];
        int width = ps_text_width(ps_lesson_figure_name(name, &figure[shown]));
        width = (width < 8 ? 8 : width) + GAP;
        if (end + width > c->width)
            break;
        end += width;
        x[shown] = end;
        ps_canvas_right(c, end, y, PS_STYLE_LABEL, name);
    }
    ps_canvas_put(c, 0, y, PS_STYLE_TITLE, "Run");
    y++;
    unsigned first = 0;
    if (room > 0 && runs > (unsigned)room)
        first = view->trial + 1 > (unsigned)room ? view->trial + 1 - (unsigned)room : 0;
    for (unsigned r = first; r < runs && (room <= 0 || r < first + (unsigned)room); r++, y++) {
        enum ps_style style;
        const char *word = state_word(view, r, &style);
        ps_canvas_fit(c, 0, y, NAME - 1, r == view->trial ? PS_STYLE_STRONG : PS_STYLE_NORMAL,
                      ps_lab_run_name(view->lab, r));
        ps_canvas_put(c, NAME, y, style, word);
        for (unsigned i = 0; i < shown && view->state[r] != PS_TRIAL_WAITING; i++) {
            char text[48];
            struct ps_figure value = ps_lab_figure_of(&view->runs[r], &figure[i]);
            if (value.kind == PS_FIGURE_KNOWN)
                ps_figure_format(text, sizeof text, value.number, value.unit);
            ps_canvas_right(c, x[i], y, PS_STYLE_STRONG,
                            value.kind == PS_FIGURE_KNOWN ? text : "n/a");
        }
    }
    return y;
}

/* "=" may hold within a tolerance: figures that differ are not shown as equal ones. */
static const char *relation_sign(const struct ps_canvas *c, const struct ps_formula_result *result)
{
    bool near = result->relation[0] == '=' && result->left.number != result->right.number;
    return !near ? result->relation : c->ascii ? "~" : "≈";
}

/* How a run ended is no figure: it did, or did not. */
static int draw_expectation(const struct ps_canvas *c, int y, const struct ps_expect *expect,
                            const struct ps_formula_result *result)
{
    char left[48], right[48], text[sizeof result->why];
    bool good = result->answer == PS_FORMULA_TRUE,
         known = good || result->answer == PS_FORMULA_FALSE;
    enum ps_style style = good ? PS_STYLE_GOOD : PS_STYLE_WARNING;
    ps_canvas_put(c, 0, y, style,
                  good    ? (c->ascii ? "=" : "✓")
                  : known ? (c->ascii ? "x" : "✗")
                          : "?");
    if (known && strstr(expect->formula, "ended["))
        snprintf(text, sizeof text, "%s", good ? "yes" : "no");
    else if (known)
        snprintf(text, sizeof text, "%s %s%s %s",
                 ps_figure_format(left, sizeof left, result->left.number, result->left.unit),
                 good ? "" : "not ", relation_sign(c, result),
                 ps_figure_format(right, sizeof right, result->right.number, result->right.unit));
    else
        snprintf(text, sizeof text, "%s", result->why);
    int room = c->width - 2, words = ps_text_width(expect->words), width = ps_text_width(text);
    int below = y + ps_canvas_wrap(c, 2, y, room, c->height - y, 0, PS_STYLE_NORMAL, expect->words);
    if (width > room)
        return below + ps_canvas_wrap(c, 2, below, room, c->height - below, 0, style, text);
    below += words + 2 + width > room;
    ps_canvas_right(c, c->width, below - 1, style, text);
    return below;
}

int ps_lesson_measured(const struct ps_canvas *c, int y, const struct ps_lesson_view *view)
{
    const struct ps_lab_judgement *j = view->judgement;
    static const char unjudged[] =
        "Not held against the lesson: a run is missing, was cut short or "
        "changed by hand. Left, then r runs it again.";
    y = draw_runs(c, y, view, 0) + 1;
    if (!j)
        return ps_prose_draw(c, y, PS_STYLE_WARNING, unjudged, sizeof unjudged - 1);
    for (unsigned i = 0; i < view->lab->expect_count; i++)
        y = draw_expectation(c, y, &view->lab->expects[i], &j->expects[i]);
    char text[320];
    snprintf(text, sizeof text, "%s%s",
             j->verdict == PS_LAB_SHOWN         ? "Shown on this machine."
             : j->verdict == PS_LAB_NOT_VISIBLE ? "Not visible on this machine, because "
                                                : "Not shown this time: ",
             j->verdict == PS_LAB_SHOWN ? "" : j->because);
    enum ps_style style = j->verdict == PS_LAB_SHOWN ? PS_STYLE_GOOD : PS_STYLE_WARNING;
    return ps_prose_draw(c, y, style, text, strlen(text));
}

/* ---- the run ---- */

enum { TALL = 18 }; /* rows of the body from which on lanes and text have eight */

static void draw_progress(const struct ps_canvas *c, int y, const struct ps_lesson_view *view)
{
    char ran[PS_FIGURE_BYTES], length[PS_FIGURE_BYTES], name[64];
    unsigned runs = ps_lab_runs(view->lab);
    enum ps_style style;
    snprintf(name, sizeof name, "%s", ps_lab_run_name(view->lab, view->trial));
    struct ps_flow flow = {.gap = 3};
    ps_flow_add(&flow, 0, PS_STYLE_STRONG, "Run", "%u of %u: %s", view->trial + 1, runs, name);
    const char *word = state_word(view, view->trial, &style);
    const struct ps_snapshot *s = view->live ? view->live->snapshot : NULL;
    if (view->state[view->trial] == PS_TRIAL_RUNNING && s && s->phase == PS_PHASE_DRAINING)
        ps_flow_add(&flow, 0, PS_STYLE_WARNING, "", "DRAINING %s",
                    ps_figure_age(ran, view->ran_ns));
    else if (view->state[view->trial] == PS_TRIAL_RUNNING && view->length_ns)
        ps_flow_add(&flow, 1, PS_STYLE_FOCUS, "", "%s of %s", ps_figure_age(ran, view->ran_ns),
                    ps_figure_age(length, view->length_ns));
    else
        ps_flow_add(&flow, 1, style, "", "%s", word);
    if (s && s->started_ns) {
        struct ps_figures figures;
        ps_figures_take(&figures, view->live);
        ps_flow_add(&flow, 2, PS_STYLE_STRONG, "done", "%s/s", ps_figure_rate(ran, figures.done));
        ps_flow_add(&flow, 4, PS_STYLE_NORMAL, "in flight", "%s",
                    ps_figure_whole(ran, s->in_flight));
        ps_flow_add(&flow, 3, PS_STYLE_NORMAL, "queued", "%s", ps_figure_whole(length, s->queued));
    }
    ps_flow_draw(c, y, &flow);
}

static void draw_times(struct ps_flow *flow, const struct ps_figures *f)
{
    const struct ps_quantiles *r = &f->latency[PS_ROW_RESPONSE];
    char text[PS_FIGURE_BYTES];
    if (r->count == 0) {
        ps_flow_add(flow, 2, PS_STYLE_DIM, "response", "none has ended in the last %u s",
                    PS_LATENCY_SECONDS);
        return;
    }
    ps_flow_add(flow, 0, PS_STYLE_STRONG, "response p50", "%s", ps_figure_time(text, r->p50_ns));
    ps_flow_add(flow, 0, PS_STYLE_STRONG, "p99", "%s", ps_figure_time(text, r->p99_ns));
    ps_flow_add(flow, 3, PS_STYLE_NORMAL, "service p99", "%s",
                ps_figure_time(text, f->latency[PS_ROW_SERVICE].p99_ns));
}

/* What texts ask to watch for besides: what comes in, how long it takes, what came to nothing. */
static void draw_figures(const struct ps_canvas *c, int y, const struct ps_lesson_view *view)
{
    static const struct {
        enum ps_outcome outcome;
        unsigned rank;
        const char *label;
    } losses[] = {{PS_TIMED_OUT, 1, "timed out"},
                  {PS_REFUSED, 1, "refused"},
                  {PS_FAILED, 1, "failed"},
                  {PS_CANCELLED, 2, "cancelled"}};
    const struct ps_snapshot *s = view->live ? view->live->snapshot : NULL;
    if (!s || !s->started_ns)
        return;
    struct ps_figures figures;
    struct ps_flow flow = {.gap = 3};
    char text[PS_FIGURE_BYTES], all[PS_FIGURE_BYTES];
    ps_figures_take(&figures, view->live);
    if (s->http_clients)
        ps_flow_add(&flow, 0, PS_STYLE_STRONG, "answered", "%s of %s",
                    ps_figure_whole(text, s->http_clients_answered),
                    ps_figure_whole(all, s->http_clients));
    ps_flow_add(&flow, 2, PS_STYLE_NORMAL, "offered", "%s/s",
                ps_figure_rate(text, figures.offered));
    draw_times(&flow, &figures);
    for (unsigned i = 0; i < sizeof losses / sizeof losses[0]; i++)
        if (s->totals.ended[losses[i].outcome])
            ps_flow_add(&flow, losses[i].rank, PS_STYLE_WARNING, losses[i].label, "%s",
                        ps_figure_whole(text, s->totals.ended[losses[i].outcome]));
    ps_flow_draw(c, y, &flow);
}

/* What the watchdog says must not be missed. NULL: nothing. */
static const char *alert_of(const struct ps_lesson_view *view)
{
    const struct ps_snapshot *s = view->live ? view->live->snapshot : NULL;
    bool bad = s && s->started_ns && (s->end == PS_END_DEADLOCK || s->end == PS_END_CRASH);
    return bad ? s->message : NULL;
}

static void draw_finding(const struct ps_canvas *c, const struct ps_lesson_view *view)
{
    const struct ps_finding_state *first =
        view->live && view->live->findings ? ps_findings_at(view->live->findings, 0) : NULL;
    const char *alert = alert_of(view);
    if (alert) {
        ps_canvas_fill(c, 0, 0, c->width, c->height, PS_STYLE_ALERT, ' ');
        ps_canvas_wrap(c, 1, 0, c->width - 2, c->height, 0, PS_STYLE_ALERT, alert);
    } else if (first && view->live->snapshot->started_ns) {
        char text[PS_FINDING_LINE_BYTES];
        enum ps_style style = ps_finding_line(view->live->findings, first, text);
        ps_canvas_paragraph(c, 1, 0, c->width - 2, c->height, style, text);
    }
}

static void draw_graph(const struct ps_canvas *c, int y, int height, const struct ps_widget *widget,
                       const struct ps_lesson_view *view, const struct ps_figures *figures)
{
    char title[PS_TITLE_BYTES];
    struct ps_canvas body = ps_canvas_view(c, 1, y + 1, c->width - 2, height - 1);
    ps_canvas_hline(c, 0, y, c->width, PS_STYLE_BORDER);
    if (widget->title)
        widget->title(view->live, figures, body.width, title);
    else
        snprintf(title, sizeof title, "%s", widget->name);
    ps_canvas_cell(c, 1, y, PS_STYLE_BORDER, ' ');
    int end = ps_canvas_fit(c, 2, y, c->width - 4, PS_STYLE_TITLE, title);
    ps_canvas_cell(c, end, y, PS_STYLE_BORDER, ' ');
    widget->draw(&body, view->live, figures);
}

static void draw_lanes(const struct ps_canvas *c, const struct ps_lesson_view *view)
{
    if (!view->live || !view->live->snapshot->started_ns) {
        ps_canvas_put(c, 1, 0, PS_STYLE_DIM,
                      view->state[view->trial] == PS_TRIAL_RUNNING ? "the host starts ..." : "");
        return;
    }
    struct ps_figures figures;
    ps_figures_take(&figures, view->live);
    enum { GRAPH = 8 };
    int head = c->height >= 6, wanted = 2 * ps_lanes_wanted(&figures) + head;
    int lanes = c->height >= wanted + GRAPH ? wanted : c->height;
    if (head) {
        struct ps_canvas row = ps_canvas_view(c, 0, 0, c->width, 1);
        ps_widget_lanes.heading(&row, view->live, &figures);
    }
    struct ps_canvas body = ps_canvas_view(c, 0, head, c->width, lanes - head);
    ps_widget_lanes.draw(&body, view->live, &figures);
    int left = c->height - lanes, half = left / 2;
    if (left >= 2 * GRAPH) {
        draw_graph(c, lanes, half, &ps_widget_throughput, view, &figures);
        draw_graph(c, lanes + half, left - half, &ps_widget_queue, view, &figures);
    } else if (left) {
        draw_graph(c, lanes, left, &ps_widget_queue, view, &figures);
    }
}

/* How the rows of the body are divided. */
struct division {
    int figures; /* a second row of them, below the progress: 1 where it has room */
    int finding; /* the diagnosis */
    int table;   /* the figures of the runs */
    int watch;   /* what to watch for, and beside it the lanes: the rest */
};

static struct division divide(const struct ps_lesson_view *view, int height, int finding,
                              int figures)
{
    struct division d = {.finding = finding, .figures = figures};
    int runs = (int)ps_lab_runs(view->lab) + 1, room = height - 2 - figures - finding;
    room -= height >= TALL ? 8 : 4;
    d.table = runs < room ? runs : room;
    d.table = d.table < 2 ? 2 : d.table;
    d.watch = height - figures - finding - d.table - 3;
    return d;
}

static int watch_rows(const struct ps_lesson_view *view, int width)
{
    struct ps_canvas none = {.width = width - width * 11 / 20 - 3};
    const struct ps_slice *watch = &view->lesson->watch;
    return ps_prose_draw(&none, 0, PS_STYLE_NORMAL, watch->at, watch->length);
}

/* An alert has the rows it takes. A finding, which comes and goes, has always the same, so that the
 * lanes stand still: two where that leaves room for what to watch for. The second row of figures,
 * which that text speaks of, goes before the second row of the finding. */
static struct division division_of(const struct ps_lesson_view *view, int width, int height)
{
    struct ps_canvas none = {.width = width};
    int words = watch_rows(view, width);
    struct division d = divide(view, height, 2, 1);
    if (height < TALL || words > d.watch)
        d = divide(view, height, 1, height >= TALL);
    if (words > d.watch)
        d = divide(view, height, 1, 0);
    const char *alert = alert_of(view);
    int rows = alert ? ps_canvas_wrap(&none, 0, 0, width - 2, 0, 0, PS_STYLE_ALERT, alert) : 0;
    return rows > d.finding ? divide(view, height, rows, d.figures) : d;
}

/* Lanes with what to watch for beside them; below, the figures of the runs. */
void ps_lesson_run(const struct ps_canvas *c, const struct ps_lesson_view *view)
{
    struct division d = division_of(view, c->width, c->height);
    int rule = 1 + d.figures, top = rule + d.watch, left = c->width * 11 / 20;
    draw_progress(c, 0, view);
    if (d.figures)
        draw_figures(c, 1, view);
    ps_canvas_hline(c, 0, rule, c->width, PS_STYLE_BORDER);
    ps_canvas_put(c, left + 2, rule, PS_STYLE_TITLE, " Watch for ");
    ps_canvas_vline(c, left, rule, d.watch + 2, PS_STYLE_BORDER);
    struct ps_canvas lanes = ps_canvas_view(c, 0, rule + 1, left, d.watch);
    draw_lanes(&lanes, view);
    struct ps_canvas words = ps_canvas_view(c, left + 2, rule + 1, c->width - left - 3, d.watch);
    ps_prose_draw(&words, -view->scroll, PS_STYLE_NORMAL, view->lesson->watch.at,
                  view->lesson->watch.length);
    ps_canvas_hline(c, 0, top + 1, c->width, PS_STYLE_BORDER);
    int below = watch_rows(view, c->width) - view->scroll - d.watch;
    if (below > 0) {
        char more[32];
        snprintf(more, sizeof more, " %d more: Down ", below);
        ps_canvas_right(c, c->width - 1, top + 1, PS_STYLE_NOTE, more);
    }
    struct ps_canvas finding = ps_canvas_view(c, 0, top + 2, c->width, d.finding);
    draw_finding(&finding, view);
    struct ps_canvas table = ps_canvas_view(c, 1, top + 2 + d.finding, c->width - 2, d.table);
    draw_runs(&table, 0, view, d.table - 1);
}

int ps_lesson_run_scroll_max(const struct ps_lesson_view *view, int width, int height)
{
    int rows = watch_rows(view, width), room = division_of(view, width, height).watch;
    return rows > room ? rows - room : 0;
}
