#include "client/record_columns.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* C types of fields. */
enum { TYPE_U64, TYPE_U32, TYPE_I32, TYPE_BOOL, TYPE_REAL, TYPE_TEXT };

/* A line of the table. over: a column for each word of a list, for arrays that an enumeration
 * indexes; words: the value is a word of a list. */
struct line {
    const char *name;
    size_t offset, bytes;
    unsigned type, length;
    enum ps_column_list over, words;
};

#define NONE PS_LISTS
#define TYPE_OF(expression) \
    _Generic((expression),   \
        uint64_t : TYPE_U64, \
        uint32_t : TYPE_U32, \
        int32_t : TYPE_I32,  \
        bool : TYPE_BOOL,    \
        double : TYPE_REAL,  \
        char * : TYPE_TEXT)
#define MEMBER(owner, member) (((struct owner *)0)->member)
#define LINE(owner, member, name_, type_, length_, over_, words_)                              \
    {                                                                                          \
        .name = name_, .offset = offsetof(struct owner, member),                               \
        .bytes = sizeof MEMBER(owner, member) / (length_), .type = (type_), .length = length_, \
        .over = over_, .words = words_                                                         \
    }
/* A field, called by its own name. */
#define ONE(owner, member) \
    LINE(owner, member, #member, TYPE_OF(MEMBER(owner, member)), 1, NONE, NONE)
/* A field that holds a word of a list. */
#define WORD(owner, member, list) LINE(owner, member, #member, TYPE_U32, 1, NONE, list)
/* An array that a list indexes, and an array of so many elements. */
#define EACH(owner, member, list, n) LINE(owner, member, #member, TYPE_U64, n, list, NONE)
#define MANY(owner, member, n)       LINE(owner, member, #member, TYPE_U64, n, NONE, NONE)

#define TOTALS(owner)                                                                              \
    ONE(owner, totals.submitted), ONE(owner, totals.started),                                      \
        EACH(owner, totals.ended, PS_LIST_OUTCOMES, PS_OUTCOME_COUNT), ONE(owner, totals.retried), \
        ONE(owner, totals.denied)

#define TIMES(owner, member)                                                         \
    ONE(owner, member.count), ONE(owner, member.mean_ns), ONE(owner, member.p50_ns), \
        ONE(owner, member.p99_ns), ONE(owner, member.max_ns)

static const struct line run_lines[] = {
    WORD(ps_snapshot, phase, PS_LIST_PHASES),
    WORD(ps_snapshot, end, PS_LIST_ENDS),
    ONE(ps_snapshot, started_ns),
    ONE(ps_snapshot, ended_ns),
    ONE(ps_snapshot, paused_ns),
    ONE(ps_snapshot, workers),
    ONE(ps_snapshot, slots),
    ONE(ps_snapshot, types),
    ONE(ps_snapshot, traits),
    ONE(ps_snapshot, usable_cpus),
    ONE(ps_snapshot, cpus_lost),
    ONE(ps_snapshot, stealing),
    ONE(ps_snapshot, rate),
    ONE(ps_snapshot, in_flight_target),
    ONE(ps_snapshot, queue_bound),
    ONE(ps_snapshot, probe_ns),
    WORD(ps_snapshot, probes, PS_LIST_PROBES),
    ONE(ps_snapshot, net_requests),
    ONE(ps_snapshot, net_errors),
    ONE(ps_snapshot, clock_factor),
    ONE(ps_snapshot, gil_interval_ns),
    ONE(ps_snapshot, gil_switches),
    ONE(ps_snapshot, gil_requests),
    ONE(ps_snapshot, tuner_changes),
    ONE(ps_snapshot, tuner_turns),
    ONE(ps_snapshot, tuner_low),
    ONE(ps_snapshot, tuner_high),
    ONE(ps_snapshot, gil_holder.held),
    ONE(ps_snapshot, gil_holder.worker),
    ONE(ps_snapshot, gil_holder.type),
    ONE(ps_snapshot, gil_holder.task),
    ONE(ps_snapshot, gil_holder.since_ns),
    ONE(ps_snapshot, http_port),
    ONE(ps_snapshot, http_open),
    ONE(ps_snapshot, http_opened),
    ONE(ps_snapshot, http_peak),
    ONE(ps_snapshot, http_rejected),
    ONE(ps_snapshot, http_clients),
    ONE(ps_snapshot, http_clients_answered),
    ONE(ps_snapshot, http_client_errors),
    ONE(ps_snapshot, engine),
    ONE(ps_snapshot, policy),
    ONE(ps_snapshot, message),
    ONE(ps_snapshot, fault_signal),
    ONE(ps_snapshot, fault_worker),
    ONE(ps_snapshot, fault_type),
    ONE(ps_snapshot, fault_overflow),
    ONE(ps_snapshot, fault_address),
    TOTALS(ps_snapshot),
    ONE(ps_snapshot, in_flight),
    ONE(ps_snapshot, queued),
    ONE(ps_snapshot, shared_depth),
    ONE(ps_snapshot, shared_depth_peak),
    ONE(ps_snapshot, outside_started),
    EACH(ps_snapshot, waiting, PS_LIST_STATES, PS_STATE_COUNT),
    ONE(ps_snapshot, sample_max),
    ONE(ps_snapshot, jobs_submitted),
    ONE(ps_snapshot, jobs_ended),
    ONE(ps_snapshot, forks),
    ONE(ps_snapshot, events_lost),
    ONE(ps_snapshot, answers),
    ONE(ps_snapshot, locks),
    ONE(ps_snapshot, phase_count),
    ONE(ps_snapshot, phases_begun),
    ONE(ps_snapshot, process.valid),
    ONE(ps_snapshot, process.rss_bytes),
    ONE(ps_snapshot, process.rss_peak_bytes),
    ONE(ps_snapshot, process.cpu_ns),
    ONE(ps_snapshot, process.voluntary),
    ONE(ps_snapshot, process.involuntary),
    ONE(ps_snapshot, process.threads),
    ONE(ps_snapshot, machine.valid),
    ONE(ps_snapshot, machine.cpus),
    ONE(ps_snapshot, machine.affinity),
    ONE(ps_snapshot, machine.quota),
    ONE(ps_snapshot, machine.at_ns),
    ONE(ps_snapshot, machine.busy_ns),
    ONE(ps_snapshot, machine.own_ns),
    ONE(ps_snapshot, machine.throttled_ns),
};

static const struct line phase_lines[] = {
    ONE(ps_phase_view, name),  ONE(ps_phase_view, change), ONE(ps_phase_view, from_ns),
    ONE(ps_phase_view, to_ns), TOTALS(ps_phase_view),
};

static const struct line answer_lines[] = {
    ONE(ps_answer_view, name),  ONE(ps_answer_view, value),      ONE(ps_answer_view, right),
    ONE(ps_answer_view, wrong), ONE(ps_answer_view, fastest_ns), ONE(ps_answer_view, mean_ns),
    ONE(ps_answer_view, types),
};

static const struct line lock_lines[] = {
    ONE(ps_lock_view, name),          ONE(ps_lock_view, holder.held),
    ONE(ps_lock_view, holder.worker), ONE(ps_lock_view, holder.type),
    ONE(ps_lock_view, holder.task),   ONE(ps_lock_view, holder.since_ns),
    ONE(ps_lock_view, taken),         ONE(ps_lock_view, waiting),
};

static const struct line worker_lines[] = {
    WORD(ps_worker_view, state, PS_LIST_STATES),
    ONE(ps_worker_view, type),
    ONE(ps_worker_view, since_ns),
    ONE(ps_worker_view, moves),
    ONE(ps_worker_view, moved_ns),
    ONE(ps_worker_view, tid),
    TOTALS(ps_worker_view),
    ONE(ps_worker_view, queue_depth),
    ONE(ps_worker_view, depth_peak),
    ONE(ps_worker_view, steals),
    ONE(ps_worker_view, stolen),
    ONE(ps_worker_view, steal_tries),
    ONE(ps_worker_view, robbed),
    ONE(ps_worker_view, parks),
    ONE(ps_worker_view, wakes),
    ONE(ps_worker_view, hogs),
    ONE(ps_worker_view, hog_ns),
    ONE(ps_worker_view, sample),
    EACH(ps_worker_view, time_ns, PS_LIST_STATES, PS_STATE_COUNT),
    ONE(ps_worker_view, os_valid),
    ONE(ps_worker_view, cpu_ns),
    ONE(ps_worker_view, ready_ns),
    ONE(ps_worker_view, step),
    ONE(ps_worker_view, task),
    ONE(ps_worker_view, children),
    ONE(ps_worker_view, timed),
    ONE(ps_worker_view, service_mean_ns),
    ONE(ps_worker_view, service_p50_ns),
    ONE(ps_worker_view, service_p99_ns),
    ONE(ps_worker_view, service_max_ns),
    ONE(ps_worker_view, queueing_p50_ns),
    ONE(ps_worker_view, queueing_p99_ns),
    TIMES(ps_worker_view, lately_service),
    TIMES(ps_worker_view, lately_queueing),
    ONE(ps_worker_view, stuck_until_ns),
    ONE(ps_worker_view, slow_until_ns),
    ONE(ps_worker_view, slow_factor),
};

static const struct line type_lines[] = {
    ONE(ps_type_view, name),
    TOTALS(ps_type_view),
    ONE(ps_type_view, timed),
    ONE(ps_type_view, service_p50_ns),
    ONE(ps_type_view, service_p99_ns),
    ONE(ps_type_view, service_max_ns),
    ONE(ps_type_view, response_p50_ns),
    ONE(ps_type_view, response_p99_ns),
    ONE(ps_type_view, response_max_ns),
    ONE(ps_type_view, queueing_p50_ns),
    ONE(ps_type_view, queueing_p99_ns),
    ONE(ps_type_view, queueing_max_ns),
    ONE(ps_type_view, service_mean_ns),
    ONE(ps_type_view, response_mean_ns),
    ONE(ps_type_view, queueing_mean_ns),
    TIMES(ps_type_view, lately_response),
    TIMES(ps_type_view, lately_service),
    TIMES(ps_type_view, lately_queueing),
    MANY(ps_type_view, spread, PS_HIST_STEPS),
    MANY(ps_type_view, waiting_at, PS_MAX_STEPS),
};

/* Rows: response, service, queueing. */
static const struct line latency_lines[] = {
    ONE(ps_hist_sum, count),
    ONE(ps_hist_sum, sum_ns),
    ONE(ps_hist_sum, max_ns),
    MANY(ps_hist_sum, bucket, PS_HIST_BUCKETS),
};

/* A row a thief; an element a victim. Offsets are from steal_ops. */
#define STEAL_BASE offsetof(struct ps_snapshot, steal_ops)
static const struct line steal_lines[] = {
    {.name = "operations", .bytes = 8, .type = TYPE_U64, .over = NONE, .words = NONE},
    {.name = "tasks",
     .offset = offsetof(struct ps_snapshot, steal_tasks) - STEAL_BASE,
     .bytes = 8,
     .type = TYPE_U64,
     .over = NONE,
     .words = NONE},
};

#define LATENCY_ROWS 3u
_Static_assert(sizeof(struct ps_latency_view) == LATENCY_ROWS * sizeof(struct ps_hist_sum),
               "rows of the group of latencies");
_Static_assert(sizeof(enum ps_phase) == 4 && sizeof(enum ps_state) == 4, "WORD fields");

#define LINES(of) of, sizeof of / sizeof *of

/* The shape of histograms is in the group's name: sums of another shape are not taken for these. */
_Static_assert(PS_HIST_SUB_BITS == 6 && PS_HIST_TOP_BITS == 42, "the name below says so");
static const struct {
    const char *name;
    size_t base, stride;
    unsigned rows_max;
    const struct line *line;
    size_t count;
} groups[PS_GROUPS] = {
    [PS_GROUP_RUN] = {"run", 0, 0, 1, LINES(run_lines)},
    [PS_GROUP_PHASES] = {"phases", offsetof(struct ps_snapshot, phase_view),
                         sizeof(struct ps_phase_view), PS_MAX_PHASES + 1, LINES(phase_lines)},
    [PS_GROUP_ANSWERS] = {"answers", offsetof(struct ps_snapshot, answer),
                          sizeof(struct ps_answer_view), PS_SEGMENT_ANSWERS, LINES(answer_lines)},
    [PS_GROUP_LOCKS] = {"locks", offsetof(struct ps_snapshot, lock), sizeof(struct ps_lock_view),
                        PS_MAX_LOCKS, LINES(lock_lines)},
    [PS_GROUP_WORKERS] = {"workers", offsetof(struct ps_snapshot, worker),
                          sizeof(struct ps_worker_view), PS_MAX_WORKERS, LINES(worker_lines)},
    [PS_GROUP_TYPES] = {"types", offsetof(struct ps_snapshot, type), sizeof(struct ps_type_view),
                        PS_MAX_TYPES, LINES(type_lines)},
    [PS_GROUP_LATENCY] = {"latency.6.42", offsetof(struct ps_snapshot, latency),
                          sizeof(struct ps_hist_sum), LATENCY_ROWS, LINES(latency_lines)},
    [PS_GROUP_STEALS] = {"steals", STEAL_BASE, PS_MAX_WORKERS * sizeof(uint64_t), PS_MAX_WORKERS,
                         LINES(steal_lines)},
};

/* ---- words ---- */

static const char *const list_names[PS_LISTS] = {"states", "outcomes", "ends",
                                                 "events", "phases",   "probes"};
static const char *const phases[] = {"empty", "starting", "running", "paused", "draining", "ended"};
static const char *const probes[] = {"counters", "off", "full"};
_Static_assert(sizeof phases / sizeof *phases == PS_PHASE_ENDED + 1, "a name a phase");
_Static_assert(sizeof probes / sizeof *probes == PS_PROBES_FULL + 1, "a name a level");

const char *ps_column_list_name(enum ps_column_list list)
{
    return list_names[list];
}

const char *ps_column_word(enum ps_column_list list, unsigned index)
{
    static const unsigned counts[PS_LISTS] = {PS_STATE_COUNT,     PS_OUTCOME_COUNT,
                                              PS_END_COUNT,       PS_EVENT_COUNT,
                                              PS_PHASE_ENDED + 1, PS_PROBES_FULL + 1};
    if (index >= counts[list])
        return NULL;
    switch (list) {
    case PS_LIST_STATES:
        return ps_state_name((enum ps_state)index);
    case PS_LIST_OUTCOMES:
        return ps_outcome_name((enum ps_outcome)index);
    case PS_LIST_ENDS:
        return ps_end_name((enum ps_end)index);
    case PS_LIST_EVENTS:
        return ps_event_name((enum ps_event_kind)index);
    case PS_LIST_PHASES:
        return phases[index];
    case PS_LIST_PROBES:
        return probes[index];
    case PS_LISTS:
        break;
    }
    return NULL;
}

/* ---- the table ---- */

static struct ps_column *add(struct ps_columns *columns, const struct line *line)
{
    assert(columns->count < PS_COLUMNS_MAX);
    struct ps_column *column = &columns->all[columns->count++];
    *column = (struct ps_column){.kind = line->type == TYPE_TEXT   ? PS_COLUMN_TEXT
                                         : line->type == TYPE_REAL ? PS_COLUMN_REAL
                                         : line->words != NONE     ? PS_COLUMN_WORD
                                                                   : PS_COLUMN_WHOLE,
                                 .list = line->words,
                                 .length = line->length,
                                 .type = line->type,
                                 .offset = line->offset,
                                 .bytes = line->bytes};
    snprintf(column->name, sizeof column->name, "%s", line->name);
    return column;
}

static void expand(struct ps_columns *columns, const struct line *line)
{
    if (line->over == NONE) {
        add(columns, line);
        return;
    }
    for (unsigned i = 0; i < line->length; i++) {
        struct ps_column *column = add(columns, line);
        column->length = 1;
        column->offset += i * line->bytes;
        snprintf(column->name, sizeof column->name, "%s.%s", line->name,
                 ps_column_word(line->over, i));
    }
}

void ps_columns_init(struct ps_columns *columns)
{
    memset(columns, 0, sizeof *columns);
    for (unsigned g = 0; g < PS_GROUPS; g++) {
        unsigned first = columns->count;
        for (size_t i = 0; i < groups[g].count; i++)
            expand(columns, &groups[g].line[i]);
        columns->group[g] = (struct ps_column_group){.name = groups[g].name,
                                                     .base = groups[g].base,
                                                     .stride = groups[g].stride,
                                                     .rows_max = groups[g].rows_max,
                                                     .column = &columns->all[first],
                                                     .count = columns->count - first};
    }
}

/* ---- cells ---- */

unsigned ps_group_rows(enum ps_column_group_id group, const struct ps_snapshot *snapshot)
{
    switch (group) {
    case PS_GROUP_WORKERS:
    case PS_GROUP_STEALS:
        return snapshot->slots;
    case PS_GROUP_PHASES:
        if (snapshot->phase_count == 0)
            return 0;
        return (snapshot->phases_begun < PS_MAX_PHASES ? snapshot->phases_begun : PS_MAX_PHASES) +
               1;
    case PS_GROUP_ANSWERS:
        return snapshot->answers < PS_SEGMENT_ANSWERS ? snapshot->answers : PS_SEGMENT_ANSWERS;
    case PS_GROUP_LOCKS:
        return snapshot->locks < PS_MAX_LOCKS ? snapshot->locks : PS_MAX_LOCKS;
    case PS_GROUP_TYPES:
        return snapshot->types;
    case PS_GROUP_LATENCY:
        return LATENCY_ROWS;
    default:
        return 1;
    }
}

size_t ps_group_width(const struct ps_column_group *group, unsigned rows)
{
    size_t width = 0;
    for (unsigned i = 0; i < group->count; i++)
        width += group->column[i].length ? group->column[i].length : rows;
    return width;
}

static uint64_t load(const struct ps_column *column, const char *at)
{
    uint32_t half;
    uint64_t word = 0;
    switch (column->type) {
    case TYPE_U64:
    case TYPE_REAL:
        memcpy(&word, at, sizeof word);
        return word;
    case TYPE_U32:
        memcpy(&half, at, sizeof half);
        return half;
    case TYPE_I32:
        memcpy(&half, at, sizeof half);
        return (uint64_t)(int64_t)(int32_t)half;
    case TYPE_BOOL:
        return *(const bool *)at;
    default:
        return 0;
    }
}

void ps_group_cells(const struct ps_column_group *group, const struct ps_snapshot *snapshot,
                    unsigned rows, uint64_t *cells)
{
    for (unsigned row = 0; row < rows; row++) {
        const char *base = (const char *)snapshot + group->base + row * group->stride;
        for (unsigned i = 0; i < group->count; i++) {
            const struct ps_column *column = &group->column[i];
            unsigned length = column->length ? column->length : rows;
            for (unsigned element = 0; element < length; element++)
                *cells++ = load(column, base + column->offset + element * column->bytes);
        }
    }
}

void ps_column_store(const struct ps_column_group *group, const struct ps_column *column,
                     struct ps_snapshot *snapshot, unsigned row, unsigned element, uint64_t value)
{
    char *at = (char *)snapshot + group->base + row * group->stride + column->offset +
               element * column->bytes;
    uint32_t half = (uint32_t)value;
    bool flag = value != 0;
    double real;
    switch (column->type) {
    case TYPE_REAL:
        memcpy(&real, &value, sizeof real);
        if (!isfinite(real))
            value = 0;
        memcpy(at, &value, sizeof value);
        break;
    case TYPE_U64:
        memcpy(at, &value, sizeof value);
        break;
    case TYPE_U32:
    case TYPE_I32:
        memcpy(at, &half, sizeof half);
        break;
    case TYPE_BOOL:
        memcpy(at, &flag, sizeof flag);
        break;
    default:
        break;
    }
}

char *ps_column_text(const struct ps_column_group *group, const struct ps_column *column,
                     struct ps_snapshot *snapshot, unsigned row)
{
    return (char *)snapshot + group->base + row * group->stride + column->offset;
}
