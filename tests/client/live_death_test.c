/* How hosts end that do not end by themselves, what is told of it, and that nothing is left of them:
 * real hosts, see hosts.h. */
#include "hosts.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "engines/engine.h"
#include "host/host.h"

static bool said_to_stand_still(void)
{
    return strstr(host_seen.message, "has not moved") != NULL;
}
static bool nothing_said(void)
{
    return host_seen.message[0] == '\0';
}
static bool first_worker_used_cpu(void)
{
    return host_seen.worker[0].os_valid && host_seen.worker[0].cpu_ns > 20 * (uint64_t)PS_NS_PER_MS;
}

static void a_killed_host_is_reported(void **state)
{
    (void)state;
    struct ps_live *live = host_start(PLAIN);
    host_until(live, host_has_completed_some, "work");
    kill(ps_live_pid(live), SIGKILL);
    host_until(live, host_ended, "the end");
    assert_int_equal(host_seen.end, PS_END_CRASH);
    assert_non_null(strstr(host_seen.message, "SIGKILL"));
    assert_false(ps_live_running(live));
    host_tell(live, "ping", PS_EGONE, "ended");
    ps_live_free(live);
}

/* It may be gone before it has answered. */
static void crash(struct ps_live *live)
{
    struct ps_source *source = ps_live_source(live);
    char answer[256];
    enum ps_err err = source->ops->control(source, "fault crash 0", answer, sizeof answer);
    if (err != PS_OK && err != PS_EGONE && err != PS_ETIMEDOUT)
        fail_msg("%s", answer);
}

static void a_crash_names_signal_worker_and_task(void **state)
{
    (void)state;
    for (const struct ps_engine_ops *const *e = ps_engines; *e; e++) {
        if ((*e)->policies[0].traits & PS_TRAIT_PROCESSES)
            continue; /* only a worker dies: see the next test */
        struct ps_live *live = host_start(WITH("engine.name", (*e)->name, "engine.workers", "1"));
        host_until(live, host_has_completed_some, "work");
        crash(live);
        host_until(live, host_ended, "the crash");
        assert_int_equal(host_seen.end, PS_END_CRASH);
        if (!strstr(host_seen.message, "SIGSEGV in worker 0, task 'work'"))
            fail_msg("%s: %s", (*e)->name, host_seen.message);
        ps_live_free(live);
    }
}

static uint64_t completed_before;

static bool task_of_worker_failed(void)
{
    return strstr(host_seen.message, "; its task of type 'work' has failed") != NULL;
}
static bool went_on(void)
{
    return host_seen.totals.ended[PS_COMPLETED] > completed_before + 50 &&
           host_seen.worker[0].tid != 0 && host_seen.worker[1].tid != 0;
}

/* By a fault of its own: exactly the task that ran is lost, and the pool goes on. */
static void a_worker_process_that_dies_is_replaced(void **state)
{
    (void)state;
    struct ps_live *live =
        host_start(WITH("engine.name", "process", "engine.workers", "2", "arrivals.model", "closed",
                        "arrivals.in_flight", "8", "task work.steps", "cpu 200us, sleep 200us"));
    host_until(live, host_has_completed_some, "work");
    host_tell(live, "fault crash 0", PS_OK, "ok");
    host_until(live, task_of_worker_failed, "the first death");
    assert_non_null(strstr(host_seen.message, "worker 0 (process "));
    host_look(live);
    assert_int_equal(host_seen.totals.ended[PS_FAILED], 1);
    completed_before = host_seen.totals.ended[PS_COMPLETED];
    host_until(live, went_on, "more work");
    host_tell(live, "workers 1", PS_OK, "ok");
    host_tell(live, "stop drain", PS_OK, "ok");
    host_until(live, host_ended, "the end");
    assert_true(ps_totals_conserved(&host_seen.totals));
    assert_int_equal(host_seen.totals.ended[PS_FAILED], 1);
    assert_int_equal(host_seen.end, PS_END_CANCELLED);
    ps_live_free(live);
}

static unsigned with_a_task(void)
{
    return host_seen.worker[0].type >= 0 ? 0 : 1;
}
static bool one_has_begun(void)
{
    return host_seen.totals.started == 1 && host_seen.worker[with_a_task()].type >= 0;
}
static bool another_has_begun(void)
{
    return host_seen.totals.started == 2 && host_seen.totals.ended[PS_FAILED] == 1 &&
           host_seen.worker[0].tid != 0 && host_seen.worker[1].tid != 0;
}

