#include "ui/lesson.h"

#include "ui/prose.h"

int ps_lesson_brief(const struct ps_canvas *c, const struct ps_lesson *lesson)
{
    int y = ps_prose_draw(c, 0, PS_STYLE_NORMAL, lesson->question.at, lesson->question.length);
    ps_canvas_put(c, 0, y, PS_STYLE_TITLE, "Watch for");
    return ps_prose_draw(c, y + 1, PS_STYLE_NORMAL, lesson->watch.at, lesson->watch.length);
}
