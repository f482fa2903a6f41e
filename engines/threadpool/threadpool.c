#include "engines/threadpool/threadpool.h"

/* libuv takes UV_THREADPOOL_SIZE up to 1024, but starts all of them at once, and for good. */
#define UV_THREADS 128u

static const struct ps_policy policies[] = {
    {.name = "fifo",
     .title =
         "one shared queue, first in first out; the last to fall idle is the first to be woken",
     .traits = PS_TRAIT_SHARED_QUEUE | PS_TRAIT_DIRECT,
     .max_workers = PS_MAX_WORKERS},
    {.name = "steal",
     .title = "a deque a worker: own tasks last in first out, others stolen from the far end",
     .traits = PS_TRAIT_STEALS | PS_TRAIT_WORKER_QUEUE | PS_TRAIT_SHARED_QUEUE | PS_TRAIT_DIRECT,
     .max_workers = PS_MAX_WORKERS},
    {.name = "uv",
     .title = "libuv's own pool: every task is a uv_queue_work of one event loop",
     .traits = PS_TRAIT_SHARED_QUEUE | PS_TRAIT_DIRECT,
     .max_workers = UV_THREADS,
     .threads = UV_THREADS},
    {.name = NULL},
};

/* In the order of `policies`. */
static const struct ps_pool_ops *const pools[] = {&ps_pool_fifo, &ps_pool_steal, &ps_pool_uv};

static const struct ps_pool_ops *pool_of(const struct ps_engine *engine)
{
    return pools[engine->policy - policies];
}

static enum ps_err create(const struct ps_engine_config *config, struct ps_engine **engine)
{
    const struct ps_policy *policy = config->policy ? config->policy : &policies[0];
    for (size_t i = 0; i < sizeof pools / sizeof *pools; i++)
        if (policy == &policies[i])
            return pools[i]->create(config, engine);
    return PS_EINVAL;
}

static enum ps_err start(struct ps_engine *engine)
{
    return pool_of(engine)->start(engine);
}

static enum ps_err submit(struct ps_engine *engine, struct ps_task *task)
{
    return pool_of(engine)->submit(engine, task);
}

static enum ps_err resize(struct ps_engine *engine, unsigned workers)
{
    return pool_of(engine)->resize(engine, workers);
}

static enum ps_err tune(struct ps_engine *engine, enum ps_knob knob, uint64_t value)
{
    return pool_of(engine)->tune(engine, knob, value);
}

static void close_pool(struct ps_engine *engine, enum ps_close how)
{
    pool_of(engine)->close(engine, how);
}

static enum ps_err stop(struct ps_engine *engine, uint64_t deadline_ns)
{
    return pool_of(engine)->stop(engine, deadline_ns);
}

static void destroy(struct ps_engine *engine)
{
    pool_of(engine)->destroy(engine);
}

static enum ps_err wait_in_pool(struct ps_task *task, struct ps_wait *wait)
{
    return pool_of(task->engine)->wait(task, wait);
}

static enum ps_err job(struct ps_engine *engine, void (*run)(void *arg), void *arg)
{
    return pool_of(engine)->job ? pool_of(engine)->job(engine, run, arg) : PS_ENOTSUP;
}

const struct ps_engine_ops ps_engine_threadpool = {
    .name = "threadpool",
    .title = "Thread pool",
    .policies = policies,
    .create = create,
    .start = start,
    .submit = submit,
    .resize = resize,
    .tune = tune,
    .close = close_pool,
    .stop = stop,
    .destroy = destroy,
    .job = job,
    .wait = wait_in_pool,
    .unpark = NULL,
    .forget_fd = NULL,
    .stack_overflow = NULL,
};
