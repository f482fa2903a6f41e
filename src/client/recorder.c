#include "client/recorder.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/crc32c.h"
#include "base/machine.h"
#include "client/record_columns.h"
#include "client/recording_format.h"

#define KEY_EVERY  64u   /* snapshots */
#define EVENTS_MAX 4096u /* a record */
#define TICK_BITS  10u   /* events know their time to 1024 ns */

/* Cells and texts as they were in the snapshot before. */
struct group_state {
    unsigned rows;
    uint64_t *cells;
    size_t room;
};

struct ps_recorder {
    int fd;
    int error;           /* errno of the write that failed; 0: none */
    uint64_t offset;     /* of the end of the file */
    struct ps_bytes out; /* the record being made */
    struct ps_columns columns;
    struct group_state group[PS_GROUPS];
    uint64_t *cells; /* of the group being written */
    size_t room;
    struct ps_snapshot *texts; /* only its texts are used */
    struct ps_snapshot *seen;  /* by ps_recorder_look */
    unsigned until_key;        /* snapshots; 0: the next one is KEY */
    struct ps_recording_keys keys;
    struct ps_recorder_totals totals;
    uint64_t first_ns, last_ns; /* instants of snapshots */
    uint64_t allowance;         /* events that may still be recorded */
    uint64_t allowed_at_ns;
    struct ps_event events[EVENTS_MAX];
};

/* ---- records ---- */

static void fail(struct ps_recorder *r, int number)
{
    if (r->error)
        return;
    r->error = number ? number : EIO;
    /* What was written of the record goes: the rest of the file is whole. */
    if (ftruncate(r->fd, (off_t)r->offset) != 0 || lseek(r->fd, (off_t)r->offset, SEEK_SET) < 0)
        return;
}

static void write_out(struct ps_recorder *r)
{
    const uint8_t *at = r->out.data;
    size_t left = r->out.size;
    if (r->out.failed)
        fail(r, ENOMEM);
    while (left > 0 && !r->error) {
        ssize_t n = write(r->fd, at, left);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            fail(r, errno);
            return;
        }
        at += n;
        left -= (size_t)n;
    }
    if (!r->error)
        r->offset += r->out.size;
}

static void begin_record(struct ps_recorder *r, enum ps_record_kind kind)
{
    ps_bytes_clear(&r->out);
    ps_bytes_u32(&r->out, 0);
    ps_bytes_u32(&r->out, 0);
    ps_bytes_u8(&r->out, (uint8_t)kind);
}

