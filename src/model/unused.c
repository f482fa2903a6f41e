#include "model/unused.h"

#include <stdlib.h>
#include <string.h>

#include "model/keys.h"
#include "model/lines.h"

/* ---- what uses what ---- */

/* `without`: the value that says what a policy without this setting does anyway, or NULL. */
static const struct {
    const char *key;
    unsigned use;
    const char *without;
} of_policies[] = {
    {"engine.limit", PS_USES_LIMIT, NULL},          {"engine.stack", PS_USES_STACK, NULL},
    {"engine.offload", PS_USES_OFFLOAD, "off"},     {"engine.stealing", PS_USES_STEALING, "off"},
    {"engine.lifo_slot", PS_USES_LIFO_SLOT, "off"}, {"engine.wake", PS_USES_WAKE, NULL},
    {"engine.wait", PS_USES_WAIT, "block"},         {"engine.hogs", PS_USES_HOGS, "0"},
};

#define ONLY(model) (1u << PS_ARRIVAL_##model)
static const struct {
    const char *key;
    unsigned models;
} of_arrivals[] = {
    {"arrivals.rate", ONLY(OPEN)},
    {"arrivals.process", ONLY(OPEN)},
    {"arrivals.in_flight", ONLY(CLOSED)},
    {"arrivals.think", ONLY(CLOSED) | ONLY(HTTP)},
    {"arrivals.trace", ONLY(TRACE)},
    {"arrivals.trace_scale", ONLY(TRACE)},
    {"arrivals.port", ONLY(HTTP)},
    {"arrivals.clients", ONLY(HTTP)},
    {"arrivals.request_timeout", ONLY(HTTP)},
    {"arrivals.idle_timeout", ONLY(HTTP)},
};
#undef ONLY

#define COUNT(list) (sizeof(list) / sizeof *(list))

/* ---- looking ---- */

struct looking {
    const struct ps_experiment *experiment, *standard; /* standard: every key at its default */
    const struct ps_vocabulary *words;
    const char *source;
    struct ps_complaints *warnings;
    unsigned found;
};

static const struct ps_policy_word *policy_of(const struct looking *look)
{
    const struct ps_experiment *e = look->experiment;
    for (const struct ps_engine_word *engine = look->words->engines; engine->name; engine++)
        if (strcmp(engine->name, e->engine) == 0)
            for (const struct ps_policy_word *p = engine->policies; p->name; p++)
                if (!e->policy[0] || strcmp(p->name, e->policy) == 0)
                    return p;
    return NULL;
}

/* "green:steal, pthread:channel": the policies that use a setting. */
static void users_of(const struct ps_vocabulary *words, unsigned use, char *into, size_t size)
{
    into[0] = '\0';
    for (const struct ps_engine_word *engine = words->engines; engine->name; engine++)
        for (const struct ps_policy_word *p = engine->policies; p->name; p++)
            if (p->uses & use) {
                size_t used = strlen(into);
                snprintf(into + used, size - used, "%s%s:%s", used ? ", " : "", engine->name,
                         p->name);
            }
}

/* Whether a key is not at its default; its value into `value`. */
static bool is_set(const struct looking *look, const char *key, const char *standard_key,
                   char *value, size_t size)
{
    char standard[80];
    return ps_experiment_get(look->experiment, key, value, size) &&
           ps_experiment_get(look->standard, standard_key, standard, sizeof standard) &&
           strcmp(value, standard) != 0;
}

/* Whether a value says what a policy that has no such setting does anyway. */
static bool is_so_anyway(const struct ps_policy_word *policy, unsigned use, const char *value)
{
    for (unsigned i = 0; i < COUNT(of_policies); i++)
        if (of_policies[i].use == use && of_policies[i].without)
            return strcmp(value, of_policies[i].without) == 0 &&
                   !(use == PS_USES_WAIT && policy->parks); /* a join there never blocks a worker */
    return false;
}

static void warn_of_policy(struct looking *look, const char *key, const char *standard_key,
                           unsigned use)
{
    const struct ps_policy_word *policy = policy_of(look);
    char value[80], users[160];
    if (!policy || (policy->uses & use) || !is_set(look, key, standard_key, value, sizeof value) ||
        is_so_anyway(policy, use, value))
        return;
    users_of(look->words, use, users, sizeof users);
    ps_complain(look->warnings, look->source, 0, key, value, "%s:%s does not use it; used by %s",
                look->experiment->engine, policy->name, users);
    look->found++;
}

/* `reason`: of another key that makes this one void. */
static void warn_of_key(struct looking *look, const char *key, const char *standard_key,
                        const char *reason)
{
    char value[80];
    if (!is_set(look, key, standard_key, value, sizeof value))
        return;
    ps_complain(look->warnings, look->source, 0, key, value, "has no effect with %s", reason);
    look->found++;
}

