/* A worker's turns are counted by its engine (ops->turns), which includes what no cell shows: yields.
 * They are read before the state, and once more after it: the same both times, the state is that of the
 * task that runs since. What is read is guessed from words of one writer each, so a look that falls
 * between two of its stores is at worst one that sees no hog. */
#include "engines/hogs.h"

#include "engines/common/core.h"

void ps_hogs_init(struct ps_hogs *hogs, struct ps_engine *engine, uint64_t limit_ns)
{
    *hogs = (struct ps_hogs){.engine = engine, .limit_ns = limit_ns};
    for (unsigned i = 0; i < PS_MAX_WORKERS; i++)
        hogs->worker[i].type = -1;
}

bool ps_hogs_possible(const struct ps_hogs *hogs)
{
    return hogs->engine->ops->turns && (hogs->engine->policy->traits & PS_TRAIT_PARKS_TASKS);
}

/* The type of the task that keeps a worker, be it by running or by a call that blocks the thread; -1:
 * none. */
static int keeping(const struct ps_engine *engine, unsigned slot)
{
    struct ps_cell *cell = ps_segment_cell(engine->config.segment, slot);
    uint64_t now = atomic_load_explicit(&cell->now, memory_order_relaxed);
    enum ps_state state = ps_state_of(now);
    return state >= PS_STATE_RUN && state <= PS_STATE_BLOCK ? ps_state_type(now) : -1;
}

static void moved(struct ps_hogs *hogs, unsigned slot, uint64_t now_ns)
{
    struct ps_hog_watch *watch = &hogs->worker[slot];
    if (watch->type >= 0)
        ps_probe_hog_over(hogs->engine->config.segment, slot, (unsigned)watch->type,
                          watch->seen_ns - watch->since_ns, now_ns);
    watch->type = -1;
    watch->since_ns = 0;
}

static void look_at(struct ps_hogs *hogs, unsigned slot, uint64_t now_ns)
{
    struct ps_engine *engine = hogs->engine;
    struct ps_hog_watch *watch = &hogs->worker[slot];
    uint64_t turns = engine->ops->turns(engine, slot);
    int type = keeping(engine, slot);
    if (turns != watch->turns || type < 0 || engine->ops->turns(engine, slot) != turns) {
        moved(hogs, slot, now_ns);
        watch->turns = turns;
        if (type < 0)
            return;
    }
    if (watch->since_ns == 0)
        watch->since_ns = now_ns;
    watch->seen_ns = now_ns;
    if (now_ns - watch->since_ns < hogs->limit_ns)
        return;
    ps_probe_hog(engine->config.segment, slot, watch->type < 0, now_ns - watch->since_ns);
    watch->type = type;
}

void ps_hogs_look(struct ps_hogs *hogs, uint64_t now_ns)
{
    if (!ps_hogs_possible(hogs))
        return;
    for (unsigned slot = 0; slot < hogs->engine->config.segment->slots; slot++)
        look_at(hogs, slot, now_ns);
}
