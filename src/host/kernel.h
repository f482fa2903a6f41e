/* Kernels: steps that spawn tasks of their own and have a known answer (model/kernels.h).
 *
 * The tasks of a kernel, its nodes, are children of the step's task or of each other: the engine sees
 * ordinary tasks that join their children and wait for channels. They are written in event style, so
 * every engine runs them, and where an engine cannot (a join that holds the last worker of a fixed
 * pool) the run ends as a deadlock, as it should. A kernel's join waits for all children of its task,
 * also for those of a spawn step before it.
 *
 * Life: the step opens a kernel (memory, channels), starts its first nodes and joins; after that it
 * asks for the answer, which is checked, and records it. Whoever is stopped, step or node, stops the
 * kernel: queued nodes end at their turn, channels are closed, so those that wait end too, and no
 * answer is recorded. The last of step and nodes to leave closes it.
 *
 * To write one: a file in host/kernels/ with a ps_kernel_ops, and a line in PS_KERNEL_KINDS. */
#ifndef PS_HOST_KERNEL_H
#define PS_HOST_KERNEL_H

#include "engines/chan.h"
#include "host/job.h"

/* One execution. Owner: the step and every node, by count. */
struct ps_kernel {
    const struct ps_kernel_ops *ops;
    const struct ps_step_def *step;
    struct ps_run *run;
    const struct ps_job *job; /* whose step it is; outlives its nodes, which descend from it */
    struct ps_answer *answer;
    uint64_t began_ns;
    _Atomic uint32_t users; /* the step and live nodes */
    _Atomic uint32_t stop;  /* enum of kernel.c; not 0: nodes are to end */
    _Atomic uint64_t sum;   /* where first nodes add their values */
    void *state;            /* the ops' own, from open to close */
};

struct ps_kernel_ops {
    /* Make the state; channels are made here. NULL: none. PS_ENOMEM. */
    enum ps_err (*open)(struct ps_kernel *kernel);
    /* Spawn the first nodes as children of the step's job. */
    void (*start)(struct ps_kernel *kernel, struct ps_job *job);
    /* A node goes on: event style, node->phase is 0 at first and its own after that. NULL: done. Once
     * the kernel stops, waits for channels end as closed or cancelled, and a node that has not begun
     * is not called any more. */
    struct ps_wait *(*run)(struct ps_kernel *kernel, struct ps_job *node);
    /* The kernel stops: close its channels. Once, any thread. NULL: no node waits but to join. */
    void (*stop)(struct ps_kernel *kernel);
    /* All nodes have ended. Whether the answer is right: computed in another way, or known. */
    bool (*answer)(struct ps_kernel *kernel, uint64_t *value);
    /* Free the state. NULL: nothing to free. */
    void (*close)(struct ps_kernel *kernel);
};

/* The advance and abandon of every kernel that spawns. */
struct ps_wait *ps_kernel_advance(struct ps_job *job, const struct ps_step_def *step);
void ps_kernel_abandon(struct ps_job *job, const struct ps_step_def *step);

/* Spawn a node as a child of `parent`; its value will be added to *into, which outlives it (the
 * kernel's sum, or the parent's). false: the kernel stops, and so should the caller. */
bool ps_node_spawn(struct ps_kernel *kernel, struct ps_job *parent, _Atomic uint64_t *into,
                   const uint64_t arg[4]);

/* The node's value: what it computed and its children's. Once, at its end. */
void ps_node_give(struct ps_job *node, uint64_t value);

/* What to return to wait for the node's children; sets phase. */
struct ps_wait *ps_node_join(struct ps_job *node, uint32_t phase);

/* Whether the node should end early; for between pieces of work. */
bool ps_node_stops(struct ps_job *node);

/* The kernel cannot go on (PS_ENOMEM): its step fails. */
void ps_kernel_fail(struct ps_kernel *kernel, enum ps_err err);

/* ---- channels ---- */

/* A node's end of the channels it uses: one operation at a time. Zeroed at first. */
struct ps_port {
    struct ps_chan_wait wait;
    struct ps_chan_case operation;
    bool waits;
};

/* PS_EAGAIN: return &port->wait.wait, and call with the same arguments when the node goes on. PS_OK;
 * anything else: the channel is closed or the node is to stop. */
enum ps_err ps_port_send(struct ps_port *port, struct ps_job *node, struct ps_chan *chan,
                         uint64_t value);
enum ps_err ps_port_receive(struct ps_port *port, struct ps_job *node, struct ps_chan *chan,
                            uint64_t *value);

/* ---- answers ---- */

/* Name the answers of the run's kernels in its segment. Before tasks run. */
void ps_answers_name(struct ps_run *run);

/* The answer that a job's current step records to. */
struct ps_answer *ps_answer_of(const struct ps_job *job);

/* An execution came to its end. A wrong answer fails the task, and the user is told. */
void ps_answer_record(struct ps_job *job, struct ps_answer *answer, uint64_t value, bool right,
                      uint64_t time_ns);

#endif
