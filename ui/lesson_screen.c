#include "ui/lesson_screen.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ui/findings/findings.h"
#include "ui/flow.h"
#include "ui/format.h"
#include "ui/live_screen.h"
#include "ui/prose.h"
#include "ui/widgets/widget.h"

/* Rows round the body: header, steps, rule; notice, keys. Lines are kept short, for a projector. */
enum { TOP = 3, BOTTOM = 2, MARGIN = 2, LINE_MAX = 76 };

static const struct {
    const char *name, *tab;
} steps[PS_LESSON_STEPS] = {
    [PS_LESSON_QUESTION] = {"QUESTION", "question"},
    [PS_LESSON_PREDICT] = {"PREDICT", "predict"},
    [PS_LESSON_RUN] = {"RUN", "run"},
    [PS_LESSON_REVEAL] = {"REVEAL", "reveal"},
    [PS_LESSON_WHY] = {"WHY", "why"},
    [PS_LESSON_LIFE] = {"REAL LIFE", "real life"},
    [PS_LESSON_NEXT] = {"TRY NEXT", "try next"},
};

const char *ps_lesson_step_name(enum ps_lesson_step step)
{
    return steps[step].name;
}

enum ps_place ps_lesson_place(enum ps_lesson_step step)
{
    return step == PS_LESSON_PREDICT ? PS_AT_PREDICT
           : step == PS_LESSON_RUN   ? PS_AT_TRIAL
                                     : PS_AT_LESSON;
}

static int prose(const struct ps_canvas *c, int y, enum ps_style style, struct ps_slice text)
{
    return ps_prose_draw(c, y, style, text.at, text.length);
}

static int heading(const struct ps_canvas *c, int y, const char *text)
{
    ps_canvas_put(c, 0, y, PS_STYLE_TITLE, text);
    return y + 1;
}

/* ---- question and answers ---- */

/* What will run, in words: the class wants to know what the question is about. */
static int draw_setup(const struct ps_canvas *c, int y, const struct ps_lesson_view *view)
{
    const struct ps_experiment *e = view->experiment;
    char text[400], load[80], figure[PS_FIGURE_BYTES];
    switch (e->model) {
    case PS_ARRIVAL_OPEN:
        snprintf(load, sizeof load, "%s tasks arrive per second", ps_figure_rate(figure, e->rate));
        break;
    case PS_ARRIVAL_CLOSED:
        snprintf(load, sizeof load, "%s clients, each with one task at a time",
                 ps_figure_whole(figure, e->in_flight));
        break;
    case PS_ARRIVAL_BATCH:
        snprintf(load, sizeof load, "%s tasks at once", ps_figure_whole(figure, e->tasks));
        break;
    case PS_ARRIVAL_TRACE:
        snprintf(load, sizeof load, "tasks arrive as in %.40s", e->trace);
        break;
    case PS_ARRIVAL_HTTP:
        snprintf(load, sizeof load, "tasks are http requests");
        break;
    }
    unsigned workers = ps_workers_count(&e->workers, view->usable_cpus);
    snprintf(text, sizeof text, "%s%s%s, %u worker%s on %u cpu. %s.", e->engine,
             e->policy[0] ? ":" : "", e->policy, workers, workers == 1 ? "" : "s",
             view->usable_cpus, load);
    return ps_prose_draw(c, heading(c, y, "What runs"), PS_STYLE_LABEL, text, strlen(text));
}

static unsigned hands_up(const struct ps_lesson_view *view)
{
    unsigned sum = 0;
    for (unsigned i = 0; i < view->lesson->answer_count; i++)
        sum += view->hands[i];
    return sum;
}

static const char *mark_of(const struct ps_lesson_view *view, unsigned answer, bool ascii,
                           enum ps_style *style)
{
    bool revealed = view->step >= PS_LESSON_REVEAL, right = view->lesson->right == answer;
    *style = revealed && right ? PS_STYLE_GOOD : revealed ? PS_STYLE_NORMAL : PS_STYLE_STRONG;
    if (!revealed)
        return " ";
    return right ? (ascii ? "=" : "✓") : " ";
}

