/* The table of engines: one line each. */
#include <stddef.h>
#include <string.h>

#include "engines/engine.h"

extern const struct ps_engine_ops ps_engine_green, ps_engine_pthread, ps_engine_async,
    ps_engine_threadpool, ps_engine_process;

const struct ps_engine_ops *const ps_engines[] = {
    &ps_engine_green,      &ps_engine_pthread, &ps_engine_async,
    &ps_engine_threadpool, &ps_engine_process, NULL,
};

const struct ps_engine_ops *ps_engine_find(const char *name)
{
    for (const struct ps_engine_ops *const *e = ps_engines; *e; e++)
        if (strcmp((*e)->name, name) == 0)
            return *e;
    return NULL;
}

const struct ps_policy *ps_policy_find(const struct ps_engine_ops *engine, const char *name)
{
    if (!name || !*name)
        return &engine->policies[0];
    for (const struct ps_policy *p = engine->policies; p->name; p++)
        if (strcmp(p->name, name) == 0)
            return p;
    return NULL;
}
