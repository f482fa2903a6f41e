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

static void add_steal(struct ps_log *log, const struct ps_event *e)
{
    unsigned tasks = e->argument & 0xffff;
    ps_log_add(log, e->at_ns, PS_STYLE_SEEK, "W%u took %u task%s from W%u", e->slot, tasks,
               tasks == 1 ? "" : "s", e->argument >> 16);
}

static void add_blocked(struct ps_log *log, const struct ps_event *e)
{
    unsigned state = e->argument >> 16;
    if (state < PS_STATE_COUNT)
        ps_log_add(log, e->at_ns, ps_state_style((enum ps_state)state, false), "W%u %s for %u ms",
                   e->slot, ps_state_meaning((enum ps_state)state), e->argument & 0xffff);
}

void ps_log_events(struct ps_log *log, const struct ps_event *events, size_t count,
                   const struct ps_snapshot *snapshot)
{
    const struct ps_event *steal = NULL, *blocked = NULL;
    (void)snapshot;
    for (size_t i = 0; i < count; i++) {
        const struct ps_event *e = &events[i];
        if (e->kind == PS_EVENT_SPAWN)
            ps_log_add(log, e->at_ns, PS_STYLE_NOTE, "worker W%u begins", e->slot);
        else if (e->kind == PS_EVENT_RETIRE)
            ps_log_add(log, e->at_ns, PS_STYLE_NOTE, "worker W%u ends", e->slot);
        else if (e->kind == PS_EVENT_STEAL && (e->argument & 0xffff) > 0)
            steal = e;
        else if (e->kind == PS_EVENT_BLOCKED &&
                 (!blocked || (e->argument & 0xffff) > (blocked->argument & 0xffff)))
            blocked = e;
    }
    if (steal)
        add_steal(log, steal);
    if (blocked)
        add_blocked(log, blocked);
}
