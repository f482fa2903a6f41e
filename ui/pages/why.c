/* Why the selected worker is as it is: what it does or waits for and since when, who holds what it
 * waits for, who else waits, and what follows. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "ui/format.h"
#include "ui/pages/page.h"

enum { FIGURE = 20 };

/* What the lines below are about. */
struct why {
    struct ps_page_pen *pen;
    const struct ps_live_view *view;
    const struct ps_figures *figures;
    const struct ps_snapshot *snapshot;
    const struct ps_worker_view *worker;
    unsigned number;              /* of the worker */
    const struct ps_step_def *at; /* the step its task is at, or NULL: not known */
};

static void row(const struct why *w, const char *label, const char *text)
{
    ps_page_row(w->pen, FIGURE, label, PS_STYLE_STRONG, "%s", text);
}

/* ---- who holds, who waits ---- */

/* "W3: order #812, running" */
static void name_holder(const struct why *w, char *into, size_t size,
                        const struct ps_holder_view *holder)
{
    const struct ps_snapshot *s = w->snapshot;
    char age[PS_FIGURE_BYTES], who[16];
    uint64_t held_ns = s->at_ns > holder->since_ns ? s->at_ns - holder->since_ns : 0;
    const char *type = ps_page_type_name(s, holder->type);
    if (!holder->held) {
        snprintf(into, size, "nobody at this instant: it changes hands");
        return;
    }
    if (holder->worker >= 0)
        snprintf(who, sizeof who, "W%d", holder->worker);
    else
        snprintf(who, sizeof who, "no worker");
    int n = snprintf(into, size, "%s: %s #%" PRIu32, who, type, holder->task);
    if (held_ns > 0 && n > 0 && (size_t)n < size)
        snprintf(into + n, size - (size_t)n, ", for %s at least", ps_figure_age(age, held_ns));
}

/* What keeps the one who holds it: his state, and whether he has a CPU. */
static void holder_state(const struct why *w, const struct ps_holder_view *holder)
{
    if (!holder->held || holder->worker < 0 || (unsigned)holder->worker >= w->figures->lanes)
        return;
    const struct ps_worker_view *other = &w->snapshot->worker[holder->worker];
    float ready = w->figures->rate[holder->worker].ready;
    char text[96];
    int n = snprintf(text, sizeof text, "%s", ps_state_meaning(other->state));
    if (ready > 0.05f)
        snprintf(text + n, sizeof text - (size_t)n, "; ready without a CPU %.0f %% of the time",
                 100 * (double)ready);
    row(w, "its holder", text);
}

/* The workers in a state, without this one: "W1 W4 W7 and 3 more". */
static void others_in(const struct why *w, enum ps_state state, const char *label)
{
    char text[96] = "";
    size_t used = 0;
    unsigned more = 0;
    for (unsigned i = 0; i < w->figures->lanes; i++) {
        if (i == w->number || w->snapshot->worker[i].state != state)
            continue;
        if (used + 8 < 48)
            used += (size_t)snprintf(text + used, sizeof text - used, "%sW%u", used ? " " : "", i);
        else
            more++;
    }
    if (more > 0)
        snprintf(text + used, sizeof text - used, " and %u more", more);
    row(w, label, used ? text : "no other worker");
}

/* ---- by state ---- */

static void why_lock(const struct why *w)
{
    const struct ps_snapshot *s = w->snapshot;
    bool known = w->at && w->at->kind == PS_STEP_LOCK && w->at->lock < s->locks;
    char text[128];
    if (known) {
        const struct ps_lock_view *lock = &s->lock[w->at->lock];
        name_holder(w, text, sizeof text, &lock->holder);
        row(w, "held by", text);
        holder_state(w, &lock->holder);
        snprintf(text, sizeof text,
                 "%" PRIu64 " task%s for '%s', this one counted; it was got "
                 "%" PRIu64 " times so far",
                 lock->waiting, lock->waiting == 1 ? "" : "s", lock->name, lock->taken);
        row(w, "in line", text);
    }
    others_in(w, PS_STATE_LOCK, "workers in line");
    ps_page_wrap(
        w->pen, 2, PS_STYLE_NORMAL,
        s->traits & PS_TRAIT_PARKS_TASKS
            ? "One task at a time gets through, on any number of workers."
            : "One worker at a time gets through; more workers only make the line longer.");
}

