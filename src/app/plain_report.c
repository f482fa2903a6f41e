#include "app/plain_report.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "ui/findings/findings.h"

#define PERIOD_NS UINT64_C(1000000000)

struct ps_plain {
    FILE *to;
    const char *preset;
    bool begun;
    uint64_t next_ns; /* instant of the next line */
    uint64_t last_ns; /* instant of the last one */
    uint32_t workers;
    enum ps_phase phase;
    uint32_t phases_begun;
    struct ps_totals totals;
    struct ps_hist_sum response, window; /* at the last line; since then */
    char message[PS_MESSAGE_BYTES];
    struct ps_history *history;
    struct ps_findings findings;
    bool told[PS_FINDING_COUNT]; /* findings that were said and not yet taken back */
};

struct ps_plain *ps_plain_new(FILE *to, const char *preset, const struct ps_experiment *experiment)
{
    struct ps_plain *plain = calloc(1, sizeof *plain);
    if (!plain)
        return NULL;
    plain->history = ps_history_new();
    if (!plain->history) {
        free(plain);
        return NULL;
    }
    plain->to = to;
    plain->preset = preset;
    if (experiment->title[0])
        fprintf(to, "%s: %s\n", preset, experiment->title);
    return plain;
}

void ps_plain_free(struct ps_plain *plain)
{
    if (plain)
        ps_history_free(plain->history);
    free(plain);
}

static void begin(struct ps_plain *plain, const struct ps_snapshot *snapshot)
{
    fprintf(plain->to, "%s:%s, %" PRIu32 " worker%s on %" PRIu32 " usable cpu%s\n",
            snapshot->engine, snapshot->policy, snapshot->workers,
            snapshot->workers == 1 ? "" : "s", snapshot->usable_cpus,
            snapshot->usable_cpus == 1 ? "" : "s");
    if (snapshot->clock_factor > 1)
        fprintf(plain->to, "clock: slow x%u, every time of the workload is %u times as long\n",
                snapshot->clock_factor, snapshot->clock_factor);
    if (snapshot->http_port)
        fprintf(plain->to, "serving http://127.0.0.1:%" PRIu32 "/\n", snapshot->http_port);
    fflush(plain->to);
    plain->begun = true;
    plain->workers = snapshot->workers;
    plain->phase = snapshot->phase;
    plain->last_ns = snapshot->started_ns;
    plain->next_ns = snapshot->started_ns + PERIOD_NS;
}

static double run_seconds(const struct ps_snapshot *snapshot)
{
    return snapshot->at_ns > snapshot->started_ns
               ? (double)(snapshot->at_ns - snapshot->started_ns) / PS_NS_PER_S
               : 0;
}

static void event(struct ps_plain *plain, const struct ps_snapshot *snapshot, const char *text)
{
    char clean[PS_MESSAGE_BYTES];
    ps_text_clean(clean, sizeof clean, text);
    fprintf(plain->to, "%7.1f s  * %s\n", run_seconds(snapshot), clean);
}

static void events(struct ps_plain *plain, const struct ps_snapshot *snapshot)
{
    for (; plain->phases_begun < snapshot->phases_begun; plain->phases_begun++) {
        const struct ps_phase_view *phase = &snapshot->phase_view[plain->phases_begun + 1];
        char text[PS_MESSAGE_BYTES];
        snprintf(text, sizeof text, "phase %s: %s", phase->name, phase->change);
        event(plain, snapshot, text);
    }
    if (snapshot->workers != plain->workers) {
        char text[64];
        snprintf(text, sizeof text, "workers %" PRIu32, snapshot->workers);
        event(plain, snapshot, text);
        plain->workers = snapshot->workers;
    }
    if (snapshot->phase != plain->phase) {
        if (snapshot->phase == PS_PHASE_PAUSED)
            event(plain, snapshot, "paused");
        else if (plain->phase == PS_PHASE_PAUSED)
            event(plain, snapshot, "resumed");
        if (snapshot->phase == PS_PHASE_DRAINING)
            event(plain, snapshot, "draining: no new tasks, waiting for those there are");
        plain->phase = snapshot->phase;
    }
    if (strcmp(snapshot->message, plain->message) != 0) {
        if (snapshot->message[0])
            event(plain, snapshot, snapshot->message);
        memcpy(plain->message, snapshot->message, sizeof plain->message);
    }
}

/* "Stealing is off (s)." names a key of the screen: there is none here. */
static void without_keys(char *text)
{
    char *to = text;
    for (const char *from = text; *from; from++) {
        bool key = from[0] == ' ' && from[1] == '(' && from[2] && from[3] == ')';
        if (key)
            from += 3;
        else
            *to++ = *from;
    }
    *to = '\0';
}

/* What is at an end is said by its title only: its figures are of the past. The end of the run and
 * pauses are told as events. */
