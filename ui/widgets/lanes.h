/* Shared by the parts of the lanes panel: which workers share a row, and the columns beside it. */
#ifndef PS_UI_WIDGETS_LANES_H
#define PS_UI_WIDGETS_LANES_H

#include "ui/widgets/widget.h"

/* Workers first..last in one row; detail: a second row says what the worker does. */
struct ps_lane_row {
    unsigned first, last;
    bool detail;
};

/* Assign workers to at most `room` rows. When there are more, neighbours are folded, except the
 * selected worker and those that have been in one task for long. Returns the rows used (a lane with
 * detail takes two of the room). */
unsigned ps_lanes_fold(const struct ps_live_view *view, const struct ps_figures *figures,
                       unsigned room, struct ps_lane_row rows[PS_MAX_WORKERS]);

/* Columns that the worker figures take at this panel width. */
int ps_worker_columns_width(int panel_width);
/* Their heads and, for the workers of a row, their figures; the canvas is exactly that wide. */
void ps_worker_columns_head(const struct ps_canvas *canvas, int panel_width);
void ps_worker_columns_draw(const struct ps_canvas *canvas, int y, int panel_width,
                            const struct ps_live_view *view, const struct ps_figures *figures,
                            const struct ps_lane_row *row);

#endif
