#include "host/phases.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "host/control.h"
#include "metrics/snapshot.h"
#include "model/phases.h"

/* ---- before the run ---- */

static bool is_given(const struct ps_workers_spec *workers)
{
    return workers->count > 0 || workers->factor > 0;
}

static bool workers_possible(const struct ps_run *run, const struct ps_phase_def *phase, char *why,
                             size_t size)
{
    const struct ps_policy *policy = run->policy;
    if (!is_given(&phase->workers))
        return true;
    unsigned workers = ps_workers_count(&phase->workers, run->usable_cpus);
    if (policy->fixed)
        snprintf(why, size, "phase %s.workers: %s", phase->name, policy->fixed);
    else if (workers > policy->max_workers)
        snprintf(why, size, "phase %s.workers = %u: %s:%s runs at most %u", phase->name, workers,
                 run->experiment.engine, policy->name, policy->max_workers);
    else
        return true;
    return false;
}

static bool faults_possible(const struct ps_phase_def *phase, char *why, size_t size)
{
    cpu_set_t cpus;
    unsigned count = sched_getaffinity(0, sizeof cpus, &cpus) == 0 ? (unsigned)CPU_COUNT(&cpus) : 1;
    for (unsigned i = 0; i < phase->faults.count; i++) {
        const struct ps_fault *fault = &phase->faults.fault[i];
        if (fault->kind != PS_FAULT_LOSE || (fault->cpu < count && count > 1))
            continue;
        if (count == 1)
            snprintf(why, size, "phase %s.fault = lose cpu %u: this run has only one", phase->name,
                     fault->cpu);
        else
            snprintf(why, size, "phase %s.fault = lose cpu %u: this run may use 0 to %u",
                     phase->name, fault->cpu, count - 1);
        return false;
    }
    return true;
}

bool ps_phases_possible(const struct ps_run *run, char *why, size_t size)
{
    const struct ps_experiment *e = &run->experiment;
    for (unsigned i = 0; i < e->phase_count; i++)
        if (!workers_possible(run, &e->phases[i], why, size) ||
            !faults_possible(&e->phases[i], why, size))
            return false;
    return true;
}

void ps_phases_init(struct ps_phase_clock *clock, struct ps_run *run)
{
    struct ps_segment *segment = run->segment;
    _Static_assert(PS_PHASES_MAX == PS_MAX_PHASES, "a mark for every phase");
    clock->next = 0;
    clock->count = ps_phases_in_order(&run->experiment, clock->order);
    ps_profile_init(&clock->profile, &run->experiment);
    for (unsigned i = 0; i < clock->count; i++) {
        struct ps_phase_mark *mark = &segment->phase_mark[i];
        char text[1024];
        snprintf(mark->name, sizeof mark->name, "%s", clock->order[i]->name);
        ps_phase_text(text, sizeof text, &run->experiment, clock->order[i]);
        snprintf(mark->change, sizeof mark->change, "%.*s", (int)sizeof mark->change - 1, text);
    }
    /* release, partner ps_snapshot_take: names and texts do not change any more. */
    atomic_store_explicit(&segment->phase_count, clock->count, memory_order_release);
}

/* ---- while it runs ---- */

/* What has happened so far, so that each phase has figures of its own. */
static void mark(struct ps_run *run, unsigned index)
{
    struct ps_segment *segment = run->segment;
    struct ps_phase_mark *into = &segment->phase_mark[index];
    struct ps_totals totals;
    ps_totals_take(&totals, segment);
    into->at_ns = ps_now_ns() - segment->epoch_ns;
    into->submitted = totals.submitted;
    into->started = totals.started;
    into->retried = totals.retried;
    memcpy(into->ended, totals.ended, sizeof into->ended);
    /* release, partner ps_snapshot_take: the mark is whole. */
    atomic_store_explicit(&segment->phases_begun, index + 1, memory_order_release);
}

static void order(struct ps_control *control, const struct ps_phase_def *phase, const char *line)
{
    char answer[256], text[PS_MESSAGE_BYTES];
    ps_control_line(control, line, answer, sizeof answer);
    if (strcmp(answer, "ok") == 0)
        return;
    snprintf(text, sizeof text, "phase %s: %.80s: %.120s", phase->name, line, answer);
    ps_segment_say(control->run->segment, text);
}

static void carry_out(struct ps_control *control, const struct ps_phase_def *phase)
{
    struct ps_run *run = control->run;
    char line[256];
    if (is_given(&phase->workers)) {
        snprintf(line, sizeof line, "workers %u",
                 ps_workers_count(&phase->workers, run->usable_cpus));
        order(control, phase, line);
    }
    if (phase->in_flight) {
        snprintf(line, sizeof line, "in_flight %llu", (unsigned long long)phase->in_flight);
        order(control, phase, line);
    }
    for (unsigned i = 0; i < phase->faults.count; i++) {
        int n = snprintf(line, sizeof line, "fault ");
        ps_fault_format(line + n, sizeof line - (size_t)n, &run->experiment,
                        &phase->faults.fault[i]);
        order(control, phase, line);
    }
}

uint64_t ps_phases_run(struct ps_control *control, uint64_t run_ns)
{
    struct ps_phase_clock *clock = &control->phases;
    while (clock->next < clock->count && clock->order[clock->next]->at_ns <= run_ns) {
        mark(control->run, clock->next);
        carry_out(control, clock->order[clock->next]);
        clock->next++;
    }
    return clock->next < clock->count ? clock->order[clock->next]->at_ns : PS_NEVER;
}

void ps_phases_publish_rate(const struct ps_phase_clock *clock, struct ps_run *run, uint64_t run_ns)
{
    if (run->experiment.model != PS_ARRIVAL_OPEN)
        return;
    double rate = ps_profile_rate(&clock->profile, run_ns);
    atomic_store_explicit(&run->segment->rate_milli, (uint64_t)(rate * 1000), memory_order_relaxed);
}
