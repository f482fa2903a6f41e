#include "metrics/history.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

/* Totals of a worker at the end of a column, kept for rates over a window. */
struct worker_mark {
    uint64_t completed, steals, stolen, robbed;
    uint64_t time_ns[PS_STATE_COUNT];
    uint64_t ready_ns;
};

struct latency_mark {
    uint64_t at_ns;
    struct ps_latency_view sum;
};

struct ps_history {
    uint64_t seq;    /* of the newest snapshot fed; 0: none */
    uint64_t at_ns;  /* its instant */
    uint64_t column; /* number of the column being filled: at_ns / PS_COLUMN_NS */
    uint64_t count;  /* columns completed */
    bool os_valid;
    unsigned slots; /* the most there were */
    struct ps_pool_counts counts;
    struct ps_timeline *timeline;
    struct ps_lane_column lane[PS_MAX_WORKERS]; /* of the column being closed */
    struct worker_mark last[PS_MAX_WORKERS];    /* at the newest snapshot */
    /* Marks of the last PS_RATE_COLUMNS + 1 columns, a ring by column number. */
    uint64_t mark_at[PS_RATE_COLUMNS + 1];
    struct worker_mark (*mark)[PS_MAX_WORKERS];
    uint32_t *steal_mark; /* [PS_RATE_COLUMNS + 1][MAX][MAX], low 32 bits of the totals */
    uint32_t *steal_now;
    /* Latency sums once a second, a ring. */
    struct latency_mark *latency; /* [PS_LATENCY_SECONDS + 1] */
    unsigned latency_count;
    struct ps_latency_view newest;
    struct ps_latency_view scratch;
    uint32_t response[PS_COARSE_BUCKETS];
};

enum { MARKS = PS_RATE_COLUMNS + 1, STEAL_CELLS = PS_MAX_WORKERS * PS_MAX_WORKERS };

/* A longer gap is filled as if it were so long: nothing older is kept. */
#define GAP_COLUMNS (72000u)

struct ps_history *ps_history_new(void)
{
    struct ps_history *h = calloc(1, sizeof *h);
    if (!h)
        return NULL;
    h->mark = calloc(MARKS, sizeof *h->mark);
    h->steal_mark = calloc((size_t)MARKS * STEAL_CELLS, sizeof *h->steal_mark);
    h->steal_now = calloc(STEAL_CELLS, sizeof *h->steal_now);
    h->latency = calloc(PS_LATENCY_SECONDS + 1, sizeof *h->latency);
    h->timeline = ps_timeline_new();
    if (!h->mark || !h->steal_mark || !h->steal_now || !h->latency || !h->timeline) {
        ps_history_free(h);
        return NULL;
    }
    return h;
}

void ps_history_free(struct ps_history *history)
{
    if (!history)
        return;
    free(history->mark);
    free(history->steal_mark);
    free(history->steal_now);
    free(history->latency);
    ps_timeline_free(history->timeline);
    free(history);
}

/* Take over the values but not what is pointed to. */
static void set_values(struct ps_history *into, const struct ps_history *from)
{
    struct worker_mark(*mark)[PS_MAX_WORKERS] = into->mark;
    uint32_t *steal_mark = into->steal_mark, *steal_now = into->steal_now;
    struct latency_mark *latency = into->latency;
    struct ps_timeline *timeline = into->timeline;
    *into = *from;
    into->mark = mark;
    into->steal_mark = steal_mark;
    into->steal_now = steal_now;
    into->latency = latency;
    into->timeline = timeline;
}

void ps_history_clear(struct ps_history *history)
{
    static const struct ps_history empty;
    set_values(history, &empty);
    ps_timeline_clear(history->timeline);
}

static void copy_steals(uint32_t *into, const uint32_t *from, unsigned slots)
{
    for (unsigned thief = 0; thief < slots; thief++)
        memcpy(&into[(size_t)thief * PS_MAX_WORKERS], &from[(size_t)thief * PS_MAX_WORKERS],
               slots * sizeof *into);
}

