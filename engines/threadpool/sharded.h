/* The sharded pool's own struct. Shared by sharded.c (the contract) and sharded_work.c (what a worker
 * does).
 *
 * Every worker has a shard: a queue with a lock of its own. A task goes into the shorter one of two
 * shards that are drawn at random, which keeps the longest near log log n above the mean, where one
 * choice gives log n / log log n (Azar, Broder, Karlin, Upfal, "Balanced Allocations", 1994;
 * Mitzenmacher, "The Power of Two Choices", 2001). A worker with an empty shard takes from others.
 *
 * A task of high priority is drawn a shard like any other. Before a worker looks into its own shard,
 * it takes one from whatever shard has one: its own, or (if stealing is on) another's. See
 * PS_TRAIT_PRIORITY.
 *
 * Bound: config.queue is shared out among the shards of the present workers; who finds both of two
 * full tries all of them. */
#ifndef PS_ENGINES_THREADPOOL_SHARDED_H
#define PS_ENGINES_THREADPOOL_SHARDED_H

#include "base/rng.h"
#include "engines/common/crew.h"
#include "engines/common/hand.h"
#include "engines/common/queue.h"
#include "engines/threadpool/idle.h"
#include "engines/threadpool/threadpool.h"

struct ps_shard {
    _Alignas(128) struct ps_lock lock; /* of the queue, its depth, and writing the rest */
    struct ps_depth depth;
    struct ps_queue queue;
    _Atomic uint32_t size;   /* what is queued; read anywhere */
    _Atomic uint32_t high;   /* of that, of high priority */
    _Atomic uint32_t closed; /* 1: its worker has left; nothing more is put in */
    bool asleep;             /* its worker is to be woken for what is put in */
    struct ps_hand hand;     /* of its worker, beside the queue */
    /* The worker's own. */
    struct ps_rng rng; /* whom to try first */
    unsigned looks;    /* looks in a row that found nothing */
    uint32_t visits;
    uint32_t in_a_row; /* tasks of high priority taken, up to now */
};

struct ps_sharded_pool {
    struct ps_engine base;
    struct ps_crew crew;
    struct ps_idle idle;
    struct ps_shard *shard;              /* one a slot */
    bool spins;                          /* there is a CPU that could bring work meanwhile */
    _Atomic uint32_t workers;            /* shards that are drawn from */
    _Atomic uint32_t stealing;           /* PS_KNOB_STEALING */
    _Alignas(128) _Atomic uint32_t left; /* closed shards that are not empty */
    /* Tasks of high priority in all shards: on a line that is not written as long as none comes. */
    _Alignas(128) _Atomic uint32_t high;
};

static inline struct ps_sharded_pool *ps_sharded_of(struct ps_engine *engine)
{
    return (struct ps_sharded_pool *)engine;
}

/* ---- sharded_work.c ---- */

void ps_shard_work(struct ps_crew_worker *crew);
/* A shard has got something: wake its own worker, if it was asleep, or somebody who takes from
 * others. */
void ps_shard_notify(struct ps_sharded_pool *pool, struct ps_shard *shard, bool asleep);

/* Under the shard's lock: the queue has changed: publish its size, and what else follows. */
void ps_shard_changed(struct ps_sharded_pool *pool, struct ps_shard *shard);
/* Under the lock: its worker has left, or there is one again. */
void ps_shard_close(struct ps_sharded_pool *pool, struct ps_shard *shard, bool closed);
/* Under the lock: the hand's items go back to the queue. */
void ps_shard_put_back(struct ps_shard *shard);
/* Under the lock: queue.held as it is. */
static inline void ps_shard_recount(struct ps_shard *shard)
{
    shard->queue.held = ps_hand_size(&shard->hand);
}

#endif
