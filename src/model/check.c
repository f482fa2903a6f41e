#include <string.h>

#include "model/complaint.h"
#include "model/kernels.h"
#include "model/phases.h"

/* Tasks that one arrival may bring in all. */
#define FAMILY_MAX ((double)PS_KERNEL_TASKS_MAX)

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

unsigned ps_workers_least(const struct ps_experiment *experiment, const struct ps_vocabulary *words)
{
    const struct ps_engine_word *engine = find_engine(words, experiment->engine);
    const struct ps_policy_word *policy = engine ? find_policy(engine, experiment->policy) : NULL;
    unsigned sum = 0;
    if (!policy || !(policy->uses & PS_USES_RESERVE))
        return 1;
    for (unsigned t = 0; t < experiment->type_count; t++)
        sum += experiment->types[t].reserve;
    return sum + 1;
}

static void check_workers(struct checking *checking, const struct ps_engine_word *engine,
                          const struct ps_policy_word *policy, const char *key,
                          const struct ps_workers_spec *workers)
{
    char value[16];
    if (!policy->max_workers || workers->count <= policy->max_workers)
        return;
    snprintf(value, sizeof value, "%u", workers->count);
    COMPLAIN(checking, key, value, "%s:%s runs at most %u", engine->name, policy->name,
             policy->max_workers);
}

/* Steps that meet other tasks in memory. A task that spawns shares memory with its children only. */
#define MEETS(name, ...) [PS_STEP_##name] = true,
static const bool meets_others[PS_STEP_KIND_COUNT] = {[PS_STEP_LOCK] = true,
                                                      PS_KERNEL_KINDS(MEETS)};
#undef MEETS

static void check_apart(struct checking *checking, const char *engine)
{
    const struct ps_experiment *e = checking->experiment;
    if (e->model == PS_ARRIVAL_HTTP)
        COMPLAIN(checking, "arrivals.model", "http",
                 "workers of engine %s are processes, which cannot serve the host's connections: "
                 "use an engine of threads",
                 engine);
    for (unsigned t = 0; t < e->type_count; t++)
        for (unsigned s = 0; s < e->types[t].step_count; s++) {
            enum ps_step_kind kind = e->types[t].steps[s].kind;
            char key[64];
            if (!meets_others[kind])
                continue;
            snprintf(key, sizeof key, "task %s.steps", e->types[t].name);
            COMPLAIN(checking, key, ps_step_words[kind].word,
                     "step %u: workers of engine %s are processes, which share no memory: "
                     "use an engine of threads, or a step that waits for nobody",
                     s + 1, engine);
        }
}

static void check_priorities(struct checking *checking, const struct ps_engine_word *engine,
                             const struct ps_policy_word *policy)
{
    const struct ps_experiment *e = checking->experiment;
    for (unsigned t = 0; t < e->type_count; t++) {
        char key[64];
        if (!e->types[t].high)
            continue;
        snprintf(key, sizeof key, "task %s.priority", e->types[t].name);
        COMPLAIN(checking, key, "high", "%s:%s knows no priorities: allowed here is normal",
                 engine->name, policy->name);
    }
}

/* A POSIX mutex belongs to the thread that took it. */
static void check_threads_locks(struct checking *checking, const char *engine)
{
    const struct ps_experiment *e = checking->experiment;
    for (unsigned i = 0; i < e->lock_def_count; i++) {
        const struct ps_lock_def *lock = &e->lock_defs[i];
        char key[64];
        snprintf(key, sizeof key, "lock %s.kind", lock->name);
        if (lock->kind != PS_LOCK_FAIR)
            COMPLAIN(
                checking, key, lock->kind == PS_LOCK_UNFAIR ? "unfair" : "inherit",
                "on engine %s a waiting task has no thread, which such a lock belongs to: fair, "
                "or an engine whose tasks keep their thread (pthread, threadpool)",
                engine);
    }
}

/* A thread's priority is its task's only where a task has a thread. */
static void check_realtime(struct checking *checking, const char *engine)
{
    const struct ps_experiment *e = checking->experiment;
    for (unsigned t = 0; t < e->type_count; t++) {
        char key[64], value[16];
        if (e->types[t].realtime == 0)
            continue;
        snprintf(key, sizeof key, "task %s.realtime", e->types[t].name);
        snprintf(value, sizeof value, "%u", e->types[t].realtime);
        COMPLAIN(checking, key, value,
                 "on engine %s a task has no thread of its own whose priority it could be: 0, or "
                 "pthread or threadpool",
                 engine);
    }
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
    check_workers(checking, engine, policy, "engine.workers", &e->workers);
    for (unsigned i = 0; i < e->phase_count; i++) {
        char key[64];
        snprintf(key, sizeof key, "phase %s.workers", e->phases[i].name);
        check_workers(checking, engine, policy, key, &e->phases[i].workers);
    }
    if (policy->flat)
        check_priorities(checking, engine, policy);
    if (e->work_first && !policy->parks)
        COMPLAIN(checking, "engine.spawn", "work-first",
                 "on %s:%s a task keeps its worker until it ends, so a child cannot run first: "
                 "help-first, "
                 "or green or async",
                 engine->name, policy->name);
    if (policy->parks || policy->apart)
        check_realtime(checking, engine->name);
    if (policy->parks)
        check_threads_locks(checking, engine->name);
    if (policy->apart)
        check_apart(checking, engine->name);
}

/* ---- arrivals ---- */

