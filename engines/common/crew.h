/* The worker threads of a pool whose waiting tasks hold their thread: starting all or none,
 * growing, retiring, pausing, joining. How workers find tasks is the pool's business. Private to
 * engines/.
 *
 * Life of a slot. Writers: the owner, but for RETIRING -> GONE, which is the worker's.
 *   ABSENT    no thread
 *   LIVE      has a thread
 *   RETIRING  its thread is to leave once it holds no task
 *   GONE      its thread touches nothing of the pool any more; the owner joins it before the slot
 *             gets another
 *
 * A worker that leaves must not take along what it was woken for: after ps_crew_leave returned true
 * it passes its wake-up on, unless its queue is empty. Only live resizing has that bug. */
#ifndef PS_ENGINES_COMMON_CREW_H
#define PS_ENGINES_COMMON_CREW_H

#include "engines/common/slot.h"

enum ps_crew_life { PS_CREW_ABSENT, PS_CREW_LIVE, PS_CREW_RETIRING, PS_CREW_GONE };

struct ps_crew;

struct ps_crew_worker {
    struct ps_slot slot;
    struct ps_crew *crew;
    _Atomic uint32_t life; /* enum ps_crew_life */
    pthread_t thread;      /* owner's */
};

struct ps_crew {
    struct ps_engine *engine;
    void (*work)(struct ps_crew_worker *worker); /* runs tasks; returns after ps_crew_leave */
    size_t stack;                                /* bytes a thread; 0: the system's default */
    unsigned slots;
    bool started;            /* owner's */
    _Atomic uint32_t gate;   /* start: threads hold still until all of them exist */
    _Atomic uint32_t paused; /* PS_KNOB_PAUSED */
    struct ps_crew_worker *worker;
};

/* Owner. Memory for every slot of the segment; no thread. PS_ENOMEM. */
enum ps_err ps_crew_init(struct ps_crew *crew, struct ps_engine *engine,
                         void (*work)(struct ps_crew_worker *worker));
/* Owner; every slot is ABSENT. */
void ps_crew_fini(struct ps_crew *crew);

/* Owner. `workers` threads or none. PS_EAGAIN, PS_ENOMEM. */
enum ps_err ps_crew_start(struct ps_crew *crew, unsigned workers);

/* Owner. From engine->config.workers to `workers`: all the new threads or none of them; retiring
 * ones are woken if they sleep on their slot's parker. PS_EAGAIN, PS_ENOMEM. */
enum ps_err ps_crew_resize(struct ps_crew *crew, unsigned workers);

/* Owner, when no task is left: retire everybody; join them. */
void ps_crew_retire_all(struct ps_crew *crew);
void ps_crew_join_all(struct ps_crew *crew);

/* Any thread: every thread that sleeps on its parker looks again at what it waits for. */
void ps_crew_wake_all(struct ps_crew *crew);

/* Set PS_KNOB_PAUSED and have it noticed. Any thread. */
void ps_crew_pause(struct ps_crew *crew, bool paused);

static inline bool ps_crew_paused(struct ps_crew *crew)
{
    /* seq_cst, partner ps_crew_pause: read after a parker's ticket was taken. */
    return atomic_load(&crew->paused) != 0;
}

/* The worker, between tasks: whether it is asked to leave. */
static inline bool ps_crew_retiring(struct ps_crew_worker *worker)
{
    /* acquire, partner retire in crew.c; that one wakes the parker afterwards. */
    return atomic_load_explicit(&worker->life, memory_order_acquire) == PS_CREW_RETIRING;
}

/* The worker, between tasks: leave if asked to. true: it must hand over what it has and return from
 * `work`. false: nobody asked, or the owner has changed its mind. */
bool ps_crew_leave(struct ps_crew_worker *worker);

#endif
