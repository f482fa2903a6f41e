/* Charts as inline SVG: no script, no font, no request; colours are variables of the page's style
 * (--c1 ..., --grid, --state-N), so that the page chooses light or dark. */
#ifndef PS_APP_HTML_CHART_H
#define PS_APP_HTML_CHART_H

#include <stdint.h>
#include <stdio.h>

#include "metrics/segment.h"

#define PS_CHART_COLUMNS 240u
#define PS_CHART_SERIES  4u
#define PS_CHART_LANES   64u

/* A line over the columns of time; NAN: nothing known there. */
struct ps_series {
    const char *name;
    double value[PS_CHART_COLUMNS];
};

/* A figure with a legend. format: a value of the axis as text, returns `into`. seconds: the whole
 * width. */
struct ps_chart {
    const char *title, *note; /* note: one sentence on what is shown */
    const struct ps_series *series;
    unsigned count, columns;
    double seconds;
    const char *(*format)(char *into, size_t size, double value);
};
void ps_chart_write(FILE *to, const struct ps_chart *chart);

/* What workers did: a row each, [worker][column] = state, PS_STATE_COUNT: nothing known. */
struct ps_lanes_chart {
    const char *title, *note;
    uint8_t (*lane)[PS_CHART_COLUMNS];
    unsigned lanes, columns;
    double seconds;
};
void ps_lanes_write(FILE *to, const struct ps_lanes_chart *chart);

/* 1, 2 or 5 times a power of ten, at least this; 1 for 0. */
double ps_chart_top(double value);

#endif
