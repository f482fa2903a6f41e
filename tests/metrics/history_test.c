#include "support.h"

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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
