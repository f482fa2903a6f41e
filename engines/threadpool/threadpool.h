/* The thread pools: one engine, one kind of pool a policy. Shared by the files of this folder only.
 *
 *   threadpool.c  the table of policies and their pools
 *   fifo.c        one locked queue, idle workers woken one by one
 *   steal.c       a deque a worker, stealing, joins that help; idle.c: who sleeps and who searches
 *   uv.c          libuv's own pool
 *   sharded.c     a locked queue a worker, tasks put into the shorter of two
 *   bulkhead.c    workers reserved for task types
 *   deque.c       the deque of Chase and Lev */
#ifndef PS_ENGINES_THREADPOOL_THREADPOOL_H
#define PS_ENGINES_THREADPOOL_THREADPOOL_H

#include "engines/common/pool.h"

extern const struct ps_engine_ops ps_engine_threadpool;

extern const struct ps_pool_ops ps_pool_fifo, ps_pool_steal, ps_pool_uv, ps_pool_sharded,
    ps_pool_bulkhead;

#endif
