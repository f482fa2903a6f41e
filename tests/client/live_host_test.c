/* Real hosts, started as the front end starts them: this program re-executes itself as the host. */
#include "support.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "client/live.h"
#include "engines/engine.h"
#include "host/host.h"

#define PATIENCE_NS (30 * (uint64_t)PS_NS_PER_S)

static struct ps_snapshot snapshot;

/* Keys are set over a small open load. Pairs of key and value, ends with NULL. */
static struct ps_experiment experiment_with(const char *const *pairs)
{
    static const char text[] = "[preset]\ntitle = test\n[engine]\nname = threadpool\nworkers = 4\n"
                               "[arrivals]\nrate = 500/s\n[task work]\n"
                               "steps = cpu 200us, sleep 1ms\n[run]\nduration = 0\n";
    struct ps_experiment e;
    struct ps_complaints complaints = {.count = 0};
    assert_int_equal(
        ps_experiment_parse(&e, ps_host_vocabulary(), "test", text, sizeof text - 1, &complaints),
        PS_OK);
    for (; *pairs; pairs += 2)
        assert_int_equal(
            ps_experiment_set(&e, ps_host_vocabulary(), pairs[0], pairs[1], "test", &complaints),
            PS_OK);
    return e;
}

#define WITH(...) experiment_with((const char *const[]){__VA_ARGS__, NULL})
#define PLAIN     experiment_with((const char *const[]){NULL})

static struct ps_live *start(struct ps_experiment experiment)
{
    struct ps_live *live;
    char why[512] = "";
    if (ps_live_start(&experiment, &live, why, sizeof why) != PS_OK)
        fail_msg("%s", why);
    return live;
}

static void look(struct ps_live *live)
{
    struct ps_source *source = ps_live_source(live);
    assert_int_equal(source->ops->snapshot(source, &snapshot), PS_OK);
}

static bool ended(void)
{
    return snapshot.phase == PS_PHASE_ENDED;
}
static bool deadlocked(void)
{
    return snapshot.end == PS_END_DEADLOCK;
}
static bool not_deadlocked(void)
{
    return snapshot.end != PS_END_DEADLOCK;
}
static bool some_completed(void)
{
    return snapshot.totals.ended[PS_COMPLETED] > 20;
}
static bool some_cancelled(void)
{
    return snapshot.totals.ended[PS_CANCELLED] > 0;
}
static bool hundred_in_flight(void)
{
    return snapshot.in_flight == 100;
}

static bool others_arrive(void)
{
    return snapshot.type[1].totals.submitted > 20;
}
static bool feeder_runs_a_task(void)
{
    return snapshot.outside_started > 0;
}
static bool said_to_stand_still(void)
{
    return strstr(snapshot.message, "has not moved") != NULL;
}
static bool nothing_said(void)
{
    return snapshot.message[0] == '\0';
}
static bool first_worker_used_cpu(void)
{
    return snapshot.worker[0].os_valid && snapshot.worker[0].cpu_ns > 20 * (uint64_t)PS_NS_PER_MS;
}

/* Look again and again until the predicate holds; the pause only spares the CPU. */
static void until(struct ps_live *live, bool (*predicate)(void), const char *what)
{
    uint64_t give_up = ps_now_ns() + PATIENCE_NS;
    for (;;) {
        look(live);
        if (predicate())
            return;
        if (ps_now_ns() > give_up)
            fail_msg("never came: %s (message: %s)", what, snapshot.message);
        poll(NULL, 0, 2);
    }
}

static void tell(struct ps_live *live, const char *line, enum ps_err expected, const char *part)
{
    struct ps_source *source = ps_live_source(live);
    char answer[256];
    enum ps_err err;
    /* A line that is refused, or asks, may be sent again. */
    bool again = (expected != PS_OK && expected != PS_ETIMEDOUT) || strcmp(line, "ping") == 0;
    do
        err = source->ops->control(source, line, answer, sizeof answer);
    while (err == PS_ETIMEDOUT && again);
    if (err == PS_ETIMEDOUT && expected == PS_OK)
        return; /* the host has the line; what it does is awaited */
    if (err != expected || !strstr(answer, part))
        fail_msg("'%s' was answered %d '%s', expected %d '%s'", line, err, answer, expected, part);
}

