/* What a host leaves behind when it crashes: the signal, the worker, the task type, in the segment,
 * written by a signal handler. The process then dies of the signal, so its parent sees the truth.
 */
#ifndef PS_HOST_CRASH_H
#define PS_HOST_CRASH_H

#include "metrics/segment.h"

/* Install handlers for SEGV BUS FPE ILL ABRT on the alternate stack of the thread that crashes.
 * Handlers that were there (a sanitizer's) run after ours. Main thread, once, before any other
 * thread. */
void ps_crash_install(struct ps_segment *segment);

#endif
