/* What workers share: locks, CPUs, the machine. */
#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "ui/findings/finding.h"
#include "ui/format.h"

/* The lock with the longest line. */
static void name_lock(struct ps_finding *f, const struct ps_snapshot *s)
{
    const struct ps_lock_view *longest = NULL;
    char holder[24] = "nobody just now";
    for (unsigned i = 0; i < s->locks && i < PS_MAX_LOCKS; i++)
        if (!longest || s->lock[i].waiting > longest->waiting)
            longest = &s->lock[i];
    if (!longest)
        return;
    if (longest->holder.held && longest->holder.worker >= 0)
        snprintf(holder, sizeof holder, "W%d", longest->holder.worker);
    ps_finding_figure(f, "the lock", "'%s', held by %s; %" PRIu64 " in line", longest->name, holder,
                      longest->waiting);
}

bool ps_look_lock(const struct ps_signs *signs, struct ps_finding *f)
{
    const struct ps_snapshot *s = signs->snapshot;
    uint64_t tasks = s->waiting[PS_STATE_LOCK];
    unsigned lanes = signs->figures->lanes;
    bool parks = s->traits & PS_TRAIT_PARKS_TASKS;
    bool workers = signs->sums.lock >= 0.5 && signs->sums.lock >= lanes / 3.0;
    bool parked = parks && tasks >= 2 * (uint64_t)lanes && 2 * tasks > signs->figures->waiting;
    char count[PS_FIGURE_BYTES], done[PS_FIGURE_BYTES];
    if (!signs->running || signs->deadlocked || lanes == 0 || (!workers && !parked))
        return false;
    ps_figure_whole(count, tasks);
    if (workers)
        ps_finding_say(f, PS_STYLE_WARNING,
                       "Lock-bound: %.1f of %u workers wait for a lock and %.1f run; more workers "
                       "only make the line longer.",
                       signs->sums.lock, lanes, signs->sums.run);
    else
        ps_finding_say(f, PS_STYLE_WARNING,
                       "Lock-bound: %s tasks wait for a lock, and %.1f of %u workers run.", count,
                       signs->sums.run, lanes);
    ps_finding_figure(f, "workers in line", "%.1f of %u (bar: a third)", signs->sums.lock, lanes);
    ps_finding_figure(f, "tasks in line", "%s", count);
    name_lock(f, s);
    ps_finding_figure(f, "workers that run", "%.1f", signs->sums.run);
    ps_finding_figure(f, "done", "%s/s", ps_figure_rate(done, signs->figures->done));
    ps_finding_try(f, PS_DO_WHY, "who holds the lock, and who else waits");
    ps_finding_try(f, PS_DO_WORKERS_LESS, "one worker fewer: as much gets done");
    return true;
}

bool ps_look_gil(const struct ps_signs *signs, struct ps_finding *f)
{
    const struct ps_snapshot *s = signs->snapshot;
    unsigned lanes = signs->figures->lanes;
    char time[PS_FIGURE_BYTES], rate[PS_FIGURE_BYTES];
    if (s->gil_interval_ns == 0 || signs->sums.gil <= 0.5 || !signs->running)
        return false;
    ps_finding_say(f, PS_STYLE_WARNING,
                   "%.1f of %u workers wait for the GIL: all that compute do so as one (%.1f now).",
                   signs->sums.gil, lanes, signs->sums.run);
    ps_finding_figure(f, "workers in line", "%.1f of %u (bar: 0.5)", signs->sums.gil, lanes);
    ps_finding_figure(f, "workers that compute", "%.1f", signs->sums.run);
    ps_finding_figure(f, "hand-overs", "%s/s",
                      ps_figure_rate(rate, ps_signs_rate(signs, signs->then->gil_switches,
                                                         signs->now->gil_switches)));
    ps_finding_figure(f, "interval", "%s", ps_figure_time(time, s->gil_interval_ns));
    ps_finding_try(f, PS_DO_ENGINE, "process: each worker has an interpreter of its own");
    return true;
}

static double own_cpus(const struct ps_signs *signs)
{
    return 1e-9 * ps_signs_rate(signs, signs->then->process.cpu_ns, signs->now->process.cpu_ns);
}

bool ps_look_oversubscribed(const struct ps_signs *signs, struct ps_finding *f)
{
    const struct ps_snapshot *s = signs->snapshot;
    unsigned lanes = signs->figures->lanes;
    double ready = ps_signs_ready(signs);
    char rate[PS_FIGURE_BYTES];
    if (!signs->running || signs->sums.run <= s->usable_cpus || ready < 0.25)
        return false;
    double switches =
        ps_signs_rate(signs, signs->then->process.involuntary, signs->now->process.involuntary);
    ps_finding_say(f, PS_STYLE_WARNING,
                   "Oversubscribed: workers are ready but without a cpu %.0f %% of the time they "
                   "could run: %u workers on %u cpu.",
                   100 * ready, lanes, s->usable_cpus);
    ps_finding_figure(f, "ready without a CPU", "%.0f %% of the time they could run (bar: 25 %%)",
                      100 * ready);
    ps_finding_figure(f, "workers that run", "%.1f of %u, on %u CPUs", signs->sums.run, lanes,
                      s->usable_cpus);
    ps_finding_figure(f, "involuntary switches", "%s/s", ps_figure_rate(rate, switches));
    ps_finding_figure(f, "CPUs in use", "%.1f of %u", own_cpus(signs), s->usable_cpus);
    ps_finding_try(f, PS_DO_WORKERS_LESS, "one worker fewer: as much gets done");
    return true;
}

