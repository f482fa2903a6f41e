#include <pthread.h>

#include "engines/engine.h"
#include "host/host.h"

enum { ENGINES_MAX = 16, POLICIES_MAX = 64 };

static struct ps_policy_word policies[POLICIES_MAX];
static struct ps_engine_word engines[ENGINES_MAX];
static const struct ps_vocabulary vocabulary = {engines};
static pthread_once_t once = PTHREAD_ONCE_INIT;

static unsigned uses_of(const struct ps_policy *policy)
{
    static const struct {
        unsigned trait, heeds, use;
    } list[] = {
        {PS_TRAIT_STEALS, 0, PS_USES_STEALING},  {PS_TRAIT_OFFLOAD, 0, PS_USES_OFFLOAD},
        {PS_TRAIT_HELPS, 0, PS_USES_WAIT},       {PS_TRAIT_RESERVES, 0, PS_USES_RESERVE},
        {PS_TRAIT_PARKS_TASKS, 0, PS_USES_HOGS}, {0, PS_HEEDS_LIMIT, PS_USES_LIMIT},
        {0, PS_HEEDS_STACK, PS_USES_STACK},      {0, PS_HEEDS_SLOT, PS_USES_LIFO_SLOT},
        {0, PS_HEEDS_WAKE, PS_USES_WAKE},
    };
    unsigned uses = 0;
    for (unsigned i = 0; i < sizeof list / sizeof *list; i++)
        if ((policy->traits & list[i].trait) || (policy->heeds & list[i].heeds))
            uses |= list[i].use;
    return uses;
}

static void fill(void)
{
    unsigned next = 0;
    for (unsigned e = 0; ps_engines[e] && e < ENGINES_MAX - 1; e++) {
        engines[e] =
            (struct ps_engine_word){ps_engines[e]->name, ps_engines[e]->title, &policies[next]};
        for (const struct ps_policy *p = ps_engines[e]->policies; p->name; p++)
            if (next < POLICIES_MAX - ENGINES_MAX)
                policies[next++] = (struct ps_policy_word){
                    .name = p->name,
                    .title = p->title,
                    .max_workers = p->max_workers,
                    .parks = (p->traits & PS_TRAIT_PARKS_TASKS) != 0,
                    .apart = (p->traits & PS_TRAIT_PROCESSES) != 0,
                    .steals = (p->traits & PS_TRAIT_STEALS) != 0,
                    .uses = uses_of(p),
                    .flat = (p->traits & PS_TRAIT_PRIORITY) == 0,
                };
        next++; /* the row's terminator */
    }
}

const struct ps_vocabulary *ps_host_vocabulary(void)
{
    pthread_once(&once, fill);
    return &vocabulary;
}
