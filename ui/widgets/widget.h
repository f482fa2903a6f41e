/* A widget: one small file that exports one const struct. It draws its part of the live screen on a
 * canvas of any size, and changes nothing else. A new widget is one file and one line in
 * registry.c.
 */
#ifndef PS_UI_WIDGETS_WIDGET_H
#define PS_UI_WIDGETS_WIDGET_H

#include "ui/canvas.h"
#include "ui/figures.h"
#include "ui/view.h"

#define PS_TITLE_BYTES 96u

struct ps_widget {
    const char *name; /* of its tab */
    /* The title of its panel; NULL: the name. */
    void (*title)(const struct ps_live_view *view, const struct ps_figures *figures, int width,
                  char into[PS_TITLE_BYTES]);
    /* Right part of its title row, over the whole row of the panel; NULL: none. */
    void (*heading)(const struct ps_canvas *row, const struct ps_live_view *view,
                    const struct ps_figures *figures);
    void (*draw)(const struct ps_canvas *canvas, const struct ps_live_view *view,
                 const struct ps_figures *figures);
};

/* Panels, in the order of Tab and of the digits; ends with NULL. */
extern const struct ps_widget *const ps_panels[];
unsigned ps_panel_count(void);

extern const struct ps_widget ps_widget_lanes;
extern const struct ps_widget ps_widget_throughput;
extern const struct ps_widget ps_widget_queue;
extern const struct ps_widget ps_widget_latency;
extern const struct ps_widget ps_widget_steals;
extern const struct ps_widget ps_widget_waiting;
extern const struct ps_widget ps_widget_diagnosis;
extern const struct ps_widget ps_widget_events;
extern const struct ps_widget ps_widget_picture; /* among the panels of a run that draws one */
extern const struct ps_widget ps_widget_types;

/* Parts of the frame that are not panels. */
extern const struct ps_widget ps_widget_header;  /* 2 rows */
extern const struct ps_widget ps_widget_summary; /* 1 row: latency and what waits, where no panel
                                                    shows them */
extern const struct ps_widget ps_widget_legend;  /* 1 row */

extern const struct ps_widget ps_widget_marks; /* 1 row, where ps_marks_shown */
bool ps_marks_shown(const struct ps_live_view *view);

/* Names of the entries of the legend: states, and PS_STATE_COUNT for "ready, no cpu". */
const char *ps_legend_name(unsigned entry);

/* Rows that the lanes would like to have. */
int ps_lanes_wanted(const struct ps_figures *figures);

#endif