/* In the middle of a task that would take an hour. */
static void a_worker_process_that_is_killed_loses_its_task(void **state)
{
    (void)state;
    struct ps_live *live =
        host_start(WITH("engine.name", "process", "engine.workers", "2", "arrivals.model", "closed",
                        "arrivals.in_flight", "1", "task work.steps", "sleep 60min"));
    host_until(live, one_has_begun, "a task");
    kill((pid_t)host_seen.worker[with_a_task()].tid, SIGKILL);
    host_until(live, another_has_begun, "the next task");
    ps_live_stop(live, false, PATIENCE_NS);
    host_look(live);
    assert_true(ps_totals_conserved(&host_seen.totals));
    assert_int_equal(host_seen.totals.ended[PS_FAILED], 1);
    assert_int_equal(host_seen.totals.ended[PS_CANCELLED], 1);
    ps_live_free(live);
}

static bool no_such_process(pid_t pid)
{
    return kill(pid, 0) != 0;
}

static void a_killed_host_takes_its_worker_processes_along(void **state)
{
    (void)state;
    struct ps_live *live = host_start(WITH("engine.name", "process", "engine.workers", "2"));
    host_until(live, host_has_completed_some, "work");
    pid_t pid[2] = {(pid_t)host_seen.worker[0].tid, (pid_t)host_seen.worker[1].tid};
    assert_true(pid[0] > 0 && pid[1] > 0 && !no_such_process(pid[0]));
    kill(ps_live_pid(live), SIGKILL);
    host_until(live, host_ended, "the end");
    for (uint64_t until_ns = ps_now_ns() + PATIENCE_NS;
         !no_such_process(pid[0]) || !no_such_process(pid[1]);)
        assert_true(ps_now_ns() < until_ns);
    ps_live_free(live);
}

static void a_stopped_host_is_said_to_stand_still_and_can_be_ended(void **state)
{
    (void)state;
    struct ps_live *live = host_start(PLAIN);
    host_until(live, host_has_completed_some, "work");
    kill(ps_live_pid(live), SIGSTOP);
    host_until(live, said_to_stand_still, "the message");
    host_tell(live, "workers 2", PS_ETIMEDOUT, "busy");
    kill(ps_live_pid(live), SIGCONT);
    host_until(live, nothing_said, "life");
    host_tell(live, "workers 3", PS_OK, "ok"); /* and not the late answer to the line before */
    host_look(live);
    assert_int_equal(host_seen.workers, 3);
    kill(ps_live_pid(live), SIGSTOP);
    ps_live_stop(live, false, PS_NS_PER_MS);
    host_look(live);
    assert_true(host_ended());
    assert_non_null(strstr(host_seen.message, "SIGKILL"));
    ps_live_free(live);
}

static void a_killed_host_keeps_its_workers_cpu_time(void **state)
{
    (void)state;
    struct ps_live *live = host_start(WITH("engine.workers", "1", "task work.steps", "cpu 2ms"));
    host_until(live, first_worker_used_cpu, "CPU time of worker 0");
    uint64_t cpu_ns = host_seen.worker[0].cpu_ns;
    kill(ps_live_pid(live), SIGKILL);
    host_until(live, host_ended, "the end");
    assert_true(host_seen.worker[0].os_valid);
    assert_true(host_seen.worker[0].cpu_ns >= cpu_ns);
    ps_live_free(live);
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
        struct ps_live *live = host_start(PLAIN);
        host_until(live, host_has_completed_some, "work");
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
        struct ps_live *live = host_start(PLAIN);
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
        cmocka_unit_test(a_killed_host_is_reported),
        cmocka_unit_test(a_crash_names_signal_worker_and_task),
        cmocka_unit_test(a_worker_process_that_dies_is_replaced),
        cmocka_unit_test(a_worker_process_that_is_killed_loses_its_task),
        cmocka_unit_test(a_killed_host_takes_its_worker_processes_along),
        cmocka_unit_test(a_stopped_host_is_said_to_stand_still_and_can_be_ended),
        cmocka_unit_test(a_killed_host_keeps_its_workers_cpu_time),
        cmocka_unit_test(nothing_is_left_of_hosts_that_have_gone),
        cmocka_unit_test(a_host_that_cannot_be_executed_says_so),
        cmocka_unit_test(too_much_is_refused_before_anything_starts),
        cmocka_unit_test(no_host_outlives_its_front_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
