/* What others may know of the green engine. Public and installed. */
#ifndef PS_ENGINES_GREEN_GREEN_H
#define PS_ENGINES_GREEN_GREEN_H

#include <stdbool.h>

#include "engines/engine.h"

/* How stacks are guarded; the value of ps_segment.stack_mode. */
enum ps_green_guard {
    PS_GREEN_GUARD_NONE,    /* not the green engine */
    PS_GREEN_GUARD_MADVISE, /* every stack, by guard pages without a mapping (Linux 6.13 on) */
    PS_GREEN_GUARD_MPROTECT /* the first stacks by mprotect, the rest by a word that is checked */
};

/* PS_WAIT_UNTIL for a direct-style body, which on this engine may give the memory of its stack back
 * meanwhile: a long sleep costs about 1 KB instead of 4, and 5 us. The caller vouches that nobody
 * else refers to the stack: no child, no waiter, no record of an operation under way lies on it, and
 * no pointer to it is used by another task or thread before the return. On other engines, and when
 * it does not pay, a plain wait. The task's own thread. */
enum ps_err ps_green_sleep(struct ps_task *task, uint64_t until_ns);

/* Whether a faulting address lies in the guard of a green stack, and the type of the task that ran
 * on it (UINT_MAX: none, the scheduler itself). Async-signal-safe; meant for a SIGSEGV handler
 * installed with SA_ONSTACK: every worker has an alternate signal stack. */
bool ps_green_stack_overflow(const void *address, unsigned *type);

#endif
