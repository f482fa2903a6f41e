/* Places: worker slots that are taken for one task at a time, by threads that come and go; and the
 * queue before them. What pools have in common that do not keep a thread in each slot (a thread for
 * every task, libuv's pool). Who finds a thread for a taken place is the pool's business. Private to
 * engines/. */
#ifndef PS_ENGINES_COMMON_PLACES_H
#define PS_ENGINES_COMMON_PLACES_H

#include "engines/common/lock.h"
#include "engines/common/pool.h"
#include "engines/common/queue.h"

struct ps_places;

struct ps_place {
    struct ps_slot slot;
    struct ps_places *owner;
    struct ps_task *task; /* of whoever has the place */
    bool taken;           /* under the lock */
    bool charged;         /* under the lock: counted in queue.held */
};

/* A pool's own struct begins with this. */
struct ps_places {
    struct ps_engine base;
    struct ps_place *place; /* one a slot */
    unsigned slots;
    _Atomic uint32_t paused; /* PS_KNOB_PAUSED; written under the lock */
    /* Under the lock: what match depends on has changed. */
    void (*changed)(struct ps_places *places);
    _Alignas(128) struct ps_lock lock; /* of the rest */
    struct ps_depth depth;
    struct ps_queue queue;
    unsigned workers; /* places that may be taken, by the worker count */
    size_t limit;     /* the same by PS_KNOB_LIMIT; 0: none */
    unsigned taken;
};

/* After it everything is as config says, but workers is 0. PS_EINVAL, PS_ENOMEM: nothing is left
 * to free but the memory of the struct. */
enum ps_err ps_places_init(struct ps_places *places, const struct ps_engine_ops *ops,
                           const struct ps_engine_config *config,
                           void (*changed)(struct ps_places *places));
/* Also ends what is still queued. */
void ps_places_fini(struct ps_places *places);

static inline struct ps_places *ps_places_of(struct ps_engine *engine)
{
    return (struct ps_places *)engine;
}

/* ---- under the lock ---- */

/* Whether there is a task that may start in a place that is, or becomes, free; so many are taken
 * beside it. */
bool ps_places_may_start(struct ps_places *places, unsigned taken);
/* Take a place and the oldest task for it. NULL: one of the two is missing, or a pause. */
struct ps_place *ps_places_match(struct ps_places *places);
/* The place's task has ended: take another for the same place, or free it. */
bool ps_places_match_again(struct ps_place *place);
void ps_places_free(struct ps_place *place);
/* Its task goes back to the front of the line, and the place is free. */
void ps_places_put_back(struct ps_place *place);

/* ---- without the lock ---- */

/* The thread that is to run the place's task: it waits no longer. */
void ps_places_begin(struct ps_place *place);
/* End what is queued, by the calling thread. */
void ps_places_discard(struct ps_places *places);

/* For ps_pool_ops. */
enum ps_err ps_places_submit(struct ps_engine *engine, struct ps_task *task);
enum ps_err ps_places_resize(struct ps_engine *engine, unsigned workers);
enum ps_err ps_places_tune(struct ps_engine *engine, enum ps_knob knob, uint64_t value);
void ps_places_close(struct ps_engine *engine, enum ps_close how);
enum ps_err ps_places_wait(struct ps_task *task, struct ps_wait *wait);

#endif
