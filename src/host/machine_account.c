#include "host/machine_account.h"

#include <unistd.h>

#include "base/clock.h"
#include "base/cpu_use.h"
#include "base/machine.h"

static uint64_t get(const _Atomic uint64_t *word)
{
    return atomic_load_explicit(word, memory_order_relaxed);
}

static void put(_Atomic uint64_t *word, uint64_t value)
{
    atomic_store_explicit(word, value, memory_order_relaxed);
}

static void read_limits(struct ps_segment *segment)
{
    struct ps_machine machine;
    ps_machine_read(&machine);
    atomic_store_explicit(&segment->machine_cpus, machine.online, memory_order_relaxed);
    atomic_store_explicit(&segment->machine_affinity, machine.affinity, memory_order_relaxed);
    put(&segment->machine_quota_milli, (uint64_t)(machine.quota * 1000 + 0.5));
}

void ps_machine_account(struct ps_segment *segment, uint64_t now_ns)
{
    struct ps_cpu_use use;
    uint64_t looked_ns = get(&segment->machine_at_ns);
    if (looked_ns && now_ns - segment->epoch_ns < looked_ns + PS_MACHINE_LOOK_NS)
        return;
    ps_cpu_use_read(&use);
    if (!use.valid)
        return;
    if (looked_ns == 0)
        read_limits(segment);
    put(&segment->machine_busy_ns, use.busy_ns);
    put(&segment->machine_own_ns,
        get(&segment->proc_cpu_ns) + ps_machine_process_cpu_ns((uint64_t)getppid()));
    put(&segment->machine_throttled_ns, ps_machine_throttled_ns());
    put(&segment->machine_at_ns, use.at_ns - segment->epoch_ns);
}
