/* What happened between two snapshots, asked for by the table of metrics. */
#include <stdlib.h>

#include "base/clock.h"
#include "metrics/metric_table.h"
#include "metrics/window.h"
#include "support.h"

struct three {
    struct ps_snapshot from, to, window;
};

static int make(void **state)
{
    *state = calloc(1, sizeof(struct three));
    return *state ? 0 : -1;
}

static int drop(void **state)
{
    free(*state);
    return 0;
}

static double metric(const struct ps_snapshot *snapshot, const char *key)
{
    struct ps_metric_source source = {.snapshot = snapshot};
    struct ps_metric_value value = ps_metric_value(ps_metric_find(PS_METRIC_RUN, key), &source);
    assert_int_not_equal(value.kind, PS_METRIC_NA);
    return value.kind == PS_METRIC_REAL ? value.real : (double)value.count;
}

static void counters_are_those_of_the_window(void **state)
{
    struct three *t = *state;
    t->from.at_ns = 2 * (uint64_t)PS_NS_PER_S;
    t->from.started_ns = t->to.started_ns = PS_NS_PER_S;
    t->to.at_ns = 6 * (uint64_t)PS_NS_PER_S;
    t->from.totals.ended[PS_COMPLETED] = 100;
    t->to.totals.ended[PS_COMPLETED] = 500;
    t->from.slots = 1;
    t->to.slots = 2;
    t->from.worker[0].stolen = 5;
    t->to.worker[0].stolen = 8;
    t->to.worker[1].stolen = 2;
    t->to.traits = PS_TRAIT_STEALS;
    t->from.process = (struct ps_process_view){.valid = true, .cpu_ns = PS_NS_PER_S};
    t->to.process = (struct ps_process_view){
        .valid = true, .cpu_ns = 3 * (uint64_t)PS_NS_PER_S, .rss_bytes = 77};
    ps_snapshot_window(&t->window, &t->from, &t->to);
    assert_true(metric(&t->window, "seconds") == 4);
    assert_true(metric(&t->window, "throughput_per_s") == 100);
    assert_true(metric(&t->window, "steals.tasks") == 5);
    assert_true(metric(&t->window, "cpu_seconds") == 2);
    assert_true(metric(&t->window, "cpu_per_task_ns") == 5e6);
    assert_true(metric(&t->window, "rss_bytes") == 77);
}

static void latencies_are_of_tasks_that_ended_in_it(void **state)
{
    struct three *t = *state;
    static struct ps_hist hist;
    for (int i = 0; i < 100; i++)
        ps_hist_record(&hist, 90 * PS_NS_PER_MS);
    ps_hist_add(&t->from.latency.response, &hist);
    for (int i = 0; i < 50; i++)
        ps_hist_record(&hist, PS_NS_PER_MS);
    ps_hist_add(&t->to.latency.response, &hist);
    ps_snapshot_window(&t->window, &t->from, &t->to);
    assert_true(metric(&t->window, "latency_ns.response.count") == 50);
    assert_in_range((uint64_t)metric(&t->window, "latency_ns.response.p99"), 980000, 1020000);
}

/* A window from nothing is the whole run, and counters that seem to go back are 0, not huge. */
static void edges(void **state)
{
    struct three *t = *state;
    t->to.started_ns = PS_NS_PER_S;
    t->to.ended_ns = t->to.at_ns = 3 * (uint64_t)PS_NS_PER_S;
    t->to.totals.submitted = 10;
    ps_snapshot_window(&t->window, &t->from, &t->to);
    assert_true(metric(&t->window, "seconds") == 2);
    assert_true(metric(&t->window, "submitted") == 10);
    t->from.totals.submitted = 11;
    ps_snapshot_window(&t->window, &t->from, &t->to);
    assert_true(metric(&t->window, "submitted") == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(counters_are_those_of_the_window, make, drop),
        cmocka_unit_test_setup_teardown(latencies_are_of_tasks_that_ended_in_it, make, drop),
        cmocka_unit_test_setup_teardown(edges, make, drop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
