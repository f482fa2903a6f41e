/* The contract between an engine (a way to run tasks) and everybody else. Public and installed: a
 * program outside the tree can use an engine, and can write one.
 *
 * An engine runs tasks on workers (OS threads). A task is memory of its submitter with a body. The
 * body comes in two styles, and may offer both:
 *   run   direct style: a C function that blocks or parks in place, by calling ps_wait;
 *   step  event style: a function that returns what to wait for and is called again after it.
 * Every engine runs `step`; engines with PS_TRAIT_DIRECT also run `run`, and prefer it.
 *
 * Life of a task
 *   the submitter fills `body`, `stamp`, `deadline_ns`, `user`, `parent` (ps_task_init) and
 * submits; from PS_OK on the engine owns it; the body runs on one worker at a time (with green
 * threads not always the same one); when the body is done the outcome is settled and body->ended is
 * called, once; when in addition no child and no waker refers to it any more, body->release gives the
 * memory back.
 *   Who joins its children has their memory back when the join (PS_WAIT_JOIN) is over: they have been
 * released, and nobody touches them, nor what they lie in. So children may lie in their parent's
 * frame, for ever so many generations, provided that
 *   - no child of theirs is alive when one of them ends: they join what they spawn. A task that leaves
 *     children behind, and who is above such a task, is the engine's until body->release;
 *   - the parent does not leave the frame before: a join that ends with PS_ECANCELED, because the
 *     parent is to stop, says nothing of its children. Where a task may be stopped they lie in memory
 *     that its own body->release gives back, or in one that theirs do.
 *
 * Stopping a task is cooperative, as in every system that has kept its invariants: `stop` is set by
 * the first of deadline, ps_task_cancel or discard; every wait then ends at once (except a blocking
 * call, which nobody can interrupt); the body looks at ps_task_stopping between pieces of work,
 * lets go of what it holds, and ends. A task that is stopped before its start never runs.
 *
 * Life of an engine: create -> start -> submit ... -> close -> stop -> destroy, driven by one
 * thread, the owner. Phases: RUNNING -> DRAINING (refuses work from outside) -> CANCELLING (waits
 * end, queued tasks end as cancelled) -> STOPPED. */
#ifndef PS_ENGINES_ENGINE_H
#define PS_ENGINES_ENGINE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "metrics/probe.h"
#include "metrics/segment.h"

struct ps_engine;
struct ps_task;
struct ps_parker;
struct ps_process_config;

/* ---- tasks ---- */

enum ps_wait_kind {
    PS_WAIT_YIELD, /* let others run; result PS_OK */
    PS_WAIT_UNTIL, /* until until_ns; result PS_OK */
    PS_WAIT_FD,    /* until fd is ready for `events`, at most to until_ns (PS_ETIMEDOUT) */
    PS_WAIT_JOIN,  /* until no child of the task is alive; an engine may run others meanwhile. With
                      PS_OK their memory is the parent's again, see above */
    PS_WAIT_PARK,  /* until ps_task_unpark(task), or at most to until_ns (PS_ETIMEDOUT). A wake-up
                      may come without cause: callers test their condition again */
    PS_WAIT_CALL   /* run call(call_arg), a function that may block its thread: in place, or on a
                      helper thread where the engine offloads; result PS_OK when it has returned */
};

/* What a body waits for. Owner: the body; valid until the wait has ended. */
struct ps_wait {
    enum ps_wait_kind kind;
    enum ps_state why; /* LOCK JOIN NET DISK SLEEP BLOCK: what lanes and gauges show */
    uint64_t until_ns; /* CLOCK_MONOTONIC; PS_NEVER: no limit of its own */
    int fd;
    short events; /* POLLIN, POLLOUT */
    /* FD: the body has left nothing unread (or has filled the socket): its last try met EAGAIN or did
     * less than it asked for, and nobody else waits for fd. Then the engine need not look first, and
     * a wait may end with PS_OK though there is nothing: the body tries without blocking, and waits
     * again. */
    bool drained;
    void (*call)(void *arg);
    void *call_arg;
    enum ps_err result; /* set by the engine; PS_ECANCELED when the task is to stop */
};

