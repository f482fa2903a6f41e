#include "app/export.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "app/json_text.h"
#include "base/clock.h"
#include "metrics/metric_table.h"

/* The recording from its beginning, a snapshot at a time, with the peaks so far. */
struct rows {
    struct ps_recording *recording;
    struct ps_metric_peaks peaks;
    struct ps_metric_source source;
    double at_s;
};

static enum ps_recorded next_row(struct rows *rows)
{
    enum ps_recorded next;
    do
        next = ps_recording_next(rows->recording);
    while (next == PS_RECORDED_EVENTS);
    if (next != PS_RECORDED_SNAPSHOT)
        return next;
    const struct ps_snapshot *s = ps_recording_snapshot(rows->recording);
    ps_metric_peaks_feed(&rows->peaks, s);
    rows->source = (struct ps_metric_source){.snapshot = s, .peaks = &rows->peaks};
    rows->at_s = ((double)s->at_ns - (double)s->started_ns) / PS_NS_PER_S;
    return next;
}

static struct rows rows_of(struct ps_played *played)
{
    ps_recording_rewind(played->recording);
    return (struct rows){.recording = played->recording};
}

static void print_value(FILE *to, const struct ps_metric_value *value, const char *na)
{
    if (value->kind == PS_METRIC_COUNT)
        fprintf(to, "%" PRIu64, value->count);
    else if (value->kind == PS_METRIC_REAL && isfinite(value->real))
        fprintf(to, "%.9g", value->real);
    else if (value->kind == PS_METRIC_FLAG)
        fputs(value->flag ? "true" : "false", to);
    else
        fputs(na, to);
}

enum ps_recorded ps_export_csv(struct ps_played *played, FILE *to)
{
    struct rows rows = rows_of(played);
    enum ps_recorded next;
    fputs("at_s", to);
    for (const struct ps_metric *metric = ps_metrics; metric->key; metric++)
        if (metric->scope == PS_METRIC_RUN)
            fprintf(to, ",%s", metric->key);
    while ((next = next_row(&rows)) == PS_RECORDED_SNAPSHOT) {
        fprintf(to, "\n%.6f", rows.at_s);
        for (const struct ps_metric *metric = ps_metrics; metric->key; metric++) {
            if (metric->scope != PS_METRIC_RUN)
                continue;
            struct ps_metric_value value = ps_metric_value(metric, &rows.source);
            fputc(',', to);
            print_value(to, &value, "");
        }
    }
    fputc('\n', to);
    return next;
}

static void metrics_of(FILE *to, enum ps_metric_scope scope, const struct ps_metric_source *source,
                       const char *before)
{
    for (const struct ps_metric *metric = ps_metrics; metric->key; metric++) {
        if (metric->scope != scope)
            continue;
        struct ps_metric_value value = ps_metric_value(metric, source);
        fprintf(to, "%s\"%s\":", before, metric->key);
        print_value(to, &value, "null");
        before = ",";
    }
}

enum ps_recorded ps_export_jsonl(struct ps_played *played, FILE *to)
{
    struct rows rows = rows_of(played);
    enum ps_recorded next;
    while ((next = next_row(&rows)) == PS_RECORDED_SNAPSHOT) {
        const struct ps_snapshot *s = rows.source.snapshot;
        struct ps_metric_source one = rows.source;
        fprintf(to, "{\"at_s\":%.6f", rows.at_s);
        metrics_of(to, PS_METRIC_RUN, &rows.source, ",");
        fputs(",\"per_worker\":[", to);
        for (one.index = 0; one.index < s->slots; one.index++) {
            fprintf(to, "%s{\"state\":\"%s\"", one.index ? "," : "",
                    ps_state_name(s->worker[one.index].state));
            metrics_of(to, PS_METRIC_WORKER, &one, ",");
            fputc('}', to);
        }
        fputs("],\"per_type\":[", to);
        for (one.index = 0; one.index < s->types; one.index++) {
            fputs(one.index ? ",{\"name\":" : "{\"name\":", to);
            ps_json_quote(to, s->type[one.index].name);
            metrics_of(to, PS_METRIC_TYPE, &one, ",");
            fputc('}', to);
        }
        fputs("]}\n", to);
    }
    return next;
}
