/* Deep sleep: a task that sleeps long without its stack's memory. Private to green.
 *
 * The live part of the stack, with the fiber at its top, is copied out, and the memory of the whole
 * stack given back to the system; when the task wakes, it is copied to the same address. A sleeper,
 * a record elsewhere, stands for the fiber meanwhile: it is in the timer heap, and task->context is
 * its address. That begins with a struct fiber, so that timers and wakers need not know; only who
 * resumes the task has to (sleeper_rouse), and who gives it a token.
 *
 * What is on the stack is not there for others meanwhile, and what they write is lost. So only a task
 * that vouches for it sleeps deeply: see ps_green_sleep. The engine's own record of the wait is on
 * the stack too, which does for a wait that nobody but the timer and wakers know of.
 *
 * Park commit, see fiber.h: `state` is the sleeper's, and step 4 comes after the copy.
 *   parker's next context   3. copies the stack out    4. CAS seen -> seen | PARKED
 *   whoever discards        5. takes PARKED away by CAS, as a waker would, but queues nothing: it is
 *                           the parker now    6. gives the memory back, away = true    7. step 4
 *                           again; it fails when somebody woke the task since 5: queues it
 *   resumer                 away: copies back; else the stack is still there
 * Memory is given back for many at once: one interrupt of the other workers instead of many. So 5
 * may come any time later, when the sleeper is awake, free, or stands for another task: only who
 * finds PARKED looks at the rest of it. Rejected: giving back at once (1.2 us instead of 0.5); a
 * guard page instead of zeros (it would catch strangers, and costs a call more to take away); one
 * stack for many sleepers, copied in turn (no page faults, but a sleeper then waits for whoever has
 * the stack now).
 *
 * Cancelling. The parker exchanges task->context, then reads task->stop; ps_task_cancel sets stop,
 * then reads context; all four are seq_cst. Either it finds the sleeper, or the parker the stop.
 *
 * Tokens: a sleeper's are not looked at. ps_task_unpark of a sleeping task leaves its token in
 * task->token, as for a task without a fiber, and looks at context again; the fiber adopts it at its
 * next wait. One that read context before it was exchanged may still give its token to the fiber,
 * where it is lost with the page. So a task that gets up has a token: its next PS_WAIT_PARK may end
 * without cause, and its caller tests the condition, which was true before the token was given.
 *
 * Like a fiber a sleeper stays one until the engine is destroyed, for late wakers. */
#ifndef PS_ENGINES_GREEN_DEEP_SLEEP_H
#define PS_ENGINES_GREEN_DEEP_SLEEP_H

#include <pthread.h>

#include "engines/green/fiber.h"

struct green;
struct green_worker;
struct sleeper_chunk;

struct sleeper {
    struct fiber fiber; /* .stackless; first */
    struct fiber *home; /* the fiber it stands for, or NULL */
    /* Whose PARKED is not set, or who took it away: */
    char *copy; /* of the stack's upper end, or NULL */
    size_t bytes;
    bool away; /* the memory was given back */
};

/* A worker's. */
struct sleeper_pool {
    struct fiber *first;
    unsigned waiting; /* how many of: */
    struct sleeper *lately[64];
};

/* The engine's. */
struct sleeper_depot {
    pthread_mutex_t lock; /* of `chunks` */
    struct sleeper_chunk *chunks;
    uint64_t least_ns; /* a sleep that is not shorter is long; before start */
};

void sleepers_init(struct sleeper_depot *depot);
void sleepers_free(struct sleeper_depot *depot);

/* Whether it pays to give a stack back until then. */
bool sleep_is_long(const struct green *green, uint64_t until_ns);
/* A sleeper that stands for a task from now on. home: its fiber, or NULL: it needs no stack to go on,
 * see steps.c. NULL: no memory. The task's worker. */
struct sleeper *sleeper_lie_down(struct green_worker *worker, struct ps_task *task,
                                 struct fiber *home);
/* The sleeper stands for nobody any more. */
void sleeper_put(struct green_worker *worker, struct sleeper *sleeper);
/* Step 4. false: a wake-up came. */
bool sleeper_commit(struct sleeper *sleeper);
/* The context after a fiber that lay down and was left. */
void sleeper_settle(struct green_worker *worker, struct fiber *left);
/* The resumer: the fiber to switch to. NULL: any. */
struct fiber *sleeper_rouse(struct fiber *fiber);
/* The task, in the end: its fiber stands for itself again. */
void sleeper_get_up(struct green_worker *worker, struct sleeper *sleeper);

/* Call visit for each sleeper's fiber. Holds the depot's lock. */
void sleepers_each(struct sleeper_depot *depot, void (*visit)(struct fiber *));

#endif
