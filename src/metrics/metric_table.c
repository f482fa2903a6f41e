#include "metrics/metric_table.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "metrics/metric_parts.h"

enum latency_part { RESPONSE, SERVICE, QUEUEING };
enum latency_figure { COUNT, MEAN, P50, P90, P99, P99_9, MAX, FIGURES };
enum process_figure { RSS, RSS_PEAK, CPU, VOLUNTARY, INVOLUNTARY };
enum peak_figure { PEAK_IN_FLIGHT, PEAK_WAITING, PEAK_QUEUED };
enum gil_figure { GIL_WAIT, GIL_SWITCHES, GIL_REQUESTS };
enum http_figure { HTTP_PORT, HTTP_OPENED, HTTP_PEAK, HTTP_REJECTED };
enum tuner_figure { TUNER_CHANGES, TUNER_TURNS, TUNER_LOW, TUNER_HIGH };
enum clients_figure { CLIENTS, CLIENTS_ANSWERED, CLIENT_ERRORS };

double ps_snapshot_seconds(const struct ps_snapshot *snapshot)
{
    uint64_t end = snapshot->ended_ns ? snapshot->ended_ns : snapshot->at_ns;
    if (!snapshot->started_ns || end < snapshot->started_ns)
        return 0;
    return (double)(end - snapshot->started_ns) / PS_NS_PER_S;
}

uint64_t ps_snapshot_waiting(const struct ps_snapshot *snapshot)
{
    uint64_t sum = 0;
    for (unsigned state = 0; state < PS_STATE_COUNT; state++)
        sum += snapshot->waiting[state];
    return sum;
}

static void raise_to(uint64_t *peak, uint64_t value)
{
    if (value > *peak)
        *peak = value;
}

void ps_metric_peaks_feed(struct ps_metric_peaks *peaks, const struct ps_snapshot *snapshot)
{
    raise_to(&peaks->in_flight, snapshot->in_flight);
    raise_to(&peaks->waiting, ps_snapshot_waiting(snapshot));
    raise_to(&peaks->queued, snapshot->queued);
}

/* ---- the run ---- */

static struct ps_metric_value seconds(const struct ps_metric_source *from, unsigned unused)
{
    (void)unused;
    return real_of(ps_snapshot_seconds(from->snapshot));
}

static struct ps_metric_value submitted(const struct ps_metric_source *from, unsigned unused)
{
    (void)unused;
    return count_of(from->snapshot->totals.submitted);
}

static struct ps_metric_value ended(const struct ps_metric_source *from, unsigned outcome)
{
    return count_of(from->snapshot->totals.ended[outcome]);
}

static struct ps_metric_value retries(const struct ps_metric_source *from, unsigned denied)
{
    const struct ps_totals *totals = &from->snapshot->totals;
    return count_of(denied ? totals->denied : totals->retried);
}

static struct ps_metric_value conserved(const struct ps_metric_source *from, unsigned unused)
{
    (void)unused;
    return (struct ps_metric_value){.kind = PS_METRIC_FLAG,
                                    .flag = ps_totals_conserved(&from->snapshot->totals)};
}

static struct ps_metric_value throughput(const struct ps_metric_source *from, unsigned unused)
{
    (void)unused;
    double time = ps_snapshot_seconds(from->snapshot);
    if (time <= 0)
        return na();
    return real_of((double)from->snapshot->totals.ended[PS_COMPLETED] / time);
}

static struct ps_metric_value latency(const struct ps_metric_source *from, unsigned argument)
{
    static const double quantile[FIGURES] = {
        [P50] = 0.5, [P90] = 0.9, [P99] = 0.99, [P99_9] = 0.999};
    const struct ps_latency_view *view = &from->snapshot->latency;
    const struct ps_hist_sum *sums[] = {&view->response, &view->service, &view->queueing};
    const struct ps_hist_sum *sum = sums[argument / FIGURES];
    unsigned figure = argument % FIGURES;
    if (figure == COUNT)
        return count_of(sum->count);
    if (sum->count == 0)
        return na();
    if (figure == MEAN)
        return count_of(sum->sum_ns / sum->count);
    if (figure == MAX)
        return count_of(sum->max_ns);
    return count_of(ps_hist_quantile(sum, quantile[figure]));
}

