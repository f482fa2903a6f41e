/* The async engine: a libuv loop a worker. Shared by the files of this folder only.
 *
 *   async.c   the contract's operations: admission, resizing, closing
 *   inbox.c   how tasks get into a loop, and how a sleeping loop is woken
 *   jobs.c    calls without a record: how they get into a loop
 *   loop.c    a loop's thread: its turns
 *   life.c    a loop's beginning and its end
 *   wait.c    how a task waits and who ends its wait
 *   watch.c   descriptors that tasks wait for
 *
 * A task is pinned to one loop when it is accepted, round-robin: from outside by one counter of the
 * engine, children by a counter of the spawning loop (so that a fork-join program uses all loops).
 * Once started it stays there: nothing is stolen, and a loop that is stuck in a callback keeps all
 * tasks pinned to it waiting. Jobs from outside go round-robin too; those of a worker stay with it. */
#ifndef PS_ENGINES_ASYNC_ASYNC_H
#define PS_ENGINES_ASYNC_ASYNC_H

#include <sys/queue.h>
#include <uv.h>

#include "engines/common/altstack.h"
#include "engines/common/core.h"
#include "engines/common/task_list.h"
#include "engines/common/timer_heap.h"

struct ps_async;
struct ps_async_loop;
struct ps_async_watch;
struct ps_async_call;
struct ps_async_slab;

/* What a loop keeps for a task that has waited (task->context). Owner: the loop's thread; a waker
 * reads `loop` after it has taken the WAITING bit, see wait.c. */
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

/* Whether a loop blocks, or is about to, and what ends it. */
enum ps_async_sleep { PS_ASYNC_AWAKE, PS_ASYNC_IN_POLL, PS_ASYNC_ON_FUTEX };

/* A job, by value. */
struct ps_async_job {
    void (*run)(void *arg);
    void *arg;
};

/* Jobs from other threads: a ring that any thread fills and one empties. `turn` of slot i in lap k:
 * 2k empty, 2k + 1 full. See jobs.c. */
struct ps_async_job_slot {
    _Atomic uint64_t turn;
    struct ps_async_job job;
};
struct ps_async_job_inbox {
    _Alignas(128) _Atomic uint64_t tail; /* posters, by CAS; bit 63: closed */
    _Alignas(128) uint64_t head;         /* the loop's */
    struct ps_async_job_slot *slot;      /* this and the rest: fixed */
    uint64_t mask;
    unsigned shift; /* slots = 1 << shift */
};

/* Jobs of the loop's own thread: grows. */
struct ps_async_job_ring {
    struct ps_async_job *job;
    size_t mask; /* capacity - 1 */
    size_t head, tail;
};

LIST_HEAD(ps_async_watches, ps_async_watch);

struct ps_async_loop {
    struct ps_async *engine;
    unsigned slot;
    pthread_t thread;
    bool has_thread; /* the owner's: to be joined */
    int bell_fd;     /* an eventfd that wakes the loop; lives as long as the uv loop */
    struct ps_altstack altstack;

    /* Any thread; see inbox.c. */
    _Alignas(128) _Atomic(struct ps_task *) inbox; /* a stack: newest first */
    _Atomic uint32_t asleep;                       /* enum ps_async_sleep; a futex */
    _Atomic uint32_t called;                       /* 1: it is to look at everything again */
    _Atomic uint32_t life;                         /* enum ps_async_life */
    struct ps_async_job_inbox job_inbox;
    /* 1: a task of high priority was posted. On a line that is not written as long as none comes. */
    _Alignas(128) _Atomic uint32_t urgent;

