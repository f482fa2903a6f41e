/* History: what a screen needs of the past, in fixed memory, fed with snapshots.
 *
 * Two kinds of rings over time: columns of PS_COLUMN_NS for lanes (what each worker did) and
 * graphs, and latency sums once a second for windowed percentiles. Fed by sequence number: the same
 * snapshot twice changes nothing. One owner, one thread; drawing only reads it. */
#ifndef PS_METRICS_HISTORY_H
#define PS_METRICS_HISTORY_H

#include "metrics/snapshot.h"

#define PS_COLUMN_NS       UINT64_C(100000000) /* 100 ms */
#define PS_COLUMNS         640u                /* 64 s */
#define PS_LATENCY_SECONDS 10u

/* What one worker did during one column. Shares of the column's time, 255 = all of it. */
struct ps_lane_column {
    uint8_t share[PS_STATE_COUNT];
    uint8_t ready; /* share in which it was runnable but had no CPU (from the OS); part of RUN */
};

/* The pool during one column. */
struct ps_pool_column {
    uint64_t at_ns;                    /* instant of its end */
    float done_per_s;                  /* completed */
    float offered_per_s;               /* submitted */
    float refused_per_s, failed_per_s; /* failed: + timed out + cancelled */
    float steals_per_s;
    float queued, in_flight; /* gauges at its end */
    float response_p99_ms;   /* over the last second; 0: no data */
    uint16_t workers;
};

struct ps_history;

struct ps_history *ps_history_new(void); /* NULL: out of memory */
void ps_history_free(struct ps_history *history);
void ps_history_clear(struct ps_history *history);

/* Take a snapshot in. Snapshots may come at any interval; columns between two are filled evenly. */
void ps_history_feed(struct ps_history *history, const struct ps_snapshot *snapshot);

/* Columns there are, at most PS_COLUMNS. age 0 is the newest complete column. */
unsigned ps_history_columns(const struct ps_history *history);
const struct ps_pool_column *ps_history_pool(const struct ps_history *history, unsigned age);
const struct ps_lane_column *ps_history_lane(const struct ps_history *history, unsigned worker,
                                             unsigned age);

/* The state that took most of the columns [age, age + count), and whether it was mostly without a
 * CPU (only for RUN). OFF if there are none. Work shows before idleness: idle, seek and off win
 * only if nothing else took a fifth. */
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
