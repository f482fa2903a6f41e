/* History: what a screen needs of the past, in fixed memory, fed with snapshots.
 *
 * Two kinds of rings over time: a timeline for lanes (what each worker did) and graphs, and latency
 * sums once a second for windowed percentiles. Fed by sequence number: the same snapshot twice
 * changes nothing. One owner, one thread; drawing only reads it. */
#ifndef PS_METRICS_HISTORY_H
#define PS_METRICS_HISTORY_H

#include "metrics/timeline.h"

struct ps_history;

struct ps_history *ps_history_new(void); /* NULL: out of memory */
void ps_history_free(struct ps_history *history);
void ps_history_clear(struct ps_history *history);
/* into becomes what from is; both were made by ps_history_new. */
void ps_history_copy(struct ps_history *into, const struct ps_history *from);

/* Take a snapshot in. Snapshots may come at any interval; columns between two are filled evenly. */
void ps_history_feed(struct ps_history *history, const struct ps_snapshot *snapshot);

/* Its columns, at all resolutions. */
const struct ps_timeline *ps_history_timeline(const struct ps_history *history);

/* Those of level 0, at most PS_COLUMNS. age 0 is the newest complete column. */
unsigned ps_history_columns(const struct ps_history *history);
const struct ps_pool_column *ps_history_pool(const struct ps_history *history, unsigned age);
const struct ps_lane_column *ps_history_lane(const struct ps_history *history, unsigned worker,
                                             unsigned age);
/* ps_timeline_state of level 0. */
enum ps_state ps_history_lane_state(const struct ps_history *history, unsigned worker, unsigned age,
                                    unsigned count, bool *ready);

/* Rates of one worker over the last PS_RATE_COLUMNS columns. */
#define PS_RATE_COLUMNS 20u /* 2 s */
struct ps_worker_rates {
    float share[PS_STATE_COUNT]; /* 0..1 */
    float ready;                 /* 0..1, part of RUN; negative: n/a */
    float done_per_s, steals_per_s, stolen_per_s, robbed_per_s;
};
void ps_history_worker(const struct ps_history *history, unsigned worker,
                       struct ps_worker_rates *rates);

/* Tasks per second that thief took from victim over the last PS_RATE_COLUMNS columns. */
float ps_history_steals(const struct ps_history *history, unsigned thief, unsigned victim);

/* Latencies of the last `seconds` (1..PS_LATENCY_SECONDS; to whole seconds). */
void ps_history_latency(const struct ps_history *history, unsigned seconds,
                        struct ps_latency_view *into);

#endif
