/* CPUs taken from this process for a time, by the affinity of all its threads: what a neighbour on
 * the machine, a smaller container or a broken node does to a pool. Threads that are started
 * meanwhile inherit it. Processes that were started before keep theirs. */
#ifndef PS_HOST_LOST_CPUS_H
#define PS_HOST_LOST_CPUS_H

#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All zero: none is lost. One owner, one thread: the one whose affinity the process began with. */
struct ps_lost_cpus {
    bool known;                     /* `all` is filled */
    cpu_set_t all;                  /* what the process had at first */
    uint64_t until_ns[CPU_SETSIZE]; /* by kernel number; 0: not lost, PS_NEVER: for good */
};

/* Take the CPU number `index` (from 0, among those the process had at first) until until_ns. false:
 * there is none of this number, or it is the last; why says so. */
bool ps_cpus_lose(struct ps_lost_cpus *lost, unsigned index, uint64_t until_ns, char *why,
                  size_t size);

/* Give back what is due at now_ns (PS_NEVER: all). true: something was. */
bool ps_cpus_return(struct ps_lost_cpus *lost, uint64_t now_ns);

/* When the next comes back by itself; PS_NEVER: none does. */
uint64_t ps_cpus_next(const struct ps_lost_cpus *lost);

/* How many of `usable` (affinity and quota, before) are left. */
unsigned ps_cpus_left(const struct ps_lost_cpus *lost, unsigned usable);

#endif