static struct ps_metric_value steals(const struct ps_metric_source *from, unsigned figure)
{
    uint64_t sum = 0;
    for (unsigned slot = 0; slot < from->snapshot->slots; slot++) {
        const struct ps_worker_view *worker = &from->snapshot->worker[slot];
        sum += figure == STEAL_OPERATIONS ? worker->steals
               : figure == STEAL_TASKS    ? worker->stolen
                                          : worker->steal_tries;
    }
    return count_of(sum);
}

static struct ps_metric_value parks(const struct ps_metric_source *from, unsigned unused)
{
    (void)unused;
    uint64_t sum = 0;
    for (unsigned slot = 0; slot < from->snapshot->slots; slot++)
        sum += from->snapshot->worker[slot].parks;
    return count_of(sum);
}

static struct ps_metric_value hogs(const struct ps_metric_source *from, unsigned longest)
{
    uint64_t sum = 0, most = 0;
    for (unsigned slot = 0; slot < from->snapshot->slots; slot++) {
        sum += from->snapshot->worker[slot].hogs;
        raise_to(&most, from->snapshot->worker[slot].hog_ns);
    }
    return count_of(longest ? most : sum);
}

static struct ps_metric_value process(const struct ps_metric_source *from, unsigned figure)
{
    const struct ps_process_view *view = &from->snapshot->process;
    if (!view->valid)
        return na();
    switch ((enum process_figure)figure) {
    case RSS:
        return count_of(view->rss_bytes);
    case RSS_PEAK: /* the kernel counts the two apart and lets them differ by some pages */
        return count_of(view->rss_peak_bytes > view->rss_bytes ? view->rss_peak_bytes
                                                               : view->rss_bytes);
    case CPU:
        return real_of((double)view->cpu_ns / PS_NS_PER_S);
    case VOLUNTARY:
        return count_of(view->voluntary);
    case INVOLUNTARY:
        return count_of(view->involuntary);
    }
    return na();
}

static struct ps_metric_value cpu_per_task(const struct ps_metric_source *from, unsigned unused)
{
    (void)unused;
    uint64_t completed = from->snapshot->totals.ended[PS_COMPLETED];
    if (!from->snapshot->process.valid || !completed)
        return na();
    return count_of(from->snapshot->process.cpu_ns / completed);
}

static struct ps_metric_value peak(const struct ps_metric_source *from, unsigned figure)
{
    if (!from->peaks)
        return na();
    const uint64_t peaks[] = {[PEAK_IN_FLIGHT] = from->peaks->in_flight,
                              [PEAK_WAITING] = from->peaks->waiting,
                              [PEAK_QUEUED] = from->peaks->queued};
    return count_of(peaks[figure]);
}

static struct ps_metric_value sampled(const struct ps_metric_source *from, unsigned unused)
{
    (void)unused;
    return count_of(from->snapshot->sample_max > 1 ? from->snapshot->sample_max : 1);
}

static struct ps_metric_value probe_cost(const struct ps_metric_source *from, unsigned unused)
{
    (void)unused;
    return from->snapshot->probe_ns ? count_of(from->snapshot->probe_ns) : na();
}

static struct ps_metric_value calls(const struct ps_metric_source *from, unsigned forks)
{
    return count_of(forks ? from->snapshot->forks : from->snapshot->jobs_ended);
}

static struct ps_metric_value net(const struct ps_metric_source *from, unsigned errors)
{
    return count_of(errors ? from->snapshot->net_errors : from->snapshot->net_requests);
}

static struct ps_metric_value gil(const struct ps_metric_source *from, unsigned figure)
{
    const struct ps_snapshot *snapshot = from->snapshot;
    uint64_t wait_ns = 0;
    if (snapshot->gil_interval_ns == 0)
        return na();
    if (figure != GIL_WAIT)
        return count_of(figure == GIL_SWITCHES ? snapshot->gil_switches : snapshot->gil_requests);
    for (unsigned slot = 0; slot < snapshot->slots; slot++)
        wait_ns += snapshot->worker[slot].time_ns[PS_STATE_GIL];
    return real_of((double)wait_ns / PS_NS_PER_S);
}

