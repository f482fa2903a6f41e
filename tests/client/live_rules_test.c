/* What a preset may ask of the world around the tasks, in real hosts: this program re-executes itself
 * as the host. */
#include "support.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "client/live.h"
#include "engines/engine.h"
#include "host/host.h"
#include "obeyed.h"

#define PATIENCE_NS (30 * (uint64_t)PS_NS_PER_S)

static struct ps_snapshot snapshot;

/* Start a batch of `tasks` on an engine; `text` has the sections but [preset] and [arrivals]. */
static struct ps_live *begin(const char *engine, const char *policy, const char *text,
                             unsigned tasks)
{
    struct ps_experiment e;
    struct ps_complaints complaints = {.count = 0};
    char preset[1024], why[512] = "";
    int size =
        snprintf(preset, sizeof preset,
                 "[preset]\ntitle = test\n[arrivals]\nmodel = batch\ntasks = %u\n%s", tasks, text);
    if (ps_experiment_parse(&e, ps_host_vocabulary(), "test", preset, (size_t)size, &complaints) !=
        PS_OK)
        fail_msg("%s", ps_complaint_text(why, sizeof why, &complaints.list[0]));
    snprintf(e.engine, sizeof e.engine, "%s", engine);
    snprintf(e.policy, sizeof e.policy, "%s", policy);
    struct ps_live *live;
    if (ps_live_start(&e, &live, why, sizeof why) != PS_OK)
        fail_msg("%s", why);
    return live;
}

static void until(struct ps_live *live, bool (*predicate)(void), const char *what)
{
    struct ps_source *source = ps_live_source(live);
    uint64_t give_up = ps_now_ns() + PATIENCE_NS;
    for (;;) {
        assert_int_equal(source->ops->snapshot(source, &snapshot), PS_OK);
        if (predicate())
            return;
        if (ps_now_ns() > give_up)
            fail_msg("%s:%s: never came: %s (message: %s)", snapshot.engine, snapshot.policy, what,
                     snapshot.message);
        poll(NULL, 0, 2); /* only spares the CPU */
    }
}

static bool ended(void)
{
    return snapshot.phase == PS_PHASE_ENDED;
}

static void end(struct ps_live *live)
{
    until(live, ended, "the end");
    ps_live_free(live);
    assert_true(ps_totals_conserved(&snapshot.totals));
}

static void run_to_the_end(const char *engine, const char *policy, const char *text, unsigned tasks)
{
    end(begin(engine, policy, text, tasks));
}

/* What screens say of programs adds up when all has ended. */
static void nobody_waits_or_holds(uint64_t taken)
{
    assert_int_equal(snapshot.locks, 1);
    assert_string_equal(snapshot.lock[0].name, "a");
    assert_int_equal(snapshot.lock[0].taken, taken);
    assert_int_equal(snapshot.lock[0].waiting, 0);
    assert_false(snapshot.lock[0].holder.held);
    assert_false(snapshot.gil_holder.held);
    for (unsigned step = 0; step < PS_MAX_STEPS; step++)
        assert_int_equal(snapshot.type[0].waiting_at[step], 0);
}

static void with_a_gil_every_engine_takes_turns(void **state)
{
    (void)state;
    for (const struct ps_engine_ops *const *e = ps_engines; *e; e++)
        for (const struct ps_policy *p = (*e)->policies; p->name; p++) {
            if (p->traits & PS_TRAIT_PROCESSES)
                continue; /* no lock reaches from one to the other */
            run_to_the_end((*e)->name, p->name,
                           "[engine]\nworkers = 3\ngil = on\ngil_interval = 50us\n[task work]\n"
                           "steps = cpu 150us, sleep 50us, lock a 60us, yield, cpu 20us\n",
                           200);
            assert_int_equal(snapshot.totals.ended[PS_COMPLETED], 200);
            assert_int_equal(snapshot.gil_interval_ns, 50000);
            assert_int_equal(snapshot.waiting[PS_STATE_GIL], 0);
            nobody_waits_or_holds(200);
            assert_true(snapshot.gil_switches > 0);
        }
}

static void without_a_gil_nothing_is_said_of_it(void **state)
{
    (void)state;
    run_to_the_end("pthread", "", "[engine]\nworkers = 2\n[task work]\nsteps = cpu 20us\n", 50);
    assert_int_equal(snapshot.gil_interval_ns, 0);
    for (unsigned w = 0; w < snapshot.slots; w++)
        assert_int_equal(snapshot.worker[w].time_ns[PS_STATE_GIL], 0);
}

/* Children that would sleep for an hour, some of them queued behind others, some of them run by the
 * parent that waits for them. */
static void who_is_timed_out_ends_its_children(void **state)
{
    (void)state;
    uint64_t spawned = 0;
    for (const struct ps_engine_ops *const *e = ps_engines; *e; e++)
        for (const struct ps_policy *p = (*e)->policies; p->name; p++) {
            run_to_the_end((*e)->name, p->name,
                           "[engine]\nworkers = 3\n"
                           "[task parent]\ntimeout = 60ms\nsteps = spawn child x3, join\n"
                           "[task child]\nweight = 0\nsteps = spawn leaf x2, sleep 60min\n"
                           "[task leaf]\nweight = 0\ntimeout = 1min\nsteps = sleep 60min\n",
                           3);
            spawned += snapshot.type[1].totals.submitted;
            for (unsigned t = 0; t < 3; t++)
                assert_int_equal(snapshot.type[t].totals.ended[PS_TIMED_OUT],
                                 snapshot.type[t].totals.submitted);
        }
    assert_true(spawned > 0);
}

