#include "metrics/timeline.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

const struct ps_time_level ps_time_levels[PS_TIME_LEVELS] = {
    {PS_COLUMN_NS, PS_COLUMNS},
    {1 * (uint64_t)PS_NS_PER_S, 600},
    {10 * (uint64_t)PS_NS_PER_S, 720},
};

enum { SHARES = PS_STATE_COUNT + 1 }; /* the last: ready */

/* One resolution. Rings by count: column k is at k % columns. */
struct level {
    uint64_t count; /* columns completed */
    struct ps_pool_column *pool;
    struct ps_lane_column *lane; /* [PS_MAX_WORKERS][columns] */
    uint32_t (*response)[PS_COARSE_BUCKETS];
    /* The column being filled; above level 0 only. */
    uint64_t begin_ns;
    struct ps_pool_counts begin;
    uint32_t begin_response[PS_COARSE_BUCKETS];
    unsigned parts; /* columns of level 0 in it */
    double queued, in_flight;
    float queued_peak;
    uint32_t share[PS_MAX_WORKERS][SHARES];
};

struct ps_timeline {
    unsigned lanes; /* workers that ever had a lane: the rings of the others are all zero */
    struct level level[PS_TIME_LEVELS];
};

struct ps_timeline *ps_timeline_new(void)
{
    struct ps_timeline *t = calloc(1, sizeof *t);
    if (!t)
        return NULL;
    for (unsigned i = 0; i < PS_TIME_LEVELS; i++) {
        struct level *l = &t->level[i];
        size_t columns = ps_time_levels[i].columns;
        l->pool = calloc(columns, sizeof *l->pool);
        l->lane = calloc(columns * PS_MAX_WORKERS, sizeof *l->lane);
        l->response = calloc(columns, sizeof *l->response);
        if (!l->pool || !l->lane || !l->response) {
            ps_timeline_free(t);
            return NULL;
        }
    }
    return t;
}

void ps_timeline_free(struct ps_timeline *timeline)
{
    if (!timeline)
        return;
    for (unsigned i = 0; i < PS_TIME_LEVELS; i++) {
        free(timeline->level[i].pool);
        free(timeline->level[i].lane);
        free(timeline->level[i].response);
    }
    free(timeline);
}

/* Take over the values but not the rings. */
static void set_level(struct level *into, const struct level *from)
{
    struct level rings = *into;
    *into = *from;
    into->pool = rings.pool;
    into->lane = rings.lane;
    into->response = rings.response;
}

void ps_timeline_clear(struct ps_timeline *t)
{
    static const struct level empty;
    for (unsigned i = 0; i < PS_TIME_LEVELS; i++) {
        struct level *l = &t->level[i];
        memset(l->lane, 0, (size_t)t->lanes * ps_time_levels[i].columns * sizeof *l->lane);
        set_level(l, &empty);
    }
    t->lanes = 0;
}

static size_t kept(const struct level *level, unsigned number)
{
    unsigned columns = ps_time_levels[number].columns;
    return level->count < columns ? (size_t)level->count : columns;
}

void ps_timeline_copy(struct ps_timeline *into, const struct ps_timeline *from)
{
    ps_timeline_clear(into);
    into->lanes = from->lanes;
    for (unsigned i = 0; i < PS_TIME_LEVELS; i++) {
        const struct level *l = &from->level[i];
        struct level *copy = &into->level[i];
        set_level(copy, l);
        memcpy(copy->pool, l->pool, kept(l, i) * sizeof *l->pool);
        memcpy(copy->response, l->response, kept(l, i) * sizeof *l->response);
        memcpy(copy->lane, l->lane,
               (size_t)from->lanes * ps_time_levels[i].columns * sizeof *l->lane);
    }
}

/* ---- columns come in ---- */

void ps_timeline_begin(struct ps_timeline *t, uint64_t at_ns, const struct ps_pool_counts *count,
                       const uint32_t response[PS_COARSE_BUCKETS])
{
    for (unsigned i = 0; i < PS_TIME_LEVELS; i++) {
        t->level[i].begin_ns = at_ns;
        t->level[i].begin = *count;
        memcpy(t->level[i].begin_response, response, sizeof t->level[i].begin_response);
    }
}

void ps_coarse_fill(uint32_t into[PS_COARSE_BUCKETS], const struct ps_hist_sum *sum)
{
    memset(into, 0, PS_COARSE_BUCKETS * sizeof into[0]);
    for (unsigned i = 0; i < PS_HIST_BUCKETS; i++)
        into[i >> PS_COARSE_SHIFT] += (uint32_t)sum->bucket[i];
}

