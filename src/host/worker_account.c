#include "host/worker_account.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"

static bool read_file(uint64_t pid, const char *name, char *text, size_t size)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%llu/%s", (unsigned long long)pid, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t n = read(fd, text, size - 1);
    close(fd);
    text[n > 0 ? n : 0] = '\0';
    return n > 0;
}

static uint64_t field(const char *text, const char *name)
{
    const char *at = strstr(text, name);
    return at ? strtoull(at + strlen(name), NULL, 10) : 0;
}

static void add_living(uint64_t pid, struct ps_worker_account *account)
{
    char text[4096];
    if (read_file(pid, "schedstat", text, sizeof text))
        account->cpu_ns += strtoull(text, NULL, 10);
    if (!read_file(pid, "status", text, sizeof text))
        return;
    account->rss += field(text, "\nRssAnon:") * 1024;
    account->threads += field(text, "\nThreads:");
    account->voluntary += field(text, "\nvoluntary_ctxt_switches:");
    account->involuntary += field(text, "\nnonvoluntary_ctxt_switches:");
}

static void add_gone(struct ps_worker_account *account)
{
    struct rusage use;
    getrusage(RUSAGE_CHILDREN, &use);
    account->cpu_ns += (uint64_t)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) * PS_NS_PER_S +
                       (uint64_t)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) * PS_NS_PER_US;
    account->voluntary += (uint64_t)use.ru_nvcsw;
    account->involuntary += (uint64_t)use.ru_nivcsw;
}

void ps_worker_account(struct ps_segment *segment, struct ps_worker_account *account)
{
    *account = (struct ps_worker_account){0};
    if (!(atomic_load_explicit(&segment->traits, memory_order_relaxed) & PS_TRAIT_PROCESSES))
        return;
    add_gone(account);
    for (unsigned slot = 0; slot < segment->slots; slot++) {
        uint64_t pid =
            atomic_load_explicit(&ps_segment_cell(segment, slot)->tid, memory_order_relaxed);
        if (pid != 0)
            add_living(pid, account);
    }
}
