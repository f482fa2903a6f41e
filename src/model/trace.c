/* A line at a time out of a buffer that is filled by read(2). The kernel is asked to have the next
 * READ_AHEAD bytes ready, so that the thread that replays does not wait for a disk. */
#include "model/trace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "model/complaint.h"

#define BUFFER_BYTES (64u << 10)
#define READ_AHEAD   (1 << 20)
#define WORK_MAX_NS  UINT64_C(3600000000000) /* as for the times of steps */

enum column { AT, TYPE, CPU, WAIT, COLUMNS };

static const char *const column_names[COLUMNS + 1] = {
    [AT] = "at", [TYPE] = "type", [CPU] = "cpu", [WAIT] = "wait", [COLUMNS] = NULL};

struct ps_trace {
    int fd;
    char name[PS_PATH_MAX];
    unsigned type_count;
    char types[PS_TYPES_MAX][PS_NAME_MAX];
    bool has_row_step;
    unsigned line;
    unsigned fields;               /* in each line */
    enum column column[COLUMNS];   /* of each field */
    bool begun;                    /* a row has been read */
    uint64_t first_ns, last_at_ns; /* as written */
    off_t asked;                   /* up to where the kernel was asked to read ahead */
    off_t offset;                  /* of what comes into the buffer next */
    size_t begin, end;             /* of what is in it and not yet used */
    bool ended;                    /* nothing comes behind it */
    char buffer[BUFFER_BYTES + 1]; /* a NUL fits behind a last line without its end */
};

/* ---- lines ---- */

static bool fill(struct ps_trace *trace)
{
    memmove(trace->buffer, trace->buffer + trace->begin, trace->end - trace->begin);
    trace->end -= trace->begin;
    trace->begin = 0;
    if (trace->offset + READ_AHEAD / 2 > trace->asked) {
        posix_fadvise(trace->fd, trace->offset, READ_AHEAD, POSIX_FADV_WILLNEED);
        trace->asked = trace->offset + READ_AHEAD;
    }
    ssize_t n;
    do
        n = pread(trace->fd, trace->buffer + trace->end, BUFFER_BYTES - trace->end, trace->offset);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return false;
    trace->end += (size_t)n;
    trace->offset += n;
    trace->ended = n == 0;
    return true;
}

/* The next line, ended by a NUL in place of its line end. */
static enum ps_trace_answer next_line(struct ps_trace *trace, char **line, struct ps_why *why)
{
    for (;;) {
        size_t have = trace->end - trace->begin;
        char *at = trace->buffer + trace->begin, *newline = memchr(at, '\n', have);
        if (!newline && !trace->ended && have < PS_TRACE_LINE_MAX) {
            if (!fill(trace)) {
                ps_because(why, "cannot be read: %s", strerror(errno));
                return PS_TRACE_WRONG;
            }
            continue;
        }
        if (!newline && have == 0)
            return PS_TRACE_END;
        size_t length = newline ? (size_t)(newline - at) : have;
        trace->line++;
        if (length >= PS_TRACE_LINE_MAX) {
            ps_because(why, "a line of more than %u bytes", PS_TRACE_LINE_MAX - 1);
            return PS_TRACE_WRONG;
        }
        trace->begin += length + (newline != NULL);
        if (length > 0 && at[length - 1] == '\r')
            length--;
        if (memchr(at, '\0', length)) {
            ps_because(why, "a NUL byte: not a CSV file");
            return PS_TRACE_WRONG;
        }
        at[length] = '\0';
        if (length == 0)
            continue;
        *line = at;
        return PS_TRACE_ROW;
    }
}

/* The field at *rest without blanks and quotes around it; *rest moves behind its comma, NULL: it was
 * the last. */
static char *next_field(char **rest)
{
    char *field = *rest, *comma = strchr(field, ',');
    *rest = comma ? comma + 1 : NULL;
    if (comma)
        *comma = '\0';
    field += strspn(field, " \t");
    size_t length = strlen(field);
    while (length > 0 && (field[length - 1] == ' ' || field[length - 1] == '\t'))
        length--;
    if (length >= 2 && field[0] == '"' && field[length - 1] == '"') {
        field++;
        length -= 2;
    }
    field[length] = '\0';
    return field;
}

/* ---- fields ---- */

static uint64_t unit_ns(const char *unit)
{
    static const struct {
        const char *name;
        uint64_t ns;
    } units[] = {{"", UINT64_C(1000000000)},
                 {"s", UINT64_C(1000000000)},
                 {"ms", 1000000},
                 {"us", 1000},
                 {"ns", 1},
                 {"min", UINT64_C(60000000000)}};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (strcmp(unit, units[i].name) == 0)
            return units[i].ns;
    return 0;
}

