#include "engines/common/core.h"

static const struct ps_policy policies[] = {{.name = "none", .title = "not built yet"}, {.name = NULL}};

static enum ps_err create(const struct ps_engine_config *config, struct ps_engine **engine)
{
    (void)config;
    (void)engine;
    return PS_ENOTSUP;
}

extern const struct ps_engine_ops ps_engine_pthread;
const struct ps_engine_ops ps_engine_pthread = {.name = "pthread", .title = "pthread", .policies = policies, .create = create};