struct ps_body {
    const char *name;
    /* Direct style, or NULL. Returns when the task is done. */
    void (*run)(struct ps_task *task);
    /* Event style, or NULL. Does what needs no waiting, returns what to wait for, or NULL when the
     * task is done. Never blocks longer than its own work. After a wait that ended with
     * PS_ECANCELED it is called once more: it cleans up and returns NULL. */
    struct ps_wait *(*step)(struct ps_task *task);
    /* The task has ended; task->outcome says how. Once, on the thread that ended it, which may be
     * any thread of the engine or the caller of close. Must not block or wait. May submit. Or NULL.
     */
    void (*ended)(struct ps_task *task);
    /* Nothing refers to the task any more. Once, after `ended`. Or NULL. */
    void (*release)(struct ps_task *task);

    /* For engines whose workers are processes (engines/process.h): what the other process must know
     * to run the task. At most PS_PROCESS_MESSAGE bytes, returns how many. Once, on the submitting
     * thread, when the task has been accepted. NULL: such an engine answers PS_ENOTSUP. */
    size_t (*pack)(struct ps_task *task, void *message);
    /* What came back from there, before `ended`; not called for a task that did not get there or
     * whose process died. Or NULL. */
    void (*returned)(struct ps_task *task, const void *message, size_t bytes);
};

#define PS_PROCESS_MESSAGE 192u

/* Of a task that waits for a worker: see PS_TRAIT_PRIORITY. */
enum ps_priority { PS_PRIORITY_NORMAL, PS_PRIORITY_HIGH };

enum ps_stop { PS_STOP_NOT, PS_STOP_DEADLINE, PS_STOP_CANCEL };

struct ps_task {
    /* The submitter's, before submit. */
    const struct ps_body *body;
    struct ps_task *parent; /* the task that spawns it and may join it, or NULL */
    struct ps_stamp stamp;
    uint64_t deadline_ns; /* CLOCK_MONOTONIC; PS_NEVER: none */
    void *user;
    enum ps_priority priority; /* a task that serves may change it while it runs */

    /* The body's while it runs: PS_COMPLETED, which it may change to PS_FAILED. Settled by the
     * engine before body->ended. */
    enum ps_outcome outcome;

    /* The engine's. */
    struct ps_engine *engine;
    struct ps_task *next; /* link of whatever queue it is in */
    void *context;        /* of the engine that runs it: a green thread, a loop's record */
    struct ps_wait *wait; /* what it waits for, event style */
    _Atomic(struct ps_parker *)
        parker;              /* of the OS thread that waits with it; see common/parker.h */
    _Atomic uint32_t stop;   /* enum ps_stop; see common/task.c */
    _Atomic uint64_t family; /* live children and flags; see common/task.c */
    _Atomic uint32_t token;  /* an unpark not yet consumed; see the engine's wait */
    uint32_t generation;     /* how many are above it */
};

/* Set every field; parent, deadline, user, priority and stamp.intended_ns may be changed before submit. */
void ps_task_init(struct ps_task *task, const struct ps_body *body, uint32_t id, uint16_t type);

/* Whether the body should let go and end, and why. Also stops the task if its deadline has passed:
 * now_ns is the caller's clock reading, or 0 to leave the clock out. The body's thread. */
enum ps_stop ps_task_stopping(struct ps_task *task, uint64_t now_ns);

/* The body ends early because it was asked to: the outcome becomes timed out or cancelled. A body
 * that finishes its work although it was asked to stop has completed. */
void ps_task_give_up(struct ps_task *task);

/* Ask a submitted task to stop. Any thread; does not block. The caller vouches that the task is not
 * released before the call returns.
 *
 * Its children are asked with it: one that has not begun ends without a start, and ps_task_stopping
 * tells one that runs; so do those below them, 64 generations at most, and none below a 256th
 * generation learns of those above it. But nobody keeps a list of them, so one that waits is not
 * woken; a scope (scope.h) keeps one, and wakes. */
