/* A run in the host: the objects of one execution of an experiment, and who may touch them. */
#ifndef PS_HOST_RUN_H
#define PS_HOST_RUN_H

#include <stdatomic.h>

#include "engines/engine.h"
#include "engines/gil.h"
#include "host/burn.h"
#include "host/faults.h"
#include "host/locks.h"
#include "model/arrivals.h"
#include "model/experiment.h"

struct ps_job_pool;
struct ps_feeder;
struct ps_net_service;
struct ps_net_pool;
struct ps_disk;
struct ps_http;
struct ps_memory;

struct ps_run {
    struct ps_experiment experiment; /* constant while tasks run */
    struct ps_segment *segment;
    struct ps_engine *engine;
    const struct ps_policy *policy;
    unsigned workers;            /* target count; main thread */
    unsigned realtime;           /* the host's own priority; 0: no task type has one */
    unsigned usable_cpus;        /* of the machine, when the run was built */
    struct ps_arrivals arrivals; /* constant but for the feeder's own generator */
    struct ps_burner burner;
    struct ps_job_pool *jobs;
    struct ps_feeder *feeder;
    struct ps_run_lock locks[PS_LOCKS_MAX];
    struct ps_faults faults;
    struct ps_faults *faults_seen; /* by tasks: `faults`, or where a worker process finds them */
    _Atomic uint32_t wait_failed;  /* 1: some task could not wait, and the user was told */
    struct ps_net_service *net;    /* NULL: no net step */
    struct ps_net_pool *net_pool;
    struct ps_semaphore net_places; /* connections that may be open */
    struct ps_disk *disk;           /* NULL: no disk step */
    struct ps_gil gil;              /* if experiment.gil */
    struct ps_http *http;           /* NULL: arrivals are not http */
    struct ps_memory *memory;       /* NULL: no memory step */
    uint8_t answer_of[PS_TYPES_MAX]
                     [PS_STEPS_MAX]; /* index into the segment's answers, of kernels */
};

#endif
