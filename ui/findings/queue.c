/* Load against capacity: what comes, what is queued, what is tried again. */
#include <inttypes.h>

#include "base/clock.h"
#include "ui/findings/finding.h"
#include "ui/format.h"

/* Above its bound for the last 2 s, on the average: what tasks spawn goes in, bound or not, so that
 * no worker waits for room that only workers can make. The mean; 0: it is not so. */
static double above_bound(const struct ps_signs *signs)
{
    double bound = (double)signs->snapshot->queue_bound, sum = 0;
    unsigned columns = ps_history_columns(signs->history);
    columns = columns < PS_RATE_COLUMNS ? columns : PS_RATE_COLUMNS;
    for (unsigned age = 0; age < columns; age++)
        sum += (double)ps_history_pool(signs->history, age)->queued / (double)columns;
    return bound > 0 && sum > bound ? sum : 0;
}

bool ps_look_full(const struct ps_signs *signs, struct ps_finding *f)
{
    const struct ps_snapshot *s = signs->snapshot;
    const struct ps_figures *figures = signs->figures;
    char refused[PS_FIGURE_BYTES], offered[PS_FIGURE_BYTES], done[PS_FIGURE_BYTES];
    char queued[PS_FIGURE_BYTES];
    double above = above_bound(signs);
    bool refuses = figures->refused >= 0.5;
    bool full = s->queue_bound > 0 && s->queued >= s->queue_bound;
    if (!signs->running || signs->deadlocked || (!refuses && !full && above <= 0))
        return false;
    ps_figure_rate(refused, figures->refused);
    ps_figure_rate(offered, figures->offered);
    ps_figure_rate(done, figures->done);
    double share = figures->offered > 0 ? 100 * figures->refused / figures->offered : 0;
    if (refuses)
        ps_finding_say(f, PS_STYLE_WARNING,
                       "Refusing %s/s (%.0f %%): %s/s offered is more than the %s/s that get done. "
                       "+ or [",
                       refused, share, offered, done);
    else if (above > 0 || s->queued > s->queue_bound)
        ps_finding_say(f, PS_STYLE_NOTE,
                       "%s tasks are queued, above the bound of %" PRIu64
                       ": it is for arrivals; what tasks spawn always goes in.",
                       ps_figure_whole(queued, above > 0 ? (uint64_t)above : s->queued),
                       s->queue_bound);
    else
        ps_finding_say(f, PS_STYLE_WARNING,
                       "The queue is full (%" PRIu64 "): submitters wait for room.",
                       s->queue_bound);
    ps_finding_figure(f, "queued", "%" PRIu64 ", bound %" PRIu64, s->queued, s->queue_bound);
    if (above > 0)
        ps_finding_figure(f, "mean of 2 s", "%.0f queued (bar: the bound)", above);
    ps_finding_figure(f, "offered", "%s/s", offered);
    ps_finding_figure(f, "done", "%s/s", done);
    ps_finding_figure(f, "refused", "%s/s, %.0f %% of what is offered", refused, share);
    ps_finding_figure(f, "have a task", "%.1f of %u", signs->sums.busy, figures->lanes);
    ps_finding_try(f, PS_DO_WORKERS_MORE, "one worker more");
    ps_finding_try(f, PS_DO_LOAD_LESS, "less load");
    return true;
}

#define GROWTH_COLUMNS 50u /* 5 s */

struct flow {
    double offered, done; /* per second */
};

/* Means over the same time as the growth of the queue. */
static struct flow flow_of(const struct ps_history *history)
{
    struct flow flow = {0, 0};
    unsigned columns = ps_history_columns(history);
    columns = columns < GROWTH_COLUMNS ? columns : GROWTH_COLUMNS;
    for (unsigned age = 0; age < columns; age++) {
        flow.offered += ps_history_pool(history, age)->offered_per_s / (double)columns;
        flow.done += ps_history_pool(history, age)->done_per_s / (double)columns;
    }
    return flow;
}

