/* Graphs on a canvas. Values run from the left (oldest) to the right (newest), two to a column; a
 * negative value is "no data". Braille has 2 x 4 dots a cell; ASCII shows two levels a row. */
#ifndef PS_UI_PLOT_H
#define PS_UI_PLOT_H

#include "ui/canvas.h"

#define PS_PLOT_MAX 1024u /* values */

/* The area below the values, over the whole view; `top` is the value of its upper edge. */
void ps_plot_area(const struct ps_canvas *canvas, const float *values, unsigned count, float top,
                  enum ps_style style);
/* A line of dots, added to what is there; a cell it touches above the area takes its style. */
void ps_plot_line(const struct ps_canvas *canvas, const float *values, unsigned count, float top,
                  enum ps_style style);
/* Arrows in the top row where values are above `top`: what a line draws there is not how high they are. */
void ps_plot_above(const struct ps_canvas *canvas, const float *values, unsigned count, float top,
                   enum ps_style style);
/* A dashed level. */
void ps_plot_level(const struct ps_canvas *canvas, float value, float top, enum ps_style style);
/* A bar of `width` cells from x on, `share` (0..1) of it full. */
void ps_plot_bar(const struct ps_canvas *canvas, int x, int y, int width, double share,
                 enum ps_style style);

/* One cell as high as the share (0..1): blank below a sixteenth. */
uint32_t ps_plot_level_glyph(double share, bool ascii);

/* The next round number (1, 1.5, 2, 3, 4, 5, 6, 8 times a power of ten) that is not below the
 * value; at least 1. */
float ps_plot_top(float value);

#endif
