/* The table of metrics: each is described once. Reports, help and the manual are made from it.
 *
 * A value that an engine cannot have, or that could not be measured, is n/a, which is not 0. */
#ifndef PS_METRICS_METRIC_TABLE_H
#define PS_METRICS_METRIC_TABLE_H

#include "metrics/snapshot.h"

enum ps_metric_scope {
    PS_METRIC_RUN,    /* one value a run */
    PS_METRIC_WORKER, /* one a worker slot */
    PS_METRIC_TYPE    /* one a task type */
};

enum ps_metric_kind { PS_METRIC_NA, PS_METRIC_COUNT, PS_METRIC_REAL, PS_METRIC_FLAG };

struct ps_metric_value {
    enum ps_metric_kind kind;
    uint64_t count;
    double real;
    bool flag;
};

/* What no single snapshot holds: the largest values of the snapshots seen during a run. */
struct ps_metric_peaks {
    uint64_t in_flight, waiting, queued;
};

/* Where a metric takes its value from. */
struct ps_metric_source {
    const struct ps_snapshot *snapshot;
    const struct ps_metric_peaks *peaks; /* NULL: n/a */
    unsigned index;                      /* of the worker or type; RUN: 0 */
};

struct ps_metric {
    const char *key;     /* place in the JSON object of a run (per worker, per type); dots nest */
    const char *label;   /* for people */
    const char *unit;    /* "tasks", "ns", "1/s", "" for a pure number */
    const char *meaning; /* one sentence */
    enum ps_metric_scope scope;
    unsigned trait; /* engines and policies without it cannot have the metric; 0: all have it */
    struct ps_metric_value (*value)(const struct ps_metric_source *source, unsigned argument);
    unsigned argument; /* passed to value */
};

/* In the order of reports; ends with key == NULL. */
extern const struct ps_metric ps_metrics[];

/* n/a unless the traits allow it. */
struct ps_metric_value ps_metric_value(const struct ps_metric *metric,
                                       const struct ps_metric_source *source);

/* By scope and key; NULL: there is none. */
const struct ps_metric *ps_metric_find(enum ps_metric_scope scope, const char *key);

/* "1842", "0.93", "yes", "n/a". Returns into. */
const char *ps_metric_format(char *into, size_t size, const struct ps_metric_value *value);

/* Seconds from the start of the run to its end, or to the snapshot while it runs; pauses count. */
double ps_snapshot_seconds(const struct ps_snapshot *snapshot);

/* Tasks that wait for anything at the instant of the snapshot. */
uint64_t ps_snapshot_waiting(const struct ps_snapshot *snapshot);

void ps_metric_peaks_feed(struct ps_metric_peaks *peaks, const struct ps_snapshot *snapshot);

#endif
