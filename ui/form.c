#include "ui/form.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/unused.h"

static const char *const on_full_words[] = {"block", "refuse", "caller_runs", NULL};
static const char *const model_words[] = {"open", "closed", "batch", "http", NULL};
static const char *const duration_words[] = {"0",   "5s",   "10s",  "20s",  "30s",
                                             "60s", "120s", "300s", "600s", NULL};

const struct ps_engine_word *ps_form_engine_word(const struct ps_vocabulary *words,
                                                 const char *engine)
{
    for (const struct ps_engine_word *e = words->engines; e->name; e++)
        if (strcmp(e->name, engine) == 0)
            return e;
    return NULL;
}

const struct ps_policy_word *ps_form_policy_word(const struct ps_engine_word *engine,
                                                 const char *policy)
{
    if (!engine)
        return NULL;
    for (const struct ps_policy_word *p = engine->policies; p->name; p++)
        if (!policy[0] || strcmp(p->name, policy) == 0)
            return p;
    return NULL;
}

static void add(struct ps_form_field *fields, unsigned *count, const struct ps_experiment *e,
                const char *label, bool choice, const char *key)
{
    struct ps_form_field *field = &fields[(*count)++];
    snprintf(field->key, sizeof field->key, "%s", key);
    snprintf(field->label, sizeof field->label, "%s", label);
    field->choice = choice;
    if (!ps_experiment_get(e, key, field->value, sizeof field->value))
        field->value[0] = '\0';
}

unsigned ps_form_fields(const struct ps_experiment *e, const struct ps_vocabulary *words,
                        struct ps_form_field fields[PS_FORM_FIELDS_MAX])
{
    unsigned n = 0;
    add(fields, &n, e, "Engine", true, "engine.name");
    add(fields, &n, e, "Policy", true, "engine.policy");
    const struct ps_policy_word *policy =
        ps_form_policy_word(ps_form_engine_word(words, e->engine), e->policy);
    if (!e->policy[0] && policy)
        snprintf(fields[1].value, sizeof fields[1].value, "%s", policy->name);
    add(fields, &n, e, "Workers", false, "engine.workers");
    add(fields, &n, e, "Arrivals", true, "arrivals.model");
    if (e->model == PS_ARRIVAL_OPEN)
        add(fields, &n, e, "Rate", false, "arrivals.rate");
    else if (e->model == PS_ARRIVAL_CLOSED)
        add(fields, &n, e, "In flight", false, "arrivals.in_flight");
    else if (e->model == PS_ARRIVAL_HTTP)
        add(fields, &n, e, "Port", false, "arrivals.port");
    else
        add(fields, &n, e, "Tasks", false, "arrivals.tasks");
    add(fields, &n, e, "Queue", false, "engine.queue");
    add(fields, &n, e, "When full", true, "engine.on_full");
    add(fields, &n, e, "Duration", false, "run.duration");
    add(fields, &n, e, "Seed", false, "run.seed");
    for (unsigned i = 0; i < e->type_count && n < PS_FORM_FIELDS_MAX; i++) {
        char key[80], label[sizeof fields->label];
        snprintf(key, sizeof key, "task %s.weight", e->types[i].name);
        snprintf(label, sizeof label, "Mix %s", e->types[i].name);
        add(fields, &n, e, label, false, key);
    }
    return n;
}

const char *ps_form_unused(const struct ps_experiment *e, const struct ps_vocabulary *words,
                           char *into, size_t size)
{
    struct ps_complaints list = {0};
    ps_experiment_unused(e, words, "", &list);
    into[0] = '\0';
    for (unsigned i = 0; i < list.count && i < PS_COMPLAINTS_MAX; i++) {
        const char *key = list.list[i].key, *dot = strchr(key, '.');
        size_t used = strlen(into);
        if (strncmp(key, "arrivals.", 9) != 0)
            snprintf(into + used, size - used, "%s%s",
                     used ? ", " : "unused here: ", dot ? dot + 1 : key);
    }
    return into;
}

static bool check(const struct ps_experiment *candidate, const struct ps_vocabulary *words,
                  char *why, size_t why_size)
{
    struct ps_complaints complaints = {0};
    if (ps_experiment_check(candidate, words, "", &complaints) == PS_OK)
        return true;
    snprintf(why, why_size, "%s", complaints.count ? complaints.list[0].text : "not possible");
    return false;
}

bool ps_form_set(struct ps_experiment *experiment, const struct ps_vocabulary *words,
                 const char *key, const char *value, char *why, size_t why_size)
{
    struct ps_experiment candidate = *experiment;
    struct ps_complaints complaints = {0};
    if (ps_experiment_set(&candidate, words, key, value, "", &complaints) != PS_OK) {
        snprintf(why, why_size, "%s", complaints.count ? complaints.list[0].text : "not possible");
        return false;
    }
    if (strcmp(key, "engine.name") == 0 && strcmp(candidate.engine, experiment->engine) != 0)
        candidate.policy[0] = '\0';
    /* Only a batch must have an end by count. */
    if (strcmp(key, "arrivals.model") == 0 && candidate.model != experiment->model)
        candidate.tasks = candidate.model == PS_ARRIVAL_BATCH ? 1000 : 0;
    if (!check(&candidate, words, why, why_size))
        return false;
    *experiment = candidate;
    return true;
}

