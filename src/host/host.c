/* The host's main thread: takes the experiment, builds the run, answers control lines, watches,
 * ends.
 *
 * Threads of the process: this one (the engine's owner), the feeder, the services, the engine's
 * workers and helpers. This thread never waits for a task: ending is done in slices between looks
 * at the control socket, so a stuck pool can still be told to discard, or killed by its parent. */
#include "host/host.h"

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
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/machine.h"
#include "engines/hogs.h"
#include "host/autotune.h"
#include "host/control.h"
#include "host/crash.h"
#include "host/engine_config.h"
#include "host/feeder.h"
#include "host/http.h"
#include "host/job.h"
#include "host/limits.h"
#include "host/machine_account.h"
#include "host/net_service.h"
#include "host/probe_cost.h"
#include "host/process_account.h"
#include "host/realtime.h"
#include "host/services.h"
#include "host/watchdog.h"
#include "host/worker_process.h"

#define TICK_NS    (100 * (uint64_t)PS_NS_PER_MS)
#define LATE_NS    (100 * (uint64_t)PS_NS_PER_MS)
#define EYE_NS     (100 * (uint64_t)PS_NS_PER_US) /* shortest look at a run that is about to be done */
#define DRAIN_NS   (3 * (uint64_t)PS_NS_PER_S)    /* then what is left is discarded */
#define DISCARD_NS (3 * (uint64_t)PS_NS_PER_S)    /* then what is stuck is named and left */

struct host {
    struct ps_run run;
    struct ps_control control;
    struct ps_watchdog watchdog;
    struct ps_hogs hogs;
    struct ps_autotune tuner;
    enum ps_end end;
    bool deadlocked;
    uint64_t close_ns; /* when closing began; 0: running */
    uint64_t discard_ns;
    uint64_t done_ns; /* when everything was seen to be done; 0: the end is when the engine stops */
    bool engine_stopped;
    uint64_t tick_ns, hogs_ns, fault_ns; /* when to look next */
    uint64_t phase_ns;                   /* run time of the next phase; PS_NEVER: there is none */
    char input[8192];
    size_t have;
};

static void put32(_Atomic uint32_t *word, uint32_t value)
{
    atomic_store_explicit(word, value, memory_order_release);
}

static void put64(_Atomic uint64_t *word, uint64_t value)
{
    atomic_store_explicit(word, value, memory_order_release);
}

/* ---- talking to the front end ---- */

