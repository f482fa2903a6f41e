/* The live screen as a pure function: canvas <- snapshot, history, state of the view. Used by the
 * program, by `poolscope screenshot` and by the golden tests. Any size from 1 x 1 on is safe.
 *
 * Layouts: full from 120 x 32, normal from 80 x 24, one panel at a time from 60 x 16, below that a
 * message. A zoomed panel uses the third at any size. */
#ifndef PS_UI_LIVE_SCREEN_H
#define PS_UI_LIVE_SCREEN_H

#include "ui/canvas.h"
#include "ui/view.h"

#define PS_SCREEN_MIN_WIDTH  60
#define PS_SCREEN_MIN_HEIGHT 16

void ps_live_screen_draw(const struct ps_canvas *root, const struct ps_live_view *view);

/* The message on a terminal that is too small. Also used by the start screen. */
void ps_too_small_draw(const struct ps_canvas *root);

#endif
