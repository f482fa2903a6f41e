/* The diagnosis: a list of rules, each a function that adds at most one sentence, in the order of
 * their weight. A rule states what was seen, then what follows from it. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/clock.h"
#include "ui/figures.h"
#include "ui/format.h"

static void find(struct ps_figures *f, enum ps_style style, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void find(struct ps_figures *f, enum ps_style style, const char *format, ...)
{
    if (f->findings >= PS_FINDINGS_MAX)
        return;
    struct ps_finding *finding = &f->finding[f->findings++];
    finding->style = style;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(finding->text, sizeof finding->text, format, arguments);
    va_end(arguments);
}

static void ended(struct ps_figures *f, const struct ps_snapshot *s)
{
    bool failed = s->end == PS_END_DEADLOCK || s->end == PS_END_CRASH;
    if (s->message[0])
        find(f, failed ? PS_STYLE_ERROR : PS_STYLE_WARNING, "%s", s->message);
    else if (s->phase == PS_PHASE_ENDED)
        find(f, failed ? PS_STYLE_ERROR : PS_STYLE_NOTE, "The run has ended: %s.",
             ps_end_name(s->end));
}

/* Beside the watchdog's message: what to do about it. */
static void deadlocked(struct ps_figures *f, const struct ps_snapshot *s)
{
    find(
        f, PS_STYLE_NOTE,
        "A worker more (+) takes the next task of the queue, and hangs as well if that waits too.");
    find(f, PS_STYLE_NOTE, "r starts again.%s",
         s->traits & PS_TRAIT_PARKS_TASKS ? ""
                                          : " On green (e) a task that waits holds no worker.");
}

/* Many more tasks have begun than there are workers: they wait without holding one. */
static bool parked(struct ps_figures *f, const struct ps_snapshot *s)
{
    uint64_t begun = s->in_flight > s->queued ? s->in_flight - s->queued : 0;
    char text[PS_FIGURE_BYTES];
    if (!(s->traits & PS_TRAIT_PARKS_TASKS) || begun < 4 * (uint64_t)s->workers ||
        f->waiting < begun / 2)
        return false;
    find(f, PS_STYLE_GOOD, "%s tasks have begun on %u worker%s: here a task that waits holds none.",
         ps_figure_whole(text, begun), s->workers, s->workers == 1 ? "" : "s");
    return true;
}

/* The opposite: workers that do nothing but wait inside their tasks, and a queue behind them. */
static bool held(struct ps_figures *f, const struct ps_snapshot *s)
{
    double wait = 0, run = 0;
    char text[PS_FIGURE_BYTES];
    for (unsigned w = 0; w < f->lanes; w++) {
        for (unsigned i = PS_STATE_NET; i <= PS_STATE_BLOCK; i++)
            wait += f->rate[w].share[i];
        run += f->rate[w].share[PS_STATE_RUN];
    }
    if (s->traits & PS_TRAIT_PARKS_TASKS || f->lanes == 0 || wait < 0.8 * f->lanes ||
        run > 0.2 * f->lanes || s->queued < f->lanes)
        return false;
    find(f, PS_STYLE_WARNING,
         "%u of %u workers are held by tasks that wait, and %s tasks are queued: more workers (+), "
         "or an engine where a waiting task holds none (e: green, async).",
         (unsigned)(wait + 0.5), f->lanes, ps_figure_whole(text, s->queued));
    return true;
}

static void paused(struct ps_figures *f, const struct ps_snapshot *s)
{
    if (s->phase == PS_PHASE_PAUSED)
        find(f, PS_STYLE_NOTE, "The workload is paused (Space resumes); arrivals wait as well.");
    else if (s->phase == PS_PHASE_STARTING)
        find(f, PS_STYLE_NOTE, "The host is starting: it measures this machine.");
    else if (s->phase == PS_PHASE_DRAINING)
        find(f, PS_STYLE_NOTE, "The pool is closed and finishes what it has.");
}

/* A worker that has been inside one task for long while the others went on. */
static void stuck(struct ps_figures *f, const struct ps_snapshot *s)
{
    int oldest = -1;
    uint64_t age = 2 * (uint64_t)PS_NS_PER_S;
    for (unsigned w = 0; w < f->lanes; w++) {
        enum ps_state state = s->worker[w].state;
        bool holds = state == PS_STATE_RUN || state == PS_STATE_BLOCK || state == PS_STATE_LOCK;
        if (holds && ps_state_age(s, w) > age) {
            age = ps_state_age(s, w);
            oldest = (int)w;
        }
    }
    if (oldest < 0 || age < 20 * f->latency[PS_ROW_SERVICE].p50_ns)
        return;
    char time[PS_FIGURE_BYTES], robbed[PS_FIGURE_BYTES];
    const struct ps_worker_view *w = &s->worker[oldest];
    const char *type = w->type >= 0 && (unsigned)w->type < s->types ? s->type[w->type].name : "";
    ps_figure_age(time, age);
    if (f->rate[oldest].robbed_per_s >= 1)
        find(f, PS_STYLE_WARNING,
             "W%d has been in one task (%s) for %s; others take %s/s from its queue.", oldest, type,
             time, ps_figure_rate(robbed, f->rate[oldest].robbed_per_s));
    else
        find(f, PS_STYLE_WARNING, "W%d has been in one task (%s, %s) for %s.", oldest, type,
             ps_state_name(w->state), time);
}

