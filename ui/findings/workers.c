/* Workers: what they are kept by, or lack. */
#include <inttypes.h>

#include "base/clock.h"
#include "ui/findings/finding.h"
#include "ui/format.h"

static const char *type_name(const struct ps_snapshot *s, int type)
{
    return type >= 0 && (unsigned)type < s->types ? s->type[type].name : "?";
}

/* In which state a worker is kept from its queue. */
static bool holds(enum ps_state state)
{
    return state == PS_STATE_RUN || state == PS_STATE_BLOCK || state == PS_STATE_LOCK;
}

bool ps_look_hogged(const struct ps_signs *signs, struct ps_finding *f)
{
    const struct ps_snapshot *s = signs->snapshot;
    const struct ps_figures *figures = signs->figures;
    uint64_t median_ns = figures->latency[PS_ROW_SERVICE].p50_ns, age_ns = 2 * PS_NS_PER_S;
    int oldest = -1;
    for (unsigned w = 0; w < figures->lanes; w++)
        if (holds(s->worker[w].state) && ps_state_age(s, w) > age_ns) {
            age_ns = ps_state_age(s, w);
            oldest = (int)w;
        }
    if (!signs->running || signs->deadlocked || oldest < 0 || age_ns < 20 * median_ns)
        return false;
    const struct ps_worker_view *w = &s->worker[oldest];
    const struct ps_worker_rates *rate = &figures->rate[oldest];
    char time[PS_FIGURE_BYTES], text[PS_FIGURE_BYTES];
    ps_figure_age(time, age_ns);
    if (rate->robbed_per_s >= 1)
        ps_finding_say(f, PS_STYLE_WARNING,
                       "W%d has been in one task (%s) for %s; others take %s/s from its queue.",
                       oldest, type_name(s, w->type), time,
                       ps_figure_rate(text, rate->robbed_per_s));
    else
        ps_finding_say(f, PS_STYLE_WARNING, "W%d has been in one task (%s, %s) for %s.", oldest,
                       type_name(s, w->type), ps_state_name(w->state), time);
    ps_finding_figure(f, "in this task for", "%s (bar: 2 s)", time);
    ps_finding_figure(f, "median service", "%s", ps_figure_time(text, median_ns));
    ps_finding_figure(f, "queued at this worker", "%" PRIu64, w->queue_depth);
    if (s->traits & PS_TRAIT_STEALS)
        ps_finding_figure(f, "stolen from it", "%s/s by all others",
                          ps_figure_rate(text, rate->robbed_per_s));
    ps_finding_try(f, PS_DO_WHY, "why this worker is like this");
    if ((s->traits & PS_TRAIT_STEALS) && !s->stealing)
        ps_finding_try(f, PS_DO_STEALING, "let the others take what waits behind it");
    else
        ps_finding_try(f, PS_DO_FAULT, "if it is an injected fault: off");
    return true;
}

/* The most that were queued at the ends of the columns of the last 2 s. */
static uint64_t most_queued(const struct ps_signs *signs)
{
    float most = (float)signs->snapshot->queued;
    for (unsigned age = 0; age < PS_RATE_COLUMNS; age++) {
        const struct ps_pool_column *column = ps_history_pool(signs->history, age);
        if (column && column->queued > most)
            most = column->queued;
    }
    return (uint64_t)most;
}

bool ps_look_loop(const struct ps_signs *signs, struct ps_finding *f)
{
    const struct ps_snapshot *s = signs->snapshot;
    bool loops = !(s->traits & PS_TRAIT_DIRECT);
    uint64_t longest_ns = 0, hogs = 0, before = 0, waited = most_queued(signs);
    unsigned worst = 0;
    char time[PS_FIGURE_BYTES], rate[PS_FIGURE_BYTES], queued[PS_FIGURE_BYTES];
    if (!(s->traits & PS_TRAIT_PARKS_TASKS) || !signs->running || waited == 0)
        return false;
    for (unsigned w = 0; w < s->slots; w++) {
        uint64_t grown = signs->now->worker[w].hogs - signs->then->worker[w].hogs;
        if (grown > signs->now->worker[worst].hogs - signs->then->worker[worst].hogs)
            worst = w;
        hogs += signs->now->worker[w].hogs;
        before += signs->then->worker[w].hogs;
        longest_ns = s->worker[w].hog_ns > longest_ns ? s->worker[w].hog_ns : longest_ns;
    }
    double per_s = ps_signs_rate(signs, before, hogs);
    if (per_s < 1)
        return false;
    f->lesson = loops ? 12 : 11;
    ps_finding_say(f, PS_STYLE_WARNING,
                   loops ? "Tasks block the loop of W%u: %s/s keep it too long; up to %s others "
                           "waited."
                         : "Tasks keep W%u and do not give way: %s/s take too long; up to %s "
                           "others waited.",
                   worst, ps_figure_rate(rate, per_s), ps_figure_whole(queued, waited));
    ps_finding_figure(f, "kept too long",
                      "%s/s in the last %.1f s (bar: 1/s); what is too long says the preset, 10 ms "
                      "unless it does",
                      rate, signs->seconds);
    ps_finding_figure(f, "longest so far", "%s", ps_figure_time(time, longest_ns));
    ps_finding_figure(f, "waited meanwhile", "up to %s tasks", queued);
    ps_finding_figure(f, "workers", "%u", s->workers);
    ps_finding_try(f, PS_DO_ENGINE, "an engine that calls from a thread of its own: threadpool");
    ps_finding_try(f, PS_DO_WORKERS_MORE, "one worker more");
    return true;
}

