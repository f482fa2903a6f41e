/* The async engine: a libuv loop a worker. Shared by the files of this folder only.
 *
 *   async.c   the contract's operations: admission, resizing, closing
 *   loop.c    a loop's thread: inbox, turns, start and end
 *   wait.c    how a task waits and who ends its wait
 *   watch.c   descriptors that tasks wait for
 *
 * A task is pinned to one loop when it is accepted, round-robin: from outside by one counter of the
 * engine, children by a counter of the spawning loop (so that a fork-join program uses all loops).
 * Once started it stays there: nothing is stolen, and a loop that is stuck in a callback keeps all
 * tasks pinned to it waiting. */
#ifndef PS_ENGINES_ASYNC_ASYNC_H
#define PS_ENGINES_ASYNC_ASYNC_H

#include <uv.h>

#include "engines/common/altstack.h"
#include "engines/common/core.h"
#include "engines/common/task_list.h"
#include "engines/common/timer_heap.h"

struct ps_async;
struct ps_async_loop;
struct ps_async_watch;
struct ps_async_call;

/* What a loop keeps for a started task (task->context). Owner: the loop's thread; a waker reads
 * `loop` after it has taken the WAITING bit, see wait.c. */
struct ps_async_record {
    struct ps_task *task;
    struct ps_async_loop *loop;
    struct ps_timer timer; /* the end of the wait by the clock */
    enum ps_err verdict;   /* how the wait is to end; PS_EAGAIN: nobody knows yet */
    struct ps_async_record *previous, *next; /* loop->waiting; next alone: loop->spare */
    struct ps_async_watch *watch;            /* the descriptor it waits for, or NULL */
    struct ps_async_record *watch_next;
    struct ps_async_call *call; /* on a helper thread, or NULL */
};

/* ABSENT: never used, no uv loop. LIVE: has a thread. RETIRING: the thread ends when its started
 * tasks have. GONE: a uv loop without a thread in it: not started yet, or ended and to be joined.
 */
enum ps_async_life { PS_ASYNC_ABSENT, PS_ASYNC_LIVE, PS_ASYNC_RETIRING, PS_ASYNC_GONE };

struct ps_async_loop {
    struct ps_async *engine;
    unsigned slot;
    pthread_t thread;
    bool has_thread; /* the owner's: to be joined */
    struct ps_altstack altstack;

    /* Any thread. */
    _Alignas(128) _Atomic(struct ps_task *) inbox; /* a stack: newest first; see loop.c */
    _Atomic uint32_t life;                         /* enum ps_async_life */
    uv_async_t signal; /* wakes the loop; lives as long as the uv loop */

    /* The loop's thread; before its start and after its join, the owner. */
    _Alignas(128) struct ps_probe probe;
    struct ps_task_list arrivals; /* taken from the inbox, not yet looked at */
    struct ps_task_list fresh;    /* not started: they wait for a permit */
    struct ps_task_list ready;    /* started, to be resumed */
    size_t active;                /* tasks started and not ended */
    unsigned next_child;          /* round-robin of what is spawned here */
    bool cancelling;              /* the phase was seen, the waits were ended */
    struct ps_timer_heap timers;
    struct ps_async_record *waiting; /* every record whose task waits */
    struct ps_async_record *spare;
    struct ps_async_watch **watches; /* by descriptor */
    size_t watches_size;
    uv_loop_t uv;
    uv_poll_t alarm; /* of alarm_fd, a timerfd: nanoseconds, where uv_timer_t has milliseconds */
    int alarm_fd;
    uint64_t alarm_ns; /* the instant it is set to; PS_NEVER: to none */
};

struct ps_async {
    struct ps_engine base;
    unsigned slots;           /* loops there can be */
    _Atomic uint64_t limit;   /* PS_KNOB_LIMIT */
    _Atomic uint32_t live;    /* loops that get new tasks: slots 0 .. live-1; >= 1 */
    _Atomic uint32_t paused;  /* PS_KNOB_PAUSED */
    _Atomic uint32_t offload; /* whether PS_WAIT_CALL goes to helper threads */
    _Atomic uint32_t begun;   /* enum ps_async_begun; a futex */
    _Alignas(
        128) _Atomic uint64_t gate; /* tasks accepted and not started, and flags; see async.c */
    _Alignas(128) _Atomic uint32_t next; /* round-robin of what comes from outside */
    struct ps_async_loop loop[];
};

