/* A job: a task of the experiment, which is a program of steps and a position in it. One
 * interpreter for all engines: ps_job_body.step runs steps until one must wait. Engines with direct
 * style wait in place, event engines come back. */
#ifndef PS_HOST_JOB_H
#define PS_HOST_JOB_H

#include "engines/sync.h"
#include "host/run.h"
#include "model/step.h"
#include "model/trace.h"

struct ps_net_connection;
struct ps_kernel;
struct ps_kernel_ops;

/* A task that a kernel has spawned is a job too: a node. See host/kernel.h. */
struct ps_node {
    struct ps_kernel *kernel;
    _Atomic uint64_t *into; /* where its value is added */
    _Atomic uint64_t sum;   /* of its children's values */
    uint64_t arg[4];        /* the kernel's own */
};

/* Owner: the worker that runs it; before submit and after release, the pool. */
struct ps_job {
    struct ps_task task; /* first: the engine sees only this */
    struct ps_run *run;
    const struct ps_task_type *type;
    struct ps_rng first; /* its generator at the start, from which children derive theirs */
    struct ps_rng rng;
    uint32_t position;           /* index of the current step */
    uint32_t phase;              /* 0 when a step begins; the step's own after that */
    uint32_t children;           /* spawned so far */
    bool entered;                /* realtime.c's: the thread has its priority, */
    signed char priority_before; /* and had this one */
    bool holds_gil;              /* the thread that runs it does, for it */
    bool root;                   /* came from the feeder or a client, not from a parent */
    unsigned attempt;            /* root: 0 for the first */
    struct ps_rng original;      /* root: `first` of the first attempt */
    _Atomic uint32_t started;    /* not 0 from its first step to its end; see job_pool.c */
    uint64_t born_ns;
    uint64_t family_ns; /* birth of its oldest ancestor: who is cancelled takes all of them along */
    struct ps_wait wait;
    const struct ps_wait *waited; /* the wait it comes back from; NULL: none yet */
    uint32_t waits_at;            /* step at which it is counted as waiting, + 1; 0: it is not */
    uint64_t row_cpu_ns, row_wait_ns; /* of the trace's row; children have their parent's */
    uint64_t amount;                  /* what the step drew: ns left to burn, the end of a sleep */
    union {
        struct ps_sync_wait waiter; /* lock, and net for a place */
        struct ps_net_connection *connection;
        struct ps_kernel *kernel; /* whose step this is */
        struct ps_node node;      /* of a node */
    };
    struct ps_job *next_free;
};

/* How a step kind runs. advance: do what needs no waiting; return what to wait for (and be called
 * again afterwards, with phase as left), or NULL: the step is done, or the task has failed
 * (task.outcome). abandon: the task is to stop in the middle of the step: let go of what it holds;
 * NULL: it holds nothing. */
struct ps_step_ops {
    struct ps_wait *(*advance)(struct ps_job *job, const struct ps_step_def *step);
    void (*abandon)(struct ps_job *job, const struct ps_step_def *step);
    const struct ps_kernel_ops *kernel; /* NULL: not a kernel that spawns tasks */
};

const struct ps_step_ops *ps_step_ops(enum ps_step_kind kind);

extern const struct ps_body ps_job_body;

/* A task of the arrival list. */
struct ps_arrival {
    uint64_t number;
    uint64_t at_ns;                 /* run time at which it is due: says which mix holds */
    uint64_t intended_ns;           /* the same as an instant */
    const struct ps_trace_row *row; /* what the trace says of it, or NULL */
};

/* Make a job ready to submit: one of the arrival list, or a child of `parent`. NULL: no
 * memory.
 *
 * A job's time is also its children's: none has a later deadline than its parent, whether the parent
 * waits for it or not, as with Go's contexts. So what was spawned by a job that is timed out is timed
 * out with it, wherever it waits, also when it runs on the stack of the parent that helps it. A job
 * that is cancelled spawns no more. */
