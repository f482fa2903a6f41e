#include "app/trace_check.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"

#include "base/bytes.h"

#define TRACKS_MAX 20000u
#define FLOWS_MAX  200000u

/* A field of a message as it is on the wire. */
struct field {
    unsigned number, wire;
    uint64_t value;
    struct ps_cursor inner; /* wire type 2 */
};

struct track {
    uint64_t uuid;
    bool counter, thread;
    uint64_t last_ns;
    unsigned depth;
};

struct check {
    struct track track[TRACKS_MAX];
    unsigned tracks;
    struct flow {
        uint64_t track, at_ns;
        bool begun, ended;
    } flow[FLOWS_MAX];
    struct trace_counts counts;
};

/* The next field; false at the message's end. */
static bool next_field(struct ps_cursor *message, struct field *field)
{
    if (ps_cursor_left(message) == 0)
        return false;
    uint64_t tag = ps_cursor_varint(message);
    *field = (struct field){.number = (unsigned)(tag >> 3), .wire = (unsigned)(tag & 7)};
    if (field->wire == 0) {
        field->value = ps_cursor_varint(message);
    } else if (field->wire == 1) {
        field->value = ps_cursor_u64(message);
    } else {
        assert_int_equal(field->wire, 2);
        size_t size = (size_t)ps_cursor_varint(message);
        field->inner.at = ps_cursor_take(message, size);
        field->inner.end = field->inner.at + size;
    }
    assert_false(message->bad);
    assert_int_not_equal(field->number, 0);
    return true;
}

static struct track *find(struct check *check, uint64_t uuid)
{
    for (unsigned i = check->tracks; i > 0; i--)
        if (check->track[i - 1].uuid == uuid)
            return &check->track[i - 1];
    return NULL;
}

static void check_descriptor(struct check *check, struct ps_cursor message)
{
    struct field field;
    struct track track = {.uuid = 0};
    uint64_t parent = 0;
    bool named = false, process = false;
    while (next_field(&message, &field)) {
        track.uuid = field.number == 1 ? field.value : track.uuid;
        parent = field.number == 5 ? field.value : parent;
        named |= field.number == 2 && field.inner.at < field.inner.end;
        process |= field.number == 3;
        track.thread |= field.number == 4;
        track.counter |= field.number == 8;
    }
    assert_true(named);
    assert_int_not_equal(track.uuid, 0);
    assert_null(find(check, track.uuid));
    assert_true(process ? parent == 0 : find(check, parent) != NULL);
    assert_true(check->tracks < TRACKS_MAX);
    check->track[check->tracks++] = track;
    check->counts.threads += track.thread;
    check->counts.counters += track.counter;
    check->counts.lanes += !track.thread && !track.counter && !process;
}

static void check_flow(struct check *check, uint64_t id, bool ends, uint64_t track, uint64_t at_ns)
{
    assert_in_range(id, 1, FLOWS_MAX - 1);
    struct flow *flow = &check->flow[id];
    assert_int_equal(flow->begun, ends);
    assert_false(flow->ended);
    if (ends) {
        assert_int_not_equal(flow->track, track);
        assert_true(flow->at_ns <= at_ns);
        check->counts.flows++;
    }
    *flow = (struct flow){.track = track, .at_ns = at_ns, .begun = true, .ended = ends};
}

static void count_category(struct trace_counts *counts, struct ps_cursor text)
{
    size_t size = ps_cursor_left(&text);
    counts->tasks += size == 4 && memcmp(text.at, "task", 4) == 0;
    counts->parked += size == 4 && memcmp(text.at, "park", 4) == 0;
    counts->waits += size == 4 && memcmp(text.at, "wait", 4) == 0;
}

static void check_event(struct check *check, struct ps_cursor message, uint64_t at_ns)
{
    struct field field;
    uint64_t type = 0, uuid = 0, flow = 0;
    bool ends = false, value = false, named = false;
    struct ps_cursor category = {.at = NULL};
    while (next_field(&message, &field)) {
        type = field.number == 9 ? field.value : type;
        uuid = field.number == 11 ? field.value : uuid;
        named |= field.number == 23;
        value |= field.number == 30;
        if (field.number == 22)
            category = field.inner;
        if (field.number == 47 || field.number == 48) {
            assert_int_equal(field.wire, 1);
            flow = field.value;
            ends = field.number == 48;
        }
    }
    struct track *track = find(check, uuid);
    assert_non_null(track);
    assert_in_range(type, 1, 4);
    assert_int_equal(value, type == 4);
    assert_int_equal(track->counter, type == 4);
    assert_int_equal(named, type == 1 || type == 3);
    if (at_ns < track->last_ns)
        fail_msg("track %d goes back from %llu to %llu", (int)uuid,
                 (unsigned long long)track->last_ns, (unsigned long long)at_ns);
    track->last_ns = at_ns;
    if (type == 1) {
        track->depth++;
        check->counts.slices++;
        count_category(&check->counts, category);
        if (track->depth > check->counts.deepest)
            check->counts.deepest = track->depth;
    } else if (type == 2) {
        assert_int_not_equal(track->depth, 0);
        track->depth--;
    }
    check->counts.instants += type == 3;
    check->counts.values += type == 4;
    if (flow)
        check_flow(check, flow, ends, uuid, at_ns);
}

static void check_packet(struct check *check, struct ps_cursor message)
{
    struct field field;
    struct ps_cursor event = {.at = NULL}, descriptor = {.at = NULL};
    uint64_t at_ns = 0, sequence = 0;
    while (next_field(&message, &field)) {
        at_ns = field.number == 8 ? field.value : at_ns;
        sequence = field.number == 10 ? field.value : sequence;
        if (field.number == 11)
            event = field.inner;
        if (field.number == 60)
            descriptor = field.inner;
    }
    assert_int_not_equal(sequence, 0);
    assert_true((event.at != NULL) != (descriptor.at != NULL));
    if (event.at)
        check_event(check, event, at_ns);
    else
        check_descriptor(check, descriptor);
}

struct trace_counts trace_check(const uint8_t *bytes, size_t size)
{
    struct check *check = calloc(1, sizeof *check);
    struct ps_cursor trace = {.at = bytes, .end = bytes + size};
    struct field field;
    assert_non_null(check);
    while (next_field(&trace, &field)) {
        assert_int_equal(field.number, 1);
        assert_int_equal(field.wire, 2);
        check_packet(check, field.inner);
    }
    for (unsigned i = 0; i < check->tracks; i++)
        if (check->track[i].depth)
            fail_msg("%u slices of track %d are left open", check->track[i].depth,
                     (int)check->track[i].uuid);
    for (unsigned id = 0; id < FLOWS_MAX; id++)
        assert_int_equal(check->flow[id].begun, check->flow[id].ended);
    struct trace_counts counts = check->counts;
    free(check);
    return counts;
}
