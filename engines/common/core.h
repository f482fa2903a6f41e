/* What every engine is made of: the base object, the life of a task, closing. Private to engines/.
 */
#ifndef PS_ENGINES_COMMON_CORE_H
#define PS_ENGINES_COMMON_CORE_H

#include <pthread.h>

#include "engines/engine.h"

enum ps_engine_phase {
    PS_ENGINE_CREATED,
    PS_ENGINE_RUNNING,
    PS_ENGINE_DRAINING,
    PS_ENGINE_CANCELLING,
    PS_ENGINE_STOPPED
};

/* An engine's own struct begins with this. */
struct ps_engine {
    const struct ps_engine_ops *ops;
    const struct ps_policy *policy;
    struct ps_engine_config config; /* config.workers: the target, owner's */
    _Atomic uint32_t phase;         /* enum ps_engine_phase; only grows */
    struct ps_probe outside;        /* for threads that are no workers */
    struct ps_light *light;         /* jobs and forks, or NULL; see light.h */
    const struct ps_pool_ops *pool; /* of the policy, in an engine of several pools; see pool.h */

    /* Room: an event count for submitters that wait for a place in the queue. */
    _Atomic uint32_t room_seq, room_waiters;
    /* Done: an event count for stop. */
    _Atomic uint32_t done_seq;
    /* Parkers of outside threads that run tasks (caller_runs). */
    pthread_mutex_t outside_lock;
    struct ps_outside_parker *outside_parkers; /* all, in use or not */
};

/* Fill the base; checks config against the policy and the segment. PS_EINVAL. */
enum ps_err ps_engine_init(struct ps_engine *engine, const struct ps_engine_ops *ops,
                           const struct ps_engine_config *config);

static inline enum ps_engine_phase ps_engine_phase(const struct ps_engine *engine)
{
    return (enum ps_engine_phase)atomic_load_explicit(&((struct ps_engine *)engine)->phase,
                                                      memory_order_acquire);
}

/* Free what the base owns; the engine's destroy calls it last. */
void ps_engine_fini(struct ps_engine *engine);

/* Raise the phase to at least `phase` (seq_cst); false if it was there already. */
bool ps_engine_raise(struct ps_engine *engine, enum ps_engine_phase phase);

/* Whether submit may accept: from a worker until CANCELLING, from outside only while RUNNING. A
 * CREATED engine accepts too. Outside work asks when it has found room: a close raises the phase and
 * discards after that, so room which the discarding made is not taken for room. */
static inline bool ps_engine_open_for(const struct ps_engine *engine, bool from_worker)
{
    enum ps_engine_phase phase = ps_engine_phase(engine);
    return phase <= PS_ENGINE_RUNNING || (from_worker && phase == PS_ENGINE_DRAINING);
}

/* ---- who am I ---- */

/* The calling thread as a worker. Set by the engine when a worker thread begins and when it changes
 * task; never inlined, so that a green thread that moved does not read a stale address. */
struct ps_self {
    struct ps_engine *engine; /* NULL: no worker */
    struct ps_probe *probe;
    void *worker; /* the engine's own record */
    int slot;
    struct ps_strand *strand; /* of an engine that forks, or NULL; see fork.h */
};
struct ps_self *ps_self(void);

/* The probe of the calling thread: its worker's if it is one of this engine, else the outside one.
 */
struct ps_probe *ps_engine_probe(struct ps_engine *engine);

/* ---- the life of a task, in the order of calls ---- */

/* Accept: sets task->engine, links the parent's family, counts `submitted`. Call it when acceptance
 * is certain and BEFORE the task is published to any other thread: ps_engine_live relies on it. */
void ps_task_accept(struct ps_engine *engine, struct ps_task *task);

/* About to run for the first time: if the task is to be stopped already (cancelled, deadline past,
 * engine cancelling) it is finished here and false returned; else `started` is counted and the
 * worker's state is RUN. */
bool ps_task_begin(struct ps_probe *probe, struct ps_task *task);

/* The body is done (or never ran) and task->outcome is settled: count, call `ended`, wake a joining
 * parent, release whoever can be released. The task must not be touched afterwards. */
void ps_task_finish(struct ps_probe *probe, struct ps_task *task);

/* The same for a task that ran in another process, which has counted its end. */
void ps_task_returned(struct ps_task *task);

/* Run a direct-style body, or a step body in direct style. Between begin and finish. */
void ps_task_run(struct ps_task *task);

/* Finish a queued task as cancelled without running it. */
void ps_task_discard(struct ps_probe *probe, struct ps_task *task);

/* Keep the memory of a task that waits until unpin, though it may go on and end before: for an unpark
 * after the lock under which it was found has been given up. pin: under a lock without which the task
 * cannot end its wait. unpin may release the task. Any thread. */
void ps_task_pin(struct ps_task *task);
void ps_task_unpin(struct ps_task *task);
/* Of a task that was not accepted: nobody can pin it afresh. */
bool ps_task_pinned(const struct ps_task *task);

/* Whether some are below it: children, or those whom a child has left behind. Its own thread. */
bool ps_task_has_family(const struct ps_task *task);

/* ps_task_cancel of a task that may not yet have been accepted by the engine it is meant for. */
void ps_task_cancel_in(struct ps_engine *engine, struct ps_task *task);

/* ---- waiting ---- */

/* The instant at which a wait must end by itself: the earlier of wait->until_ns and the deadline.
 */
static inline uint64_t ps_wait_until(const struct ps_task *task, const struct ps_wait *wait)
{
    return wait->until_ns < task->deadline_ns ? wait->until_ns : task->deadline_ns;
}

/* Whether stop has been asked for, no clock read: cheap enough for every wake-up. */
static inline bool ps_task_stopped(const struct ps_task *task)
{
    return atomic_load(&((struct ps_task *)task)->stop) != PS_STOP_NOT ||
           ps_engine_phase(task->engine) >= PS_ENGINE_CANCELLING;
}

/* The same of the task or one that it descends from, which then is its own reason too. It walks up: not
 * for every switch. */
bool ps_task_stopped_with_family(struct ps_task *task);

/* Join. begin: true: children are alive and the last one to end will unpark the task; the engine
 * waits (or helps) until done, or until the task is to stop, and then calls end. false: there is
 * nothing to wait for and no end to call. */
bool ps_join_begin(struct ps_task *task);
bool ps_join_done(const struct ps_task *task);
void ps_join_end(struct ps_task *task);

/* Consume an unpark: true once for any number of unparks before it. */
static inline bool ps_token_take(struct ps_task *task)
{
    return atomic_exchange_explicit(&task->token, 0, memory_order_acquire) != 0;
}

/* ---- queue room and the end ---- */

/* A place in the queue has become free. Cheap when nobody waits. The caller's update of the queue
 * must be an RMW or happen under a lock that submit takes too. */
void ps_engine_room(struct ps_engine *engine);

/* Tasks accepted and not ended. Exact when it says 0: reads `ended` (acquire) before `submitted`,
 * so a zero was true at the end of the first pass. */
uint64_t ps_engine_live(const struct ps_engine *engine);

/* To be called by a worker that finds nothing to do, and by whoever ends tasks outside: wakes stop
 * if the engine is closing and no task is left. */
void ps_engine_check_done(struct ps_engine *engine);

/* stop's first half: wait until ps_engine_live is 0. */
enum ps_err ps_engine_wait_done(struct ps_engine *engine, uint64_t deadline_ns);

#endif
