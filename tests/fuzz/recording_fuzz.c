/* One input of the fuzzer, read as a recording whose check sums are not looked at, and once more
 * with them. Whatever it says, what is read must be bounded as live values are and be fit for
 * reports and histories. Aborts on a broken promise. */
#include "fuzz/recording_fuzz.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/replay.h"
#include "metrics/history.h"
#include "metrics/metric_table.h"

#define RECORDS_MAX   2000u
#define CHECKED_EVERY 4u  /* inputs */
#define PLAYED_EVERY  16u /* inputs */

static void demand(bool held, const char *promise)
{
    if (held)
        return;
    fprintf(stderr, "broken: %s\n", promise);
    abort();
}

static void check_values(const struct ps_snapshot *s)
{
    struct ps_metric_peaks peaks = {0};
    ps_metric_peaks_feed(&peaks, s);
    for (const struct ps_metric *metric = ps_metrics; metric->key; metric++) {
        struct ps_metric_source source = {.snapshot = s, .peaks = &peaks};
        unsigned rows = metric->scope == PS_METRIC_WORKER ? s->slots
                        : metric->scope == PS_METRIC_TYPE ? s->types
                                                          : 1;
        for (; source.index < rows; source.index++) {
            char text[40];
            struct ps_metric_value value = ps_metric_value(metric, &source);
            demand(strlen(ps_metric_format(text, sizeof text, &value)) > 0, "a value has a text");
        }
    }
}

static void check_snapshot(const struct ps_snapshot *s)
{
    demand(s->slots <= PS_MAX_WORKERS && s->workers <= PS_MAX_WORKERS, "workers are bounded");
    demand(s->types <= PS_MAX_TYPES, "types are bounded");
    demand(s->answers <= PS_SEGMENT_ANSWERS && s->locks <= PS_MAX_LOCKS &&
               s->phases_begun <= PS_MAX_PHASES,
           "lists are bounded");
    demand(s->phase <= PS_PHASE_ENDED && s->end < PS_END_COUNT, "words are known");
    demand(isfinite(s->rate), "figures are numbers");
    demand(memchr(s->message, '\0', sizeof s->message) != NULL, "texts end");
    demand(s->fault_type < (int)s->types && s->fault_worker < (int)s->slots, "indices are bounded");
    for (unsigned slot = 0; slot < s->slots; slot++) {
        demand(s->worker[slot].state < PS_STATE_COUNT, "states are known");
        demand(s->worker[slot].type >= -1 && s->worker[slot].type < (int)s->types,
               "types of workers are bounded");
    }
    for (unsigned type = 0; type < s->types; type++)
        demand(memchr(s->type[type].name, '\0', PS_NAME_BYTES) != NULL, "names end");
}

static void check_events(const struct ps_recording *recording)
{
    size_t count;
    uint64_t lost;
    const struct ps_event *event = ps_recording_events(recording, &count, &lost);
    for (size_t i = 0; i < count; i++) {
        demand(event[i].slot < PS_MAX_WORKERS, "slots of events are bounded");
        demand(event[i].kind < PS_EVENT_COUNT, "kinds of events are known");
        demand(event[i].argument < 1u << 24, "arguments have 24 bits");
        demand(event[i].kind != PS_EVENT_BLOCKED || event[i].argument >> 16 < PS_STATE_COUNT,
               "states of events are known");
    }
}

static void feed(void *history, const struct ps_snapshot *snapshot)
{
    ps_history_feed(history, snapshot);
}

/* As a screen does. */
static void play(struct ps_recording *recording, uint64_t at_ns, struct ps_history *history)
{
    struct ps_replay *replay = ps_replay_new(recording);
    if (!replay)
        return;
    ps_history_clear(history);
    ps_replay_seek(replay, at_ns, feed, history);
    ps_replay_step(replay, -1);
    ps_replay_step(replay, 2);
    ps_replay_free(replay);
}

static void read_all(const uint8_t *data, size_t size, bool check)
{
    static struct ps_history *history;
    struct ps_recording *recording;
    char why[200] = "";
    if (ps_recording_open_bytes(data, size, check, &recording, why, sizeof why) != PS_OK) {
        demand(why[0], "a refusal has a reason");
        return;
    }
    enum ps_recorded next;
    unsigned records = 0;
    while ((next = ps_recording_next(recording)) < PS_RECORDED_END && records++ < RECORDS_MAX)
        if (next == PS_RECORDED_SNAPSHOT)
            check_snapshot(ps_recording_snapshot(recording));
        else
            check_events(recording);
    if (records > 0)
        check_values(ps_recording_snapshot(recording)); /* the last; it is dear */
    const struct ps_recording_info *info = ps_recording_info(recording);
    demand(info->usable <= info->bytes, "what can be read is there");
    if (!history)
        history = ps_history_new();
    if (history && records < RECORDS_MAX && size % PLAYED_EVERY == 0) /* the dear part */
        play(recording, info->first_ns / 2 + info->last_ns / 2, history);
    ps_recording_close(recording);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    read_all(data, size, false);
    if (size % CHECKED_EVERY == 0)
        read_all(data, size, true);
    return 0;
}
