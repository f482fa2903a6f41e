#include "support.h"

#include <math.h>
#include <stdlib.h>

#include "base/clock.h"
#include "metrics/history.h"

/* A pool of two workers made by hand: worker 0 runs all the time and completes 10 tasks per column,
 * worker 1 waits for the network a quarter of it. */
struct fixture {
    struct ps_history *history;
    struct ps_snapshot *s;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    f->history = ps_history_new();
    f->s = calloc(1, sizeof *f->s);
    f->s->slots = f->s->workers = 2;
    f->s->at_ns = 50 * PS_COLUMN_NS;
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    ps_history_free(f->history);
    free(f->s);
    free(f);
    return 0;
}

static void advance(struct fixture *f, unsigned columns)
{
    struct ps_snapshot *s = f->s;
    uint64_t ns = columns * PS_COLUMN_NS;
    s->seq++;
    s->at_ns += ns;
    s->worker[0].time_ns[PS_STATE_RUN] += ns;
    s->worker[0].totals.ended[PS_COMPLETED] += 10 * columns;
    s->worker[0].stolen += 2 * columns;
    s->worker[0].steals += columns;
    s->steal_tasks[1] += 2 * columns;
    s->worker[1].time_ns[PS_STATE_NET] += ns / 4;
    s->worker[1].time_ns[PS_STATE_IDLE] += ns - ns / 4;
    s->totals.submitted += 12 * columns;
    s->totals.ended[PS_COMPLETED] += 10 * columns;
    s->queued += 2 * columns;
    ps_history_feed(f->history, s);
}

static void rates_are_those_of_the_snapshots(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 50; i++)
        advance(f, 1);
    struct ps_worker_rates rates;
    ps_history_worker(f->history, 0, &rates);
    assert_float_equal(rates.share[PS_STATE_RUN], 1.0, 0.01);
    assert_float_equal(rates.done_per_s, 100, 1);
    assert_float_equal(rates.steals_per_s, 10, 0.1);
    assert_true(rates.ready < 0);
    assert_float_equal(ps_history_steals(f->history, 0, 1), 20, 0.2);
    assert_float_equal(ps_history_steals(f->history, 1, 0), 0, 0);
    f->s->seq++; /* within a column: for the next one */
    f->s->at_ns += PS_COLUMN_NS / 2;
    f->s->steal_tasks[1] += 20;
    ps_history_feed(f->history, f->s);
    assert_float_equal(ps_history_steals(f->history, 0, 1), 20, 0.2);
    const struct ps_pool_column *pool = ps_history_pool(f->history, 0);
    assert_float_equal(pool->done_per_s, 100, 1);
    assert_float_equal(pool->offered_per_s, 120, 1);
    assert_float_equal(pool->queued, 100, 0);
    ps_history_worker(f->history, 1, &rates);
    assert_float_equal(rates.share[PS_STATE_NET], 0.25, 0.01);
}

static void work_shows_before_idleness(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 5; i++)
        advance(f, 1);
    bool ready;
    assert_int_equal(ps_history_lane_state(f->history, 0, 0, 2, &ready), PS_STATE_RUN);
    assert_false(ready);
    assert_int_equal(ps_history_lane_state(f->history, 1, 0, 2, &ready), PS_STATE_NET);
    assert_int_equal(ps_history_lane_state(f->history, 2, 0, 2, &ready), PS_STATE_OFF);
    assert_int_equal(ps_history_lane_state(f->history, 0, 100, 2, &ready), PS_STATE_OFF);
}

static void the_same_snapshot_twice_changes_nothing(void **state)
{
    struct fixture *f = *state;
    advance(f, 1);
    advance(f, 1);
    unsigned columns = ps_history_columns(f->history);
    ps_history_feed(f->history, f->s);
    assert_int_equal(ps_history_columns(f->history), columns);
}

static void gaps_are_filled_and_memory_is_bounded(void **state)
{
    struct fixture *f = *state;
    advance(f, 1);
    advance(f, 30);
    assert_int_equal(ps_history_columns(f->history), 30);
    assert_float_equal(ps_history_pool(f->history, 29)->done_per_s, 100, 1);
    for (int i = 0; i < 100; i++)
        advance(f, 30);
    assert_int_equal(ps_history_columns(f->history), PS_COLUMNS);
    assert_null(ps_history_pool(f->history, PS_COLUMNS));
    ps_history_clear(f->history);
    assert_int_equal(ps_history_columns(f->history), 0);
}