static bool some_wait(void)
{
    return snapshot.type[0].totals.submitted == 3 &&
           (snapshot.waiting[PS_STATE_SLEEP] > 0 || snapshot.waiting[PS_STATE_JOIN] == 3);
}

/* The same for a cancel, which may come while some are still being spawned. */
static void who_is_cancelled_ends_its_children(void **state)
{
    (void)state;
    for (const struct ps_engine_ops *const *e = ps_engines; *e; e++)
        for (const struct ps_policy *p = (*e)->policies; p->name; p++) {
            struct ps_live *live = begin((*e)->name, p->name,
                                         "[engine]\nworkers = 3\n"
                                         "[task parent]\nsteps = spawn child x3, join\n"
                                         "[task child]\nweight = 0\n"
                                         "steps = spawn leaf x2, sleep 60min\n"
                                         "[task leaf]\nweight = 0\nsteps = sleep 60min\n",
                                         3);
            until(live, some_wait, "tasks that wait");
            order(live, "cancel");
            end(live);
            for (unsigned t = 0; t < 3; t++)
                assert_int_equal(snapshot.type[t].totals.ended[PS_CANCELLED],
                                 snapshot.type[t].totals.submitted);
        }
}

/* So many times 30 ms of sleep, written as 3 ms, cannot be over before. */
static void a_slow_clock_is_slow_and_says_so(void **state)
{
    (void)state;
    run_to_the_end("pthread", "",
                   "[engine]\nworkers = 1\n[task work]\nsteps = sleep 3ms\n"
                   "[run]\nclock = slow x10\n",
                   3);
    assert_int_equal(snapshot.clock_factor, 10);
    assert_true(snapshot.ended_ns - snapshot.started_ns >= 90 * (uint64_t)PS_NS_PER_MS);
    run_to_the_end("pthread", "", "[engine]\nworkers = 1\n[task work]\nsteps = yield\n", 1);
    assert_int_equal(snapshot.clock_factor, 1);
}

/* One worker, one place in the queue, and arrivals all at once. */
static void a_type_is_refused_when_it_says_so(void **state)
{
    (void)state;
    static const char text[] = "[engine]\nworkers = 1\nqueue = 1\non_full = %s\n"
                               "[task a]\nsteps = sleep 1ms\non_full = %s\n"
                               "[task b]\nsteps = sleep 1ms\non_full = %s\n";
    char full[512];
    snprintf(full, sizeof full, text, "block", "default", "refuse");
    run_to_the_end("threadpool", "fifo", full, 60);
    assert_int_equal(snapshot.type[0].totals.ended[PS_REFUSED], 0);
    assert_true(snapshot.type[1].totals.ended[PS_REFUSED] > 0);
    snprintf(full, sizeof full, text, "refuse", "block", "caller_runs");
    run_to_the_end("threadpool", "fifo", full, 60);
    assert_int_equal(snapshot.totals.ended[PS_COMPLETED], 60);
    assert_true(snapshot.outside_started > 0);
    assert_true(snapshot.outside_started <= snapshot.type[1].totals.submitted);
}

static bool a_hog(void)
{
    return snapshot.worker[0].hogs > 0;
}

static void hogs_are_what_the_preset_calls_so(void **state)
{
    (void)state;
    static const char text[] = "[engine]\nworkers = 1\nhogs = %s\n[task a]\nsteps = cpu %s\n";
    char full[256];
    snprintf(full, sizeof full, text, "1ms", "60s");
    struct ps_live *live = begin("green", "", full, 1);
    until(live, a_hog, "a hog");
    order(live, "cancel");
    end(live);
    assert_int_equal(snapshot.worker[0].hogs, 1);
    snprintf(full, sizeof full, text, "60s", "40ms");
    run_to_the_end("green", "", full, 1);
    assert_int_equal(snapshot.worker[0].hogs, 0);
    snprintf(full, sizeof full, text, "0", "40ms");
    run_to_the_end("green", "", full, 1);
    assert_int_equal(snapshot.worker[0].hogs, 0);
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "host") == 0)
        return ps_host_main();
    if (argc > 1 && strcmp(argv[1], "worker") == 0)
        return ps_host_worker_main();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(with_a_gil_every_engine_takes_turns),
        cmocka_unit_test(without_a_gil_nothing_is_said_of_it),
        cmocka_unit_test(a_slow_clock_is_slow_and_says_so),
        cmocka_unit_test(a_type_is_refused_when_it_says_so),
        cmocka_unit_test(hogs_are_what_the_preset_calls_so),
        cmocka_unit_test(who_is_timed_out_ends_its_children),
        cmocka_unit_test(who_is_cancelled_ends_its_children),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
