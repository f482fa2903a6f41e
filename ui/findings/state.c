/* The state of the run itself. */
#include "base/clock.h"
#include "ui/findings/finding.h"
#include "ui/format.h"

bool ps_look_ended(const struct ps_signs *signs, struct ps_finding *f)
{
    const struct ps_snapshot *s = signs->snapshot;
    bool failed = s->end == PS_END_DEADLOCK || s->end == PS_END_CRASH;
    char done[PS_FIGURE_BYTES], sent[PS_FIGURE_BYTES], time[PS_FIGURE_BYTES];
    if (signs->deadlocked || (!s->message[0] && s->phase != PS_PHASE_ENDED))
        return false;
    if (s->message[0])
        ps_finding_say(f, failed ? PS_STYLE_ERROR : PS_STYLE_WARNING, "%s", s->message);
    else
        ps_finding_say(f, failed ? PS_STYLE_ERROR : PS_STYLE_NOTE, "The run has ended: %s.",
                       ps_end_name(s->end));
    ps_finding_figure(f, "end", "%s", ps_end_name(s->end));
    ps_finding_figure(f, "tasks", "%s of %s completed in %s",
                      ps_figure_whole(done, s->totals.ended[PS_COMPLETED]),
                      ps_figure_whole(sent, s->totals.submitted),
                      ps_figure_age(time, signs->figures->run_ns));
    ps_finding_try(f, PS_DO_RESTART, "start the run again");
    return true;
}

bool ps_look_paused(const struct ps_signs *signs, struct ps_finding *f)
{
    const struct ps_snapshot *s = signs->snapshot;
    char flight[PS_FIGURE_BYTES];
    if (s->phase == PS_PHASE_PAUSED)
        ps_finding_say(f, PS_STYLE_NOTE,
                       "The workload is paused (Space resumes); arrivals wait as well.");
    else if (s->phase == PS_PHASE_STARTING)
        ps_finding_say(f, PS_STYLE_NOTE, "The host is starting: it measures this machine.");
    else if (s->phase == PS_PHASE_DRAINING)
        ps_finding_say(f, PS_STYLE_NOTE, "The pool is closed and finishes what it has.");
    else
        return false;
    ps_finding_figure(f, "in flight", "%s tasks", ps_figure_whole(flight, s->in_flight));
    if (s->phase == PS_PHASE_PAUSED)
        ps_finding_try(f, PS_DO_PAUSE, "go on");
    return true;
}

/* Beside the watchdog's message, which the screen shows above all: what to do about it. */
bool ps_look_deadlock(const struct ps_signs *signs, struct ps_finding *f)
{
    const struct ps_snapshot *s = signs->snapshot;
    unsigned held = 0;
    char queued[PS_FIGURE_BYTES], waiting[PS_FIGURE_BYTES], age[PS_FIGURE_BYTES];
    uint64_t since_ns = 0;
    if (!signs->deadlocked)
        return false;
    for (unsigned w = 0; w < s->slots; w++) {
        bool waits = s->worker[w].state >= PS_STATE_LOCK && s->worker[w].state <= PS_STATE_BLOCK;
        held += waits;
        if (waits && s->worker[w].since_ns > since_ns)
            since_ns = s->worker[w].since_ns;
    }
    ps_finding_say(
        f, PS_STYLE_NOTE, "+ takes the next task in line: it may hang as well. r starts again.%s",
        s->traits & PS_TRAIT_PARKS_TASKS ? "" : " On green (e) a task that waits holds no worker.");
    ps_finding_figure(f, "workers that wait", "%u of %u", held, s->workers);
    ps_finding_figure(f, "tasks that wait", "%s",
                      ps_figure_whole(waiting, signs->figures->waiting));
    ps_finding_figure(f, "queued behind them", "%s", ps_figure_whole(queued, s->queued));
    if (since_ns && s->at_ns > since_ns)
        ps_finding_figure(f, "since the last moved", "%s", ps_figure_age(age, s->at_ns - since_ns));
    ps_finding_try(f, PS_DO_WORKERS_MORE, "one worker more: it can run what the others wait for");
    ps_finding_try(f, PS_DO_ENGINE, "an engine where a task that waits holds no worker");
    ps_finding_try(f, PS_DO_RESTART, "start again");
    return true;
}
