/* Plain POSIX threads: one engine, two ways to use them. Shared by the files of this folder only.
 *
 *   pthread.c   the table of policies
 *   channel.c   N threads that receive from a bounded channel
 *   per_task.c  a thread for every task */
#ifndef PS_ENGINES_PTHREAD_PTHREAD_H
#define PS_ENGINES_PTHREAD_PTHREAD_H

#include "engines/common/pool.h"

extern const struct ps_engine_ops ps_engine_pthread;

extern const struct ps_pool_ops ps_threads_channel, ps_threads_per_task;

#endif
