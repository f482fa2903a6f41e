#include "client/recording.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/crc32c.h"
#include "client/recording_decode.h"
#include "client/recording_format.h"

#define FACTS_MAX 64u

struct ps_recording {
    int fd;                /* -1: bytes in memory */
    const uint8_t *memory; /* NULL: a file */
    bool check;
    struct ps_decoder *decoder;
    struct ps_bytes record; /* the payload read last */
    uint64_t loaded;        /* offset of that record + 1; 0: none */
    unsigned kind;          /* of it */
    char *fact[FACTS_MAX][2];
    unsigned fact_count;
    uint64_t first; /* offset of the first record behind the dictionary */
    uint64_t next;
    struct ps_recording_keys keys;
    struct ps_recording_info info;
    const struct ps_event *events;
    size_t event_count;
    uint64_t events_lost;
    bool damaged; /* info.usable is where a record with a right check sum made no sense */
};

/* ---- bytes ---- */

static bool read_at(const struct ps_recording *r, uint64_t offset, void *into, size_t size)
{
    if (offset > r->info.bytes || size > r->info.bytes - offset)
        return false;
    if (r->memory) {
        memcpy(into, r->memory + offset, size);
        return true;
    }
    char *at = into;
    while (size > 0) {
        ssize_t n = pread(r->fd, at, size, (off_t)offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        at += n;
        offset += (uint64_t)n;
        size -= (size_t)n;
    }
    return true;
}

static uint32_t word_at(const uint8_t *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

/* The record at an offset, with its payload in r->record. False: there is no whole one. */
static bool load(struct ps_recording *r, uint64_t offset)
{
    uint8_t head[PS_RECORD_HEADER];
    if (r->loaded == offset + 1)
        return true;
    r->loaded = 0;
    if (!read_at(r, offset, head, sizeof head))
        return false;
    uint32_t size = word_at(head);
    if (size > PS_RECORD_MAX || size > r->info.bytes - offset - PS_RECORD_HEADER)
        return false;
    ps_bytes_clear(&r->record);
    if (!ps_bytes_reserve(&r->record, size ? size : 1) ||
        !read_at(r, offset + PS_RECORD_HEADER, r->record.data, size))
        return false;
    r->record.size = size;
    uint32_t crc = ps_crc32c(ps_crc32c(0, head, 4), head + 8, 1);
    if (r->check && ps_crc32c(crc, r->record.data, size) != word_at(head + 4))
        return false;
    r->kind = head[8];
    r->loaded = offset + 1;
    return true;
}

static struct ps_cursor payload(const struct ps_recording *r)
{
    return (struct ps_cursor){.at = r->record.data, .end = r->record.data + r->record.size};
}

static uint64_t behind(const struct ps_recording *r, uint64_t offset)
{
    return offset + PS_RECORD_HEADER + r->record.size;
}

/* ---- opening ---- */

static char *take_text(struct ps_cursor *from)
{
    size_t length = (size_t)ps_cursor_varint(from);
    const uint8_t *at = ps_cursor_take(from, length);
    char *text = at ? calloc(1, length + 1) : NULL;
    if (text)
        memcpy(text, at, length);
    return text;
}

static enum ps_err read_facts(struct ps_recording *r)
{
    struct ps_cursor from = payload(r);
    uint64_t count = ps_cursor_varint(&from);
    for (uint64_t i = 0; i < count && i < FACTS_MAX; i++) {
        char **fact = r->fact[r->fact_count++];
        fact[0] = take_text(&from);
        fact[1] = take_text(&from);
        if (!fact[0] || !fact[1])
            return from.bad ? PS_EPARSE : PS_ENOMEM;
    }
    return from.bad ? PS_EPARSE : PS_OK;
}

static enum ps_err read_header(struct ps_recording *r, char *why, size_t why_size)
{
    uint8_t header[PS_RECORDING_HEADER];
    snprintf(why, why_size, "not a recording of poolscope");
    if (!read_at(r, 0, header, sizeof header) || memcmp(header, PS_RECORDING_MAGIC, 8) != 0)
        return PS_EPARSE;
    if (r->check && ps_crc32c(0, header, 12) != word_at(header + 12)) {
        snprintf(why, why_size, "its header is damaged");
        return PS_EPARSE;
    }
    if (word_at(header + 8) != PS_RECORDING_VERSION) {
        snprintf(why, why_size, "recorded in format %u; this program reads format %u",
                 word_at(header + 8), PS_RECORDING_VERSION);
        return PS_EVERSION;
    }
    return PS_OK;
}

/* Facts and dictionary, without which the rest means nothing. */
static enum ps_err read_front(struct ps_recording *r, char *why, size_t why_size)
{
    enum ps_err err = read_header(r, why, why_size);
    if (err != PS_OK)
        return err;
    uint64_t offset = PS_RECORDING_HEADER;
    snprintf(why, why_size, "it ends, or is damaged, before its first snapshot");
    if (!load(r, offset) || r->kind != PS_RECORD_FACTS)
        return PS_EPARSE;
    if ((err = read_facts(r)) != PS_OK)
        return err;
    offset = behind(r, offset);
    if (!load(r, offset) || r->kind != PS_RECORD_COLUMNS)
        return PS_EPARSE;
    struct ps_cursor from = payload(r);
    if ((err = ps_decoder_columns(r->decoder, &from)) != PS_OK)
        return err;
    r->first = r->next = behind(r, offset);
    return PS_OK;
}

static bool read_end(struct ps_recording *r)
{
    struct ps_cursor from = payload(r);
    struct ps_recording_info *info = &r->info;
    info->snapshots = ps_cursor_varint(&from);
    info->events = ps_cursor_varint(&from);
    info->events_lost = ps_cursor_varint(&from);
    info->first_ns = ps_cursor_varint(&from);
    info->last_ns = ps_cursor_varint(&from);
    uint64_t count = ps_cursor_varint(&from), offset = 0, at_ns = 0;
    if (from.bad || count > PS_RECORDING_KEYS)
        return false;
    for (uint64_t i = 0; i < count; i++) {
        offset += ps_cursor_varint(&from);
        at_ns += ps_cursor_varint(&from);
        if (offset < r->first || offset >= info->bytes)
            return false;
        ps_recording_keys_add(&r->keys, offset, at_ns);
    }
    return !from.bad;
}

/* By its last record. False: it was cut. */
static bool find_end(struct ps_recording *r)
{
    uint64_t size = r->info.bytes;
    if (size < r->first + PS_RECORD_TRAILER || !load(r, size - PS_RECORD_TRAILER) ||
        r->kind != PS_RECORD_TRAIL || r->record.size != 8)
        return false;
    struct ps_cursor from = payload(r);
    uint64_t end = ps_cursor_u64(&from);
    if (end < r->first || end >= size || !load(r, end) || r->kind != PS_RECORD_END || !read_end(r))
        return false;
    r->info.usable = size;
    r->info.whole = true;
    return true;
}

static void note(struct ps_recording *r, uint64_t offset)
{
    struct ps_cursor from = payload(r);
    struct ps_recording_info *info = &r->info;
    struct ps_decoded_head head;
    const struct ps_event *events;
    size_t count;
    uint64_t lost;
    if (r->kind == PS_RECORD_SNAPSHOT && ps_decoder_head(&from, &head)) {
        if (head.key)
            ps_recording_keys_add(&r->keys, offset, head.at_ns);
        if (info->snapshots++ == 0)
            info->first_ns = head.at_ns;
        info->last_ns = head.at_ns;
    } else if (r->kind == PS_RECORD_EVENTS &&
               ps_decoder_events(r->decoder, &from, &events, &count, &lost) == PS_OK) {
        info->events += count;
        info->events_lost += lost;
    }
}

/* Read it all: what its index would have said. */
static void read_through(struct ps_recording *r)
{
    uint64_t offset = r->first;
    uint64_t bytes = r->info.bytes;
    r->info = (struct ps_recording_info){.bytes = bytes};
    memset(&r->keys, 0, sizeof r->keys);
    while (load(r, offset)) {
        note(r, offset);
        offset = behind(r, offset);
    }
    r->info.usable = offset;
}

static enum ps_err open_it(struct ps_recording *r, char *why, size_t why_size)
{
    r->decoder = ps_decoder_new();
    enum ps_err err = r->decoder ? read_front(r, why, why_size) : PS_ENOMEM;
    if (err == PS_ENOMEM)
        snprintf(why, why_size, "%s", ps_err_text(err));
    if (err != PS_OK)
        return err;
    if (!find_end(r))
        read_through(r);
    r->loaded = 0;
    return PS_OK;
}

static enum ps_err finish_open(struct ps_recording *r, struct ps_recording **into, char *why,
                               size_t why_size)
{
    enum ps_err err = open_it(r, why, why_size);
    if (err == PS_OK)
        *into = r;
    else
        ps_recording_close(r);
    return err;
}

enum ps_err ps_recording_open_bytes(const void *bytes, size_t size, bool check,
                                    struct ps_recording **into, char *why, size_t why_size)
{
    struct ps_recording *r = calloc(1, sizeof *r);
    if (!r) {
        snprintf(why, why_size, "%s", ps_err_text(PS_ENOMEM));
        return PS_ENOMEM;
    }
    r->fd = -1;
    r->memory = bytes;
    r->info.bytes = size;
    r->check = check;
    return finish_open(r, into, why, why_size);
}

enum ps_err ps_recording_open(const char *path, struct ps_recording **into, char *why,
                              size_t why_size)
{
    struct stat facts;
    /* O_NONBLOCK: a pipe or a device must not hold us. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0 || fstat(fd, &facts) != 0) {
        enum ps_err err = errno == ENOENT ? PS_ENOENT : PS_EIO;
        snprintf(why, why_size, "%s", strerror(errno));
        if (fd >= 0)
            close(fd);
        return err;
    }
    struct ps_recording *r = S_ISREG(facts.st_mode) ? calloc(1, sizeof *r) : NULL;
    if (!r) {
        close(fd);
        snprintf(why, why_size, "%s",
                 S_ISREG(facts.st_mode) ? ps_err_text(PS_ENOMEM) : "not a file");
        return S_ISREG(facts.st_mode) ? PS_ENOMEM : PS_EPARSE;
    }
    r->fd = fd;
    r->info.bytes = (uint64_t)facts.st_size;
    r->check = true;
    return finish_open(r, into, why, why_size);
}

void ps_recording_close(struct ps_recording *r)
{
    if (!r)
        return;
    for (unsigned i = 0; i < r->fact_count; i++) {
        free(r->fact[i][0]);
        free(r->fact[i][1]);
    }
    ps_decoder_free(r->decoder);
    ps_bytes_free(&r->record);
    if (r->fd >= 0)
        close(r->fd);
    free(r);
}

/* ---- what it says ---- */

bool ps_recording_fact_at(const struct ps_recording *r, unsigned index, const char **key,
                          const char **value)
{
    if (index >= r->fact_count)
        return false;
    *key = r->fact[index][0];
    *value = r->fact[index][1];
    return true;
}

const char *ps_recording_fact(const struct ps_recording *r, const char *key)
{
    const char *name, *value;
    for (unsigned i = 0; ps_recording_fact_at(r, i, &name, &value); i++)
        if (strcmp(name, key) == 0)
            return value;
    return NULL;
}

const struct ps_recording_info *ps_recording_info(const struct ps_recording *r)
{
    return &r->info;
}

const struct ps_snapshot *ps_recording_snapshot(const struct ps_recording *r)
{
    return ps_decoder_newest(r->decoder);
}

const struct ps_event *ps_recording_events(const struct ps_recording *r, size_t *count,
                                           uint64_t *lost)
{
    *count = r->event_count;
    *lost = r->events_lost;
    return r->events;
}

/* ---- going through ---- */

/* Load the next record that is a snapshot or events; others are skipped. */
static enum ps_recorded load_next(struct ps_recording *r)
{
    for (;; r->next = behind(r, r->next)) {
        if (r->next >= r->info.usable)
            return r->damaged ? PS_RECORDED_DAMAGED : PS_RECORDED_END;
        if (!load(r, r->next))
            return PS_RECORDED_DAMAGED;
        if (r->kind == PS_RECORD_SNAPSHOT)
            return PS_RECORDED_SNAPSHOT;
        if (r->kind == PS_RECORD_EVENTS)
            return PS_RECORDED_EVENTS;
        if (r->kind == PS_RECORD_END)
            return PS_RECORDED_END;
    }
}

enum ps_recorded ps_recording_peek(struct ps_recording *r, uint64_t *at_ns)
{
    enum ps_recorded next = load_next(r);
    struct ps_decoded_head head;
    struct ps_cursor from = payload(r);
    if (next != PS_RECORDED_SNAPSHOT)
        return next;
    if (!ps_decoder_head(&from, &head))
        return PS_RECORDED_DAMAGED;
    *at_ns = head.at_ns;
    return next;
}

/* The newest snapshot is the last good one, as it is where a record is cut. */
static enum ps_recorded stop_here(struct ps_recording *r)
{
    if (!r->damaged) {
        r->damaged = true;
        r->info.usable = r->next;
        ps_recording_seek(r, UINT64_MAX);
    }
    return PS_RECORDED_DAMAGED;
}

enum ps_recorded ps_recording_next(struct ps_recording *r)
{
    for (;;) {
        enum ps_recorded next = load_next(r);
        if (next == PS_RECORDED_END || next == PS_RECORDED_DAMAGED)
            return next;
        struct ps_cursor from = payload(r);
        enum ps_err err = next == PS_RECORDED_SNAPSHOT
                              ? ps_decoder_snapshot(r->decoder, &from)
                              : ps_decoder_events(r->decoder, &from, &r->events, &r->event_count,
                                                  &r->events_lost);
        if (err != PS_OK && err != PS_EAGAIN)
            return stop_here(r);
        r->next = behind(r, r->next);
        if (err == PS_OK)
            return next;
    }
}

void ps_recording_pass_events(struct ps_recording *r)
{
    uint8_t head[PS_RECORD_HEADER];
    while (r->next < r->info.usable && read_at(r, r->next, head, sizeof head) &&
           head[8] == PS_RECORD_EVENTS) {
        uint64_t size = sizeof head + (uint64_t)word_at(head);
        if (size > r->info.usable - r->next)
            return; /* whoever loads it says what is wrong */
        r->next += size;
    }
}

void ps_recording_rewind(struct ps_recording *r)
{
    r->next = r->first;
    ps_decoder_reset(r->decoder);
}

enum ps_recorded ps_recording_seek(struct ps_recording *r, uint64_t at_ns)
{
    const struct ps_recording_key *key = ps_recording_keys_find(&r->keys, at_ns);
    ps_recording_rewind(r);
    if (key)
        r->next = key->offset;
    bool any = false;
    for (;;) {
        uint64_t next_ns = 0;
        ps_recording_pass_events(r);
        enum ps_recorded next = ps_recording_peek(r, &next_ns);
        bool over = next == PS_RECORDED_SNAPSHOT && next_ns > at_ns;
        if (next == PS_RECORDED_END || next == PS_RECORDED_DAMAGED || over) {
            if (any)
                return PS_RECORDED_SNAPSHOT;
            if (!over)
                return next;
        }
        if (ps_recording_next(r) != PS_RECORDED_SNAPSHOT)
            return PS_RECORDED_DAMAGED;
        any = true;
        if (over)
            return PS_RECORDED_SNAPSHOT;
    }
}
