/* Flowing text: light Markdown (headings, points, numbered and quoted lines, *emphasis*, `code`),
 * wrapped at words to the width of a canvas. Pure. */
#ifndef PS_UI_PROSE_H
#define PS_UI_PROSE_H

#include "ui/canvas.h"

/* Draw `length` bytes of text from row y on, which may be negative: what lies above row 0 or below
 * the canvas is left out. Returns the row after the text; a canvas of height 0 measures. */
int ps_prose_draw(const struct ps_canvas *canvas, int y, enum ps_style style, const char *text,
                  size_t length);

#endif
