/* The table of metrics and the reports made from it, on a snapshot made by hand. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "support.h"

#include "app/json_report.h"
#include "app/plain_report.h"

#define SECOND UINT64_C(1000000000)

static void fill(struct ps_snapshot *s, uint32_t traits)
{
    memset(s, 0, sizeof *s);
    s->phase = PS_PHASE_ENDED;
    s->end = PS_END_DURATION;
    s->started_ns = SECOND;
    s->ended_ns = s->at_ns = 3 * SECOND;
    s->workers = s->slots = s->types = 2;
    s->traits = traits;
    s->usable_cpus = 2;
    strcpy(s->engine, "threadpool");
    strcpy(s->policy, "steal");
    s->totals.submitted = 110;
    s->totals.ended[PS_COMPLETED] = 100;
    s->totals.ended[PS_FAILED] = 4;
    s->totals.ended[PS_TIMED_OUT] = 3;
    s->totals.ended[PS_CANCELLED] = 2;
    s->totals.ended[PS_REFUSED] = 1;
    s->worker[0].totals.ended[PS_COMPLETED] = 60;
    s->worker[0].time_ns[PS_STATE_RUN] = 3 * SECOND / 2;
    s->worker[0].time_ns[PS_STATE_IDLE] = SECOND / 2;
    s->worker[0].os_valid = true;
    s->worker[0].cpu_ns = SECOND;
    s->worker[1].steals = 5;
    s->worker[1].stolen = 7;
    s->steal_tasks[1 * PS_MAX_WORKERS + 0] = 7;
    strcpy(s->type[0].name, "short");
    strcpy(s->type[1].name, "long");
    struct ps_hist_sum *response = &s->latency.response;
    response->count = 100;
    response->sum_ns = 100 * 50;
    response->max_ns = 50;
    response->bucket[50] = 100;
}

static json_t *report_of(const struct ps_snapshot *snapshot)
{
    struct ps_experiment *experiment = calloc(1, sizeof *experiment);
    struct ps_metric_peaks peaks = {.in_flight = 12};
    ps_experiment_init(experiment);
    experiment->seed = 7;
    char *text = NULL;
    size_t size = 0;
    FILE *to = open_memstream(&text, &size);
    struct ps_report report = {.preset = "dir/\xff\"x\n.ini",
                               .experiment = experiment,
                               .snapshot = snapshot,
                               .peaks = &peaks};
    assert_int_equal(ps_report_json(&report, to), PS_OK);
    fclose(to);
    json_error_t error;
    json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    if (!root)
        fail_msg("%s in %s", error.text, text);
    free(text);
    free(experiment);
    return root;
}

static json_t *at(json_t *root, const char *path)
{
    char name[64];
    while (strchr(path, '.')) {
        snprintf(name, sizeof name, "%.*s", (int)strcspn(path, "."), path);
        root = json_object_get(root, name);
        path = strchr(path, '.') + 1;
    }
    return json_object_get(root, path);
}

/* The keys that users were promised. */
static const char *const promised[] = {
    "schema",
    "version",
    "preset",
    "engine",
    "policy",
    "workers",
    "usable_cpus",
    "seed",
    "clock",
    "seconds",
    "submitted",
    "completed",
    "failed",
    "timed_out",
    "cancelled",
    "refused",
    "conserved",
    "throughput_per_s",
    "latency_ns.response.count",
    "latency_ns.response.mean",
    "latency_ns.response.p50",
    "latency_ns.response.p90",
    "latency_ns.response.p99",
    "latency_ns.response.p99_9",
    "latency_ns.response.max",
    "latency_ns.service.p99",
    "latency_ns.queueing.p99_9",
    "steals",
    "per_worker",
    "per_type",
    "rss_peak_bytes",
    "cpu_seconds",
    "switches.voluntary",
    "switches.involuntary",
    "answers",
    "ended",
};
static const char *const promised_of_workers[] = {
    "tasks", "run_fraction", "queue_depth", "steals", "cpu_seconds", "runqueue_wait_seconds",
};

