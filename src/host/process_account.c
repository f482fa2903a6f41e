#include "host/process_account.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "host/worker_account.h"

static void put64(_Atomic uint64_t *word, uint64_t value)
{
    atomic_store_explicit(word, value, memory_order_release);
}

static uint64_t field(const char *text, const char *name)
{
    const char *at = strstr(text, name);
    return at ? strtoull(at + strlen(name), NULL, 10) : 0;
}

/* A figure that only grows: a worker process that ends is for a moment in neither account. */
static void grow64(_Atomic uint64_t *word, uint64_t value)
{
    if (value > *word)
        put64(word, value);
}

/* Not ru_maxrss: that survives exec and would be at least the front end's. */
static void account_memory(struct ps_segment *segment, const struct ps_worker_account *workers)
{
    char text[4096] = "";
    int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    ssize_t n = read(fd, text, sizeof text - 1);
    close(fd);
    if (n <= 0)
        return;
    put64(&segment->proc_rss, field(text, "\nVmRSS:") * 1024 + workers->rss);
    grow64(&segment->proc_rss_peak, field(text, "\nVmHWM:") * 1024);
    grow64(&segment->proc_rss_peak, segment->proc_rss);
    put64(&segment->proc_threads, field(text, "\nThreads:") + workers->threads);
}

void ps_process_account(struct ps_segment *segment)
{
    struct rusage use;
    struct ps_worker_account workers;
    ps_worker_account(segment, &workers);
    getrusage(RUSAGE_SELF, &use);
    grow64(&segment->proc_cpu_ns,
           (uint64_t)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) * PS_NS_PER_S +
               (uint64_t)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) * PS_NS_PER_US +
               workers.cpu_ns);
    account_memory(segment, &workers);
    grow64(&segment->proc_voluntary, (uint64_t)use.ru_nvcsw + workers.voluntary);
    grow64(&segment->proc_involuntary, (uint64_t)use.ru_nivcsw + workers.involuntary);
}
