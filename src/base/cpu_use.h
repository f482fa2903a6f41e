/* How much of the machine somebody else used: a measurement on a machine that is not ours alone is
 * to say so. */
#ifndef PS_BASE_CPU_USE_H
#define PS_BASE_CPU_USE_H

#include <stdbool.h>
#include <stdint.h>

/* CPU time since boot that all processes of the machine have used, and what a hypervisor took
 * (/proc/stat, to 10 ms a CPU). */
struct ps_cpu_use {
    bool valid; /* false: the kernel does not say */
    unsigned cpus;
    uint64_t busy_ns, at_ns;
};

void ps_cpu_use_read(struct ps_cpu_use *use);

/* The share of all CPU time between two readings (0 to 1) that was neither idle nor own_ns. NaN:
 * not known, or less than 0.4 s apart, which is too little for the clock's grain. */
double ps_cpu_use_others(const struct ps_cpu_use *from, const struct ps_cpu_use *to,
                         uint64_t own_ns);

#endif
