/* The engine and its workers: what the files of this folder share. Private to green.
 *
 * Lock order: fd record, timer lock, depot -> limit -> shared queue -> idle set. No lock is held
 * across a switch or while a task ends (tokio #2082). */
#ifndef PS_ENGINES_GREEN_SCHEDULER_H
#define PS_ENGINES_GREEN_SCHEDULER_H

#include "base/rng.h"
#include "engines/common/core.h"
#include "engines/common/light.h"
#include "engines/common/timer_heap.h"
#include "engines/green/deep_sleep.h"
#include "engines/green/fiber.h"
#include "engines/green/idle.h"
#include "engines/green/offload.h"
#include "engines/green/own.h"
#include "engines/green/poller.h"
#include "engines/green/queue.h"
#include "engines/green/stack.h"

/* A slot's thread: OFF -> RUN -> RETIRING -> GONE, joined -> OFF. RETIRING -> RUN again by the
 * owner,
 * -> GONE by the worker, both by CAS. */
enum worker_life { WORKER_OFF, WORKER_RUN, WORKER_RETIRING, WORKER_GONE };

struct green_worker {
    struct own_queue own;

    /* The worker writes, others read. */
    _Alignas(128) _Atomic uint64_t tick; /* turns it took; relaxed, for guesses */
    _Atomic uint64_t spawned;            /* tasks it accepted */
    _Atomic uint64_t taken;              /* tasks it took out of the queue for good; see admit.c */
    _Atomic uint64_t gone;               /* tasks that ended on it after they were taken */

    /* The worker's own. */
    struct green *green;
    struct fiber *current, *left;
    enum fiber_after after; /* of `left` */
    bool searching;         /* counts as such in the idle set */
    unsigned hot_turns;     /* tasks taken from the hot slot in a row */
    unsigned in_a_row;      /* tasks of high priority, up to now */
    unsigned until_look;    /* turns until it looks at timers, descriptors and the shared queue */
    struct ps_task *handed; /* what the free fiber that is switched to begins with, or NULL */
    struct ps_probe probe;
    struct stack_pool pool;
    struct sleeper_pool sleepers;
    unsigned slot;
    unsigned look_every;
    uint64_t looked_ns;
    unsigned next_peer; /* whose timers it looks at next */
    uint64_t watched;   /* the poller's holder's: `tick` when it last looked */
    struct ps_rng rng;
    struct fiber native; /* the thread's own stack */

    /* Others write. */
    _Alignas(128) _Atomic uint32_t park; /* PARK_* */
    _Atomic uint32_t life;               /* enum worker_life */
    pthread_t thread;                    /* the owner's */

    /* Timers that were set on this slot. They stay here when the worker retires: any worker runs
     * the due timers of any slot. */
    _Alignas(128) pthread_mutex_t timer_lock;
    struct ps_timer_heap timers;
    _Atomic uint64_t timer_next; /* seq_cst, see poller.h */
};

/* New tasks that were not started because config.limit tasks are alive. */
struct limit {
    pthread_mutex_t lock;
    _Atomic uint64_t most;       /* 0: no limit */
    struct ps_task_list line[2]; /* by enum ps_priority */
    unsigned in_a_row;           /* of high priority let in since one that was not */
    _Atomic uint64_t held;
};

struct green {
    struct ps_engine base;
    bool one_queue;       /* policy global: no queues of workers */
    bool no_slot;         /* the hot slot is not used */
    bool biased;          /* own_barrier works: see own.h */
    _Atomic bool started; /* workers run, or have run */
    struct stack_depot depot;
    struct sleeper_depot sleepers;
    struct shared_queue shared;
    struct idle_set idle;
    struct poller poller;
    struct offload offload;
    struct ps_light light;
    struct limit limit;
    _Atomic bool stealing, offloading;
    _Atomic uint32_t gate;    /* GATE_* of queue.h. Paused workers sleep on it */
    _Atomic unsigned active;  /* workers wanted */
    _Atomic unsigned running; /* threads that are workers or about to be; seq_cst, see park.c */
    _Atomic unsigned slots;   /* slots ever used; release, partner: whoever walks `worker` */
    struct green_worker *worker[PS_MAX_WORKERS]; /* [0, slots); freed with the engine */
};

static inline bool gate_closed(uint32_t gate)
{
    return (gate & GATE_CLOSED) != 0;
}

/* The calling thread's worker; NULL if it is none of this engine. */
static inline struct green_worker *worker_self(const struct green *green)
{
    struct ps_self *self = ps_self();
    return self->engine == &green->base ? self->worker : NULL;
}

/* ---- worker.c: the loop ---- */

