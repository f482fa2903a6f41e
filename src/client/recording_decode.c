#include "client/recording_decode.h"

#include <stdlib.h>
#include <string.h>

#include "client/recording_format.h"

#define LISTS_MAX   32u
#define WORDS_MAX   64u
#define GROUPS_MAX  32u
#define COLUMNS_MAX 512u /* of a group */
#define LENGTH_MAX  65536u
#define CELLS_MAX   (UINT32_C(1) << 20)
#define UNKNOWN     UINT8_MAX
#define TICK_BITS   10u

/* A column as the recording has it, and what it is here. */
struct column {
    enum ps_column_kind kind;
    unsigned length, list;
    size_t first;                 /* cell of a row; by the group's rows */
    const struct ps_column *here; /* NULL: unknown */
};

struct group {
    const struct ps_column_group *here; /* NULL: unknown */
    struct column *column;
    unsigned count, rows;
    size_t width; /* cells a row */
    uint64_t *cells;
    uint16_t *place; /* [cell of a row] = its column */
    size_t room, places;
};

struct ps_decoder {
    struct ps_columns columns;
    uint8_t word[LISTS_MAX][WORDS_MAX]; /* [list of the recording][word] = number here */
    unsigned list_count;
    unsigned events_list, states_list; /* LISTS_MAX: none */
    struct group group[GROUPS_MAX];
    unsigned group_count;
    bool primed; /* the snapshot below is what the next difference refers to */
    struct ps_snapshot *snapshot;
    unsigned rows; /* of workers and steals that may not be zero in it */
    struct ps_event *event;
    size_t event_room;
};

struct ps_decoder *ps_decoder_new(void)
{
    struct ps_decoder *d = calloc(1, sizeof *d);
    if (!d)
        return NULL;
    d->snapshot = calloc(1, sizeof *d->snapshot);
    if (!d->snapshot) {
        free(d);
        return NULL;
    }
    ps_columns_init(&d->columns);
    d->events_list = d->states_list = LISTS_MAX;
    return d;
}

void ps_decoder_free(struct ps_decoder *d)
{
    if (!d)
        return;
    for (unsigned g = 0; g < d->group_count; g++) {
        free(d->group[g].column);
        free(d->group[g].cells);
        free(d->group[g].place);
    }
    free(d->snapshot);
    free(d->event);
    free(d);
}

/* ---- the dictionary ---- */

static uint8_t word_here(enum ps_column_list list, const char *word)
{
    for (unsigned i = 0; ps_column_word(list, i); i++)
        if (strcmp(ps_column_word(list, i), word) == 0)
            return (uint8_t)i;
    return UNKNOWN;
}

static enum ps_column_list list_here(const char *name)
{
    unsigned list = 0;
    while (list < PS_LISTS && strcmp(ps_column_list_name((enum ps_column_list)list), name) != 0)
        list++;
    return (enum ps_column_list)list;
}

static bool read_list(struct ps_decoder *d, struct ps_cursor *from)
{
    char text[PS_COLUMN_NAME];
    ps_cursor_text(from, text, sizeof text);
    enum ps_column_list here = list_here(text);
    uint64_t words = ps_cursor_varint(from);
    if (from->bad || words > WORDS_MAX)
        return false;
    unsigned list = d->list_count++;
    if (here == PS_LIST_EVENTS)
        d->events_list = list;
    if (here == PS_LIST_STATES)
        d->states_list = list;
    memset(d->word[list], UNKNOWN, sizeof d->word[list]);
    for (unsigned i = 0; i < words; i++) {
        ps_cursor_text(from, text, sizeof text);
        if (here != PS_LISTS)
            d->word[list][i] = word_here(here, text);
    }
    return !from->bad;
}

/* Only a column of the same name and kind, and of at least one row in common, is the same. */
static const struct ps_column *column_here(const struct ps_column_group *group, const char *name,
                                           const struct column *column)
{
    for (unsigned i = 0; group && i < group->count; i++) {
        const struct ps_column *here = &group->column[i];
        if (strcmp(here->name, name) == 0 && here->kind == column->kind &&
            (here->length == 0) == (column->length == 0))
            return here;
    }
    return NULL;
}

static bool read_column(const struct ps_decoder *d, const struct group *group,
                        struct column *column, struct ps_cursor *from)
{
    char name[PS_COLUMN_NAME];
    ps_cursor_text(from, name, sizeof name);
    column->kind = (enum ps_column_kind)ps_cursor_u8(from);
    uint64_t length = ps_cursor_varint(from);
    uint64_t list = column->kind == PS_COLUMN_WORD ? ps_cursor_varint(from) : 0;
    if (from->bad || column->kind >= PS_COLUMN_KINDS || length > LENGTH_MAX ||
        (column->kind == PS_COLUMN_WORD && list >= d->list_count))
        return false;
    column->length = (unsigned)length;
    column->list = (unsigned)list;
    column->here = column_here(group->here, name, column);
    return true;
}

