/* Which workers sleep, who searches, and whom to wake. Private to green.
 *
 * Protocol (after the idle set of tokio and the spinning Ms of Go). `word` holds the number of
 * searching workers and of idle ones.
 *   producer  1. makes a task visible: an offer or the shared count (seq_cst store)    2. loads word
 *             (seq_cst): somebody searches, or nobody is idle: done    3. takes the lock, claims
 *             one idle worker (idle - 1, searching + 1) and wakes it
 *   waiter    1. under the lock: into the set, idle + 1, and searching - 1 if it searched (seq_cst
 *             RMW)    2. nobody else searches: looks at every queue (seq_cst loads, and for the
 *             workers' own ones the barrier of own.h), at its orders and the gate; finds something:
 *             leaves the set and searches    3. sleeps
 *   searcher  finds a task: searching - 1; was the last one: looks at the queues like a waiter, or
 *             for the own ones whether any other worker is awake; there may be more: the producer's
 *             steps 2 and 3 (tokio #4383)
 * Producer 1 and 2, waiter 1 and 2 are all seq_cst, so either the producer sees the idle worker or
 * the waiter sees the task. While somebody searches producers wake nobody: the searcher will do
 * waiter's step 2 or wake another. Whoever was woken counts as searching until it found a task or
 * sleeps again; one that retires instead passes the wake on. A searcher spins for 2 us at most.
 *
 * Rejected: an RMW on `word` in the producer (right too, but every spawn then takes the line away
 * from every other worker); a relaxed or acquire load there (tokio #1768: lost wake-ups); fences
 * (ThreadSanitizer does not model them); a last searcher that always wakes another (two wake-ups for
 * each task that comes to an idle pool). tests/models/parking.pml checks this protocol and that its
 * mutants fail. */
#ifndef PS_ENGINES_GREEN_IDLE_H
#define PS_ENGINES_GREEN_IDLE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "metrics/segment.h"

struct idle_set {
    _Alignas(128) _Atomic uint32_t word; /* searching | idle << 16 */
    _Alignas(128) pthread_mutex_t lock;
    uint64_t bits[PS_MAX_WORKERS / 64]; /* under the lock */
};

void idle_init(struct idle_set *set);
void idle_destroy(struct idle_set *set);

/* Waiter's step 1. true: nobody searches, so step 2 is this worker's duty. */
bool idle_enter(struct idle_set *set, unsigned slot, bool searching);
/* The worker is awake again, claimed or not; it counts as searching. */
void idle_leave(struct idle_set *set, unsigned slot);

/* Producer's step 2, and 3 but for the wake-up itself: the slot to wake, or -1. Prefers any other
 * slot to `last_choice`. */
int idle_claim(struct idle_set *set, int last_choice);
/* Claim this one if it is idle. */
bool idle_claim_slot(struct idle_set *set, unsigned slot);

/* Begin to search unless half of the workers do. */
bool idle_search(struct idle_set *set, unsigned workers);
/* Searching no more. true: it was the last searcher. */
bool idle_found(struct idle_set *set);

static inline unsigned idle_count(struct idle_set *set)
{
    return atomic_load(&set->word) >> 16;
}

/* How one worker's thread sleeps: on its futex, or in the poller whose role it then holds. */
enum { PARK_EMPTY, PARK_FUTEX, PARK_POLL, PARK_NOTIFIED };

#endif