/* Tasks a second by which the queue has grown over 5 s, all along; 0: it has not. */
static double growth(const struct ps_history *history)
{
    if (ps_history_columns(history) < 60)
        return 0;
    const struct ps_pool_column *now = ps_history_pool(history, 0);
    const struct ps_pool_column *middle = ps_history_pool(history, GROWTH_COLUMNS / 2);
    const struct ps_pool_column *then = ps_history_pool(history, GROWTH_COLUMNS);
    if (now->queued <= middle->queued || middle->queued <= then->queued || now->queued <= 20)
        return 0;
    return (double)(now->queued - then->queued) / 5;
}

bool ps_look_saturated(const struct ps_signs *signs, struct ps_finding *f)
{
    const struct ps_snapshot *s = signs->snapshot;
    const struct ps_figures *figures = signs->figures;
    double grows = growth(signs->history);
    struct flow flow = flow_of(signs->history);
    unsigned lanes = figures->lanes;
    bool backlog = s->queued >= 4 * (uint64_t)lanes;
    char queued[PS_FIGURE_BYTES], offered[PS_FIGURE_BYTES], done[PS_FIGURE_BYTES];
    if (s->phase != PS_PHASE_RUNNING || signs->deadlocked || lanes == 0 ||
        figures->refused >= 0.5 || signs->sums.busy < 0.9 * lanes || (grows <= 1 && !backlog))
        return false;
    double busy = 100 * signs->sums.busy / lanes;
    ps_figure_whole(queued, s->queued);
    if (grows > 1)
        ps_finding_say(f, PS_STYLE_WARNING,
                       "Saturated: workers have a task %.0f %% of the time and the queue grows by "
                       "%.0f tasks a second: more comes than goes.",
                       busy, grows);
    else
        ps_finding_say(
            f, s->rate > 0 ? PS_STYLE_WARNING : PS_STYLE_NOTE,
            "Saturated: workers have a task %.0f %% of the time and %s tasks are queued.", busy,
            queued);
    ps_finding_figure(f, "have a task", "%.1f of %u (bar: 90 %%)", signs->sums.busy, lanes);
    ps_finding_figure(f, "queued", "%s tasks (bar: %u)", queued, 4 * lanes);
    ps_finding_figure(f, "queue grows by", "%.0f tasks a second over 5 s", grows);
    ps_finding_figure(f, "offered", "%s/s over 5 s", ps_figure_rate(offered, flow.offered));
    ps_finding_figure(f, "done", "%s/s over 5 s", ps_figure_rate(done, flow.done));
    ps_finding_try(f, PS_DO_WORKERS_MORE, "one worker more, if there is a CPU for it");
    ps_finding_try(f, PS_DO_LOAD_LESS, "less load");
    return true;
}

bool ps_look_retries(const struct ps_signs *signs, struct ps_finding *f)
{
    const struct ps_totals *then = &signs->then->totals, *now = &signs->now->totals;
    double retried = ps_signs_rate(signs, then->retried, now->retried);
    double submitted = ps_signs_rate(signs, then->submitted, now->submitted);
    double failed = 0;
    char again[PS_FIGURE_BYTES], all[PS_FIGURE_BYTES], lost[PS_FIGURE_BYTES], done[PS_FIGURE_BYTES];
    if (!signs->running || retried < 1 || retried < 0.2 * submitted)
        return false;
    for (unsigned i = PS_FAILED; i < PS_OUTCOME_COUNT; i++)
        failed += ps_signs_rate(signs, then->ended[i], now->ended[i]);
    ps_finding_say(f, PS_STYLE_WARNING,
                   "Retry storm: %.0f %% of what is submitted are further attempts (%s/s), and "
                   "only %s/s get done.",
                   100 * retried / submitted, ps_figure_rate(again, retried),
                   ps_figure_rate(done, signs->figures->done));
    ps_finding_figure(f, "further attempts", "%s/s of %s/s submitted (bar: 20 %%)", again,
                      ps_figure_rate(all, submitted));
    ps_finding_figure(f, "come to nothing", "%s/s fail, time out or are refused",
                      ps_figure_rate(lost, failed));
    ps_finding_figure(f, "denied by the budget", "%.1f/s",
                      ps_signs_rate(signs, then->denied, now->denied));
    ps_finding_figure(f, "queued", "%" PRIu64 " tasks", signs->snapshot->queued);
    ps_finding_try(f, PS_DO_LOAD_LESS, "less load: does it recover, or does it feed on itself?");
    ps_finding_try(f, PS_DO_NOTHING, "a retry budget or a longer backoff in the preset");
    return true;
}

