#include "ui/figures.h"

#include "base/clock.h"

static struct ps_quantiles quantiles(const struct ps_hist_sum *sum)
{
    if (sum->count == 0)
        return (struct ps_quantiles){0};
    return (struct ps_quantiles){
        .count = sum->count,
        .mean_ns = sum->sum_ns / sum->count,
        .p50_ns = ps_hist_quantile(sum, 0.5),
        .p90_ns = ps_hist_quantile(sum, 0.9),
        .p99_ns = ps_hist_quantile(sum, 0.99),
        .p999_ns = ps_hist_quantile(sum, 0.999),
        .max_ns = sum->max_ns,
    };
}

static void take_rates(struct ps_figures *f, const struct ps_history *history)
{
    const unsigned second = (unsigned)(PS_NS_PER_S / PS_COLUMN_NS);
    unsigned columns = ps_history_columns(history);
    unsigned window = columns < PS_LATENCY_SECONDS * second ? columns : PS_LATENCY_SECONDS * second;
    unsigned recent = columns < second ? columns : second;
    for (unsigned age = 0; age < window; age++) {
        const struct ps_pool_column *pool = ps_history_pool(history, age);
        f->in_flight += pool->in_flight / (double)window;
        f->done_window += pool->done_per_s / (double)window;
        if (age >= recent)
            continue;
        f->done += pool->done_per_s / (double)recent;
        f->offered += pool->offered_per_s / (double)recent;
        f->refused += pool->refused_per_s / (double)recent;
        f->failed += pool->failed_per_s / (double)recent;
        f->steals += pool->steals_per_s / (double)recent;
    }
}

static unsigned lanes_of(const struct ps_snapshot *s)
{
    unsigned lanes = s->workers < PS_MAX_WORKERS ? s->workers : PS_MAX_WORKERS;
    for (unsigned w = lanes; w < s->slots && w < PS_MAX_WORKERS; w++)
        if (s->worker[w].state != PS_STATE_OFF)
            lanes = w + 1;
    return lanes;
}

static uint64_t run_time(const struct ps_snapshot *s)
{
    if (s->started_ns == 0)
        return 0;
    uint64_t end = s->ended_ns ? s->ended_ns : s->at_ns;
    uint64_t gone = s->started_ns + s->paused_ns;
    return end > gone ? end - gone : 0;
}

uint64_t ps_state_age(const struct ps_snapshot *snapshot, unsigned worker)
{
    const struct ps_worker_view *w = &snapshot->worker[worker];
    return snapshot->at_ns > w->since_ns ? snapshot->at_ns - w->since_ns : 0;
}

bool ps_view_deadlocked(const struct ps_live_view *view)
{
    return view->snapshot->end == PS_END_DEADLOCK && view->snapshot->phase != PS_PHASE_ENDED;
}

bool ps_view_high(const struct ps_live_view *view, int type)
{
    const struct ps_experiment *e = view->experiment;
    return e && type >= 0 && (unsigned)type < e->type_count && e->types[type].high;
}

const char *ps_high_mark(bool ascii)
{
    return ascii ? "^" : "↑";
}

void ps_figures_take(struct ps_figures *f, const struct ps_live_view *view)
{
    *f = (struct ps_figures){0};
    take_rates(f, view->history);
    struct ps_latency_view latency;
    ps_history_latency(view->history, PS_LATENCY_SECONDS, &latency);
    f->latency[PS_ROW_RESPONSE] = quantiles(&latency.response);
    f->latency[PS_ROW_SERVICE] = quantiles(&latency.service);
    f->latency[PS_ROW_QUEUEING] = quantiles(&latency.queueing);
    ps_hist_steps(&latency.response, f->spread);
    f->run_ns = run_time(view->snapshot);
    f->lanes = lanes_of(view->snapshot);
    for (unsigned w = 0; w < f->lanes; w++)
        ps_history_worker(view->history, w, &f->rate[w]);
    for (unsigned s = 0; s < PS_STATE_COUNT; s++)
        f->waiting += view->snapshot->waiting[s];
}
