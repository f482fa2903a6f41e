#include "ui/lesson.h"

#include <stdio.h>

#include "ui/keys.h"
#include "ui/prose.h"

static int heading(const struct ps_canvas *c, int y, const char *text)
{
    ps_canvas_put(c, 0, y, PS_STYLE_TITLE, text);
    return y + 1;
}

static int section(const struct ps_canvas *c, int y, const char *title, enum ps_style style,
                   struct ps_slice text)
{
    y = heading(c, y, title);
    return ps_prose_draw(c, y, style, text.at, text.length) + 1;
}

/* What stands before an answer, and how it looks. */
static const char *mark_of(const struct ps_lesson_view *view, unsigned answer, bool ascii,
                           enum ps_style *style)
{
    bool chosen = view->chosen == (int)answer, right = view->lesson->right == answer;
    *style = chosen ? PS_STYLE_FOCUS : PS_STYLE_NORMAL;
    if (!view->explained)
        return chosen ? ">" : " ";
    *style = right ? PS_STYLE_GOOD : chosen ? PS_STYLE_WARNING : PS_STYLE_DIM;
    if (right)
        return ascii ? "=" : "✓";
    return chosen ? (ascii ? "x" : "✗") : " ";
}

static int answers(const struct ps_canvas *c, int y, const struct ps_lesson_view *view)
{
    enum { NUMBER = 2, TEXT = 5 };
    const struct ps_lesson *lesson = view->lesson;
    struct ps_canvas text = ps_canvas_view(c, TEXT, 0, c->width - TEXT, c->height);
    if (c->height == 0)
        text.width = c->width - TEXT;
    for (unsigned i = 0; i < lesson->answer_count; i++) {
        enum ps_style style;
        const char *mark = mark_of(view, i, c->ascii, &style);
        int end = ps_prose_draw(&text, y, style, lesson->answers[i].at, lesson->answers[i].length);
        ps_canvas_put(c, 0, y, style, mark);
        ps_canvas_print(c, NUMBER, y, view->explained ? style : PS_STYLE_KEY, "%u", i + 1);
        ps_canvas_hit(c, 0, y, c->width, end - y, PS_DO_ANSWER, (int)i + 1);
        y = end;
    }
    return y + 1;
}

static int verdict(const struct ps_canvas *c, int y, const struct ps_lesson_view *view)
{
    unsigned right = view->lesson->right + 1;
    if (view->chosen < 0)
        ps_canvas_print(c, 0, y, PS_STYLE_GOOD, "The answer is %u.", right);
    else if (view->chosen == (int)view->lesson->right)
        ps_canvas_print(c, 0, y, PS_STYLE_GOOD, "Your prediction was right: %u.", right);
    else
        ps_canvas_print(c, 0, y, PS_STYLE_WARNING, "You predicted %d; the answer is %u.",
                        view->chosen + 1, right);
    return y + 2;
}

int ps_lesson_draw(const struct ps_canvas *c, const struct ps_lesson_view *view, int scroll)
{
    const struct ps_lesson *lesson = view->lesson;
    int y = -scroll;
    y = section(c, y, "Question", PS_STYLE_NORMAL, lesson->question);
    y = answers(c, y, view);
    if (!view->explained)
        return section(c, y, "Watch for", PS_STYLE_NORMAL, lesson->watch) - 1 + scroll;
    y = verdict(c, y, view);
    y = section(c, y, "Why", PS_STYLE_NORMAL, lesson->why);
    y = section(c, y, "In real life", PS_STYLE_NORMAL, lesson->real_life);
    y = section(c, y, "Try next", PS_STYLE_NORMAL, lesson->try_next);
    y = section(c, y, "Watch for", PS_STYLE_NORMAL, lesson->watch);
    return section(c, y, "References", PS_STYLE_DIM, lesson->references) - 1 + scroll;
}

int ps_lesson_brief(const struct ps_canvas *c, const struct ps_lesson *lesson)
{
    int y = ps_prose_draw(c, 0, PS_STYLE_NORMAL, lesson->question.at, lesson->question.length);
    return section(c, y, "Watch for", PS_STYLE_NORMAL, lesson->watch) - 1;
}
