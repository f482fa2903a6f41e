/* The watchdog: looks for a run that cannot go on. Called by the host's main thread, about 10 times
 * a second; reads cells only.
 *
 * A deadlock: no worker runs anything, every task that has started waits for children or a lock
 * (none sleeps, does I/O or is in a blocking call), and nothing has started, or ended after a start,
 * for patience_ns, which is longer than any task's timeout. Such a pool stays as it is for ever:
 * arrivals can only queue behind it.
 *
 * A deadlock once named is over when a task has ended since, or when for patience_ns without a gap
 * something could run. A worker more that takes the next task and hangs with it ends nothing. */
#ifndef PS_HOST_WATCHDOG_H
#define PS_HOST_WATCHDOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "metrics/segment.h"

#define PS_DEADLOCK_NS UINT64_C(1000000000)

struct ps_watchdog {
    uint64_t patience_ns; /* PS_DEADLOCK_NS + the longest timeout of a task type */
    uint64_t progress;    /* started + ended after a start, at the last look */
    uint64_t moved_ns;    /* the last look at which something could run */
    bool named;           /* a deadlock, that is not over */
    uint64_t done;        /* tasks ended after a start when it was named */
    uint64_t still_ns;    /* since then: the last look at which nothing could run */
};

/* Whether the pool is deadlocked. why, for people: what it looks like now; empty without a deadlock,
 * and while something runs of which it is not known yet whether it ends the deadlock. */
bool ps_watchdog_look(struct ps_watchdog *watchdog, struct ps_segment *segment, uint64_t now_ns,
                      char *why, size_t why_size);

#endif
