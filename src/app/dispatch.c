/* From the words of a command line to a command, and what is said when they fit none. */
#include <stdio.h>
#include <string.h>

#include "app/app.h"
#include "app/pick.h"
#include "base/text.h"

#define COMMANDS_MAX 40u
#define WORDS_MAX    512u

const struct ps_command *ps_command_find(const char *name)
{
    for (const struct ps_command *command = ps_commands; command->name; command++)
        if (strcmp(command->name, name) == 0)
            return command;
    return NULL;
}

/* ---- unknown options ---- */

/* The commands that take an option of this name, as "run, compare, tune"; "": none does. */
static const char *who_takes(const char *name, char *into, size_t size)
{
    into[0] = '\0';
    for (const struct ps_command *command = ps_commands; command->name; command++)
        for (const struct ps_option *option = command->options; command->help && option->name;
             option++)
            if (strcmp(option->name, name) == 0) {
                size_t used = strlen(into);
                snprintf(into + used, size - used, "%s%s", used ? ", " : "", command->name);
            }
    return into;
}

/* The option of any command that `word` may have meant; NULL: none is near. */
static const char *suggest_of_any(const char *word)
{
    const char *names[WORDS_MAX + 1];
    size_t count = 0;
    names[count++] = "--version";
    for (const struct ps_command *command = ps_commands; command->name; command++)
        for (const struct ps_option *option = command->options; command->help && option->name;
             option++)
            if (count < WORDS_MAX)
                names[count++] = option->name;
    names[count] = NULL;
    return ps_suggest(word, names);
}

/* What helps whoever gave an option that this command has not, nor one of a similar name: which
 * commands have it. */
static void hint_elsewhere(const char *help_of, const char *option, char *why, size_t size)
{
    char commands[200];
    const char *near = suggest_of_any(option);
    size_t used = strlen(why);
    bool exact = near && strcmp(near, option) == 0;
    if (!near)
        snprintf(why + used, size - used, " (see poolscope%s%s --help)", *help_of ? " " : "",
                 help_of);
    else if (!*who_takes(near, commands, sizeof commands))
        snprintf(why + used, size - used, "; did you mean '%s'?", near);
    else if (exact)
        snprintf(why + used, size - used, "; it goes with: %s", commands);
    else
        snprintf(why + used, size - used, "; did you mean '%s' of: %s?", near, commands);
}

enum ps_options_answer ps_app_options(const struct ps_command *command, int argc, char **argv,
                                      void *into, struct ps_arguments *arguments, int *code)
{
    char why[640];
    enum ps_options_answer answer =
        ps_options_parse(command->options, argc, argv, into, arguments, why, sizeof why);
    if (answer == PS_OPTIONS_HELP) {
        ps_help_command(command);
        *code = ps_app_finish(PS_EXIT_OK);
    } else if (answer == PS_OPTIONS_BAD) {
        bool meant = command != &ps_commands[0] || strcmp(argv[0], command->name) == 0;
        const char *name = meant ? command->name : "";
        if (arguments->unknown[0])
            hint_elsewhere(name, arguments->unknown, why, sizeof why);
        ps_app_complain("%s%s%s", name, meant ? ": " : "", why);
        *code = PS_EXIT_USAGE;
    }
    return answer;
}

/* ---- unknown commands ---- */

int ps_command_unknown(const char *word)
{
    const char *names[COMMANDS_MAX + 1];
    size_t count = 0;
    for (const struct ps_command *command = ps_commands; command->name; command++)
        if (command->help && count < COMMANDS_MAX)
            names[count++] = command->name;
    names[count] = NULL;
    const char *near = ps_suggest(word, names);
    char shown[64];
    ps_text_clean(shown, sizeof shown, word);
    if (ps_pick_exists(word))
        ps_app_complain("unknown command '%s'; did you mean 'poolscope run %s'?", shown, shown);
    else if (near)
        ps_app_complain("unknown command '%s'; did you mean '%s'?", shown, near);
    else
        ps_app_complain("unknown command '%s' (see poolscope --help)", shown);
    return PS_EXIT_USAGE;
}

/* ---- options before the command ---- */

/* The place of a command in argv before which nothing but options of this very command stands; 0:
 * there is none. The value of an option may read like a command: then what stands before it is not
 * whole. */
static int command_behind_options(int argc, char **argv)
{
    for (int at = 2; at < argc && argv[at - 1] && strcmp(argv[at - 1], "--") != 0; at++) {
        const struct ps_command *command = ps_command_find(argv[at]);
        struct ps_arguments arguments;
        char why[320];
        if (command && command->help &&
            ps_options_parse(command->options, at, argv, NULL, &arguments, why, sizeof why) ==
                PS_OPTIONS_DONE &&
            arguments.count == 0)
            return at;
    }
    return 0;
}

static int run_command(const char *word, int argc, char **argv)
{
    const struct ps_command *command = ps_command_find(word);
    return command ? command->run(command, argc, argv) : ps_command_unknown(word);
}

int ps_command_line(int argc, char **argv)
{
    const struct ps_command *start = &ps_commands[0];
    if (argc < 2)
        return start->run(start, argc, argv);
    const char *word = argv[1];
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)
        return run_command("help", argc - 1, argv + 1);
    if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0)
        return run_command("version", argc - 1, argv + 1);
    if (word[0] != '-')
        return run_command(word, argc - 1, argv + 1);
    int at = command_behind_options(argc, argv);
    if (at == 0)
        return start->run(start, argc, argv);
    char *command = argv[at];
    memmove(argv + 2, argv + 1, (size_t)(at - 1) * sizeof *argv);
    argv[1] = command;
    return run_command(command, argc - 1, argv + 1);
}
