/* The host's part of an engine whose workers are processes (engines/process.h): what a worker is told
 * before its first task, and the worker itself, which is `poolscope worker` (ps_host_worker_main). */
#ifndef PS_HOST_WORKER_PROCESS_H
#define PS_HOST_WORKER_PROCESS_H

#include "engines/process.h"
#include "host/run.h"

struct ps_worker_setup {
    struct ps_process_config config;
    void *text;
};

/* For ps_engine_config.process: the run is ready but for its engine. PS_ENOMEM, PS_EIO. */
enum ps_err ps_worker_setup(struct ps_run *run, struct ps_worker_setup *setup);
void ps_worker_setup_free(struct ps_worker_setup *setup);

/* Host's main thread: faults that have changed are told to the worker processes, if there are any. */
void ps_worker_tell_faults(struct ps_run *run);

#endif
