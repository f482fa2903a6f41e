/* A fiber: a stack with a context, the green thread. Private to green.
 *
 * A fiber runs the scheduling loop, and the loop runs tasks as plain calls: a task that never waits
 * costs no switch. When a task waits, the fiber under it becomes its own until it goes on, and the
 * worker continues its loop on another fiber. A fiber whose loop finds a task to resume is free,
 * and lies in a pool in the middle of its loop, ready to be switched to again.
 *
 * Park commit. A task that waits is published (in a timer heap, a descriptor's list, a family word)
 * before its context is saved, so a waker can come too early. Both sides, on `state`, which only
 * RMWs change: parker   1. state RUNNING -> PARKING    2. takes task->token, tests its condition;
 * met: state -> RUNNING, no wait    3. switches away    4. the NEXT context, on the same thread:
 * CAS PARKING -> PARKED; it is NOTIFIED instead: -> READY and queues the task waker    1. condition
 * or task->token set (an RMW)    2. reads task->context: no fiber yet: the token is found by the
 * first wait    3. CAS PARKED -> READY: queues the task; or PARKING -> NOTIFIED; any other state:
 * CAS to itself Of wakers, timers and cancellers one wins PARKED -> READY and only it may queue the
 * task. The RMWs on one word are ordered: either the waker sees PARKING or the parker, whose RMW
 * comes later, sees the condition. That is why "any other state" is an RMW too. Rejected: saving,
 * then publishing with a lock held over the switch; a plain store of PARKED by the task itself
 * (another worker resumes a half-saved context: Crystal #15581).
 *
 * A fiber's memory stays mapped and a fiber until the engine is destroyed. So a late waker (a timer
 * that was popped, a cancel of a task that has just ended) may hit a fiber that now runs another
 * task: a wake-up without cause, which every wait tolerates by testing again. */
#ifndef PS_ENGINES_GREEN_FIBER_H
#define PS_ENGINES_GREEN_FIBER_H

#include "engines/common/core.h"
#include "engines/common/timer_heap.h"
#include "engines/green/sanitizer.h"

struct green;
struct green_worker;

enum fiber_state { FIBER_RUNNING, FIBER_PARKING, FIBER_NOTIFIED, FIBER_PARKED, FIBER_READY };

struct fiber {
    void *context;          /* switched out: see switch.h */
    _Atomic uint32_t state; /* enum fiber_state */
    _Atomic uint32_t type;  /* of the task it runs, UINT32_MAX: none; read by signal handlers */
    struct ps_task *task;   /* the runner's; a waker reads it after it won PARKED -> READY */
    struct green *green;
    struct fiber *next;    /* link in a pool */
    struct ps_timer timer; /* under timer_home's timer lock */
    struct green_worker *timer_home;
    _Atomic uint32_t timer_armed; /* cleared (release) by whoever pops the timer */
    uint64_t *canary;             /* lowest word of an unguarded stack, else NULL */
    struct green_sanitizer sanitizer;
};

/* What the next context does for the one that was left. */
enum fiber_after {
    FIBER_AFTER_FREE,  /* nobody needs it: into the pool */
    FIBER_AFTER_PARK,  /* step 4 of the park commit */
    FIBER_AFTER_YIELD, /* queue its task, last */
    FIBER_AFTER_NATIVE /* a thread's own context: nothing */
};

/* The fiber of a task that has begun; NULL: it has not. Acquire, partner: fiber_bind. */
static inline struct fiber *fiber_of(const struct ps_task *task)
{
    return __atomic_load_n(&task->context, __ATOMIC_ACQUIRE);
}

/* The running fiber runs `task` from now on; NULL: none. */
void fiber_bind(struct fiber *self, struct ps_task *task);

/* Run `to` on this thread and leave the running fiber. Returns when somebody switches back, perhaps
 * on another worker: read everything that belongs to the worker anew. */
void fiber_switch(struct fiber *to, enum fiber_after after);

/* First lines of a fiber that has just been switched to for the first time. */
void fiber_arrive(void);

/* Parker's steps 1 and 2. */
void fiber_prepare(struct fiber *self);
void fiber_abandon(struct fiber *self);

/* Waker's step 3. Any thread. hot: the waker is a task of a worker and likely to wait soon: the
 * woken task may be put where it runs next. */
void fiber_wake(struct fiber *fiber, bool hot);

/* READY -> RUNNING, before the switch to it. The resumer, who took its task from a queue. */
void fiber_resume(struct fiber *fiber);

#endif
