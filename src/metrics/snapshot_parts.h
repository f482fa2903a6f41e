/* Parts of ps_snapshot_take. Private to metrics. */
#ifndef PS_METRICS_SNAPSHOT_PARTS_H
#define PS_METRICS_SNAPSHOT_PARTS_H

#include "metrics/snapshot.h"

/* ---- programs (snapshot_programs.c) ---- */

/* Where the worker's task is. A word of another type than the worker's is that of a task before. */
void ps_take_doing(struct ps_worker_view *into, uint64_t word);

/* same: nobody else has got it since the snapshot that `into` holds. */
void ps_take_holder(struct ps_holder_view *into, uint64_t word, bool same, uint64_t at_ns);
void ps_take_locks(struct ps_snapshot *into, const struct ps_segment *segment);
/* slots: of the segment that are in use. */
void ps_take_step_waits(struct ps_type_view *view, struct ps_segment *segment, unsigned type,
                        unsigned slots);

/* ---- latencies (snapshot_latency.c) ---- */

void ps_take_latency(struct ps_snapshot *into, struct ps_segment *segment);

#endif
