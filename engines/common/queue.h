/* A bounded queue of tasks and jobs, and what every shared queue does at its door: refusing,
 * counting, showing its depth, telling those who wait for room. No lock of its own: whoever owns it
 * brings one, and every call is under it. Private to engines/.
 *
 * Two lines, one a priority, each first in first out; jobs have normal priority. Whose turn it is:
 * PS_TRAIT_PRIORITY. Both share the bound.
 *
 * A line is a ring of calls by value, 16 bytes each: a job is itself, a task is {ps_queue_task, task}.
 * Rings grow, because a worker's submissions may exceed the bound (see ps_engine_ops.submit). */
#ifndef PS_ENGINES_COMMON_QUEUE_H
#define PS_ENGINES_COMMON_QUEUE_H

#include "engines/common/core.h"
#include "engines/common/job_ring.h"
#include "engines/common/slot.h"
#include "engines/common/task_list.h"

/* What the queues of one lock show together. */
struct ps_depth {
    struct ps_probe *probe; /* whose gauge */
    size_t now;
};

struct ps_queue_line {
    struct ps_job *item;
    size_t capacity; /* a power of two, >= what is queued and, of this priority, held and spare */
    uint64_t head, tail;
};

struct ps_queue {
    struct ps_engine *engine;
    struct ps_depth *depth;
    struct ps_queue_line line[2]; /* by enum ps_priority */
    _Atomic uint32_t *high;       /* where tasks of high priority are counted, for those without the
                                     lock; other queues may count there too. NULL: nowhere */
    uint32_t high_shown;          /* what this queue has added to it */
    unsigned in_a_row;            /* of high priority taken since one that was not */
    size_t bound;                 /* at first config.queue */
    size_t held;  /* taken in advance and not yet begun, at most: counts against the bound */
    size_t spare; /* places that rings keep for putting back what was never queued here */
    bool wanted;  /* somebody was told that it is full: see ps_queue_room */
};

/* PS_ENOMEM. depth: outlives the queue. */
enum ps_err ps_queue_init(struct ps_queue *queue, struct ps_engine *engine, struct ps_depth *depth);
void ps_queue_free(struct ps_queue *queue);

static inline size_t ps_queue_line_count(const struct ps_queue_line *line)
{
    return (size_t)(line->tail - line->head);
}

static inline size_t ps_queue_count(const struct ps_queue *queue)
{
    return ps_queue_line_count(&queue->line[0]) + ps_queue_line_count(&queue->line[1]);
}

/* How many were taken and not put back, ever. */
static inline uint64_t ps_queue_taken(const struct ps_queue *queue)
{
    return queue->line[0].head + queue->line[1].head;
}

/* The same since it was `then`; 0 if more were put back than taken. */
static inline uint64_t ps_queue_taken_since(const struct ps_queue *queue, uint64_t then)
{
    uint64_t now = ps_queue_taken(queue);
    return (int64_t)(now - then) > 0 ? now - then : 0;
}

static inline bool ps_queue_has_high(const struct ps_queue *queue)
{
    return ps_queue_line_count(&queue->line[PS_PRIORITY_HIGH]) > 0;
}

/* Whether a task of high priority is next, whoever else waits. */
static inline bool ps_queue_high_first(const struct ps_queue *queue)
{
    return ps_queue_has_high(queue) && queue->in_a_row < PS_HIGH_IN_A_ROW;
}

/* Whether somebody who is held to the bound would be refused. */
static inline bool ps_queue_full(const struct ps_queue *queue)
{
    return ps_queue_count(queue) + queue->held >= queue->bound;
}

/* Accept at the end: PS_OK, and counted; PS_EFULL, PS_ECLOSED: nothing has happened. */
enum ps_err ps_queue_put_task(struct ps_queue *queue, struct ps_task *task);
enum ps_err ps_queue_put_job(struct ps_queue *queue, struct ps_job job);

/* Make sure that what fits into `spare` can be put back. false: no memory. */
bool ps_queue_reserve(struct ps_queue *queue);

/* Those whose turn it is, at most `most`: how many. */
unsigned ps_queue_take(struct ps_queue *queue, struct ps_job *into, unsigned most);
/* Back to the front of their lines, in their order. They must be part of `held`, or fit into `spare`. */
void ps_queue_put_back(struct ps_queue *queue, const struct ps_job *item, unsigned count);
/* All tasks; jobs stay, since what was accepted of them runs. */
struct ps_task_list ps_queue_take_tasks(struct ps_queue *queue);

/* After places became free: true: ps_engine_room is due when the lock is free. Once for any number
 * of places, until somebody is refused again. */
bool ps_queue_room(struct ps_queue *queue);

/* ---- without the lock ---- */

/* Stands for a task in the queue; never called. */
void ps_queue_task(void *task);

/* Run what was taken, on its worker. */
static inline void ps_queue_run(struct ps_slot *slot, struct ps_job job)
{
    if (job.run == ps_queue_task) {
        ps_slot_run(slot, job.arg);
        return;
    }
    ps_probe_state(&slot->probe, PS_STATE_RUN, -1);
    job.run(job.arg);
    ps_probe_jobs_ended(&slot->probe, 1);
}

/* End tasks that were taken off a queue as cancelled. Any thread. */
void ps_queue_end_tasks(struct ps_engine *engine, struct ps_task_list tasks);

#endif
