/* Helper threads for calls that block. Private to green.
 *
 * A job lies on the waiting task's stack, in a list under the lock until a helper takes it. The
 * helper calls, then sets `done` (release) and wakes the fiber, whose address it read before: once
 * done is set the job may be gone. A task that is to stop takes its job back if no helper has it.
 *
 * Helpers sleep on a futex, not on a condition variable: those of glibc before 2.41 can lose a
 * wake-up (bug 25847). */
#ifndef PS_ENGINES_GREEN_OFFLOAD_H
#define PS_ENGINES_GREEN_OFFLOAD_H

#include <pthread.h>

#include "engines/green/fiber.h"

struct offload_job {
    struct fiber *fiber;
    struct ps_wait *wait;
    struct offload_job *next;
    bool queued; /* under the lock */
    _Atomic bool done;
};

struct offload {
    pthread_mutex_t lock;
    _Atomic uint32_t sequence; /* jobs put, and the quit: what helpers sleep on */
    struct offload_job *first, *last;
    bool quit;
    unsigned threads;
    pthread_t *thread;
};

void offload_init(struct offload *offload);
void offload_destroy(struct offload *offload);
/* All or none. */
enum ps_err offload_start(struct offload *offload, unsigned threads);
/* Joins; no job is left. */
void offload_stop(struct offload *offload);

void offload_put(struct offload *offload, struct offload_job *job);
/* false: a helper has it, or has done it. */
bool offload_withdraw(struct offload *offload, struct offload_job *job);

#endif
