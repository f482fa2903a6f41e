/* The compare screen as a pure function: canvas <- view. Any size from 1 x 1 on is safe.
 *
 * Layouts: from 80 x 24 the lanes of both sides beside each other, the table of metrics and the
 * graph by round below; from 60 x 16 one of them at a time; below that a message. */
#ifndef PS_UI_COMPARE_SCREEN_H
#define PS_UI_COMPARE_SCREEN_H

#include "lab/compare.h"
#include "metrics/history.h"
#include "ui/lab_parts.h"

enum ps_compare_stage {
    PS_COMPARE_CHOOSING, /* the form */
    PS_COMPARE_MEASURING,
    PS_COMPARE_MEASURED,
    PS_COMPARE_BROKEN /* a side cannot run this: `why` */
};

enum ps_compare_part {
    PS_COMPARE_LANES,
    PS_COMPARE_TABLE,
    PS_COMPARE_GRAPH,
    PS_COMPARE_PARTS /* how many */
};

struct ps_compare_side_view {
    char name[80]; /* "threadpool:steal" */
    unsigned workers;
    const struct ps_snapshot *snapshot; /* of its last slot; NULL: none yet */
    const struct ps_history *history;
};

struct ps_compare_view {
    enum ps_compare_stage stage;
    const char *title; /* of the preset */
    char load[48];
    uint64_t seed;
    struct ps_lab_form form;
    struct ps_compare_side_view side[2];
    /* MEASURING */
    unsigned running;        /* side */
    enum ps_slot_state slot; /* what its slot does */
    unsigned round, rounds;  /* the one that runs, from 0; all */
    double progress;
    uint64_t left_ns, elapsed_ns;
    /* From the whole rounds. */
    unsigned whole;
    uint64_t length_ns, warmup_ns; /* of a slot */
    struct ps_compare_row row[PS_COMPARE_METRICS];
    double median[2][PS_COMPARE_METRICS];
    double others; /* NaN: not known */
    const char *why;
    /* How it is looked at. */
    unsigned metric; /* of the graph */
    enum ps_compare_part part;
    bool zoom, frozen;
    bool calm;    /* reduced motion */
    bool noticed; /* something is said on the row of the first note */
};

/* All but the key bar, the notice and overlays, which stand in the last two rows and above. */
void ps_compare_screen_draw(const struct ps_canvas *root, const struct ps_compare_view *view);

#endif
