/* What single task types and workers took lately. The histograms of a segment only grow; marks of
 * their sums, one every PS_LATELY_STEP_NS, make windows of them: the last PS_LATENCY_SECONDS to 2 s,
 * or the whole run while it is younger.
 *
 * One owner, one thread: whoever takes snapshots of one run. At most 0.2 MB a task type and 0.12 MB a
 * worker, taken when the first of their tasks has been timed. */
#ifndef PS_METRICS_LATELY_H
#define PS_METRICS_LATELY_H

#include "metrics/snapshot.h"

#define PS_LATELY_STEP_NS (UINT64_C(2) * 1000000000)

struct ps_lately;

struct ps_lately *ps_lately_new(void); /* NULL: out of memory */
void ps_lately_free(struct ps_lately *lately);

/* ps_snapshot_take, which leaves type[].lately_* and worker[].lately_* as they are; this fills them as
 * well, if with_latency. lately: of the same run, from its first snapshot on. */
void ps_snapshot_take_lately(struct ps_snapshot *into, struct ps_segment *segment, uint64_t now_ns,
                             bool with_latency, struct ps_lately *lately);

#endif