static void a_run_ends_at_its_duration_and_is_conserved(void **state)
{
    (void)state;
    struct ps_live *live = start(WITH("run.duration", "300ms"));
    until(live, ended, "the end");
    assert_int_equal(snapshot.end, PS_END_DURATION);
    assert_true(snapshot.totals.submitted > 50);
    assert_true(ps_totals_conserved(&snapshot.totals));
    assert_true(snapshot.process.valid);
    assert_true(snapshot.process.cpu_ns > 0);
    ps_live_free(live);
}

static void every_engine_and_policy_gets_the_same_arrivals(void **state)
{
    (void)state;
    uint64_t submitted = 0;
    for (const struct ps_engine_ops *const *e = ps_engines; *e; e++)
        for (const struct ps_policy *p = (*e)->policies; p->name; p++) {
            struct ps_live *live = start(
                WITH("engine.name", (*e)->name, "engine.policy", p->name, "run.duration", "200ms"));
            until(live, ended, p->name);
            assert_true(ps_totals_conserved(&snapshot.totals));
            assert_int_equal(snapshot.totals.ended[PS_COMPLETED], snapshot.totals.submitted);
            if (submitted)
                assert_int_equal(snapshot.totals.submitted, submitted);
            submitted = snapshot.totals.submitted;
            ps_live_free(live);
        }
}

static void a_batch_ends_when_it_is_done(void **state)
{
    (void)state;
    struct ps_live *live = start(
        WITH("arrivals.model", "batch", "arrivals.tasks", "1000", "task work.steps", "cpu 5us"));
    until(live, ended, "the end");
    assert_int_equal(snapshot.end, PS_END_COMPLETED);
    assert_int_equal(snapshot.totals.ended[PS_COMPLETED], 1000);
    ps_live_free(live);
}

static void a_killed_host_is_reported(void **state)
{
    (void)state;
    struct ps_live *live = start(PLAIN);
    until(live, some_completed, "work");
    kill(ps_live_pid(live), SIGKILL);
    until(live, ended, "the end");
    assert_int_equal(snapshot.end, PS_END_CRASH);
    assert_non_null(strstr(snapshot.message, "SIGKILL"));
    assert_false(ps_live_running(live));
    tell(live, "ping", PS_EGONE, "ended");
    ps_live_free(live);
}

static void a_crash_names_signal_worker_and_task(void **state)
{
    (void)state;
    for (const struct ps_engine_ops *const *e = ps_engines; *e; e++) {
        if ((*e)->policies[0].traits & PS_TRAIT_PROCESSES)
            continue; /* only a worker dies: see the next test */
        struct ps_live *live = start(WITH("engine.name", (*e)->name, "engine.workers", "1"));
        until(live, some_completed, "work");
        tell(live, "fault crash 0", PS_OK, "ok");
        until(live, ended, "the crash");
        assert_int_equal(snapshot.end, PS_END_CRASH);
        if (!strstr(snapshot.message, "SIGSEGV in worker 0, task 'work'"))
            fail_msg("%s: %s", (*e)->name, snapshot.message);
        ps_live_free(live);
    }
}

static uint64_t completed_before;

static bool task_of_worker_failed(void)
{
    return strstr(snapshot.message, "; its task of type 'work' has failed") != NULL;
}
static bool went_on(void)
{
    return snapshot.totals.ended[PS_COMPLETED] > completed_before + 50 &&
           snapshot.worker[0].tid != 0 && snapshot.worker[1].tid != 0;
}
static bool two_deaths(void)
{
    return snapshot.totals.ended[PS_FAILED] >= 2;
}