bool ps_form_engine(struct ps_experiment *experiment, const struct ps_vocabulary *words,
                    const char *engine, const char *policy, unsigned usable_cpus, char *why,
                    size_t why_size)
{
    struct ps_experiment candidate = *experiment;
    const struct ps_policy_word *word =
        ps_form_policy_word(ps_form_engine_word(words, engine), policy);
    if (!word) {
        snprintf(why, why_size, "no engine %s with policy %s", engine, policy);
        return false;
    }
    snprintf(candidate.engine, sizeof candidate.engine, "%s", engine);
    snprintf(candidate.policy, sizeof candidate.policy, "%s", word->name);
    if (ps_workers_count(&candidate.workers, usable_cpus) > word->max_workers)
        candidate.workers = (struct ps_workers_spec){.count = word->max_workers};
    if (!check(&candidate, words, why, why_size))
        return false;
    *experiment = candidate;
    return true;
}

/* The neighbour of a word in a NULL-terminated list, round the ends. */
static const char *neighbour(const char *const *list, const char *value, int direction)
{
    int count = 0, here = -1;
    for (; list[count]; count++)
        if (strcmp(list[count], value) == 0)
            here = count;
    if (here < 0)
        return list[0];
    return list[(here + direction + count) % count];
}

static void engine_neighbour(const struct ps_vocabulary *words, const char *value, int direction,
                             char *into, size_t size)
{
    const char *names[32];
    unsigned n = 0;
    for (const struct ps_engine_word *e = words->engines; e->name && n < 31; e++)
        names[n++] = e->name;
    names[n] = NULL;
    snprintf(into, size, "%s", neighbour(names, value, direction));
}

static void policy_neighbour(const struct ps_vocabulary *words, const char *engine,
                             const char *value, int direction, char *into, size_t size)
{
    const char *names[32];
    unsigned n = 0;
    const struct ps_engine_word *word = ps_form_engine_word(words, engine);
    for (const struct ps_policy_word *p = word ? word->policies : NULL; p && p->name && n < 31; p++)
        names[n++] = p->name;
    names[n] = NULL;
    snprintf(into, size, "%s", n ? neighbour(names, value, direction) : value);
}

/* About a quarter more or less, on round numbers. */
static double scaled(double value, int direction)
{
    double next = direction > 0 ? value * 1.25 : value / 1.25;
    if (next < 1)
        return direction > 0 ? 1 : next < 0.01 ? value : next;
    double unit = pow(10, floor(log10(next)) - 1);
    double rounded = round(next / unit) * unit;
    return rounded < 10 ? round(value) + direction < 1 ? 1 : round(value) + direction : rounded;
}

static uint64_t doubled(uint64_t value, int direction)
{
    return direction > 0 ? (value ? value * 2 : 1) : value > 1 ? value / 2 : 1;
}

static double weight_of(const struct ps_experiment *e, const char *key)
{
    for (unsigned i = 0; i < e->type_count; i++) {
        char name[80];
        snprintf(name, sizeof name, "task %s.weight", e->types[i].name);
        if (strcmp(name, key) == 0)
            return e->types[i].weight;
    }
    return 0;
}

static void next_value(const struct ps_experiment *e, const struct ps_vocabulary *words,
                       const struct ps_form_field *field, int direction, unsigned usable_cpus,
                       char *into, size_t size)
{
    const char *key = field->key, *value = field->value;
    snprintf(into, size, "%s", value);
    if (strcmp(key, "engine.name") == 0)
        engine_neighbour(words, value, direction, into, size);
    else if (strcmp(key, "engine.policy") == 0)
        policy_neighbour(words, e->engine, value, direction, into, size);
    else if (strcmp(key, "engine.on_full") == 0)
        snprintf(into, size, "%s", neighbour(on_full_words, value, direction));
    else if (strcmp(key, "arrivals.model") == 0)
        snprintf(into, size, "%s", neighbour(model_words, value, direction));
    else if (strcmp(key, "run.duration") == 0)
        snprintf(into, size, "%s", neighbour(duration_words, value, direction));
    else if (strcmp(key, "engine.workers") == 0) {
        int count = (int)ps_workers_count(&e->workers, usable_cpus) + direction;
        snprintf(into, size, "%d", count < 1 ? 1 : count);
    } else if (strcmp(key, "arrivals.rate") == 0)
        snprintf(into, size, "%.10g/s", scaled(e->rate, direction));
    else if (strcmp(key, "arrivals.in_flight") == 0)
        snprintf(into, size, "%" PRIu64, doubled(e->in_flight, direction));
    else if (strcmp(key, "arrivals.tasks") == 0)
        snprintf(into, size, "%" PRIu64, doubled(e->tasks, direction));
    else if (strcmp(key, "arrivals.port") == 0)
        snprintf(into, size, "%u",
                 direction > 0 ? (e->port + 1) % 65536
                 : e->port     ? e->port - 1
                               : 0);
    else if (strcmp(key, "engine.queue") == 0)
        snprintf(into, size, "%" PRIu64, doubled(e->queue, direction));
    else if (strcmp(key, "run.seed") == 0)
        snprintf(into, size, "%" PRIu64, direction > 0 ? e->seed + 1 : e->seed ? e->seed - 1 : 0);
    else {
        double weight = weight_of(e, key) + 5 * direction;
        snprintf(into, size, "%.10g", weight < 0 ? 0 : weight);
    }
}

bool ps_form_step(struct ps_experiment *experiment, const struct ps_vocabulary *words,
                  const struct ps_form_field *field, int direction, unsigned usable_cpus, char *why,
                  size_t why_size)
{
    char value[96];
    next_value(experiment, words, field, direction, usable_cpus, value, sizeof value);
    if (strcmp(field->key, "engine.name") == 0)
        return ps_form_engine(experiment, words, value, "", usable_cpus, why, why_size);
    if (strcmp(field->key, "engine.policy") == 0)
        return ps_form_engine(experiment, words, experiment->engine, value, usable_cpus, why,
                              why_size);
    return ps_form_set(experiment, words, field->key, value, why, why_size);
}
