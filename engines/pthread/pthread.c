#include "engines/pthread/pthread.h"

static const struct ps_policy policies[] = {
    {.name = "channel",
     .title = "a fixed number of threads that receive from one bounded channel",
     .traits = PS_TRAIT_SHARED_QUEUE | PS_TRAIT_DIRECT,
     .max_workers = PS_MAX_WORKERS},
    {.name = "per-task",
     .title = "a thread for every task; the worker count is how many may live at once",
     .traits = PS_TRAIT_SHARED_QUEUE | PS_TRAIT_DIRECT,
     .max_workers = PS_MAX_WORKERS},
    {.name = NULL},
};

/* In the order of `policies`. */
static const struct ps_threads_ops *const kinds[] = {&ps_threads_channel, &ps_threads_per_task};

static const struct ps_threads_ops *threads_of(const struct ps_engine *engine)
{
    return kinds[engine->policy - policies];
}

static enum ps_err create(const struct ps_engine_config *config, struct ps_engine **engine)
{
    const struct ps_policy *policy = config->policy ? config->policy : &policies[0];
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (policy == &policies[i])
            return kinds[i]->create(config, engine);
    return PS_EINVAL;
}

static enum ps_err start(struct ps_engine *engine)
{
    return threads_of(engine)->start(engine);
}

static enum ps_err submit(struct ps_engine *engine, struct ps_task *task)
{
    return threads_of(engine)->submit(engine, task);
}

static enum ps_err resize(struct ps_engine *engine, unsigned workers)
{
    return threads_of(engine)->resize(engine, workers);
}

static enum ps_err tune(struct ps_engine *engine, enum ps_knob knob, uint64_t value)
{
    return threads_of(engine)->tune(engine, knob, value);
}

static void close_threads(struct ps_engine *engine, enum ps_close how)
{
    threads_of(engine)->close(engine, how);
}

static enum ps_err stop(struct ps_engine *engine, uint64_t deadline_ns)
{
    return threads_of(engine)->stop(engine, deadline_ns);
}

static void destroy(struct ps_engine *engine)
{
    threads_of(engine)->destroy(engine);
}

static enum ps_err wait_in_thread(struct ps_task *task, struct ps_wait *wait)
{
    return threads_of(task->engine)->wait(task, wait);
}

const struct ps_engine_ops ps_engine_pthread = {
    .name = "pthread",
    .title = "POSIX threads",
    .policies = policies,
    .create = create,
    .start = start,
    .submit = submit,
    .resize = resize,
    .tune = tune,
    .close = close_threads,
    .stop = stop,
    .destroy = destroy,
    .wait = wait_in_thread,
    .unpark = NULL,
    .forget_fd = NULL,
    .stack_overflow = NULL,
};
