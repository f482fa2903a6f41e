#include <stdarg.h>
#include <stdio.h>

#include "ui/view.h"

void ps_log_add(struct ps_log *log, uint64_t at_ns, enum ps_style style, const char *format, ...)
{
    struct ps_log_entry *entry = &log->list[log->count++ % PS_LOG_MAX];
    entry->at_ns = at_ns;
    entry->style = style;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(entry->text, sizeof entry->text, format, arguments);
    va_end(arguments);
}

/* ---- threads ---- */

/* Workers that begin together come in several looks into the rings: their line grows. */
#define TOGETHER_NS (PS_NS_PER_S / 2)

static unsigned take_back(struct ps_log *log, enum ps_event_kind kind, uint64_t at_ns)
{
    if (log->count == 0 || log->threads.entry != log->count || log->threads.kind != kind ||
        at_ns > log->list[(log->count - 1) % PS_LOG_MAX].at_ns + TOGETHER_NS)
        return 0;
    log->count--;
    return log->threads.count;
}

static void say_threads(struct ps_log *log, const struct ps_event *events, size_t count,
                        enum ps_event_kind kind, const char *verb)
{
    const struct ps_event *last = NULL;
    unsigned threads = 0;
    for (size_t i = 0; i < count; i++) {
        if (events[i].kind == kind) {
            last = &events[i];
            threads++;
        }
    }
    if (threads == 0)
        return;
    threads += take_back(log, kind, last->at_ns);
    if (threads == 1)
        ps_log_add(log, last->at_ns, PS_STYLE_NOTE, "worker W%u %ss", last->slot, verb);
    else
        ps_log_add(log, last->at_ns, PS_STYLE_NOTE, "%u workers %s", threads, verb);
    log->threads.kind = kind;
    log->threads.count = threads;
    log->threads.entry = log->count;
}

/* ---- steals and waits ---- */

static unsigned tasks_of(const struct ps_event *steal)
{
    return steal->argument & 0xffff;
}

static void note_steal(struct ps_log *log, const struct ps_event *e)
{
    if (tasks_of(e) == 0)
        return;
    log->steals.takes++;
    log->steals.tasks += tasks_of(e);
    log->steals.last = *e;
}

static bool calm(uint64_t said_ns, uint64_t now_ns)
{
    return said_ns == 0 || now_ns >= said_ns + PS_LOG_CALM_NS;
}

static void say_steals(struct ps_log *log, uint64_t now_ns)
{
    const struct ps_event *e = &log->steals.last;
    unsigned tasks = log->steals.tasks, takes = log->steals.takes;
    if (takes == 0 || !calm(log->steals.said_ns, now_ns))
        return;
    if (takes == 1)
        ps_log_add(log, e->at_ns, PS_STYLE_SEEK, "W%u took %u task%s from W%u", e->slot, tasks,
                   tasks == 1 ? "" : "s", e->argument >> 16);
    else
        ps_log_add(log, e->at_ns, PS_STYLE_SEEK, "%u tasks stolen in %u takes, last W%u from W%u",
                   tasks, takes, e->slot, e->argument >> 16);
    log->steals.said_ns = now_ns;
    log->steals.takes = log->steals.tasks = 0;
}

/* Sleeping and waiting for an answer are what tasks are for; the lanes show it. */
static bool long_for_its_kind(const struct ps_event *e)
{
    unsigned state = e->argument >> 16, ms = e->argument & 0xffff;
    bool usual = state == PS_STATE_SLEEP || state == PS_STATE_NET;
    return state < PS_STATE_COUNT && ms >= (usual ? 1000 : 100);
}

static void note_wait(struct ps_log *log, const struct ps_event *e)
{
    struct ps_event *longest = &log->waits.longest;
    if (!long_for_its_kind(e))
        return;
    if (longest->kind == PS_EVENT_NONE || (e->argument & 0xffff) > (longest->argument & 0xffff))
        *longest = *e;
}

static void say_wait(struct ps_log *log, uint64_t now_ns)
{
    struct ps_event *e = &log->waits.longest;
    if (e->kind == PS_EVENT_NONE || !calm(log->waits.said_ns, now_ns))
        return;
    enum ps_state state = (enum ps_state)(e->argument >> 16);
    ps_log_add(log, e->at_ns, ps_state_style(state, false), "W%u %s for %u ms", e->slot,
               ps_state_meaning(state), e->argument & 0xffff);
    log->waits.said_ns = now_ns;
    e->kind = PS_EVENT_NONE;
}

static void say_hog(struct ps_log *log, const struct ps_event *e, const struct ps_snapshot *s)
{
    unsigned type = e->argument >> 12, ms = e->argument & 0xfff;
    if (!calm(log->hogs_said_ns, s->at_ns) || type >= s->types)
        return;
    ps_log_add(log, e->at_ns, PS_STYLE_WARNING, "W%u: '%s' kept it for %u ms", e->slot,
               s->type[type].name, ms);
    log->hogs_said_ns = s->at_ns;
}

/* ---- what went wrong ---- */

static void say_losses(struct ps_log *log, const struct ps_snapshot *s)
{
    static const struct {
        enum ps_outcome outcome;
        const char *text;
    } kinds[] = {{PS_REFUSED, "refused, the queue is full"},
                 {PS_FAILED, "failed"},
                 {PS_TIMED_OUT, "timed out"},
                 {PS_CANCELLED, "cancelled"}};
    if (!calm(log->losses.said_ns, s->at_ns))
        return;
    for (unsigned i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        uint64_t now = s->totals.ended[kinds[i].outcome];
        uint64_t before = log->losses.totals.ended[kinds[i].outcome];
        if (now <= before)
            continue;
        ps_log_add(log, s->at_ns, PS_STYLE_WARNING, "%llu task%s %s",
                   (unsigned long long)(now - before), now - before == 1 ? "" : "s", kinds[i].text);
        log->losses.said_ns = s->at_ns;
    }
    log->losses.totals = s->totals;
}

static void say_deadlock(struct ps_log *log, const struct ps_snapshot *s)
{
    bool now = s->end == PS_END_DEADLOCK;
    if (now == log->deadlocked)
        return;
    log->deadlocked = now;
    if (now)
        ps_log_add(log, s->at_ns, PS_STYLE_ERROR, "deadlock: nothing can run any more");
    else
        ps_log_add(log, s->at_ns, PS_STYLE_GOOD, "the deadlock is over");
}

void ps_log_events(struct ps_log *log, const struct ps_event *events, size_t count,
                   const struct ps_snapshot *s)
{
    for (size_t i = 0; i < count; i++) {
        if (events[i].kind == PS_EVENT_STEAL)
            note_steal(log, &events[i]);
        else if (events[i].kind == PS_EVENT_BLOCKED)
            note_wait(log, &events[i]);
        else if (events[i].kind == PS_EVENT_HOG)
            say_hog(log, &events[i], s);
    }
    say_steals(log, s->at_ns);
    say_wait(log, s->at_ns);
    say_losses(log, s);
    say_threads(log, events, count, PS_EVENT_RETIRE, "end");
    say_threads(log, events, count, PS_EVENT_SPAWN, "begin");
    say_deadlock(log, s);
}