static void why_gil(const struct why *w)
{
    char text[128], time[PS_FIGURE_BYTES];
    name_holder(w, text, sizeof text, &w->snapshot->gil_holder);
    row(w, "held by", text);
    holder_state(w, &w->snapshot->gil_holder);
    others_in(w, PS_STATE_GIL, "wait as well");
    snprintf(text, sizeof text,
             "After %s it asks the holder to drop the lock; only one worker computes at a time.",
             ps_figure_time(time, w->snapshot->gil_interval_ns));
    ps_page_wrap(w->pen, 2, PS_STYLE_NORMAL, text);
}

static void why_join(const struct why *w)
{
    const struct ps_snapshot *s = w->snapshot;
    unsigned running = 0;
    char text[128], queued[PS_FIGURE_BYTES];
    for (unsigned i = 0; i < w->figures->lanes; i++)
        running += s->worker[i].state == PS_STATE_RUN;
    if (w->worker->children > 0) {
        snprintf(text, sizeof text, "%" PRIu64 " child tasks spawned so far; it waits for the last",
                 w->worker->children);
        row(w, "its children", text);
    }
    snprintf(text, sizeof text, "%s tasks are queued, %u of %u workers run one",
             ps_figure_whole(queued, s->queued), running, s->workers);
    row(w, "meanwhile", text);
    others_in(w, PS_STATE_JOIN, "wait as well");
    if (ps_view_deadlocked(w->view))
        ps_page_wrap(w->pen, 2, PS_STYLE_ERROR,
                     "Its children are behind it in the queue, and every worker waits like this "
                     "one: a deadlock. + adds a worker.");
    else if (!(s->traits & (PS_TRAIT_PARKS_TASKS | PS_TRAIT_HELPS)))
        ps_page_wrap(w->pen, 2, PS_STYLE_NORMAL,
                     "Here a task that waits for its children holds its worker. If all do, nobody "
                     "is left to run the children.");
}

/* Sleeping, or waiting for the network, a file, a call. */
static void why_waits(const struct why *w)
{
    const struct ps_snapshot *s = w->snapshot;
    char text[96], queued[PS_FIGURE_BYTES];
    others_in(w, w->worker->state, "wait as well");
    if (s->traits & PS_TRAIT_PARKS_TASKS)
        snprintf(text, sizeof text, "The call blocks the worker itself: %s tasks behind it wait.",
                 ps_figure_whole(queued, w->worker->queue_depth));
    else
        snprintf(text, sizeof text,
                 "Its task holds the worker while it waits; %s tasks are queued meanwhile.",
                 ps_figure_whole(queued, s->queued));
    ps_page_wrap(w->pen, 2, PS_STYLE_NORMAL, text);
}

static void why_runs(const struct why *w)
{
    const struct ps_worker_rates *rate = &w->figures->rate[w->number];
    const struct ps_snapshot *s = w->snapshot;
    char text[96];
    for (unsigned i = 0; i < s->locks; i++) {
        const struct ps_lock_view *lock = &s->lock[i];
        if (!lock->holder.held || lock->holder.worker != (int)w->number)
            continue;
        snprintf(text, sizeof text, "'%s', for which %" PRIu64 " other task%s wait%s", lock->name,
                 lock->waiting, lock->waiting == 1 ? "" : "s", lock->waiting == 1 ? "s" : "");
        row(w, "it holds", text);
    }
    if (s->gil_interval_ns && s->gil_holder.held && s->gil_holder.worker == (int)w->number) {
        row(w, "it holds", "the GIL");
        others_in(w, PS_STATE_GIL, "wait for it");
    }
    if (rate->ready < 0)
        return;
    snprintf(text, sizeof text, "%.0f %% of the last 2 s; ready and without one %.0f %%",
             100 * ps_page_cpu(w->view, w->number), 100 * (double)rate->ready);
    row(w, "on a CPU", text);
}

/* The longest queue of another worker. */
static unsigned longest_queue(const struct why *w)
{
    unsigned longest = w->number;
    for (unsigned i = 0; i < w->figures->lanes; i++)
        if (i != w->number &&
            (longest == w->number ||
             w->snapshot->worker[i].queue_depth > w->snapshot->worker[longest].queue_depth))
            longest = i;
    return longest;
}