static struct ps_metric_value tuner(const struct ps_metric_source *from, unsigned figure)
{
    const struct ps_snapshot *s = from->snapshot;
    if (s->tuner_high == 0)
        return na();
    return count_of(figure == TUNER_CHANGES ? s->tuner_changes
                    : figure == TUNER_TURNS ? s->tuner_turns
                    : figure == TUNER_LOW   ? s->tuner_low
                                            : s->tuner_high);
}

static struct ps_metric_value http(const struct ps_metric_source *from, unsigned figure)
{
    const struct ps_snapshot *s = from->snapshot;
    if (s->http_port == 0)
        return na();
    return count_of(figure == HTTP_PORT     ? s->http_port
                    : figure == HTTP_OPENED ? s->http_opened
                    : figure == HTTP_PEAK   ? s->http_peak
                                            : s->http_rejected);
}

static struct ps_metric_value clients(const struct ps_metric_source *from, unsigned figure)
{
    const struct ps_snapshot *s = from->snapshot;
    if (s->http_clients == 0)
        return na();
    return count_of(figure == CLIENTS            ? s->http_clients
                    : figure == CLIENTS_ANSWERED ? s->http_clients_answered
                                                 : s->http_client_errors);
}

/* ---- the table ---- */

#define RUN_METRIC(key_, label_, unit_, value_, argument_, meaning_)                              \
    {                                                                                             \
        .key = key_, .label = label_, .unit = unit_, .meaning = meaning_, .scope = PS_METRIC_RUN, \
        .value = value_, .argument = argument_                                                    \
    }
#define WORKER_METRIC(key_, label_, unit_, trait_, value_, argument_, meaning_)            \
    {                                                                                      \
        .key = key_, .label = label_, .unit = unit_, .meaning = meaning_,                  \
        .scope = PS_METRIC_WORKER, .trait = trait_, .value = value_, .argument = argument_ \
    }
#define TYPE_METRIC(key_, label_, unit_, value_, argument_, meaning_)                              \
    {                                                                                              \
        .key = key_, .label = label_, .unit = unit_, .meaning = meaning_, .scope = PS_METRIC_TYPE, \
        .value = value_, .argument = argument_                                                     \
    }
#define STEAL_METRIC(key_, label_, unit_, argument_, meaning_)                                    \
    {                                                                                             \
        .key = key_, .label = label_, .unit = unit_, .meaning = meaning_, .scope = PS_METRIC_RUN, \
        .trait = PS_TRAIT_STEALS, .value = steals, .argument = argument_                          \
    }

#define HOG_METRIC(key_, label_, unit_, argument_, meaning_)                                      \
    {                                                                                             \
        .key = key_, .label = label_, .unit = unit_, .meaning = meaning_, .scope = PS_METRIC_RUN, \
        .trait = PS_TRAIT_PARKS_TASKS, .value = hogs, .argument = argument_                       \
    }

#define LATENCY_METRICS(part, name, from_to)                                                      \
    RUN_METRIC("latency_ns." name ".count", name " timed", "tasks", latency,                      \
               part *FIGURES + COUNT, "timed tasks; one in `timed_1_in` while tasks are short"),  \
        RUN_METRIC("latency_ns." name ".mean", name " mean", "ns", latency, part *FIGURES + MEAN, \
                   "mean of " from_to),                                                           \
        RUN_METRIC("latency_ns." name ".p50", name " p50", "ns", latency, part *FIGURES + P50,    \
                   "half of the tasks took at most this " from_to),                               \
        RUN_METRIC("latency_ns." name ".p90", name " p90", "ns", latency, part *FIGURES + P90,    \
                   "nine in ten took at most this"),                                              \
        RUN_METRIC("latency_ns." name ".p99", name " p99", "ns", latency, part *FIGURES + P99,    \
                   "99 in 100 took at most this"),                                                \
        RUN_METRIC("latency_ns." name ".p99_9", name " p99.9", "ns", latency,                     \
                   part *FIGURES + P99_9, "999 in 1000 took at most this"),                       \
        RUN_METRIC("latency_ns." name ".max", name " max", "ns", latency, part *FIGURES + MAX,    \
                   "the longest, exact (percentiles are to 1 %)")