static uint64_t less(uint64_t a, uint64_t b)
{
    return a > b ? a - b : 0;
}

static struct ps_pool_counts counts_less(const struct ps_pool_counts *a,
                                         const struct ps_pool_counts *b)
{
    return (struct ps_pool_counts){
        .done = less(a->done, b->done),
        .offered = less(a->offered, b->offered),
        .refused = less(a->refused, b->refused),
        .failed = less(a->failed, b->failed),
        .stolen = less(a->stolen, b->stolen),
    };
}

static void store(struct ps_timeline *t, unsigned number, const struct ps_pool_column *pool,
                  const uint32_t *response)
{
    struct level *l = &t->level[number];
    size_t place = (size_t)(l->count % ps_time_levels[number].columns);
    l->pool[place] = *pool;
    memcpy(l->response[place], response, sizeof l->response[place]);
    l->count++;
}

static struct ps_lane_column *lane_to_fill(struct ps_timeline *t, unsigned number, unsigned worker)
{
    unsigned columns = ps_time_levels[number].columns;
    struct level *l = &t->level[number];
    return &l->lane[(size_t)worker * columns + (size_t)(l->count % columns)];
}

static void gather(struct level *l, const struct ps_pool_column *column,
                   const struct ps_lane_column *lanes, unsigned slots)
{
    l->parts++;
    l->queued += (double)column->queued;
    l->in_flight += (double)column->in_flight;
    if (column->queued_peak > l->queued_peak)
        l->queued_peak = column->queued_peak;
    for (unsigned w = 0; w < slots; w++) {
        for (unsigned s = 0; s < PS_STATE_COUNT; s++)
            l->share[w][s] += lanes[w].share[s];
        l->share[w][PS_STATE_COUNT] += lanes[w].ready;
    }
}

/* ---- quantiles of coarse histograms ---- */

/* Quantiles of what was recorded between two of them. */
static void quantiles(const uint32_t *from, const uint32_t *to, struct ps_between *into)
{
    struct ps_hist_sum sum = {0};
    unsigned last = 0;
    for (unsigned i = 0; i < PS_COARSE_BUCKETS; i++) {
        uint32_t n = to[i] - from[i];
        if (n == 0)
            continue;
        sum.bucket[(i << PS_COARSE_SHIFT) + (1u << PS_COARSE_SHIFT) / 2] = n;
        sum.count += n;
        last = i;
    }
    sum.max_ns = ps_hist_bucket_low((last + 1) << PS_COARSE_SHIFT);
    into->responses = sum.count;
    if (sum.count == 0)
        return;
    into->p50_ns = ps_hist_quantile(&sum, 0.5);
    into->p99_ns = ps_hist_quantile(&sum, 0.99);
    into->max_ns = ps_hist_quantile(&sum, 1);
}

/* ---- coarse columns are closed ---- */

static void reset(struct ps_timeline *t, struct level *l, const struct ps_pool_column *column,
                  const uint32_t *response)
{
    l->begin_ns = column->at_ns;
    l->begin = column->count;
    memcpy(l->begin_response, response, sizeof l->begin_response);
    l->parts = 0;
    l->queued = l->in_flight = 0;
    l->queued_peak = 0;
    memset(l->share, 0, t->lanes * sizeof l->share[0]);
}

static struct ps_pool_column pool_of(const struct level *l, const struct ps_pool_column *column,
                                     unsigned ratio, const uint32_t *response)
{
    struct ps_pool_column pool = *column;
    struct ps_pool_counts n = counts_less(&column->count, &l->begin);
    double seconds = (double)less(column->at_ns, l->begin_ns) * 1e-9;
    double per_s = seconds > 0 ? 1 / seconds : 0;
    struct ps_between between = {0};
    quantiles(l->begin_response, response, &between);
    pool.number = column->number / ratio;
    pool.done_per_s = (float)((double)n.done * per_s);
    pool.offered_per_s = (float)((double)n.offered * per_s);
    pool.refused_per_s = (float)((double)n.refused * per_s);
    pool.failed_per_s = (float)((double)n.failed * per_s);
    pool.steals_per_s = (float)((double)n.stolen * per_s);
    pool.queued = (float)(l->queued / l->parts);
    pool.in_flight = (float)(l->in_flight / l->parts);
    pool.queued_peak = l->queued_peak;
    pool.response_p99_ms = (float)((double)between.p99_ns * 1e-6);
    return pool;
}

