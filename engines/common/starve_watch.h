/* In builds with POOLSCOPE_WATCH (debug, sanitizers): a thread looks at every running engine as
 * metrics/starve.h says. A task that waits beside a sleeping worker is a bug of the engine: the worker
 * states and the newest events of every ring go to standard error, and the process aborts.
 *
 * Left out, for their tasks wait beside sleepers by intent or nobody can say that they do not:
 *   a limit, reserved workers    the sleepers may not take what waits
 *   a kept LIFO slot             nobody else may take what waits there
 *   a pause                      until it ends
 *   threadpool:uv                its sleepers are libuv's: a slot has a thread only while it runs a
 *                                task, and libuv's queue has no gauge of ours
 *   pthread:per-task             has no worker that could sleep */
#ifndef PS_ENGINES_COMMON_STARVE_WATCH_H
#define PS_ENGINES_COMMON_STARVE_WATCH_H

#include "engines/engine.h"

#ifdef POOLSCOPE_WATCH

/* A gauge that two threads show must be true whenever both have come to rest: see
 * ps_probe_depth_ordered. Elsewhere the owner of a queue spares the fence. */
#define PS_EXACT_GAUGES 1

/* The engine's workers run from now on / will be gone. Owner. */
void ps_starve_watch(struct ps_engine *engine);
void ps_starve_unwatch(struct ps_engine *engine);
/* Something was tuned, or a close has ended the pause. Any thread. */
void ps_starve_tuned(struct ps_engine *engine, enum ps_knob knob, uint64_t value);

#else

#define PS_EXACT_GAUGES 0

static inline void ps_starve_watch(struct ps_engine *engine)
{
    (void)engine;
}
static inline void ps_starve_unwatch(struct ps_engine *engine)
{
    (void)engine;
}
static inline void ps_starve_tuned(struct ps_engine *engine, enum ps_knob knob, uint64_t value)
{
    (void)engine, (void)knob, (void)value;
}

#endif

#endif
