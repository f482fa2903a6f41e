/* A metric of two sides by round: a letter a side, and a line between the two of a round, which is
 * the difference that counts. */
#ifndef PS_UI_COMPARE_GRAPH_H
#define PS_UI_COMPARE_GRAPH_H

#include "lab/compare.h"
#include "ui/canvas.h"

/* `rounds` that are planned share the width; where they do not fit, the last ones are shown. */
void ps_compare_graph_draw(const struct ps_canvas *canvas, const struct ps_compare_row *row,
                           unsigned rounds);

#endif