static bool send_all(const char *text)
{
    size_t length = strlen(text);
    while (length > 0) {
        ssize_t n = send(PS_HOST_CONTROL_FD, text, length, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        text += n;
        length -= (size_t)n;
    }
    return true;
}

static bool receive_exactly(char *into, size_t size)
{
    while (size > 0) {
        ssize_t n = read(PS_HOST_CONTROL_FD, into, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        into += n;
        size -= (size_t)n;
    }
    return true;
}

/* "experiment BYTES\n" and the text. */
static enum ps_err receive_experiment(struct ps_experiment *experiment, char *why, size_t size)
{
    char head[64];
    size_t length = 0;
    while (length < sizeof head - 1 && receive_exactly(head + length, 1) && head[length] != '\n')
        length++;
    head[length] = '\0';
    unsigned bytes;
    if (sscanf(head, "experiment %u", &bytes) != 1 || bytes > PS_PRESET_MAX_BYTES) {
        snprintf(why, size, "expected an experiment");
        return PS_EPROTO;
    }
    char *text = malloc(bytes + 1);
    if (!text || !receive_exactly(text, bytes)) {
        free(text);
        snprintf(why, size, "the experiment was cut short");
        return PS_EPROTO;
    }
    text[bytes] = '\0';
    struct ps_complaints complaints = {.count = 0};
    enum ps_err err = ps_experiment_parse(experiment, ps_host_vocabulary(), "experiment", text,
                                          bytes, &complaints);
    free(text);
    if (err != PS_OK)
        ps_complaint_text(why, size, &complaints.list[0]);
    else
        ps_experiment_stretch(experiment);
    return err;
}

/* ---- building and unbuilding ---- */

/* A compartment takes its workers from the others, who need at least one. */
static bool reserves_fit(const struct ps_experiment *e, const struct ps_policy *policy,
                         unsigned workers, char *why, size_t size)
{
    unsigned sum = 0;
    for (unsigned t = 0; t < e->type_count; t++)
        sum += e->types[t].reserve;
    if (!(policy->traits & PS_TRAIT_RESERVES) || sum < workers)
        return true;
    snprintf(why, size,
             "engine.workers = %u: the task types reserve %u of them (task NAME.reserve), which "
             "leaves none for the others",
             workers, sum);
    return false;
}

static void describe(struct ps_run *run, const struct ps_policy *policy, unsigned workers,
                     const struct ps_machine *machine)
{
    struct ps_segment *s = run->segment;
    const struct ps_experiment *e = &run->experiment;
    snprintf(s->engine, sizeof s->engine, "%.31s", e->engine);
    snprintf(s->policy, sizeof s->policy, "%.31s", policy->name);
    put32(&s->host_pid, (uint32_t)getpid());
    put32(&s->workers, workers);
    put32(&s->traits, policy->traits);
    put32(&s->usable_cpus, machine->usable);
    put32(&s->clock_factor, ps_clock_factor(e->clock));
    put32(&s->stealing, e->stealing && (policy->traits & PS_TRAIT_STEALS));
    static const enum ps_probes probes[] = {
        [PS_PROBING_COUNTERS] = PS_PROBES_COUNTERS,
        [PS_PROBING_OFF] = PS_PROBES_OFF,
        [PS_PROBING_FULL] = PS_PROBES_FULL,
    };
    put32(&s->probes, probes[e->probing]);
    put64(&s->queue_bound, e->queue);
    put64(&s->rate_milli, e->model == PS_ARRIVAL_OPEN ? (uint64_t)(e->rate * 1000) : 0);
    put64(&s->in_flight_target, e->model == PS_ARRIVAL_CLOSED ? e->in_flight : 0);
}

static void name_locks(struct ps_run *run)
{
    const struct ps_experiment *experiment = &run->experiment;
    struct ps_segment *segment = run->segment;
    _Static_assert(PS_LOCKS_MAX == PS_MAX_LOCKS, "a mark for every lock");
    _Static_assert(PS_STEPS_MAX == PS_MAX_STEPS, "a place for every step");
    for (unsigned i = 0; i < experiment->lock_count; i++)
        snprintf(segment->lock[i].name, sizeof segment->lock[i].name, "%s", experiment->locks[i]);
    /* release, partner take_locks in metrics/snapshot.c: the names stand. */
    atomic_store_explicit(&segment->locks, experiment->lock_count, memory_order_release);
}

/* What the experiment asks for, if this machine and the engine can give it. */
static enum ps_err choose(struct ps_run *run, const struct ps_machine *machine, char *why,
                          size_t size)
{
    const struct ps_experiment *experiment = &run->experiment;
    const struct ps_engine_ops *ops = ps_engine_find(experiment->engine);
    const struct ps_policy *policy = ops ? ps_policy_find(ops, experiment->policy) : NULL;
    if (!policy) {
        snprintf(why, size, "there is no engine %s:%s", experiment->engine, experiment->policy);
        return PS_ENOENT;
    }
    unsigned workers = ps_workers_count(&experiment->workers, machine->usable);
    if (workers > policy->max_workers) {
        snprintf(why, size, "engine.workers = %u: %s:%s runs at most %u", workers, ops->name,
                 policy->name, policy->max_workers);
        return PS_EINVAL;
    }
    enum ps_err err = ps_limits_check(experiment, machine, workers,
                                      policy->threads ? policy->threads : workers, why, size);
    if (err != PS_OK)
        return err;
    if (!reserves_fit(experiment, policy, workers, why, size))
        return PS_EINVAL;
    run->policy = policy;
    run->workers = workers;
    run->usable_cpus = machine->usable;
    return ps_phases_possible(run, why, size) ? PS_OK : PS_EINVAL;
}

static enum ps_err start_engine(struct ps_run *run)
{
    struct ps_engine_config config = ps_engine_config_of(run, run->policy, run->workers);
    struct ps_worker_setup setup = {0};
    enum ps_err err = PS_OK;
    if (run->policy->traits & PS_TRAIT_PROCESSES)
        err = ps_worker_setup(run, &setup);
    config.process = &setup.config;
    if (err == PS_OK)
        err = ps_engine_create(ps_engine_find(run->experiment.engine), &config, &run->engine);
    ps_worker_setup_free(&setup);
    if (err != PS_OK)
        return err;
    ps_worker_tell_faults(run);
    err = ps_engine_start(run->engine);
    if (err == PS_OK)
        put64(&run->segment->started_ns, ps_now_ns() - run->segment->epoch_ns);
    return err;
}

static void say_why_not(const struct ps_run *run, enum ps_err err, char *why, size_t size)
{
    const char *engine = run->experiment.engine, *policy = run->policy->name;
    if (err == PS_EAGAIN || err == PS_ENOMEM)
        snprintf(
            why, size,
            "engine.workers = %u: %s:%s cannot start: the system has no more threads or memory "
            "for this process (ulimit -u, ulimit -v)",
            run->workers, engine, policy);
    else
        snprintf(why, size, "%s:%s cannot start: %s", engine, policy, ps_err_text(err));
}

static enum ps_err build(struct host *host, char *why, size_t size)
{
    struct ps_run *run = &host->run;
    struct ps_machine machine;
    ps_machine_read(&machine);
    enum ps_err err = choose(run, &machine, why, size);
    if (err != PS_OK)
        return err;
    ps_phases_init(&host->control.phases, run);
    describe(run, run->policy, run->workers, &machine);
    ps_burner_calibrate(&run->burner);
    put64(&run->segment->probe_ns, ps_probe_cost_ns());
    ps_arrivals_init(&run->arrivals, &run->experiment);
    ps_run_locks_init(run->locks, &run->experiment);
    name_locks(run);
    if (run->experiment.gil)
        ps_gil_init(&run->gil, run->experiment.gil_interval_ns, run->segment);
    run->faults_seen = &run->faults;
    if (!(run->jobs = ps_job_pool_new())) {
        snprintf(why, size, "out of memory");
        return PS_ENOMEM;
    }
    err = ps_services_start(run, why, size);
    if (err != PS_OK)
        return err;
    err = start_engine(run);
    if (err == PS_OK)
        err = ps_feeder_start(run, &run->feeder, why, size);
    if (err != PS_OK && err != PS_EPARSE) /* the feeder has said where its file is wrong */
        say_why_not(run, err, why, size);
    return err;
}

/* Everything has ended: free it. After a stop that left stuck tasks nothing is freed: the process
 * ends. */
static void unbuild(struct ps_run *run)
{
    ps_engine_destroy(run->engine);
    ps_services_stop(run);
    ps_feeder_free(run->feeder);
    ps_job_pool_free(run->jobs);
}

/* ---- the loop ---- */

static uint64_t ran_ns(const struct host *host, uint64_t now_ns)
{
    return ps_control_ran_ns(&host->control, now_ns);
}

static void begin_to_close(struct host *host, enum ps_end end, enum ps_close how)
{
    uint64_t now_ns = ps_now_ns();
    struct ps_run *run = &host->run;
    bool first = host->close_ns == 0;
    if (first) {
        if (host->control.paused)
            ps_control_line(&host->control, "resume", (char[64]){0}, 64);
        host->end = host->deadlocked ? PS_END_DEADLOCK : end;
        host->close_ns = now_ns;
        host->control.closing = true;
        put32(&run->segment->phase, PS_PHASE_DRAINING);
    }
    if (how == PS_CLOSE_DISCARD && host->discard_ns == 0)
        host->discard_ns = now_ns;
    ps_engine_close(run->engine, how);
    if (first)
        ps_feeder_stop(run->feeder);
}

static void watch(struct host *host, uint64_t now_ns)
{
    struct ps_segment *segment = host->run.segment;
    char why[PS_MESSAGE_BYTES] = "", said[PS_MESSAGE_BYTES];
    bool dead = !host->control.paused &&
                ps_watchdog_look(&host->watchdog, segment, now_ns, why, sizeof why);
    if (dead != host->deadlocked) {
        host->deadlocked = dead;
        ps_segment_say(segment, why);
        put32(&segment->end, dead ? PS_END_DEADLOCK : PS_END_NOT);
    } else if (dead && why[0]) { /* it may have grown by a worker and by what is queued */
        ps_segment_message(segment, said);
        if (strcmp(said, why) != 0)
            ps_segment_say(segment, why);
    }
}

/* A feeder that is only just late gets a moment more, so that every engine gets the same arrivals.
 */
static bool time_is_up(const struct host *host, uint64_t now_ns)
{
    uint64_t duration_ns = host->run.experiment.duration_ns, ran = ran_ns(host, now_ns);
    return duration_ns && ran >= duration_ns &&
           (!ps_feeder_behind(host->run.feeder) || ran - duration_ns >= LATE_NS);
}

static void follow_phases(struct host *host, uint64_t now_ns, bool due)
{
    uint64_t run_ns = ran_ns(host, now_ns), before = host->control.phases.next;
    host->phase_ns = ps_phases_run(&host->control, run_ns);
    if (due || host->control.phases.next != before)
        ps_phases_publish_rate(&host->control.phases, &host->run, run_ns);
}

static void tick(struct host *host)
{
    uint64_t now_ns = ps_now_ns();
    bool due = now_ns >= host->tick_ns;
    ps_worker_tell_faults(&host->run);
    if (due) {
        host->tick_ns = now_ns + TICK_NS;
        ps_process_account(host->run.segment);
        ps_machine_account(host->run.segment, now_ns);
        put64(&host->run.segment->heartbeat, host->run.segment->heartbeat + 1);
    }
    host->fault_ns = ps_faults_tick(&host->run, now_ns);
    if (now_ns >= host->hogs_ns) {
        host->hogs_ns = host->hogs.limit_ns ? now_ns + host->hogs.limit_ns / 2 : PS_NEVER;
        if (host->hogs.limit_ns)
            ps_hogs_look(&host->hogs, now_ns);
    }
    if (host->close_ns)
        return;
    if (due)
        watch(host, now_ns);
    if (!host->control.paused)
        follow_phases(host, now_ns, due);
    if (!host->control.paused)
        ps_autotune_tick(&host->tuner, &host->control, now_ns);
    if (host->run.http && ps_http_exhausted(host->run.http))
        ps_http_stop(host->run.http);
    if (time_is_up(host, now_ns))
        begin_to_close(host, PS_END_DURATION,
                       host->deadlocked || !host->run.experiment.drain ? PS_CLOSE_DISCARD
                                                                       : PS_CLOSE_DRAIN);
    else if (ps_feeder_exhausted(host->run.feeder) && ps_engine_idle(host->run.engine)) {
        host->done_ns = ps_now_ns();
        begin_to_close(host, PS_END_COMPLETED, PS_CLOSE_DRAIN);
    }
}

static void take_orders(struct host *host)
{
    char *line = host->input, *end;
    host->input[host->have] = '\0';
    while ((end = strchr(line, '\n'))) {
        *end = '\0';
        char answer[256];
        ps_control_line(&host->control, line, answer, sizeof answer - 1);
        strcat(answer, "\n");
        send_all(answer);
        line = end + 1;
    }
    host->have -= (size_t)(line - host->input);
    memmove(host->input, line, host->have);
    if (host->have == sizeof host->input - 1)
        host->have = 0; /* no line is that long: drop it, the sender gets no answer */
    if (host->control.stop == PS_STOP_DRAIN && host->close_ns == 0)
        begin_to_close(host, PS_END_CANCELLED, PS_CLOSE_DRAIN);
    if (host->control.stop == PS_STOP_DISCARD && host->discard_ns == 0)
        begin_to_close(host, PS_END_CANCELLED, PS_CLOSE_DISCARD);
}

/* Wait for orders up to patience_ns. false: the front end is gone. */
static bool listen_to_orders(struct host *host, uint64_t patience_ns)
{
    struct pollfd control = {.fd = PS_HOST_CONTROL_FD, .events = POLLIN};
    struct timespec patience = ps_timespec(patience_ns);
    if (ppoll(&control, 1, &patience, NULL) <= 0)
        return true;
    ssize_t n =
        read(PS_HOST_CONTROL_FD, host->input + host->have, sizeof host->input - 1 - host->have);
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return true;
    if (n <= 0)
        return false;
    host->have += (size_t)n;
    take_orders(host);
    return true;
}

/* One slice of ending. true: over: the engine has stopped and no thread uses it, or it is stuck. */
static bool end_slice(struct host *host)
{
    struct ps_run *run = &host->run;
    uint64_t until_ns = ps_now_ns() + 20 * (uint64_t)PS_NS_PER_MS;
    bool fed = ps_feeder_ended(run->feeder, until_ns);
    if (fed && ps_engine_stop(run->engine, until_ns) == PS_OK) {
        host->engine_stopped = true;
        return true;
    }
    uint64_t now_ns = ps_now_ns();
    if (host->discard_ns == 0 && now_ns - host->close_ns > DRAIN_NS) {
        ps_segment_say(run->segment, "the drain took over 3 s: what was left has been cancelled");
        begin_to_close(host, host->end, PS_CLOSE_DISCARD);
    } else if (host->discard_ns && now_ns - host->discard_ns > DISCARD_NS) {
        return true;
    }
    return false;
}

static void finish(struct host *host)
{
    struct ps_run *run = &host->run;
    uint64_t end_ns = host->done_ns ? host->done_ns : ps_now_ns();
    if (!host->engine_stopped)
        ps_segment_say(run->segment,
                       "some tasks did not stop within 3 s of being cancelled; the host was ended");
    ps_faults_end(run); /* the CPUs that the run had are those it began with */
    ps_process_account(run->segment);
    put64(&run->segment->ended_ns, end_ns - run->segment->epoch_ns);
    put32(&run->segment->end, host->end);
    put32(&run->segment->phase, PS_PHASE_ENDED);
}

/* Until the next tick, or the end of the run if that is nearer. A run with so many tasks ends with
 * the last of them: that is seen late by at most 1 % of the run. */
static uint64_t patience_ns(const struct host *host)
{
    uint64_t now_ns = ps_now_ns(), ran = ran_ns(host, now_ns);
    uint64_t duration_ns = host->run.experiment.duration_ns;
    uint64_t next_ns = host->hogs_ns < host->tick_ns ? host->hogs_ns : host->tick_ns;
    if (host->fault_ns < next_ns)
        next_ns = host->fault_ns;
    if (host->tuner.due_ns < next_ns && !host->control.paused)
        next_ns = host->tuner.due_ns;
    uint64_t left_ns = next_ns > now_ns ? next_ns - now_ns : 0;
    if (!host->control.paused && host->phase_ns != PS_NEVER && host->phase_ns < ran + left_ns)
        left_ns = host->phase_ns > ran ? host->phase_ns - ran : 0;
    if (duration_ns && !host->control.paused) {
        uint64_t end_ns = duration_ns > ran ? duration_ns - ran : PS_NS_PER_MS;
        if (end_ns < left_ns)
            left_ns = end_ns;
    }
    bool may_be_done =
        host->run.experiment.tasks > 0 || host->run.experiment.model == PS_ARRIVAL_TRACE;
    if (may_be_done && !host->control.paused) {
        uint64_t percent_ns = ran / 100 > EYE_NS ? ran / 100 : EYE_NS;
        if (percent_ns < left_ns)
            left_ns = percent_ns;
    }
    return left_ns;
}

static int serve(struct host *host)
{
    while (host->close_ns == 0) {
        if (!listen_to_orders(host, patience_ns(host)))
            _exit(0); /* the front end is gone: nobody is left to report to */
        tick(host);
    }
    bool over = false;
    while (!over) {
        if (!listen_to_orders(host, 0))
            _exit(0);
        tick(host);
        over = end_slice(host);
    }
    finish(host);
    if (!host->engine_stopped)
        _exit(1); /* threads are still inside tasks: nothing can be freed under them */
    unbuild(&host->run);
    return 0;
}

static void be_a_good_child(void)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGPIPE, SIG_IGN);
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (fd >= 0) { /* if memory runs out, the host goes first, not the user's shell */
        if (write(fd, "1000", 4) < 0)
            errno = 0;
        close(fd);
    }
    ps_net_raise_nofile();
}