struct ps_job *ps_job_arrival(struct ps_run *run, const struct ps_arrival *arrival);
/* The next attempt at a root job that has ended at now_ns: due, and arriving as far as its latency and
 * timeout go, after its backoff. NULL: no memory. */
struct ps_job *ps_job_retry(const struct ps_job *before, uint64_t now_ns);
struct ps_job *ps_job_child(struct ps_job *parent, unsigned type);

/* Whether the job is asked to stop, or its time is up. Its thread. */
bool ps_job_stopping(struct ps_job *job);
/* A job that is not of a pool and runs several programs one after another: make it ready for arrival
 * `number`. Of its task only the priority is set. Between its first step and ps_job_ended it can be
 * cancelled by ps_job_cancel; it is a root. */
void ps_job_renew(struct ps_job *job, struct ps_run *run, unsigned type, uint64_t number);
/* Cancel it if it runs, is a root (or is none) and its family was born before, and keep it from ending
 * meanwhile. Any thread but its worker. */
void ps_job_cancel(struct ps_job *job, bool root, uint64_t before_ns);
/* In a worker process: the job that ps_job_body.pack described. It is no root, and of no pool. */
void ps_job_unpack(struct ps_run *run, const void *message, struct ps_job *job);
/* A child that is not a program of its own but runs `body`, whose `ended` and `release` call
 * ps_job_ended and ps_job_put: type and deadline of its parent; `node` is the caller's to fill. NULL:
 * no memory. */
struct ps_job *ps_job_node(struct ps_job *parent, const struct ps_body *body);

/* Index of its task type. */
static inline unsigned ps_job_type(const struct ps_job *job)
{
    return (unsigned)(job->type - job->run->experiment.types);
}

/* For screens: at which step of its program the job is that runs on this thread, which is worker
 * `self` (negative: none). */
static inline void ps_job_doing(const struct ps_job *job, int self, unsigned type, uint32_t step)
{
    if (self >= 0)
        ps_probe_doing(job->run->segment, (unsigned)self,
                       ps_doing_word(job->task.stamp.id, type, step, job->children));
}

/* Injected faults that hit whoever runs on a certain worker; between pieces of work. */
void ps_job_suffer(struct ps_job *job);

/* Whether the wait that the job comes back from could not be done (no memory, no descriptor): the
 * user has been told, and the task must fail. */
bool ps_job_could_not_wait(struct ps_job *job);

/* Burn CPU for the job's current worker (a slow worker takes longer) in pieces, looking for stop.
 * Takes the GIL, if there is one. Returns false if the job is to stop; *left_ns is what remains. */
bool ps_job_burn(struct ps_job *job, uint64_t *left_ns);

/* For steps that compute by themselves: from here to `computed` (a program's: to its next wait or its
 * end) the job computes, and with gil = on holds the GIL. between: at least every 50 us of it. Its
 * thread. */
void ps_job_compute(struct ps_job *job);
void ps_job_between(struct ps_job *job);
void ps_job_computed(struct ps_job *job);

/* Memory of jobs: per-thread magazines over a shared depot. */
struct ps_job_pool *ps_job_pool_new(void);
void ps_job_pool_free(struct ps_job_pool *pool); /* all jobs have been released */
struct ps_job *ps_job_take(struct ps_job_pool *pool);
void ps_job_put(struct ps_job_pool *pool, struct ps_job *job);

/* A job begins its first step / has ended. The job's thread. */
void ps_job_started(struct ps_job_pool *pool, struct ps_job *job);
void ps_job_ended(struct ps_job *job);

/* Cancel every root born before then, and after that every other job of such a family: those that have
 * started at once, queued ones when their turn comes. A parent whose children end because they are
 * cancelled is cancelled, too, and does not complete. Any thread but a worker; before_ns: now, and
 * never less than the last time. */
void ps_jobs_cancel_roots(struct ps_job_pool *pool, uint64_t before_ns);
void ps_jobs_cancel_others(struct ps_job_pool *pool, uint64_t before_ns);

#endif