static void json_has_the_promised_keys(void **state)
{
    struct ps_snapshot *s = *state;
    fill(s, PS_TRAIT_STEALS | PS_TRAIT_WORKER_QUEUE);
    json_t *root = report_of(s);
    for (size_t i = 0; i < sizeof promised / sizeof *promised; i++)
        if (!at(root, promised[i]))
            fail_msg("no key %s", promised[i]);
    json_t *worker = json_array_get(json_object_get(root, "per_worker"), 0);
    for (size_t i = 0; i < sizeof promised_of_workers / sizeof *promised_of_workers; i++)
        if (!json_object_get(worker, promised_of_workers[i]))
            fail_msg("no key %s of a worker", promised_of_workers[i]);
    json_decref(root);
}

static void json_has_the_figures(void **state)
{
    struct ps_snapshot *s = *state;
    fill(s, PS_TRAIT_STEALS | PS_TRAIT_WORKER_QUEUE);
    json_t *root = report_of(s);
    assert_string_equal(json_string_value(at(root, "preset")), "dir/?\"x?.ini");
    assert_int_equal(json_integer_value(at(root, "submitted")), 110);
    assert_true(json_is_true(at(root, "conserved")));
    assert_true(json_real_value(at(root, "throughput_per_s")) == 50.0);
    assert_int_equal(json_integer_value(at(root, "latency_ns.response.p99")), 50);
    assert_true(json_is_null(at(root, "latency_ns.service.p99")));
    assert_int_equal(json_integer_value(at(root, "latency_ns.service.count")), 0);
    assert_int_equal(json_integer_value(at(root, "steals.tasks")), 7);
    json_t *row = json_array_get(at(root, "steals.matrix"), 1);
    assert_int_equal(json_array_size(row), 2);
    assert_int_equal(json_integer_value(json_array_get(row, 0)), 7);
    json_t *worker = json_array_get(json_object_get(root, "per_worker"), 0);
    assert_true(json_real_value(json_object_get(worker, "run_fraction")) == 0.75);
    assert_int_equal(json_integer_value(at(root, "peaks.in_flight")), 12);
    assert_string_equal(json_string_value(at(root, "ended")), "duration");
    json_decref(root);
}

static void what_cannot_be_is_null(void **state)
{
    struct ps_snapshot *s = *state;
    fill(s, 0);
    json_t *root = report_of(s);
    assert_true(json_is_null(at(root, "steals")));
    assert_true(json_is_null(at(root, "rss_peak_bytes")));
    assert_true(json_is_null(at(root, "switches.voluntary")));
    json_t *workers = json_object_get(root, "per_worker");
    json_t *first = json_array_get(workers, 0), *second = json_array_get(workers, 1);
    assert_true(json_is_null(json_object_get(first, "queue_depth")));
    assert_true(json_is_null(json_object_get(first, "steals")));
    assert_true(json_is_real(json_object_get(first, "cpu_seconds")));
    assert_true(json_is_null(json_object_get(second, "cpu_seconds")));
    assert_true(json_is_null(json_object_get(second, "run_fraction")));
    json_decref(root);
}

static void a_lost_task_shows(void **state)
{
    struct ps_snapshot *s = *state;
    fill(s, 0);
    s->totals.submitted++;
    json_t *root = report_of(s);
    assert_true(json_is_false(at(root, "conserved")));
    json_decref(root);
}

static void metrics_are_described_once(void **state)
{
    (void)state;
    for (const struct ps_metric *metric = ps_metrics; metric->key; metric++) {
        assert_ptr_equal(ps_metric_find(metric->scope, metric->key), metric);
        assert_non_null(metric->value);
        assert_true(metric->label && *metric->label);
        assert_true(metric->meaning && *metric->meaning);
        assert_non_null(metric->unit);
    }
}

static char *plain_of(struct ps_snapshot *s)
{
    struct ps_experiment *experiment = calloc(1, sizeof *experiment);
    char *text = NULL;
    size_t size = 0;
    FILE *to = open_memstream(&text, &size);
    struct ps_plain *plain = ps_plain_new(to, "demo", experiment);
    struct ps_totals totals = s->totals;
    s->phase = PS_PHASE_RUNNING;
    memset(&s->totals, 0, sizeof s->totals);
    for (s->at_ns = SECOND; s->at_ns < 3 * SECOND; s->at_ns += SECOND / 10)
        assert_true(ps_plain_tick(plain, s));
    s->at_ns = 3 * SECOND;
    s->totals = totals;
    strcpy(s->message, "duration over");
    assert_true(ps_plain_tick(plain, s));
    struct ps_report report = {.preset = "demo", .experiment = experiment, .snapshot = s};
    ps_plain_end(plain, &report);
    ps_plain_free(plain);
    fclose(to);
    free(experiment);
    return text;
}