void ps_history_copy(struct ps_history *into, const struct ps_history *from)
{
    set_values(into, from);
    memcpy(into->mark, from->mark, MARKS * sizeof *into->mark);
    memcpy(into->latency, from->latency, (PS_LATENCY_SECONDS + 1) * sizeof *into->latency);
    copy_steals(into->steal_now, from->steal_now, from->slots);
    for (size_t i = 0; i < MARKS; i++)
        copy_steals(&into->steal_mark[i * STEAL_CELLS], &from->steal_mark[i * STEAL_CELLS],
                    from->slots);
    ps_timeline_copy(into->timeline, from->timeline);
}

static struct worker_mark mark_of(const struct ps_worker_view *worker)
{
    struct worker_mark mark = {
        .completed = worker->totals.ended[PS_COMPLETED],
        .steals = worker->steals,
        .stolen = worker->stolen,
        .robbed = worker->robbed,
        .ready_ns = worker->ready_ns,
    };
    memcpy(mark.time_ns, worker->time_ns, sizeof mark.time_ns);
    return mark;
}

static uint64_t less(uint64_t a, uint64_t b)
{
    return a > b ? a - b : 0;
}

static uint8_t share_of(uint64_t part_ns, uint64_t whole_ns)
{
    if (whole_ns == 0)
        return 0;
    uint64_t share = part_ns * 255 / whole_ns;
    return (uint8_t)(share > 255 ? 255 : share);
}

/* What a worker did between two marks, as one lane column. */
static struct ps_lane_column lane_between(const struct worker_mark *then,
                                          const struct worker_mark *now, uint64_t whole_ns)
{
    struct ps_lane_column column = {0};
    for (unsigned s = 0; s < PS_STATE_COUNT; s++)
        column.share[s] = share_of(less(now->time_ns[s], then->time_ns[s]), whole_ns);
    column.ready = share_of(less(now->ready_ns, then->ready_ns), whole_ns);
    return column;
}

static struct ps_pool_counts counts_of(const struct ps_snapshot *s)
{
    struct ps_pool_counts counts = {
        .done = s->totals.ended[PS_COMPLETED],
        .offered = s->totals.submitted,
        .refused = s->totals.ended[PS_REFUSED],
    };
    for (unsigned i = PS_FAILED; i <= PS_CANCELLED; i++)
        counts.failed += s->totals.ended[i];
    for (unsigned w = 0; w < s->slots; w++)
        counts.stolen += s->worker[w].stolen;
    return counts;
}

/* The value `part` of `parts` of the way from one total to a later one. */
static uint64_t between(uint64_t from, uint64_t to, uint64_t part, uint64_t parts)
{
    return from + less(to, from) * part / parts;
}

static struct ps_pool_counts counts_between(const struct ps_pool_counts *from,
                                            const struct ps_pool_counts *to, uint64_t part,
                                            uint64_t parts)
{
    return (struct ps_pool_counts){
        .done = between(from->done, to->done, part, parts),
        .offered = between(from->offered, to->offered, part, parts),
        .refused = between(from->refused, to->refused, part, parts),
        .failed = between(from->failed, to->failed, part, parts),
        .stolen = between(from->stolen, to->stolen, part, parts),
    };
}

static float rate(uint64_t now, uint64_t then, double seconds)
{
    return seconds > 0 ? (float)((double)less(now, then) / seconds) : 0;
}

static struct ps_pool_column pool_between(const struct ps_history *h, const struct ps_snapshot *s,
                                          const struct ps_pool_counts *now)
{
    const struct ps_pool_counts *then = &h->counts;
    double seconds = s->at_ns > h->at_ns ? (double)(s->at_ns - h->at_ns) * 1e-9 : 0;
    return (struct ps_pool_column){
        .workers = (uint16_t)s->workers,
        .queued = (float)s->queued,
        .queued_peak = (float)s->queued,
        .in_flight = (float)s->in_flight,
        .done_per_s = rate(now->done, then->done, seconds),
        .offered_per_s = rate(now->offered, then->offered, seconds),
        .refused_per_s = rate(now->refused, then->refused, seconds),
        .failed_per_s = rate(now->failed, then->failed, seconds),
        .steals_per_s = rate(now->stolen, then->stolen, seconds),
    };
}

