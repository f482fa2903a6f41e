#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/app.h"
#include "base/text.h"
#include "host/host.h"

struct presets_options {
    bool json, names;
};

const struct ps_option ps_presets_options[] = {
    {.name = "--json",
     .help = "a JSON array",
     .kind = PS_OPTION_FLAG,
     .offset = offsetof(struct presets_options, json)},
    {.name = "--names",
     .help = "only the names of those that can be used, one a line",
     .kind = PS_OPTION_FLAG,
     .offset = offsetof(struct presets_options, names)},
    PS_OPTIONS_END,
};

static const char *policy_of(const struct ps_experiment *experiment)
{
    if (experiment->policy[0])
        return experiment->policy;
    for (const struct ps_engine_word *e = ps_host_vocabulary()->engines; e->name; e++)
        if (strcmp(e->name, experiment->engine) == 0 && e->policies[0].name)
            return e->policies[0].name;
    return "";
}

static void list(const struct ps_library *library)
{
    const char *group = "";
    for (size_t i = 0; i < library->count; i++) {
        const struct ps_preset *preset = &library->presets[i];
        if (strcmp(group, preset->group) != 0)
            printf("%s%s\n", *group ? "\n" : "", preset->group);
        group = preset->group;
        if (!preset->valid) {
            char text[1024];
            printf("  %-26s cannot be used: %s\n", preset->name,
                   ps_complaint_text(text, sizeof text, &preset->complaint));
            continue;
        }
        const struct ps_experiment *experiment = &preset->experiment;
        char engine[2 * PS_NAME_MAX + 2];
        snprintf(engine, sizeof engine, "%s:%s", experiment->engine, policy_of(experiment));
        printf("  %-26s %-18s %s\n", preset->name, engine, experiment->title);
    }
}

static void list_names(const struct ps_library *library)
{
    for (size_t i = 0; i < library->count; i++)
        if (library->presets[i].valid)
            printf("%s\n", library->presets[i].name);
}

static json_t *preset_object(const struct ps_preset *preset)
{
    json_t *object = json_object();
    json_object_set_new(object, "name", json_string(preset->name));
    json_object_set_new(object, "path", json_string(preset->path));
    json_object_set_new(object, "group", json_string(preset->group));
    json_object_set_new(object, "own", json_boolean(preset->own));
    json_object_set_new(object, "valid", json_boolean(preset->valid));
    if (!preset->valid) {
        char text[1024];
        ps_complaint_text(text, sizeof text, &preset->complaint);
        json_object_set_new(object, "complaint", json_string(text));
        return object;
    }
    const struct ps_experiment *experiment = &preset->experiment;
    json_object_set_new(object, "lesson",
                        experiment->lesson ? json_integer(experiment->lesson) : json_null());
    json_object_set_new(object, "title", json_string(experiment->title));
    json_object_set_new(object, "summary", json_string(experiment->summary));
    json_object_set_new(object, "engine", json_string(experiment->engine));
    json_object_set_new(object, "policy", json_string(policy_of(experiment)));
    return object;
}

static bool list_json(const struct ps_library *library)
{
    json_t *presets = json_array();
    for (size_t i = 0; i < library->count; i++)
        json_array_append_new(presets, preset_object(&library->presets[i]));
    char *text = json_dumps(presets, JSON_INDENT(2));
    json_decref(presets);
    if (text)
        puts(text);
    free(text);
    return text != NULL;
}

int ps_cmd_presets(const struct ps_command *command, int argc, char **argv)
{
    struct presets_options options = {0};
    struct ps_arguments arguments;
    int code;
    if (ps_app_options(command, argc, argv, &options, &arguments, &code) != PS_OPTIONS_DONE)
        return code;
    if (arguments.count) {
        ps_app_complain("presets: unexpected argument '%s'", arguments.item[0]);
        return PS_EXIT_USAGE;
    }
    struct ps_library library;
    char why[512] = "";
    enum ps_err err = ps_library_load(&library, ps_host_vocabulary(), why, sizeof why);
    if (err != PS_OK) {
        ps_app_complain("%s", *why ? why : ps_err_text(err));
        return err == PS_ENOMEM ? PS_EXIT_ERROR : PS_EXIT_USAGE;
    }
    bool listed = true;
    if (options.names)
        list_names(&library);
    else if (options.json)
        listed = list_json(&library);
    else
        list(&library);
    ps_library_free(&library);
    if (!listed)
        ps_app_complain("%s", ps_err_text(PS_ENOMEM));
    return ps_app_finish(listed ? PS_EXIT_OK : PS_EXIT_ERROR);
}
