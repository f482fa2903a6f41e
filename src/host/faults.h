/* Faults that hold at the moment. Begun and ended by the host's main thread; every task looks at
 * them between its steps and between pieces of CPU work.
 *
 * All atomics are relaxed: a fault that a task sees a step late is as good. Where a fault has an
 * amount, that is stored before its `until` (release; partner: the reader's acquire of `until`). */
#ifndef PS_HOST_FAULTS_H
#define PS_HOST_FAULTS_H

#include <stdatomic.h>

#include "host/lost_cpus.h"
#include "metrics/segment.h"
#include "model/fault.h"

struct ps_run;

/* All zero: none. */
struct ps_faults {
    _Atomic uint32_t any;          /* 0: there has been none: tasks look no further */
    _Atomic uint32_t crash_worker; /* its number + 1; 0: none */
    _Atomic uint64_t stuck_until_ns[PS_MAX_WORKERS]; /* CLOCK_MONOTONIC */
    struct {
        _Atomic uint64_t until_ns;
        _Atomic uint32_t factor;
    } slow[PS_MAX_WORKERS];
    struct {
        _Atomic uint64_t until_ns;
        _Atomic uint32_t millionths;
    } fail[PS_MAX_TYPES];
    struct ps_lost_cpus lost; /* the main thread's */
};

/* Let it begin. false: why says what stands against it. The host's main thread. */
bool ps_faults_begin(struct ps_run *run, const struct ps_fault *fault, char *why, size_t size);

/* Every fault ends. The host's main thread. */
void ps_faults_end(struct ps_run *run);

/* Let CPUs come back whose time is over. Returns the instant of the next; PS_NEVER: none is due. The
 * host's main thread. */
uint64_t ps_faults_tick(struct ps_run *run, uint64_t now_ns);

static inline bool ps_faults_any(struct ps_faults *faults)
{
    return atomic_load_explicit(&faults->any, memory_order_relaxed) != 0;
}

/* Whether this worker is stuck now; by how much it is slowed; the chance (0..1) that a task of this
 * type fails at its end. Any thread; dear only where there has been a fault. */
bool ps_faults_stuck(struct ps_faults *faults, int worker, uint64_t now_ns);
uint32_t ps_faults_slowness(struct ps_faults *faults, int worker);
double ps_faults_chance(struct ps_faults *faults, unsigned type);

#endif
