/* The lesson of a preset on the screen: predict, run, explain. The answer and all that follows from
 * it stay hidden until they are asked for. Pure drawing. */
#ifndef PS_UI_LESSON_H
#define PS_UI_LESSON_H

#include "model/lesson_text.h"
#include "ui/canvas.h"

struct ps_lesson_view {
    const struct ps_lesson *lesson; /* of the owner */
    int chosen;                     /* index of the answer that was predicted; -1: none yet */
    bool explained;                 /* the right answer and the reasons are shown */
};

/* The lesson with `scroll` rows left out at the top. Answers can be clicked (PS_DO_ANSWER). Returns
 * the rows of the whole; a canvas of height 0 measures. */
int ps_lesson_draw(const struct ps_canvas *canvas, const struct ps_lesson_view *view, int scroll);

/* Question, without answers, and what to watch for. Returns the rows it would like. */
int ps_lesson_brief(const struct ps_canvas *canvas, const struct ps_lesson *lesson);

#endif
