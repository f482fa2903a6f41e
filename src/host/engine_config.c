#include "host/engine_config.h"

struct ps_engine_config ps_engine_config_of(struct ps_run *run, const struct ps_policy *policy,
                                            unsigned workers)
{
    const struct ps_experiment *e = &run->experiment;
    static const enum ps_on_full on_full[] = {
        [PS_FULL_BLOCK] = PS_ON_FULL_BLOCK,
        [PS_FULL_REFUSE] = PS_ON_FULL_REFUSE,
        [PS_FULL_CALLER_RUNS] = PS_ON_FULL_CALLER_RUNS,
    };
    static const enum ps_lifo_slot lifo_slot[] = {
        [PS_SLOT_STEALABLE] = PS_LIFO_STEALABLE,
        [PS_SLOT_KEPT] = PS_LIFO_KEPT,
        [PS_SLOT_OFF] = PS_LIFO_OFF,
    };
    struct ps_engine_config config = {
        .policy = policy,
        .workers = workers,
        .queue = e->queue,
        .on_full = on_full[e->on_full],
        .limit = e->limit,
        .stack_bytes = e->stack_bytes,
        .offload = e->offload,
        .stealing = e->stealing,
        .lifo_slot = lifo_slot[e->lifo_slot],
        .wake_all = e->wake_all,
        .help = e->help,
        .seed = e->seed,
        .segment = run->segment,
    };
    for (unsigned t = 0; t < e->type_count; t++)
        config.reserve[t] = e->types[t].reserve;
    return config;
}
