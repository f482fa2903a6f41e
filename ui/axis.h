/* Time on the screen: which columns of the timeline lie on which columns of a graph or of lanes, at
 * the time scale that the user chose. Pure; places run from the left (0, oldest) to the right. */
#ifndef PS_UI_AXIS_H
#define PS_UI_AXIS_H

#include "ui/format.h"
#include "ui/view.h"

struct ps_time_scale {
    unsigned graph_s, lanes_s; /* what graphs and lanes show, about */
    uint64_t step_ns;          /* by which the cursor moves */
};
const struct ps_time_scale *ps_time_scale(const struct ps_live_view *view);

/* Groups of columns, so many as there are places. */
struct ps_axis {
    unsigned level, group; /* columns of a level of the timeline in one place */
    unsigned newest;       /* age at which the newest whole group begins */
    bool partial;          /* the columns before that have a place, too: a group takes long */
    int count;             /* places */
    int blank;             /* places at the right that time has not reached */
    int step;              /* places by which the whole moves at once */
};

/* Two places for each column of a graph. */
struct ps_axis ps_axis_graph(const struct ps_live_view *view, int width);
/* One place for each column. Lanes move left by `step` at once and fill up from there: the eye can
 * rest on them, and a frame in between changes one column instead of all. */
struct ps_axis ps_axis_lanes(const struct ps_live_view *view, int width);

/* Columns at a place: the age of the newest and how many; false: time has not reached it. */
bool ps_axis_columns(const struct ps_axis *axis, int place, unsigned *age, unsigned *count);
/* Where an instant is; -1: not on the axis. What is newer than the newest is there. */
int ps_axis_place(const struct ps_axis *axis, const struct ps_live_view *view, uint64_t at_ns);
/* An instant in the newest column at a place; false: there is no such column. */
bool ps_axis_instant(const struct ps_axis *axis, const struct ps_live_view *view, int place,
                     uint64_t *at_ns);

/* How much time the axis shows: "57 s", "10 min", "2 h". Returns into. */
const char *ps_axis_span(const struct ps_axis *axis, char into[PS_FIGURE_BYTES]);

/* Vertical lines where cursor, marks and mouse are, over what was drawn on exactly `width` columns. Those
 * of a graph stand behind the curve and name themselves in the first row; those of lanes (lanes:
 * rows in use) reverse the cells. */
void ps_axis_marks_graph(const struct ps_canvas *plot, const struct ps_live_view *view);
void ps_axis_marks_lanes(const struct ps_canvas *strip, const struct ps_live_view *view, int rows);

#endif
