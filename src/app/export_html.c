#include "app/export.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "app/html_chart.h"
#include "app/json_text.h"
#include "base/clock.h"
#include "base/text.h"
#include "metrics/metric_table.h"
#include "ui/theme.h"

enum { DONE, OFFERED, RATES };
enum { P50, P99, LATENCIES };
enum { QUEUED, IN_FLIGHT, WAITING, GAUGES };

/* The run in columns of equal time, whatever its length. */
struct page {
    struct ps_played *played;
    uint64_t first_ns, column_ns;
    unsigned columns; /* complete so far; at most PS_CHART_COLUMNS */
    unsigned timed;   /* of them, with latencies, which are read four times a second only */
    double seconds;
    struct ps_series rate[RATES], latency[LATENCIES], gauge[GAUGES];
    uint8_t lane[PS_MAX_WORKERS][PS_CHART_COLUMNS];
    struct ps_metric_peaks peaks;
    /* At the end of the last column. */
    uint64_t at_ns;
    struct ps_totals totals;
    struct ps_hist_sum response, window;
    uint64_t time_ns[PS_MAX_WORKERS][PS_STATE_COUNT];
    struct ps_snapshot last;
};

/* ---- columns ---- */

/* Work shows before idleness, as on the live screen: idle, seek and off win only where nothing else
 * took a fifth. */
static uint8_t lane_state(const uint64_t *now, const uint64_t *before)
{
    uint64_t sum = 0, most = 0, busy = 0;
    uint8_t winner = PS_STATE_COUNT, worker = PS_STATE_COUNT;
    for (unsigned state = 0; state < PS_STATE_COUNT; state++) {
        uint64_t time = now[state] > before[state] ? now[state] - before[state] : 0;
        bool works = state != PS_STATE_OFF && state != PS_STATE_IDLE && state != PS_STATE_SEEK;
        sum += time;
        if (time > most) {
            most = time;
            winner = (uint8_t)state;
        }
        if (works && time > busy) {
            busy = time;
            worker = (uint8_t)state;
        }
    }
    return busy * 5 >= sum && busy > 0 ? worker : winner;
}

static void end_column(struct page *page, unsigned column, const struct ps_snapshot *s)
{
    double seconds = (double)(s->at_ns - page->at_ns) / PS_NS_PER_S;
    const struct ps_totals *now = &s->totals, *before = &page->totals;
    page->rate[DONE].value[column] =
        (double)(now->ended[PS_COMPLETED] - before->ended[PS_COMPLETED]) / seconds;
    page->rate[OFFERED].value[column] = (double)(now->submitted - before->submitted) / seconds;
    page->gauge[QUEUED].value[column] = (double)s->queued;
    page->gauge[IN_FLIGHT].value[column] = (double)s->in_flight;
    page->gauge[WAITING].value[column] = (double)ps_snapshot_waiting(s);
    ps_hist_diff(&page->window, &s->latency.response, &page->response);
    if (page->window.count) {
        double p50 = (double)ps_hist_quantile(&page->window, 0.5);
        double p99 = (double)ps_hist_quantile(&page->window, 0.99);
        for (; page->timed <= column; page->timed++) {
            page->latency[P50].value[page->timed] = p50;
            page->latency[P99].value[page->timed] = p99;
        }
        page->response = s->latency.response;
    }
    for (unsigned slot = 0; slot < s->slots; slot++) {
        page->lane[slot][column] = lane_state(s->worker[slot].time_ns, page->time_ns[slot]);
        memcpy(page->time_ns[slot], s->worker[slot].time_ns, sizeof page->time_ns[slot]);
    }
    page->at_ns = s->at_ns;
    page->totals = s->totals;
}

/* A snapshot ends the columns up to its instant: where snapshots are further apart than columns are
 * wide, the ones in between show the same. */
static void feed(struct page *page, const struct ps_snapshot *s)
{
    ps_metric_peaks_feed(&page->peaks, s);
    unsigned until =
        s->at_ns > page->first_ns ? (unsigned)((s->at_ns - page->first_ns) / page->column_ns) : 0;
    if (until > PS_CHART_COLUMNS)
        until = PS_CHART_COLUMNS;
    if (until <= page->columns || s->at_ns <= page->at_ns)
        return;
    unsigned first = page->columns;
    end_column(page, first, s);
    for (unsigned column = first + 1; column < until; column++) {
        for (unsigned i = 0; i < RATES; i++)
            page->rate[i].value[column] = page->rate[i].value[first];
        for (unsigned i = 0; i < GAUGES; i++)
            page->gauge[i].value[column] = page->gauge[i].value[first];
        for (unsigned slot = 0; slot < s->slots; slot++)
            page->lane[slot][column] = page->lane[slot][first];
    }
    page->columns = until;
}

