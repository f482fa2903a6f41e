/* What an experiment asks of its engine. */
#ifndef PS_HOST_ENGINE_CONFIG_H
#define PS_HOST_ENGINE_CONFIG_H

#include "host/run.h"

/* Without `process`. policy: of the experiment's engine; workers: at start. */
struct ps_engine_config ps_engine_config_of(struct ps_run *run, const struct ps_policy *policy,
                                            unsigned workers);

#endif
