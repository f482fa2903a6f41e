/* A timeline: columns of time at several resolutions, in fixed memory (13 MB with 256 workers; pages
 * of workers that never were are not touched).
 *
 * Every column holds the pool's totals at its end, so differences between any two columns, of any
 * resolutions, are exact and agree: a coarse column copies the totals of the fine one that closed
 * it. One owner, one thread; drawing only reads it. */
#ifndef PS_METRICS_TIMELINE_H
#define PS_METRICS_TIMELINE_H

#include "metrics/snapshot.h"

/* Level 0. */
#define PS_COLUMN_NS UINT64_C(100000000) /* 100 ms */
#define PS_COLUMNS   640u                /* 64 s */

#define PS_TIME_LEVELS 3u
struct ps_time_level {
    uint64_t column_ns;
    unsigned columns; /* kept */
};
/* 100 ms for 64 s, 1 s for 10 min, 10 s for 2 h. */
extern const struct ps_time_level ps_time_levels[PS_TIME_LEVELS];

/* What one worker did during one column. Shares of the column's time, 255 = all of it. */
struct ps_lane_column {
    uint8_t share[PS_STATE_COUNT];
    uint8_t ready; /* share in which it was runnable but had no CPU (from the OS); part of RUN */
};

/* Totals since the start of the run. */
struct ps_pool_counts {
    uint64_t done, offered, refused, failed, stolen; /* failed: + timed out + cancelled */
};

/* The pool during one column. */
struct ps_pool_column {
    uint64_t number;             /* the column is [number, number + 1) x column_ns of its level */
    uint64_t at_ns;              /* instant of the snapshot that closed it */
    struct ps_pool_counts count; /* at at_ns */
    float done_per_s;            /* completed */
    float offered_per_s;         /* submitted */
    float refused_per_s, failed_per_s;
    float steals_per_s;
    float queued, in_flight; /* at its end; above level 0 means */
    float queued_peak;
    float response_p99_ms; /* level 0: over the last second; above: of the column. 0: no data */
    uint16_t workers;
};

/* Response times in 16 buckets an octave, totals since the start, modulo 2^32: differences are
 * exact, quantiles within 3 %. */
#define PS_COARSE_SHIFT   2u
#define PS_COARSE_BUCKETS (PS_HIST_BUCKETS >> PS_COARSE_SHIFT)

struct ps_timeline;

struct ps_timeline *ps_timeline_new(void); /* NULL: out of memory */
void ps_timeline_free(struct ps_timeline *timeline);
void ps_timeline_clear(struct ps_timeline *timeline);
/* into and from were both made by ps_timeline_new. */
void ps_timeline_copy(struct ps_timeline *into, const struct ps_timeline *from);

/* Where the first columns begin. Before the first push. */
void ps_timeline_begin(struct ps_timeline *timeline, uint64_t at_ns,
                       const struct ps_pool_counts *count,
                       const uint32_t response[PS_COARSE_BUCKETS]);
/* Add a column of level 0; coarser columns that end with it are closed. `number` is one more than
 * that of the push before. lanes: of `slots` workers; response: as ps_coarse_fill made it. */
void ps_timeline_push(struct ps_timeline *timeline, const struct ps_pool_column *column,
                      const struct ps_lane_column *lanes, unsigned slots,
                      const uint32_t response[PS_COARSE_BUCKETS]);

void ps_coarse_fill(uint32_t into[PS_COARSE_BUCKETS], const struct ps_hist_sum *sum);

/* Columns there are. age 0 is the newest complete column of the level. */
unsigned ps_timeline_columns(const struct ps_timeline *timeline, unsigned level);
const struct ps_pool_column *ps_timeline_pool(const struct ps_timeline *timeline, unsigned level,
                                              unsigned age);
const struct ps_lane_column *ps_timeline_lane(const struct ps_timeline *timeline, unsigned level,
                                              unsigned worker, unsigned age);

/* The state that took most of the columns [age, age + count), and whether it was mostly without a
 * CPU (only for RUN). OFF if there are none. Work shows before idleness: idle, seek and off win
 * only if nothing else took a fifth. */
enum ps_state ps_timeline_state(const struct ps_timeline *timeline, unsigned level, unsigned worker,
                                unsigned age, unsigned count, bool *ready);

/* ---- instants and what lies between them ---- */

/* All that is needed of an instant once its columns are forgotten. Plain data. */
struct ps_instant {
    uint64_t column_ns; /* how finely it is known; 0: no instant */
    struct ps_pool_column pool;
    uint32_t response[PS_COARSE_BUCKETS];
};

/* The end of the finest column that holds at_ns (the newest if that is later). False: there is
 * none, or none is left. */
bool ps_timeline_instant(const struct ps_timeline *timeline, uint64_t at_ns,
                         struct ps_instant *into);

struct ps_between {
    uint64_t elapsed_ns;
    struct ps_pool_counts count;
    uint64_t responses;              /* timed tasks that ended in between */
    uint64_t p50_ns, p99_ns, max_ns; /* within 3 %; 0: no responses */
};
/* `to` is not before `from`, and of the same run. */
void ps_instants_between(const struct ps_instant *from, const struct ps_instant *to,
                         struct ps_between *into);

#endif