static void clear(struct ps_series *series, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        for (unsigned column = 0; column < PS_CHART_COLUMNS; column++)
            series[i].value[column] = NAN;
}

static enum ps_recorded collect(struct page *page)
{
    struct ps_recording *recording = page->played->recording;
    const struct ps_recording_info *info = ps_recording_info(recording);
    clear(page->rate, RATES);
    clear(page->latency, LATENCIES);
    clear(page->gauge, GAUGES);
    memset(page->lane, PS_STATE_COUNT, sizeof page->lane);
    ps_recording_rewind(recording);
    bool begun = false;
    enum ps_recorded next;
    while ((next = ps_recording_next(recording)) < PS_RECORDED_END) {
        const struct ps_snapshot *s = ps_recording_snapshot(recording);
        if (next != PS_RECORDED_SNAPSHOT)
            continue;
        ps_snapshot_copy(&page->last, s);
        if (!begun && s->started_ns) {
            begun = true;
            uint64_t end_ns = info->last_ns > s->started_ns ? info->last_ns : s->started_ns + 1;
            page->first_ns = page->at_ns = s->started_ns;
            page->column_ns = (end_ns - s->started_ns) / PS_CHART_COLUMNS + 1;
            page->seconds = (double)page->column_ns * PS_CHART_COLUMNS / PS_NS_PER_S;
        }
        if (begun)
            feed(page, s);
    }
    return next;
}

/* ---- figures ---- */

static const char *rate_text(char *into, size_t size, double value)
{
    char number[24];
    snprintf(into, size, "%s/s", ps_format_count(number, sizeof number, value));
    return into;
}

static const char *time_text(char *into, size_t size, double value)
{
    return ps_format_duration(into, size, (uint64_t)value);
}

static void charts(FILE *to, struct page *page)
{
    page->rate[DONE].name = "done";
    page->rate[OFFERED].name = "offered";
    page->latency[P50].name = "p50";
    page->latency[P99].name = "p99";
    page->gauge[QUEUED].name = "queued";
    page->gauge[IN_FLIGHT].name = "in flight";
    page->gauge[WAITING].name = "waiting";
    struct ps_chart chart = {.title = "Throughput",
                             .note = "tasks that completed, and that were offered, per second",
                             .series = page->rate,
                             .count = RATES,
                             .columns = PS_CHART_COLUMNS,
                             .seconds = page->seconds,
                             .format = rate_text};
    ps_chart_write(to, &chart);
    chart.title = "Response time";
    chart.note = "from the intended arrival to the end; half and 99 in 100 took at most this";
    chart.series = page->latency;
    chart.count = LATENCIES;
    chart.format = time_text;
    ps_chart_write(to, &chart);
    chart.title = "Tasks in the pool";
    chart.note = "accepted and not started; submitted and not ended; started and waiting";
    chart.series = page->gauge;
    chart.count = GAUGES;
    chart.format = ps_format_count;
    ps_chart_write(to, &chart);
    char note[120] = "a row a worker: the state that took most of the time";
    unsigned lanes = page->last.slots;
    if (lanes > PS_CHART_LANES) {
        snprintf(note, sizeof note,
                 "the first %u of %u workers: the state that took most of the time", PS_CHART_LANES,
                 lanes);
        lanes = PS_CHART_LANES;
    }
    ps_lanes_write(to, &(struct ps_lanes_chart){.title = "Workers",
                                                .note = note,
                                                .lane = page->lane,
                                                .lanes = lanes,
                                                .columns = PS_CHART_COLUMNS,
                                                .seconds = page->seconds});
}

static void value_cell(FILE *to, const struct ps_metric *metric,
                       const struct ps_metric_source *source)
{
    char text[64];
    struct ps_metric_value value = ps_metric_value(metric, source);
    if (value.kind == PS_METRIC_COUNT && strcmp(metric->unit, "ns") == 0)
        ps_format_duration(text, sizeof text, value.count);
    else if (value.kind == PS_METRIC_COUNT && strcmp(metric->unit, "bytes") == 0)
        ps_format_bytes(text, sizeof text, value.count);
    else
        ps_metric_format(text, sizeof text, &value);
    fprintf(to, "<td class=\"n\">%s</td>", text);
}

