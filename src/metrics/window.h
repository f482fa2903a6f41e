/* A window: what happened between two snapshots of a run, in the form of a snapshot, so that every
 * metric of the table can be asked of it. */
#ifndef PS_METRICS_WINDOW_H
#define PS_METRICS_WINDOW_H

#include "metrics/snapshot.h"

/* into = what `to` says, with every counter of the run, its workers and its process less what
 * `from`, an earlier snapshot of the same run, had. started_ns is the instant of `from`, or the
 * start of the run if that was later; the end is that of `to`. Gauges (workers, in_flight, queued,
 * RSS), peaks and what a worker does are as in `to`. Latencies are of the tasks that ended in
 * between, if both snapshots were taken with latencies; the percentiles of single types are those
 * of the whole run. `into` may be none of the two. */
void ps_snapshot_window(struct ps_snapshot *into, const struct ps_snapshot *from,
                        const struct ps_snapshot *to);

#endif