/* A bar of the hands behind the number of them. */
static void draw_hands(const struct ps_canvas *c, int y, const struct ps_lesson_view *view,
                       unsigned answer, enum ps_style style)
{
    unsigned most = 1, hands = view->hands[answer];
    for (unsigned i = 0; i < view->lesson->answer_count; i++)
        most = view->hands[i] > most ? view->hands[i] : most;
    int end = ps_canvas_print(c, 0, y, hands ? PS_STYLE_STRONG : PS_STYLE_DIM, "%3u", hands);
    int room = c->width - end - 1, width = (int)(hands * (unsigned)(room > 0 ? room : 0) / most);
    ps_canvas_fill(c, end + 1, y, hands && width == 0 ? 1 : width, 1,
                   style == PS_STYLE_GOOD ? style : PS_STYLE_GRAPH3, c->ascii ? '#' : 0x2586);
}

/* gap: rows between answers. */
static int draw_answers(const struct ps_canvas *c, int y, const struct ps_lesson_view *view,
                        int gap)
{
    enum { NUMBER = 2, TEXT = 5 };
    int hands = c->width >= 70 ? 18 : 12, words = c->width - TEXT - hands - 2;
    struct ps_canvas text = ps_canvas_view(c, TEXT, 0, words, c->height);
    struct ps_canvas right = ps_canvas_view(c, c->width - hands, 0, hands, c->height);
    text.width = words > 1 ? words : 1; /* also where nothing is drawn: it measures */
    for (unsigned i = 0; i < view->lesson->answer_count; i++) {
        const struct ps_slice *answer = &view->lesson->answers[i];
        enum ps_style style;
        const char *mark = mark_of(view, i, c->ascii, &style);
        int end = ps_prose_draw(&text, y, style, answer->at, answer->length);
        ps_canvas_put(c, 0, y, style, mark);
        ps_canvas_print(c, NUMBER, y, view->step == PS_LESSON_PREDICT ? PS_STYLE_KEY : style, "%u",
                        i + 1);
        draw_hands(&right, y, view, i, style);
        if (view->step == PS_LESSON_PREDICT)
            ps_canvas_hit(c, 0, y, c->width, end - y, PS_DO_ANSWER, (int)i + 1);
        y = end + gap;
    }
    return y - gap;
}

static int draw_question(const struct ps_canvas *c, int y, const struct ps_lesson_view *view)
{
    y = prose(c, y, PS_STYLE_STRONG, view->lesson->question) + 1;
    return draw_setup(c, y, view);
}

static int predict_rows(const struct ps_canvas *c, int y, const struct ps_lesson_view *view,
                        int gap)
{
    char text[80];
    unsigned hands = hands_up(view);
    y = prose(c, y, PS_STYLE_STRONG, view->lesson->question) + 1;
    ps_canvas_right(c, c->width, y - 1, PS_STYLE_LABEL, "hands");
    y = draw_answers(c, y, view, gap) + 1;
    snprintf(text, sizeof text, hands ? "%u hand%s up." : "Who thinks so? A digit counts a hand.",
             hands, hands == 1 ? "" : "s");
    ps_canvas_put(c, 0, y, PS_STYLE_NOTE, text);
    return y + 1;
}

/* Answers stand apart where there is room: a class reads them from the back. */
static int draw_predict(const struct ps_canvas *c, int y, const struct ps_lesson_view *view)
{
    struct ps_canvas none = {.width = c->width};
    int rows = predict_rows(&none, 0, view, 1);
    return predict_rows(c, y, view, rows + 1 <= c->height);
}

/* ---- reveal ---- */

static int draw_score(const struct ps_canvas *c, int y, const struct ps_lesson_view *view)
{
    unsigned all = hands_up(view), good = view->hands[view->lesson->right];
    unsigned right = view->lesson->right + 1;
    if (all == 0)
        ps_canvas_print(c, 0, y, PS_STYLE_GOOD, "The answer is %u.", right);
    else if (all == 1)
        ps_canvas_print(c, 0, y, good ? PS_STYLE_GOOD : PS_STYLE_WARNING,
                        good ? "Your prediction was right: %u." : "The answer is %u.", right);
    else
        ps_canvas_print(c, 0, y, PS_STYLE_GOOD, "The answer is %u: %u of %u hands were right.",
                        right, good, all);
    return y + 1;
}

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
    snprintf(into + n, 64 - n, "%s%.20s", *figure->index ? " " : "", figure->index);
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
    unsigned figures = ps_lab_figures(view->lab, figure), runs = ps_lab_runs(view->lab);
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