static void plain_has_a_line_a_second(void **state)
{
    struct ps_snapshot *s = *state;
    fill(s, PS_TRAIT_STEALS);
    char *text = plain_of(s);
    const char *expected =
        "threadpool:steal, 2 workers on 2 usable cpus\n"
        "    1.0 s  done 0/s  offered 0/s  in flight 0  queued 0  response p50 50 ns p99 50 ns\n"
        "    2.0 s  * duration over\n"
        "    2.0 s  done 100/s  offered 110/s  in flight 0  queued 0  response n/a  failed 4/s"
        "  timed out 3/s  cancelled 2/s  refused 1/s\n"
        "ended: duration after 2.00 s\n"
        "done       100 = 50/s\n"
        "response   p50 50 ns  p90 50 ns  p99 50 ns  p99.9 50 ns  max 50 ns\n"
        "service    n/a\n"
        "queueing   n/a\n"
        "steals     5 operations took 7 tasks\n"
        "process    n/a\n"
        "submitted 110 = completed 100 + failed 4 + timed out 3 + cancelled 2 + refused 1: "
        "conserved\n";
    assert_string_equal(text, expected);
    free(text);
}

static void plain_says_what_was_lost(void **state)
{
    struct ps_snapshot *s = *state;
    fill(s, 0);
    s->totals.submitted++;
    char *text = plain_of(s);
    assert_non_null(strstr(text, ": NOT CONSERVED\n"));
    assert_non_null(strstr(text, "steals     n/a\n"));
    free(text);
}

/* A worker that works beside one that is idle, and a queue: said once, and taken back when over. */
static void plain_tells_the_diagnosis(void **state)
{
    struct ps_snapshot *s = *state;
    struct ps_experiment *experiment = calloc(1, sizeof *experiment);
    char *text = NULL;
    size_t size = 0;
    fill(s, PS_TRAIT_STEALS | PS_TRAIT_WORKER_QUEUE);
    FILE *to = open_memstream(&text, &size);
    struct ps_plain *plain = ps_plain_new(to, "demo", experiment);
    s->phase = PS_PHASE_RUNNING;
    s->stealing = false;
    for (unsigned i = 0; i < 100; i++) {
        bool stuck = i < 40;
        s->seq = i + 1;
        s->at_ns = SECOND + i * SECOND / 10;
        s->worker[0].state = stuck ? PS_STATE_RUN : PS_STATE_IDLE;
        s->worker[0].time_ns[s->worker[0].state] += SECOND / 10;
        s->worker[0].queue_depth = stuck ? 20 : 0;
        s->queued = s->in_flight = stuck ? 20 : 0;
        s->worker[1].state = PS_STATE_IDLE;
        s->worker[1].time_ns[PS_STATE_IDLE] += SECOND / 10;
        assert_true(ps_plain_tick(plain, s));
    }
    ps_plain_free(plain);
    fclose(to);
    free(experiment);
    const char *said = strstr(text, "* diagnosis: 1 idle worker beside waiting work: W0 has 20 "
                                    "queued. Stealing is off.\n");
    if (!said)
        fail_msg("%s", text);
    assert_null(strstr(said + 40, "* diagnosis: 1 idle"));
    assert_non_null(strstr(said, "* no longer: idle beside backlog\n"));
    free(text);
}

static int make_snapshot(void **state)
{
    *state = calloc(1, sizeof(struct ps_snapshot));
    return *state ? 0 : -1;
}

static int free_snapshot(void **state)
{
    free(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_has_the_promised_keys), cmocka_unit_test(json_has_the_figures),
        cmocka_unit_test(what_cannot_be_is_null),     cmocka_unit_test(a_lost_task_shows),
        cmocka_unit_test(metrics_are_described_once), cmocka_unit_test(plain_has_a_line_a_second),
        cmocka_unit_test(plain_says_what_was_lost),   cmocka_unit_test(plain_tells_the_diagnosis),
    };
    return cmocka_run_group_tests(tests, make_snapshot, free_snapshot);
}