/* By a fault of its own, and by kill: exactly the task that ran is lost, and the pool goes on. */
static void a_worker_process_that_dies_is_replaced(void **state)
{
    (void)state;
    struct ps_live *live =
        start(WITH("engine.name", "process", "engine.workers", "2", "arrivals.model", "closed",
                   "arrivals.in_flight", "8", "task work.steps", "cpu 200us, sleep 200us"));
    until(live, some_completed, "work");
    tell(live, "fault crash 0", PS_OK, "ok");
    until(live, task_of_worker_failed, "the first death");
    assert_non_null(strstr(snapshot.message, "worker 0 (process "));
    look(live);
    assert_int_equal(snapshot.totals.ended[PS_FAILED], 1);
    completed_before = snapshot.totals.ended[PS_COMPLETED];
    until(live, went_on, "more work");
    pid_t pid = (pid_t)snapshot.worker[1].tid;
    /* Stopped in the middle of whatever it does; busy workers have a task. */
    kill(pid, SIGSTOP);
    look(live);
    bool has_task = snapshot.worker[1].type >= 0;
    kill(pid, SIGKILL);
    if (has_task)
        until(live, two_deaths, "the second death");
    completed_before = snapshot.totals.ended[PS_COMPLETED];
    until(live, went_on, "more work");
    tell(live, "workers 1", PS_OK, "ok");
    tell(live, "stop drain", PS_OK, "ok");
    until(live, ended, "the end");
    assert_true(ps_totals_conserved(&snapshot.totals));
    assert_in_range(snapshot.totals.ended[PS_FAILED], 1 + has_task, 2);
    assert_int_equal(snapshot.end, PS_END_CANCELLED);
    ps_live_free(live);
}

static bool no_such_process(pid_t pid)
{
    return kill(pid, 0) != 0;
}

static void a_killed_host_takes_its_worker_processes_along(void **state)
{
    (void)state;
    struct ps_live *live = start(WITH("engine.name", "process", "engine.workers", "2"));
    until(live, some_completed, "work");
    pid_t pid[2] = {(pid_t)snapshot.worker[0].tid, (pid_t)snapshot.worker[1].tid};
    assert_true(pid[0] > 0 && pid[1] > 0 && !no_such_process(pid[0]));
    kill(ps_live_pid(live), SIGKILL);
    until(live, ended, "the end");
    for (uint64_t until_ns = ps_now_ns() + PATIENCE_NS;
         !no_such_process(pid[0]) || !no_such_process(pid[1]);)
        assert_true(ps_now_ns() < until_ns);
    ps_live_free(live);
}

