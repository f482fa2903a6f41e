/* What others may know of the green engine. Public and installed. */
#ifndef PS_ENGINES_GREEN_GREEN_H
#define PS_ENGINES_GREEN_GREEN_H

#include <stdbool.h>

/* How stacks are guarded; the value of ps_segment.stack_mode. */
enum ps_green_guard {
    PS_GREEN_GUARD_NONE,    /* not the green engine */
    PS_GREEN_GUARD_MADVISE, /* every stack, by guard pages without a mapping (Linux 6.13 on) */
    PS_GREEN_GUARD_MPROTECT /* the first stacks by mprotect, the rest by a word that is checked */
};

/* Whether a faulting address lies in the guard of a green stack, and the type of the task that ran
 * on it (UINT_MAX: none, the scheduler itself). Async-signal-safe; meant for a SIGSEGV handler
 * installed with SA_ONSTACK: every worker has an alternate signal stack. */
bool ps_green_stack_overflow(const void *address, unsigned *type);

#endif
