#include "metrics/metric_parts.h"

#include "base/clock.h"

/* ---- a worker ---- */

static const struct ps_worker_view *worker_of(const struct ps_metric_source *from)
{
    return &from->snapshot->worker[from->index];
}

struct ps_metric_value ps_metric_worker_tasks(const struct ps_metric_source *from, unsigned unused)
{
    (void)unused;
    return count_of(ps_totals_ended(&worker_of(from)->totals));
}

struct ps_metric_value ps_metric_worker_share(const struct ps_metric_source *from, unsigned state)
{
    const uint64_t *time = worker_of(from)->time_ns;
    uint64_t sum = 0;
    if (state == PS_STATE_GIL && from->snapshot->gil_interval_ns == 0)
        return na();
    for (unsigned s = 0; s < PS_STATE_COUNT; s++)
        if (s != PS_STATE_OFF)
            sum += time[s];
    return sum ? real_of((double)time[state] / (double)sum) : na();
}

struct ps_metric_value ps_metric_worker_depth(const struct ps_metric_source *from, unsigned unused)
{
    (void)unused;
    return count_of(worker_of(from)->queue_depth);
}

struct ps_metric_value ps_metric_worker_depth_peak(const struct ps_metric_source *from,
                                                   unsigned unused)
{
    (void)unused;
    return count_of(worker_of(from)->depth_peak);
}

struct ps_metric_value ps_metric_worker_steals(const struct ps_metric_source *from, unsigned figure)
{
    return count_of(figure == STEAL_OPERATIONS ? worker_of(from)->steals : worker_of(from)->stolen);
}

struct ps_metric_value ps_metric_worker_hogs(const struct ps_metric_source *from, unsigned unused)
{
    (void)unused;
    return count_of(worker_of(from)->hogs);
}

struct ps_metric_value ps_metric_worker_robbed(const struct ps_metric_source *from, unsigned unused)
{
    (void)unused;
    return count_of(worker_of(from)->robbed);
}

struct ps_metric_value ps_metric_worker_os(const struct ps_metric_source *from, unsigned waiting)
{
    const struct ps_worker_view *worker = worker_of(from);
    if (!worker->os_valid)
        return na();
    return real_of((double)(waiting ? worker->ready_ns : worker->cpu_ns) / PS_NS_PER_S);
}

/* ---- a task type ---- */

static const struct ps_type_view *type_of(const struct ps_metric_source *from)
{
    return &from->snapshot->type[from->index];
}

struct ps_metric_value ps_metric_type_submitted(const struct ps_metric_source *from,
                                                unsigned unused)
{
    (void)unused;
    return count_of(type_of(from)->totals.submitted);
}

struct ps_metric_value ps_metric_type_retries(const struct ps_metric_source *from, unsigned denied)
{
    const struct ps_totals *totals = &from->snapshot->type[from->index].totals;
    return count_of(denied ? totals->denied : totals->retried);
}

struct ps_metric_value ps_metric_type_ended(const struct ps_metric_source *from, unsigned outcome)
{
    return count_of(type_of(from)->totals.ended[outcome]);
}

struct ps_metric_value ps_metric_type_timed(const struct ps_metric_source *from, unsigned unused)
{
    (void)unused;
    return count_of(type_of(from)->timed);
}

struct ps_metric_value ps_metric_type_latency(const struct ps_metric_source *from, unsigned figure)
{
    const struct ps_type_view *type = type_of(from);
    if (!type->timed)
        return na();
    const uint64_t figures[] = {
        [TYPE_SERVICE_P50] = type->service_p50_ns,   [TYPE_SERVICE_P99] = type->service_p99_ns,
        [TYPE_SERVICE_MAX] = type->service_max_ns,   [TYPE_RESPONSE_P50] = type->response_p50_ns,
        [TYPE_RESPONSE_P99] = type->response_p99_ns, [TYPE_RESPONSE_MAX] = type->response_max_ns,
    };
    return count_of(figures[figure]);
}

/* Of the first kernel of the type that has come to an end. */
struct ps_metric_value ps_metric_type_kernel(const struct ps_metric_source *from, unsigned fastest)
{
    for (uint32_t i = 0; i < from->snapshot->answers; i++) {
        const struct ps_answer_view *answer = &from->snapshot->answer[i];
        if ((answer->types >> from->index & 1) != 0 && answer->right > 0)
            return count_of(fastest ? answer->fastest_ns : answer->mean_ns);
    }
    return na();
}
