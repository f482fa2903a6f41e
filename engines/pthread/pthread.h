/* Plain POSIX threads: one engine, two ways to use them. Shared by the files of this folder only.
 *
 *   pthread.c   the contract's operations, handed to what the policy names
 *   channel.c   N threads that receive from a bounded channel
 *   per_task.c  a thread for every task */
#ifndef PS_ENGINES_PTHREAD_PTHREAD_H
#define PS_ENGINES_PTHREAD_PTHREAD_H

#include "engines/common/core.h"

extern const struct ps_engine_ops ps_engine_pthread;

/* ps_engine_ops has the contract of each. resize is only called with a count that differs from the
 * present one, and within the policy's range. */
struct ps_threads_ops {
    enum ps_err (*create)(const struct ps_engine_config *config, struct ps_engine **engine);
    enum ps_err (*start)(struct ps_engine *engine);
    enum ps_err (*submit)(struct ps_engine *engine, struct ps_task *task);
    enum ps_err (*resize)(struct ps_engine *engine, unsigned workers);
    enum ps_err (*tune)(struct ps_engine *engine, enum ps_knob knob, uint64_t value);
    void (*close)(struct ps_engine *engine, enum ps_close how);
    enum ps_err (*stop)(struct ps_engine *engine, uint64_t deadline_ns);
    void (*destroy)(struct ps_engine *engine);
    enum ps_err (*wait)(struct ps_task *task, struct ps_wait *wait);
};

extern const struct ps_threads_ops ps_threads_channel, ps_threads_per_task;

#endif