static void close_level(struct ps_timeline *t, unsigned number, const struct ps_pool_column *column,
                        unsigned ratio, const uint32_t *response)
{
    struct level *l = &t->level[number];
    struct ps_pool_column pool = pool_of(l, column, ratio, response);
    for (unsigned w = 0; w < t->lanes; w++) {
        struct ps_lane_column *lane = lane_to_fill(t, number, w);
        for (unsigned s = 0; s < PS_STATE_COUNT; s++)
            lane->share[s] = (uint8_t)((l->share[w][s] + l->parts / 2) / l->parts);
        lane->ready = (uint8_t)((l->share[w][PS_STATE_COUNT] + l->parts / 2) / l->parts);
    }
    store(t, number, &pool, response);
    reset(t, l, column, response);
}

void ps_timeline_push(struct ps_timeline *t, const struct ps_pool_column *column,
                      const struct ps_lane_column *lanes, unsigned slots,
                      const uint32_t response[PS_COARSE_BUCKETS])
{
    static const struct ps_lane_column off;
    if (slots > t->lanes)
        t->lanes = slots;
    for (unsigned w = 0; w < t->lanes; w++)
        *lane_to_fill(t, 0, w) = w < slots ? lanes[w] : off;
    store(t, 0, column, response);
    for (unsigned i = 1; i < PS_TIME_LEVELS; i++) {
        unsigned ratio = (unsigned)(ps_time_levels[i].column_ns / ps_time_levels[0].column_ns);
        gather(&t->level[i], column, lanes, slots);
        if ((column->number + 1) % ratio == 0)
            close_level(t, i, column, ratio, response);
    }
}

/* ---- reading ---- */

unsigned ps_timeline_columns(const struct ps_timeline *timeline, unsigned level)
{
    return (unsigned)kept(&timeline->level[level], level);
}

static size_t place_of(const struct ps_timeline *t, unsigned level, unsigned age)
{
    return (size_t)((t->level[level].count - 1 - age) % ps_time_levels[level].columns);
}

const struct ps_pool_column *ps_timeline_pool(const struct ps_timeline *timeline, unsigned level,
                                              unsigned age)
{
    if (age >= ps_timeline_columns(timeline, level))
        return NULL;
    return &timeline->level[level].pool[place_of(timeline, level, age)];
}

const struct ps_lane_column *ps_timeline_lane(const struct ps_timeline *timeline, unsigned level,
                                              unsigned worker, unsigned age)
{
    if (age >= ps_timeline_columns(timeline, level) || worker >= PS_MAX_WORKERS)
        return NULL;
    size_t columns = ps_time_levels[level].columns;
    return &timeline->level[level].lane[worker * columns + place_of(timeline, level, age)];
}

enum ps_state ps_timeline_state(const struct ps_timeline *timeline, unsigned level, unsigned worker,
                                unsigned age, unsigned count, bool *ready)
{
    unsigned sum[PS_STATE_COUNT] = {0}, ready_sum = 0, total = 0;
    for (unsigned i = 0; i < count; i++) {
        const struct ps_lane_column *column = ps_timeline_lane(timeline, level, worker, age + i);
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

bool ps_timeline_instant(const struct ps_timeline *timeline, uint64_t at_ns,
                         struct ps_instant *into)
{
    for (unsigned i = 0; i < PS_TIME_LEVELS; i++) {
        const struct ps_pool_column *newest = ps_timeline_pool(timeline, i, 0);
        if (!newest)
            continue;
        uint64_t age = less(newest->number, at_ns / ps_time_levels[i].column_ns);
        if (age >= ps_timeline_columns(timeline, i))
            continue;
        size_t place = place_of(timeline, i, (unsigned)age);
        into->column_ns = ps_time_levels[i].column_ns;
        into->pool = timeline->level[i].pool[place];
        memcpy(into->response, timeline->level[i].response[place], sizeof into->response);
        return true;
    }
    return false;
}

void ps_instants_between(const struct ps_instant *from, const struct ps_instant *to,
                         struct ps_between *into)
{
    *into = (struct ps_between){
        .elapsed_ns = less(to->pool.at_ns, from->pool.at_ns),
        .count = counts_less(&to->pool.count, &from->pool.count),
    };
    quantiles(from->response, to->response, into);
}
