#include "client/os_threads.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct ps_os_threads {
    pid_t pid;
    bool readable; /* the kernel has answered at least once */
    struct {
        uint64_t tid; /* 0: none */
        int fd;
        uint64_t cpu_ns, ready_ns; /* the most it has shown: its figures never run backwards */
    } slot[PS_MAX_WORKERS];
};

struct ps_os_threads *ps_os_threads_new(pid_t pid)
{
    struct ps_os_threads *threads = calloc(1, sizeof *threads);
    if (threads)
        threads->pid = pid;
    return threads;
}

static void forget(struct ps_os_threads *threads, unsigned slot)
{
    if (threads->slot[slot].tid != 0 && threads->slot[slot].fd >= 0)
        close(threads->slot[slot].fd);
    threads->slot[slot].tid = 0;
}

void ps_os_threads_free(struct ps_os_threads *threads)
{
    if (!threads)
        return;
    for (unsigned slot = 0; slot < PS_MAX_WORKERS; slot++)
        forget(threads, slot);
    free(threads);
}

static bool read_one(struct ps_os_threads *threads, unsigned slot, uint64_t tid, uint64_t *cpu_ns,
                     uint64_t *ready_ns)
{
    if (threads->slot[slot].tid != tid || threads->slot[slot].fd < 0) {
        forget(threads, slot);
        char path[64];
        snprintf(path, sizeof path, "/proc/%d/task/%llu/schedstat", (int)threads->pid,
                 (unsigned long long)tid);
        threads->slot[slot].fd = open(path, O_RDONLY | O_CLOEXEC);
        if (threads->slot[slot].fd < 0) { /* a worker that is a process */
            snprintf(path, sizeof path, "/proc/%llu/schedstat", (unsigned long long)tid);
            threads->slot[slot].fd = open(path, O_RDONLY | O_CLOEXEC);
        }
        threads->slot[slot].tid = tid;
    }
    char text[96];
    ssize_t n =
        threads->slot[slot].fd < 0 ? -1 : pread(threads->slot[slot].fd, text, sizeof text - 1, 0);
    if (n <= 0)
        return false;
    text[n] = '\0';
    char *rest;
    *cpu_ns = strtoull(text, &rest, 10);
    *ready_ns = strtoull(rest, NULL, 10);
    threads->readable = true;
    return true;
}

/* A thread that ends is for a moment neither alive nor yet counted by its slot, and the run-queue
 * wait of a short one is never left behind: what has been shown is kept. */
static void keep(struct ps_os_threads *threads, unsigned slot, struct ps_worker_view *worker)
{
    if (worker->cpu_ns < threads->slot[slot].cpu_ns)
        worker->cpu_ns = threads->slot[slot].cpu_ns;
    if (worker->ready_ns < threads->slot[slot].ready_ns)
        worker->ready_ns = threads->slot[slot].ready_ns;
    threads->slot[slot].cpu_ns = worker->cpu_ns;
    threads->slot[slot].ready_ns = worker->ready_ns;
}

void ps_os_threads_read(struct ps_os_threads *threads, struct ps_snapshot *snapshot)
{
    for (unsigned slot = 0; slot < snapshot->slots; slot++) {
        struct ps_worker_view *worker = &snapshot->worker[slot];
        uint64_t cpu_ns, ready_ns;
        if (worker->tid == 0) {
            forget(threads, slot);
        } else if (read_one(threads, slot, worker->tid, &cpu_ns, &ready_ns)) {
            worker->cpu_ns += cpu_ns;
            worker->ready_ns += ready_ns;
        }
        worker->os_valid = threads->readable;
        keep(threads, slot, worker);
    }
}

void ps_os_threads_ended(struct ps_os_threads *threads, struct ps_snapshot *snapshot)
{
    for (unsigned slot = 0; slot < snapshot->slots; slot++) {
        struct ps_worker_view *worker = &snapshot->worker[slot];
        forget(threads, slot);
        keep(threads, slot, worker);
        worker->os_valid = threads->readable || worker->cpu_ns > 0;
    }
}
