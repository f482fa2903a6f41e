/* Throughput and p99 against workers: what was measured, and what models make of it. Pure. */
#ifndef PS_UI_TUNE_CHART_H
#define PS_UI_TUNE_CHART_H

#include "lab/conclude.h"
#include "ui/canvas.h"

/* A tuner in the race. */
struct ps_tune_runner {
    float workers; /* now */
    float trail;   /* a moment ago */
};

struct ps_tune_chart {
    const struct ps_tune_about *about;
    const struct ps_surface *surface;
    const struct ps_conclusion *conclusion; /* NULL: nothing is concluded */
    unsigned guess;                         /* 0: none */
    const struct ps_tune_runner *runners;   /* PS_TUNERS of them, or NULL: no race */
};

/* The fitted model that fits best; NULL: none is fitted. */
const struct ps_model *ps_tune_best_model(const struct ps_conclusion *conclusion);

/* o measured (medians; the bar is the range of the repeats), R the recommended count, B the highest,
 * ? the guess on the axis, 1 2 3 tuners; the line is the best model, the dotted one the bound. */
void ps_tune_chart_draw(const struct ps_canvas *canvas, const struct ps_tune_chart *chart);
/* The same for p99, with the goal as a level. */
void ps_tune_p99_draw(const struct ps_canvas *canvas, const struct ps_tune_chart *chart);

#endif