static void another_mix_arrives(void **state)
{
    (void)state;
    static const char text[] =
        "[preset]\ntitle = mix\n[engine]\nname = threadpool\n[arrivals]\nrate = 500/s\n"
        "[task one]\nsteps = cpu 1us\n[task other]\nweight = 0\nsteps = cpu 1us\n"
        "[run]\nduration = 0\n";
    struct ps_experiment e;
    struct ps_complaints complaints = {.count = 0};
    assert_int_equal(
        ps_experiment_parse(&e, ps_host_vocabulary(), "test", text, sizeof text - 1, &complaints),
        PS_OK);
    struct ps_live *live = start(e);
    until(live, some_completed, "work");
    assert_int_equal(snapshot.type[1].totals.submitted, 0);
    tell(live, "mix one 0", PS_EINVAL, "one type must have a weight");
    tell(live, "mix one 0, other 1", PS_OK, "ok");
    until(live, others_arrive, "tasks of the other type");
    tell(live, "stop discard", PS_OK, "ok");
    until(live, ended, "the end");
    assert_true(ps_totals_conserved(&snapshot.totals));
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
    struct ps_experiment e;
    struct ps_complaints complaints = {.count = 0};
    assert_int_equal(
        ps_experiment_parse(&e, ps_host_vocabulary(), "test", text, sizeof text - 1, &complaints),
        PS_OK);
    struct ps_live *live = start(e);
    until(live, deadlocked, "the deadlock");
    assert_non_null(strstr(snapshot.message, "4 of 4 workers wait for children in task 'parent'"));
    assert_int_equal(snapshot.phase, PS_PHASE_RUNNING);
    tell(live, "workers 16", PS_OK, "ok");
    until(live, not_deadlocked, "life");
    tell(live, "workers 4", PS_OK, "ok");
    until(live, deadlocked, "the second deadlock");
    tell(live, "stop discard", PS_OK, "ok");
    until(live, ended, "the end");
    assert_int_equal(snapshot.end, PS_END_DEADLOCK);
    assert_true(ps_totals_conserved(&snapshot.totals));
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
    struct ps_live *live = start(WITH("engine.policy", "steal", "engine.workers", "2"));
    unsigned before = cpus_of(ps_live_pid(live));
    if (before < 2) {
        ps_live_free(live);
        skip();
    }
    tell(live, "fault lose cpu 0", PS_OK, "ok");
    tell(live, "workers 4", PS_OK, "ok");
    assert_int_equal(cpus_of(ps_live_pid(live)), before - 1);
    look(live);
    assert_true(snapshot.usable_cpus <= before - 1);
    for (unsigned cpu = 1; cpu + 1 < before; cpu++) {
        char line[64];
        snprintf(line, sizeof line, "fault lose cpu %u", cpu);
        tell(live, line, PS_OK, "ok");
    }
    char last[64];
    snprintf(last, sizeof last, "fault lose cpu %u", before - 1);
    tell(live, last, PS_EINVAL, "the last");
    tell(live, "fault off", PS_OK, "ok");
    assert_int_equal(cpus_of(ps_live_pid(live)), before);
    ps_live_free(live);
}

/* So that a screen can say why a worker does not get on. */
static void faults_that_hold_are_in_the_snapshot(void **state)
{
    (void)state;
    struct ps_live *live = start(WITH("engine.policy", "steal"));
    tell(live, "fault stuck 1 10min", PS_OK, "ok");
    tell(live, "fault slow 0 x10", PS_OK, "ok");
    look(live);
    assert_in_range(snapshot.worker[1].stuck_until_ns, snapshot.at_ns, UINT64_MAX - 1);
    assert_int_equal(snapshot.worker[1].slow_factor, 0);
    assert_int_equal(snapshot.worker[0].stuck_until_ns, 0);
    assert_int_equal(snapshot.worker[0].slow_factor, 10);
    assert_true(snapshot.worker[0].slow_until_ns == UINT64_MAX);
    assert_int_equal(snapshot.cpus_lost, 0);
    unsigned cpus = snapshot.usable_cpus;
    if (cpus > 1) { /* the last is not taken away */
        tell(live, "fault lose cpu 0", PS_OK, "ok");
        look(live);
        assert_int_equal(snapshot.cpus_lost, cpus - snapshot.usable_cpus);
    }
    tell(live, "fault off", PS_OK, "ok");
    look(live);
    assert_int_equal(snapshot.worker[1].stuck_until_ns, 0);
    assert_int_equal(snapshot.worker[0].slow_factor, 0);
    assert_int_equal(snapshot.cpus_lost, 0);
    ps_live_free(live);
}