/* Queue a runnable task. hot: as fiber_wake. Any thread. */
void green_schedule(struct green *green, struct ps_task *task, bool hot);
/* The same, by a worker. */
void green_put(struct green_worker *worker, struct ps_task *task, bool hot);
/* Make an offer to thieves, and wake one. */
void worker_offer(struct green_worker *worker);
/* Take tasks from a worker that takes no turns, against its will, into one's own queue. */
void worker_relieve(struct green_worker *worker, struct green_worker *stuck);
/* Take over the tasks of a chain; the first is returned. The others are offered when the worker has
 * stopped to search. */
struct ps_task *worker_keep(struct green_worker *worker, struct task_chain chain);
/* A free fiber, which begins with `task` if that is not NULL. NULL: no memory for a stack, and the
 * task is queued. */
struct fiber *worker_free_fiber(struct green_worker *worker, struct ps_task *task);
/* Publish how many tasks wait in a worker's own queue. */
void worker_show_depth(struct green_worker *worker);
/* A task was made visible: wake a worker if the protocol of idle.h asks for it. */
void green_notify(struct green *green);
/* The worker will not come back to its loop for long: others get what it keeps for itself. */
void worker_share(struct green_worker *worker);
/* Become a searcher; false: enough others are, or stealing is off. */
bool green_may_search(struct green_worker *worker);
/* It found work: searches no longer, and wakes another worker if it was the last. */
void green_stop_searching(struct green_worker *worker);
/* What a fiber runs: the loop, for ever. arg: the fiber. */
void worker_loop(void *fiber);

/* ---- park.c: sleeping and waking ---- */

/* Nothing to do: sleep until there may be. The worker counts as searching afterwards. */
void worker_park(struct green_worker *worker);
/* Wake a worker that the caller claimed in the idle set. */
void worker_unpark(struct green_worker *worker);
/* The worker put a task into its hot slot while somebody sleeps: he watches from now on. */
void worker_be_watched(struct green_worker *worker);
/* Timers and descriptors of a worker that has tasks to run. */
void worker_look(struct green_worker *worker);

/* ---- threads.c: the life of workers ---- */

/* The record of a slot, made if need be. NULL: no memory. The owner. */
struct green_worker *worker_of_slot(struct green *green, unsigned slot);
/* RUN: takes a retiring worker back, or joins the old thread and starts a new one. */
enum ps_err worker_start(struct green_worker *worker);
/* Retire, and wake it so that it notices. */
void worker_retire(struct green_worker *worker);
void worker_join(struct green_worker *worker);
void worker_free(struct green_worker *worker);

/* ---- timers.c ---- */

/* The running fiber, on the worker's slot; it is in no heap. PS_ENOMEM. */
enum ps_err timer_set(struct green_worker *worker, struct fiber *fiber, uint64_t when_ns);
/* true: it had fired. The running fiber. */
bool timer_clear(struct fiber *fiber);
/* Wake what is due on a slot. A worker. */
void timers_run(struct green_worker *slot, uint64_t now_ns);
/* The earliest instant of all slots (seq_cst loads). */
uint64_t timers_earliest(const struct green *green);

/* ---- admit.c: the bound of the queue and the limit of live tasks ---- */

enum ps_err green_submit(struct ps_engine *engine, struct ps_task *task);
/* A new task is about to start: counts it out of the queue. Under a limit: returns the task that
 * may start instead (the longest held; of high priority first), or NULL: none may, and `task` is held. */
struct ps_task *admit(struct green_worker *worker, struct ps_task *task);
/* A task that was admitted has ended on this worker. */
void admit_ended(struct green_worker *worker);
/* All held tasks go back to the queue: the limit has changed. */
void admit_all(struct green *green);

/* ---- light.c: jobs and forks ---- */

extern const struct ps_light_hooks green_light_hooks;
/* The worker: run some, its own or stolen. It may go on on another worker. false: there was none. */
bool green_run_light(struct green_worker *worker);
bool green_light_visible(struct green_worker *worker);

/* ---- steps.c: event style ---- */

/* The running fiber runs the task's steps. false: the task sleeps without a stack; whoever resumes it
 * calls steps_go_on, and if that is true, steps_run again. */
bool steps_run(struct fiber *self, struct ps_task *task);
/* A task that slept so is resumed on the running fiber; false: it sleeps on. */
bool steps_go_on(struct green_worker *worker, struct ps_task *task);

/* ---- wait.c ---- */

/* Run the worker's loop on another fiber until somebody resumes this one. false: no memory for a
 * stack. */
bool green_suspend(enum fiber_after after);

enum ps_err green_wait(struct ps_task *task, struct ps_wait *wait);
/* A PS_WAIT_UNTIL of a task that vouches as for ps_green_sleep. */
enum ps_err green_sleep(struct ps_task *task, struct ps_wait *wait);
void green_unpark(struct ps_task *task);

#endif