/* A row a worker or type, a column a metric. */
static void table(FILE *to, const char *title, enum ps_metric_scope scope,
                  struct ps_metric_source source, unsigned rows)
{
    fprintf(to, "<h2>%s</h2>\n<div class=\"wide\"><table><thead><tr><th></th>", title);
    for (const struct ps_metric *metric = ps_metrics; metric->key; metric++) {
        if (metric->scope != scope)
            continue;
        fputs("<th title=\"", to);
        ps_html_text(to, metric->meaning);
        fprintf(to, "\">%s</th>", metric->label);
    }
    fputs("</tr></thead>\n", to);
    for (source.index = 0; source.index < rows; source.index++) {
        fputs("<tr><th>", to);
        if (scope == PS_METRIC_WORKER)
            fprintf(to, "W%u", source.index);
        else
            ps_html_text(to, source.snapshot->type[source.index].name);
        fputs("</th>", to);
        for (const struct ps_metric *metric = ps_metrics; metric->key; metric++)
            if (metric->scope == scope)
                value_cell(to, metric, &source);
        fputs("</tr>\n", to);
    }
    fputs("</table></div>\n", to);
}

static void run_table(FILE *to, const struct ps_metric_source *source)
{
    fputs("<h2>The run</h2>\n<div class=\"wide\"><table>\n", to);
    for (const struct ps_metric *metric = ps_metrics; metric->key; metric++) {
        if (metric->scope != PS_METRIC_RUN)
            continue;
        bool plain =
            *metric->unit && strcmp(metric->unit, "ns") != 0 && strcmp(metric->unit, "bytes") != 0;
        fprintf(to, "<tr><th>%s</th>", metric->label);
        value_cell(to, metric, source);
        fprintf(to, "<td>%s</td><td class=\"note\">", plain ? metric->unit : "");
        ps_html_text(to, metric->meaning);
        fputs("</td></tr>\n", to);
    }
    fputs("</table></div>\n", to);
}

/* ---- the page ---- */

static const char style[] =
    "body{font:16px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;"
    "background:var(--page);color:var(--text)}\n"
    "h1{margin-bottom:.2rem}h2{margin-top:2.2rem}.note{color:var(--dim);font-size:.9em}\n"
    "figure{margin:1.8rem 0}svg{width:100%;height:auto;display:block}\n"
    "svg text{font-size:11px;fill:var(--dim)}.grid{stroke:var(--grid);stroke-width:1}\n"
    ".line{fill:none;stroke-width:1.8;stroke-linejoin:round}\n"
    ".key{margin-right:1.2em;font-size:.9em}.key i{display:inline-block;width:.9em;height:.9em;"
    "margin-right:.35em;vertical-align:-.1em;border-radius:2px}\n"
    ".wide{overflow-x:auto}table{border-collapse:collapse;font-size:.9em}\n"
    "th,td{padding:.15rem .7rem;border-bottom:1px solid var(--grid);text-align:left;"
    "vertical-align:top}thead th{white-space:nowrap}\n"
    ".n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}\n"
    "pre{background:var(--box);padding:1rem;overflow-x:auto}.alert{border-left:4px solid "
    "var(--c2);padding-left:1rem}\n"
    "@media print{figure,table{break-inside:avoid}}\n";

static void colours(FILE *to, enum ps_theme theme, const char *selector)
{
    static const enum ps_style lines[PS_CHART_SERIES] = {PS_STYLE_GRAPH1, PS_STYLE_ERROR,
                                                         PS_STYLE_GRAPH3, PS_STYLE_GRAPH2};
    bool dark = theme == PS_THEME_DARK;
    fprintf(to, "%s{--page:%s;--text:%s;--dim:%s;--grid:%s;--box:%s;", selector,
            dark ? "#12161d" : "#ffffff", dark ? "#e6eaf0" : "#15191f",
            dark ? "#97a1b1" : "#505a68", dark ? "#2c3442" : "#dde2e8",
            dark ? "#1a202a" : "#f4f6f8");
    for (unsigned i = 0; i < PS_CHART_SERIES; i++)
        fprintf(to, "--c%u:#%06x;", i + 1, (unsigned)ps_theme_paint(theme, lines[i]).colour);
    for (unsigned state = 0; state < PS_STATE_COUNT; state++)
        fprintf(
            to, "--state-%u:#%06x;", state,
            (unsigned)ps_theme_paint(theme, ps_state_style((enum ps_state)state, false)).colour &
                0xffffff);
    fputs("}\n", to);
}

