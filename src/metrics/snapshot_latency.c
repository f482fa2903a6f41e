#include "metrics/snapshot_parts.h"

#include <string.h>

static void sum_into(struct ps_hist_sum *all, const struct ps_hist_sum *one)
{
    if (one->count == 0)
        return;
    for (unsigned i = 0; i < PS_HIST_BUCKETS; i++)
        all->bucket[i] += one->bucket[i];
    all->count += one->count;
    all->sum_ns += one->sum_ns;
    if (one->max_ns > all->max_ns)
        all->max_ns = one->max_ns;
}

static uint64_t mean_of(const struct ps_hist_sum *sum)
{
    return sum->count ? sum->sum_ns / sum->count : 0;
}

static void take_type_latency(struct ps_type_view *view, const struct ps_latency_view *sum)
{
    view->timed = sum->service.count;
    view->service_mean_ns = mean_of(&sum->service);
    view->service_p50_ns = ps_hist_quantile(&sum->service, 0.50);
    view->service_p99_ns = ps_hist_quantile(&sum->service, 0.99);
    view->service_max_ns = sum->service.max_ns;
    view->response_mean_ns = mean_of(&sum->response);
    view->response_p50_ns = ps_hist_quantile(&sum->response, 0.50);
    view->response_p99_ns = ps_hist_quantile(&sum->response, 0.99);
    view->response_max_ns = sum->response.max_ns;
    view->queueing_mean_ns = mean_of(&sum->queueing);
    view->queueing_p50_ns = ps_hist_quantile(&sum->queueing, 0.50);
    view->queueing_p99_ns = ps_hist_quantile(&sum->queueing, 0.99);
    view->queueing_max_ns = sum->queueing.max_ns;
    memset(view->spread, 0, sizeof view->spread);
    ps_hist_steps(&sum->response, view->spread);
}

static void take_worker_latency(struct ps_worker_view *view, struct ps_segment *segment,
                                unsigned slot, struct ps_lately *lately)
{
    struct ps_hist_sum service = {0}, queueing = {0};
    for (unsigned t = 0; t < segment->types; t++) {
        ps_hist_add(&service, &ps_segment_type(segment, slot, t)->service);
        ps_hist_add(&queueing, &ps_segment_type(segment, slot, t)->queueing);
    }
    view->timed = service.count;
    view->service_mean_ns = mean_of(&service);
    view->service_p50_ns = ps_hist_quantile(&service, 0.50);
    view->service_p99_ns = ps_hist_quantile(&service, 0.99);
    view->service_max_ns = service.max_ns;
    view->queueing_p50_ns = ps_hist_quantile(&queueing, 0.50);
    view->queueing_p99_ns = ps_hist_quantile(&queueing, 0.99);
    if (lately)
        ps_lately_worker(lately, slot, &service, &queueing, view);
}

void ps_take_latency(struct ps_snapshot *into, struct ps_segment *segment, struct ps_lately *lately)
{
    struct ps_latency_view *all = &into->latency;
    memset(all, 0, sizeof *all);
    for (unsigned t = 0; t < segment->types; t++) {
        struct ps_latency_view sum = {0};
        for (unsigned slot = 0; slot <= segment->slots; slot++) {
            if (slot >= into->slots && slot < segment->slots)
                continue;
            const struct ps_type_cell *cell = ps_segment_type(segment, slot, t);
            ps_hist_add(&sum.response, &cell->response);
            ps_hist_add(&sum.service, &cell->service);
            ps_hist_add(&sum.queueing, &cell->queueing);
        }
        take_type_latency(&into->type[t], &sum);
        if (lately)
            ps_lately_type(lately, t, &sum, &into->type[t]);
        sum_into(&all->response, &sum.response);
        sum_into(&all->service, &sum.service);
        sum_into(&all->queueing, &sum.queueing);
    }
    for (unsigned slot = 0; slot < into->slots; slot++)
        take_worker_latency(&into->worker[slot], segment, slot, lately);
}