/* CPU seconds a second of all others, between the first and the last look at the machine within the
 * marks; negative: not known. */
static double others_cpus(const struct ps_signs *signs)
{
    const struct ps_machine_view *then = &signs->then->machine, *now = &signs->now->machine;
    if (!then->valid || !now->valid || now->at_ns < then->at_ns + PS_NS_PER_S)
        return -1;
    double seconds = (double)(now->at_ns - then->at_ns);
    double busy = (double)(now->busy_ns - then->busy_ns),
           own = (double)(now->own_ns - then->own_ns);
    return busy > own ? (busy - own) / seconds : 0;
}

/* The share of the time in which the kernel kept the run from its CPUs. It adds up the time of every
 * CPU whose queue it stopped: of as many as there are workers for. */
static double throttled_share(const struct ps_signs *signs)
{
    const struct ps_machine_view *then = &signs->then->machine, *now = &signs->now->machine;
    unsigned workers = signs->snapshot->workers, cpus = signs->snapshot->machine.affinity;
    cpus = workers < cpus ? workers : cpus;
    if (!then->valid || now->at_ns <= then->at_ns || cpus == 0)
        return 0;
    double share = (double)(now->throttled_ns - then->throttled_ns) /
                   ((double)(now->at_ns - then->at_ns) * cpus);
    return share < 1 ? share : 1;
}

bool ps_look_quota(const struct ps_signs *signs, struct ps_finding *f)
{
    const struct ps_machine_view *machine = &signs->snapshot->machine;
    double own = own_cpus(signs), throttled = throttled_share(signs);
    if (!signs->running || !machine->valid || machine->quota <= 0 ||
        machine->quota >= machine->affinity)
        return false;
    if (own < 0.8 * machine->quota && throttled < 0.05)
        return false;
    ps_finding_say(
        f, throttled >= 0.05 ? PS_STYLE_WARNING : PS_STYLE_NOTE,
        "The machine shows %u CPUs, but a cgroup allows %.3g of them: the kernel stopped "
        "this run %.0f %% of the time.",
        machine->cpus, machine->quota, 100 * throttled);
    ps_finding_figure(f, "CPU quota", "%.3g CPUs (cgroup)", machine->quota);
    ps_finding_figure(f, "CPUs it may run on", "%u of %u", machine->affinity, machine->cpus);
    ps_finding_figure(f, "CPUs in use", "%.2f (bar: %.2f)", own, 0.8 * machine->quota);
    ps_finding_figure(f, "throttled", "%.0f %% of the time (bar: 5 %%)", 100 * throttled);
    ps_finding_figure(f, "workers", "%u", signs->snapshot->workers);
    ps_finding_try(f, PS_DO_WORKERS_LESS, "as many workers as the quota has CPUs");
    return true;
}

bool ps_look_others(const struct ps_signs *signs, struct ps_finding *f)
{
    const struct ps_snapshot *s = signs->snapshot;
    double others = others_cpus(signs), own = own_cpus(signs), cpus = s->machine.cpus;
    double ready = ps_signs_ready(signs);
    if (!signs->running || others < 0.2 || own < 0.1 || others + own < 0.8 * cpus)
        return false;
    if (ready >= 0.1)
        ps_finding_say(f, PS_STYLE_WARNING,
                       "Other processes use %.1f of this machine's %.0f CPUs: workers here wait "
                       "for one %.0f %% of the time they could run.",
                       others, cpus, 100 * ready);
    else
        ps_finding_say(f, PS_STYLE_NOTE,
                       "Other processes use %.1f of this machine's %.0f CPUs, and this run %.1f.",
                       others, cpus, own);
    ps_finding_figure(f, "others", "%.2f CPUs in the last 2 s (bar: 0.2)", others);
    ps_finding_figure(f, "this run", "%.2f CPUs, the screen not counted", own);
    ps_finding_figure(f, "the machine", "%.0f CPUs, %.0f %% busy (bar: 80 %%)", cpus,
                      100 * (others + own) / cpus);
    if (ready >= 0)
        ps_finding_figure(f, "ready without a CPU", "%.0f %% of the time they could run",
                          100 * ready);
    ps_finding_try(f, PS_DO_NOTHING, "end what else runs, or measure in turns: poolscope compare");
    return true;
}
