/* What stands below the table of a comparison: what went wrong, then the chosen metric's verdict in
 * words (who, how sure, what would settle it), then how it was measured. Every line is said in 58
 * columns, or its beginning is enough. */
#ifndef PS_UI_COMPARE_NOTES_H
#define PS_UI_COMPARE_NOTES_H

#include "ui/compare_screen.h"

/* Whether there is something that must be read before the verdict. */
bool ps_compare_urgent(const struct ps_compare_view *view);
/* As many notes as there are rows; the most important first. */
void ps_compare_notes_draw(const struct ps_canvas *canvas, const struct ps_compare_view *view);

#endif
