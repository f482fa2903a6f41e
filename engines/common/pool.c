#include "engines/common/pool.h"

enum ps_err ps_pool_create(const struct ps_engine_ops *ops, const struct ps_pool_ops *const *pools,
                           const struct ps_engine_config *config, struct ps_engine **engine)
{
    const struct ps_policy *policy = config->policy ? config->policy : &ops->policies[0];
    for (size_t i = 0; ops->policies[i].name; i++) {
        if (policy != &ops->policies[i])
            continue;
        enum ps_err err = pools[i]->create(config, engine);
        if (err == PS_OK)
            (*engine)->pool = pools[i];
        return err;
    }
    return PS_EINVAL;
}

enum ps_err ps_pool_start(struct ps_engine *engine)
{
    return engine->pool->start(engine);
}

enum ps_err ps_pool_submit(struct ps_engine *engine, struct ps_task *task)
{
    return engine->pool->submit(engine, task);
}

enum ps_err ps_pool_resize(struct ps_engine *engine, unsigned workers)
{
    return engine->pool->resize(engine, workers);
}

enum ps_err ps_pool_tune(struct ps_engine *engine, enum ps_knob knob, uint64_t value)
{
    return engine->pool->tune(engine, knob, value);
}

void ps_pool_close(struct ps_engine *engine, enum ps_close how)
{
    engine->pool->close(engine, how);
}

enum ps_err ps_pool_stop(struct ps_engine *engine, uint64_t deadline_ns)
{
    return engine->pool->stop(engine, deadline_ns);
}

void ps_pool_destroy(struct ps_engine *engine)
{
    engine->pool->destroy(engine);
}

enum ps_err ps_pool_wait(struct ps_task *task, struct ps_wait *wait)
{
    return task->engine->pool->wait(task, wait);
}

enum ps_err ps_pool_job(struct ps_engine *engine, void (*run)(void *arg), void *arg)
{
    return engine->pool->job ? engine->pool->job(engine, run, arg) : PS_ENOTSUP;
}
