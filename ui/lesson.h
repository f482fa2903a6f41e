/* What the start screen shows of a lesson: the question, without its answers, and what to watch for.
 * Pure drawing. */
#ifndef PS_UI_LESSON_H
#define PS_UI_LESSON_H

#include "model/lesson_text.h"
#include "ui/canvas.h"

/* Returns the rows it would like. */
int ps_lesson_brief(const struct ps_canvas *canvas, const struct ps_lesson *lesson);

#endif
