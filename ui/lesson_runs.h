/* Parts of the lesson screen that show its runs. Pure drawing; private to the lesson screen. */
#ifndef PS_UI_LESSON_RUNS_H
#define PS_UI_LESSON_RUNS_H

#include "ui/lesson_screen.h"

/* The run step over the whole canvas: lanes, what to watch for, the figures of the runs. */
void ps_lesson_run(const struct ps_canvas *canvas, const struct ps_lesson_view *view);
/* The highest useful scroll of what to watch for, on a canvas of this size. */
int ps_lesson_run_scroll_max(const struct ps_lesson_view *view, int width, int height);

/* The figures of all runs and, if they were judged, the expectations they are held against, from row
 * y on. Returns the row behind; a canvas of height 0 measures. */
int ps_lesson_measured(const struct ps_canvas *canvas, int y, const struct ps_lesson_view *view);

#endif