static void a_last_snapshot_may_be_dated_back(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 30; i++)
        advance(f, 1);
    f->s->seq++;
    f->s->at_ns -= PS_COLUMN_NS / 2;
    ps_history_feed(f->history, f->s);
    assert_int_equal(ps_history_columns(f->history), 29);
    assert_float_equal(ps_history_pool(f->history, 28)->done_per_s, 100, 1);
}

static void record(struct ps_hist_sum *sum, uint64_t ns)
{
    sum->bucket[ps_hist_index(ns)]++;
    sum->count++;
    sum->sum_ns += ns;
    if (ns > sum->max_ns)
        sum->max_ns = ns;
}

static void latencies_of_a_window_forget_what_was_before(void **state)
{
    struct fixture *f = *state;
    struct ps_latency_view view;
    for (int i = 0; i < 100; i++)
        record(&f->s->latency.response, 900 * (uint64_t)PS_NS_PER_MS);
    for (int i = 0; i < 30; i++)
        advance(f, 1);
    for (int i = 0; i < 40; i++) {
        record(&f->s->latency.response, 5 * (uint64_t)PS_NS_PER_MS);
        advance(f, 1);
    }
    ps_history_latency(f->history, 2, &view);
    assert_in_range(view.response.count, 15, 31);
    assert_true(ps_hist_quantile(&view.response, 1.0) < 6 * (uint64_t)PS_NS_PER_MS);
    ps_history_latency(f->history, PS_LATENCY_SECONDS, &view);
    assert_int_equal(view.response.count, 140); /* younger than the window: everything */
}

/* ---- resolutions ---- */

/* Columns of level 0 that end after the last closed column of `level` do not count in it. */
static void check_totals(const struct ps_timeline *t, unsigned level)
{
    unsigned columns = ps_timeline_columns(t, level);
    assert_true(columns > 2);
    unsigned ratio = (unsigned)(ps_time_levels[level].column_ns / PS_COLUMN_NS);
    for (unsigned age = 0; age + 1 < columns; age++) {
        const struct ps_pool_column *now = ps_timeline_pool(t, level, age);
        const struct ps_pool_column *then = ps_timeline_pool(t, level, age + 1);
        uint64_t newest = ps_timeline_pool(t, 0, 0)->number;
        uint64_t fine = newest - (now->number * ratio + ratio - 1);
        if (fine + ratio >= ps_timeline_columns(t, 0))
            break;
        const struct ps_pool_column *end = ps_timeline_pool(t, 0, (unsigned)fine);
        const struct ps_pool_column *begin = ps_timeline_pool(t, 0, (unsigned)fine + ratio);
        assert_int_equal(now->at_ns, end->at_ns);
        assert_int_equal(now->count.done - then->count.done, end->count.done - begin->count.done);
        assert_int_equal(now->count.offered, end->count.offered);
        assert_int_equal(now->count.stolen, end->count.stolen);
        double seconds = (double)(now->at_ns - then->at_ns) * 1e-9;
        assert_true(fabs((double)now->done_per_s * seconds -
                         (double)(now->count.done - then->count.done)) < 0.01);
        float highest = 0;
        for (unsigned i = 0; i < ratio; i++)
            highest = fmaxf(highest, ps_timeline_pool(t, 0, (unsigned)fine + i)->queued);
        assert_float_equal(now->queued_peak, highest, 0);
    }
}

/* Snapshots that come neither evenly nor once a column. */
static void irregular(struct fixture *f, unsigned snapshots)
{
    for (unsigned i = 0; i < snapshots; i++) {
        struct ps_snapshot *s = f->s;
        uint64_t ns = (37 + i * 29 % 240) * (uint64_t)PS_NS_PER_MS, done = i * 7 % 23;
        s->seq++;
        s->at_ns += ns;
        s->worker[0].time_ns[PS_STATE_RUN] += ns;
        s->worker[0].stolen += i % 3;
        s->totals.submitted += done + i % 2;
        s->totals.ended[PS_COMPLETED] += done;
        s->totals.ended[PS_REFUSED] += i % 2;
        s->queued = i * 13 % 31;
        ps_history_feed(f->history, s);
    }
}

static void totals_agree_between_resolutions(void **state)
{
    struct fixture *f = *state;
    irregular(f, 600);
    const struct ps_timeline *t = ps_history_timeline(f->history);
    check_totals(t, 1);
    check_totals(t, 2);
    advance(f, 57); /* a gap */
    irregular(f, 60);
    check_totals(t, 1);
}