static int draw_expectation(const struct ps_canvas *c, int y, const char *words,
                            const struct ps_formula_result *result)
{
    char left[48], right[48], text[120];
    bool good = result->answer == PS_FORMULA_TRUE,
         known = good || result->answer == PS_FORMULA_FALSE;
    enum ps_style style = good ? PS_STYLE_GOOD : PS_STYLE_WARNING;
    ps_canvas_put(c, 0, y, style,
                  good    ? (c->ascii ? "=" : "✓")
                  : known ? (c->ascii ? "x" : "✗")
                          : "?");
    if (known)
        snprintf(text, sizeof text, "%s %s%s %s",
                 ps_figure_format(left, sizeof left, result->left.number, result->left.unit),
                 good ? "" : "not ", result->relation,
                 ps_figure_format(right, sizeof right, result->right.number, result->right.unit));
    else
        snprintf(text, sizeof text, "%.100s", result->why);
    int width = ps_text_width(text), room = c->width - 2;
    ps_canvas_fit(c, 2, y, room, PS_STYLE_NORMAL, words);
    if (ps_text_width(words) + 2 + width > room)
        y++;
    ps_canvas_right(c, c->width, y, style, text);
    return y + 1;
}

static int draw_measured(const struct ps_canvas *c, int y, const struct ps_lesson_view *view)
{
    const struct ps_lab_judgement *j = view->judgement;
    static const char unjudged[] =
        "Not held against the lesson: a run is missing, was cut short or "
        "changed by hand. Left, then r runs it again.";
    y = draw_runs(c, y, view, 0) + 1;
    if (!j)
        return ps_prose_draw(c, y, PS_STYLE_WARNING, unjudged, sizeof unjudged - 1);
    for (unsigned i = 0; i < view->lab->expect_count; i++)
        y = draw_expectation(c, y, view->lab->expects[i].words, &j->expects[i]);
    char text[320];
    snprintf(text, sizeof text, "%s%s",
             j->verdict == PS_LAB_SHOWN         ? "Shown on this machine."
             : j->verdict == PS_LAB_NOT_VISIBLE ? "Not visible on this machine, because "
                                                : "Not shown this time: ",
             j->verdict == PS_LAB_SHOWN ? "" : j->because);
    enum ps_style style = j->verdict == PS_LAB_SHOWN ? PS_STYLE_GOOD : PS_STYLE_WARNING;
    return ps_prose_draw(c, y, style, text, strlen(text));
}

static int draw_reveal(const struct ps_canvas *c, int y, const struct ps_lesson_view *view)
{
    y = draw_score(c, y, view);
    y = draw_answers(c, y, view, 0) + 1;
    return draw_measured(c, y, view);
}

/* ---- the texts behind it ---- */

static int draw_why(const struct ps_canvas *c, int y, const struct ps_lesson_view *view)
{
    const struct ps_slice *answer = &view->lesson->answers[view->lesson->right];
    ps_canvas_put(c, 0, y, PS_STYLE_GOOD, c->ascii ? "=" : "✓");
    struct ps_canvas text = ps_canvas_view(c, 2, 0, c->width - 2, c->height);
    text.width = c->width - 2;
    y = ps_prose_draw(&text, y, PS_STYLE_GOOD, answer->at, answer->length) + 1;
    return prose(c, y, PS_STYLE_STRONG, view->lesson->why);
}

static int draw_life(const struct ps_canvas *c, int y, const struct ps_lesson_view *view)
{
    return prose(c, y, PS_STYLE_STRONG, view->lesson->real_life);
}

static int draw_next(const struct ps_canvas *c, int y, const struct ps_lesson_view *view)
{
    y = prose(c, y, PS_STYLE_STRONG, view->lesson->try_next) + 1;
    y = heading(c, y, "Where to read on");
    return prose(c, y, PS_STYLE_LABEL, view->lesson->references);
}

/* ---- the run ---- */

