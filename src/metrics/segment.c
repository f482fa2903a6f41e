#include "metrics/segment.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"

#define STATE_NAME(name, text, symbol, meaning)    [PS_STATE_##name] = text,
#define STATE_SYMBOL(name, text, symbol, meaning)  [PS_STATE_##name] = symbol,
#define STATE_MEANING(name, text, symbol, meaning) [PS_STATE_##name] = meaning,
#define OUTCOME_NAME(name, text)                   [PS_##name] = text,
#define EVENT_NAME(name, text)                     [PS_EVENT_##name] = text,
#define END_NAME(name, text)                       [PS_END_##name] = text,

static const char *const state_names[] = {PS_STATES(STATE_NAME)};
static const char state_symbols[] = {PS_STATES(STATE_SYMBOL)};
static const char *const state_meanings[] = {PS_STATES(STATE_MEANING)};
static const char *const outcome_names[] = {PS_OUTCOMES(OUTCOME_NAME)};
static const char *const event_names[] = {PS_EVENTS(EVENT_NAME)};
static const char *const end_names[] = {PS_ENDS(END_NAME)};

_Static_assert(sizeof(struct ps_cell) % 128 == 0, "cells must not share cache lines");
_Static_assert(offsetof(struct ps_cell, steals) == 128, "per-task words and the rest apart");
_Static_assert(sizeof(struct ps_type_cell) % 128 == 0, "type cells must not share cache lines");
_Static_assert(sizeof(struct ps_ring) % 128 == 0, "rings must not share cache lines");
_Static_assert(sizeof(struct ps_segment) % 128 == 0, "the parts begin on a cache line pair");
_Static_assert(sizeof(_Atomic uint64_t) == 8 && sizeof(_Atomic uint32_t) == 4,
               "atomics have the layout of plain words in both processes");

const char *ps_state_name(enum ps_state state)
{
    return (unsigned)state < PS_STATE_COUNT ? state_names[state] : "?";
}

const char *ps_state_meaning(enum ps_state state)
{
    return (unsigned)state < PS_STATE_COUNT ? state_meanings[state] : "?";
}

char ps_state_symbol(enum ps_state state)
{
    return (unsigned)state < PS_STATE_COUNT ? state_symbols[state] : '?';
}

const char *ps_outcome_name(enum ps_outcome outcome)
{
    return (unsigned)outcome < PS_OUTCOME_COUNT ? outcome_names[outcome] : "?";
}

const char *ps_event_name(enum ps_event_kind kind)
{
    return (unsigned)kind < PS_EVENT_COUNT ? event_names[kind] : "?";
}

const char *ps_end_name(enum ps_end end)
{
    return (unsigned)end < PS_END_COUNT ? end_names[end] : "?";
}

struct layout {
    uint64_t cells, steals, types, rings, total;
};

static uint64_t round_up(uint64_t bytes)
{
    return (bytes + 127) & ~(uint64_t)127;
}

static struct layout lay_out(uint64_t slots, uint64_t types)
{
    struct layout at;
    at.cells = round_up(sizeof(struct ps_segment));
    at.steals = at.cells + (slots + 1) * sizeof(struct ps_cell);
    at.types = at.steals + round_up(slots * slots * 2 * sizeof(uint64_t));
    at.rings = at.types + (slots + 1) * types * sizeof(struct ps_type_cell);
    at.total = at.rings + (slots + 1) * sizeof(struct ps_ring);
    return at;
}

size_t ps_segment_bytes(unsigned slots, unsigned types)
{
    return lay_out(slots, types).total;
}

void ps_segment_init(struct ps_segment *segment, unsigned slots, unsigned types,
                     const char *const *type_names)
{
    struct layout at = lay_out(slots, types);
    segment->magic = PS_SEGMENT_MAGIC;
    segment->version = PS_SEGMENT_VERSION;
    segment->header_bytes = sizeof *segment;
    segment->total_bytes = at.total;
    segment->epoch_ns = ps_now_ns();
    segment->slots = slots;
    segment->types = types;
    segment->cells_at = at.cells;
    segment->steals_at = at.steals;
    segment->types_at = at.types;
    segment->rings_at = at.rings;
    for (unsigned i = 0; i < types && i < PS_MAX_TYPES; i++)
        snprintf(segment->type_name[i], PS_NAME_BYTES, "%s", type_names[i]);
    atomic_store_explicit(&segment->fault_worker, -1, memory_order_relaxed);
    atomic_store_explicit(&segment->fault_type, -1, memory_order_relaxed);
    atomic_store_explicit(&ps_segment_cell(segment, slots)->shared, 1, memory_order_relaxed);
}

