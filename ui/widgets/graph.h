/* Shared by the graphs over time. */
#ifndef PS_UI_WIDGETS_GRAPH_H
#define PS_UI_WIDGETS_GRAPH_H

#include "ui/axis.h"
#include "ui/plot.h"
#include "ui/widgets/widget.h"

/* The time that a graph of this panel width shows: "57 s". Returns into. */
const char *ps_graph_span(const struct ps_live_view *view, int panel_width,
                          char into[PS_FIGURE_BYTES]);

/* Fill `values` with a figure of the pool over that time, two for each column of the graph: means,
 * or the highest. Returns how many. */
unsigned ps_graph_values(const struct ps_live_view *view, int panel_width,
                         float (*figure)(const struct ps_pool_column *column), bool highest,
                         float values[PS_PLOT_MAX]);

float ps_graph_highest(const float *values, unsigned count);

/* Draw the scale; returns the view for the plot, which a click looks at. */
struct ps_canvas ps_graph_frame(const struct ps_canvas *canvas, float top);

#endif
