/* Closing the books of a worker that was a process and died between any two instructions. */
#ifndef PS_METRICS_BURY_H
#define PS_METRICS_BURY_H

#include "metrics/segment.h"

struct ps_estate {
    uint64_t
        given[PS_MAX_TYPES]; /* tasks by type that workers of the slot ever got from elsewhere */
    int type;                /* of the one it was given last and had not handed back; -1: none */
    enum ps_outcome outcome; /* what that one is to be counted as, if it was not counted */
    unsigned status;         /* as wait says */
    uint64_t cpu_ns;         /* that the process used */
};

/* Afterwards the cell is as if the worker had ended in order: every task that it was given or that was
 * submitted in it is counted as ended, once, those that it did not count as failed; no task waits;
 * the slot is OFF. The caller has made sure of the death (waitid), and is the slot's writer from then
 * on. Totals of a cell are the sums of its types, so an update that was cut in two is completed; a
 * latency sample may be missing. */
void ps_probe_bury(struct ps_segment *segment, unsigned slot, const struct ps_estate *estate);

#endif
