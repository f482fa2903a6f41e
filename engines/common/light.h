/* Light work of a pool of workers: jobs (ps_job) and forks (fork.h), which have no record of their
 * own. Every worker has a ring of jobs and a stack of forks; jobs from outside wait in an inbox.
 * The pool asks for light work where it looks for tasks. Private to engines/.
 *
 * Order: a worker's own jobs, oldest first; the inbox, a fair share at once; then those of others,
 * half a ring at once, and their forks, the oldest one. */
#ifndef PS_ENGINES_LIGHT_H
#define PS_ENGINES_LIGHT_H

#include "base/rng.h"
#include "engines/common/core.h"
#include "engines/common/job_ring.h"
#include "engines/fork.h"

struct ps_light;

struct ps_light_worker {
    struct ps_strand strand;
    struct ps_job_ring ring;
    _Atomic uint32_t entered; /* 1: strand.slot and the three fields below are set, for good */
    struct ps_light *light;
    struct ps_cell *cell;
    unsigned number;
    /* The worker's alone. */
    struct ps_probe *probe;
    unsigned nesting;                       /* inside jobs that a full ring made it run */
    unsigned misses;                        /* searches in a row that found nothing */
    struct ps_rng rng;                      /* whom to try first */
    _Alignas(128) _Atomic uint32_t revoker; /* 1: a thief takes back the privilege */
    _Atomic(struct ps_fork *) fork[PS_FORK_DEPTH];
};

/* What a pool does for its light work. */
struct ps_light_hooks {
    /* Something was published: wake a worker if none looks for work. Any thread. */
    void (*notify)(struct ps_engine *engine);
    /* Suspend what runs on the calling worker until `unpark` of what it stored in fork->waiter, or
     * without cause; called again until the fork is done. Returns the strand on which it goes on.
     * NULL: the thread sleeps. */
    struct ps_strand *(*park)(struct ps_strand *self, struct ps_fork *fork);
    void (*unpark)(void *waiter);
    /* Run a stolen fork by ps_fork_run_stolen. NULL: just that. */
    void (*run_stolen)(struct ps_light_worker *self, struct ps_fork *fork);
};

struct ps_light {
    struct ps_engine *engine;
    const struct ps_light_hooks *hooks;
    /* Not 0 while a worker sleeps: the pool's own, changed by RMWs (seq_cst). */
    const _Atomic uint32_t *sleepers;
    unsigned slots;
    bool one_queue;                 /* workers put their jobs into the inbox too */
    _Atomic uint32_t workers;       /* the target: the pool sets it */
    struct ps_light_worker *worker; /* one a slot, as the system gives them: untouched is free */
    struct ps_job_inbox inbox;
};

/* PS_ENOMEM. */
enum ps_err ps_light_init(struct ps_light *light, struct ps_engine *engine,
                          const struct ps_light_hooks *hooks, const _Atomic uint32_t *sleepers);
void ps_light_free(struct ps_light *light);
/* The thread that is the worker from now on, before it looks for work. */
struct ps_light_worker *ps_light_enter(struct ps_light *light, unsigned slot,
                                       struct ps_probe *probe);

/* ops.job. */
enum ps_err ps_light_submit(struct ps_light *light, void (*run)(void *arg), void *arg);

/* The worker: run light work of its own or from the inbox, a bounded number of jobs. found(pool) is
 * called before it runs: a searcher that runs something is none, and whoever publishes meanwhile must
 * not rely on it. false: there was none. */
bool ps_light_run(struct ps_light_worker *self, void (*found)(void *pool), void *pool);
/* The worker, as a searcher: steal some from anybody below `span` and run it; found as above. false:
 * there was none. */
bool ps_light_steal(struct ps_light_worker *self, unsigned span, void (*found)(void *pool),
                    void *pool);
/* Whether there seems to be light work that `self` could take; seq_cst. */
bool ps_light_visible(struct ps_light *light, unsigned self, unsigned span, bool steal);
/* The same for a searcher that found something, without a barrier: forks in use are visible. */
bool ps_light_left(struct ps_light *light, unsigned self, unsigned span, bool steal);
/* The worker leaves: give its jobs to the inbox. */
void ps_light_hand_over(struct ps_light_worker *self);

/* fork.c: a fork of `victim`, or NULL. last_resort: take back the privilege of a worker that does
 * not answer. */
struct ps_fork *ps_fork_steal(struct ps_light_worker *victim, struct ps_light_worker *self,
                              bool last_resort);
/* For ps_light_hooks.park: `waiter` is to be unparked when the fork is done. false: it is. */
bool ps_fork_await(struct ps_fork *fork, void *waiter);
void ps_fork_run_stolen(struct ps_light_worker *self, struct ps_fork *fork);
/* Whether a worker below `span` has a fork that nobody has begun. For who goes to sleep: after it
 * said no, whoever forks sees the sleeper. */
bool ps_fork_visible(struct ps_light *light, unsigned span);
/* Whether a worker below `span` may have one: cheap, and never a wrong no for a searcher that has
 * just taken itself off. */
bool ps_fork_in_use(struct ps_light *light, unsigned span);

/* A fiber leaves / comes to the worker: between tasks a strand is empty. save: what it had, which
 * must all be taken by thieves. */
uint32_t ps_fork_suspend(struct ps_strand *self);
void ps_fork_resume(struct ps_strand *self, uint32_t saved);

#endif