static enum ps_err create(unsigned slots, unsigned types, const char *const *type_names,
                          size_t bytes, int *fd, struct ps_segment **segment)
{
    int memfd = memfd_create("poolscope-metrics", MFD_CLOEXEC);
    if (memfd < 0)
        return ps_err_from_errno(errno);
    if (ftruncate(memfd, (off_t)bytes) != 0) {
        close(memfd);
        return PS_ENOMEM;
    }
    void *map = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, memfd, 0);
    if (map == MAP_FAILED) {
        close(memfd);
        return PS_ENOMEM;
    }
    ps_segment_init(map, slots, types, type_names);
    *fd = memfd;
    *segment = map;
    return PS_OK;
}

enum ps_err ps_segment_create(unsigned slots, unsigned types, const char *const *type_names,
                              int *fd, struct ps_segment **segment)
{
    return create(slots, types, type_names, ps_segment_bytes(slots, types), fd, segment);
}

enum ps_err ps_segment_create_with_picture(unsigned slots, unsigned types,
                                           const char *const *type_names,
                                           const struct ps_picture_shape *shape, int *fd,
                                           struct ps_segment **segment)
{
    size_t bytes = ps_segment_bytes(slots, types), picture_bytes = ps_picture_bytes(shape);
    if (picture_bytes == 0)
        return PS_EINVAL;
    enum ps_err err = create(slots, types, type_names, bytes + picture_bytes, fd, segment);
    if (err != PS_OK)
        return err;
    (*segment)->total_bytes = bytes + picture_bytes;
    (*segment)->picture_at = bytes;
    (*segment)->picture_bytes = picture_bytes;
    ps_picture_init(ps_segment_picture(*segment), shape);
    return PS_OK;
}

/* Every offset of a segment that somebody else made and that is `bytes` long. */
static bool is_laid_out(struct ps_segment *map, size_t bytes)
{
    struct layout at = lay_out(map->slots, map->types);
    if (map->cells_at != at.cells || map->steals_at != at.steals || map->types_at != at.types ||
        map->rings_at != at.rings || map->total_bytes != bytes || at.total > bytes)
        return false;
    if (map->picture_bytes == 0)
        return at.total == bytes;
    return map->picture_at == at.total && map->picture_bytes == bytes - at.total &&
           map->picture_bytes >= sizeof(struct ps_picture) &&
           ps_picture_valid(ps_segment_picture(map), map->picture_bytes);
}

enum ps_err ps_segment_open(int fd, struct ps_segment **segment)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return ps_err_from_errno(errno);
    if (st.st_size < (off_t)sizeof(struct ps_segment))
        return PS_EPROTO;
    size_t bytes = (size_t)st.st_size;
    struct ps_segment *map = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED)
        return PS_ENOMEM;
    enum ps_err err = PS_OK;
    if (map->magic != PS_SEGMENT_MAGIC || map->version != PS_SEGMENT_VERSION)
        err = PS_EVERSION;
    else if (map->slots < 1 || map->slots > PS_MAX_WORKERS || map->types < 1 ||
             map->types > PS_MAX_TYPES)
        err = PS_EPROTO;
    else if (!is_laid_out(map, bytes))
        err = PS_EPROTO;
    if (err != PS_OK) {
        munmap(map, bytes);
        return err;
    }
    *segment = map;
    return PS_OK;
}

void ps_segment_unmap(struct ps_segment *segment)
{
    if (segment)
        munmap(segment, segment->total_bytes);
}

void ps_segment_say(struct ps_segment *segment, const char *message)
{
    uint32_t seq = atomic_load_explicit(&segment->message_seq, memory_order_relaxed) & ~1u;
    while (!atomic_compare_exchange_weak_explicit(&segment->message_seq, &seq, seq + 1,
                                                  memory_order_acquire, memory_order_relaxed)) {
        if (seq & 1)
            sched_yield();
        seq &= ~1u;
    }
    atomic_thread_fence(memory_order_release); /* the odd number before the text */
    snprintf(segment->message, sizeof segment->message, "%s", message);
    atomic_store_explicit(&segment->message_seq, seq + 2, memory_order_release);
}

void ps_segment_take_over(struct ps_segment *segment)
{
    atomic_fetch_and_explicit(&segment->message_seq, ~1u, memory_order_acq_rel);
}

void ps_segment_message(const struct ps_segment *segment, char into[PS_MESSAGE_BYTES])
{
    struct ps_segment *s = (struct ps_segment *)segment;
    for (int tries = 0; tries < 1000; tries++) {
        uint32_t before = atomic_load_explicit(&s->message_seq, memory_order_acquire);
        memcpy(into, s->message, PS_MESSAGE_BYTES);
        atomic_thread_fence(memory_order_acquire);
        if (!(before & 1) &&
            atomic_load_explicit(&s->message_seq, memory_order_relaxed) == before) {
            into[PS_MESSAGE_BYTES - 1] = '\0';
            return;
        }
    }
    into[0] = '\0';
}