static void control_lines_are_answered(void **state)
{
    (void)state;
    struct ps_live *live = start(WITH("engine.policy", "steal", "engine.offload", "off"));
    tell(live, "ping", PS_OK, "ok");
    tell(live, "workers 8", PS_OK, "ok");
    tell(live, "workers -3", PS_OK, "ok");
    tell(live, "workers 0", PS_EINVAL, "1 to 256");
    tell(live, "workers 257", PS_EINVAL, "1 to 256");
    tell(live, "workers", PS_EINVAL, "a number of workers");
    tell(live, "workers many", PS_EINVAL, "'many'");
    tell(live, "worker 3", PS_EINVAL, "did you mean 'workers'?");
    tell(live, "rate 100", PS_OK, "ok");
    tell(live, "rate x2", PS_OK, "ok");
    tell(live, "rate -1", PS_EINVAL, "rate");
    tell(live, "in_flight 10", PS_EINVAL, "closed model");
    tell(live, "mix", PS_EINVAL, "weights");
    tell(live, "mix nobody 3", PS_EINVAL, "nobody");
    tell(live, "stealing off", PS_OK, "ok");
    tell(live, "stealing perhaps", PS_EINVAL, "on or off");
    tell(live, "offload on", PS_EINVAL, "no helper threads");
    tell(live, "fault stuck 1 100ms", PS_OK, "ok");
    tell(live, "fault slow 1 10", PS_OK, "ok");
    tell(live, "fault slow 1 x10 5s", PS_OK, "ok");
    tell(live, "fault slow 256 x10", PS_EINVAL, "a worker's number");
    tell(live, "fault fail nobody 5%", PS_EINVAL, "a task type");
    tell(live, "fault lose cpu 1023 5s", PS_EINVAL, "there is no cpu 1023");
    tell(live, "fault off", PS_OK, "ok");
    tell(live, "fault earthquake", PS_EINVAL, "stuck W T");
    tell(live, "stop later", PS_EINVAL, "drain or discard");
    tell(live, "", PS_EINVAL, "not a command");
    look(live);
    assert_int_equal(snapshot.workers, 5);
    assert_false(snapshot.stealing);
    assert_int_equal((int)snapshot.rate, 200);
    ps_live_stop(live, true, PATIENCE_NS);
    look(live);
    assert_int_equal(snapshot.end, PS_END_CANCELLED);
    assert_true(ps_totals_conserved(&snapshot.totals));
    ps_live_free(live);
}

static void cancel_ends_what_waits(void **state)
{
    (void)state;
    static const char *const engines[] = {"green", "async", "threadpool", "pthread"};
    for (size_t i = 0; i < sizeof engines / sizeof *engines; i++) {
        struct ps_live *live =
            start(WITH("engine.name", engines[i], "arrivals.model", "closed", "arrivals.in_flight",
                       "100", "task work.steps", "sleep 100s", "arrivals.think", "1s"));
        until(live, hundred_in_flight, "a hundred tasks");
        tell(live, "cancel", PS_OK, "ok");
        until(live, some_cancelled, "cancelled tasks");
        ps_live_free(live);
    }
}

static void paused_work_stands_still(void **state)
{
    (void)state;
    for (const struct ps_engine_ops *const *e = ps_engines; *e; e++)
        for (const struct ps_policy *p = (*e)->policies; p->name; p++) {
            struct ps_live *live = start(WITH("engine.name", (*e)->name, "engine.policy", p->name));
            until(live, some_completed, "work");
            tell(live, "pause", PS_OK, "ok");
            /* What runs may end; then nothing starts any more. */
            look(live);
            uint64_t first = snapshot.totals.started, last = first, quiet_since = ps_now_ns();
            while (ps_now_ns() - quiet_since < 100 * (uint64_t)PS_NS_PER_MS) {
                look(live);
                if (snapshot.totals.started != last)
                    quiet_since = ps_now_ns();
                last = snapshot.totals.started;
                assert_true(last - first < 100);
                poll(NULL, 0, 2);
            }
            assert_int_equal(snapshot.phase, PS_PHASE_PAUSED);
            uint64_t completed = snapshot.totals.ended[PS_COMPLETED];
            tell(live, "resume", PS_OK, "ok");
            do
                look(live);
            while (snapshot.totals.ended[PS_COMPLETED] < completed + 20);
            ps_live_free(live);
        }
}