static void why_idle(const struct why *w)
{
    const struct ps_snapshot *s = w->snapshot;
    unsigned other = longest_queue(w);
    uint64_t depth = other == w->number ? 0 : s->worker[other].queue_depth;
    bool steals = s->traits & PS_TRAIT_STEALS;
    char text[160];
    if (s->traits & PS_TRAIT_WORKER_QUEUE) {
        snprintf(text, sizeof text, "%" PRIu64 " tasks", w->worker->queue_depth);
        row(w, "its queue", text);
        snprintf(text, sizeof text, "W%u has %" PRIu64 " queued", other, depth);
        if (other != w->number)
            row(w, "longest other", text);
    }
    if (s->traits & PS_TRAIT_PARKS_TASKS && w->figures->waiting > 0) {
        snprintf(text, sizeof text, "%" PRIu64 " tasks that have begun; they hold no worker",
                 w->figures->waiting);
        row(w, "wait elsewhere", text);
    }
    if (s->phase == PS_PHASE_PAUSED)
        snprintf(text, sizeof text, "The workload is paused.");
    else if (s->queued == 0)
        snprintf(text, sizeof text,
                 "Nothing is queued anywhere: there is less to do than the pool "
                 "can do.");
    else if (depth > 0 && steals && !s->stealing)
        snprintf(text, sizeof text,
                 "There is work, but not in its queue, and stealing is off (s).");
    else if (depth > 0 && !steals)
        snprintf(text, sizeof text,
                 "There is work, but in the queue of another, and on %s:%s nobody takes from it.",
                 s->engine, s->policy);
    else
        snprintf(text, sizeof text, "%" PRIu64 " tasks are queued: it is about to be woken.",
                 s->queued);
    ps_page_wrap(w->pen, 2, PS_STYLE_NORMAL, text);
}

static void why_off(const struct why *w)
{
    char text[96];
    snprintf(text, sizeof text, "No thread owns this place; the pool wants %u workers.",
             w->snapshot->workers);
    ps_page_wrap(w->pen, 2, PS_STYLE_NORMAL, text);
}

static void (*const reasons[PS_STATE_COUNT])(const struct why *w) = {
    [PS_STATE_OFF] = why_off,     [PS_STATE_IDLE] = why_idle,   [PS_STATE_SEEK] = why_idle,
    [PS_STATE_RUN] = why_runs,    [PS_STATE_LOCK] = why_lock,   [PS_STATE_GIL] = why_gil,
    [PS_STATE_JOIN] = why_join,   [PS_STATE_NET] = why_waits,   [PS_STATE_DISK] = why_waits,
    [PS_STATE_SLEEP] = why_waits, [PS_STATE_BLOCK] = why_waits, [PS_STATE_PAUSED] = why_idle,
};

/* ---- faults that somebody injected ---- */

/* ", for 6.2s more", or until it is ended. */
static void fault_end(const struct why *w, char *into, size_t size, uint64_t until_ns)
{
    char left[PS_FIGURE_BYTES];
    uint64_t at_ns = w->snapshot->at_ns;
    if (until_ns == UINT64_MAX)
        snprintf(into, size, ", until the faults are switched off (f)");
    else
        snprintf(into, size, ", for %s more",
                 ps_figure_age(left, until_ns > at_ns ? until_ns - at_ns : 0));
}

static void fault_row(const struct why *w, const char *text, uint64_t until_ns)
{
    char end[64];
    fault_end(w, end, sizeof end, until_ns);
    ps_page_row(w->pen, FIGURE, "injected fault", PS_STYLE_WARNING, "%s%s", text, end);
}

