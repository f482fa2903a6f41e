/* Completion scripts, made from the tables of commands and options. */
#include <stdio.h>
#include <string.h>

#include "app/app.h"

const struct ps_option ps_completion_options[] = {PS_OPTIONS_END};

/* What stands where a command's arguments are: completed by asking the program itself. */
static bool takes_preset(const struct ps_command *command)
{
    return strstr(command->arguments, "PRESET") || strstr(command->arguments, "NAME");
}

static bool takes_file(const struct ps_command *command)
{
    return strstr(command->arguments, "FILE") || strstr(command->arguments, ".ini");
}

static void each_name(const char *separator)
{
    const char *before = "";
    for (const struct ps_command *command = ps_commands; command->name; command++) {
        if (!command->help)
            continue;
        printf("%s%s", before, command->name);
        before = separator;
    }
}

#define LIST_PRESETS "poolscope presets --names 2>/dev/null"
#define LIST_ENGINES "poolscope engines --names 2>/dev/null"

/* ---- bash ---- */

static void bash(void)
{
    printf("# bash completion of poolscope\n"
           "_poolscope() {\n"
           "    local line=\"${COMP_LINE:0:COMP_POINT}\" command=\"${COMP_WORDS[1]}\" words=\"\"\n"
           "    local word=\"${line##* }\" rest=\"${line%% *}\"\n"
           "    local before=\"${rest##* }\"\n"
           "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
           "        words=\"");
    each_name(" ");
    printf("\"\n"
           "    elif [ \"$before\" = --engine ]; then\n"
           "        words=\"$(" LIST_ENGINES ")\"\n"
           "    else\n"
           "        case \"$command\" in\n");
    for (const struct ps_command *command = ps_commands; command->name; command++) {
        if (!command->help)
            continue;
        printf("        %s) words=\"--help", command->name);
        for (const struct ps_option *option = command->options; option->name; option++)
            printf(" %s", option->name);
        printf("%s\"", takes_preset(command) ? " $(" LIST_PRESETS ")" : "");
        printf(" ;;\n");
    }
    printf("        esac\n"
           "    fi\n"
           "    COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
           "    # readline takes what stands before a colon for a word of its own\n"
           "    case \"$word\" in *:*) COMPREPLY=(\"${COMPREPLY[@]#\"${word%%:*}:\"}\") ;; esac\n"
           "}\n"
           "complete -o default -F _poolscope poolscope\n");
}

/* ---- zsh ---- */

/* Text between quotes of _arguments: brackets, colons and quotes are its own. */
static void zsh_text(const char *text)
{
    for (; *text; text++) {
        if (*text == '\'')
            printf("'\\''");
        else if (strchr("[]:\\", *text))
            printf("\\%c", *text);
        else
            putchar(*text);
    }
}

static void zsh_option(const struct ps_option *option)
{
    printf(" \\\n            '");
    if (option->kind == PS_OPTION_LIST)
        printf("*");
    printf("%s%s[", option->name, option->argument ? "=" : "");
    zsh_text(option->help);
    printf("]");
    if (option->argument) {
        printf(":");
        zsh_text(option->argument);
        printf(":%s", strcmp(option->name, "--engine") == 0 ? "{compadd $(" LIST_ENGINES ")}"
                      : strstr(option->argument, "FILE")    ? "_files"
                                                            : "");
    }
    printf("'");
}

static void zsh(void)
{
    printf("#compdef poolscope\n"
           "_poolscope() {\n"
           "    local -a commands=(\n");
    for (const struct ps_command *command = ps_commands; command->name; command++) {
        if (!command->help)
            continue;
        printf("        '%s:", command->name);
        zsh_text(command->help);
        printf("'\n");
    }
    printf("    )\n"
           "    if (( CURRENT == 2 )); then\n"
           "        _describe command commands\n"
           "        return\n"
           "    fi\n"
           "    local command=$words[2]\n"
           "    shift words\n"
           "    (( CURRENT-- ))\n"
           "    case $command in\n");
    for (const struct ps_command *command = ps_commands; command->name; command++) {
        if (!command->help)
            continue;
        printf("        %s)\n            _arguments", command->name);
        for (const struct ps_option *option = command->options; option->name; option++)
            zsh_option(option);
        if (takes_preset(command))
            printf(" \\\n            '*:preset:{compadd $(" LIST_PRESETS
                   "); _files -g \"*.ini\"}'");
        else if (takes_file(command))
            printf(" \\\n            '*:file:_files'");
        printf(" ;;\n");
    }
    printf("    esac\n"
           "}\n"
           "_poolscope \"$@\"\n");
}

/* ---- fish ---- */

static void fish_text(const char *text)
{
    putchar('\'');
    for (; *text; text++) {
        if (*text == '\'' || *text == '\\')
            putchar('\\');
        putchar(*text);
    }
    putchar('\'');
}

static void fish_option(const struct ps_command *command, const struct ps_option *option)
{
    printf("complete -c poolscope -n '__fish_seen_subcommand_from %s' -l %s%s -d ", command->name,
           option->name + 2, option->argument ? " -r" : "");
    fish_text(option->help);
    if (strcmp(option->name, "--engine") == 0)
        printf(" -a '(" LIST_ENGINES ")'");
    printf("\n");
}

static void fish(void)
{
    printf("# fish completion of poolscope\n");
    for (const struct ps_command *command = ps_commands; command->name; command++) {
        if (!command->help)
            continue;
        printf("complete -c poolscope -f -n __fish_use_subcommand -a %s -d ", command->name);
        fish_text(command->help);
        printf("\n");
        for (const struct ps_option *option = command->options; option->name; option++)
            fish_option(command, option);
        if (takes_preset(command))
            printf("complete -c poolscope -n '__fish_seen_subcommand_from %s' -a "
                   "'(" LIST_PRESETS ")'\n",
                   command->name);
    }
}

/* ---- the command ---- */

static const struct shell {
    const char *name;
    void (*print)(void);
} shells[] = {{"bash", bash}, {"zsh", zsh}, {"fish", fish}};

int ps_cmd_completion(const struct ps_command *command, int argc, char **argv)
{
    struct ps_arguments arguments;
    char nothing;
    int code;
    if (ps_app_options(command, argc, argv, &nothing, &arguments, &code) != PS_OPTIONS_DONE)
        return code;
    for (size_t i = 0; arguments.count == 1 && i < sizeof shells / sizeof *shells; i++) {
        if (strcmp(shells[i].name, arguments.item[0]) == 0) {
            shells[i].print();
            return ps_app_finish(PS_EXIT_OK);
        }
    }
    ps_app_complain("completion: expected bash, zsh or fish");
    return PS_EXIT_USAGE;
}
