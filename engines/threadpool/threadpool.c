#include "engines/threadpool/threadpool.h"

/* libuv takes UV_THREADPOOL_SIZE up to 1024, but starts all of them at once, and for good. */
#define UV_THREADS 128u

static const struct ps_policy policies[] = {
    {.name = "fifo",
     .title =
         "one shared queue, first in first out; the last to fall idle is the first to be woken",
     .traits = PS_TRAIT_SHARED_QUEUE | PS_TRAIT_DIRECT | PS_TRAIT_PRIORITY,
     .heeds = PS_HEEDS_WAKE,
     .max_workers = PS_MAX_WORKERS},
    {.name = "steal",
     .title = "a deque a worker: own tasks last in first out, others stolen from the far end",
     .traits = PS_TRAIT_STEALS | PS_TRAIT_WORKER_QUEUE | PS_TRAIT_SHARED_QUEUE | PS_TRAIT_DIRECT |
               PS_TRAIT_HELPS | PS_TRAIT_PRIORITY,
     .max_workers = PS_MAX_WORKERS},
    {.name = "uv",
     .title = "libuv's own pool: every task is a uv_queue_work of one event loop",
     .traits = PS_TRAIT_SHARED_QUEUE | PS_TRAIT_DIRECT | PS_TRAIT_PRIORITY,
     .heeds = PS_HEEDS_LIMIT,
     .max_workers = UV_THREADS,
     .threads = UV_THREADS},
    {.name = "sharded",
     .title =
         "a queue a worker: a task goes into the shorter of two; idle workers take from others",
     .traits = PS_TRAIT_STEALS | PS_TRAIT_WORKER_QUEUE | PS_TRAIT_DIRECT | PS_TRAIT_PRIORITY,
     .max_workers = PS_MAX_WORKERS},
    {.name = "bulkhead",
     .title =
         "compartments: workers and a queue reserved for a task type; the others share the rest",
     .traits = PS_TRAIT_SHARED_QUEUE | PS_TRAIT_DIRECT | PS_TRAIT_RESERVES | PS_TRAIT_PRIORITY,
     .heeds = PS_HEEDS_WAKE,
     .max_workers = PS_MAX_WORKERS},
    {.name = NULL},
};

/* In the order of `policies`. */
static const struct ps_pool_ops *const pools[] = {&ps_pool_fifo, &ps_pool_steal, &ps_pool_uv,
                                                  &ps_pool_sharded, &ps_pool_bulkhead};

static enum ps_err create(const struct ps_engine_config *config, struct ps_engine **engine)
{
    return ps_pool_create(&ps_engine_threadpool, pools, config, engine);
}

const struct ps_engine_ops ps_engine_threadpool = {
    .name = "threadpool",
    .title = "Thread pool",
    .policies = policies,
    .create = create,
    .start = ps_pool_start,
    .submit = ps_pool_submit,
    .resize = ps_pool_resize,
    .tune = ps_pool_tune,
    .close = ps_pool_close,
    .stop = ps_pool_stop,
    .destroy = ps_pool_destroy,
    .job = ps_pool_job,
    .wait = ps_pool_wait,
    .unpark = NULL,
    .forget_fd = NULL,
    .stack_overflow = NULL,
};
