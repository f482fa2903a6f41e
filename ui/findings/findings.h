/* The findings of a run over time. A finding appears when it has held for PS_FINDING_HOLD_NS without
 * a gap, and leaves when it has been gone for PS_FINDING_LINGER_NS: what comes and goes with every
 * look would only distract. While one lingers it keeps the figures it was last seen with, and soon
 * says that they are of the past.
 *
 * Fixed memory; a pure function of the views it was fed with, in the order of time. One owner, one
 * thread; drawing only reads it. All zero: nothing seen yet. */
#ifndef PS_UI_FINDINGS_FINDINGS_H
#define PS_UI_FINDINGS_FINDINGS_H

#include "ui/findings/finding.h"

#define PS_FINDING_HOLD_NS   UINT64_C(1000000000)
#define PS_FINDING_LINGER_NS UINT64_C(2000000000)
#define PS_FINDING_PAST_NS   UINT64_C(500000000)

#define PS_FINDING_LINE_BYTES (sizeof((struct ps_finding *)0)->text + 8)

struct ps_finding_state {
    uint64_t since_ns; /* it holds since then; 0: it did not hold when last looked at */
    uint64_t seen_ns;  /* when it last held */
    bool seen, shown;
    struct ps_finding finding; /* as it was when it last held */
};

struct ps_findings {
    uint64_t at_ns; /* of the newest view */
    struct ps_recent recent;
    struct ps_finding_state state[PS_FINDING_COUNT];
    unsigned shown[PS_FINDING_COUNT]; /* words, in the order of weight */
    unsigned count;
};

/* Take a view in: its snapshot and history. A view that is older than the last one begins anew. */
void ps_findings_feed(struct ps_findings *findings, const struct ps_live_view *view);

/* The findings shown, 0 .. count - 1. */
const struct ps_finding_state *ps_findings_at(const struct ps_findings *findings, unsigned index);

/* What it says, for one line or paragraph, and in which style: dim and "was: ..." when it has not held for
 * PS_FINDING_PAST_NS. */
enum ps_style ps_finding_line(const struct ps_findings *findings,
                              const struct ps_finding_state *state,
                              char into[PS_FINDING_LINE_BYTES]);

/* One look at a view, without any delay. Returns whether it is there. */
bool ps_finding_look(enum ps_finding_word word, const struct ps_signs *signs,
                     struct ps_finding *finding);
/* figures: those of the view. */
void ps_signs_take(struct ps_signs *signs, const struct ps_live_view *view,
                   const struct ps_figures *figures, const struct ps_recent *recent);

#endif