static void draw_faults(const struct why *w)
{
    const struct ps_snapshot *s = w->snapshot;
    char text[120];
    if (w->worker->stuck_until_ns)
        fault_row(w, "stuck: it burns CPU and does nothing else", w->worker->stuck_until_ns);
    if (w->worker->slow_factor) {
        snprintf(text, sizeof text, "slow: its CPU work takes %" PRIu32 " times as long",
                 w->worker->slow_factor);
        fault_row(w, text, w->worker->slow_until_ns);
    }
    if (s->cpus_lost > 0)
        ps_page_row(w->pen, FIGURE, "injected fault", PS_STYLE_WARNING,
                    "lost CPU: %" PRIu32 " of %" PRIu32 " taken away; all share %s", s->cpus_lost,
                    s->cpus_lost + s->usable_cpus,
                    s->usable_cpus == 1 ? "the one left" : "the others");
}

/* ---- the page ---- */

/* "W3 waits for a lock, for 0.3s" */
static void draw_sentence(const struct why *w)
{
    char text[128], age[PS_FIGURE_BYTES];
    uint64_t age_ns = ps_state_age(w->snapshot, w->number);
    bool lasts = age_ns >= PS_NS_PER_S / 10 && w->worker->state != PS_STATE_OFF;
    snprintf(text, sizeof text, "W%u %s%s%s%s.", w->number,
             w->worker->state == PS_STATE_IDLE     ? "is "
             : w->worker->state == PS_STATE_PAUSED ? "is "
             : w->worker->state == PS_STATE_OFF    ? "has "
                                                   : "",
             ps_state_meaning(w->worker->state), lasts ? ", for " : "",
             lasts ? ps_figure_age(age, age_ns) : "");
    ps_canvas_cell(w->pen->canvas, 0, w->pen->y, ps_state_style(w->worker->state, false),
                   ps_state_glyph(w->worker->state, false, w->pen->canvas->ascii));
    ps_page_wrap(w->pen, 2, PS_STYLE_STRONG, text);
}

static void draw_task(const struct why *w)
{
    const struct ps_experiment *e = w->view->experiment;
    char text[200], step[96] = "";
    int type = w->worker->type;
    if (type < 0)
        return;
    int n = snprintf(text, sizeof text, "%s", ps_page_type_name(w->snapshot, type));
    if (w->worker->step > 0) {
        n += snprintf(text + n, sizeof text - (size_t)n, " #%" PRIu32, w->worker->task);
        if (w->at)
            snprintf(text + n, sizeof text - (size_t)n, ", step %u of %u: %s", w->worker->step,
                     e->types[type].step_count,
                     ps_experiment_step(step, sizeof step, e, (unsigned)type, w->worker->step - 1));
    }
    row(w, "its task", text);
}

/* Its states over the last 2 s, the largest first, down to 1 %. */
static void draw_shares(const struct why *w)
{
    const float *share = w->figures->rate[w->number].share;
    bool said[PS_STATE_COUNT] = {false};
    char text[160] = "";
    size_t used = 0;
    for (;;) {
        int most = -1;
        for (unsigned s = PS_STATE_IDLE; s < PS_STATE_COUNT; s++)
            if (!said[s] && share[s] >= 0.01f && (most < 0 || share[s] > share[most]))
                most = (int)s;
        if (most < 0 || used + 24 > sizeof text)
            break;
        said[most] = true;
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s %.0f %%", used ? ", " : "",
                                 ps_state_name((enum ps_state)most), 100 * (double)share[most]);
    }
    row(w, "last 2 s", used ? text : "nothing yet");
}

static int draw(const struct ps_canvas *c, const struct ps_live_view *view,
                const struct ps_figures *figures, int scroll)
{
    struct ps_page_pen pen = {.canvas = c, .y = -scroll};
    unsigned number = view->selected < PS_MAX_WORKERS ? view->selected : 0;
    struct why w = {.pen = &pen,
                    .view = view,
                    .figures = figures,
                    .snapshot = view->snapshot,
                    .worker = &view->snapshot->worker[number],
                    .number = number};
    w.at = ps_page_step(view, w.worker);
    draw_sentence(&w);
    draw_faults(&w);
    draw_task(&w);
    reasons[w.worker->state](&w);
    draw_shares(&w);
    return pen.y + scroll;
}

static void title(const struct ps_live_view *view, const struct ps_figures *figures,
                  char into[PS_PAGE_TITLE_BYTES])
{
    (void)figures;
    snprintf(into, PS_PAGE_TITLE_BYTES, "Why is W%u like this?", view->selected);
}

const struct ps_page ps_page_why = {.title = title, .draw = draw};
