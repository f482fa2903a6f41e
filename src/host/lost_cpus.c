#include "host/lost_cpus.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"

/* A pass may miss threads that an unchanged thread started meanwhile; the next one finds them. */
#define PASSES_MAX 8

static void learn(struct ps_lost_cpus *lost)
{
    if (!lost->known)
        lost->known = sched_getaffinity(0, sizeof lost->all, &lost->all) == 0;
}

static cpu_set_t rest_of(const struct ps_lost_cpus *lost)
{
    cpu_set_t rest = lost->all;
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
        if (lost->until_ns[cpu])
            CPU_CLR(cpu, &rest);
    return rest;
}

/* Give a thread this affinity; true: it had another. One that has ended is as good as changed. */
static bool move(pid_t tid, const cpu_set_t *to)
{
    cpu_set_t now;
    if (sched_getaffinity(tid, sizeof now, &now) != 0 || CPU_EQUAL(&now, to))
        return false;
    return sched_setaffinity(tid, sizeof *to, to) == 0;
}

static void move_all(const struct ps_lost_cpus *lost)
{
    cpu_set_t rest = rest_of(lost);
    bool moved = true;
    for (unsigned pass = 0; pass < PASSES_MAX && moved; pass++) {
        DIR *tasks = opendir("/proc/self/task");
        moved = false;
        for (struct dirent *entry; tasks && (entry = readdir(tasks));) {
            pid_t tid = (pid_t)strtol(entry->d_name, NULL, 10);
            if (tid > 0 && move(tid, &rest))
                moved = true;
        }
        if (tasks)
            closedir(tasks);
    }
}

/* The kernel's number of the CPU; -1: there are not so many. */
static int kernel_number(const struct ps_lost_cpus *lost, unsigned index)
{
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
        if (CPU_ISSET(cpu, &lost->all) && index-- == 0)
            return cpu;
    return -1;
}

bool ps_cpus_lose(struct ps_lost_cpus *lost, unsigned index, uint64_t until_ns, char *why,
                  size_t size)
{
    learn(lost);
    int cpu = lost->known ? kernel_number(lost, index) : -1;
    if (cpu < 0) {
        snprintf(why, size, "there is no cpu %u: this run may use 0 to %d", index,
                 CPU_COUNT(&lost->all) - 1);
        return false;
    }
    cpu_set_t rest = rest_of(lost);
    if (CPU_COUNT(&rest) == 1 && CPU_ISSET(cpu, &rest)) {
        snprintf(why, size, "cpu %u is the last that this run has", index);
        return false;
    }
    lost->until_ns[cpu] = until_ns;
    move_all(lost);
    return true;
}

bool ps_cpus_return(struct ps_lost_cpus *lost, uint64_t now_ns)
{
    bool any = false;
    for (int cpu = 0; lost->known && cpu < CPU_SETSIZE; cpu++)
        if (lost->until_ns[cpu] && lost->until_ns[cpu] <= now_ns) {
            lost->until_ns[cpu] = 0;
            any = true;
        }
    if (any)
        move_all(lost);
    return any;
}

uint64_t ps_cpus_next(const struct ps_lost_cpus *lost)
{
    uint64_t next_ns = PS_NEVER;
    for (int cpu = 0; lost->known && cpu < CPU_SETSIZE; cpu++)
        if (lost->until_ns[cpu] && lost->until_ns[cpu] < next_ns)
            next_ns = lost->until_ns[cpu];
    return next_ns;
}

unsigned ps_cpus_left(const struct ps_lost_cpus *lost, unsigned usable)
{
    if (!lost->known)
        return usable;
    cpu_set_t rest = rest_of(lost);
    unsigned left = (unsigned)CPU_COUNT(&rest);
    return left < usable ? left : usable;
}
