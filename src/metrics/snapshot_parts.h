/* Parts of ps_snapshot_take. Private to metrics. */
#ifndef PS_METRICS_SNAPSHOT_PARTS_H
#define PS_METRICS_SNAPSHOT_PARTS_H

#include "metrics/lately.h"

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

/* lately: NULL, or where windows are made of; ps_lately_begin has been called for this snapshot. */
void ps_take_latency(struct ps_snapshot *into, struct ps_segment *segment,
                     struct ps_lately *lately);

/* ---- windows by type and worker (lately.c) ---- */

/* A snapshot with latencies follows. */
void ps_lately_begin(struct ps_lately *lately, uint64_t at_ns);
void ps_lately_type(struct ps_lately *lately, unsigned type, const struct ps_latency_view *sum,
                    struct ps_type_view *into);
void ps_lately_worker(struct ps_lately *lately, unsigned slot, const struct ps_hist_sum *service,
                      const struct ps_hist_sum *queueing, struct ps_worker_view *into);

#endif
