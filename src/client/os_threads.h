/* What the operating system says of a host's threads: CPU time and time spent runnable without a
 * CPU, from /proc/PID/task/TID/schedstat. Read by the front end, so that it costs the workers
 * nothing. */
#ifndef PS_CLIENT_OS_THREADS_H
#define PS_CLIENT_OS_THREADS_H

#include <sys/types.h>

#include "metrics/snapshot.h"

struct ps_os_threads;

struct ps_os_threads *ps_os_threads_new(pid_t pid); /* NULL: no memory */
void ps_os_threads_free(struct ps_os_threads *threads);

/* Add each live worker thread's figures to the snapshot's cpu_ns and ready_ns and set os_valid,
 * where the kernel says. Keeps a descriptor a thread: about 2 us each. */
void ps_os_threads_read(struct ps_os_threads *threads, struct ps_snapshot *snapshot);

/* The process has ended: what its threads left behind, or, if it was killed, what was last read. */
void ps_os_threads_ended(struct ps_os_threads *threads, struct ps_snapshot *snapshot);

#endif
