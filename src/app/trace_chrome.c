/* Chrome's JSON ("Trace Event Format"), for viewers that do not read protobuf: an array of events,
 * times in microseconds. A track is a thread of its own. */
#include "app/trace.h"

#include <inttypes.h>

#include "app/json_text.h"

#define PID 1

static void begin(FILE *to, const struct ps_recording *recording)
{
    const char *key, *value;
    fputs("{\"displayTimeUnit\":\"ms\",\"otherData\":{", to);
    for (unsigned i = 0; ps_recording_fact_at(recording, i, &key, &value); i++) {
        fputs(i ? "," : "", to);
        ps_json_quote(to, key);
        fputc(':', to);
        ps_json_quote(to, value);
    }
    /* The first event is written here, so that every other one begins with a comma. */
    fprintf(to,
            "},\"traceEvents\":[\n{\"ph\":\"M\",\"pid\":%d,\"name\":\"process_labels\",\"args\":"
            "{\"labels\":\"poolscope\"}}",
            PID);
}

static void end(FILE *to)
{
    fputs("\n]}\n", to);
}

static void metadata(FILE *to, const char *what, uint64_t track, const char *name)
{
    fprintf(to,
            ",\n{\"ph\":\"M\",\"pid\":%d,\"tid\":%" PRIu64 ",\"name\":\"%s\",\"args\":{\"name\":",
            PID, track, what);
    ps_json_quote(to, name);
    fputs("}}", to);
}

static void head(FILE *to, const char *phase, const struct ps_trace_item *item)
{
    fprintf(to, ",\n{\"ph\":\"%s\",\"pid\":%d,\"tid\":%" PRIu64 ",\"ts\":%" PRIu64 ".%03u", phase,
            PID, item->track, item->at_ns / 1000, (unsigned)(item->at_ns % 1000));
}

static void named(FILE *to, const struct ps_trace_item *item)
{
    fputs(",\"name\":", to);
    ps_json_quote(to, item->name);
    fprintf(to, ",\"cat\":\"%s\"", item->category);
    if (item->key)
        fprintf(to, ",\"args\":{\"%s\":%" PRIu64 "}", item->key, item->value);
}

/* A flow binds to the slice that encloses its instant: a slice of no length. */
static void instant(FILE *to, const struct ps_trace_item *item)
{
    if (item->flow == PS_TRACE_NO_FLOW) {
        head(to, "i", item);
        named(to, item);
        fputs(",\"s\":\"t\"}", to);
        return;
    }
    head(to, "X", item);
    named(to, item);
    fputs(",\"dur\":0}", to);
    bool first = item->flow == PS_TRACE_FLOW_BEGINS;
    head(to, first ? "s" : "f", item);
    fprintf(to, ",\"name\":\"steal\",\"cat\":\"steal\",\"id\":%" PRIu64 "%s}", item->flow_id,
            first ? "" : ",\"bp\":\"e\"");
}

static void write_item(FILE *to, const struct ps_trace_item *item)
{
    switch (item->kind) {
    case PS_TRACE_PROCESS:
        metadata(to, "process_name", item->track, item->name);
        break;
    case PS_TRACE_THREAD:
    case PS_TRACE_LANE:
    case PS_TRACE_COUNTER:
        metadata(to, "thread_name", item->track, item->name);
        break;
    case PS_TRACE_BEGIN:
        head(to, "B", item);
        named(to, item);
        fputc('}', to);
        break;
    case PS_TRACE_END:
        head(to, "E", item);
        fputc('}', to);
        break;
    case PS_TRACE_INSTANT:
        instant(to, item);
        break;
    case PS_TRACE_VALUE:
        head(to, "C", item);
        fprintf(to, ",\"name\":");
        ps_json_quote(to, item->name);
        fprintf(to, ",\"args\":{\"tasks\":%" PRIu64 "}}", item->value);
        break;
    }
}

const struct ps_trace_writer ps_trace_chrome = {.begin = begin, .item = write_item, .end = end};
