/* What runs do and what orders change: real hosts, see hosts.h. */
#include "hosts.h"

#include <dirent.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "engines/engine.h"
#include "host/host.h"

static bool deadlocked(void)
{
    return host_seen.end == PS_END_DEADLOCK;
}
static bool not_deadlocked(void)
{
    return host_seen.end != PS_END_DEADLOCK;
}
static bool some_cancelled(void)
{
    return host_seen.totals.ended[PS_CANCELLED] > 0;
}
static bool hundred_in_flight(void)
{
    return host_seen.in_flight == 100;
}
static bool others_arrive(void)
{
    return host_seen.type[1].totals.submitted > 20;
}
static bool feeder_runs_a_task(void)
{
    return host_seen.outside_started > 0;
}

static void a_run_ends_at_its_duration_and_is_conserved(void **state)
{
    (void)state;
    struct ps_live *live = host_start(WITH("run.duration", "300ms"));
    host_until(live, host_ended, "the end");
    assert_int_equal(host_seen.end, PS_END_DURATION);
    assert_true(host_seen.totals.submitted > 50);
    assert_true(ps_totals_conserved(&host_seen.totals));
    assert_true(host_seen.process.valid);
    assert_true(host_seen.process.cpu_ns > 0);
    ps_live_free(live);
}

static void every_engine_and_policy_gets_the_same_arrivals(void **state)
{
    (void)state;
    uint64_t submitted = 0;
    for (const struct ps_engine_ops *const *e = ps_engines; *e; e++)
        for (const struct ps_policy *p = (*e)->policies; p->name; p++) {
            struct ps_live *live = host_start(
                WITH("engine.name", (*e)->name, "engine.policy", p->name, "run.duration", "200ms"));
            host_until(live, host_ended, p->name);
            assert_true(ps_totals_conserved(&host_seen.totals));
            assert_int_equal(host_seen.totals.ended[PS_COMPLETED], host_seen.totals.submitted);
            if (submitted)
                assert_int_equal(host_seen.totals.submitted, submitted);
            submitted = host_seen.totals.submitted;
            ps_live_free(live);
        }
}

static void a_batch_ends_when_it_is_done(void **state)
{
    (void)state;
    struct ps_live *live = host_start(
        WITH("arrivals.model", "batch", "arrivals.tasks", "1000", "task work.steps", "cpu 5us"));
    host_until(live, host_ended, "the end");
    assert_int_equal(host_seen.end, PS_END_COMPLETED);
    assert_int_equal(host_seen.totals.ended[PS_COMPLETED], 1000);
    ps_live_free(live);
}

static void another_mix_arrives(void **state)
{
    (void)state;
    static const char text[] =
        "[preset]\ntitle = mix\n[engine]\nname = threadpool\n[arrivals]\nrate = 500/s\n"
        "[task one]\nsteps = cpu 1us\n[task other]\nweight = 0\nsteps = cpu 1us\n"
        "[run]\nduration = 0\n";
    struct ps_live *live = host_start(host_experiment_of(text, NULL));
    host_until(live, host_has_completed_some, "work");
    assert_int_equal(host_seen.type[1].totals.submitted, 0);
    host_tell(live, "mix one 0", PS_EINVAL, "one type must have a weight");
    host_tell(live, "mix one 0, other 1", PS_OK, "ok");
    host_until(live, others_arrive, "tasks of the other type");
    host_tell(live, "stop discard", PS_OK, "ok");
    host_until(live, host_ended, "the end");
    assert_true(ps_totals_conserved(&host_seen.totals));
    ps_live_free(live);
}

static void a_deadlock_is_named_and_more_workers_end_it(void **state)
{
    (void)state;
    static const char text[] =
        "[preset]\ntitle = deadlock\n[engine]\nname = threadpool\npolicy = fifo\nworkers = 4\n"
        "wait = block\n[arrivals]\nmodel = closed\nin_flight = 8\n[task parent]\n"
        "steps = cpu 1ms, spawn child x2, join\n[task child]\nweight = 0\nsteps = cpu 1ms\n"
        "[run]\nduration = 0\n";
    struct ps_live *live = host_start(host_experiment_of(text, NULL));
    host_until(live, deadlocked, "the deadlock");
    assert_non_null(strstr(host_seen.message, "4 of 4 workers wait for children in task 'parent'"));
    assert_int_equal(host_seen.phase, PS_PHASE_RUNNING);
    host_tell(live, "workers 16", PS_OK, "ok");
    host_until(live, not_deadlocked, "life");
    host_tell(live, "workers 4", PS_OK, "ok");
    host_until(live, deadlocked, "the second deadlock");
    host_tell(live, "stop discard", PS_OK, "ok");
    host_until(live, host_ended, "the end");
    assert_int_equal(host_seen.end, PS_END_DEADLOCK);
    assert_true(ps_totals_conserved(&host_seen.totals));
    ps_live_free(live);
}