/* Digits behind the nanosecond are cut: clocks print more than they know. */
static bool parse_time(const char *text, uint64_t *ns)
{
    uint64_t whole = 0, part = 0, weight;
    const char *at = text;
    for (; *at >= '0' && *at <= '9'; at++)
        if (__builtin_mul_overflow(whole, UINT64_C(10), &whole) ||
            __builtin_add_overflow(whole, (uint64_t)(*at - '0'), &whole))
            return false;
    if (at == text)
        return false;
    const char *fraction = *at == '.' ? ++at : NULL;
    while (fraction && *at >= '0' && *at <= '9')
        at++;
    if (fraction && at == fraction)
        return false;
    uint64_t unit = weight = unit_ns(at);
    for (; fraction && fraction < at && weight % 10 == 0; fraction++) {
        weight /= 10;
        part += (uint64_t)(*fraction - '0') * weight;
    }
    return unit != 0 && !__builtin_mul_overflow(whole, unit, &whole) &&
           !__builtin_add_overflow(whole, part, ns);
}

static bool take_at(struct ps_trace *trace, const char *text, struct ps_trace_row *row,
                    struct ps_why *why)
{
    uint64_t at_ns;
    if (!parse_time(text, &at_ns))
        return ps_because(why, "allowed: a time, in seconds or with a unit (ns us ms s min)");
    if (trace->begun && at_ns < trace->last_at_ns)
        return ps_because(why, "earlier than the row before it: rows must be in order of time");
    if (!trace->begun)
        trace->first_ns = at_ns;
    trace->begun = true;
    trace->last_at_ns = at_ns;
    row->at_ns = at_ns - trace->first_ns;
    return true;
}

static bool take_type(const struct ps_trace *trace, const char *text, struct ps_trace_row *row,
                      struct ps_why *why)
{
    const char *names[PS_TYPES_MAX + 1] = {NULL};
    for (unsigned i = 0; i < trace->type_count; i++) {
        if (strcmp(trace->types[i], text) == 0) {
            row->type = (int)i;
            return true;
        }
        names[i] = trace->types[i];
    }
    ps_because(why, "there is no [task %.31s] in the experiment", text);
    ps_because_near(why, text, names);
    return false;
}

static bool take_work(const char *text, uint64_t *ns, struct ps_why *why)
{
    if (parse_time(text, ns) && *ns <= WORK_MAX_NS)
        return true;
    return ps_because(why, "allowed: a time up to 60min, in seconds or with a unit");
}

static bool take(struct ps_trace *trace, enum column column, const char *text,
                 struct ps_trace_row *row, struct ps_why *why)
{
    switch (column) {
    case AT:
        return take_at(trace, text, row, why);
    case TYPE:
        return take_type(trace, text, row, why);
    case CPU:
        return take_work(text, &row->cpu_ns, why);
    case WAIT:
        return take_work(text, &row->wait_ns, why);
    case COLUMNS:
        break;
    }
    return false;
}

enum ps_trace_answer ps_trace_next(struct ps_trace *trace, struct ps_trace_row *row,
                                   struct ps_complaints *complaints)
{
    struct ps_why why = {""};
    char *rest;
    enum ps_trace_answer answer = next_line(trace, &rest, &why);
    if (answer == PS_TRACE_WRONG)
        ps_complain(complaints, trace->name, trace->line, "", NULL, "%s", why.text);
    if (answer != PS_TRACE_ROW)
        return answer;
    *row = (struct ps_trace_row){.type = -1};
    unsigned fields = 0;
    for (; rest && fields < trace->fields; fields++) {
        char *field = next_field(&rest);
        enum column column = trace->column[fields];
        if (take(trace, column, field, row, &why))
            continue;
        ps_complain(complaints, trace->name, trace->line, column_names[column], field, "%s",
                    why.text);
        return PS_TRACE_WRONG;
    }
    if (!rest && fields == trace->fields)
        return PS_TRACE_ROW;
    ps_complain(complaints, trace->name, trace->line, "", NULL, "%s than the %u columns of line 1",
                rest ? "more fields" : "fewer fields", trace->fields);
    return PS_TRACE_WRONG;
}

/* ---- the header line ---- */

static bool take_column(struct ps_trace *trace, const char *name, struct ps_why *why)
{
    unsigned column = 0;
    while (column < COLUMNS && strcmp(column_names[column], name) != 0)
        column++;
    if (column == COLUMNS) {
        ps_because(why, "line 1 names the columns; allowed: at, type, cpu, wait");
        ps_because_near(why, name, column_names);
        return false;
    }
    for (unsigned i = 0; i < trace->fields; i++)
        if (trace->column[i] == (enum column)column)
            return ps_because(why, "named twice");
    trace->column[trace->fields++] = (enum column)column;
    return true;
}