/* The type that waits longest for its own length, if it waits so and a much longer one is there. */
bool ps_look_behind(const struct ps_signs *signs, struct ps_finding *f)
{
    const struct ps_snapshot *s = signs->snapshot;
    const struct ps_type_view *mouse = NULL, *elephant = NULL;
    char wait[PS_FIGURE_BYTES], work[PS_FIGURE_BYTES], length[PS_FIGURE_BYTES];
    for (unsigned t = 0; t < s->types; t++) {
        const struct ps_type_view *type = &s->type[t];
        uint64_t mean_ns = type->lately_service.mean_ns;
        if (type->lately_service.count < 5)
            continue;
        if (!elephant || mean_ns > elephant->lately_service.mean_ns)
            elephant = type;
        if (type->lately_service.count >= 20 && (!mouse || mean_ns < mouse->lately_service.mean_ns))
            mouse = type;
    }
    if (!signs->running || !mouse ||
        mouse->lately_queueing.mean_ns < 5 * mouse->lately_service.mean_ns ||
        elephant->lately_service.mean_ns < 10 * mouse->lately_service.mean_ns)
        return false;
    ps_figure_time(wait, mouse->lately_queueing.mean_ns);
    ps_figure_time(work, mouse->lately_service.mean_ns);
    ps_figure_time(length, elephant->lately_service.mean_ns);
    ps_finding_say(f, PS_STYLE_WARNING,
                   "Short behind long: '%s' waits %s for %s of work, in one pool with '%s' of %s.",
                   mouse->name, wait, work, elephant->name, length);
    ps_finding_figure(f, mouse->name, "mean queueing %s, mean service %s (bar: 5 times)", wait,
                      work);
    ps_finding_figure(f, elephant->name, "mean service %s (bar: 10 times as long)", length);
    ps_finding_figure(f, "timed", "%" PRIu64 " and %" PRIu64 " tasks in %u s",
                      mouse->lately_service.count, elephant->lately_service.count,
                      PS_LATENCY_SECONDS);
    ps_finding_try(f, PS_DO_ENGINE, "workers reserved for each: threadpool:bulkhead");
    ps_finding_try(f, PS_DO_WORKERS_MORE, "one worker more");
    return true;
}

bool ps_look_queueing(const struct ps_signs *signs, struct ps_finding *f)
{
    const struct ps_quantiles *latency = signs->figures->latency;
    const struct ps_quantiles *response = &latency[PS_ROW_RESPONSE];
    const struct ps_quantiles *queueing = &latency[PS_ROW_QUEUEING];
    char time[PS_FIGURE_BYTES], part[PS_FIGURE_BYTES];
    if (response->count < 20 || response->mean_ns == 0)
        return false;
    double share = 100.0 * (double)queueing->mean_ns / (double)response->mean_ns;
    if (share <= 10)
        return false;
    ps_finding_say(f, PS_STYLE_NOTE, "Of the mean response of %s, %.0f %% is waiting in a queue.",
                   ps_figure_time(time, response->mean_ns), share > 100 ? 100 : share);
    ps_finding_figure(f, "mean response", "%s over %u s, %" PRIu64 " tasks", time,
                      PS_LATENCY_SECONDS, response->count);
    ps_finding_figure(f, "mean queueing", "%s", ps_figure_time(part, queueing->mean_ns));
    ps_finding_figure(f, "mean service", "%s",
                      ps_figure_time(part, latency[PS_ROW_SERVICE].mean_ns));
    ps_finding_try(f, PS_DO_WORKERS_MORE, "one worker more");
    ps_finding_try(f, PS_DO_LOAD_LESS, "less load");
    return true;
}
