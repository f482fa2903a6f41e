#include "engines/pthread/pthread.h"

static const struct ps_policy policies[] = {
    {.name = "channel",
     .title = "a fixed number of threads that receive from one bounded channel",
     .traits = PS_TRAIT_SHARED_QUEUE | PS_TRAIT_DIRECT | PS_TRAIT_PRIORITY,
     .heeds = PS_HEEDS_WAKE,
     .max_workers = PS_MAX_WORKERS},
    {.name = "per-task",
     .title = "a thread for every task; the worker count is how many may live at once",
     .traits = PS_TRAIT_SHARED_QUEUE | PS_TRAIT_DIRECT | PS_TRAIT_PRIORITY,
     .heeds = PS_HEEDS_LIMIT | PS_HEEDS_STACK,
     .max_workers = PS_MAX_WORKERS},
    {.name = NULL},
};

/* In the order of `policies`. */
static const struct ps_pool_ops *const pools[] = {&ps_threads_channel, &ps_threads_per_task};

static enum ps_err create(const struct ps_engine_config *config, struct ps_engine **engine)
{
    return ps_pool_create(&ps_engine_pthread, pools, config, engine);
}

const struct ps_engine_ops ps_engine_pthread = {
    .name = "pthread",
    .title = "POSIX threads",
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