/* The first so many of those that may be used; 0: all. Threads that are started later have the same. */
static void use_cpus(unsigned count)
{
    cpu_set_t all, some;
    CPU_ZERO(&some);
    if (count == 0 || sched_getaffinity(0, sizeof all, &all) != 0)
        return;
    for (int cpu = 0; cpu < CPU_SETSIZE && (unsigned)CPU_COUNT(&some) < count; cpu++)
        if (CPU_ISSET(cpu, &all))
            CPU_SET(cpu, &some);
    sched_setaffinity(0, sizeof some, &some);
}

int ps_host_main(void)
{
    static struct host host; /* too large for a stack; one a process */
    char why[512];
    host.control.run = &host.run;
    be_a_good_child();
    enum ps_err err = ps_segment_open(PS_HOST_SEGMENT_FD, &host.run.segment);
    if (err != PS_OK) {
        snprintf(why, sizeof why, "error metrics segment: %s\n", ps_err_text(err));
        send_all(why);
        return 1;
    }
    fcntl(PS_HOST_SEGMENT_FD, F_SETFD, FD_CLOEXEC); /* worker processes get it from the engine */
    put32(&host.run.segment->phase, PS_PHASE_STARTING);
    ps_crash_install(host.run.segment);
    err = receive_experiment(&host.run.experiment, why, sizeof why);
    if (err == PS_OK) {
        use_cpus(host.run.experiment.cpus);
        ps_realtime_begin(&host.run);
        err = build(&host, why, sizeof why);
    }
    if (err != PS_OK) {
        char line[600];
        snprintf(line, sizeof line, "error %s\n", why);
        send_all(line);
        _exit(1);
    }
    ps_hogs_init(&host.hogs, host.run.engine, host.run.experiment.hog_ns);
    if (!ps_hogs_possible(&host.hogs))
        host.hogs.limit_ns = 0; /* nothing to look at */
    host.watchdog.patience_ns = PS_DEADLOCK_NS;
    for (unsigned t = 0; t < host.run.experiment.type_count; t++)
        if (host.run.experiment.types[t].timeout_ns + PS_DEADLOCK_NS > host.watchdog.patience_ns)
            host.watchdog.patience_ns = host.run.experiment.types[t].timeout_ns + PS_DEADLOCK_NS;
    ps_autotune_init(&host.tuner, &host.control, ps_now_ns());
    put32(&host.run.segment->phase, PS_PHASE_RUNNING);
    send_all("ok\n");
    return serve(&host);
}