/* Many more tasks have begun than there are workers: they wait without holding one. */
bool ps_look_parked(const struct ps_signs *signs, struct ps_finding *f)
{
    const struct ps_snapshot *s = signs->snapshot;
    uint64_t begun = s->in_flight > s->queued ? s->in_flight - s->queued : 0;
    char text[PS_FIGURE_BYTES], waiting[PS_FIGURE_BYTES];
    if (!(s->traits & PS_TRAIT_PARKS_TASKS) || begun < 4 * (uint64_t)s->workers ||
        signs->figures->waiting < begun / 2 || !signs->running || signs->deadlocked)
        return false;
    ps_finding_say(f, PS_STYLE_GOOD,
                   "%s tasks have begun on %u worker%s: here a task that waits holds none.",
                   ps_figure_whole(text, begun), s->workers, s->workers == 1 ? "" : "s");
    ps_finding_figure(f, "begun and not ended", "%s tasks", text);
    ps_finding_figure(f, "of them wait", "%s", ps_figure_whole(waiting, signs->figures->waiting));
    ps_finding_figure(f, "workers", "%u", s->workers);
    ps_finding_try(f, PS_DO_ENGINE, "compare with an engine whose waiting tasks hold a thread");
    return true;
}

/* The opposite: workers that do nothing but wait inside their tasks, and a queue behind them. */
bool ps_look_held(const struct ps_signs *signs, struct ps_finding *f)
{
    const struct ps_snapshot *s = signs->snapshot;
    unsigned lanes = signs->figures->lanes;
    char text[PS_FIGURE_BYTES];
    if (s->traits & PS_TRAIT_PARKS_TASKS || lanes == 0 || !signs->running || signs->deadlocked ||
        signs->sums.wait < 0.8 * lanes || signs->sums.run > 0.2 * lanes || s->queued < lanes)
        return false;
    ps_finding_say(f, PS_STYLE_WARNING,
                   "%u of %u workers are held by tasks that wait, and %s tasks are queued: more "
                   "workers (+), or an engine where a waiting task holds none (e: green, async).",
                   (unsigned)(signs->sums.wait + 0.5), lanes, ps_figure_whole(text, s->queued));
    ps_finding_figure(f, "workers that wait", "%.1f of %u (bar: %.1f)", signs->sums.wait, lanes,
                      0.8 * lanes);
    ps_finding_figure(f, "workers that run", "%.1f", signs->sums.run);
    ps_finding_figure(f, "queued", "%s tasks (bar: %u)", text, lanes);
    ps_finding_figure(
        f, "CPUs in use", "%.1f of %u",
        ps_signs_rate(signs, signs->then->process.cpu_ns, signs->now->process.cpu_ns) * 1e-9,
        s->usable_cpus);
    ps_finding_try(f, PS_DO_WORKERS_MORE, "more workers: waiting costs no CPU");
    ps_finding_try(f, PS_DO_ENGINE, "green or async: a task that waits holds no worker");
    return true;
}

bool ps_look_idle(const struct ps_signs *signs, struct ps_finding *f)
{
    const struct ps_snapshot *s = signs->snapshot;
    const struct ps_figures *figures = signs->figures;
    unsigned idle = 0, longest = 0, laziest = 0;
    for (unsigned w = 0; w < figures->lanes; w++) {
        idle += figures->rate[w].share[PS_STATE_IDLE] > 0.5f;
        if (figures->rate[w].share[PS_STATE_IDLE] > figures->rate[laziest].share[PS_STATE_IDLE])
            laziest = w;
        if (s->worker[w].queue_depth > s->worker[longest].queue_depth)
            longest = w;
    }
    uint64_t depth = s->worker[longest].queue_depth;
    if (idle == 0 || depth < 4 || s->phase != PS_PHASE_RUNNING || signs->deadlocked)
        return false;
    bool off = s->traits & PS_TRAIT_STEALS && !s->stealing;
    ps_finding_say(f, PS_STYLE_WARNING,
                   "%u idle worker%s beside waiting work: W%u has %" PRIu64 " queued.%s", idle,
                   idle == 1 ? "" : "s", longest, depth, off ? " Stealing is off (s)." : "");
    ps_finding_figure(f, "idle workers", "%u of %u; W%u %.0f %% of the time (bar: 50 %%)", idle,
                      figures->lanes, laziest,
                      100 * (double)figures->rate[laziest].share[PS_STATE_IDLE]);
    ps_finding_figure(f, "longest queue", "W%u, %" PRIu64 " tasks (bar: 4)", longest, depth);
    ps_finding_figure(f, "stealing", "%s",
                      off                           ? "off"
                      : s->traits & PS_TRAIT_STEALS ? "on"
                                                    : "this engine cannot");
    ps_finding_figure(f, "steals", "%.0f/s", figures->steals);
    if (off)
        ps_finding_try(f, PS_DO_STEALING, "let idle workers take it");
    else
        ps_finding_try(f, PS_DO_ENGINE, "one queue for all, or one that steals");
    return true;
}
