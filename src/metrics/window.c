#include "metrics/window.h"

/* Counters that are sampled one after the other may seem to go back by a few. */
static void take_off(uint64_t *counter, uint64_t before)
{
    *counter = *counter > before ? *counter - before : 0;
}

static void totals(struct ps_totals *into, const struct ps_totals *from)
{
    take_off(&into->submitted, from->submitted);
    take_off(&into->started, from->started);
    for (unsigned outcome = 0; outcome < PS_OUTCOME_COUNT; outcome++)
        take_off(&into->ended[outcome], from->ended[outcome]);
}

static void worker(struct ps_worker_view *into, const struct ps_worker_view *from)
{
    totals(&into->totals, &from->totals);
    take_off(&into->moves, from->moves);
    take_off(&into->steals, from->steals);
    take_off(&into->stolen, from->stolen);
    take_off(&into->steal_tries, from->steal_tries);
    take_off(&into->robbed, from->robbed);
    take_off(&into->parks, from->parks);
    take_off(&into->wakes, from->wakes);
    take_off(&into->hogs, from->hogs);
    for (unsigned state = 0; state < PS_STATE_COUNT; state++)
        take_off(&into->time_ns[state], from->time_ns[state]);
    take_off(&into->cpu_ns, from->cpu_ns);
    take_off(&into->ready_ns, from->ready_ns);
}

static void process(struct ps_process_view *into, const struct ps_process_view *from)
{
    take_off(&into->cpu_ns, from->cpu_ns);
    take_off(&into->voluntary, from->voluntary);
    take_off(&into->involuntary, from->involuntary);
}

static void steals(struct ps_snapshot *into, const struct ps_snapshot *from)
{
    for (unsigned thief = 0; thief < from->slots; thief++)
        for (unsigned victim = 0; victim < from->slots; victim++) {
            unsigned cell = thief * PS_MAX_WORKERS + victim;
            take_off(&into->steal_ops[cell], from->steal_ops[cell]);
            take_off(&into->steal_tasks[cell], from->steal_tasks[cell]);
        }
}

static void latency(struct ps_latency_view *into, const struct ps_latency_view *from,
                    const struct ps_latency_view *to)
{
    ps_hist_diff(&into->response, &to->response, &from->response);
    ps_hist_diff(&into->service, &to->service, &from->service);
    ps_hist_diff(&into->queueing, &to->queueing, &from->queueing);
}

void ps_snapshot_window(struct ps_snapshot *into, const struct ps_snapshot *from,
                        const struct ps_snapshot *to)
{
    ps_snapshot_copy(into, to);
    if (from->at_ns > into->started_ns)
        into->started_ns = from->at_ns;
    take_off(&into->paused_ns, from->paused_ns);
    totals(&into->totals, &from->totals);
    take_off(&into->outside_started, from->outside_started);
    take_off(&into->jobs_submitted, from->jobs_submitted);
    take_off(&into->jobs_ended, from->jobs_ended);
    take_off(&into->forks, from->forks);
    take_off(&into->net_requests, from->net_requests);
    take_off(&into->net_errors, from->net_errors);
    take_off(&into->events_lost, from->events_lost);
    for (unsigned slot = 0; slot < from->slots; slot++)
        worker(&into->worker[slot], &from->worker[slot]);
    for (unsigned type = 0; type < from->types; type++) {
        totals(&into->type[type].totals, &from->type[type].totals);
        take_off(&into->type[type].timed, from->type[type].timed);
    }
    process(&into->process, &from->process);
    latency(&into->latency, &from->latency, &to->latency);
    steals(into, from);
}
