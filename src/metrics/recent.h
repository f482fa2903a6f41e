/* What has just happened: marks of a run's counters over the last PS_RECENT_NS, from which rates are
 * made that no ring of the history keeps: by task type, by worker, of the machine. Fixed memory, fed
 * with snapshots of one run in the order of time; one owner, one thread. All zero: empty. */
#ifndef PS_METRICS_RECENT_H
#define PS_METRICS_RECENT_H

#include "metrics/snapshot.h"

#define PS_RECENT_NS      UINT64_C(2000000000)
#define PS_RECENT_STEP_NS UINT64_C(90000000) /* two marks are at least so far apart */
#define PS_RECENT_MARKS   24u

struct ps_recent_mark {
    uint64_t at_ns; /* instant */
    struct ps_totals totals;
    struct ps_totals type[PS_MAX_TYPES];
    struct ps_process_view process;
    struct ps_machine_view machine;
    uint64_t gil_switches;
    struct {
        uint64_t cpu_ns, hogs, parks, wakes;
    } worker[PS_MAX_WORKERS];
};

struct ps_recent {
    uint64_t count; /* marks ever made */
    struct ps_recent_mark mark[PS_RECENT_MARKS];
};

/* A snapshot that is older than the last one begins anew. */
void ps_recent_feed(struct ps_recent *recent, const struct ps_snapshot *snapshot);

/* The newest mark and the oldest of the last PS_RECENT_NS. Returns the seconds between them; 0: there
 * is nothing to compare yet, and both are the same mark, or NULL if there is none. */
double ps_recent_span(const struct ps_recent *recent, const struct ps_recent_mark **then,
                      const struct ps_recent_mark **now);

#endif