static void draw_progress(const struct ps_canvas *c, int y, const struct ps_lesson_view *view)
{
    char ran[PS_FIGURE_BYTES], length[PS_FIGURE_BYTES], name[64];
    unsigned runs = ps_lab_runs(view->lab);
    enum ps_style style;
    snprintf(name, sizeof name, "%s", ps_lab_run_name(view->lab, view->trial));
    struct ps_flow flow = {.gap = 3};
    ps_flow_add(&flow, 0, PS_STYLE_STRONG, "Run", "%u of %u: %s", view->trial + 1, runs, name);
    const char *word = state_word(view, view->trial, &style);
    if (view->state[view->trial] == PS_TRIAL_RUNNING && view->length_ns)
        ps_flow_add(&flow, 1, PS_STYLE_FOCUS, "", "%s of %s", ps_figure_age(ran, view->ran_ns),
                    ps_figure_age(length, view->length_ns));
    else
        ps_flow_add(&flow, 1, style, "", "%s", word);
    const struct ps_snapshot *s = view->live ? view->live->snapshot : NULL;
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

/* The diagnosis in a line, or the deadlock: what the watchdog says must not be missed. */
static void draw_finding(const struct ps_canvas *c, int y, const struct ps_lesson_view *view)
{
    if (!view->live || !view->live->snapshot->started_ns)
        return;
    const struct ps_snapshot *s = view->live->snapshot;
    const struct ps_finding_state *first =
        view->live->findings ? ps_findings_at(view->live->findings, 0) : NULL;
    if (s->end == PS_END_DEADLOCK || s->end == PS_END_CRASH) {
        ps_canvas_fill(c, 0, y, c->width, 1, PS_STYLE_ALERT, ' ');
        ps_canvas_fit(c, 1, y, c->width - 2, PS_STYLE_ALERT, s->message);
    } else if (first) {
        ps_canvas_fit(c, 1, y, c->width - 2, first->finding.style, first->finding.text);
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

/* Lanes with what to watch for beside them; below, the figures of the runs. */
static void draw_run(const struct ps_canvas *c, const struct ps_lesson_view *view)
{
    int runs = (int)ps_lab_runs(view->lab) + 1, least = c->height >= 18 ? 8 : 4;
    int table = runs < c->height - 3 - least ? runs : c->height - 3 - least;
    table = table < 2 ? 2 : table;
    int top = c->height - table - 3, left = c->width * 11 / 20;
    draw_progress(c, 0, view);
    ps_canvas_hline(c, 0, 1, c->width, PS_STYLE_BORDER);
    ps_canvas_put(c, left + 2, 1, PS_STYLE_TITLE, " Watch for ");
    ps_canvas_vline(c, left, 1, top + 1, PS_STYLE_BORDER);
    struct ps_canvas lanes = ps_canvas_view(c, 0, 2, left, top - 1);
    draw_lanes(&lanes, view);
    struct ps_canvas words = ps_canvas_view(c, left + 2, 2, c->width - left - 3, top - 1);
    prose(&words, -view->scroll, PS_STYLE_NORMAL, view->lesson->watch);
    ps_canvas_hline(c, 0, top + 1, c->width, PS_STYLE_BORDER);
    draw_finding(c, top + 2, view);
    struct ps_canvas below = ps_canvas_view(c, 1, top + 3, c->width - 2, table);
    draw_runs(&below, 0, view, table - 1);
}

static int watch_rows(const struct ps_lesson_view *view, int width)
{
    struct ps_canvas none = {.width = width - width * 11 / 20 - 3};
    return prose(&none, 0, PS_STYLE_NORMAL, view->lesson->watch);
}

/* ---- the frame ---- */

static void draw_header(const struct ps_canvas *root, const struct ps_lesson_view *view)
{
    struct ps_flow flow = {.gap = 2};
    const struct ps_experiment *e = view->experiment;
    ps_flow_add(&flow, 0, PS_STYLE_BRAND, "", "LESSON");
    if (e->lesson)
        ps_flow_add(&flow, 1, PS_STYLE_STRONG, "", "%02u %s", e->lesson, e->title);
    else
        ps_flow_add(&flow, 1, PS_STYLE_STRONG, "", "%s", e->title);
    ps_flow_add(&flow, 0, PS_STYLE_NOTE, "",
                root->width < 80 ? "%u of %u: %s" : "step %u of %u: %s", (unsigned)view->step + 1,
                (unsigned)PS_LESSON_STEPS, steps[view->step].name)
        ->right = true;
    ps_flow_draw(root, 0, &flow);
}

static void draw_steps(const struct ps_canvas *root, const struct ps_lesson_view *view)
{
    int x = 1;
    for (unsigned i = 0; i < PS_LESSON_STEPS; i++) {
        enum ps_style style = i == (unsigned)view->step  ? PS_STYLE_FOCUS
                              : i < (unsigned)view->step ? PS_STYLE_LABEL
                                                         : PS_STYLE_DIM;
        int end = ps_canvas_put(root, x, 1, style, steps[i].tab);
        ps_canvas_hit(root, x, 1, end - x, 1, PS_DO_LESSON_STEP, (int)i);
        x = end;
        if (i + 1 < PS_LESSON_STEPS)
            x = ps_canvas_put(root, x, 1, PS_STYLE_BORDER,
                              root->width < 66 ? " "
                              : root->ascii    ? " > "
                                               : " › ");
    }
    ps_canvas_hline(root, 0, 2, root->width, PS_STYLE_BORDER);
}

typedef int draw_body(const struct ps_canvas *c, int y, const struct ps_lesson_view *view);
static draw_body *const bodies[PS_LESSON_STEPS] = {
    [PS_LESSON_QUESTION] = draw_question, [PS_LESSON_PREDICT] = draw_predict,
    [PS_LESSON_REVEAL] = draw_reveal,     [PS_LESSON_WHY] = draw_why,
    [PS_LESSON_LIFE] = draw_life,         [PS_LESSON_NEXT] = draw_next,
};

static int body_width(int width)
{
    return width - 2 * MARGIN < LINE_MAX ? width - 2 * MARGIN : LINE_MAX;
}

/* The answers draw what they measure, so a body is measured on a canvas without rows. */
static int body_rows(const struct ps_lesson_view *view, int width)
{
    struct ps_canvas none = {.width = body_width(width)};
    return bodies[view->step](&none, 0, view);
}

int ps_lesson_screen_scroll_max(const struct ps_lesson_view *view, int width, int height)
{
    int room = height - TOP - BOTTOM, rows;
    if (view->step == PS_LESSON_RUN) {
        int runs = (int)ps_lab_runs(view->lab) + 1, least = room >= 18 ? 8 : 4;
        int table = runs < room - 3 - least ? runs : room - 3 - least;
        rows = watch_rows(view, width);
        room = room - (table < 2 ? 2 : table) - 4;
    } else {
        rows = body_rows(view, width);
    }
    return rows > room ? rows - room : 0;
}

static void draw_step(const struct ps_canvas *root, const struct ps_lesson_view *view)
{
    int room = root->height - TOP - BOTTOM, width = body_width(root->width);
    if (view->step == PS_LESSON_RUN) {
        struct ps_canvas c = ps_canvas_view(root, 0, TOP, root->width, room);
        draw_run(&c, view);
        return;
    }
    int x = (root->width - width) / 2, rows = body_rows(view, root->width);
    struct ps_canvas c = ps_canvas_view(root, x, TOP, width, room);
    /* A text that leaves room stands a row lower: the eye finds it. */
    bodies[view->step](&c, (rows + 2 <= room) - view->scroll, view);
    int below = rows - view->scroll - room;
    if (below > 0) {
        char text[40];
        snprintf(text, sizeof text, " %d more: Down ", below);
        ps_canvas_right(root, root->width - 1, root->height - BOTTOM, PS_STYLE_NOTE, text);
    }
}

void ps_lesson_screen_draw(const struct ps_canvas *root, const struct ps_lesson_view *view)
{
    if (root->width < PS_SCREEN_MIN_WIDTH || root->height < PS_SCREEN_MIN_HEIGHT) {
        ps_too_small_draw(root);
        return;
    }
    bool covered = view->overlay && view->overlay->kind != PS_OVERLAY_NONE;
    draw_header(root, view);
    draw_steps(root, view);
    draw_step(root, view);
    struct ps_canvas row = ps_canvas_view(root, 0, root->height - 2, root->width, 1);
    if (view->notice && view->notice[0]) {
        ps_canvas_fill(&row, 0, 0, row.width, 1, PS_STYLE_NORMAL, ' ');
        ps_canvas_fit(&row, 1, 0, row.width - 2, view->notice_style, view->notice);
    }
    struct ps_canvas bar = ps_canvas_view(root, 0, root->height - 1, root->width, 1);
    ps_key_bar(&bar, covered ? ps_overlay_place(view->overlay) : ps_lesson_place(view->step));
    if (covered) {
        struct ps_canvas above = ps_canvas_view(root, 0, 1, root->width, root->height - 2);
        ps_overlay_draw(&above, view->overlay);
    }
}
