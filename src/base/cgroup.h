/* Limits by control groups, version 1, 2 or both: of the group of this process and of all above it, as
 * far as they can be seen. In a container that is from its own group on. */
#ifndef PS_BASE_CGROUP_H
#define PS_BASE_CGROUP_H

#include <stdint.h>

struct ps_cgroup {
    double quota; /* CPUs by bandwidth (v2 cpu.max, v1 cpu.cfs_quota_us), the tightest; 0: none */
    uint64_t
        throttled_ns; /* without CPU as the bandwidth was used up: of the group held up longest */
    /* What may still be had: of the group with the least left; UINT64_MAX: no limit. */
    uint64_t memory_left; /* bytes */
    uint64_t threads_left;
};

/* Read from the kernel at each call; any thread. root: what stands before /proc/self/cgroup and
 * /sys/fs/cgroup, "" for this machine; tests bring folders of their own. */
void ps_cgroup_read(struct ps_cgroup *into, const char *root);
uint64_t ps_cgroup_throttled_ns(const char *root); /* only this, for less */

#endif
