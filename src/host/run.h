/* A run in the host: the objects of one execution of an experiment, and who may touch them. */
#ifndef PS_HOST_RUN_H
#define PS_HOST_RUN_H

#include <stdatomic.h>

#include "engines/engine.h"
#include "engines/gil.h"
#include "engines/sync.h"
#include "host/burn.h"
#include "model/arrivals.h"
#include "model/experiment.h"

struct ps_job_pool;
struct ps_feeder;
struct ps_net_service;
struct ps_net_pool;
struct ps_disk;

/* Faults, injected by the user. Writer: the host's main thread. Readers: every task, between its
 * steps and between pieces of CPU work (relaxed: a fault that is seen a step late is as good). */
struct ps_faults {
    _Atomic int stuck_worker; /* -1: none */
    _Atomic uint64_t stuck_until_ns;
    _Atomic int slow_worker; /* -1: none */
    _Atomic uint32_t slow_factor;
    _Atomic int crash_worker; /* -1: none */
};

struct ps_run {
    struct ps_experiment experiment; /* constant while tasks run */
    struct ps_segment *segment;
    struct ps_engine *engine;
    const struct ps_policy *policy;
    unsigned workers;            /* target count; main thread */
    struct ps_arrivals arrivals; /* constant but for the feeder's own generator */
    struct ps_burner burner;
    struct ps_job_pool *jobs;
    struct ps_feeder *feeder;
    struct ps_mutex locks[PS_LOCKS_MAX];
    struct ps_faults faults;
    _Atomic uint32_t wait_failed; /* 1: some task could not wait, and the user was told */
    struct ps_net_service *net;   /* NULL: no net step */
    struct ps_net_pool *net_pool;
    struct ps_semaphore net_places; /* connections that may be open */
    struct ps_disk *disk;           /* NULL: no disk step */
    struct ps_gil gil;              /* if experiment.gil */
};

#endif
