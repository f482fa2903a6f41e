#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "app/app.h"
#include "base/text.h"
#include "engines/engine.h"

struct engines_options {
    bool json, names;
};

const struct ps_option ps_engines_options[] = {
    {.name = "--json",
     .help = "a JSON array",
     .kind = PS_OPTION_FLAG,
     .offset = offsetof(struct engines_options, json)},
    {.name = "--names",
     .help = "only ENGINE:POLICY, one a line",
     .kind = PS_OPTION_FLAG,
     .offset = offsetof(struct engines_options, names)},
    PS_OPTIONS_END,
};

static const struct trait {
    unsigned bit;
    const char *name;
} traits[] = {
    {PS_TRAIT_STEALS, "steals"},
    {PS_TRAIT_WORKER_QUEUE, "worker-queues"},
    {PS_TRAIT_SHARED_QUEUE, "shared-queue"},
    {PS_TRAIT_PARKS_TASKS, "parks-tasks"},
    {PS_TRAIT_DIRECT, "direct-style"},
    {PS_TRAIT_OFFLOAD, "offloads"},
    {PS_TRAIT_HELPS, "joins-help"},
    {PS_TRAIT_RESERVES, "reserves"},
    {PS_TRAIT_PRIORITY, "priorities"},
};
#define TRAITS (sizeof traits / sizeof *traits)

static void print_policy(const struct ps_engine_ops *engine, const struct ps_policy *policy)
{
    char name[80];
    snprintf(name, sizeof name, "%s:%s", engine->name, policy->name);
    printf("%-18s %s\n%-18s up to %u workers", name, policy->title, "", policy->max_workers);
    for (size_t t = 0; t < TRAITS; t++)
        if (policy->traits & traits[t].bit)
            printf(", %s", traits[t].name);
    printf("\n");
    if (policy->fixed)
        printf("%-18s the worker count stays as it is: %s\n", "", policy->fixed);
}

static void list(void)
{
    for (const struct ps_engine_ops *const *engine = ps_engines; *engine; engine++) {
        printf("%s%s: %s\n", engine == ps_engines ? "" : "\n", (*engine)->name, (*engine)->title);
        for (const struct ps_policy *policy = (*engine)->policies; policy->name; policy++)
            print_policy(*engine, policy);
    }
    printf(
        "\nparks-tasks: a waiting task leaves its worker free for others. The first policy of an "
        "engine\nis its default.\n");
}

static void list_names(void)
{
    for (const struct ps_engine_ops *const *engine = ps_engines; *engine; engine++)
        for (const struct ps_policy *policy = (*engine)->policies; policy->name; policy++)
            printf("%s:%s\n", (*engine)->name, policy->name);
}

static json_t *policy_object(const struct ps_engine_ops *engine, const struct ps_policy *policy)
{
    json_t *object = json_object();
    json_object_set_new(object, "engine", json_string(engine->name));
    json_object_set_new(object, "policy", json_string(policy->name));
    json_object_set_new(object, "title", json_string(policy->title));
    json_object_set_new(object, "max_workers", json_integer(policy->max_workers));
    json_object_set_new(object, "resizable", json_boolean(policy->fixed == NULL));
    json_t *list_of = json_array();
    for (size_t t = 0; t < TRAITS; t++)
        if (policy->traits & traits[t].bit)
            json_array_append_new(list_of, json_string(traits[t].name));
    json_object_set_new(object, "traits", list_of);
    return object;
}

static bool list_json(void)
{
    json_t *all = json_array();
    for (const struct ps_engine_ops *const *engine = ps_engines; *engine; engine++)
        for (const struct ps_policy *policy = (*engine)->policies; policy->name; policy++)
            json_array_append_new(all, policy_object(*engine, policy));
    char *text = json_dumps(all, JSON_INDENT(2));
    json_decref(all);
    if (text)
        puts(text);
    free(text);
    return text != NULL;
}

int ps_cmd_engines(const struct ps_command *command, int argc, char **argv)
{
    struct engines_options options = {0};
    struct ps_arguments arguments;
    int code;
    if (ps_app_options(command, argc, argv, &options, &arguments, &code) != PS_OPTIONS_DONE)
        return code;
    if (arguments.count) {
        ps_app_complain("engines: unexpected argument '%s'", arguments.item[0]);
        return PS_EXIT_USAGE;
    }
    bool listed = true;
    if (options.names)
        list_names();
    else if (options.json)
        listed = list_json();
    else
        list();
    if (!listed)
        ps_app_complain("%s", ps_err_text(PS_ENOMEM));
    return ps_app_finish(listed ? PS_EXIT_OK : PS_EXIT_ERROR);
}
