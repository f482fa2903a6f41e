/* Retries: a task from outside that failed, timed out or was refused is tried again, as a task of
 * its own, after a pause. The pauses are the feeder's: no thread sleeps for one.
 *
 * Protocol
 *   worker   the task has ended and has an attempt left: makes the next one (ps_job_retry), due
 *            after its backoff, pushes it onto `inbox` (seq_cst), wakes the feeder if it sleeps
 *   feeder   takes the whole inbox (seq_cst), asks the budget, and puts what is paid for into its
 *            heap of due instants; submits what is due
 * Either the worker sees the feeder asleep, or the feeder sees the push: as for credits, see
 * feeder.c. The inbox is a stack that is only ever emptied as a whole: no ABA.
 *
 * `open` counts tasks with retries that are not settled: from their first submission until an
 * attempt completes, is cancelled, or no other follows. A run whose arrivals are over is done when
 * nothing is open and the engine is idle; `open` goes down after the next attempt's fate is known,
 * so there is no instant at which a run with a pending retry looks done.
 * Rejected: a thread that sleeps a backoff (a thread a retry, which no client does); submitting from
 * the worker (a retry would not be outside work, and on a full queue its worker would be stuck). */
#ifndef PS_HOST_RETRIES_H
#define PS_HOST_RETRIES_H

#include <stdatomic.h>

#include "host/due_heap.h"
#include "metrics/segment.h"
#include "model/backoff.h"

struct ps_feeder;
struct ps_job;

struct ps_retries {
    _Atomic(struct ps_job *) inbox;           /* by next_free */
    _Atomic uint64_t open;                    /* see above; seq_cst */
    _Atomic uint64_t succeeded[PS_MAX_TYPES]; /* not yet earned; relaxed: only an amount */
    /* The feeder's own. */
    struct ps_due_heap due; /* of jobs */
    struct ps_budget budget[PS_MAX_TYPES];
};

void ps_retries_init(struct ps_feeder *feeder);
void ps_retries_free(struct ps_feeder *feeder); /* jobs that wait belong to the run's pool */

/* A job of a type with retries is about to be submitted for the first time. The feeder. */
void ps_retries_opened(struct ps_feeder *feeder, const struct ps_job *job);

/* It could not be submitted. The feeder. */
void ps_retries_dropped(struct ps_feeder *feeder, const struct ps_job *job);

/* A job from outside has ended, with its outcome: true: another attempt follows; false: it is
 * settled, and whoever waits for it is to be told. Any thread; does not block. */
bool ps_retries_follow(struct ps_feeder *feeder, struct ps_job *job);

/* Take in what has ended and submit what is due. Returns the instant at which the next is due. The
 * feeder. */
uint64_t ps_retries_feed(struct ps_feeder *feeder, uint64_t now_ns);

#endif
