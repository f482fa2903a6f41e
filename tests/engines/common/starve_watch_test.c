/* The watchdog with a real engine of every policy that it watches: a wake-up is swallowed, and the
 * process must end with its dump. The process is this program with the policy as its argument, for
 * the thread that watches does not live on in a fork.
 *
 * Linked with --wrap=ps_parker_wake --wrap=ps_futex_wake. */
#include "engines/regress/kit.h"

#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engines/common/parker.h"

enum { WORKERS = 2 };

extern char **environ;

void __real_ps_parker_wake(struct ps_parker *parker);
void __wrap_ps_parker_wake(struct ps_parker *parker);
void __real_ps_futex_wake(_Atomic uint32_t *word, int threads);
void __wrap_ps_futex_wake(_Atomic uint32_t *word, int threads);

static _Atomic int swallows;

void __wrap_ps_parker_wake(struct ps_parker *parker)
{
    if (!atomic_load(&swallows))
        __real_ps_parker_wake(parker);
}

void __wrap_ps_futex_wake(_Atomic uint32_t *word, int threads)
{
    if (!atomic_load(&swallows))
        __real_ps_futex_wake(word, threads);
}

/* ---- the process that starves a task ---- */

static bool sleeps(uint64_t tid)
{
    char path[64], text[512];
    snprintf(path, sizeof path, "/proc/self/task/%llu/stat", (unsigned long long)tid);
    FILE *from = fopen(path, "r");
    size_t got = from ? fread(text, 1, sizeof text - 1, from) : 0;
    if (from)
        fclose(from);
    text[got] = '\0';
    const char *name_end = strrchr(text, ')');
    return name_end && strncmp(name_end, ") S", 3) == 0;
}

static void until_all_sleep(struct kit *kit)
{
    for (unsigned slot = 0; slot < WORKERS; slot++) {
        struct ps_cell *cell = ps_segment_cell(kit->segment, slot);
        while (atomic_load(&cell->parks) == 0 ||
               ps_state_of(atomic_load(&cell->now)) != PS_STATE_IDLE ||
               !sleeps(atomic_load(&cell->tid)))
            sched_yield();
    }
}

static _Atomic uint32_t begun;

static struct ps_wait *note_step(struct ps_task *task)
{
    (void)task;
    atomic_fetch_add(&begun, 1);
    return NULL;
}

static const struct ps_body note = {.name = "note", .step = note_step};

/* Again when it was no futex that the worker slept on. Ends with the process, or with PATIENCE_NS. */
static int lose_a_wake(const char *engine, const char *policy)
{
    struct kit kit;
    struct ps_task task;
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    kit_open_named(&kit, engine, policy, WORKERS);
    for (uint32_t round = 0;; round++) {
        until_all_sleep(&kit);
        ps_task_init(&task, &note, round, 0);
        atomic_store(&swallows, 1);
        if (ps_submit(kit.engine, &task, 0) != PS_OK || !kit_spin(&begun, round + 1))
            return 3;
        atomic_store(&swallows, 0);
        while (!ps_engine_idle(kit.engine))
            sched_yield();
    }
}

/* ---- the test ---- */

static size_t read_all(int fd, char *into, size_t size)
{
    size_t length = 0;
    ssize_t got;
    while (length < size - 1 && (got = read(fd, into + length, size - 1 - length)) > 0)
        length += (size_t)got;
    into[length] = '\0';
    return length;
}

static void is_caught(const struct ps_engine_ops *ops, const struct ps_policy *policy)
{
    char *argv[] = {"starve_watch_test", (char *)ops->name, (char *)policy->name, NULL};
    char text[65536], subject[64];
    posix_spawn_file_actions_t actions;
    int fds[2], status;
    pid_t pid;
    if (strcmp(policy->name, "uv") == 0 || strcmp(policy->name, "per-task") == 0)
        return; /* not watched: starve_watch.h says why */
    assert_int_equal(pipe(fds), 0);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, fds[1], STDERR_FILENO);
    posix_spawn_file_actions_addclose(&actions, fds[0]);
    posix_spawn_file_actions_addclose(&actions, fds[1]);
    assert_int_equal(posix_spawn(&pid, "/proc/self/exe", &actions, NULL, argv, environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    close(fds[1]);
    read_all(fds[0], text, sizeof text);
    close(fds[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
    snprintf(subject, sizeof subject, "poolscope: starved: %s:%s: ", ops->name, policy->name);
    assert_non_null(strstr(text, subject));
    /* Both workers, with the events that say how they came there. */
    assert_non_null(strstr(text, "worker 0: idle"));
    assert_non_null(strstr(text, "worker 1: idle"));
    assert_non_null(strstr(text, " ms  park "));
}

static void a_lost_wake_ends_the_process(void **state)
{
    (void)state;
    kit_each(is_caught);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_lost_wake_ends_the_process)};
    if (argc == 3)
        return lose_a_wake(argv[1], argv[2]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