static bool has(const struct ps_trace *trace, enum column column)
{
    for (unsigned i = 0; i < trace->fields; i++)
        if (trace->column[i] == column)
            return true;
    return false;
}

static bool read_header(struct ps_trace *trace, struct ps_complaints *complaints)
{
    static const char mark[] = "\xef\xbb\xbf";
    struct ps_why why = {""};
    char *rest;
    enum ps_trace_answer answer = next_line(trace, &rest, &why);
    if (answer == PS_TRACE_END)
        ps_because(&why, "empty; expected a line with the names of the columns");
    if (answer != PS_TRACE_ROW) {
        ps_complain(complaints, trace->name, trace->line, "", NULL, "%s", why.text);
        return false;
    }
    if (strncmp(rest, mark, 3) == 0)
        rest += 3;
    while (rest) {
        const char *name = next_field(&rest);
        if (take_column(trace, name, &why))
            continue;
        ps_complain(complaints, trace->name, trace->line, "column", name, "%s", why.text);
        return false;
    }
    if (!has(trace, AT)) {
        ps_complain(complaints, trace->name, trace->line, "", NULL,
                    "there is no column 'at': when a task arrives");
        return false;
    }
    if ((has(trace, CPU) || has(trace, WAIT)) && !trace->has_row_step) {
        ps_complain(complaints, trace->name, trace->line, "column",
                    has(trace, CPU) ? "cpu" : "wait",
                    "no task type has a step 'row', which runs it");
        return false;
    }
    return true;
}

/* ---- from outside ---- */

static void learn_types(struct ps_trace *trace, const struct ps_experiment *experiment)
{
    trace->type_count = experiment->type_count;
    for (unsigned t = 0; t < experiment->type_count; t++) {
        const struct ps_task_type *type = &experiment->types[t];
        memcpy(trace->types[t], type->name, sizeof trace->types[t]);
        for (unsigned s = 0; s < type->step_count; s++)
            if (type->steps[s].kind == PS_STEP_ROW)
                trace->has_row_step = true;
    }
}

enum ps_err ps_trace_begin(struct ps_trace **into, int fd, const struct ps_experiment *experiment,
                           struct ps_complaints *complaints)
{
    struct ps_trace *trace = malloc(sizeof *trace);
    if (!trace)
        return PS_ENOMEM;
    memset(trace, 0, offsetof(struct ps_trace, buffer));
    trace->fd = fd;
    memcpy(trace->name, experiment->trace, sizeof trace->name);
    learn_types(trace, experiment);
    if (!read_header(trace, complaints)) {
        free(trace);
        return PS_EPARSE;
    }
    *into = trace;
    return PS_OK;
}

void ps_trace_end(struct ps_trace *trace)
{
    free(trace);
}

enum ps_err ps_trace_open(const struct ps_experiment *experiment, int *fd,
                          struct ps_complaints *complaints)
{
    const char *name = experiment->trace;
    char path[sizeof experiment->folder + sizeof experiment->trace + 2];
    bool from_folder = name[0] != '/' && experiment->folder[0];
    snprintf(path, sizeof path, "%s%s%s", from_folder ? experiment->folder : "",
             from_folder ? "/" : "", name);
    struct stat about;
    /* Not to wait for the writer of a FIFO. */
    *fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (*fd < 0) {
        ps_complain(complaints, path, 0, "", NULL, "cannot be read: %s", strerror(errno));
        return PS_EPARSE;
    }
    if (fstat(*fd, &about) == 0 && S_ISREG(about.st_mode))
        return PS_OK;
    ps_complain(complaints, path, 0, "", NULL, "not a regular file");
    close(*fd);
    *fd = -1;
    return PS_EPARSE;
}

enum ps_err ps_trace_check(int fd, uint64_t bytes, const struct ps_experiment *experiment,
                           struct ps_complaints *complaints)
{
    struct ps_trace *trace;
    enum ps_err err = ps_trace_begin(&trace, fd, experiment, complaints);
    if (err != PS_OK)
        return err;
    struct ps_trace_row row;
    enum ps_trace_answer answer;
    do
        answer = ps_trace_next(trace, &row, complaints);
    while (answer == PS_TRACE_ROW && (uint64_t)trace->offset < bytes);
    ps_trace_end(trace);
    return answer == PS_TRACE_WRONG ? PS_EPARSE : PS_OK;
}
