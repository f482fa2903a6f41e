/* Perfetto's protobuf, written by hand: a field is a varint (number << 3 | wire type) and a value;
 * wire types 0 varint, 1 eight bytes, 2 counted bytes. Numbers are those of Perfetto's
 * protos/perfetto/trace: trace.proto, trace_packet.proto and track_event/ track_event.proto,
 * track_descriptor.proto, counter_descriptor.proto, process_descriptor.proto,
 * thread_descriptor.proto, debug_annotation.proto. */
#include "app/trace.h"

#include "base/bytes.h"

enum trace_field { TRACE_PACKET = 1 };
enum packet_field {
    PACKET_TIMESTAMP = 8,
    PACKET_SEQUENCE_ID = 10,
    PACKET_TRACK_EVENT = 11,
    PACKET_TRACK_DESCRIPTOR = 60
};
enum descriptor_field {
    DESCRIPTOR_UUID = 1,
    DESCRIPTOR_NAME = 2,
    DESCRIPTOR_PROCESS = 3,
    DESCRIPTOR_THREAD = 4,
    DESCRIPTOR_PARENT_UUID = 5,
    DESCRIPTOR_COUNTER = 8
};
enum process_field { PROCESS_PID = 1, PROCESS_NAME = 6 };
enum thread_field { THREAD_PID = 1, THREAD_TID = 2, THREAD_NAME = 5 };
enum counter_field { COUNTER_UNIT = 3 };
enum event_field {
    EVENT_DEBUG_ANNOTATIONS = 4,
    EVENT_TYPE = 9,
    EVENT_TRACK_UUID = 11,
    EVENT_CATEGORIES = 22,
    EVENT_NAME = 23,
    EVENT_COUNTER_VALUE = 30,
    EVENT_FLOW_IDS = 47,
    EVENT_TERMINATING_FLOW_IDS = 48
};
enum annotation_field { ANNOTATION_UINT_VALUE = 3, ANNOTATION_NAME = 10 };
enum event_type { SLICE_BEGIN = 1, SLICE_END = 2, INSTANT = 3, COUNTER = 4 };

/* Of this trace: one process, one sequence of packets; a count has a unit. */
enum { PID = 1, SEQUENCE = 1, UNIT_COUNT = 2 };

static void number(struct ps_bytes *into, unsigned field, uint64_t value)
{
    ps_bytes_varint(into, field << 3);
    ps_bytes_varint(into, value);
}

static void fixed(struct ps_bytes *into, unsigned field, uint64_t value)
{
    ps_bytes_varint(into, field << 3 | 1);
    ps_bytes_u64(into, value);
}

static void text(struct ps_bytes *into, unsigned field, const char *value)
{
    ps_bytes_varint(into, field << 3 | 2);
    ps_bytes_text(into, value);
}

static void message(struct ps_bytes *into, unsigned field, struct ps_bytes *inner)
{
    ps_bytes_varint(into, field << 3 | 2);
    ps_bytes_varint(into, inner->size);
    ps_bytes_put(into, inner->data, inner->size);
    into->failed |= inner->failed;
    ps_bytes_free(inner);
}

static void begin(FILE *to, const struct ps_recording *recording)
{
    (void)to;
    (void)recording;
}

static void end(FILE *to)
{
    (void)to;
}

static void describe(struct ps_bytes *packet, const struct ps_trace_item *item)
{
    struct ps_bytes descriptor = {.data = NULL}, inner = {.data = NULL};
    number(&descriptor, DESCRIPTOR_UUID, item->track);
    if (item->parent)
        number(&descriptor, DESCRIPTOR_PARENT_UUID, item->parent);
    text(&descriptor, DESCRIPTOR_NAME, item->name);
    if (item->kind == PS_TRACE_PROCESS) {
        number(&inner, PROCESS_PID, PID);
        text(&inner, PROCESS_NAME, item->name);
        message(&descriptor, DESCRIPTOR_PROCESS, &inner);
    } else if (item->kind == PS_TRACE_THREAD) {
        number(&inner, THREAD_PID, PID);
        number(&inner, THREAD_TID, item->track);
        text(&inner, THREAD_NAME, item->name);
        message(&descriptor, DESCRIPTOR_THREAD, &inner);
    } else if (item->kind == PS_TRACE_COUNTER) {
        number(&inner, COUNTER_UNIT, UNIT_COUNT);
        message(&descriptor, DESCRIPTOR_COUNTER, &inner);
    }
    message(packet, PACKET_TRACK_DESCRIPTOR, &descriptor);
}

static void happen(struct ps_bytes *packet, const struct ps_trace_item *item)
{
    static const enum event_type types[] = {[PS_TRACE_BEGIN] = SLICE_BEGIN,
                                            [PS_TRACE_END] = SLICE_END,
                                            [PS_TRACE_INSTANT] = INSTANT,
                                            [PS_TRACE_VALUE] = COUNTER};
    struct ps_bytes event = {.data = NULL}, annotation = {.data = NULL};
    number(packet, PACKET_TIMESTAMP, item->at_ns);
    number(&event, EVENT_TYPE, types[item->kind]);
    number(&event, EVENT_TRACK_UUID, item->track);
    if (item->category)
        text(&event, EVENT_CATEGORIES, item->category);
    if (item->name && item->kind != PS_TRACE_VALUE) /* a counter is called by its track */
        text(&event, EVENT_NAME, item->name);
    if (item->kind == PS_TRACE_VALUE)
        number(&event, EVENT_COUNTER_VALUE, item->value);
    if (item->flow != PS_TRACE_NO_FLOW)
        fixed(&event,
              item->flow == PS_TRACE_FLOW_BEGINS ? EVENT_FLOW_IDS : EVENT_TERMINATING_FLOW_IDS,
              item->flow_id);
    if (item->key) {
        text(&annotation, ANNOTATION_NAME, item->key);
        number(&annotation, ANNOTATION_UINT_VALUE, item->value);
        message(&event, EVENT_DEBUG_ANNOTATIONS, &annotation);
    }
    message(packet, PACKET_TRACK_EVENT, &event);
}

static void write_item(FILE *to, const struct ps_trace_item *item)
{
    struct ps_bytes packet = {.data = NULL}, trace = {.data = NULL};
    if (item->kind < PS_TRACE_BEGIN)
        describe(&packet, item);
    else
        happen(&packet, item);
    number(&packet, PACKET_SEQUENCE_ID, SEQUENCE);
    message(&trace, TRACE_PACKET, &packet);
    if (!trace.failed)
        fwrite(trace.data, 1, trace.size, to);
    ps_bytes_free(&trace);
}

const struct ps_trace_writer ps_trace_perfetto = {.begin = begin, .item = write_item, .end = end};
