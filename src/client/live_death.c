#include "client/live_death.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "base/clock.h"

uint64_t ps_live_oom_kills(void)
{
    FILE *f = fopen("/proc/vmstat", "re");
    char line[128];
    unsigned long long n = 0;
    while (f && fgets(line, sizeof line, f))
        if (sscanf(line, "oom_kill %llu", &n) == 1)
            break;
    if (f)
        fclose(f);
    return n;
}

static void worker_and_task(const struct ps_segment *segment, char *into, size_t size)
{
    int worker = segment->fault_worker, type = segment->fault_type;
    int n = 0;
    into[0] = '\0';
    if (worker >= 0)
        n = snprintf(into, size, " in worker %d", worker);
    if (type >= 0 && (uint32_t)type < segment->types)
        snprintf(into + n, size - (size_t)n, "%s task '%s'", worker >= 0 ? "," : " in",
                 segment->type_name[type]);
}

static const char *signal_name(int number, char into[24])
{
    const char *name = sigabbrev_np(number);
    if (name)
        snprintf(into, 24, "SIG%s", name);
    else
        snprintf(into, 24, "signal %d", number);
    return into;
}

void ps_live_explain(struct ps_segment *segment, int status, uint64_t oom_kills)
{
    if (atomic_load(&segment->phase) == PS_PHASE_ENDED)
        return;
    char text[PS_MESSAGE_BYTES], where[96], name[24];
    uint32_t fault = atomic_load(&segment->fault_signal);
    worker_and_task(segment, where, sizeof where);
    if (fault && atomic_load(&segment->fault_overflow))
        snprintf(text, sizeof text, "host crashed: stack overflow%s (%s)", where,
                 signal_name((int)fault, name));
    else if (fault == SIGABRT) /* raised, not suffered: no address */
        snprintf(text, sizeof text, "host crashed: SIGABRT%s", where);
    else if (fault)
        snprintf(text, sizeof text, "host crashed: %s%s, address 0x%llx",
                 signal_name((int)fault, name), where, (unsigned long long)segment->fault_address);
    else if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL && ps_live_oom_kills() > oom_kills)
        snprintf(text, sizeof text, "host killed by the kernel: the machine is out of memory");
    else if (WIFSIGNALED(status))
        snprintf(text, sizeof text, "host killed by %s", signal_name(WTERMSIG(status), name));
    else if (WEXITSTATUS(status) == PS_LIVE_NO_EXEC)
        snprintf(text, sizeof text,
                 "the host's program could not be executed (status %d): a limit on memory or "
                 "descriptors, or a missing library",
                 PS_LIVE_NO_EXEC);
    else
        snprintf(text, sizeof text, "host ended with exit status %d before the run was over",
                 WEXITSTATUS(status));
    ps_segment_take_over(segment);
    ps_segment_say(segment, text);
    atomic_store(&segment->ended_ns, ps_now_ns() - segment->epoch_ns);
    atomic_store(&segment->end, PS_END_CRASH);
    atomic_store(&segment->phase, PS_PHASE_ENDED);
}
