/* Help and the manual, made from the tables of commands, options, metrics, keys and steps. */
#include <stdio.h>
#include <string.h>

#include "app/app.h"
#include "app/json_report.h"
#include "base/text.h"
#include "model/kernels.h"
#include "ui/keymap.h"
#include "ui/keys.h"
#include "ui/settings.h"

static void option_line(const struct ps_option *option)
{
    char left[64];
    snprintf(left, sizeof left, "%s%s%s%s%s", option->brief ? option->brief : "",
             option->brief ? ", " : "", option->name, option->argument ? " " : "",
             option->argument ? option->argument : "");
    printf("  %-28s %s\n", left, option->help);
}

void ps_help_command(const struct ps_command *command)
{
    bool has_options = command->options->name != NULL;
    printf("usage: poolscope %s%s%s%s\n", command->name, *command->arguments ? " " : "",
           command->arguments, has_options ? " [OPTIONS]" : "");
    if (command->help)
        printf("\n%s\n", command->help);
    if (has_options)
        printf("\n");
    for (const struct ps_option *option = command->options; option->name; option++)
        option_line(option);
    if (command->more)
        printf("\n%s\n", command->more);
}

static void help_program(void)
{
    printf("poolscope %s: an oscilloscope for thread pools\n\n"
           "usage: poolscope [COMMAND] [OPTIONS]\n\n",
           POOLSCOPE_VERSION);
    for (const struct ps_command *command = ps_commands; command->name; command++)
        if (command->help)
            printf("  %-12s %s\n", command->name, command->help);
    printf("\n  --version    print the version\n"
           "\n'poolscope COMMAND --help' explains a command; without a command, and where output\n"
           "is no terminal, the quick demo plays for five seconds as text.\n");
}

/* ---- topics ---- */

static void metric_lines(enum ps_metric_scope scope, const char *title)
{
    printf("%s\n", title);
    for (const struct ps_metric *metric = ps_metrics; metric->key; metric++)
        if (metric->scope == scope)
            printf("  %-28s %-10s %s%s\n", metric->key, metric->unit, metric->meaning,
                   metric->trait & PS_TRAIT_STEALS         ? " (n/a where nothing steals)"
                   : metric->trait & PS_TRAIT_WORKER_QUEUE ? " (n/a without queues of workers)"
                                                           : "");
}

static void topic_metrics(void)
{
    printf("Keys of the JSON object of a run; null where a figure cannot be had.\n\n");
    for (const struct ps_report_key *key = ps_report_keys; key->key; key++)
        printf("  %-28s %-10s %s\n", key->key, "", key->meaning);
    metric_lines(PS_METRIC_RUN, "\nof the run");
    metric_lines(PS_METRIC_WORKER, "\nper_worker, by slot");
    metric_lines(PS_METRIC_TYPE, "\nper_type");
}

static void topic_keys(void)
{
    const char *section = "";
    for (const struct ps_key *key = ps_keys; key->section; key++) {
        if (strcmp(section, key->section) != 0)
            printf("%s[%s%s]\n", *section ? "\n" : "", key->section,
                   ps_section_is_named(key->section) ? " NAME" : "");
        section = key->section;
        printf("  %-12s %s\n  %-12s allowed: %s; default: %s\n", key->name, key->help, "",
               key->allowed,
               !key->standard   ? "none"
               : *key->standard ? key->standard
                                : "empty");
    }
}

/* The shape's letters are explained in model/step.h. */
static void shape_text(const char *shape, char *into, size_t size)
{
    into[0] = 0;
    for (; *shape; shape++) {
        size_t used = strlen(into);
        snprintf(into + used, size - used, " %s", ps_step_form(*shape));
    }
}

static void topic_steps(void)
{
    printf("steps = STEP, STEP, ...\n\n");
    for (unsigned kind = 0; kind < PS_STEP_KIND_COUNT; kind++) {
        char shape[64];
        shape_text(ps_step_words[kind].shape, shape, sizeof shape);
        if (kind == PS_KERNEL_FIRST)
            printf(
                "\nKernels: programs whose answer is checked (the report's `answers`); their tasks "
                "count as\ntasks of the step's type.\n\n");
        printf("  %-9s%-25s %s\n", ps_step_words[kind].word, shape, ps_step_words[kind].help);
    }
    printf("\nT: 200us | uniform A B | exp MEAN | pareto MIN ALPHA | lognormal MEDIAN SIGMA\n"
           "   with units ns us ms s min\n");
}

