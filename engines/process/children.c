#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/pidfd.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "engines/process/process.h"
#include "metrics/bury.h"

/* ---- birth ---- */

static void set_descriptors(struct ps_process *pool, int poll_fd,
                            posix_spawn_file_actions_t *actions)
{
    posix_spawn_file_actions_init(actions);
    posix_spawn_file_actions_adddup2(actions, pool->arena_fd, PS_WORKER_ARENA_FD);
    posix_spawn_file_actions_adddup2(actions, pool->config.segment_fd, PS_WORKER_SEGMENT_FD);
    posix_spawn_file_actions_adddup2(actions, pool->bell_fd, PS_WORKER_BELL_FD);
    posix_spawn_file_actions_adddup2(actions, poll_fd, PS_WORKER_POLL_FD);
    /* Whatever else the program has open without close-on-exec: it would live as long as we do. */
    posix_spawn_file_actions_addclosefrom_np(actions, PS_WORKER_FDS);
}

/* Every signal as in a new program: the keeper blocks all of them. */
static void set_signals(posix_spawnattr_t *attributes)
{
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_init(attributes);
    posix_spawnattr_setsigmask(attributes, &none);
    posix_spawnattr_setsigdefault(attributes, &all);
    posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
}

static enum ps_err watch(struct ps_process *pool, unsigned slot)
{
    struct ps_process_child *child = &pool->child[slot];
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = slot};
    child->pid_fd = pidfd_open(child->pid, 0);
    if (child->pid_fd >= 0 && epoll_ctl(pool->epoll_fd, EPOLL_CTL_ADD, child->pid_fd, &event) == 0)
        return PS_OK;
    if (child->pid_fd >= 0)
        close(child->pid_fd);
    kill(child->pid, SIGKILL);
    waitpid(child->pid, NULL, 0);
    child->pid = 0;
    return PS_ELIMIT;
}

enum ps_err ps_child_spawn(struct ps_process *pool, unsigned slot)
{
    struct ps_process_child *child = &pool->child[slot];
    struct ps_share *share = ps_arena_share(pool->arena, slot);
    int poll_fd = atomic_load_explicit(&child->poll_fd, memory_order_relaxed);
    if (poll_fd < 0)
        poll_fd = ps_process_out_of_the_way(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
    if (poll_fd < 0)
        return PS_ELIMIT;
    /* release, partner: ps_process_wake. */
    atomic_store_explicit(&child->poll_fd, poll_fd, memory_order_release);
    atomic_store(&share->ready, 0);
    atomic_store(&share->ending, 0);
    atomic_store(&share->failed, PS_OK);
    share->why[0] = '\0';
    atomic_store(&share->life, PS_SHARE_LIVE);
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    snprintf(pool->variable, sizeof pool->variable, "%s=%u", PS_WORKER_VARIABLE, slot);
    set_descriptors(pool, poll_fd, &actions);
    set_signals(&attributes);
    int error = posix_spawn(&child->pid, pool->config.argv[0], &actions, &attributes,
                            (char *const *)pool->config.argv, pool->environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    if (error != 0) {
        child->pid = 0;
        atomic_store(&share->life, PS_SHARE_NONE);
        return ps_err_from_errno(error);
    }
    return watch(pool, slot);
}

/* ---- death ---- */

/* The record that the dead worker has; everything that came back has been settled, so there is one
 * at most. */
static bool find_record(struct ps_process *pool, unsigned slot, uint32_t *index)
{
    ps_lock(&pool->lock);
    uint32_t used = pool->fresh; /* it had its record before it died */
    ps_unlock(&pool->lock);
    for (*index = 0; *index < used; ++*index) {
        uint64_t word =
            atomic_load_explicit(&ps_arena_record(pool->arena, *index)->word, memory_order_acquire);
        if (word >> 2 == slot && ((word & 3) == PS_RECORD_OWNED || (word & 3) == PS_RECORD_DONE))
            return true;
    }
    return false;
}

static void describe(const struct ps_process *pool, unsigned slot, pid_t pid, int status,
                     const struct ps_record *record, char *why, size_t size)
{
    const struct ps_share *share = ps_arena_share(pool->arena, slot);
    char how[64], with[96] = "";
    if (WIFSIGNALED(status))
        snprintf(how, sizeof how, "was killed by signal %d (SIG%s)", WTERMSIG(status),
                 sigabbrev_np(WTERMSIG(status)) ? sigabbrev_np(WTERMSIG(status)) : "?");
    else
        snprintf(how, sizeof how, "ended with status %d", WEXITSTATUS(status));
    if (record)
        snprintf(with, sizeof with, "; its task of type '%.31s' has failed",
                 pool->base.config.segment->type_name[record->stamp.type]);
    snprintf(why, size, "worker %u (process %d) %s%s%s%s", slot, (int)pid, how,
             share->why[0] ? ": " : "", share->why, with);
}

static void close_books(struct ps_process *pool, unsigned slot, int status, uint64_t cpu_ns,
                        const struct ps_record *record)
{
    struct ps_share *share = ps_arena_share(pool->arena, slot);
    uint32_t ending = atomic_load(&share->ending);
    struct ps_estate estate = {.status = (unsigned)status, .cpu_ns = cpu_ns, .type = -1};
    memcpy(estate.given, pool->child[slot].given, sizeof estate.given);
    if (record) {
        estate.type = record->stamp.type;
        estate.outcome = ending ? (enum ps_outcome)(ending - 1) : PS_FAILED;
        estate.given[record->stamp.type]++;
    }
    ps_probe_bury(pool->base.config.segment, slot, &estate);
}

bool ps_child_bury(struct ps_process *pool, unsigned slot, char *why, size_t size)
{
    struct ps_process_child *child = &pool->child[slot];
    struct ps_share *share = ps_arena_share(pool->arena, slot);
    struct rusage used = {0};
    int status = 0;
    pid_t pid = child->pid;
    while (wait4(pid, &status, 0, &used) < 0 && errno == EINTR)
        ;
    epoll_ctl(pool->epoll_fd, EPOLL_CTL_DEL, child->pid_fd, NULL);
    close(child->pid_fd);
    child->pid_fd = -1;
    child->pid = 0;
    ps_idle_clear(pool->arena, slot);
    uint32_t life = atomic_exchange(&share->life, PS_SHARE_NONE), index;
    if (life == PS_SHARE_LEFT)
        return true;
    uint64_t cpu_ns = (uint64_t)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * PS_NS_PER_S +
                      (uint64_t)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) * PS_NS_PER_US;
    bool held = find_record(pool, slot, &index);
    struct ps_record *record = held ? ps_arena_record(pool->arena, index) : NULL;
    describe(pool, slot, pid, status, record, why, size);
    if (atomic_load(&share->ready) || held)
        close_books(pool, slot, status, cpu_ns, record);
    if (held)
        ps_process_settle(pool, index, (atomic_load(&record->word) & 3) == PS_RECORD_DONE);
    return false;
}