/* How many CPUs the threads of a process may use: all of them the same. */
static unsigned cpus_of(int pid)
{
    char path[64];
    unsigned cpus = 0;
    snprintf(path, sizeof path, "/proc/%d/task", pid);
    DIR *tasks = opendir(path);
    assert_non_null(tasks);
    for (struct dirent *entry; (entry = readdir(tasks));) {
        cpu_set_t set;
        if (entry->d_name[0] == '.' ||
            sched_getaffinity(atoi(entry->d_name), sizeof set, &set) != 0)
            continue;
        if (cpus)
            assert_int_equal(CPU_COUNT(&set), cpus);
        cpus = (unsigned)CPU_COUNT(&set);
    }
    closedir(tasks);
    return cpus;
}

/* Every thread loses it, also one that is started meanwhile; off gives it back; one stays. */
static void a_cpu_is_lost_and_comes_back(void **state)
{
    (void)state;
    struct ps_live *live = host_start(WITH("engine.policy", "steal", "engine.workers", "2"));
    unsigned before = cpus_of(ps_live_pid(live));
    if (before < 2) {
        ps_live_free(live);
        skip();
    }
    host_tell(live, "fault lose cpu 0", PS_OK, "ok");
    host_tell(live, "workers 4", PS_OK, "ok");
    assert_int_equal(cpus_of(ps_live_pid(live)), before - 1);
    host_look(live);
    assert_true(host_seen.usable_cpus <= before - 1);
    for (unsigned cpu = 1; cpu + 1 < before; cpu++) {
        char line[64];
        snprintf(line, sizeof line, "fault lose cpu %u", cpu);
        host_tell(live, line, PS_OK, "ok");
    }
    char last[64];
    snprintf(last, sizeof last, "fault lose cpu %u", before - 1);
    host_tell(live, last, PS_EINVAL, "the last");
    host_tell(live, "fault off", PS_OK, "ok");
    assert_int_equal(cpus_of(ps_live_pid(live)), before);
    ps_live_free(live);
}

/* So that a screen can say why a worker does not get on. */
static void faults_that_hold_are_in_the_snapshot(void **state)
{
    (void)state;
    struct ps_live *live = host_start(WITH("engine.policy", "steal"));
    host_tell(live, "fault stuck 1 10min", PS_OK, "ok");
    host_tell(live, "fault slow 0 x10", PS_OK, "ok");
    host_look(live);
    assert_in_range(host_seen.worker[1].stuck_until_ns, host_seen.at_ns, UINT64_MAX - 1);
    assert_int_equal(host_seen.worker[1].slow_factor, 0);
    assert_int_equal(host_seen.worker[0].stuck_until_ns, 0);
    assert_int_equal(host_seen.worker[0].slow_factor, 10);
    assert_true(host_seen.worker[0].slow_until_ns == UINT64_MAX);
    assert_int_equal(host_seen.cpus_lost, 0);
    unsigned cpus = host_seen.usable_cpus;
    if (cpus > 1) { /* the last is not taken away */
        host_tell(live, "fault lose cpu 0", PS_OK, "ok");
        host_look(live);
        assert_int_equal(host_seen.cpus_lost, cpus - host_seen.usable_cpus);
    }
    host_tell(live, "fault off", PS_OK, "ok");
    host_look(live);
    assert_int_equal(host_seen.worker[1].stuck_until_ns, 0);
    assert_int_equal(host_seen.worker[0].slow_factor, 0);
    assert_int_equal(host_seen.cpus_lost, 0);
    ps_live_free(live);
}

