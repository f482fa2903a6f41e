/* Values of what a run consists of, a worker or a task type: from->index says which. Each is the
 * `value` of rows of the table of metrics, and its second argument theirs. Private to
 * metric_table.c. */
#ifndef PS_METRICS_METRIC_PARTS_H
#define PS_METRICS_METRIC_PARTS_H

#include "metrics/metric_table.h"

enum steal_figure { STEAL_OPERATIONS, STEAL_TASKS, STEAL_TRIES };
enum type_figure {
    TYPE_SERVICE_P50,
    TYPE_SERVICE_P99,
    TYPE_SERVICE_MAX,
    TYPE_RESPONSE_P50,
    TYPE_RESPONSE_P99,
    TYPE_RESPONSE_MAX
};

static inline struct ps_metric_value count_of(uint64_t count)
{
    return (struct ps_metric_value){.kind = PS_METRIC_COUNT, .count = count};
}

static inline struct ps_metric_value real_of(double real)
{
    return (struct ps_metric_value){.kind = PS_METRIC_REAL, .real = real};
}

static inline struct ps_metric_value na(void)
{
    return (struct ps_metric_value){.kind = PS_METRIC_NA};
}

struct ps_metric_value ps_metric_worker_tasks(const struct ps_metric_source *from, unsigned unused);
struct ps_metric_value ps_metric_worker_share(const struct ps_metric_source *from, unsigned state);
struct ps_metric_value ps_metric_worker_depth(const struct ps_metric_source *from, unsigned unused);
struct ps_metric_value ps_metric_worker_depth_peak(const struct ps_metric_source *from,
                                                   unsigned unused);
struct ps_metric_value ps_metric_worker_steals(const struct ps_metric_source *from,
                                               unsigned figure);
struct ps_metric_value ps_metric_worker_hogs(const struct ps_metric_source *from, unsigned unused);
struct ps_metric_value ps_metric_worker_robbed(const struct ps_metric_source *from,
                                               unsigned unused);
struct ps_metric_value ps_metric_worker_os(const struct ps_metric_source *from, unsigned waiting);
struct ps_metric_value ps_metric_type_submitted(const struct ps_metric_source *from,
                                                unsigned unused);
struct ps_metric_value ps_metric_type_retries(const struct ps_metric_source *from, unsigned denied);
struct ps_metric_value ps_metric_type_ended(const struct ps_metric_source *from, unsigned outcome);
struct ps_metric_value ps_metric_type_timed(const struct ps_metric_source *from, unsigned unused);
struct ps_metric_value ps_metric_type_latency(const struct ps_metric_source *from, unsigned figure);
struct ps_metric_value ps_metric_type_kernel(const struct ps_metric_source *from, unsigned fastest);

#endif