static void put_u32(uint8_t *at, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

static void end_record(struct ps_recorder *r)
{
    if (!r->out.failed) {
        uint8_t *head = r->out.data;
        put_u32(head, (uint32_t)(r->out.size - PS_RECORD_HEADER));
        uint32_t crc = ps_crc32c(0, head, 4);
        put_u32(head + 4, ps_crc32c(crc, head + 8, r->out.size - 8));
    }
    write_out(r);
}

static void write_header(struct ps_recorder *r)
{
    ps_bytes_clear(&r->out);
    ps_bytes_put(&r->out, PS_RECORDING_MAGIC, 8);
    ps_bytes_u32(&r->out, PS_RECORDING_VERSION);
    if (!r->out.failed)
        ps_bytes_u32(&r->out, ps_crc32c(0, r->out.data, r->out.size));
    write_out(r);
}

/* ---- facts ---- */

static void fact(struct ps_recorder *r, const char *key, const char *value)
{
    ps_bytes_text(&r->out, key);
    ps_bytes_text(&r->out, value);
}

__attribute__((format(printf, 3, 4))) static void fact_of(struct ps_recorder *r, const char *key,
                                                          const char *format, ...)
{
    char value[128];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(value, sizeof value, format, arguments);
    va_end(arguments);
    fact(r, key, value);
}

/* "AMD EPYC 7763 64-Core Processor", or "" where the kernel does not say. */
static void processor(char *into, size_t size)
{
    char line[256];
    FILE *from = fopen("/proc/cpuinfo", "re");
    into[0] = '\0';
    while (from && !into[0] && fgets(line, sizeof line, from)) {
        char *colon = strchr(line, ':');
        if (strncmp(line, "model name", 10) == 0 && colon && colon[1])
            snprintf(into, size, "%.*s", (int)strcspn(colon + 2, "\n"), colon + 2);
    }
    if (from)
        fclose(from);
}

static void write_facts(struct ps_recorder *r, const char *preset, const char *experiment)
{
    struct ps_machine machine;
    struct utsname kernel;
    char cpu[120], at[32];
    time_t now = time(NULL);
    struct tm parts;
    ps_machine_read(&machine);
    processor(cpu, sizeof cpu);
    gmtime_r(&now, &parts);
    strftime(at, sizeof at, "%Y-%m-%dT%H:%M:%SZ", &parts);
    begin_record(r, PS_RECORD_FACTS);
    ps_bytes_varint(&r->out, 10);
    fact(r, "version", POOLSCOPE_VERSION);
    fact(r, "recorded", at);
    fact(r, "preset", preset);
    fact(r, "machine.processor", cpu);
    fact_of(r, "machine.cpus", "%u", machine.online);
    fact_of(r, "machine.usable_cpus", "%u", machine.usable);
    fact_of(r, "machine.memory_bytes", "%llu", (unsigned long long)machine.memory);
    bool known = uname(&kernel) == 0;
    fact_of(r, "machine.system", "%s %s", known ? kernel.sysname : "", known ? kernel.release : "");
    fact(r, "machine.architecture", known ? kernel.machine : "");
    fact(r, "experiment", experiment);
    end_record(r);
}

static void write_list(struct ps_recorder *r, enum ps_column_list list)
{
    unsigned count = 0;
    while (ps_column_word(list, count))
        count++;
    ps_bytes_text(&r->out, ps_column_list_name(list));
    ps_bytes_varint(&r->out, count);
    for (unsigned i = 0; i < count; i++)
        ps_bytes_text(&r->out, ps_column_word(list, i));
}

static void write_columns(struct ps_recorder *r)
{
    begin_record(r, PS_RECORD_COLUMNS);
    ps_bytes_varint(&r->out, PS_LISTS);
    for (unsigned list = 0; list < PS_LISTS; list++)
        write_list(r, (enum ps_column_list)list);
    ps_bytes_varint(&r->out, PS_GROUPS);
    for (unsigned g = 0; g < PS_GROUPS; g++) {
        const struct ps_column_group *group = &r->columns.group[g];
        ps_bytes_text(&r->out, group->name);
        ps_bytes_varint(&r->out, group->count);
        for (unsigned i = 0; i < group->count; i++) {
            const struct ps_column *column = &group->column[i];
            ps_bytes_text(&r->out, column->name);
            ps_bytes_u8(&r->out, (uint8_t)column->kind);
            ps_bytes_varint(&r->out, column->length);
            if (column->kind == PS_COLUMN_WORD)
                ps_bytes_varint(&r->out, column->list);
        }
    }
    end_record(r);
}

/* ---- snapshots ---- */

static bool room_for(uint64_t **cells, size_t *room, size_t wanted)
{
    if (wanted <= *room)
        return true;
    uint64_t *more = realloc(*cells, wanted * sizeof *more);
    if (!more)
        return false;
    *cells = more;
    *room = wanted;
    return true;
}

/* A group, as its difference to what it was; then that is what it is. */
static bool write_group(struct ps_recorder *r, enum ps_column_group_id id,
                        const struct ps_snapshot *snapshot)
{
    const struct ps_column_group *group = &r->columns.group[id];
    struct group_state *state = &r->group[id];
    unsigned rows = ps_group_rows(id, snapshot);
    size_t count = rows * ps_group_width(group, rows), gap = 0;
    bool key = r->until_key == 0;
    ps_bytes_varint(&r->out, rows);
    if (key)
        state->rows = rows;
    if (count == 0) {
        ps_bytes_varint(&r->out, 0);
        return true;
    }
    if (!room_for(&r->cells, &r->room, count) || !room_for(&state->cells, &state->room, count))
        return false;
    if (key)
        memset(state->cells, 0, count * sizeof *state->cells);
    ps_group_cells(group, snapshot, rows, r->cells);
    for (size_t i = 0; i < count; i++) {
        if (r->cells[i] == state->cells[i]) {
            gap++;
            continue;
        }
        ps_bytes_varint(&r->out, gap + 1);
        ps_bytes_varint(&r->out, ps_zigzag((int64_t)(r->cells[i] - state->cells[i])));
        gap = 0;
    }
    ps_bytes_varint(&r->out, 0);
    memcpy(state->cells, r->cells, count * sizeof *state->cells);
    return true;
}

/* Where a column's first cell is in its row. */
static size_t cell_of(const struct ps_column_group *group, unsigned column, unsigned rows)
{
    size_t at = 0;
    for (unsigned i = 0; i < column; i++)
        at += group->column[i].length ? group->column[i].length : rows;
    return at;
}

static void write_texts(struct ps_recorder *r, unsigned g, struct ps_snapshot *now)
{
    const struct ps_column_group *group = &r->columns.group[g];
    unsigned rows = ps_group_rows((enum ps_column_group_id)g, now);
    size_t width = ps_group_width(group, rows);
    for (unsigned i = 0; i < group->count; i++) {
        const struct ps_column *column = &group->column[i];
        for (unsigned row = 0; column->kind == PS_COLUMN_TEXT && row < rows; row++) {
            const char *text = ps_column_text(group, column, now, row);
            char *before = ps_column_text(group, column, r->texts, row);
            if (r->until_key == 0)
                before[0] = '\0';
            if (strncmp(text, before, column->bytes) == 0)
                continue;
            snprintf(before, column->bytes, "%s", text);
            ps_bytes_varint(&r->out, g + 1);
            ps_bytes_varint(&r->out, row * width + cell_of(group, i, rows));
            ps_bytes_text(&r->out, before);
        }
    }
}

static bool rows_changed(const struct ps_recorder *r, const struct ps_snapshot *snapshot)
{
    for (unsigned g = 0; g < PS_GROUPS; g++)
        if (r->group[g].rows != ps_group_rows((enum ps_column_group_id)g, snapshot))
            return true;
    return false;
}

static void note_snapshot(struct ps_recorder *r, const struct ps_snapshot *snapshot)
{
    if (r->totals.snapshots == 0)
        r->first_ns = snapshot->at_ns;
    r->last_ns = snapshot->at_ns;
    r->totals.snapshots++;
}

void ps_recorder_snapshot(struct ps_recorder *r, const struct ps_snapshot *snapshot)
{
    if (r->error)
        return;
    if (r->totals.snapshots == 0 || rows_changed(r, snapshot))
        r->until_key = 0;
    bool key = r->until_key == 0;
    uint64_t offset = r->offset;
    begin_record(r, PS_RECORD_SNAPSHOT);
    ps_bytes_u8(&r->out, key ? PS_SNAPSHOT_KEY : 0);
    ps_bytes_varint(&r->out, snapshot->at_ns);
    ps_bytes_varint(&r->out, snapshot->seq);
    for (unsigned g = 0; g < PS_GROUPS; g++)
        if (!write_group(r, (enum ps_column_group_id)g, snapshot))
            r->out.failed = true;
    for (unsigned g = 0; g < PS_GROUPS; g++)
        write_texts(r, g, (struct ps_snapshot *)snapshot);
    ps_bytes_varint(&r->out, 0);
    end_record(r);
    if (r->error)
        return;
    r->until_key = key ? KEY_EVERY - 1 : r->until_key - 1;
    if (key)
        ps_recording_keys_add(&r->keys, offset, snapshot->at_ns);
    note_snapshot(r, snapshot);
}

/* ---- events ---- */

static void write_run(struct ps_recorder *r, const struct ps_event *events, size_t count)
{
    int64_t time = 0, argument = 0;
    ps_bytes_varint(&r->out, events->slot + 1u);
    ps_bytes_varint(&r->out, count);
    for (size_t i = 0; i < count; i++) {
        int64_t tick = (int64_t)(events[i].at_ns >> TICK_BITS);
        ps_bytes_varint(&r->out, ps_zigzag(tick - time) << 4 | ((unsigned)events[i].kind & 0xf));
        ps_bytes_varint(&r->out, ps_zigzag((int64_t)events[i].argument - argument));
        time = tick;
        argument = (int64_t)events[i].argument;
    }
}

static void write_events(struct ps_recorder *r, const struct ps_event *events, size_t count,
                         uint64_t lost)
{
    begin_record(r, PS_RECORD_EVENTS);
    ps_bytes_varint(&r->out, lost);
    for (size_t i = 0; i < count;) {
        size_t n = 1;
        while (i + n < count && events[i + n].slot == events[i].slot)
            n++;
        write_run(r, events + i, n);
        i += n;
    }
    ps_bytes_varint(&r->out, 0);
    end_record(r);
}

void ps_recorder_events(struct ps_recorder *r, const struct ps_event *events, size_t count,
                        uint64_t lost)
{
    while ((count > 0 || lost > 0) && !r->error) {
        size_t n = count < EVENTS_MAX ? count : EVENTS_MAX;
        write_events(r, events, n, lost);
        if (r->error)
            return;
        r->totals.events += n;
        r->totals.events_lost += lost;
        events += n;
        count -= n;
        lost = 0;
    }
}

static void allow(struct ps_recorder *r, uint64_t now_ns)
{
    uint64_t elapsed_ns = now_ns - r->allowed_at_ns;
    if (elapsed_ns > PS_NS_PER_S)
        elapsed_ns = PS_NS_PER_S;
    r->allowance += elapsed_ns * PS_RECORDER_EVENTS_PER_S / PS_NS_PER_S;
    if (r->allowance > PS_RECORDER_EVENTS_PER_S)
        r->allowance = PS_RECORDER_EVENTS_PER_S;
    r->allowed_at_ns = now_ns;
}

void ps_recorder_drain(struct ps_recorder *r, struct ps_source *source, uint64_t now_ns)
{
    allow(r, now_ns);
    while (r->allowance > 0 && !r->error) {
        uint64_t lost = 0;
        size_t room = r->allowance < EVENTS_MAX ? (size_t)r->allowance : EVENTS_MAX;
        size_t count = source->ops->events(source, r->events, room, &lost);
        ps_recorder_events(r, r->events, count, lost);
        r->allowance -= count;
        if (count == 0) /* fewer than asked for does not mean that there are no more */
            break;
    }
}

void ps_recorder_look(struct ps_recorder *r, struct ps_source *source)
{
    ps_recorder_drain(r, source, ps_now_ns());
    if (source->ops->snapshot(source, r->seen) == PS_OK)
        ps_recorder_snapshot(r, r->seen);
}

/* ---- begin and end ---- */

static void free_recorder(struct ps_recorder *r)
{
    for (unsigned g = 0; g < PS_GROUPS; g++)
        free(r->group[g].cells);
    ps_bytes_free(&r->out);
    free(r->cells);
    free(r->texts);
    free(r->seen);
    close(r->fd);
    free(r);
}

static enum ps_err explain(int number, char *why, size_t why_size)
{
    snprintf(why, why_size, "%s", strerror(number));
    return number == ENOMEM ? PS_ENOMEM : PS_EIO;
}

enum ps_err ps_recorder_new(int fd, const char *preset, const struct ps_experiment *experiment,
                            struct ps_recorder **into, char *why, size_t why_size)
{
    struct ps_recorder *r = calloc(1, sizeof *r);
    char *text = NULL;
    size_t size;
    if (!r) {
        close(fd);
        return explain(ENOMEM, why, why_size);
    }
    r->fd = fd;
    r->texts = calloc(1, sizeof *r->texts);
    r->seen = calloc(1, sizeof *r->seen);
    if (!r->texts || !r->seen || ps_experiment_text(experiment, &text, &size) != PS_OK) {
        free_recorder(r);
        return explain(ENOMEM, why, why_size);
    }
    ps_columns_init(&r->columns);
    r->allowance = PS_RECORDER_EVENTS_PER_S;
    r->allowed_at_ns = ps_now_ns();
    write_header(r);
    write_facts(r, preset, text);
    write_columns(r);
    free(text);
    if (r->error) {
        enum ps_err err = explain(r->error, why, why_size);
        free_recorder(r);
        return err;
    }
    *into = r;
    return PS_OK;
}

struct ps_recorder_totals ps_recorder_totals(const struct ps_recorder *r)
{
    struct ps_recorder_totals totals = r->totals;
    totals.bytes = r->offset;
    return totals;
}

const char *ps_recorder_trouble(const struct ps_recorder *r)
{
    return r->error ? strerror(r->error) : NULL;
}

static void write_end(struct ps_recorder *r)
{
    uint64_t end = r->offset, offset = 0, at_ns = 0;
    begin_record(r, PS_RECORD_END);
    ps_bytes_varint(&r->out, r->totals.snapshots);
    ps_bytes_varint(&r->out, r->totals.events);
    ps_bytes_varint(&r->out, r->totals.events_lost);
    ps_bytes_varint(&r->out, r->first_ns);
    ps_bytes_varint(&r->out, r->last_ns);
    ps_bytes_varint(&r->out, r->keys.count);
    for (unsigned i = 0; i < r->keys.count; i++) {
        const struct ps_recording_key *key = &r->keys.key[i];
        ps_bytes_varint(&r->out, key->offset - offset);
        ps_bytes_varint(&r->out, key->at_ns - at_ns);
        offset = key->offset;
        at_ns = key->at_ns;
    }
    end_record(r);
    begin_record(r, PS_RECORD_TRAIL);
    ps_bytes_u64(&r->out, end);
    end_record(r);
}

enum ps_err ps_recorder_finish(struct ps_recorder *r, char *why, size_t why_size)
{
    if (!r)
        return PS_OK;
    if (!r->error)
        write_end(r);
    if (!r->error && fsync(r->fd) != 0 && errno != EINVAL && errno != EROFS)
        r->error = errno;
    enum ps_err err = r->error ? explain(r->error, why, why_size) : PS_OK;
    free_recorder(r);
    return err;
}