static void topic_faults(void)
{
    printf("fault = FAULT, FAULT, ... of a [phase NAME]\n\n");
    for (unsigned kind = 0; kind < PS_FAULT_KIND_COUNT; kind++)
        printf("  %-18s %s\n", ps_fault_words[kind].form, ps_fault_words[kind].help);
    printf("\nT: up to 10min; where it may be left out: until the end, or off\n");
}

static void topic_options(void)
{
    char path[4096];
    if (!ps_settings_path(path, sizeof path))
        snprintf(path, sizeof path, "$XDG_CONFIG_HOME/poolscope/poolscope.conf");
    printf("%s, written by F2 on the screen:\n\n[screen]\n", path);
    for (const struct ps_setting *s = ps_setting_table; s->key; s++) {
        printf("  %-11s %s\n  %-11s allowed:", s->key, s->help, "");
        for (unsigned i = 0; s->choices[i]; i++)
            printf(" %s", s->choices[i]);
        printf("; default: %s\n", s->choices[ps_setting_get(&ps_settings_standard, s)]);
    }
    printf("\n[keys]        action = one character, space, F1, F2 or F10\n");
    for (unsigned i = 0; ps_keymap_action(i); i++) {
        const struct ps_binding *b = ps_keymap_binding(i);
        printf("  %-13s %-6s %s\n", ps_keymap_action(i), b->name, b->help ? b->help : "");
    }
}

static const struct topic {
    const char *name;
    void (*print)(void);
} topics[] = {{"metrics", topic_metrics},
              {"keys", topic_keys},
              {"steps", topic_steps},
              {"faults", topic_faults},
              {"options", topic_options}};
#define TOPICS (sizeof topics / sizeof *topics)

int ps_help_topic(const char *word)
{
    const char *names[TOPICS + 16] = {NULL};
    size_t count = 0;
    for (size_t i = 0; i < TOPICS; i++) {
        names[count++] = topics[i].name;
        if (strcmp(topics[i].name, word) == 0) {
            topics[i].print();
            return ps_app_finish(PS_EXIT_OK);
        }
    }
    for (const struct ps_command *command = ps_commands; command->name; command++) {
        if (command->help && count < TOPICS + 15)
            names[count++] = command->name;
        if (command->help && strcmp(command->name, word) == 0) {
            ps_help_command(command);
            return ps_app_finish(PS_EXIT_OK);
        }
    }
    const char *near = ps_suggest(word, names);
    char shown[64];
    ps_text_clean(shown, sizeof shown, word);
    if (near)
        ps_app_complain("no help on '%s'; did you mean '%s'?", shown, near);
    else
        ps_app_complain("no help on '%s'", shown);
    return PS_EXIT_USAGE;
}

struct help_options {
    bool commands;
};

const struct ps_option ps_help_options[] = {
    {.name = "--commands",
     .help = "only the names of the commands, one a line",
     .kind = PS_OPTION_FLAG,
     .offset = offsetof(struct help_options, commands)},
    PS_OPTIONS_END,
};

static void command_names(void)
{
    for (const struct ps_command *command = ps_commands; command->name; command++)
        if (command->help)
            printf("%s\n", command->name);
}

int ps_cmd_help(const struct ps_command *command, int argc, char **argv)
{
    struct help_options options = {0};
    struct ps_arguments arguments;
    int code;
    if (ps_app_options(command, argc, argv, &options, &arguments, &code) != PS_OPTIONS_DONE)
        return code;
    if (arguments.count > 1) {
        ps_app_complain("help: one topic at a time");
        return PS_EXIT_USAGE;
    }
    if (arguments.count == 1)
        return ps_help_topic(arguments.item[0]);
    if (options.commands)
        command_names();
    else
        help_program();
    return ps_app_finish(PS_EXIT_OK);
}
