#include "metrics/recent.h"

#include <string.h>

static const struct ps_recent_mark *mark_of(const struct ps_recent *recent, uint64_t age)
{
    return &recent->mark[(recent->count - 1 - age) % PS_RECENT_MARKS];
}

static void take(struct ps_recent_mark *mark, const struct ps_snapshot *s)
{
    mark->at_ns = s->at_ns;
    mark->totals = s->totals;
    mark->process = s->process;
    mark->machine = s->machine;
    mark->gil_switches = s->gil_switches;
    for (unsigned t = 0; t < s->types && t < PS_MAX_TYPES; t++)
        mark->type[t] = s->type[t].totals;
    memset(mark->worker, 0, sizeof mark->worker);
    for (unsigned w = 0; w < s->slots && w < PS_MAX_WORKERS; w++) {
        mark->worker[w].cpu_ns = s->worker[w].cpu_ns;
        mark->worker[w].hogs = s->worker[w].hogs;
        mark->worker[w].parks = s->worker[w].parks;
        mark->worker[w].wakes = s->worker[w].wakes;
    }
}

void ps_recent_feed(struct ps_recent *recent, const struct ps_snapshot *snapshot)
{
    if (recent->count > 0 && snapshot->at_ns < mark_of(recent, 0)->at_ns)
        recent->count = 0;
    if (recent->count > 0 && snapshot->at_ns - mark_of(recent, 0)->at_ns < PS_RECENT_STEP_NS)
        return;
    take(&recent->mark[recent->count++ % PS_RECENT_MARKS], snapshot);
}

double ps_recent_span(const struct ps_recent *recent, const struct ps_recent_mark **then,
                      const struct ps_recent_mark **now)
{
    *then = *now = NULL;
    if (recent->count == 0)
        return 0;
    *then = *now = mark_of(recent, 0);
    for (uint64_t age = 1; age < recent->count && age < PS_RECENT_MARKS; age++) {
        const struct ps_recent_mark *mark = mark_of(recent, age);
        if ((*now)->at_ns - mark->at_ns > PS_RECENT_NS)
            break;
        *then = mark;
    }
    return (double)((*now)->at_ns - (*then)->at_ns) * 1e-9;
}
