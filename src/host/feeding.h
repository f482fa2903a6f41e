/* What the feeder and the arrival models share. Private to them: others include host/feeder.h.
 *
 * An arrival model says what is due: one file a model in host/arrivals/, one line in the table of
 * feeder.c. The feeder gives it a thread, the settings of the moment, submission with retries of
 * its own while the queue is full, pauses, and the end of the run.
 *
 * Run time: ns since feeding began, without pauses. Schedules are made in run time, so a pause
 * moves what follows it and changes nothing else. */
#ifndef PS_HOST_FEEDING_H
#define PS_HOST_FEEDING_H

#include <pthread.h>

#include "host/due_heap.h"
#include "host/feeder.h"
#include "host/retries.h"
#include "model/profile.h"
#include "model/trace.h"

/* Read under the lock at the beginning of each round. */
struct ps_feeder_settings {
    double rate;           /* of the last live change; what else holds is in the profile */
    uint32_t rate_changes; /* live changes so far */
    uint64_t in_flight, burst;
    struct ps_mix mix; /* whole, of the last live change */
    uint32_t mix_changes;
    bool paused;
};

/* Everything but `feed` may be NULL. */
struct ps_arrival_ops {
    /* Before the thread is there: take hold of what the model needs. why: what is wrong. The host's
     * main thread. */
    enum ps_err (*open)(struct ps_feeder *feeder, char *why, size_t size);
    /* Let come what is due now, in bounded rounds. Returns the instant of the next round; PS_NEVER:
     * when a setting changes or, with `credited`, a task ends. The feeder's thread. */
    uint64_t (*feed)(struct ps_feeder *feeder, const struct ps_feeder_settings *now);
    /* After the thread has ended: let go of it. The host's main thread. */
    void (*close)(struct ps_feeder *feeder);
    bool credited;  /* arrivals answer ended tasks: ps_feeder_credit wakes the feeder */
    bool scheduled; /* arrivals have times of their own: see ps_feeder_behind */
};

extern const struct ps_arrival_ops ps_arrivals_open, ps_arrivals_closed, ps_arrivals_batch,
    ps_arrivals_trace, ps_arrivals_http;

struct ps_feeder {
    struct ps_run *run;
    const struct ps_arrival_ops *ops;
    pthread_t thread;
    _Atomic uint64_t credits; /* ended root jobs not yet answered by a new arrival */
    _Atomic uint32_t wake, asleep;
    _Atomic uint32_t stop, exhausted;
    _Atomic uint32_t behind; /* something that is due before the end has not arrived yet */
    _Atomic uint32_t gone;   /* the thread is at its end; release, partner ps_feeder_ended */
    bool joined;             /* main thread's */

    pthread_mutex_t lock;
    struct ps_feeder_settings settings;
    uint64_t pause_began_ns, pause_total_ns;

    /* The feeder's own. */
    uint64_t number;    /* of the next arrival */
    uint64_t origin_ns; /* the instant at which run time 0 would be if pauses had come before it */
    uint64_t paused_seen_ns;
    uint64_t end_ns;      /* run time from which on nothing is due; PS_NEVER: no end */
    bool over;            /* the model has nothing more to give */
    uint32_t mix_changes; /* those that the arrivals have */

    struct ps_retries retries;

    /* The model's own. */
    uint64_t next_ns;          /* run time of the next arrival: open, trace */
    struct ps_profile profile; /* open: the rate over run time, with the live changes */
    uint32_t rate_changes;     /* open: of them those that it has */
    uint64_t live;             /* closed: clients that exist */
    struct ps_due_heap due;    /* closed: instants at which thinking clients come back */
    struct ps_rng think;
    struct ps_trace *trace;
    struct ps_trace_row row; /* trace: what arrives at next_ns */
};

/* Submit one task that was due at the instant intended_ns, waiting for room. type < 0: drawn from
 * the mix. row: what its `row` step does, or NULL. Returns false when no more can come. */
bool ps_feeder_arrive(struct ps_feeder *feeder, uint64_t intended_ns,
                      const struct ps_trace_row *row);

/* Submit a job, waiting for room. PS_EFULL: refused and counted, and a retry follows or whoever
 * waits for it has been told; otherwise the job stays the caller's. The feeder. */
enum ps_err ps_feeder_submit(struct ps_feeder *feeder, struct ps_job *job);

/* Have another round soon. Any thread; does not block. */
void ps_feeder_wake(struct ps_feeder *feeder);

bool ps_feeder_stopping(struct ps_feeder *feeder);
/* Whether the run has had all its arrivals (arrivals.tasks). */
bool ps_feeder_limit_reached(const struct ps_feeder *feeder);

#endif