static void check_arrivals(struct checking *checking)
{
    const struct ps_experiment *e = checking->experiment;
    if (e->model == PS_ARRIVAL_BATCH && e->tasks == 0)
        COMPLAIN(checking, "arrivals.tasks", "0", "a batch needs to know how many: 1 or more");
    if (e->model == PS_ARRIVAL_TRACE && !e->trace[0])
        COMPLAIN(checking, "arrivals.trace", NULL, "must be given: the CSV file to replay");
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

static void check_rows(struct checking *checking)
{
    const struct ps_experiment *e = checking->experiment;
    for (unsigned i = 0; i < e->type_count && e->model != PS_ARRIVAL_TRACE; i++)
        for (unsigned s = 0; s < e->types[i].step_count; s++)
            if (e->types[i].steps[s].kind == PS_STEP_ROW) {
                char key[64];
                snprintf(key, sizeof key, "task %s.steps", e->types[i].name);
                COMPLAIN(checking, key, "row", "needs the rows of arrivals.model = trace");
            }
}

/* ---- locks ---- */

enum ps_lock_kind ps_lock_kind_of(const struct ps_experiment *experiment, unsigned lock)
{
    for (unsigned i = 0; i < experiment->lock_def_count; i++)
        if (strcmp(experiment->lock_defs[i].name, experiment->locks[lock]) == 0)
            return experiment->lock_defs[i].kind;
    return PS_LOCK_FAIR;
}

static void check_locks(struct checking *checking)
{
    const struct ps_experiment *e = checking->experiment;
    const char *names[PS_LOCKS_MAX + 1] = {NULL};
    for (unsigned i = 0; i < e->lock_count; i++)
        names[i] = e->locks[i];
    for (unsigned d = 0; d < e->lock_def_count; d++) {
        unsigned i = 0;
        while (i < e->lock_count && strcmp(e->locks[i], e->lock_defs[d].name) != 0)
            i++;
        if (i < e->lock_count)
            continue;
        struct ps_why why = {""};
        char key[64];
        snprintf(key, sizeof key, "lock %s", e->lock_defs[d].name);
        ps_because(&why, "no step takes this lock");
        ps_because_near(&why, e->lock_defs[d].name, names);
        COMPLAIN(checking, key, NULL, "%s", why.text);
    }
}

/* ---- phases ---- */

static void check_phase(struct checking *checking, const struct ps_phase_def *phase)
{
    const struct ps_experiment *e = checking->experiment;
    char key[64];
    snprintf(key, sizeof key, "phase %s.rate", phase->name);
    if (phase->rate.rate > 0 && e->model != PS_ARRIVAL_OPEN)
        COMPLAIN(checking, key, NULL, "only arrivals.model = open has a rate");
    snprintf(key, sizeof key, "phase %s.in_flight", phase->name);
    if (phase->in_flight > 0 && e->model != PS_ARRIVAL_CLOSED)
        COMPLAIN(checking, key, NULL, "only arrivals.model = closed has a number in flight");
}

/* Weights follow one another in the order of time. */
static void check_phases(struct checking *checking)
{
    const struct ps_experiment *e = checking->experiment;
    const struct ps_phase_def *order[PS_PHASES_MAX];
    double weight[PS_TYPES_MAX] = {0};
    for (unsigned i = 0; i < e->type_count; i++)
        weight[i] = e->types[i].weight;
    unsigned count = ps_phases_in_order(e, order);
    for (unsigned p = 0; p < count; p++) {
        double total = 0;
        check_phase(checking, order[p]);
        for (unsigned i = 0; i < order[p]->mix.count; i++)
            weight[order[p]->mix.part[i].type] = order[p]->mix.part[i].weight;
        for (unsigned i = 0; i < e->type_count; i++)
            total += weight[i];
        if (order[p]->mix.count && !(total > 0)) {
            char key[64];
            snprintf(key, sizeof key, "phase %s.mix", order[p]->name);
            COMPLAIN(checking, key, NULL,
                     "no task arrives: give at least one type a weight above 0");
        }
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
        else if (ps_step_is_kernel(t->steps[s].kind))
            size += ps_kernel_tasks(&t->steps[s]);
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

/* ---- kernels ---- */

/* All julia steps draw one picture, so they have to agree on it. */
static void check_kernels(struct checking *checking)
{
    const struct ps_step_def *list[PS_KERNELS_MAX], *picture = NULL;
    unsigned count = ps_kernels_of(checking->experiment, list, PS_KERNELS_MAX);
    if (count > PS_KERNELS_MAX)
        COMPLAIN(checking, "", NULL, "%u different kernels; at most %u", count, PS_KERNELS_MAX);
    for (unsigned i = 0; i < count && i < PS_KERNELS_MAX; i++) {
        if (list[i]->kind != PS_STEP_JULIA)
            continue;
        if (picture)
            COMPLAIN(checking, "", NULL,
                     "all julia steps of an experiment draw one picture: give them the same "
                     "pixels, iterations and grain");
        picture = list[i];
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
    check_rows(&checking);
    check_locks(&checking);
    check_phases(&checking);
    check_spawning(&checking);
    check_kernels(&checking);
    for (unsigned i = 0; i < experiment->type_count; i++) {
        char key[64];
        snprintf(key, sizeof key, "task %s.steps", experiment->types[i].name);
        if (experiment->types[i].step_count == 0)
            COMPLAIN(&checking, key, NULL, "must be given");
    }
    return checking.found ? PS_EPARSE : PS_OK;
}