static void the_end_does_not_wait_for_tasks_of_the_feeder(void **state)
{
    (void)state;
    for (const struct ps_engine_ops *const *e = ps_engines; *e; e++) {
        struct ps_live *live = start(WITH("engine.name", (*e)->name, "engine.workers", "1",
                                          "engine.queue", "1", "engine.on_full", "caller_runs",
                                          "engine.limit", "1", "task work.steps", "sleep 1000s"));
        until(live, feeder_runs_a_task, "a task that its submitter runs");
        tell(live, "stop drain", PS_OK, "ok");
        tell(live, "ping", PS_OK, "ok");
        tell(live, "pause", PS_EINVAL, "ending");
        tell(live, "stop discard", PS_OK, "ok");
        until(live, ended, "the end");
        assert_int_equal(snapshot.end, PS_END_CANCELLED);
        assert_true(ps_totals_conserved(&snapshot.totals));
        assert_string_equal(snapshot.message, "");
        ps_live_free(live);
    }
}

static void a_stopped_host_is_said_to_stand_still_and_can_be_ended(void **state)
{
    (void)state;
    struct ps_live *live = start(PLAIN);
    until(live, some_completed, "work");
    kill(ps_live_pid(live), SIGSTOP);
    until(live, said_to_stand_still, "the message");
    tell(live, "workers 2", PS_ETIMEDOUT, "busy");
    kill(ps_live_pid(live), SIGCONT);
    until(live, nothing_said, "life");
    tell(live, "workers 3", PS_OK, "ok"); /* and not the late answer to the line before */
    look(live);
    assert_int_equal(snapshot.workers, 3);
    kill(ps_live_pid(live), SIGSTOP);
    ps_live_stop(live, false, PS_NS_PER_MS);
    look(live);
    assert_true(ended());
    assert_non_null(strstr(snapshot.message, "SIGKILL"));
    ps_live_free(live);
}

static void a_killed_host_keeps_its_workers_cpu_time(void **state)
{
    (void)state;
    struct ps_live *live = start(WITH("engine.workers", "1", "task work.steps", "cpu 2ms"));
    until(live, first_worker_used_cpu, "CPU time of worker 0");
    uint64_t cpu_ns = snapshot.worker[0].cpu_ns;
    kill(ps_live_pid(live), SIGKILL);
    until(live, ended, "the end");
    assert_true(snapshot.worker[0].os_valid);
    assert_true(snapshot.worker[0].cpu_ns >= cpu_ns);
    ps_live_free(live);
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
            struct ps_live *live = start(e);
            struct ps_source *source = ps_live_source(live);
            for (int i = 0; i < 100; i++) {
                char answer[256];
                const char *order = orders[ps_rng_below(&rng, sizeof orders / sizeof *orders)];
                assert_int_not_equal(source->ops->control(source, order, answer, sizeof answer),
                                     PS_EGONE);
                look(live);
                assert_true(ps_totals_ended(&snapshot.totals) <= snapshot.totals.submitted);
            }
            tell(live, "resume", PS_OK, "ok");
            ps_live_stop(live, true, PATIENCE_NS);
            look(live);
            if (snapshot.end != PS_END_CANCELLED || !ps_totals_conserved(&snapshot.totals))
                fail_msg("%s:%s end %d: %s", (*engine)->name, p->name, snapshot.end,
                         snapshot.message);
            ps_live_free(live);
        }
}

static unsigned open_descriptors(void)
{
    unsigned n = 0;
    for (int fd = 0; fd < 1024; fd++)
        n += fcntl(fd, F_GETFD) >= 0;
    return n;
}

static void nothing_is_left_of_hosts_that_have_gone(void **state)
{
    (void)state;
    unsigned before = open_descriptors();
    for (int i = 0; i < 12; i++) {
        struct ps_live *live = start(PLAIN);
        until(live, some_completed, "work");
        if (i % 3 == 0)
            kill(ps_live_pid(live), SIGKILL);
        if (i % 3 == 1)
            ps_live_stop(live, true, PATIENCE_NS);
        ps_live_free(live);
    }
    assert_int_equal(open_descriptors(), before);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
}

