/* A global interpreter lock: one lock that every computing task of a run holds, given up at waits and,
 * when another thread has asked for it long enough, between two instructions. Public and installed.
 *
 * The protocol is CPython's since 3.2 ("the new GIL", Antoine Pitrou, 2009; Python/ceval_gil.c with
 * FORCE_SWITCHING): who wants it waits for an interval (sys.getswitchinterval, 5 ms) and, if no
 * switch came meanwhile, sets a drop request; the holder looks at the request between instructions,
 * drops, and waits until another thread has taken it. So a computing thread keeps it for about an
 * interval, and a thread that comes back from a short wait waits up to an interval for it: the convoy
 * effect (David Beazley, "Understanding the Python GIL", 2010; bpo-7946).
 *
 * It belongs to OS threads, as in CPython. Where tasks are lighter than threads (green, async) a task
 * that waits for it holds its worker, with all the tasks behind it. The time is PS_STATE_GIL of the
 * worker and of the task. The wait cannot be cancelled, as in CPython; holders drop it in time. */
#ifndef PS_ENGINES_GIL_H
#define PS_ENGINES_GIL_H

#include "engines/common/lock.h"
#include "engines/engine.h"

#define PS_GIL_INTERVAL_NS UINT64_C(5000000)

/* Owner: whoever runs the engine; no moving while in use. */
struct ps_gil {
    struct ps_lock lock;           /* of the rest; the words below are also read without it */
    _Atomic uint32_t drop_request; /* 1: the holder is to drop it */
    _Atomic uint32_t dropped;      /* counts drops: who wants it sleeps on it */
    _Atomic uint32_t switched;     /* counts holders: who was asked to drop sleeps on it */
    bool locked;
    const void *last_holder; /* a thread */
    uint64_t interval_ns;
    struct ps_segment *segment; /* where switches and requests are counted, or NULL */
};

/* segment: says from now on that the run has a GIL; may be NULL. interval_ns >= 1. */
void ps_gil_init(struct ps_gil *gil, uint64_t interval_ns, struct ps_segment *segment);

/* The task's thread, which does not hold it / holds it. Blocks the OS thread. */
void ps_gil_take(struct ps_gil *gil, struct ps_task *task);
void ps_gil_drop(struct ps_gil *gil, struct ps_task *task);

/* The holder, between two instructions: if it was asked to drop, let another thread have it and take
 * it again. */
static inline bool ps_gil_asked(struct ps_gil *gil)
{
    /* relaxed: a request seen an instruction late is as good; what it protects goes by the lock. */
    return atomic_load_explicit(&gil->drop_request, memory_order_relaxed) != 0;
}
void ps_gil_switch(struct ps_gil *gil, struct ps_task *task);

static inline void ps_gil_check(struct ps_gil *gil, struct ps_task *task)
{
    if (ps_gil_asked(gil))
        ps_gil_switch(gil, task);
}

#endif