static void lanes_agree_between_resolutions(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 400; i++)
        advance(f, 1);
    const struct ps_timeline *t = ps_history_timeline(f->history);
    for (unsigned level = 0; level < PS_TIME_LEVELS; level++) {
        const struct ps_lane_column *lane = ps_timeline_lane(t, level, 1, 0);
        assert_int_equal(lane->share[PS_STATE_NET], 255 / 4);
        assert_int_equal(lane->share[PS_STATE_IDLE], 255 * 3 / 4);
        bool ready;
        assert_int_equal(ps_timeline_state(t, level, 0, 0, 2, &ready), PS_STATE_RUN);
        assert_int_equal(ps_timeline_lane(t, level, 9, 0)->share[PS_STATE_RUN], 0);
    }
}

static void every_resolution_is_bounded(void **state)
{
    struct fixture *f = *state;
    advance(f, 1);
    for (int i = 0; i < 9; i++)
        advance(f, 10000);
    const struct ps_timeline *t = ps_history_timeline(f->history);
    for (unsigned level = 0; level < PS_TIME_LEVELS; level++) {
        unsigned columns = ps_time_levels[level].columns;
        assert_int_equal(ps_timeline_columns(t, level), columns);
        assert_null(ps_timeline_pool(t, level, columns));
        uint64_t newest = ps_timeline_pool(t, level, 0)->number;
        assert_int_equal(newest - ps_timeline_pool(t, level, columns - 1)->number, columns - 1);
    }
}

static void between_two_instants_is_what_happened_there(void **state)
{
    struct fixture *f = *state;
    struct ps_instant a, b;
    struct ps_between d;
    assert_false(ps_timeline_instant(ps_history_timeline(f->history), 0, &a));
    for (int i = 0; i < 20; i++) {
        record(&f->s->latency.response, 900 * (uint64_t)PS_NS_PER_MS);
        advance(f, 1);
    }
    const struct ps_timeline *t = ps_history_timeline(f->history);
    uint64_t from = f->s->at_ns;
    for (int i = 0; i < 30; i++) {
        record(&f->s->latency.response, 5 * (uint64_t)PS_NS_PER_MS);
        advance(f, 1);
    }
    assert_true(ps_timeline_instant(t, from - 1, &a));
    assert_true(ps_timeline_instant(t, UINT64_MAX, &b));
    assert_int_equal(a.column_ns, PS_COLUMN_NS);
    assert_int_equal(a.pool.at_ns, from);
    ps_instants_between(&a, &b, &d);
    assert_int_equal(d.elapsed_ns, 30 * PS_COLUMN_NS);
    assert_int_equal(d.count.done, 300);
    assert_int_equal(d.count.offered, 360);
    assert_int_equal(d.count.stolen, 60);
    assert_int_equal(d.responses, 30);
    assert_in_range(d.p99_ns, 4850000, 5150000);
    for (int i = 0; i < 700; i++) /* the fine columns are forgotten */
        advance(f, 1);
    struct ps_instant late;
    assert_true(ps_timeline_instant(t, from - 1, &late));
    assert_int_equal(late.column_ns, ps_time_levels[1].column_ns);
    assert_true(late.pool.at_ns >= from);
    ps_instants_between(&a, &b, &d); /* what was taken is kept */
    assert_int_equal(d.count.done, 300);
}

static void a_copy_goes_its_own_way(void **state)
{
    struct fixture *f = *state;
    struct ps_history *copy = ps_history_new();
    irregular(f, 150);
    ps_history_copy(copy, f->history);
    struct ps_worker_rates a, b;
    ps_history_worker(f->history, 0, &a);
    unsigned columns = ps_history_columns(f->history);
    uint64_t done = ps_history_pool(f->history, 0)->count.done;
    irregular(f, 50);
    ps_history_worker(copy, 0, &b);
    assert_memory_equal(&a, &b, sizeof a);
    assert_int_equal(ps_history_columns(copy), columns);
    assert_int_equal(ps_history_pool(copy, 0)->count.done, done);
    assert_true(ps_history_pool(f->history, 0)->count.done > done);
    assert_int_equal(ps_history_lane(copy, 0, 3)->share[PS_STATE_RUN], 255);
    ps_history_free(copy);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(rates_are_those_of_the_snapshots),
        TEST(work_shows_before_idleness),
        TEST(the_same_snapshot_twice_changes_nothing),
        TEST(gaps_are_filled_and_memory_is_bounded),
        TEST(a_last_snapshot_may_be_dated_back),
        TEST(latencies_of_a_window_forget_what_was_before),
        TEST(totals_agree_between_resolutions),
        TEST(lanes_agree_between_resolutions),
        TEST(every_resolution_is_bounded),
        TEST(between_two_instants_is_what_happened_there),
        TEST(a_copy_goes_its_own_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
