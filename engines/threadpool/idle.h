/* Who sleeps and who searches, so that no task is left while workers sleep, and no herd is woken
 * for one task. Private to the pools of threadpool/ that have a queue a worker.
 *
 * A searcher is a worker that looks for work in other queues; it is counted, and at most half of
 * the workers are. While somebody searches, nobody is woken: the searcher will find the task, and
 * the last searcher to find one wakes another. */
#ifndef PS_ENGINES_THREADPOOL_IDLE_H
#define PS_ENGINES_THREADPOOL_IDLE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct ps_idler {
    struct ps_idler *next, *previous; /* under the lock */
    bool listed;                      /* under the lock */
    bool searching;                   /* the worker's own; the claimer's while it is claimed */
};

struct ps_idle {
    _Alignas(128) _Atomic uint32_t word; /* searchers, and sleepers << 16 */
    _Alignas(128) pthread_mutex_t lock;  /* of the list of sleepers */
    struct ps_idler head;                /* of a ring: next is the last to fall asleep */
    struct ps_idler *idler;              /* one a slot */
};

/* PS_ENOMEM. */
enum ps_err ps_idle_init(struct ps_idle *idle, unsigned slots);
void ps_idle_free(struct ps_idle *idle);

/* The worker. Become a searcher; true at once if it is one (it was woken as one). false: enough
 * others search. workers: how many there are. */
bool ps_idle_search(struct ps_idle *idle, unsigned slot, unsigned workers);
/* The worker. Search no longer. true: it was the last, and owes a ps_idle_claim, if it found work
 * or cannot take any. */
bool ps_idle_found(struct ps_idle *idle, unsigned slot);

/* The worker, which took its parker's ticket before. Announce that it goes to sleep (it searches no
 * longer). true: nobody searches, so it must look at every queue once more before it sleeps. */
bool ps_idle_sleep(struct ps_idle *idle, unsigned slot);
/* The worker, always after ps_idle_sleep: it is awake, and a searcher. */
void ps_idle_rise(struct ps_idle *idle, unsigned slot);

/* Any thread, after it has published a task (seq_cst): the slot to be woken, or -1. */
int ps_idle_claim(struct ps_idle *idle);

#endif