static void keep_mark(struct ps_history *h, const struct ps_snapshot *s, uint64_t number)
{
    unsigned place = (unsigned)(number % MARKS);
    h->mark_at[place] = s->at_ns;
    for (unsigned w = 0; w < s->slots; w++)
        h->mark[place][w] = mark_of(&s->worker[w]);
    uint32_t *steals = &h->steal_mark[(size_t)place * STEAL_CELLS];
    for (unsigned thief = 0; thief < s->slots; thief++)
        for (unsigned victim = 0; victim < s->slots; victim++)
            steals[thief * PS_MAX_WORKERS + victim] =
                (uint32_t)s->steal_tasks[(size_t)thief * PS_MAX_WORKERS + victim];
}

static void keep_latency(struct ps_history *h, const struct ps_snapshot *s)
{
    h->newest = s->latency;
    unsigned newest = (h->latency_count + PS_LATENCY_SECONDS) % (PS_LATENCY_SECONDS + 1);
    if (h->latency_count && s->at_ns < h->latency[newest].at_ns + PS_NS_PER_S)
        return;
    h->latency[h->latency_count % (PS_LATENCY_SECONDS + 1)] =
        (struct latency_mark){.at_ns = s->at_ns, .sum = s->latency};
    h->latency_count++;
}

static void take_steals(struct ps_history *h, const struct ps_snapshot *s)
{
    for (unsigned thief = 0; thief < s->slots; thief++)
        for (unsigned victim = 0; victim < s->slots; victim++)
            h->steal_now[thief * PS_MAX_WORKERS + victim] =
                (uint32_t)s->steal_tasks[(size_t)thief * PS_MAX_WORKERS + victim];
}

static void take_lanes(struct ps_history *h, const struct ps_snapshot *s)
{
    uint64_t whole_ns = less(s->at_ns, h->at_ns);
    for (unsigned w = 0; w < s->slots; w++) {
        struct worker_mark now = mark_of(&s->worker[w]);
        h->lane[w] = lane_between(&h->last[w], &now, whole_ns);
        h->last[w] = now;
        h->os_valid = h->os_valid || s->worker[w].os_valid;
    }
}

/* Close the columns up to the snapshot's: what happened since the last is spread over them evenly. */
static void close_columns(struct ps_history *h, const struct ps_snapshot *s, uint64_t fresh)
{
    struct ps_pool_counts now = counts_of(s);
    struct ps_pool_column pool = pool_between(h, s, &now);
    if (h->latency_count > 1) {
        ps_history_latency(h, 1, &h->scratch);
        pool.response_p99_ms = (float)((double)ps_hist_quantile(&h->scratch.response, 0.99) * 1e-6);
    }
    ps_coarse_fill(h->response, &s->latency.response);
    take_lanes(h, s);
    take_steals(h, s);
    for (uint64_t i = 1; i <= fresh; i++) {
        pool.number = h->column + i - 1;
        pool.at_ns = between(h->at_ns, s->at_ns, i, fresh);
        pool.count = counts_between(&h->counts, &now, i, fresh);
        ps_timeline_push(h->timeline, &pool, h->lane, s->slots, h->response);
        keep_mark(h, s, h->count + i);
    }
    h->count += fresh;
    h->column += fresh;
    h->counts = now;
    h->at_ns = s->at_ns;
}

static void begin(struct ps_history *h, const struct ps_snapshot *s)
{
    h->column = s->at_ns / PS_COLUMN_NS;
    h->counts = counts_of(s);
    h->at_ns = s->at_ns;
    keep_mark(h, s, 0);
    take_lanes(h, s);
    take_steals(h, s);
    ps_coarse_fill(h->response, &s->latency.response);
    ps_timeline_begin(h->timeline, s->at_ns, &h->counts, h->response);
}

void ps_history_feed(struct ps_history *h, const struct ps_snapshot *s)
{
    if (h->seq && s->seq == h->seq)
        return;
    bool first = h->seq == 0;
    h->seq = s->seq;
    if (s->slots > h->slots)
        h->slots = s->slots;
    keep_latency(h, s);
    if (first) {
        begin(h, s);
        return;
    }
    uint64_t column = s->at_ns / PS_COLUMN_NS;
    if (column <= h->column)
        return; /* columns are closed by the first snapshot after their end; a run's last snapshot
                   is dated back to its end */
    uint64_t fresh = column - h->column;
    if (fresh > GAP_COLUMNS) {
        h->column = column - GAP_COLUMNS;
        fresh = GAP_COLUMNS;
    }
    close_columns(h, s, fresh);
}

