/* Pools whose workers share queues. A station, in the sense of queueing theory, is a queue with the
 * workers that serve it; most pools have one. Waiting tasks hold their worker. Private to engines/.
 *
 *   stations.c      the contract's operations
 *   station_work.c  what a worker does; the protocol
 *
 * A policy is a plan: how many stations, who serves which, and who of the idle is called first. */
#ifndef PS_ENGINES_COMMON_STATIONS_H
#define PS_ENGINES_COMMON_STATIONS_H

#include "engines/common/crew.h"
#include "engines/common/hand.h"
#include "engines/common/pool.h"
#include "engines/common/queue.h"

enum ps_call_order { PS_CALL_LAST_ASLEEP, PS_CALL_FIRST_ASLEEP };

struct ps_sleeper {
    struct ps_sleeper *next, *previous;
    bool listed;
};

struct ps_station_worker {
    struct ps_hand hand;
    unsigned looks; /* the worker's own: visits in a row that found nothing */
    /* Under the lock. */
    _Alignas(128) struct ps_sleeper sleeper;
    struct ps_station *station;
    bool seeks;        /* counted in the station's seekers */
    unsigned charge;   /* its part of queue.held */
    uint64_t position; /* ps_queue_taken when it filled its hand */
};

/* Under the pool's lock. */
struct ps_station {
    struct ps_queue queue;
    struct ps_sleeper asleep; /* head of a ring: next is the last to fall asleep */
    unsigned workers;         /* the target */
    unsigned seekers;         /* workers that will visit before they sleep: called, or looking */
    unsigned holders;         /* workers with a charge */
    unsigned turn;            /* whose hand is looked at next */
    bool brisk;               /* what was run last was short */
};

/* One a task type, and one for those that have none. */
#define PS_STATIONS_MAX (PS_MAX_TYPES + 1)

struct ps_station_plan {
    enum ps_call_order order;
    unsigned stations;                   /* 1 .. PS_STATIONS_MAX */
    unsigned reserved[PS_STATIONS_MAX];  /* workers of a station, lowest slots first; [0] gets the
                                               other ones, at least one */
    unsigned char of_type[PS_MAX_TYPES]; /* where a task type waits; jobs: at 0 */
};

struct ps_station_pool {
    struct ps_engine base;
    struct ps_crew crew;
    struct ps_station_plan plan;
    struct ps_station_worker *worker; /* one a slot */
    bool spins;                       /* there is a CPU that could bring work meanwhile */
    /* Tasks of high priority that wait, by station. Written under the lock; relaxed, a hint: a worker
     * looks before it goes on with its hand. */
    _Alignas(128) _Atomic uint32_t high[PS_STATIONS_MAX];
    _Alignas(128) struct ps_lock lock; /* of the rest */
    struct ps_depth depth;
    struct ps_station *station;
};

static inline struct ps_station_pool *ps_stations_of(struct ps_engine *engine)
{
    return (struct ps_station_pool *)engine;
}

/* ---- stations.c ---- */

/* plan: copied. PS_EINVAL: no worker is left for station 0. */
enum ps_err ps_stations_create(const struct ps_engine_ops *ops, const struct ps_station_plan *plan,
                               const struct ps_engine_config *config, struct ps_engine **engine);

/* For ps_pool_ops. */
enum ps_err ps_stations_start(struct ps_engine *engine);
enum ps_err ps_stations_submit(struct ps_engine *engine, struct ps_task *task);
enum ps_err ps_stations_job(struct ps_engine *engine, void (*run)(void *arg), void *arg);
enum ps_err ps_stations_resize(struct ps_engine *engine, unsigned workers);
enum ps_err ps_stations_tune(struct ps_engine *engine, enum ps_knob knob, uint64_t value);
void ps_stations_close(struct ps_engine *engine, enum ps_close how);
enum ps_err ps_stations_stop(struct ps_engine *engine, uint64_t deadline_ns);
void ps_stations_destroy(struct ps_engine *engine);
enum ps_err ps_stations_wait(struct ps_task *task, struct ps_wait *wait);

/* ---- station_work.c ---- */

void ps_station_work(struct ps_crew_worker *crew);

/* Under the lock: something may wait that nobody looks for. The worker to be woken by
 * ps_station_wake when the lock is free, or NULL. */
struct ps_station_worker *ps_station_call(struct ps_station_pool *pool, struct ps_station *station);
void ps_station_wake(struct ps_station_pool *pool, struct ps_station_worker *worker);
/* Under the lock: queue.held as it is, and not at most. */
void ps_station_recount(struct ps_station_pool *pool, struct ps_station *station);
/* Under the lock: everything from the worker's hand back to its queue: how many. */
unsigned ps_station_put_back(struct ps_station_worker *worker);

#endif
