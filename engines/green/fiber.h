/* A fiber: a stack with a context, the green thread. Private to green.
 *
 * A fiber runs the scheduling loop, and the loop runs tasks as plain calls: a task that never waits
 * costs no switch. When a task waits, the fiber under it becomes its own until it goes on, and the
 * worker goes on with another fiber: that of the next task, straight away, or if there is none at
 * hand a free one that runs the loop. A fiber whose loop finds a task to resume is free, and lies
 * in a pool in the middle of its loop, ready to be switched to again.
 *
 * Park commit. A task that waits is published (in a timer heap, a descriptor's list, a family word)
 * before its context is saved, so a waker can come too early. `state` is an event count with a bit
 * for the sleeper: PARKED, then how many wake-ups there were without a token, then with one.
 *   parker   1. seen = state (acquire)    2. tests its condition, also for unconsumed tokens; met:
 *            no wait    3. switches away    4. the NEXT context, on the same thread: CAS seen ->
 *            seen | PARKED; it fails when a wake-up came since 1: queues the task
 *   waker    1. makes the condition true    2. CAS: counts itself, and takes PARKED away; it was
 *            there: queues the task
 * Only one waker takes PARKED away, so the task is queued once. A waker before the parker's 1 is
 * seen in 2 (release and acquire on one word); one between 1 and 4 makes 4 fail; one after 4 finds
 * PARKED. So a wait costs two RMWs, one a side. Rejected: states that both sides change by RMWs at
 * every step (PARKING, NOTIFIED, READY: five RMWs); saving, then publishing with a lock held over
 * the switch; PARKED stored by the task itself (another worker resumes a half-saved context: Crystal
 * #15581).
 *
 * Tokens: ps_task_unpark of a task that has a fiber is a count in `state`, which the fiber compares
 * with what it consumed. A task that has none yet keeps the token in task->token (RMW); its fiber
 * adopts it at the task's first wait (RMW): a waker that comes later acquires the fiber's address.
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
struct slab;

/* `state`: bit 0, bits 1 to 31, bits 32 to 63. A fiber that runs: the counts alone. */
#define FIBER_RUNNING UINT64_C(0)
#define FIBER_PARKED  UINT64_C(1)
#define FIBER_NOTICE  UINT64_C(2)
#define FIBER_TOKEN   (UINT64_C(1) << 32)

struct fiber {
    void *context;          /* switched out: see switch.h */
    _Atomic uint64_t state; /* see above */
    struct ps_task *task;   /* the runner's; a waker reads it after it took PARKED away */
    struct green *green;
    struct green_worker *worker; /* the runner's: where it runs */
    uint64_t seen;               /* the runner's: step 1 of the park commit */
    uint32_t tokens;             /* the runner's: how many it consumed */
    _Atomic uint32_t type; /* of the task it runs, UINT32_MAX: none; read by signal handlers */
    uint64_t *canary;      /* lowest word of an unguarded stack, else NULL */
    struct fiber *next;    /* link in a pool */
    struct ps_timer timer; /* under timer_home's timer lock */
    struct green_worker *timer_home;
    _Atomic uint32_t timer_armed; /* cleared (release) by whoever pops the timer */
    bool adopted;                 /* the runner's: it has looked at task->token */
    bool stackless;               /* never changes: a sleeper's, see deep_sleep.h */
    struct slab *slab;            /* its stack's */
    struct green_sanitizer sanitizer;
};

/* What the next context does for the one that was left. */
enum fiber_after {
    FIBER_AFTER_FREE,       /* nobody needs it: into the pool */
    FIBER_AFTER_PARK,       /* step 4 of the park commit */
    FIBER_AFTER_SLEEP,      /* the same, for a fiber whose sleeper parks: see deep_sleep.h */
    FIBER_AFTER_YIELD,      /* queue its task, last */
    FIBER_AFTER_YIELD_HIGH, /* the same, of high priority */
    FIBER_AFTER_NATIVE      /* a thread's own context: nothing */
};

/* The fiber of a task that has begun; NULL: it has not. Acquire, partner: fiber_bind. */
static inline struct fiber *fiber_of(const struct ps_task *task)
{
    return __atomic_load_n(&task->context, __ATOMIC_ACQUIRE);
}

/* The running fiber runs `task` from now on; NULL: none. */
void fiber_bind(struct fiber *self, struct ps_task *task);

/* Run `to` on this thread and leave the running fiber. Returns when somebody switches back, perhaps
 * on another worker, which is returned: read everything that belongs to the worker anew. */
struct green_worker *fiber_switch(struct green_worker *worker, struct fiber *to,
                                  enum fiber_after after);

/* First lines of a fiber that has just been switched to for the first time. */
struct green_worker *fiber_arrive(void);

/* Parker's step 1. */
static inline void fiber_prepare(struct fiber *self)
{
    self->seen = atomic_load_explicit(&self->state, memory_order_acquire);
}

/* Parker's step 2, as far as tokens go, for a fiber that has adopted: consumes any number. */
static inline bool fiber_take_token(struct fiber *self)
{
    uint32_t tokens = (uint32_t)(self->seen >> 32);
    bool some = tokens != self->tokens;
    self->tokens = tokens;
    return some;
}

/* Before the first wait of a task with a condition: a token that came before its fiber. */
void fiber_adopt(struct fiber *self);

/* Waker's step 2. Any thread. hot: the waker is a task of a worker and likely to wait soon: the
 * woken task may be put where it runs next. */
void fiber_wake(struct fiber *fiber, bool hot);
/* The same with a token. */
void fiber_unpark(struct fiber *fiber, bool hot);

#endif