const struct ps_timeline *ps_history_timeline(const struct ps_history *history)
{
    return history->timeline;
}

unsigned ps_history_columns(const struct ps_history *history)
{
    return ps_timeline_columns(history->timeline, 0);
}

const struct ps_pool_column *ps_history_pool(const struct ps_history *history, unsigned age)
{
    return ps_timeline_pool(history->timeline, 0, age);
}

const struct ps_lane_column *ps_history_lane(const struct ps_history *history, unsigned worker,
                                             unsigned age)
{
    return ps_timeline_lane(history->timeline, 0, worker, age);
}

enum ps_state ps_history_lane_state(const struct ps_history *history, unsigned worker, unsigned age,
                                    unsigned count, bool *ready)
{
    return ps_timeline_state(history->timeline, 0, worker, age, count, ready);
}

/* The oldest mark within the rate window, and the seconds since it; 0: too early. */
static double window(const struct ps_history *h, unsigned *oldest)
{
    uint64_t span = h->count < PS_RATE_COLUMNS ? h->count : PS_RATE_COLUMNS;
    *oldest = (unsigned)((h->count - span) % MARKS);
    return (double)(h->at_ns - h->mark_at[*oldest]) * 1e-9;
}

void ps_history_worker(const struct ps_history *history, unsigned worker,
                       struct ps_worker_rates *rates)
{
    *rates = (struct ps_worker_rates){.ready = history->os_valid ? 0.0f : -1.0f};
    unsigned oldest;
    double seconds = window(history, &oldest);
    if (seconds <= 0 || worker >= PS_MAX_WORKERS)
        return;
    const struct worker_mark *then = &history->mark[oldest][worker];
    const struct worker_mark *now = &history->last[worker];
    for (unsigned s = 0; s < PS_STATE_COUNT; s++)
        rates->share[s] = (float)((double)less(now->time_ns[s], then->time_ns[s]) * 1e-9 / seconds);
    if (history->os_valid)
        rates->ready = (float)((double)less(now->ready_ns, then->ready_ns) * 1e-9 / seconds);
    rates->done_per_s = (float)((double)less(now->completed, then->completed) / seconds);
    rates->steals_per_s = (float)((double)less(now->steals, then->steals) / seconds);
    rates->stolen_per_s = (float)((double)less(now->stolen, then->stolen) / seconds);
    rates->robbed_per_s = (float)((double)less(now->robbed, then->robbed) / seconds);
}

float ps_history_steals(const struct ps_history *history, unsigned thief, unsigned victim)
{
    unsigned oldest;
    double seconds = window(history, &oldest);
    if (seconds <= 0 || thief >= PS_MAX_WORKERS || victim >= PS_MAX_WORKERS)
        return 0;
    size_t cell = (size_t)thief * PS_MAX_WORKERS + victim;
    uint32_t tasks =
        history->steal_now[cell] - history->steal_mark[(size_t)oldest * STEAL_CELLS + cell];
    return (float)((double)tasks / seconds);
}

void ps_history_latency(const struct ps_history *history, unsigned seconds,
                        struct ps_latency_view *into)
{
    if (history->latency_count == 0) {
        memset(into, 0, sizeof *into);
        return;
    }
    unsigned kept = history->latency_count < PS_LATENCY_SECONDS + 1 ? history->latency_count
                                                                    : PS_LATENCY_SECONDS + 1;
    if (history->latency_count <= seconds) {
        *into = history->newest; /* younger than the window: all there is */
        return;
    }
    unsigned back = seconds + 1 < kept ? seconds + 1 : kept;
    const struct latency_mark *then =
        &history->latency[(history->latency_count - back) % (PS_LATENCY_SECONDS + 1)];
    ps_hist_diff(&into->response, &history->newest.response, &then->sum.response);
    ps_hist_diff(&into->service, &history->newest.service, &then->sum.service);
    ps_hist_diff(&into->queueing, &history->newest.queueing, &then->sum.queueing);
}