static void head(FILE *to, const struct page *page)
{
    const struct ps_experiment *experiment = &page->played->experiment;
    fputs("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
          "<meta name=\"viewport\" content=\"width=device-width\">\n"
          "<meta name=\"color-scheme\" content=\"light dark\">\n"
          "<link rel=\"icon\" href=\"data:,\">\n<title>",
          to);
    ps_html_text(to, experiment->title);
    fputs(" - poolscope</title>\n<style>\n", to);
    colours(to, PS_THEME_LIGHT, ":root");
    fputs("@media (prefers-color-scheme:dark){\n", to);
    colours(to, PS_THEME_DARK, ":root");
    fputs("}\n", to);
    fputs(style, to);
    fputs("</style></head>\n<body>\n<h1>", to);
    ps_html_text(to, experiment->title);
    fputs("</h1>\n<p class=\"note\">", to);
    ps_html_text(to, experiment->summary);
    fputs("</p>\n", to);
}

static void summary(FILE *to, const struct page *page, enum ps_recorded how)
{
    const struct ps_snapshot *s = &page->last;
    char rate[32], p99[32];
    double seconds = ps_snapshot_seconds(s);
    double done = (double)s->totals.ended[PS_COMPLETED];
    fprintf(to, "<p><strong>");
    ps_html_text(to, s->engine);
    fputc(':', to);
    ps_html_text(to, s->policy);
    fprintf(to, "</strong>, %" PRIu32 " workers on %" PRIu32 " usable CPUs: ", s->workers,
            s->usable_cpus);
    fprintf(to, "<strong>%s</strong> tasks/s",
            seconds > 0 ? ps_format_count(rate, sizeof rate, done / seconds) : "n/a");
    fprintf(to, ", response p99 <strong>%s</strong>",
            s->latency.response.count
                ? ps_format_duration(p99, sizeof p99, ps_hist_quantile(&s->latency.response, 0.99))
                : "n/a");
    fprintf(to, ", %.2f s, ended: %s.</p>\n", seconds, ps_end_name(s->end));
    if (s->message[0]) {
        fputs("<p class=\"alert\">", to);
        ps_html_text(to, s->message);
        fputs("</p>\n", to);
    }
    if (how == PS_RECORDED_DAMAGED || !ps_recording_info(page->played->recording)->whole)
        fputs("<p class=\"alert\">The recording was cut: the figures are up to there.</p>\n", to);
}

static void foot(FILE *to, const struct page *page)
{
    const char *key, *value;
    fputs("<h2>Experiment</h2>\n<pre>", to);
    value = ps_recording_fact(page->played->recording, "experiment");
    ps_html_text(to, value ? value : "");
    fputs("</pre>\n<h2>Machine</h2>\n<table>\n", to);
    for (unsigned i = 0; ps_recording_fact_at(page->played->recording, i, &key, &value); i++) {
        if (strcmp(key, "experiment") == 0)
            continue;
        fputs("<tr><th>", to);
        ps_html_text(to, key);
        fputs("</th><td>", to);
        ps_html_text(to, value);
        fputs("</td></tr>\n", to);
    }
    fputs("</table>\n</body></html>\n", to);
}

enum ps_err ps_export_html(struct ps_played *played, FILE *to, enum ps_recorded *how)
{
    struct page *page = calloc(1, sizeof *page);
    if (!page)
        return PS_ENOMEM;
    page->played = played;
    *how = collect(page);
    struct ps_metric_source source = {.snapshot = &page->last, .peaks = &page->peaks};
    head(to, page);
    summary(to, page, *how);
    charts(to, page);
    table(to, "Workers", PS_METRIC_WORKER, source, page->last.slots);
    table(to, "Task types", PS_METRIC_TYPE, source, page->last.types);
    run_table(to, &source);
    foot(to, page);
    free(page);
    return PS_OK;
}