void ps_task_cancel(struct ps_task *task);

/* End a PS_WAIT_PARK of the task, now or the next one. Any thread; does not block. The caller knows
 * that the task has not ended (it is the one who owes it this wake-up). */
void ps_task_unpark(struct ps_task *task);

/* ---- tasks that serve ----
 *
 * A task may serve: run one request after another, for as long as somebody brings some, as the task
 * of a connection does. It is queued, started, resumed and cancelled as any task, but it is no unit
 * of work, and not counted as one: each of its requests is, with a type, an outcome and latencies of
 * its own. Between requests the task waits in the engine's hands like any other. */

/* Before submit. `type`: shown until there is a request. */
void ps_task_serves(struct ps_task *task);

/* A request begins to run as part of a task that serves: counted as a task of its type, submitted
 * and started; task->stamp and task->outcome are the request's until its end. Latency runs from
 * intended_ns. The task is stopped at deadline_ns, or PS_NEVER. The task's own thread, between its
 * waits. false: it is too late, or the task is to stop: it was counted as timed out or cancelled, and
 * there is nothing to end; task->outcome says which. */
bool ps_request_begin(struct ps_task *task, const struct ps_stamp *request, uint64_t deadline_ns);

/* It has ended, as task->outcome says. A deadline that passed was the request's: the task goes on. The
 * task's own thread. false: some whom the request has spawned are still there. They are children of the
 * task, so its next request would wait for them in a join, and they would stop with that: let another
 * task serve the next one, and this one end. */
bool ps_request_end(struct ps_task *task);

/* A request that no task will run, for want of room: counted as submitted and refused. Any thread. */
void ps_request_refused(struct ps_engine *engine, const struct ps_stamp *request);

/* Wait in place, in direct style. The task's own thread; engines with PS_TRAIT_DIRECT only. Returns
 * wait->result. */
enum ps_err ps_wait(struct ps_task *task, struct ps_wait *wait);

/* The slot of the worker that the calling thread is, or -1. Never cache it across a wait. */
int ps_worker_self(void);

/* ---- engines ---- */

/* What is done with the slot for the task that runs next on its worker: green:steal. */
enum ps_lifo_slot {
    PS_LIFO_STEALABLE, /* others may take from it when its worker is stuck */
    PS_LIFO_KEPT,      /* only its worker takes from it, however long that is in another task */
    PS_LIFO_OFF        /* it is not used: what is spawned or woken queues like the rest */
};

enum ps_on_full { PS_ON_FULL_BLOCK, PS_ON_FULL_REFUSE, PS_ON_FULL_CALLER_RUNS };

/* Members of ps_engine_config that some policies heed and others have no use for. Which others those
 * are (stealing, help, offload, reserve) follows from the traits. */
#define PS_HEEDS_LIMIT 0x1u
#define PS_HEEDS_STACK 0x2u
#define PS_HEEDS_SLOT  0x4u /* lifo_slot */
#define PS_HEEDS_WAKE  0x8u /* wake_all */

/* A way in which an engine queues. */
struct ps_policy {
    const char *name;     /* the preset's word */
    const char *title;    /* a line for people */
    unsigned traits;      /* PS_TRAIT_* */
    unsigned heeds;       /* PS_HEEDS_* */
    unsigned max_workers; /* <= PS_MAX_WORKERS */
    const char *fixed;    /* why the worker count cannot be changed live, or NULL: it can */
    unsigned threads;     /* OS threads it starts whatever the worker count; 0: one a worker */
};