const struct ps_metric ps_metrics[] = {
    RUN_METRIC("seconds", "time", "s", seconds, 0,
               "from the start of the run to the end of its last task, pauses included"),
    RUN_METRIC("submitted", "offered", "tasks", submitted, 0,
               "tasks offered to the engine, also those that it refused"),
    RUN_METRIC("completed", "done", "tasks", ended, PS_COMPLETED, "tasks that did all their steps"),
    RUN_METRIC("failed", "failed", "tasks", ended, PS_FAILED,
               "tasks that ended by a fail step or an injected fault"),
    RUN_METRIC("timed_out", "timed out", "tasks", ended, PS_TIMED_OUT,
               "tasks stopped because their timeout had passed"),
    RUN_METRIC("cancelled", "cancelled", "tasks", ended, PS_CANCELLED,
               "tasks stopped by the user, by a discarding end, or with their engine"),
    RUN_METRIC("refused", "refused", "tasks", ended, PS_REFUSED,
               "tasks that a full queue did not take"),
    RUN_METRIC("retried", "retried", "tasks", retries, 0,
               "of submitted: tasks that are another attempt at one that came to nothing"),
    RUN_METRIC("retries_denied", "retries denied", "tasks", retries, 1,
               "attempts that were not made because the retry budget was exhausted"),
    RUN_METRIC("conserved", "conserved", "", conserved, 0,
               "submitted = completed + failed + timed_out + cancelled + refused at the end"),
    RUN_METRIC("throughput_per_s", "done/s", "1/s", throughput, 0, "completed / seconds"),
    LATENCY_METRICS(RESPONSE, "response", "from the intended arrival to the end"),
    LATENCY_METRICS(SERVICE, "service", "from the first start to the end"),
    LATENCY_METRICS(QUEUEING, "queueing", "from the intended arrival to the first start"),
    RUN_METRIC("timed_1_in", "sampled 1 in", "", sampled, 0,
               "the largest sampling step of any worker: 1 times every task"),
    STEAL_METRIC("steals.operations", "steals", "operations", STEAL_OPERATIONS,
                 "steal operations that got at least one task"),
    STEAL_METRIC("steals.tasks", "stolen", "tasks", STEAL_TASKS, "tasks they got"),
    STEAL_METRIC("steals.tries", "steal tries", "operations", STEAL_TRIES,
                 "steal operations, with or without a task"),
    RUN_METRIC("peaks.in_flight", "in flight, peak", "tasks", peak, PEAK_IN_FLIGHT,
               "most tasks submitted and not ended, of ten looks a second"),
    RUN_METRIC("peaks.waiting", "waiting, peak", "tasks", peak, PEAK_WAITING,
               "most started tasks that slept or waited, of ten looks a second"),
    RUN_METRIC("peaks.queued", "queued, peak", "tasks", peak, PEAK_QUEUED,
               "most tasks accepted and not started, of ten looks a second"),
    RUN_METRIC("parks", "parks", "times", parks, 0,
               "times a worker found nothing to do and went to sleep"),
    HOG_METRIC("hogs", "hogs", "tasks", 0,
               "times a task kept its worker for longer than engine.hogs (10 ms) without a wait or "
               "a yield"),
    HOG_METRIC("hog_longest_ns", "hog, longest", "ns", 1, "the longest of these, at least"),
    RUN_METRIC("jobs", "jobs", "calls", calls, 0, "jobs run: calls without a record of their own"),
    RUN_METRIC("forks", "forks", "calls", calls, 1, "calls that were offered to thieves"),
    RUN_METRIC("net_requests", "net requests", "requests", net, 0,
               "requests that the loopback service answered"),
    RUN_METRIC("net_errors", "net errors", "requests", net, 1, "requests that it could not answer"),
    RUN_METRIC("gil.wait_seconds", "GIL wait", "s", gil, GIL_WAIT,
               "time that all workers together waited for the GIL"),
    RUN_METRIC("gil.switches", "GIL switches", "switches", gil, GIL_SWITCHES,
               "times another thread got the GIL"),
    RUN_METRIC("gil.requests", "GIL drop requests", "requests", gil, GIL_REQUESTS,
               "times its holder was asked to drop it, after an interval without a switch"),
    RUN_METRIC("tuner.changes", "tuner changes", "changes", tuner, TUNER_CHANGES,
               "times the auto-tuner set another worker count"),
    RUN_METRIC("tuner.turns", "tuner turns", "turns", tuner, TUNER_TURNS,
               "of these: after a step up one down, or the other way round"),
    RUN_METRIC("tuner.low", "tuner, lowest", "workers", tuner, TUNER_LOW, "fewest workers it set"),
    RUN_METRIC("tuner.high", "tuner, highest", "workers", tuner, TUNER_HIGH, "most workers it set"),
    RUN_METRIC("http.port", "http port", "", http, HTTP_PORT,
               "where arrivals = http listened, on 127.0.0.1"),
    RUN_METRIC("http.connections", "connections", "connections", http, HTTP_OPENED,
               "connections of http clients"),
    RUN_METRIC("http.connections_peak", "connections, peak", "connections", http, HTTP_PEAK,
               "most of them open at once"),
    RUN_METRIC("http.rejected", "http rejected", "answers", http, HTTP_REJECTED,
               "answers to what ran no task: unknown paths, broken or slow requests, other pages"),
    RUN_METRIC("http.clients", "clients", "clients", clients, CLIENTS,
               "http clients of the run's own (arrivals.clients)"),
    RUN_METRIC("http.clients_answered", "clients answered", "clients", clients, CLIENTS_ANSWERED,
               "of these, who got an answer at all"),
    RUN_METRIC("http.client_errors", "client errors", "connections", clients, CLIENT_ERRORS,
               "their connections that failed, or ended inside an answer"),
    RUN_METRIC("probe_ns", "probe", "ns", probe_cost, 0,
               "measured cost of timing one task on this machine"),
    RUN_METRIC("rss_bytes", "RSS", "bytes", process, RSS,
               "resident memory of the host process when last seen"),
    RUN_METRIC("rss_peak_bytes", "RSS peak", "bytes", process, RSS_PEAK,
               "its largest resident memory"),
    RUN_METRIC("cpu_seconds", "CPU", "s", process, CPU,
               "CPU time of the host process, user and system, all threads"),
    RUN_METRIC("cpu_per_task_ns", "CPU a task", "ns", cpu_per_task, 0,
               "CPU time of the host process / completed: what a task costs with all around it"),
    RUN_METRIC("switches.voluntary", "switches, voluntary", "switches", process, VOLUNTARY,
               "context switches because a thread waited"),
    RUN_METRIC("switches.involuntary", "switches, involuntary", "switches", process, INVOLUNTARY,
               "context switches because the kernel took the CPU away"),

    WORKER_METRIC("tasks", "done", "tasks", 0, ps_metric_worker_tasks, 0,
                  "tasks that ended on this worker"),
    WORKER_METRIC("run_fraction", "run", "", 0, ps_metric_worker_share, PS_STATE_RUN,
                  "share of the worker's lifetime in which it ran tasks, 0 to 1"),
    WORKER_METRIC("gil_wait_fraction", "GIL wait", "", 0, ps_metric_worker_share, PS_STATE_GIL,
                  "share of the worker's lifetime in which it waited for the GIL, 0 to 1"),
    WORKER_METRIC("queue_depth", "queue", "tasks", PS_TRAIT_WORKER_QUEUE, ps_metric_worker_depth, 0,
                  "tasks in its own queue at the end"),
    WORKER_METRIC("queue_depth_peak", "queue, peak", "tasks", PS_TRAIT_WORKER_QUEUE,
                  ps_metric_worker_depth_peak, 0, "most tasks in its own queue"),
    WORKER_METRIC("steals", "steals", "operations", PS_TRAIT_STEALS, ps_metric_worker_steals,
                  STEAL_OPERATIONS, "its steal operations that got at least one task"),
    WORKER_METRIC("stolen", "stolen", "tasks", PS_TRAIT_STEALS, ps_metric_worker_steals,
                  STEAL_TASKS, "tasks it took from others"),
    WORKER_METRIC("robbed", "robbed", "tasks", PS_TRAIT_STEALS, ps_metric_worker_robbed, 0,
                  "tasks others took from it"),
    WORKER_METRIC(
        "hogs", "hogs", "tasks", PS_TRAIT_PARKS_TASKS, ps_metric_worker_hogs, 0,
        "times a task kept it for longer than engine.hogs (10 ms) without a wait or a yield"),
    WORKER_METRIC("cpu_seconds", "CPU", "s", 0, ps_metric_worker_os, 0,
                  "CPU time of its thread, from the operating system"),
    WORKER_METRIC("runqueue_wait_seconds", "no CPU", "s", 0, ps_metric_worker_os, 1,
                  "time its thread was ready and had no CPU (schedstat)"),

    TYPE_METRIC("submitted", "offered", "tasks", ps_metric_type_submitted, 0, "as for the run"),
    TYPE_METRIC("completed", "done", "tasks", ps_metric_type_ended, PS_COMPLETED, "as for the run"),
    TYPE_METRIC("failed", "failed", "tasks", ps_metric_type_ended, PS_FAILED, "as for the run"),
    TYPE_METRIC("timed_out", "timed out", "tasks", ps_metric_type_ended, PS_TIMED_OUT,
                "as for the run"),
    TYPE_METRIC("cancelled", "cancelled", "tasks", ps_metric_type_ended, PS_CANCELLED,
                "as for the run"),
    TYPE_METRIC("refused", "refused", "tasks", ps_metric_type_ended, PS_REFUSED, "as for the run"),
    TYPE_METRIC("retried", "retried", "tasks", ps_metric_type_retries, 0, "as for the run"),
    TYPE_METRIC("retries_denied", "retries denied", "tasks", ps_metric_type_retries, 1,
                "as for the run"),
    TYPE_METRIC("timed", "timed", "tasks", ps_metric_type_timed, 0,
                "tasks of the type that were timed"),
    TYPE_METRIC("service_ns.p50", "service p50", "ns", ps_metric_type_latency, TYPE_SERVICE_P50,
                "as for the run"),
    TYPE_METRIC("service_ns.p99", "service p99", "ns", ps_metric_type_latency, TYPE_SERVICE_P99,
                "as for the run"),
    TYPE_METRIC("service_ns.max", "service max", "ns", ps_metric_type_latency, TYPE_SERVICE_MAX,
                "as for the run"),
    TYPE_METRIC("response_ns.p50", "response p50", "ns", ps_metric_type_latency, TYPE_RESPONSE_P50,
                "as for the run"),
    TYPE_METRIC("response_ns.p99", "response p99", "ns", ps_metric_type_latency, TYPE_RESPONSE_P99,
                "as for the run"),
    TYPE_METRIC("response_ns.max", "response max", "ns", ps_metric_type_latency, TYPE_RESPONSE_MAX,
                "as for the run"),
    TYPE_METRIC("kernel_ns.mean", "kernel mean", "ns", ps_metric_type_kernel, 0,
                "mean time of its kernel, from the first of its tasks to the last"),
    TYPE_METRIC("kernel_ns.fastest", "kernel, fastest", "ns", ps_metric_type_kernel, 1,
                "the shortest time of its kernel: what others on the machine disturb least"),
    {.key = NULL},
};

struct ps_metric_value ps_metric_value(const struct ps_metric *metric,
                                       const struct ps_metric_source *source)
{
    if ((metric->trait & source->snapshot->traits) != metric->trait)
        return na();
    return metric->value(source, metric->argument);
}

const struct ps_metric *ps_metric_find(enum ps_metric_scope scope, const char *key)
{
    for (const struct ps_metric *metric = ps_metrics; metric->key; metric++)
        if (metric->scope == scope && strcmp(metric->key, key) == 0)
            return metric;
    return NULL;
}

const char *ps_metric_format(char *into, size_t size, const struct ps_metric_value *value)
{
    switch (value->kind) {
    case PS_METRIC_COUNT:
        snprintf(into, size, "%" PRIu64, value->count);
        return into;
    case PS_METRIC_REAL:
        snprintf(into, size, "%.6g", value->real);
        return into;
    case PS_METRIC_FLAG:
        snprintf(into, size, "%s", value->flag ? "yes" : "no");
        return into;
    case PS_METRIC_NA:
        break;
    }
    snprintf(into, size, "n/a");
    return into;
}
