#include <string.h>

#include "model/complaint.h"

/* Tasks that one arrival may bring in all. */
#define FAMILY_MAX 1e6

struct checking {
    const struct ps_experiment *experiment;
    const char *source;
    struct ps_complaints *complaints;
    unsigned found;
};

#define COMPLAIN(checking, key, value, ...)                                               \
    (ps_complain((checking)->complaints, (checking)->source, 0, key, value, __VA_ARGS__), \
     (checking)->found++)

/* ---- the engine ---- */

static const struct ps_engine_word *find_engine(const struct ps_vocabulary *words, const char *name)
{
    for (const struct ps_engine_word *e = words->engines; e->name; e++)
        if (strcmp(e->name, name) == 0)
            return e;
    return NULL;
}

static const struct ps_policy_word *find_policy(const struct ps_engine_word *engine,
                                                const char *name)
{
    for (const struct ps_policy_word *p = engine->policies; p->name; p++)
        if (!*name || strcmp(p->name, name) == 0)
            return p;
    return NULL;
}

static void check_engine(struct checking *checking, const struct ps_vocabulary *words)
{
    const struct ps_experiment *e = checking->experiment;
    const struct ps_engine_word *engine = find_engine(words, e->engine);
    if (!engine) {
        COMPLAIN(checking, "engine.name", e->engine, "there is no such engine");
        return;
    }
    const struct ps_policy_word *policy = find_policy(engine, e->policy);
    if (!policy) {
        struct ps_why why = {""};
        const char *names[16] = {NULL};
        ps_because(&why, "not a policy of %s; allowed:", e->engine);
        for (unsigned i = 0; i < 15 && engine->policies[i].name; i++) {
            size_t used = strlen(why.text);
            names[i] = engine->policies[i].name;
            snprintf(why.text + used, sizeof why.text - used, "%s %s", i ? "," : "", names[i]);
        }
        ps_because_near(&why, e->policy, names);
        COMPLAIN(checking, "engine.policy", e->policy, "%s", why.text);
        return;
    }
    if (policy->max_workers && e->workers.count > policy->max_workers) {
        char value[16];
        snprintf(value, sizeof value, "%u", e->workers.count);
        COMPLAIN(checking, "engine.workers", value, "%s:%s runs at most %u", engine->name,
                 policy->name, policy->max_workers);
    }
}

/* ---- arrivals ---- */

static void check_arrivals(struct checking *checking)
{
    const struct ps_experiment *e = checking->experiment;
    if (e->model == PS_ARRIVAL_BATCH && e->tasks == 0)
        COMPLAIN(checking, "arrivals.tasks", "0", "a batch needs to know how many: 1 or more");
    if (e->type_count == 0) {
        COMPLAIN(checking, "", NULL, "there is no task type: write [task NAME] with steps");
        return;
    }
    double total = 0;
    for (unsigned i = 0; i < e->type_count; i++)
        total += e->types[i].weight;
    if (!(total > 0)) {
        char key[64];
        snprintf(key, sizeof key, "task %s.weight", e->types[0].name);
        COMPLAIN(checking, key, "0", "no task arrives: give at least one type a weight above 0");
    }
}

/* ---- spawning ---- */

enum mark { UNSEEN, OPEN, DONE };

struct families {
    const struct ps_experiment *experiment;
    enum mark mark[PS_TYPES_MAX];
    double size[PS_TYPES_MAX]; /* the task and all its descendants */
    bool cycle;                /* one was met */
};

/* Depth first; a type that is met while it is open spawns itself. Depth is at most PS_TYPES_MAX. */
static double family(struct families *families, unsigned type)
{
    if (families->mark[type] == OPEN)
        families->cycle = true;
    if (families->mark[type] != UNSEEN)
        return families->size[type];
    families->mark[type] = OPEN;
    const struct ps_task_type *t = &families->experiment->types[type];
    double size = 1;
    for (unsigned s = 0; s < t->step_count; s++)
        if (t->steps[s].kind == PS_STEP_SPAWN)
            size += t->steps[s].count * family(families, t->steps[s].type);
    families->mark[type] = DONE;
    return families->size[type] = size;
}

static void check_spawning(struct checking *checking)
{
    const struct ps_experiment *e = checking->experiment;
    char key[64];
    for (unsigned i = 0; i < e->type_count; i++) {
        struct families families = {.experiment = e};
        double size = family(&families, i);
        snprintf(key, sizeof key, "task %s.steps", e->types[i].name);
        if (families.cycle) {
            COMPLAIN(checking, key, NULL, "task types spawn each other in a circle, without end");
            return;
        }
        if (size > FAMILY_MAX)
            COMPLAIN(checking, key, NULL, "one task brings %.3g tasks in all; at most %.0f", size,
                     FAMILY_MAX);
    }
}

enum ps_err ps_experiment_check(const struct ps_experiment *experiment,
                                const struct ps_vocabulary *words, const char *source,
                                struct ps_complaints *complaints)
{
    struct checking checking = {experiment, source, complaints, 0};
    if (words)
        check_engine(&checking, words);
    check_arrivals(&checking);
    check_spawning(&checking);
    for (unsigned i = 0; i < experiment->type_count; i++) {
        char key[64];
        snprintf(key, sizeof key, "task %s.steps", experiment->types[i].name);
        if (experiment->types[i].step_count == 0)
            COMPLAIN(&checking, key, NULL, "must be given");
    }
    return checking.found ? PS_EPARSE : PS_OK;
}