    /* The loop's thread; before its start and after its join, the owner. */
    _Alignas(128) struct ps_probe probe;
    _Atomic uint64_t turns;       /* tasks and jobs it began or resumed; others read */
    struct ps_task_list arrivals; /* taken from the inbox, not yet looked at */
    struct ps_task_list fresh[2]; /* by priority; not started: they wait for a permit */
    struct ps_task_list ready[2]; /* by priority; started, to be resumed */
    unsigned in_a_row;            /* of high priority begun or resumed since one that was not */
    struct ps_async_job_ring jobs;
    unsigned jobs_run;            /* to look at the inbox of jobs now and then */
    unsigned nesting;             /* inside jobs that a long queue made it run */
    int64_t gate_owed;            /* what it has still to add to engine->gate */
    int64_t depth_owed;           /* and to its gauge of the queue */
    unsigned stretch;             /* units between two looks at the clock */
    uint64_t polled_ns;           /* when it polled last */
    uint64_t ready_in, ready_out; /* how many went into `ready`, and came out of it */
    uint64_t ready_polled;        /* ready_in at the last poll */
    bool short_rest;     /* its last sleep was short, or not even needed: the next may be */
    size_t active;       /* tasks started and not ended */
    unsigned next_child; /* round-robin of what is spawned here */
    bool cancelling;     /* the phase was seen, the waits were ended */
    struct ps_timer_heap timers;
    struct ps_async_record *waiting; /* every record whose task waits */
    struct ps_async_record *spare;
    struct ps_async_slab *slabs;     /* where the records are */
    struct ps_async_watch **watches; /* by descriptor */
    size_t watches_size;
    struct ps_async_watches doubts[2]; /* perhaps lost; see watch.c */
    unsigned young;                    /* which of them gets more */
    uint64_t sweep_ns;                 /* when the other one is looked at; PS_NEVER: not */
    uv_loop_t uv;
    uv_poll_t bell;
    uv_poll_t alarm; /* of alarm_fd, a timerfd: nanoseconds, where uv_timer_t has milliseconds */
    int alarm_fd;
    uint64_t alarm_ns; /* the instant it is set to; PS_NEVER: to none */
};

struct ps_async {
    struct ps_engine base;
    unsigned slots;                      /* loops there can be */
    int64_t slack;                       /* how much of the gate a loop may owe */
    bool looks;                          /* another CPU could bring work meanwhile */
    _Atomic uint64_t limit;              /* PS_KNOB_LIMIT */
    _Atomic uint32_t live;               /* loops that get new tasks: slots 0 .. live-1; >= 1 */
    _Atomic uint32_t paused;             /* PS_KNOB_PAUSED */
    _Atomic uint32_t offload;            /* whether PS_WAIT_CALL goes to helper threads */
    _Atomic uint32_t begun;              /* enum ps_async_begun; a futex */
    _Alignas(128) _Atomic uint64_t gate; /* accepted and not started, and flags; see async.c */
    _Alignas(128) _Atomic uint32_t next; /* round-robin of what comes from outside */
    struct ps_async_loop loop[];
};

/* Threads made by `start` hold still until all of them exist. */
enum ps_async_begun { PS_ASYNC_HOLD, PS_ASYNC_GO, PS_ASYNC_ABORT };

/* ---- async.c ---- */

/* Pin a task that was accepted to a loop. own: the calling loop, or NULL. charged: the gate counts
 * it already. Any thread. The task must not be touched afterwards. */
void ps_async_place(struct ps_async *engine, struct ps_async_loop *own, struct ps_task *task,
                    bool charged);
/* Add to the gate: +1, or -n for what has left the queue. Any thread. */
void ps_async_gate(struct ps_async *engine, int64_t change);
/* Add what the loop owes to the gate and to its gauge. The loop's thread. */
void ps_async_settle(struct ps_async_loop *loop);
/* Charge the gate for one that comes from outside (own NULL), or from a worker that is bounded.
 * PS_EFULL, PS_ECLOSED. */
enum ps_err ps_async_enter(struct ps_async *engine, struct ps_async_loop *own);

/* Whether a list of the two has a task. */
static inline bool ps_async_any(const struct ps_task_list list[2])
{
    return list[PS_PRIORITY_NORMAL].first || list[PS_PRIORITY_HIGH].first;
}

/* The same, if it owes much or the unit that is to run may be long. */
static inline void ps_async_settle_soon(struct ps_async_loop *loop)
{
    if (loop->stretch == 1 || -loop->gate_owed >= loop->engine->slack)
        ps_async_settle(loop);
    if (loop->stretch == 1)
        ps_engine_room(&loop->engine->base);
}

/* ---- inbox.c ---- */

/* Put a task into the inbox; false: closed, the caller keeps it. Any thread. Published is
 * published: the task must not be touched after true. */
