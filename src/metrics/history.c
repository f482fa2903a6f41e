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
    struct ps_totals totals;
    uint64_t stolen;
    struct ps_pool_column pool[PS_COLUMNS];
    unsigned lanes;                            /* workers that have a ring */
    struct ps_lane_column (*lane)[PS_COLUMNS]; /* [lanes] */
    struct worker_mark last[PS_MAX_WORKERS];   /* at the newest snapshot */
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
};

enum { MARKS = PS_RATE_COLUMNS + 1, STEAL_CELLS = PS_MAX_WORKERS * PS_MAX_WORKERS };

struct ps_history *ps_history_new(void)
{
    struct ps_history *h = calloc(1, sizeof *h);
    if (!h)
        return NULL;
    h->mark = calloc(MARKS, sizeof *h->mark);
    h->steal_mark = calloc((size_t)MARKS * STEAL_CELLS, sizeof *h->steal_mark);
    h->steal_now = calloc(STEAL_CELLS, sizeof *h->steal_now);
    h->latency = calloc(PS_LATENCY_SECONDS + 1, sizeof *h->latency);
    h->lane = calloc(PS_MAX_WORKERS, sizeof *h->lane);
    h->lanes = PS_MAX_WORKERS;
    if (!h->mark || !h->steal_mark || !h->steal_now || !h->latency || !h->lane) {
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
    free(history->lane);
    free(history);
}

void ps_history_clear(struct ps_history *history)
{
    struct ps_history kept = *history;
    memset(history, 0, sizeof *history);
    history->mark = kept.mark;
    history->steal_mark = kept.steal_mark;
    history->steal_now = kept.steal_now;
    history->latency = kept.latency;
    history->lane = kept.lane;
    history->lanes = kept.lanes;
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

static struct ps_pool_column pool_between(struct ps_history *h, const struct ps_snapshot *s,
                                          uint64_t stolen)
{
    double seconds = (double)(s->at_ns - h->at_ns) * 1e-9;
    struct ps_pool_column column = {.at_ns = s->at_ns, .workers = (uint16_t)s->workers};
    column.queued = (float)s->queued;
    column.in_flight = (float)s->in_flight;
    if (seconds <= 0)
        return column;
    uint64_t failed = 0;
    for (unsigned i = PS_FAILED; i <= PS_CANCELLED; i++)
        failed += less(s->totals.ended[i], h->totals.ended[i]);
    column.done_per_s =
        (float)((double)less(s->totals.ended[PS_COMPLETED], h->totals.ended[PS_COMPLETED]) /
                seconds);
    column.offered_per_s =
        (float)((double)less(s->totals.submitted, h->totals.submitted) / seconds);
    column.refused_per_s =
        (float)((double)less(s->totals.ended[PS_REFUSED], h->totals.ended[PS_REFUSED]) / seconds);
    column.failed_per_s = (float)((double)failed / seconds);
    column.steals_per_s = (float)((double)less(stolen, h->stolen) / seconds);
    return column;
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

void ps_history_feed(struct ps_history *h, const struct ps_snapshot *s)
{
    if (h->seq && s->seq == h->seq)
        return;
    uint64_t stolen = 0;
    for (unsigned w = 0; w < s->slots; w++)
        stolen += s->worker[w].stolen;
    bool first = h->seq == 0;
    h->seq = s->seq;
    keep_latency(h, s);
    for (unsigned thief = 0; thief < s->slots; thief++)
        for (unsigned victim = 0; victim < s->slots; victim++)
            h->steal_now[thief * PS_MAX_WORKERS + victim] =
                (uint32_t)s->steal_tasks[(size_t)thief * PS_MAX_WORKERS + victim];
    uint64_t column = s->at_ns / PS_COLUMN_NS;
    if (!first && column < h->column)
        column = h->column; /* a run's last snapshot is dated back to its end */
    if (first) {
        h->column = column;
        keep_mark(h, s, 0);
    }
    uint64_t fresh = column - h->column;
    if (!first && fresh == 0)
        return; /* the columns are closed by the first snapshot after their end */
    if (fresh > PS_COLUMNS)
        fresh = PS_COLUMNS;
    struct ps_pool_column pool = pool_between(h, s, stolen);
    if (fresh > 0 && h->latency_count > 1) {
        ps_history_latency(h, 1, &h->scratch);
        pool.response_p99_ms = (float)((double)ps_hist_quantile(&h->scratch.response, 0.99) * 1e-6);
    }
    uint64_t whole_ns = s->at_ns - h->at_ns;
    for (unsigned w = 0; w < s->slots; w++) {
        struct worker_mark now = mark_of(&s->worker[w]);
        struct ps_lane_column lane = lane_between(&h->last[w], &now, whole_ns);
        for (uint64_t i = 0; i < fresh; i++)
            h->lane[w][(h->count + i) % PS_COLUMNS] = lane;
        h->last[w] = now;
        h->os_valid = h->os_valid || s->worker[w].os_valid;
    }
    for (unsigned w = s->slots; w < h->lanes; w++)
        for (uint64_t i = 0; i < fresh; i++)
            h->lane[w][(h->count + i) % PS_COLUMNS] = (struct ps_lane_column){{0}, 0};
    for (uint64_t i = 0; i < fresh; i++) {
        h->pool[(h->count + i) % PS_COLUMNS] = pool;
        keep_mark(h, s, h->count + i + 1);
    }
    h->count += fresh;
    h->column = column;
    h->totals = s->totals;
    h->stolen = stolen;
    h->at_ns = s->at_ns;
}

unsigned ps_history_columns(const struct ps_history *history)
{
    return (unsigned)(history->count < PS_COLUMNS ? history->count : PS_COLUMNS);
}

static unsigned place(const struct ps_history *history, unsigned age)
{
    return (unsigned)((history->count - 1 - age) % PS_COLUMNS);
}

const struct ps_pool_column *ps_history_pool(const struct ps_history *history, unsigned age)
{
    return age < ps_history_columns(history) ? &history->pool[place(history, age)] : NULL;
}

const struct ps_lane_column *ps_history_lane(const struct ps_history *history, unsigned worker,
                                             unsigned age)
{
    if (age >= ps_history_columns(history) || worker >= history->lanes)
        return NULL;
    return &history->lane[worker][place(history, age)];
}

enum ps_state ps_history_lane_state(const struct ps_history *history, unsigned worker, unsigned age,
                                    unsigned count, bool *ready)
{
    unsigned sum[PS_STATE_COUNT] = {0}, ready_sum = 0, total = 0;
    for (unsigned i = 0; i < count; i++) {
        const struct ps_lane_column *column = ps_history_lane(history, worker, age + i);
        if (!column)
            break;
        for (unsigned s = 0; s < PS_STATE_COUNT; s++) {
            sum[s] += column->share[s];
            total += column->share[s];
        }
        ready_sum += column->ready;
    }
    *ready = false;
    enum ps_state work = PS_STATE_OFF, rest = PS_STATE_OFF;
    for (unsigned s = PS_STATE_IDLE; s < PS_STATE_COUNT; s++) {
        enum ps_state *best = s <= PS_STATE_SEEK ? &rest : &work;
        if (sum[s] > 0 && (*best == PS_STATE_OFF || sum[s] > sum[*best]))
            *best = (enum ps_state)s;
    }
    bool works = work != PS_STATE_OFF && sum[work] * 5 >= total;
    enum ps_state state = works ? work : rest != PS_STATE_OFF ? rest : work;
    if (state == PS_STATE_RUN)
        *ready = ready_sum * 2 > sum[PS_STATE_RUN];
    return state;
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
