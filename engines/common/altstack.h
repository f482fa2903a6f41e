/* The alternate signal stack of a worker thread: a handler installed with SA_ONSTACK runs on it, so
 * a stack overflow can be reported by the thread that suffers it. One a thread (sigaltstack is per
 * thread). Private to engines/. */
#ifndef PS_ENGINES_COMMON_ALTSTACK_H
#define PS_ENGINES_COMMON_ALTSTACK_H

#include <signal.h>

struct ps_altstack {
    void *memory; /* kept between threads that use it in turn; NULL: none yet */
    stack_t before;
};

/* The calling thread uses it from now on. Without memory the thread goes on with what it had. */
void ps_altstack_begin(struct ps_altstack *altstack);
/* The same thread: what was before (a sanitizer's own) is in force again. Keeps the memory. */
void ps_altstack_end(struct ps_altstack *altstack);
/* Any thread, after end. */
void ps_altstack_free(struct ps_altstack *altstack);

#endif
