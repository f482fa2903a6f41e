/* Cells of a sweep as lines: one JSON object a cell, so that a sweep can be spread over processes
 * and machines and put together again. */
#ifndef PS_APP_TUNE_CELLS_H
#define PS_APP_TUNE_CELLS_H

#include <jansson.h>

#include "lab/tune.h"

/* Everything about the sweep and one cell of it, as an object. */
json_t *ps_cell_object(const struct ps_tune_about *about, const struct ps_tune_cell *cell);

/* Cells read from files. */
struct ps_cells {
    unsigned count;
    struct ps_tune_about
        about; /* of the first; the others must agree. low, high, repeats: of all */
    struct ps_tune_cell cell[PS_CELLS_MAX];
};

/* Read the lines of a file ("-": standard input) behind what is there. False: complained about,
 * with file and line. Cells of one sweep agree in all but workers, repeat and what was measured. */
bool ps_cells_read(struct ps_cells *cells, const char *path);

/* Put the cells in order (by workers, then repeat) and make the surface of them. */
void ps_cells_surface(struct ps_cells *cells, struct ps_surface *surface);

#endif