struct ps_engine_config {
    const struct ps_policy *policy; /* NULL: the engine's first */
    unsigned workers;               /* at start, 1..policy->max_workers */
    size_t queue;                   /* tasks accepted and not started, >= 1 */
    enum ps_on_full on_full;
    size_t limit;       /* tasks started and not ended at once; 0: no limit. async: the semaphore
                           (an equal share a loop, at least 1); pthread:per-task: live threads */
    size_t stack_bytes; /* green threads and per-task threads; 0: the engine's default */
    unsigned offload;   /* helper threads for PS_WAIT_CALL; 0: blocking calls run in place */
    bool stealing;      /* where the policy has it */
    enum ps_lifo_slot lifo_slot;
    bool wake_all; /* work that arrives wakes every idle worker, where they share a queue */
    bool help;     /* a join runs other tasks meanwhile, where the policy can */
    uint64_t seed; /* of the order in which victims are tried */
    unsigned reserve[PS_MAX_TYPES]; /* workers that run only tasks of a type, where the policy has
                                       it; the sum < workers */
    struct ps_segment *segment; /* where to count; slots >= workers, for resize >= the new count */
    const struct ps_process_config *process; /* see engines/process.h. NULL: PS_ENOTSUP, where the
                                                policy has PS_TRAIT_PROCESSES */
};

/* What can be changed while it runs, beside the worker count. */
enum ps_knob {
    PS_KNOB_PAUSED, /* 1: start and resume no task; those running go on to their next wait. A worker
                         that has just looked may take one more: it has seen the knob when its state
                         is PS_STATE_PAUSED */
    PS_KNOB_STEALING, /* 0 | 1 */
    PS_KNOB_LIMIT,    /* config.limit */
    PS_KNOB_OFFLOAD   /* 0 | 1: whether offloading is used, if config.offload allows it */
};

enum ps_close { PS_CLOSE_DRAIN, PS_CLOSE_DISCARD };

/* What an engine offers. Every slot is mandatory unless NULL is given a meaning. */
struct ps_engine_ops {
    const char *name;                 /* the preset's word */
    const char *title;                /* a line for people */
    const struct ps_policy *policies; /* ends with name == NULL; the first is the default */

    /* Owner. Allocates, starts no thread. `config` is copied. PS_EINVAL, PS_ENOMEM, PS_ELIMIT,
     * PS_ENOTSUP. */
    enum ps_err (*create)(const struct ps_engine_config *config, struct ps_engine **engine);
    /* Owner. Starts config.workers workers, all or none. PS_EAGAIN, PS_ENOMEM, PS_ELIMIT. */
    enum ps_err (*start)(struct ps_engine *engine);
    /* Any thread, also a worker inside a task or `ended`. Does not block. PS_EFULL: the caller
     * keeps the task and nothing was counted. A worker's submission is bounded only under
     * PS_ON_FULL_REFUSE: a worker that waits for room in the queue it empties would be a deadlock.
     * PS_ECLOSED: outside work while draining, any work while cancelling. PS_ENOTSUP: the engine
     * cannot run this body. Use ps_submit. */
    enum ps_err (*submit)(struct ps_engine *engine, struct ps_task *task);
    /* Owner. Live. Growing starts threads before it returns; shrinking lets the workers with the
     * highest slots finish or hand over what they have, and returns at once. PS_EINVAL outside
     * 1..min(policy->max_workers, segment slots), PS_ENOTSUP (policy->fixed), PS_EAGAIN. */
    enum ps_err (*resize)(struct ps_engine *engine, unsigned workers);
    /* Owner. PS_ENOTSUP, PS_EINVAL. */
    enum ps_err (*tune)(struct ps_engine *engine, enum ps_knob knob, uint64_t value);
    /* Any thread. Idempotent; DISCARD after DRAIN hastens it, DRAIN after DISCARD does nothing.
     * Does not block. Ends a pause. */
    void (*close)(struct ps_engine *engine, enum ps_close how);
    /* Owner, after close. Waits until every task has ended, then joins the workers. PS_ETIMEDOUT at
     * deadline_ns: the engine is still alive, the cells say who runs what; may be called again. */
    enum ps_err (*stop)(struct ps_engine *engine, uint64_t deadline_ns);
    /* Owner, after stop returned PS_OK or if start never succeeded. Frees everything. */
    void (*destroy)(struct ps_engine *engine);

    /* The rest is called by the functions of this header, not by users. */