static void a_host_that_cannot_be_executed_says_so(void **state)
{
    (void)state;
    struct rlimit all, few;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &all), 0);
    struct ps_experiment e = PLAIN;
    bool told = false;
    unsigned before = open_descriptors();
    /* From too few for the front end on to just too few for the host. */
    for (few = all, few.rlim_cur = 3; few.rlim_cur < 64; few.rlim_cur++) {
        struct ps_live *live = NULL;
        char why[512] = "";
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
        enum ps_err err = ps_live_start(&e, &live, why, sizeof why);
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &all), 0);
        if (err == PS_OK) {
            ps_live_free(live);
            break;
        }
        told = told || strstr(why, "could not be executed");
        assert_int_not_equal(strlen(why), 0);
        assert_int_equal(open_descriptors(), before);
    }
    assert_true(few.rlim_cur < 64);
    assert_true(told);
}

static void too_much_is_refused_before_anything_starts(void **state)
{
    (void)state;
    struct ps_experiment e = WITH("engine.name", "green", "engine.queue", "1");
    e.queue = UINT64_C(1) << 40;
    struct ps_live *live;
    char why[512] = "";
    assert_int_not_equal(ps_live_start(&e, &live, why, sizeof why), PS_OK);
    assert_non_null(strstr(why, "engine.queue"));
}

static void no_host_outlives_its_front_end(void **state)
{
    (void)state;
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    int pipe_fds[2];
    assert_int_equal(pipe(pipe_fds), 0);
    pid_t front = fork();
    if (front == 0) {
        struct ps_live *live = start(PLAIN);
        int pid = ps_live_pid(live);
        _exit(write(pipe_fds[1], &pid, sizeof pid) == sizeof pid && pause());
    }
    int host = 0;
    assert_int_equal(read(pipe_fds[0], &host, sizeof host), sizeof host);
    kill(front, SIGKILL);
    assert_int_equal(waitpid(front, NULL, 0), front);
    /* The host has become our child: its end can be waited for. */
    assert_int_equal(waitpid(host, NULL, 0), host);
    errno = 0;
    assert_int_equal(kill(host, 0), -1);
    assert_int_equal(errno, ESRCH);
    close(pipe_fds[0]);
    close(pipe_fds[1]);
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "host") == 0)
        return ps_host_main();
    if (argc > 1 && strcmp(argv[1], "worker") == 0)
        return ps_host_worker_main();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_ends_at_its_duration_and_is_conserved),
        cmocka_unit_test(every_engine_and_policy_gets_the_same_arrivals),
        cmocka_unit_test(a_batch_ends_when_it_is_done),
        cmocka_unit_test(a_killed_host_is_reported),
        cmocka_unit_test(a_crash_names_signal_worker_and_task),
        cmocka_unit_test(a_worker_process_that_dies_is_replaced),
        cmocka_unit_test(a_killed_host_takes_its_worker_processes_along),
        cmocka_unit_test(another_mix_arrives),
        cmocka_unit_test(a_deadlock_is_named_and_more_workers_end_it),
        cmocka_unit_test(control_lines_are_answered),
        cmocka_unit_test(faults_that_hold_are_in_the_snapshot),
        cmocka_unit_test(a_cpu_is_lost_and_comes_back),
        cmocka_unit_test(cancel_ends_what_waits),
        cmocka_unit_test(paused_work_stands_still),
        cmocka_unit_test(the_end_does_not_wait_for_tasks_of_the_feeder),
        cmocka_unit_test(a_stopped_host_is_said_to_stand_still_and_can_be_ended),
        cmocka_unit_test(a_killed_host_keeps_its_workers_cpu_time),
        cmocka_unit_test(orders_at_random_lose_no_task),
        cmocka_unit_test(nothing_is_left_of_hosts_that_have_gone),
        cmocka_unit_test(a_host_that_cannot_be_executed_says_so),
        cmocka_unit_test(too_much_is_refused_before_anything_starts),
        cmocka_unit_test(no_host_outlives_its_front_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
