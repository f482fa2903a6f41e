/* A snapshot as tables of 64-bit cells: one table of columns says which field of which struct goes
 * where, for recorder and reader alike. A new field of a snapshot is one line here; the test
 * recording_test finds a field that has none. */
#ifndef PS_CLIENT_RECORD_COLUMNS_H
#define PS_CLIENT_RECORD_COLUMNS_H

#include "metrics/snapshot.h"

enum ps_column_kind {
    PS_COLUMN_WHOLE, /* whole number, two's complement */
    PS_COLUMN_REAL,  /* bits of a double */
    PS_COLUMN_TEXT,  /* no cell's value: kept apart */
    PS_COLUMN_WORD,  /* number of a word in a list */
    PS_COLUMN_KINDS
};

/* Lists of words, which number enumerations by name. */
enum ps_column_list {
    PS_LIST_STATES,
    PS_LIST_OUTCOMES,
    PS_LIST_ENDS,
    PS_LIST_EVENTS,
    PS_LIST_PHASES,
    PS_LIST_PROBES,
    PS_LISTS
};

enum ps_column_group_id {
    PS_GROUP_RUN,
    PS_GROUP_WORKERS,
    PS_GROUP_TYPES,
    PS_GROUP_LATENCY,
    PS_GROUP_STEALS,
    PS_GROUP_PHASES,
    PS_GROUP_ANSWERS,
    PS_GROUP_LOCKS,
    PS_GROUPS
};

#define PS_COLUMN_NAME 40u
#define PS_COLUMNS_MAX 256u

struct ps_column {
    char name[PS_COLUMN_NAME];
    enum ps_column_kind kind;
    enum ps_column_list list; /* of a WORD */
    unsigned length;          /* elements a row; 0: as many as the group has rows */
    unsigned type;            /* C type of the field: private */
    size_t offset;            /* from the start of a row */
    size_t bytes;             /* of an element */
};

struct ps_column_group {
    const char *name;
    size_t base, stride; /* of row 0 in the snapshot; from row to row */
    unsigned rows_max;
    const struct ps_column *column;
    unsigned count;
};

/* The table; about 24 KB. The same for every snapshot. */
struct ps_columns {
    struct ps_column_group group[PS_GROUPS];
    struct ps_column all[PS_COLUMNS_MAX];
    unsigned count;
};

void ps_columns_init(struct ps_columns *columns);

const char *ps_column_list_name(enum ps_column_list list);
/* Word number `index` of a list, NULL: there are no more. */
const char *ps_column_word(enum ps_column_list list, unsigned index);

/* Rows of a group in use. */
unsigned ps_group_rows(enum ps_column_group_id group, const struct ps_snapshot *snapshot);
/* Cells of one row of a group that has so many rows. */
size_t ps_group_width(const struct ps_column_group *group, unsigned rows);
/* All cells of a group: rows x width values; texts are 0. */
void ps_group_cells(const struct ps_column_group *group, const struct ps_snapshot *snapshot,
                    unsigned rows, uint64_t *cells);

/* One cell into a snapshot, cut to what the field can hold. Not for texts. */
void ps_column_store(const struct ps_column_group *group, const struct ps_column *column,
                     struct ps_snapshot *snapshot, unsigned row, unsigned element, uint64_t value);
/* The text of a TEXT column; its size is column->bytes. */
char *ps_column_text(const struct ps_column_group *group, const struct ps_column *column,
                     struct ps_snapshot *snapshot, unsigned row);

#endif