/* Threads made by `start` hold still until all of them exist. */
enum ps_async_begun { PS_ASYNC_HOLD, PS_ASYNC_GO, PS_ASYNC_ABORT };

/* ---- async.c ---- */

/* A task leaves the queue, to be started or to be ended unstarted. Any thread. */
void ps_async_leave_queue(struct ps_async *engine);

/* Pin a task that was accepted or handed over to a loop. own: the calling loop, or NULL. Any
 * thread. The task must not be touched afterwards. */
void ps_async_place(struct ps_async *engine, struct ps_async_loop *own, struct ps_task *task);

/* ---- loop.c ---- */

/* Owner. The uv loop and its handles. PS_ELIMIT, PS_ENOMEM. The inbox is left closed. */
enum ps_err ps_async_loop_init(struct ps_async *engine, struct ps_async_loop *loop, unsigned slot);
/* Owner, no thread. */
void ps_async_loop_fini(struct ps_async_loop *loop);
/* Owner. */
void ps_async_loop_open(struct ps_async_loop *loop);
enum ps_err ps_async_loop_start(struct ps_async_loop *loop); /* PS_EAGAIN */
void ps_async_loop_join(struct ps_async_loop *loop);
/* Owner. A retiring loop goes on; false: it has no thread any more (or never had). */
bool ps_async_loop_revive(struct ps_async_loop *loop);
/* Owner. The loop hands over what it has not started, finishes the rest, and ends. */
void ps_async_loop_retire(struct ps_async_loop *loop);

/* What is in the inbox, oldest first. Any thread. shut (owner, no thread): it takes nothing any
 * more. */
struct ps_task_list ps_async_loop_empty(struct ps_async_loop *loop, bool shut);

/* Put a task into the inbox; false: closed, the caller keeps it. Any thread. Published is
 * published: the task must not be touched after true. */
bool ps_async_post(struct ps_async_loop *loop, struct ps_task *task);

/* Make the loop look at everything again. Any thread; publish what it is to see before. */
void ps_async_signal(struct ps_async_loop *loop);

/* Gauge of tasks pinned to the loop and not started. Any thread. */
void ps_async_depth(struct ps_async_loop *loop, int change);

/* ---- wait.c; the loop's thread but for unpark ---- */

struct ps_async_record *ps_async_record_take(struct ps_async_loop *loop, struct ps_task *task);
void ps_async_record_put(struct ps_async_record *record);

/* The body returned `wait`. true: it is over, step again; false: the task waits or is ready. */
bool ps_async_wait(struct ps_async_loop *loop, struct ps_task *task, struct ps_wait *wait);
/* A task that a waker put into the inbox has arrived. */
void ps_async_note(struct ps_task *task);
/* Something the task waits for has happened: end its wait with `result`. */
void ps_async_fire(struct ps_async_record *record, enum ps_err result);
/* End the waits whose time has come. */
void ps_async_expire(struct ps_async_loop *loop);
/* End every wait, as the engine is cancelling. */
void ps_async_cancel_waits(struct ps_async_loop *loop);
/* ps_engine_ops.unpark */
void ps_async_unpark(struct ps_task *task);

/* ---- watch.c; the loop's thread ---- */

/* Watch the descriptor that the record's task waits for. PS_EAGAIN: watched, ps_async_fire will be
 * called; PS_OK: it is ready; PS_EINVAL, PS_ENOMEM, PS_EIO: it cannot be watched. */
enum ps_err ps_async_watch(struct ps_async_record *record);
/* No effect on a record that watches nothing. */
void ps_async_unwatch(struct ps_async_record *record);
/* The descriptor is about to be closed: its waiters go on, its watch goes away. */
void ps_async_forget(struct ps_async_loop *loop, int fd);
void ps_async_forget_all(struct ps_async_loop *loop);

#endif
