/* Comparisons of real hosts: this program re-executes itself as the host. */
#include "lab/compare.h"

#include <math.h>
#include <poll.h>
#include <string.h>

#include "base/clock.h"
#include "host/host.h"
#include "lab/slot.h"
#include "support.h"

#define SLOT_NS (60 * (uint64_t)PS_NS_PER_MS)

static void order_turns_round(void **state)
{
    (void)state;
    unsigned order[8];
    for (unsigned i = 0; i < 8; i++)
        order[i] = ps_compare_turn(2, i / 2, i % 2);
    const unsigned expected[8] = {0, 1, 1, 0, 0, 1, 1, 0};
    assert_memory_equal(order, expected, sizeof order);
    assert_int_equal(ps_compare_turn(3, 0, 2), 2);
    assert_int_equal(ps_compare_turn(3, 1, 2), 0);
}

static void every_metric_is_in_the_table(void **state)
{
    (void)state;
    for (const struct ps_compare_metric *m = ps_compare_metrics; m->name; m++)
        assert_non_null(ps_metric_find(PS_METRIC_RUN, m->key));
}

static struct ps_experiment experiment(const char *engine, const char *steps)
{
    char text[512];
    int size = snprintf(text, sizeof text,
                        "[preset]\ntitle = test\n[engine]\nname = %s\nworkers = 2\n"
                        "wait = block\n[arrivals]\nmodel = closed\nin_flight = 4\n"
                        "[task work]\nsteps = %s\n[task child]\nweight = 0\nsteps = cpu 1us\n",
                        engine, steps);
    struct ps_experiment e;
    struct ps_complaints complaints = {.count = 0};
    assert_int_equal(
        ps_experiment_parse(&e, ps_host_vocabulary(), "test", text, (size_t)size, &complaints),
        PS_OK);
    return e;
}

static enum ps_compare_state finish(struct ps_compare *compare)
{
    enum ps_compare_state state;
    double progress = 0;
    while ((state = ps_compare_advance(compare)) == PS_COMPARE_RUNNING) {
        double now = ps_compare_progress(compare);
        assert_true(now >= progress && now <= 1);
        progress = now;
        uint64_t due_ns = ps_compare_due_ns(compare), now_ns = ps_now_ns();
        struct timespec left = ps_timespec(due_ns > now_ns ? due_ns - now_ns : 0);
        ppoll(NULL, 0, &left, NULL);
    }
    return state;
}

static void two_engines_are_compared(void **state)
{
    (void)state;
    static struct ps_compare_spec spec = {
        .sides = 2, .rounds = 3, .warmup_ns = SLOT_NS / 3, .length_ns = SLOT_NS};
    spec.side[0] = experiment("pthread", "sleep 1ms");
    spec.side[1] = experiment("green", "sleep 1ms");
    struct ps_compare *compare = ps_compare_new(&spec);
    assert_int_equal(finish(compare), PS_COMPARE_DONE);
    assert_true(ps_compare_progress(compare) == 1);
    struct ps_compare_row row;
    for (unsigned m = 0; m < PS_COMPARE_METRICS; m++) {
        ps_compare_row(compare, 0, 1, m, &row);
        bool steals = row.described->trait == PS_TRAIT_STEALS;
        assert_int_equal(row.a_never, steals);
        assert_false(row.b_never);
        if (steals) {
            assert_int_equal(row.verdict, PS_VERDICT_NONE);
        } else if (strcmp(row.metric->name, "refused_per_s") != 0) {
            assert_int_equal(row.rounds, 3);
            assert_true(row.pair.a > 0 && row.pair.b > 0);
        }
    }
    char engine[PS_NAME_BYTES], policy[PS_NAME_BYTES];
    unsigned workers;
    ps_compare_engine(compare, 1, engine, policy, &workers);
    assert_string_equal(engine, "green");
    assert_int_equal(workers, 2);
    ps_compare_free(compare);
}

/* The CPU time of a run is that of its worker processes as well. */
static void worker_processes_are_counted(void **state)
{
    (void)state;
    struct ps_experiment e = experiment("process", "cpu 1ms");
    struct ps_slot_spec spec = {.experiment = &e, .warmup_ns = SLOT_NS, .length_ns = 3 * SLOT_NS};
    struct ps_slot *slot;
    char why[200];
    assert_int_equal(ps_slot_start(&spec, &slot, why, sizeof why), PS_OK);
    while (ps_slot_advance(slot) < PS_SLOT_DONE) {
        uint64_t due_ns = ps_slot_due_ns(slot), now_ns = ps_now_ns();
        struct timespec left = ps_timespec(due_ns > now_ns ? due_ns - now_ns : 0);
        ppoll(NULL, 0, &left, NULL);
    }
    const struct ps_snapshot *window = ps_slot_window(slot);
    uint64_t workers_ns = 0;
    for (unsigned w = 0; w < window->slots; w++)
        workers_ns += window->worker[w].cpu_ns;
    /* The clocks of the two sides are read one after the other, and some to a tick. */
    const uint64_t grain_ns = 20 * (uint64_t)PS_NS_PER_MS;
    assert_int_equal(ps_slot_state(slot), PS_SLOT_DONE);
    assert_true(window->process.cpu_ns + grain_ns >= workers_ns / 2);
    ps_slot_free(slot);
}

static void the_side_that_deadlocks_is_named(void **state)
{
    (void)state;
    static struct ps_compare_spec spec = {
        .sides = 2, .rounds = 3, .length_ns = 60 * (uint64_t)PS_NS_PER_S};
    spec.side[0] = experiment("green", "spawn child, join");
    spec.side[1] = experiment("threadpool", "spawn child, join");
    spec.side[0].tasks = 10;
    struct ps_compare *compare = ps_compare_new(&spec);
    assert_int_equal(finish(compare), PS_COMPARE_FAILED);
    unsigned side;
    enum ps_err start;
    const char *why = ps_compare_why(compare, &side, &start);
    assert_int_equal(side, 1);
    assert_int_equal(start, PS_OK);
    assert_non_null(strstr(why, "deadlock"));
    ps_compare_free(compare);
}

/* A comparison that is given up in the middle of a slot leaves no host. */
static void giving_up_ends_the_host(void **state)
{
    (void)state;
    static struct ps_compare_spec spec = {
        .sides = 2, .rounds = 3, .length_ns = 60 * (uint64_t)PS_NS_PER_S};
    spec.side[0] = spec.side[1] = experiment("threadpool", "sleep 1ms");
    struct ps_compare *compare = ps_compare_new(&spec);
    ps_compare_advance(compare);
    unsigned side, round;
    struct ps_slot *slot = ps_compare_slot(compare, &side, &round);
    assert_non_null(slot);
    int pid = ps_live_pid(ps_slot_live(slot));
    char path[64];
    snprintf(path, sizeof path, "/proc/%d", pid);
    ps_compare_free(compare);
    assert_null(fopen(path, "r"));
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "host") == 0)
        return ps_host_main();
    if (argc > 1 && strcmp(argv[1], "worker") == 0)
        return ps_host_worker_main();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(order_turns_round),
        cmocka_unit_test(every_metric_is_in_the_table),
        cmocka_unit_test(two_engines_are_compared),
        cmocka_unit_test(worker_processes_are_counted),
        cmocka_unit_test(the_side_that_deadlocks_is_named),
        cmocka_unit_test(giving_up_ends_the_host),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
