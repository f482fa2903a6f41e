#include "host/faults.h"

#include <stdio.h>

#include "base/clock.h"
#include "host/feeder.h"
#include "host/run.h"

#define MILLION 1e6

static uint64_t until(const struct ps_fault *fault)
{
    return fault->for_ns ? ps_time_add(ps_now_ns(), fault->for_ns) : PS_NEVER;
}

/* For whoever looks at the run; tasks look at run->faults. */
static void publish(struct ps_run *run, const struct ps_fault *fault)
{
    struct ps_injected_mark *mark = &run->segment->injected[fault->worker];
    uint64_t until_ns = until(fault);
    if (until_ns != PS_NEVER)
        until_ns -= run->segment->epoch_ns;
    if (fault->kind == PS_FAULT_STUCK) {
        atomic_store_explicit(&mark->stuck_until_ns, until_ns, memory_order_relaxed);
    } else if (fault->kind == PS_FAULT_SLOW) {
        atomic_store_explicit(&mark->slow_factor, fault->factor, memory_order_relaxed);
        atomic_store_explicit(&mark->slow_until_ns, until_ns, memory_order_release);
    }
}

static bool begin_on_worker(struct ps_run *run, const struct ps_fault *fault, char *why,
                            size_t size)
{
    struct ps_faults *faults = &run->faults;
    unsigned worker = fault->worker;
    if (worker >= run->segment->slots) {
        snprintf(why, size, "expected a worker's number, 0 to %u, got '%u'",
                 run->segment->slots - 1, worker);
        return false;
    }
    if (fault->kind == PS_FAULT_CRASH) {
        atomic_store_explicit(&faults->crash_worker, worker + 1, memory_order_relaxed);
    } else if (fault->kind == PS_FAULT_STUCK) {
        atomic_store_explicit(&faults->stuck_until_ns[worker], until(fault), memory_order_relaxed);
    } else {
        atomic_store_explicit(&faults->slow[worker].factor, fault->factor, memory_order_relaxed);
        atomic_store_explicit(&faults->slow[worker].until_ns, until(fault), memory_order_release);
    }
    publish(run, fault);
    return true;
}

static void cpus_have_changed(struct ps_run *run)
{
    unsigned left = ps_cpus_left(&run->faults.lost, run->usable_cpus);
    atomic_store_explicit(&run->segment->usable_cpus, left, memory_order_relaxed);
    atomic_store_explicit(&run->segment->cpus_lost, run->usable_cpus - left, memory_order_relaxed);
}

static bool lose_cpu(struct ps_run *run, const struct ps_fault *fault, char *why, size_t size)
{
    if (!ps_cpus_lose(&run->faults.lost, fault->cpu, until(fault), why, size))
        return false;
    cpus_have_changed(run);
    return true;
}

bool ps_faults_begin(struct ps_run *run, const struct ps_fault *fault, char *why, size_t size)
{
    struct ps_faults *faults = &run->faults;
    bool ok = true;
    switch (fault->kind) {
    case PS_FAULT_STUCK:
    case PS_FAULT_SLOW:
    case PS_FAULT_CRASH:
        ok = begin_on_worker(run, fault, why, size);
        break;
    case PS_FAULT_FAIL:
        atomic_store_explicit(&faults->fail[fault->type].millionths,
                              (uint32_t)(fault->chance * MILLION + 0.5), memory_order_relaxed);
        atomic_store_explicit(&faults->fail[fault->type].until_ns, until(fault),
                              memory_order_release);
        break;
    case PS_FAULT_LOSE:
        ok = lose_cpu(run, fault, why, size);
        break;
    case PS_FAULT_BURST:
        if (run->experiment.model == PS_ARRIVAL_HTTP) {
            snprintf(why, size, "http clients send the requests: there is no burst of this side");
            return false;
        }
        ps_feeder_burst(run->feeder, fault->count);
        break;
    case PS_FAULT_OFF:
        ps_faults_end(run);
        break;
    case PS_FAULT_KIND_COUNT:
        break;
    }
    if (ok)
        atomic_store_explicit(&faults->any, 1, memory_order_relaxed);
    return ok;
}

void ps_faults_end(struct ps_run *run)
{
    struct ps_faults *faults = &run->faults;
    atomic_store_explicit(&faults->crash_worker, 0, memory_order_relaxed);
    for (unsigned i = 0; i < PS_MAX_WORKERS; i++) {
        atomic_store_explicit(&faults->stuck_until_ns[i], 0, memory_order_relaxed);
        atomic_store_explicit(&faults->slow[i].until_ns, 0, memory_order_relaxed);
        atomic_store_explicit(&run->segment->injected[i].stuck_until_ns, 0, memory_order_relaxed);
        atomic_store_explicit(&run->segment->injected[i].slow_until_ns, 0, memory_order_relaxed);
    }
    for (unsigned i = 0; i < PS_MAX_TYPES; i++)
        atomic_store_explicit(&faults->fail[i].until_ns, 0, memory_order_relaxed);
    if (ps_cpus_return(&faults->lost, PS_NEVER))
        cpus_have_changed(run);
}

uint64_t ps_faults_tick(struct ps_run *run, uint64_t now_ns)
{
    if (ps_cpus_return(&run->faults.lost, now_ns))
        cpus_have_changed(run);
    return ps_cpus_next(&run->faults.lost);
}

bool ps_faults_stuck(struct ps_faults *faults, int worker, uint64_t now_ns)
{
    return worker >= 0 &&
           now_ns < atomic_load_explicit(&faults->stuck_until_ns[worker], memory_order_relaxed);
}

uint32_t ps_faults_slowness(struct ps_faults *faults, int worker)
{
    if (worker < 0)
        return 1;
    uint64_t until_ns = atomic_load_explicit(&faults->slow[worker].until_ns, memory_order_acquire);
    if (until_ns == 0 || (until_ns != PS_NEVER && ps_now_ns() >= until_ns))
        return 1;
    return atomic_load_explicit(&faults->slow[worker].factor, memory_order_relaxed);
}

double ps_faults_chance(struct ps_faults *faults, unsigned type)
{
    uint64_t until_ns = atomic_load_explicit(&faults->fail[type].until_ns, memory_order_acquire);
    if (until_ns == 0 || (until_ns != PS_NEVER && ps_now_ns() >= until_ns))
        return 0;
    return atomic_load_explicit(&faults->fail[type].millionths, memory_order_relaxed) / MILLION;
}
