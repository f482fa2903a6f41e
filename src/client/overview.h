/* An overview of a recording: how much was done when, and where something happened, for a line of
 * time that one can find one's way on. It is read bit by bit, while its owner has time for it. One
 * owner, one thread. */
#ifndef PS_CLIENT_OVERVIEW_H
#define PS_CLIENT_OVERVIEW_H

#include "client/recording.h"

#define PS_OVERVIEW_SLICES 512u

/* What happened in a slice, bits. */
enum ps_landmark {
    PS_LANDMARK_PHASE = 1,    /* a phase of the experiment began */
    PS_LANDMARK_WORKERS = 2,  /* another number of workers, stealing on or off */
    PS_LANDMARK_PAUSE = 4,    /* the workload was paused or resumed */
    PS_LANDMARK_HOG = 8,      /* a task kept its worker too long */
    PS_LANDMARK_LOSS = 16,    /* tasks were refused, failed or timed out, after a while without */
    PS_LANDMARK_DEADLOCK = 32 /* or a crash */
};

struct ps_overview_slice {
    float done_per_s;   /* completed; negative: not read yet */
    unsigned landmarks; /* of enum ps_landmark */
};

struct ps_overview;

/* Takes the recording over, which nobody else may use. NULL: out of memory, and it is closed. */
struct ps_overview *ps_overview_new(struct ps_recording *recording);
void ps_overview_free(struct ps_overview *overview); /* NULL is ignored */

/* Read on for about so long (ns of CLOCK_MONOTONIC). False: all has been read. */
bool ps_overview_read(struct ps_overview *overview, uint64_t budget_ns);

/* PS_OVERVIEW_SLICES equal parts of the time from the first to the last snapshot. */
const struct ps_overview_slice *ps_overview_slices(const struct ps_overview *overview);
/* The instant at which a slice ends. */
uint64_t ps_overview_end(const struct ps_overview *overview, unsigned slice);

#endif
