/* The feeder: the thread that lets tasks arrive, from outside the engine.
 *
 * Every task carries the instant at which it should have arrived: a feeder that is late (a full
 * queue that blocks, no CPU) does not make the latency look better (no coordinated omission). */
#ifndef PS_HOST_FEEDER_H
#define PS_HOST_FEEDER_H

#include "base/err.h"
#include "host/run.h"

struct ps_job;

/* why is set where the experiment's arrivals are at fault (PS_EPARSE). The host's main thread. */
enum ps_err ps_feeder_start(struct ps_run *run, struct ps_feeder **feeder, char *why, size_t size);
/* Ask it to end; does not wait: with PS_ON_FULL_CALLER_RUNS it may be inside a task. The engine must
 * be closed or have room, so that a submission that waits for room ends. The host's main thread. */
void ps_feeder_stop(struct ps_feeder *feeder);
/* After stop: wait until it has ended, at most to until_ns. true: it has; no task arrives and it
 * touches neither run nor engine any more. The host's main thread. */
bool ps_feeder_ended(struct ps_feeder *feeder, uint64_t until_ns);
void ps_feeder_free(struct ps_feeder *feeder);

/* A root job has ended: in a closed model the next may come. Any thread; does not block. */
void ps_feeder_credit(struct ps_feeder *feeder);

/* Whether everything that was to arrive has arrived (batch, task limit, end of the
 * trace). Any thread. */
bool ps_feeder_exhausted(const struct ps_feeder *feeder);

/* Whether something that was due before the run's end has not arrived yet (open, trace: it is late,
 * or waits for room). Any thread. */
bool ps_feeder_behind(const struct ps_feeder *feeder);

/* Live changes; the host's main thread. */
void ps_feeder_rate(struct ps_feeder *feeder, double per_second);
void ps_feeder_in_flight(struct ps_feeder *feeder, uint64_t count);
/* The weights of all types from now on; one that is not named has none. Open, closed and batch models:
 * their types are drawn by the feeder alone. */
void ps_feeder_mix(struct ps_feeder *feeder, const struct ps_mix *mix);
void ps_feeder_burst(struct ps_feeder *feeder, uint64_t count);
void ps_feeder_pause(struct ps_feeder *feeder, bool paused);

#endif