    /* See ps_job. PS_EFULL: nothing was counted; ps_job does what config.on_full says. From a
     * worker only under PS_ON_FULL_REFUSE. NULL: no jobs. */
    enum ps_err (*job)(struct ps_engine *engine, void (*run)(void *arg), void *arg);
    /* Direct style: see ps_wait. The task's own thread. NULL: event style only. */
    enum ps_err (*wait)(struct ps_task *task, struct ps_wait *wait);
    /* See ps_task_unpark. Also used to make a wait notice task->stop: any kind of wait but CALL
     * must end when it is called after `stop` was set. Not called for a task with a parker: that is
     * woken directly. Any thread. NULL: every started task has a parker. */
    void (*unpark)(struct ps_task *task);
    /* A descriptor that was waited for on the calling worker is about to be closed. NULL: nothing
     * to forget. */
    void (*forget_fd)(struct ps_engine *engine, int fd);
    /* Turns that a worker has taken: grows whenever it begins, resumes or yields a task. Any thread.
     * NULL: a waiting task keeps its worker anyway. */
    uint64_t (*turns)(const struct ps_engine *engine, unsigned slot);
    /* Whether a faulting address is a guard page of one of this engine's stacks, and the type of
     * the task that runs there. Async-signal-safe. NULL: the engine has no stacks of its own. */
    bool (*stack_overflow)(const void *address, unsigned *type);
};

/* The engines, in the order of menus; ends with NULL. The table is in registry.c. */
extern const struct ps_engine_ops *const ps_engines[];

/* By name; NULL: no such engine / policy. A NULL or empty policy name is the default. */
const struct ps_engine_ops *ps_engine_find(const char *name);
const struct ps_policy *ps_policy_find(const struct ps_engine_ops *engine, const char *name);

/* Submit, and when the queue is full do what config.on_full says: wait for room until deadline_ns;
 * refuse (counted as submitted and refused); or run the task on the calling thread. From a worker
 * it never waits. PS_OK; PS_EFULL: refused, the caller keeps the task; PS_ETIMEDOUT: no room in
 * time, nothing counted; PS_ECLOSED, PS_ENOTSUP. Any thread. */
enum ps_err ps_submit(struct ps_engine *engine, struct ps_task *task, uint64_t deadline_ns);

/* The same, but on_full is the caller's choice for this task. From a worker config.on_full decides
 * whether the queue is bounded. */
enum ps_err ps_submit_or(struct ps_engine *engine, struct ps_task *task, enum ps_on_full on_full,
                         uint64_t deadline_ns);

/* A job: a call without a record of its own, for work that is too small for a task. It has no
 * deadline, no latency and no cancellation, it may not call ps_wait, and what was accepted runs,
 * also when the engine discards. It is counted (cells' jobs_submitted, jobs_ended), ps_engine_idle
 * and stop wait for it, and it may submit, fork and unpark. A full queue is met as config.on_full
 * says; under caller_runs a worker runs some of its own queue when that is long. PS_OK, PS_EFULL,
 * PS_ECLOSED; PS_ENOTSUP: the engine has no jobs. Any thread. */
enum ps_err ps_job(struct ps_engine *engine, void (*run)(void *arg), void *arg);

/* See ps_engine_ops; the names of the contract for users. */
enum ps_err ps_engine_create(const struct ps_engine_ops *ops, const struct ps_engine_config *config,
                             struct ps_engine **engine);
enum ps_err ps_engine_start(struct ps_engine *engine);
enum ps_err ps_engine_resize(struct ps_engine *engine, unsigned workers);
enum ps_err ps_engine_tune(struct ps_engine *engine, enum ps_knob knob, uint64_t value);
void ps_engine_close(struct ps_engine *engine, enum ps_close how);
enum ps_err ps_engine_stop(struct ps_engine *engine, uint64_t deadline_ns);
void ps_engine_destroy(struct ps_engine *engine);
/* Whether every accepted task has ended. Any thread. */
bool ps_engine_idle(const struct ps_engine *engine);
void ps_engine_forget_fd(struct ps_engine *engine, int fd);

#endif
