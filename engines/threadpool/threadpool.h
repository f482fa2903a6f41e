/* The thread pools: one engine, one kind of pool a policy. Shared by the files of this folder only.
 *
 *   threadpool.c  the contract's operations, handed to the pool that the policy names
 *   fifo.c        one locked queue, idle workers woken one by one
 *   steal.c       a deque a worker, stealing, joins that help; idle.c: who sleeps and who searches
 *   uv.c          libuv's own pool
 *   deque.c       the deque of Chase and Lev */
#ifndef PS_ENGINES_THREADPOOL_THREADPOOL_H
#define PS_ENGINES_THREADPOOL_THREADPOOL_H

#include "engines/common/core.h"

extern const struct ps_engine_ops ps_engine_threadpool;

/* What a pool does; ps_engine_ops has the contract of each. resize is only called with a count that
 * differs from the present one, and within the policy's range. */
struct ps_pool_ops {
    enum ps_err (*create)(const struct ps_engine_config *config, struct ps_engine **engine);
    enum ps_err (*start)(struct ps_engine *engine);
    enum ps_err (*submit)(struct ps_engine *engine, struct ps_task *task);
    enum ps_err (*resize)(struct ps_engine *engine, unsigned workers);
    enum ps_err (*tune)(struct ps_engine *engine, enum ps_knob knob, uint64_t value);
    void (*close)(struct ps_engine *engine, enum ps_close how);
    enum ps_err (*stop)(struct ps_engine *engine, uint64_t deadline_ns);
    void (*destroy)(struct ps_engine *engine);
    enum ps_err (*wait)(struct ps_task *task, struct ps_wait *wait);
    enum ps_err (*job)(struct ps_engine *engine, void (*run)(void *arg), void *arg); /* or NULL */
};

extern const struct ps_pool_ops ps_pool_fifo, ps_pool_steal, ps_pool_uv;

#endif
