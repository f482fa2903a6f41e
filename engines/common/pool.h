/* An engine whose policies are pools of different kinds: its operations are handed to the pool that
 * the policy names. Private to engines/. */
#ifndef PS_ENGINES_COMMON_POOL_H
#define PS_ENGINES_COMMON_POOL_H

#include "engines/common/core.h"

/* What a pool does; ps_engine_ops has the contract of each. resize is only called with a count that
 * differs from the present one, and within the policy's range. */
struct ps_pool_ops {
    enum ps_err (*create)(const struct ps_engine_config *config, struct ps_engine **engine);
    enum ps_err (*start)(struct ps_engine *engine);
    enum ps_err (*submit)(struct ps_engine *engine, struct ps_task *task);
    enum ps_err (*resize)(struct ps_engine *engine, unsigned workers);
    enum ps_err (*tune)(struct ps_engine *engine, enum ps_knob knob, uint64_t value);
    void (*close)(struct ps_engine *engine, enum ps_close how);
    enum ps_err (*stop)(struct ps_engine *engine, uint64_t deadline_ns);
    void (*destroy)(struct ps_engine *engine);
    enum ps_err (*wait)(struct ps_task *task, struct ps_wait *wait);
    enum ps_err (*job)(struct ps_engine *engine, void (*run)(void *arg), void *arg); /* or NULL */
};

/* Create with the pool of config's policy: pools are in the order of ops->policies. */
enum ps_err ps_pool_create(const struct ps_engine_ops *ops, const struct ps_pool_ops *const *pools,
                           const struct ps_engine_config *config, struct ps_engine **engine);

/* For the engine's ps_engine_ops. */
enum ps_err ps_pool_start(struct ps_engine *engine);
enum ps_err ps_pool_submit(struct ps_engine *engine, struct ps_task *task);
enum ps_err ps_pool_resize(struct ps_engine *engine, unsigned workers);
enum ps_err ps_pool_tune(struct ps_engine *engine, enum ps_knob knob, uint64_t value);
void ps_pool_close(struct ps_engine *engine, enum ps_close how);
enum ps_err ps_pool_stop(struct ps_engine *engine, uint64_t deadline_ns);
void ps_pool_destroy(struct ps_engine *engine);
enum ps_err ps_pool_wait(struct ps_task *task, struct ps_wait *wait);
enum ps_err ps_pool_job(struct ps_engine *engine, void (*run)(void *arg), void *arg);

#endif
