/* What this machine lets a process use. Read from the kernel at each call; any thread. */
#ifndef PS_BASE_MACHINE_H
#define PS_BASE_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

struct ps_machine {
    unsigned online;    /* CPUs the kernel runs */
    unsigned affinity;  /* CPUs this process may be scheduled on */
    double quota;       /* CPUs by cgroup bandwidth (v2 cpu.max, v1 cpu.cfs_quota_us), the tightest
                           of all ancestors; 0: none */
    unsigned usable;    /* min(affinity, ceil(quota)), at least 1: what "auto" means */
    uint64_t memory;    /* bytes of RAM */
    uint64_t available; /* bytes that can be had without swapping: MemAvailable, and less where a
                           cgroup's memory limit is nearer */
    uint64_t threads;   /* threads this process may still start: RLIMIT_NPROC (not for root),
                           threads-max, pid_max, cgroup pids.max, max_map_count / 2 */
    const char *threads_limit; /* which of them is the tightest */
    uint64_t descriptors;      /* RLIMIT_NOFILE */
};

void ps_machine_read(struct ps_machine *machine);
/* Control groups as below another root: see cgroup.h. */
void ps_machine_read_below(struct ps_machine *machine, const char *root);

/* How long the cgroup of this process, or the ancestor that was held up longest, has been without CPU
 * because its bandwidth was used up; 0 where there is no such limit. */
uint64_t ps_machine_throttled_ns(void);

/* CPU time that a process has used so far, with its threads, to 10 ms; 0: there is no such process. */
uint64_t ps_machine_process_cpu_ns(uint64_t pid);

/* Whether threads of this process may have real-time priorities: the calling thread, which has none, gets
 * one for a moment. */
bool ps_machine_realtime(void);

#endif