static void control_lines_are_answered(void **state)
{
    (void)state;
    struct ps_live *live = host_start(WITH("engine.policy", "steal", "engine.offload", "off"));
    host_tell(live, "ping", PS_OK, "ok");
    host_tell(live, "workers 8", PS_OK, "ok");
    host_tell(live, "workers -3", PS_OK, "ok");
    host_tell(live, "workers 0", PS_EINVAL, "1 to 256");
    host_tell(live, "workers 257", PS_EINVAL, "1 to 256");
    host_tell(live, "workers", PS_EINVAL, "a number of workers");
    host_tell(live, "workers many", PS_EINVAL, "'many'");
    host_tell(live, "worker 3", PS_EINVAL, "did you mean 'workers'?");
    host_tell(live, "rate 100", PS_OK, "ok");
    host_tell(live, "rate x2", PS_OK, "ok");
    host_tell(live, "rate -1", PS_EINVAL, "rate");
    host_tell(live, "in_flight 10", PS_EINVAL, "closed model");
    host_tell(live, "mix", PS_EINVAL, "weights");
    host_tell(live, "mix nobody 3", PS_EINVAL, "nobody");
    host_tell(live, "stealing off", PS_OK, "ok");
    host_tell(live, "stealing perhaps", PS_EINVAL, "on or off");
    host_tell(live, "offload on", PS_EINVAL, "no helper threads");
    host_tell(live, "fault stuck 1 100ms", PS_OK, "ok");
    host_tell(live, "fault slow 1 10", PS_OK, "ok");
    host_tell(live, "fault slow 1 x10 5s", PS_OK, "ok");
    host_tell(live, "fault slow 256 x10", PS_EINVAL, "a worker's number");
    host_tell(live, "fault fail nobody 5%", PS_EINVAL, "a task type");
    host_tell(live, "fault lose cpu 1023 5s", PS_EINVAL, "there is no cpu 1023");
    host_tell(live, "fault off", PS_OK, "ok");
    host_tell(live, "fault earthquake", PS_EINVAL, "stuck W T");
    host_tell(live, "stop later", PS_EINVAL, "drain or discard");
    host_tell(live, "", PS_EINVAL, "not a command");
    host_look(live);
    assert_int_equal(host_seen.workers, 5);
    assert_false(host_seen.stealing);
    assert_int_equal((int)host_seen.rate, 200);
    ps_live_stop(live, true, PATIENCE_NS);
    host_look(live);
    assert_int_equal(host_seen.end, PS_END_CANCELLED);
    assert_true(ps_totals_conserved(&host_seen.totals));
    ps_live_free(live);
}

static void cancel_ends_what_waits(void **state)
{
    (void)state;
    static const char *const engines[] = {"green", "async", "threadpool", "pthread"};
    for (size_t i = 0; i < sizeof engines / sizeof *engines; i++) {
        struct ps_live *live = host_start(
            WITH("engine.name", engines[i], "arrivals.model", "closed", "arrivals.in_flight", "100",
                 "task work.steps", "sleep 100s", "arrivals.think", "1s"));
        host_until(live, hundred_in_flight, "a hundred tasks");
        host_tell(live, "cancel", PS_OK, "ok");
        host_until(live, some_cancelled, "cancelled tasks");
        ps_live_free(live);
    }
}

static void paused_work_stands_still(void **state)
{
    (void)state;
    for (const struct ps_engine_ops *const *e = ps_engines; *e; e++)
        for (const struct ps_policy *p = (*e)->policies; p->name; p++) {
            struct ps_live *live =
                host_start(WITH("engine.name", (*e)->name, "engine.policy", p->name));
            host_until(live, host_has_completed_some, "work");
            host_tell(live, "pause", PS_OK, "ok");
            /* What runs may end; then nothing starts any more. */
            host_look(live);
            uint64_t first = host_seen.totals.started, last = first, quiet_since = ps_now_ns();
            while (ps_now_ns() - quiet_since < 100 * (uint64_t)PS_NS_PER_MS) {
                host_look(live);
                if (host_seen.totals.started != last)
                    quiet_since = ps_now_ns();
                last = host_seen.totals.started;
                assert_true(last - first < 100);
                poll(NULL, 0, 2);
            }
            assert_int_equal(host_seen.phase, PS_PHASE_PAUSED);
            uint64_t completed = host_seen.totals.ended[PS_COMPLETED];
            host_tell(live, "resume", PS_OK, "ok");
            do
                host_look(live);
            while (host_seen.totals.ended[PS_COMPLETED] < completed + 20);
            ps_live_free(live);
        }
}

static void the_end_does_not_wait_for_tasks_of_the_feeder(void **state)
{
    (void)state;
    for (const struct ps_engine_ops *const *e = ps_engines; *e; e++) {
        struct ps_live *live = host_start(WITH(
            "engine.name", (*e)->name, "engine.workers", "1", "engine.queue", "1", "engine.on_full",
            "caller_runs", "engine.limit", "1", "task work.steps", "sleep 1000s"));
        host_until(live, feeder_runs_a_task, "a task that its submitter runs");
        host_tell(live, "stop drain", PS_OK, "ok");
        host_tell(live, "ping", PS_OK, "ok");
        host_tell(live, "pause", PS_EINVAL, "ending");
        host_tell(live, "stop discard", PS_OK, "ok");
        host_until(live, host_ended, "the end");
        assert_int_equal(host_seen.end, PS_END_CANCELLED);
        assert_true(ps_totals_conserved(&host_seen.totals));
        assert_string_equal(host_seen.message, "");
        ps_live_free(live);
    }
}

/* Every order there is, in a random but repeatable order, over tasks that spawn, join, lock and run
 * out of time. */
