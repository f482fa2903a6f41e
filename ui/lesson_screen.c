#include "ui/lesson_screen.h"

#include <stdio.h>
#include <string.h>

#include "ui/flow.h"
#include "ui/format.h"
#include "ui/lesson_runs.h"
#include "ui/live_screen.h"
#include "ui/prose.h"

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

enum ps_place ps_lesson_place(enum ps_lesson_step step, unsigned answers)
{
    enum ps_place predict = answers == 2   ? PS_AT_PREDICT_2
                            : answers == 3 ? PS_AT_PREDICT_3
                                           : PS_AT_PREDICT;
    return step == PS_LESSON_PREDICT ? predict : step == PS_LESSON_RUN ? PS_AT_TRIAL : PS_AT_LESSON;
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
        if (e->in_flight == 1)
            snprintf(load, sizeof load, "One client with one task at a time");
        else
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
        if (e->clients > 0)
            snprintf(load, sizeof load, "%s http clients, each with a connection",
                     ps_figure_whole(figure, e->clients));
        else
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

static int draw_reveal(const struct ps_canvas *c, int y, const struct ps_lesson_view *view)
{
    y = draw_score(c, y, view);
    y = draw_answers(c, y, view, 0) + 1;
    return ps_lesson_measured(c, y, view);
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

/* ---- the frame ---- */

static void draw_header(const struct ps_canvas *root, const struct ps_lesson_view *view)
{
    enum { TITLE_LEAST = 16 };
    struct ps_flow flow = {.gap = 2};
    const struct ps_experiment *e = view->experiment;
    ps_flow_add(&flow, 0, PS_STYLE_BRAND, "", "LESSON");
    if (e->lesson)
        ps_flow_add(&flow, 1, PS_STYLE_STRONG, "", "%02u %s", e->lesson, e->title)->least =
            TITLE_LEAST;
    else
        ps_flow_add(&flow, 1, PS_STYLE_STRONG, "", "%s", e->title)->least = TITLE_LEAST;
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
    int room = height - TOP - BOTTOM;
    if (view->step == PS_LESSON_RUN)
        return ps_lesson_run_scroll_max(view, width, room);
    int rows = body_rows(view, width);
    return rows > room ? rows - room : 0;
}

static void draw_step(const struct ps_canvas *root, const struct ps_lesson_view *view)
{
    int room = root->height - TOP - BOTTOM, width = body_width(root->width);
    if (view->step == PS_LESSON_RUN) {
        struct ps_canvas c = ps_canvas_view(root, 0, TOP, root->width, room);
        ps_lesson_run(&c, view);
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
    struct ps_canvas bar = ps_canvas_view(root, 0, root->height - 1, root->width, 1);
    ps_key_bar(&bar, covered ? ps_overlay_place(view->overlay)
                             : ps_lesson_place(view->step, view->lesson->answer_count));
    ps_overlay_above(root, view->overlay, view->notice_style, view->notice);
}