static void diagnosis(struct ps_plain *plain, const struct ps_snapshot *snapshot)
{
    struct ps_live_view view = {.snapshot = snapshot, .history = plain->history};
    bool now[PS_FINDING_COUNT] = {false};
    char text[PS_MESSAGE_BYTES + 32];
    if (snapshot->phase != PS_PHASE_RUNNING)
        return;
    ps_history_feed(plain->history, snapshot);
    ps_findings_feed(&plain->findings, &view);
    for (unsigned i = 0; i < plain->findings.count; i++) {
        const struct ps_finding *finding = &ps_findings_at(&plain->findings, i)->finding;
        now[finding->word] = true;
        if (plain->told[finding->word] || finding->word == PS_FINDING_ended ||
            finding->word == PS_FINDING_paused || finding->word == PS_FINDING_deadlock)
            continue;
        plain->told[finding->word] = true;
        snprintf(text, sizeof text, "diagnosis: %s", finding->text);
        without_keys(text);
        event(plain, snapshot, text);
    }
    for (unsigned word = 0; word < PS_FINDING_COUNT; word++) {
        if (!plain->told[word] || now[word])
            continue;
        plain->told[word] = false;
        snprintf(text, sizeof text, "no longer: %s", ps_finding_kinds[word].title);
        event(plain, snapshot, text);
    }
}

static void per_second(FILE *to, const char *name, uint64_t now, uint64_t before, double seconds,
                       bool always)
{
    char text[32];
    if (always || now != before)
        fprintf(to, "  %s %s/s", name,
                ps_format_count(text, sizeof text, (double)(now - before) / seconds));
}

static void gauge(FILE *to, const char *name, uint64_t value)
{
    char text[32];
    fprintf(to, "  %s %s", name, ps_format_count(text, sizeof text, (double)value));
}

static void line(struct ps_plain *plain, const struct ps_snapshot *snapshot)
{
    FILE *to = plain->to;
    const struct ps_totals *now = &snapshot->totals, *before = &plain->totals;
    double seconds = (double)(snapshot->at_ns - plain->last_ns) / PS_NS_PER_S;
    fprintf(to, "%7.1f s", run_seconds(snapshot));
    if (snapshot->clock_factor > 1)
        fprintf(to, " (slow x%u)", snapshot->clock_factor);
    per_second(to, "done", now->ended[PS_COMPLETED], before->ended[PS_COMPLETED], seconds, true);
    per_second(to, "offered", now->submitted, before->submitted, seconds, true);
    gauge(to, "in flight", snapshot->in_flight);
    gauge(to, "queued", snapshot->queued);
    ps_hist_diff(&plain->window, &snapshot->latency.response, &plain->response);
    if (plain->window.count) {
        char p50[32], p99[32];
        ps_format_duration(p50, sizeof p50, ps_hist_quantile(&plain->window, 0.5));
        ps_format_duration(p99, sizeof p99, ps_hist_quantile(&plain->window, 0.99));
        fprintf(to, "  response p50 %s p99 %s", p50, p99);
    } else {
        fprintf(to, "  response n/a");
    }
    per_second(to, "failed", now->ended[PS_FAILED], before->ended[PS_FAILED], seconds, false);
    per_second(to, "timed out", now->ended[PS_TIMED_OUT], before->ended[PS_TIMED_OUT], seconds,
               false);
    per_second(to, "cancelled", now->ended[PS_CANCELLED], before->ended[PS_CANCELLED], seconds,
               false);
    per_second(to, "refused", now->ended[PS_REFUSED], before->ended[PS_REFUSED], seconds, false);
    per_second(to, "retried", now->retried, before->retried, seconds, false);
    per_second(to, "retries denied", now->denied, before->denied, seconds, false);
    fputc('\n', to);
}

static void remember(struct ps_plain *plain, const struct ps_snapshot *snapshot)
{
    plain->totals = snapshot->totals;
    plain->response = snapshot->latency.response;
    plain->last_ns = snapshot->at_ns;
    while (plain->next_ns <= snapshot->at_ns)
        plain->next_ns += PERIOD_NS;
}

bool ps_plain_tick(struct ps_plain *plain, const struct ps_snapshot *snapshot)
{
    if (!plain->begun) {
        if (!snapshot->started_ns)
            return true;
        begin(plain, snapshot);
    }
    events(plain, snapshot);
    diagnosis(plain, snapshot);
    if (snapshot->at_ns >= plain->next_ns) {
        line(plain, snapshot);
        remember(plain, snapshot);
    }
    return fflush(plain->to) == 0 && !ferror(plain->to);
}