static enum ps_err read_group(struct ps_decoder *d, struct ps_cursor *from)
{
    char name[PS_COLUMN_NAME];
    struct group *group = &d->group[d->group_count];
    ps_cursor_text(from, name, sizeof name);
    uint64_t count = ps_cursor_varint(from);
    if (from->bad || count > COLUMNS_MAX)
        return PS_EPARSE;
    for (unsigned g = 0; g < PS_GROUPS; g++)
        if (strcmp(d->columns.group[g].name, name) == 0)
            group->here = &d->columns.group[g];
    for (unsigned g = 0; g < d->group_count; g++)
        if (group->here && d->group[g].here == group->here)
            return PS_EPARSE;
    group->column = calloc(count ? count : 1, sizeof *group->column);
    if (!group->column)
        return PS_ENOMEM;
    d->group_count++;
    group->count = (unsigned)count;
    for (unsigned i = 0; i < count; i++)
        if (!read_column(d, group, &group->column[i], from))
            return PS_EPARSE;
    return PS_OK;
}

enum ps_err ps_decoder_columns(struct ps_decoder *d, struct ps_cursor *payload)
{
    uint64_t lists = ps_cursor_varint(payload);
    if (d->group_count || d->list_count || lists > LISTS_MAX)
        return PS_EPARSE;
    for (unsigned i = 0; i < lists; i++)
        if (!read_list(d, payload))
            return PS_EPARSE;
    uint64_t groups = ps_cursor_varint(payload);
    if (payload->bad || groups > GROUPS_MAX)
        return PS_EPARSE;
    for (unsigned i = 0; i < groups; i++) {
        enum ps_err err = read_group(d, payload);
        if (err != PS_OK)
            return err;
    }
    return PS_OK;
}

/* ---- snapshots ---- */

static unsigned length_of(const struct column *column, unsigned rows)
{
    return column->length ? column->length : rows;
}

static size_t width_of(const struct group *group, unsigned rows)
{
    size_t width = 0;
    for (unsigned i = 0; i < group->count; i++)
        width += length_of(&group->column[i], rows);
    return width;
}

/* Memory for the cells, all 0, and the way from a cell to its column. */
static enum ps_err make_cells(struct group *group)
{
    size_t cells = group->rows * group->width, at = 0;
    if (cells > group->room) {
        uint64_t *more = realloc(group->cells, cells * sizeof *more);
        if (!more)
            return PS_ENOMEM;
        group->cells = more;
        group->room = cells;
    }
    if (group->width > group->places) {
        uint16_t *more = realloc(group->place, group->width * sizeof *more);
        if (!more)
            return PS_ENOMEM;
        group->place = more;
        group->places = group->width;
    }
    if (cells)
        memset(group->cells, 0, cells * sizeof *group->cells);
    for (unsigned i = 0; i < group->count && group->rows; i++) {
        group->column[i].first = at;
        for (unsigned n = length_of(&group->column[i], group->rows); n > 0; n--)
            group->place[at++] = (uint16_t)i;
    }
    return PS_OK;
}

/* A KEY snapshot sets the rows, others keep them. Of a group that is not known here cells are
 * counted, not kept. */
static enum ps_err set_rows(struct group *group, unsigned rows, bool key)
{
    if (!key)
        return rows == group->rows ? PS_OK : PS_EPARSE;
    size_t width = width_of(group, rows);
    if (width > CELLS_MAX || rows * width > CELLS_MAX ||
        (group->here && rows > group->here->rows_max))
        return PS_EPARSE;
    group->rows = rows;
    group->width = width;
    return group->here ? make_cells(group) : PS_OK;
}

static void store_cell(struct ps_decoder *d, const struct group *group, size_t cell)
{
    size_t in_row = cell % group->width;
    const struct column *column = &group->column[group->place[in_row]];
    size_t element = in_row - column->first;
    uint64_t value = group->cells[cell];
    if (!column->here || (column->here->length && element >= column->here->length))
        return;
    if (column->kind == PS_COLUMN_WORD) {
        value = value < WORDS_MAX ? d->word[column->list][value] : UNKNOWN;
        if (value == UNKNOWN)
            value = 0;
    }
    ps_column_store(group->here, column->here, d->snapshot, (unsigned)(cell / group->width),
                    (unsigned)element, value);
}

/* Word 0 of a list may be another one here, and a cell that is 0 in a KEY snapshot does not say
 * so. */
static void store_words(struct ps_decoder *d, const struct group *group)
{
    for (unsigned i = 0; i < group->count; i++)
        for (unsigned row = 0; group->column[i].kind == PS_COLUMN_WORD && row < group->rows; row++)
            store_cell(d, group, row * group->width + group->column[i].first);
}