static void look_at_types(struct looking *look)
{
    for (unsigned i = 0; i < look->experiment->type_count; i++) {
        const struct ps_task_type *type = &look->experiment->types[i];
        char key[64];
        snprintf(key, sizeof key, "task %s.reserve", type->name);
        warn_of_policy(look, key, "task x.reserve", PS_USES_RESERVE);
        if (type->retries > 0)
            continue;
        snprintf(key, sizeof key, "task %s.backoff", type->name);
        warn_of_key(look, key, "task x.backoff", "retries = 0");
        snprintf(key, sizeof key, "task %s.retry_budget", type->name);
        warn_of_key(look, key, "task x.retry_budget", "retries = 0");
    }
}

static void look_at_all(struct looking *look)
{
    char model[80], reason[100];
    const struct ps_experiment *e = look->experiment;
    for (unsigned i = 0; look->words && i < COUNT(of_policies); i++)
        warn_of_policy(look, of_policies[i].key, of_policies[i].key, of_policies[i].use);
    if (!e->gil)
        warn_of_key(look, "engine.gil_interval", "engine.gil_interval", "engine.gil = off");
    ps_experiment_get(e, "arrivals.model", model, sizeof model);
    snprintf(reason, sizeof reason, "arrivals.model = %s", model);
    for (unsigned i = 0; i < COUNT(of_arrivals); i++)
        if (!(of_arrivals[i].models & (1u << e->model)))
            warn_of_key(look, of_arrivals[i].key, of_arrivals[i].key, reason);
    if (look->words)
        look_at_types(look);
}

unsigned ps_experiment_unused(const struct ps_experiment *experiment,
                              const struct ps_vocabulary *words, const char *source,
                              struct ps_complaints *warnings)
{
    struct ps_experiment *standard = malloc(sizeof *standard);
    if (!standard)
        return 0;
    ps_experiment_init(standard);
    ps_type_add(standard, "x");
    struct looking look = {experiment, standard, words, source, warnings, 0};
    look_at_all(&look);
    free(standard);
    return look.found;
}

/* ---- files with several runs ---- */

static bool has(const struct ps_complaints *list, const char *key)
{
    for (unsigned i = 0; i < list->count && i < PS_COMPLAINTS_MAX; i++)
        if (strcmp(list->list[i].key, key) == 0)
            return true;
    return false;
}

/* Keep what both lists have. */
static void keep_common(struct ps_complaints *into, const struct ps_complaints *other)
{
    unsigned kept = 0, count = into->count < PS_COMPLAINTS_MAX ? into->count : PS_COMPLAINTS_MAX;
    for (unsigned i = 0; i < count; i++)
        if (has(other, into->list[i].key))
            into->list[kept++] = into->list[i];
    into->count = kept;
}

unsigned ps_lab_unused(const struct ps_lab *lab, const struct ps_experiment *experiment,
                       const struct ps_vocabulary *words, const char *file,
                       struct ps_complaints *warnings)
{
    unsigned before = warnings->count;
    struct ps_complaints *common = calloc(1, sizeof *common), *of_run = malloc(sizeof *of_run);
    struct ps_experiment *varied = malloc(sizeof *varied);
    if (!common || !of_run || !varied) {
        free(common);
        free(of_run);
        free(varied);
        return 0;
    }
    ps_experiment_unused(experiment, words, file, common);
    for (unsigned run = 0; run < ps_lab_runs(lab); run++) {
        *of_run = (struct ps_complaints){0};
        if (ps_lab_experiment(lab, run, experiment, words, file, varied, of_run) != PS_OK)
            continue;
        ps_experiment_unused(varied, words, file, of_run);
        keep_common(common, of_run);
    }
    for (unsigned i = 0; i < common->count && i < PS_COMPLAINTS_MAX; i++)
        if (warnings->count < PS_COMPLAINTS_MAX)
            warnings->list[warnings->count++] = common->list[i];
    free(common);
    free(of_run);
    free(varied);
    return warnings->count - before;
}

/* ---- where they stand ---- */

static void locate(struct ps_complaints *warnings, const char *path, const char *text, size_t size)
{
    struct ps_lines lines = ps_lines_begin(text, size);
    char section[64] = "", key[sizeof section * 2 + 2];
    const char *line;
    size_t length;
    while (ps_lines_next(&lines, &line, &length)) {
        struct ps_why why = {""};
        struct ps_line read = ps_line_read(line, length, &why);
        if (read.kind == PS_LINE_SECTION)
            memcpy(section, read.word, sizeof section);
        if (read.kind != PS_LINE_KEY)
            continue;
        snprintf(key, sizeof key, "%s.%s", section, read.word);
        for (unsigned i = 0; i < warnings->count && i < PS_COMPLAINTS_MAX; i++)
            if (strcmp(warnings->list[i].key, key) == 0 &&
                strncmp(warnings->list[i].file, path, sizeof warnings->list[i].file - 1) == 0)
                warnings->list[i].line = lines.number;
    }
}

void ps_unused_locate(struct ps_complaints *warnings, const char *path)
{
    FILE *file = warnings->count ? fopen(path, "re") : NULL;
    char *text = file ? malloc(PS_PRESET_MAX_BYTES) : NULL;
    if (text)
        locate(warnings, path, text, fread(text, 1, PS_PRESET_MAX_BYTES, file));
    free(text);
    if (file)
        fclose(file);
}
