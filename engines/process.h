/* Engines whose workers are processes of their own (PS_TRAIT_PROCESSES): what both sides need.
 * Public and installed.
 *
 * Such a worker is a program, executed afresh: it shares no memory with its engine but the metrics
 * segment and the engine's own mapping. A task is therefore not handed over, but described:
 *
 *   the engine's process                          a worker's process
 *   body->pack: a message from the task  ------>  ops->unpack: a task from the message, which runs
 *   body->returned: the task learns      <------  ops->reply: a message from the task
 *   body->ended, body->release
 *
 * The engine starts `argv`, which is usually the calling program itself with an argument by which its
 * main knows that it is a worker, and which then calls ps_process_worker. (A program that forgets to
 * gets PS_ENOTSUP from create in its workers, and so no workers without end.) A worker runs one task at a
 * time. Tasks that a task submits stay in its process: they run when it joins, or when it has ended.
 *
 * A worker that dies, of whatever cause, takes the task that it was running with it, and what that
 * had submitted: they end as failed, an event and a message say so, and another worker takes its slot.
 * Locks, channels and descriptors of one process mean nothing in another. */
#ifndef PS_ENGINES_PROCESS_H
#define PS_ENGINES_PROCESS_H

#include "engines/engine.h"

/* What ps_engine_config.process points to. Copied by create, with everything it points to; the
 * descriptor is duplicated. */
struct ps_process_config {
    const char *const *argv; /* ends with NULL; argv[0] is a path. Descriptors 3 to 6 are taken */
    int segment_fd;          /* of the memory at config.segment, which must be a shared one */
    const void *setup;       /* what every worker gets to read before its first task */
    size_t setup_bytes;
    size_t task_bytes;   /* room for what ps_process_ops.unpack makes of a task */
    size_t shared_bytes; /* of ps_process_shared; 0: none */
};

/* Memory that the user's part here and in all workers share, zero at first: for atomics, since a worker
 * may die at any instant. As long as the engine. */
void *ps_process_shared(struct ps_engine *engine);

/* What a worker can know of itself. Valid as long as the process. */
struct ps_process_place {
    unsigned slot;
    struct ps_segment *segment;
    struct ps_engine *engine; /* of this process: accepts the submissions of its tasks */
    const void *setup;
    size_t setup_bytes;
    void *shared; /* see ps_process_shared */
};

/* How tasks live in a worker. All calls come from its one thread. */
struct ps_process_ops {
    size_t task_bytes; /* of what unpack makes: at most what the engine was told */
    /* Once, before anything else. *user is handed to the others. An error ends the worker, and
     * `why` (may stay empty) is told to the user. */
    enum ps_err (*open)(const struct ps_process_place *place, void **user, char *why,
                        size_t why_size);
    /* Make the task in `memory` (task_bytes, aligned as by malloc): a struct ps_task at its
     * beginning, with ps_task_init done; parent, deadline and stamp are set by the engine. In its
     * body `ended` means the same as elsewhere, `release` is not called. */
    void (*unpack)(void *user, const void *message, size_t bytes, void *memory);
    /* What body->returned is to get, at most PS_PROCESS_MESSAGE bytes. After `ended`, and after every
     * task that the task has submitted as its child has ended. NULL: nothing. */
    size_t (*reply)(void *user, const struct ps_task *task, void *message);
    /* Before an orderly end. NULL: nothing to do. */
    void (*close)(void *user);
};

/* The worker: serves until it is told to leave. Returns the exit status of its process. */
int ps_process_worker(const struct ps_process_ops *ops);

#endif