static enum ps_err read_cells(struct ps_decoder *d, struct group *group, struct ps_cursor *from,
                              bool key)
{
    uint64_t rows = ps_cursor_varint(from);
    if (from->bad || rows > LENGTH_MAX)
        return PS_EPARSE;
    enum ps_err err = set_rows(group, (unsigned)rows, key);
    if (err != PS_OK)
        return err;
    if (group->here && group->rows > d->rows)
        d->rows = group->rows;
    if (group->here && key)
        store_words(d, group);
    size_t count = group->rows * group->width, at = 0;
    for (;;) {
        uint64_t step = ps_cursor_varint(from);
        if (step == 0)
            return from->bad ? PS_EPARSE : PS_OK;
        int64_t difference = ps_unzigzag(ps_cursor_varint(from));
        if (from->bad || step > count - at)
            return PS_EPARSE;
        at += step;
        if (!group->here)
            continue;
        group->cells[at - 1] += (uint64_t)difference;
        store_cell(d, group, at - 1);
    }
}

static enum ps_err read_texts(struct ps_decoder *d, struct ps_cursor *from)
{
    for (;;) {
        char text[PS_MESSAGE_BYTES];
        uint64_t number = ps_cursor_varint(from);
        if (number == 0)
            return from->bad ? PS_EPARSE : PS_OK;
        uint64_t cell = ps_cursor_varint(from);
        ps_cursor_text(from, text, sizeof text);
        if (from->bad || number > d->group_count)
            return PS_EPARSE;
        const struct group *group = &d->group[number - 1];
        if (cell >= group->rows * group->width)
            return PS_EPARSE;
        if (!group->here)
            continue;
        const struct column *column = &group->column[group->place[cell % group->width]];
        if (column->kind != PS_COLUMN_TEXT || !column->here)
            continue;
        char *into =
            ps_column_text(group->here, column->here, d->snapshot, (unsigned)(cell / group->width));
        strncpy(into, text, column->here->bytes - 1);
        into[column->here->bytes - 1] = '\0';
    }
}

static void bound(int32_t *index, uint32_t limit)
{
    if (*index < -1 || (*index >= 0 && (uint32_t)*index >= limit))
        *index = -1;
}

static void bound_holder(struct ps_holder_view *holder, const struct ps_snapshot *s)
{
    bound(&holder->worker, s->slots);
    bound(&holder->type, s->types);
}

/* What screens index with. */
static void make_safe(struct ps_decoder *d)
{
    struct ps_snapshot *s = d->snapshot;
    s->slots = s->types = 0;
    for (unsigned g = 0; g < d->group_count; g++) {
        if (d->group[g].here == &d->columns.group[PS_GROUP_WORKERS])
            s->slots = d->group[g].rows;
        if (d->group[g].here == &d->columns.group[PS_GROUP_TYPES])
            s->types = d->group[g].rows;
    }
    if (s->workers > PS_MAX_WORKERS)
        s->workers = PS_MAX_WORKERS;
    if (s->locks > PS_MAX_LOCKS)
        s->locks = PS_MAX_LOCKS;
    if (s->answers > PS_SEGMENT_ANSWERS)
        s->answers = PS_SEGMENT_ANSWERS;
    if (s->phases_begun > PS_MAX_PHASES)
        s->phases_begun = PS_MAX_PHASES;
    bound(&s->fault_worker, s->slots);
    bound(&s->fault_type, s->types);
    bound_holder(&s->gil_holder, s);
    for (unsigned i = 0; i < s->locks; i++)
        bound_holder(&s->lock[i].holder, s);
    for (unsigned slot = 0; slot < s->slots; slot++) {
        bound(&s->worker[slot].type, s->types);
        if (s->worker[slot].step > PS_MAX_STEPS)
            s->worker[slot].step = 0;
    }
}

bool ps_decoder_head(struct ps_cursor *payload, struct ps_decoded_head *head)
{
    head->key = (ps_cursor_u8(payload) & PS_SNAPSHOT_KEY) != 0;
    head->at_ns = ps_cursor_varint(payload);
    head->seq = ps_cursor_varint(payload);
    return !payload->bad;
}

static enum ps_err read_snapshot(struct ps_decoder *d, struct ps_cursor *payload, bool key)
{
    for (unsigned g = 0; g < d->group_count; g++) {
        enum ps_err err = read_cells(d, &d->group[g], payload, key);
        if (err != PS_OK)
            return err;
    }
    return read_texts(d, payload);
}