static void orders_at_random_lose_no_task(void **state)
{
    (void)state;
    static const char text[] =
        "[preset]\ntitle = orders\n[engine]\nname = threadpool\nworkers = 4\nqueue = 64\n"
        "[arrivals]\nmodel = closed\nin_flight = 50\n[task parent]\ntimeout = 5ms\n"
        "steps = spawn child x2, lock a 20us, sleep exp 1ms, join\n[task child]\nweight = 1\n"
        "steps = cpu 20us, yield, sleep exp 1ms\n[run]\nduration = 0\n";
    static const char *const orders[] = {
        "cancel",
        "workers +3",
        "workers -3",
        "workers 16",
        "workers 1",
        "in_flight 80",
        "in_flight 10",
        "pause",
        "resume",
        "fault burst 30",
        "fault off",
        "stealing off",
        "stealing on",
        "fault stuck 0 2ms",
        "fault slow 0 3",
        "fault fail child 50% 5ms",
        "fault lose cpu 0 3ms",
    };
    struct ps_experiment e;
    struct ps_complaints complaints = {.count = 0};
    assert_int_equal(
        ps_experiment_parse(&e, ps_host_vocabulary(), "test", text, sizeof text - 1, &complaints),
        PS_OK);
    struct ps_rng rng = ps_rng_make(7, 2);
    for (const struct ps_engine_ops *const *engine = ps_engines; *engine; engine++)
        for (const struct ps_policy *p = (*engine)->policies; p->name; p++) {
            ps_experiment_set(&e, ps_host_vocabulary(), "engine.name", (*engine)->name, "test",
                              &complaints);
            ps_experiment_set(&e, ps_host_vocabulary(), "engine.policy", p->name, "test",
                              &complaints);
            if (p->traits & PS_TRAIT_PROCESSES) /* no lock reaches from one to another */
                ps_experiment_set(&e, ps_host_vocabulary(), "task parent.steps",
                                  "spawn child x2, cpu 20us, sleep exp 1ms, join", "test",
                                  &complaints);
            struct ps_live *live = host_start(e);
            struct ps_source *source = ps_live_source(live);
            for (int i = 0; i < 100; i++) {
                char answer[256];
                const char *order = orders[ps_rng_below(&rng, sizeof orders / sizeof *orders)];
                assert_int_not_equal(source->ops->control(source, order, answer, sizeof answer),
                                     PS_EGONE);
                host_look(live);
                assert_true(ps_totals_ended(&host_seen.totals) <= host_seen.totals.submitted);
            }
            host_tell(live, "resume", PS_OK, "ok");
            ps_live_stop(live, true, PATIENCE_NS);
            host_look(live);
            if (host_seen.end != PS_END_CANCELLED || !ps_totals_conserved(&host_seen.totals))
                fail_msg("%s:%s end %d: %s", (*engine)->name, p->name, host_seen.end,
                         host_seen.message);
            ps_live_free(live);
        }
}

/* A host has the priority of who starts it, unless somebody watches. */
static void a_host_stands_back_where_somebody_watches(void **state)
{
    (void)state;
    enum { LOWEST = 19 };
    int own = getpriority(PRIO_PROCESS, 0);
    for (unsigned i = 0; i < 2; i++) {
        bool back = i == 0;
        if (!back)
            ps_live_stand_back(false);
        struct ps_live *live = host_start(PLAIN);
        int host = getpriority(PRIO_PROCESS, (id_t)ps_live_pid(live));
        ps_live_stand_back(true);
        assert_int_equal(host, !back ? own : own + 10 < LOWEST ? own + 10 : LOWEST);
        ps_live_free(live);
    }
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "host") == 0)
        return ps_host_main();
    if (argc > 1 && strcmp(argv[1], "worker") == 0)
        return ps_host_worker_main();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_host_stands_back_where_somebody_watches),
        cmocka_unit_test(a_run_ends_at_its_duration_and_is_conserved),
        cmocka_unit_test(every_engine_and_policy_gets_the_same_arrivals),
        cmocka_unit_test(a_batch_ends_when_it_is_done),
        cmocka_unit_test(another_mix_arrives),
        cmocka_unit_test(a_deadlock_is_named_and_more_workers_end_it),
        cmocka_unit_test(control_lines_are_answered),
        cmocka_unit_test(faults_that_hold_are_in_the_snapshot),
        cmocka_unit_test(a_cpu_is_lost_and_comes_back),
        cmocka_unit_test(cancel_ends_what_waits),
        cmocka_unit_test(paused_work_stands_still),
        cmocka_unit_test(the_end_does_not_wait_for_tasks_of_the_feeder),
        cmocka_unit_test(orders_at_random_lose_no_task),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
