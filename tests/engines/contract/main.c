/* contract_test [--list] [ENGINE[:POLICY[:CASE]]]: the same cases over every engine and every policy;
 * --list: only their names. */
#include "engines/contract/apart.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct contract_case *const tables[] = {
    life_cases,  wait_cases, family_cases, frame_cases, load_cases,
    light_cases, chan_cases, sync_cases,   hog_cases,   priority_cases};
enum { TABLES = sizeof tables / sizeof tables[0], MOST = 1024 };

struct instance {
    struct subject subject;
    const struct contract_case *of;
    char name[96];
};

static struct instance instances[MOST];
static struct CMUnitTest tests[MOST];
static size_t count;

static void run(void **state)
{
    const struct instance *instance = *state;
    instance->of->run(&instance->subject);
}

static bool wanted(const char *name, const char *filter)
{
    size_t length = strlen(filter);
    return strncmp(name, filter, length) == 0 &&
           (length == 0 || name[length] == ':' || name[length] == '\0');
}

static void add(struct subject subject, const struct contract_case *of, const char *filter)
{
    if (count == MOST)
        abort();
    struct instance *instance = &instances[count];
    *instance = (struct instance){.subject = subject, .of = of};
    snprintf(instance->name, sizeof instance->name, "%s:%s:%s", subject.ops->name,
             subject.policy->name, of->name);
    if (!wanted(instance->name, filter))
        return;
    tests[count] = (struct CMUnitTest){instance->name, run, NULL, NULL, instance};
    count++;
}

static void add_policy(struct subject subject, const char *filter)
{
    bool apart = subject_has(&subject, PS_TRAIT_PROCESSES);
    for (size_t table = 0; table < TABLES; table++)
        for (const struct contract_case *c = tables[table]; c->name; c++)
            if (!apart || !c->shares)
                add(subject, c, filter);
}

int main(int argc, char **argv)
{
    bool list = argc > 1 && strcmp(argv[1], "--list") == 0;
    const char *filter = argc > 1 + list ? argv[1 + list] : "";
    if (strcmp(filter, APART_WORKER) == 0)
        return rig_apart_worker();
    /* libuv reads it once a process, and engines with helper threads may come first. */
    setenv("UV_THREADPOOL_SIZE", "128", 1);
    for (const struct ps_engine_ops *const *ops = ps_engines; *ops; ops++) {
        if (strcmp((*ops)->policies[0].name, "none") == 0) {
            printf("note: engine %s is not built yet, its cases are left out\n", (*ops)->name);
            continue;
        }
        for (const struct ps_policy *policy = (*ops)->policies; policy->name; policy++)
            add_policy((struct subject){*ops, policy}, filter);
    }
    if (count == 0) {
        fprintf(stderr, "contract_test: no case is called '%s'\n", filter);
        return 2;
    }
    for (size_t i = 0; list && i < count; i++)
        puts(tests[i].name);
    if (list)
        return 0;
    return _cmocka_run_group_tests("contract", tests, count, NULL, NULL);
}