/* Back to all zero, where there may be something else: most of the memory has never been used. */
static void wipe(struct ps_decoder *d)
{
    struct ps_snapshot *s = d->snapshot;
    memset(s, 0, offsetof(struct ps_snapshot, worker));
    memset(s->worker, 0, d->rows * sizeof *s->worker);
    memset(s->type, 0, sizeof s->type);
    memset(&s->process, 0, sizeof s->process);
    memset(&s->machine, 0, sizeof s->machine);
    memset(&s->latency, 0, sizeof s->latency);
    for (unsigned thief = 0; thief < d->rows; thief++) {
        memset(&s->steal_ops[(size_t)thief * PS_MAX_WORKERS], 0, d->rows * sizeof *s->steal_ops);
        memset(&s->steal_tasks[(size_t)thief * PS_MAX_WORKERS], 0,
               d->rows * sizeof *s->steal_tasks);
    }
    d->rows = 0;
}

enum ps_err ps_decoder_snapshot(struct ps_decoder *d, struct ps_cursor *payload)
{
    struct ps_decoded_head head;
    if (!ps_decoder_head(payload, &head))
        return PS_EPARSE;
    if (!head.key && !d->primed)
        return PS_EAGAIN;
    if (head.key)
        wipe(d);
    d->primed = false;
    enum ps_err err = read_snapshot(d, payload, head.key);
    make_safe(d);
    if (err != PS_OK) {
        wipe(d); /* half of it is worse than nothing */
        return err;
    }
    d->snapshot->at_ns = head.at_ns;
    d->snapshot->seq = head.seq;
    d->primed = true;
    return PS_OK;
}

const struct ps_snapshot *ps_decoder_newest(const struct ps_decoder *d)
{
    return d->snapshot;
}

void ps_decoder_reset(struct ps_decoder *d)
{
    d->primed = false;
}

/* ---- events ---- */

static bool event_room(struct ps_decoder *d, size_t wanted)
{
    if (wanted <= d->event_room)
        return true;
    size_t room = d->event_room ? d->event_room : 1024;
    while (room < wanted)
        room *= 2;
    struct ps_event *more = realloc(d->event, room * sizeof *more);
    if (!more)
        return false;
    d->event = more;
    d->event_room = room;
    return true;
}

/* An event in terms of this program; false: it is unknown here. */
static bool translate(const struct ps_decoder *d, uint64_t kind, struct ps_event *event)
{
    uint8_t here = d->events_list < LISTS_MAX ? d->word[d->events_list][kind] : UNKNOWN;
    if (here == UNKNOWN || event->slot >= PS_MAX_WORKERS)
        return false;
    event->kind = (enum ps_event_kind)here;
    if (event->kind == PS_EVENT_BLOCKED) {
        uint32_t state = event->argument >> 16;
        uint8_t known = state < WORDS_MAX && d->states_list < LISTS_MAX
                            ? d->word[d->states_list][state]
                            : UNKNOWN;
        if (known == UNKNOWN)
            return false;
        event->argument = (uint32_t)known << 16 | (event->argument & 0xffff);
    }
    return true;
}

static enum ps_err read_run(struct ps_decoder *d, struct ps_cursor *from, uint64_t slot,
                            size_t *count)
{
    uint64_t n = ps_cursor_varint(from);
    int64_t tick = 0, argument = 0;
    /* Two bytes an event at least. */
    if (from->bad || n > ps_cursor_left(from) / 2 || *count + n > PS_DECODE_EVENTS_MAX)
        return PS_EPARSE;
    if (!event_room(d, *count + n))
        return PS_ENOMEM;
    for (uint64_t i = 0; i < n; i++) {
        uint64_t word = ps_cursor_varint(from);
        tick = (int64_t)((uint64_t)tick + (uint64_t)ps_unzigzag(word >> 4));
        argument = (int64_t)((uint64_t)argument + (uint64_t)ps_unzigzag(ps_cursor_varint(from)));
        struct ps_event event = {.at_ns = (uint64_t)tick << TICK_BITS,
                                 .slot = slot < PS_MAX_WORKERS ? (uint16_t)slot : PS_MAX_WORKERS,
                                 .argument = (uint32_t)argument & 0xffffff};
        if (translate(d, word & 0xf, &event))
            d->event[(*count)++] = event;
    }
    return from->bad ? PS_EPARSE : PS_OK;
}

enum ps_err ps_decoder_events(struct ps_decoder *d, struct ps_cursor *payload,
                              const struct ps_event **events, size_t *count, uint64_t *lost)
{
    *lost = ps_cursor_varint(payload);
    *count = 0;
    for (;;) {
        uint64_t slot = ps_cursor_varint(payload);
        if (payload->bad)
            return PS_EPARSE;
        if (slot == 0)
            break;
        enum ps_err err = read_run(d, payload, slot - 1, count);
        if (err != PS_OK)
            return err;
    }
    *events = d->event;
    return PS_OK;
}