bool ps_async_post(struct ps_async_loop *loop, struct ps_task *task);
/* Wake the loop if it sleeps. Any thread; publish (seq_cst) before. */
void ps_async_wake(struct ps_async_loop *loop);
/* Make the loop look at everything again. Any thread; publish what it is to see before. */
void ps_async_call_loop(struct ps_async_loop *loop);
/* The loop's thread: whether something has come that was published. */
bool ps_async_has_mail(struct ps_async_loop *loop, bool paused);
/* The loop's thread, around blocking. false: something has come, do not block. */
bool ps_async_fall_asleep(struct ps_async_loop *loop, enum ps_async_sleep how, bool paused);
void ps_async_awake(struct ps_async_loop *loop);
/* What is in the inbox, oldest first. Any thread. */
struct ps_task_list ps_async_take_inbox(struct ps_async_loop *loop);
/* The loop's thread, or its owner if it has none. close: false: there is something in it. */
bool ps_async_inbox_close(struct ps_async_loop *loop);
void ps_async_inbox_open(struct ps_async_loop *loop);
/* Gauge of tasks pinned to the loop and not started. Any thread. */
void ps_async_depth(struct ps_async_loop *loop, int64_t change);

/* ---- jobs.c ---- */

enum ps_err ps_async_jobs_init(struct ps_async_loop *loop); /* PS_ENOMEM; closed */
void ps_async_jobs_fini(struct ps_async_loop *loop);
/* ps_engine_ops.job */
enum ps_err ps_async_job(struct ps_engine *base, void (*run)(void *arg), void *arg);
/* Run one; false: there is none. The loop's thread, or the owner if there is none. */
bool ps_async_run_job(struct ps_async_loop *loop, struct ps_probe *probe);
/* Whether there is one that was published; seq_cst. */
bool ps_async_has_jobs(struct ps_async_loop *loop);
/* close: false: there is something in it. The loop's thread, or the owner if there is none. */
bool ps_async_jobs_close(struct ps_async_loop *loop);
void ps_async_jobs_open(struct ps_async_loop *loop);
/* Owner, before the start: give what it has to other loops. */
void ps_async_jobs_move(struct ps_async_loop *loop);

/* ---- loop.c ---- */

/* The whole of a loop's thread but for its beginning and its end. */
void ps_async_turns(struct ps_async_loop *loop);

/* ---- life.c; the owner's ---- */

/* The uv loop and its handles. PS_ELIMIT, PS_ENOMEM. It is left closed. */
enum ps_err ps_async_loop_init(struct ps_async *engine, struct ps_async_loop *loop, unsigned slot);
/* No thread. */
void ps_async_loop_fini(struct ps_async_loop *loop);
void ps_async_loop_open(struct ps_async_loop *loop);
enum ps_err ps_async_loop_start(struct ps_async_loop *loop); /* PS_EAGAIN */
void ps_async_loop_join(struct ps_async_loop *loop);
/* A retiring loop goes on; false: it has no thread any more (or never had). */
bool ps_async_loop_revive(struct ps_async_loop *loop);
/* The loop hands over the tasks it has not started, finishes the rest, and ends. */
void ps_async_loop_retire(struct ps_async_loop *loop);
/* The loop's thread. */
bool ps_async_loop_retiring(struct ps_async_loop *loop);
/* The loop's thread: whether its end has come; see life.c. */
bool ps_async_loop_leave(struct ps_async_loop *loop);

/* ---- wait.c; the loop's thread but for unpark ---- */

/* The task has ended: what was kept for it can be used again. */
void ps_async_forget_task(struct ps_async_loop *loop, struct ps_task *task);
void ps_async_free_records(struct ps_async_loop *loop);

/* The body returned `wait`. true: it is over, step again; false: the task waits or is ready. */
bool ps_async_wait(struct ps_async_loop *loop, struct ps_task *task, struct ps_wait *wait);
/* A task that a waker put into the inbox has arrived. */
void ps_async_note(struct ps_task *task);
/* Something the task waits for has happened: end its wait with `result`. */
void ps_async_fire(struct ps_async_record *record, enum ps_err result);
/* End the waits whose time has come. */
void ps_async_expire(struct ps_async_loop *loop, uint64_t now_ns);
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
/* Look whether old watches are still known to the kernel, if it is time. */
void ps_async_sweep(struct ps_async_loop *loop, uint64_t now_ns);
/* The descriptor is about to be closed: its waiters go on, its watch goes away. */
void ps_async_forget(struct ps_async_loop *loop, int fd);
/* Owner, when no loop has a thread. */
void ps_async_forget_all(struct ps_async_loop *loop);

#endif
