/* The tune screen as a pure function: canvas <- view. Any size from 1 x 1 on is safe.
 *
 * Layouts: from 80 x 24 the curve with p99 beside it, the answer, models and tuners below; from
 * 60 x 16 one of them at a time; below that a message. */
#ifndef PS_UI_TUNE_SCREEN_H
#define PS_UI_TUNE_SCREEN_H

#include "ui/lab_parts.h"
#include "ui/tune_chart.h"

enum ps_tune_stage {
    PS_TUNE_CHOOSING, /* the form */
    PS_TUNE_MEASURING,
    PS_TUNE_MEASURED,
    PS_TUNE_BROKEN /* the host does not start: `why` */
};

enum ps_tune_part {
    PS_TUNE_CURVE,
    PS_TUNE_P99,
    PS_TUNE_ANSWER,
    PS_TUNE_MODELS,
    PS_TUNE_TUNERS,
    PS_TUNE_PARTS /* how many */
};

struct ps_tune_view {
    enum ps_tune_stage stage;
    const char *title; /* of the preset */
    struct ps_lab_form form;
    const struct ps_tune_about *about;
    uint64_t planned_ns;
    /* MEASURING */
    unsigned workers, repeat; /* of the slot; repeat from 0 */
    unsigned tries;           /* before, which others disturbed */
    enum ps_slot_state slot;
    double progress;
    uint64_t left_ns, elapsed_ns;
    /* What is known so far. */
    const struct ps_surface *surface;
    const struct ps_conclusion *conclusion; /* NULL: no point yet */
    unsigned cells, disturbed;              /* slots; those that others disturbed */
    unsigned failed_workers;                /* the last count that failed, or 0 */
    char failed[120];                       /* how */
    const char *why;
    unsigned guess; /* 0: none */
    /* The race. */
    bool racing;
    double race_s;
    struct ps_tune_runner runner[PS_TUNERS];
    /* How it is looked at. */
    enum ps_tune_part part;
    bool zoom, frozen;
    bool noticed; /* something is said on the row of the first note */
};

/* All but the key bar, the notice and overlays, which stand in the last two rows and above. */
void ps_tune_screen_draw(const struct ps_canvas *root, const struct ps_tune_view *view);

#endif