static void latency_line(FILE *to, const char *name, const struct ps_hist_sum *sum)
{
    static const struct {
        const char *name;
        double quantile;
    } columns[] = {{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p99.9", 0.999}};
    char text[32];
    fprintf(to, "%-9s", name);
    if (!sum->count) {
        fprintf(to, "  n/a\n");
        return;
    }
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        fprintf(to, "  %s %s", columns[i].name,
                ps_format_duration(text, sizeof text, ps_hist_quantile(sum, columns[i].quantile)));
    fprintf(to, "  max %s\n", ps_format_duration(text, sizeof text, sum->max_ns));
}

static void metric_text(const struct ps_report *report, const char *key, char *into, size_t size)
{
    struct ps_metric_source source = {.snapshot = report->snapshot, .peaks = report->peaks};
    struct ps_metric_value value = ps_metric_value(ps_metric_find(PS_METRIC_RUN, key), &source);
    ps_metric_format(into, size, &value);
}

static void resources(FILE *to, const struct ps_report *report)
{
    char operations[32], stolen[32], rss[32];
    metric_text(report, "steals.operations", operations, sizeof operations);
    metric_text(report, "steals.tasks", stolen, sizeof stolen);
    if (report->snapshot->traits & PS_TRAIT_STEALS)
        fprintf(to, "steals     %s operations took %s tasks\n", operations, stolen);
    else
        fprintf(to, "steals     n/a\n");
    if (report->snapshot->gil_interval_ns) {
        char wait[32], switches[32];
        metric_text(report, "gil.wait_seconds", wait, sizeof wait);
        metric_text(report, "gil.switches", switches, sizeof switches);
        fprintf(to, "GIL        waited %s s in all  %s switches\n", wait, switches);
    }
    const struct ps_process_view *process = &report->snapshot->process;
    if (process->valid)
        fprintf(to,
                "process    CPU %.2f s  RSS peak %s  switches %" PRIu64 " voluntary, %" PRIu64
                " involuntary\n",
                (double)process->cpu_ns / PS_NS_PER_S,
                ps_format_bytes(rss, sizeof rss, process->rss_peak_bytes), process->voluntary,
                process->involuntary);
    else
        fprintf(to, "process    n/a\n");
}

static void answers(FILE *to, const struct ps_snapshot *snapshot)
{
    for (uint32_t i = 0; i < snapshot->answers; i++) {
        const struct ps_answer_view *view = &snapshot->answer[i];
        char fastest[32], mean[32], runs[32];
        fprintf(to, "answer     %s = ", view->name);
        if (view->right + view->wrong == 0)
            fprintf(to, "n/a: it did not come to its end\n");
        else if (view->wrong)
            fprintf(to, "%" PRIu64 ": WRONG in %" PRIu64 " of %" PRIu64 " runs\n", view->value,
                    view->wrong, view->right + view->wrong);
        else
            fprintf(to, "%" PRIu64 ": right in %s run%s, %s on average, %s at best\n", view->value,
                    ps_format_count(runs, sizeof runs, (double)view->right),
                    view->right == 1 ? "" : "s",
                    ps_format_duration(mean, sizeof mean, view->mean_ns),
                    ps_format_duration(fastest, sizeof fastest, view->fastest_ns));
    }
}

static void conservation(FILE *to, const struct ps_totals *totals)
{
    fprintf(to,
            "submitted %" PRIu64 " = completed %" PRIu64 " + failed %" PRIu64
            " + timed out %" PRIu64 " + cancelled %" PRIu64 " + refused %" PRIu64 ": %s\n",
            totals->submitted, totals->ended[PS_COMPLETED], totals->ended[PS_FAILED],
            totals->ended[PS_TIMED_OUT], totals->ended[PS_CANCELLED], totals->ended[PS_REFUSED],
            ps_totals_conserved(totals) ? "conserved" : "NOT CONSERVED");
}

void ps_plain_end(struct ps_plain *plain, const struct ps_report *report)
{
    const struct ps_snapshot *snapshot = report->snapshot;
    FILE *to = plain->to;
    char done[32], rate[32];
    double seconds = ps_snapshot_seconds(snapshot);
    uint64_t completed = snapshot->totals.ended[PS_COMPLETED];
    if (!plain->begun && snapshot->started_ns)
        begin(plain, snapshot);
    events(plain, snapshot);
    fprintf(to, "ended: %s after %.2f s", ps_end_name(snapshot->end), seconds);
    if (snapshot->clock_factor > 1)
        fprintf(to, ", with clock slow x%u", snapshot->clock_factor);
    fputc('\n', to);
    fprintf(to, "done       %s", ps_format_count(done, sizeof done, (double)completed));
    if (seconds > 0)
        fprintf(to, " = %s/s", ps_format_count(rate, sizeof rate, (double)completed / seconds));
    fputc('\n', to);
    latency_line(to, "response", &snapshot->latency.response);
    latency_line(to, "service", &snapshot->latency.service);
    latency_line(to, "queueing", &snapshot->latency.queueing);
    resources(to, report);
    answers(to, snapshot);
    conservation(to, &snapshot->totals);
    fflush(to);
}
