/* The names of the panels in a row, where one is shown at a time. */
#ifndef PS_UI_TABS_H
#define PS_UI_TABS_H

#include "ui/canvas.h"
#include "ui/view.h"

/* Each with its number, the focused one marked; a click is PS_DO_PANEL. Names stay whole: where there is
 * no room for all of them, those round the focused one are shown between ellipses. */
void ps_tabs_draw(const struct ps_canvas *row, const struct ps_live_view *view);

#endif