static void idle_beside_backlog(struct ps_figures *f, const struct ps_snapshot *s)
{
    unsigned idle = 0, longest = 0;
    for (unsigned w = 0; w < f->lanes; w++) {
        idle += f->rate[w].share[PS_STATE_IDLE] > 0.5f;
        if (s->worker[w].queue_depth > s->worker[longest].queue_depth)
            longest = w;
    }
    uint64_t depth = s->worker[longest].queue_depth;
    if (idle == 0 || depth < 4 || s->phase != PS_PHASE_RUNNING)
        return;
    bool can = s->traits & PS_TRAIT_STEALS;
    find(f, PS_STYLE_WARNING, "%u idle worker%s beside waiting work: W%u has %" PRIu64 " queued.%s",
         idle, idle == 1 ? "" : "s", longest, depth,
         can && !s->stealing ? " Stealing is off (s)." : "");
}

static void refusing(struct ps_figures *f, const struct ps_snapshot *s)
{
    char refused[PS_FIGURE_BYTES], offered[PS_FIGURE_BYTES], done[PS_FIGURE_BYTES];
    if (f->refused >= 0.5)
        find(f, PS_STYLE_WARNING,
             "Refusing %s/s (%.0f %%): %s/s offered is more than the %s/s that get done. + or [",
             ps_figure_rate(refused, f->refused),
             f->offered > 0 ? 100 * f->refused / f->offered : 0.0,
             ps_figure_rate(offered, f->offered), ps_figure_rate(done, f->done));
    else if (s->queue_bound && s->queued >= s->queue_bound)
        find(f, PS_STYLE_WARNING, "The queue is full (%" PRIu64 "): submitters wait for room.",
             s->queue_bound);
}

static void growing(struct ps_figures *f, const struct ps_history *history)
{
    unsigned columns = ps_history_columns(history);
    if (columns < 60 || f->refused >= 0.5)
        return;
    const struct ps_pool_column *now = ps_history_pool(history, 0);
    const struct ps_pool_column *middle = ps_history_pool(history, 25);
    const struct ps_pool_column *then = ps_history_pool(history, 50);
    float growth = (now->queued - then->queued) / 5;
    if (now->queued > middle->queued && middle->queued > then->queued && growth > 1 &&
        now->queued > 20)
        find(f, PS_STYLE_WARNING, "The queue grows by %.0f tasks a second: more comes than goes.",
             (double)growth);
}

static void without_cpu(struct ps_figures *f, const struct ps_snapshot *s)
{
    double ready = 0, run = 0;
    for (unsigned w = 0; w < f->lanes; w++) {
        ready += f->rate[w].ready > 0 ? f->rate[w].ready : 0;
        run += f->rate[w].share[PS_STATE_RUN];
    }
    if (run > 0.5 && ready > 0.25 * run)
        find(f, PS_STYLE_WARNING,
             "Workers are ready but without a cpu %.0f %% of their running time: %u workers on %u "
             "cpu.",
             100 * ready / run, f->lanes, s->usable_cpus);
}

static void behind_the_gil(struct ps_figures *f, const struct ps_snapshot *s)
{
    double wait = 0, run = 0;
    for (unsigned w = 0; w < f->lanes; w++) {
        wait += f->rate[w].share[PS_STATE_GIL];
        run += f->rate[w].share[PS_STATE_RUN];
    }
    if (s->gil_interval_ns && wait > 0.5)
        find(f, PS_STYLE_WARNING,
             "%.1f of %u workers wait for the GIL: all that compute do so as one (%.1f now).", wait,
             f->lanes, run);
}

static void where_time_goes(struct ps_figures *f)
{
    const struct ps_quantiles *response = &f->latency[PS_ROW_RESPONSE];
    const struct ps_quantiles *queueing = &f->latency[PS_ROW_QUEUEING];
    if (response->count < 20 || response->mean_ns == 0)
        return;
    double share = 100.0 * (double)queueing->mean_ns / (double)response->mean_ns;
    char time[PS_FIGURE_BYTES];
    if (share > 10)
        find(f, PS_STYLE_NOTE, "Of the mean response of %s, %.0f %% is waiting in a queue.",
             ps_figure_time(time, response->mean_ns), share > 100 ? 100 : share);
}

void ps_diagnose(struct ps_figures *f, const struct ps_live_view *view)
{
    const struct ps_snapshot *s = view->snapshot;
    f->findings = 0;
    if (!ps_view_deadlocked(view)) /* else the screen says it above all */
        ended(f, s);
    paused(f, s);
    if (ps_view_deadlocked(view)) {
        deadlocked(f, s);
    } else if (s->phase != PS_PHASE_ENDED && s->phase != PS_PHASE_PAUSED) {
        stuck(f, s);
        if (!parked(f, s))
            held(f, s);
        idle_beside_backlog(f, s);
        refusing(f, s);
        growing(f, view->history);
        behind_the_gil(f, s);
        without_cpu(f, s);
    }
    where_time_goes(f);
    if (f->findings == 0)
        find(f, PS_STYLE_GOOD, "Nothing unusual.");
}
