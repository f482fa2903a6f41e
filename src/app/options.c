#include "app/options.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

struct parse {
    const struct ps_option *options;
    char *place;
    bool seen[PS_OPTIONS_MAX];
    struct ps_arguments *arguments;
    char *why;
    size_t why_size;
};

static bool is_named(const struct ps_option *option, const char *word, size_t length)
{
    if (strlen(option->name) == length && strncmp(option->name, word, length) == 0)
        return true;
    return option->brief && strlen(option->brief) == length &&
           strncmp(option->brief, word, length) == 0;
}

static const struct ps_option *find(const struct ps_option *options, const char *word,
                                    size_t length)
{
    for (const struct ps_option *option = options; option->name; option++)
        if (is_named(option, word, length))
            return option;
    return NULL;
}

static void complain_unknown(struct parse *parse, const char *word, size_t length)
{
    const char *names[PS_OPTIONS_MAX + 2];
    size_t count = 0;
    for (const struct ps_option *option = parse->options; option->name; option++)
        names[count++] = option->name;
    names[count++] = "--help";
    names[count] = NULL;
    char name[64];
    snprintf(name, sizeof name, "%.*s", (int)length, word);
    const char *near = ps_suggest(name, names);
    char shown[64];
    ps_text_clean(shown, sizeof shown, name);
    if (near) {
        snprintf(parse->why, parse->why_size, "unknown option '%s'; did you mean '%s'?", shown,
                 near);
        return;
    }
    snprintf(parse->why, parse->why_size, "unknown option '%s'", shown);
    memcpy(parse->arguments->unknown, name, sizeof name);
}

static bool store(struct parse *parse, const struct ps_option *option, const char *value)
{
    bool *seen = &parse->seen[option - parse->options];
    if (*seen && option->kind != PS_OPTION_LIST) {
        snprintf(parse->why, parse->why_size, "%s is given twice", option->name);
        return false;
    }
    *seen = true;
    if (!parse->place)
        return true;
    void *place = parse->place + option->offset;
    switch (option->kind) {
    case PS_OPTION_FLAG:
        *(bool *)place = true;
        return true;
    case PS_OPTION_TEXT:
        *(const char **)place = value;
        return true;
    case PS_OPTION_LIST:
        break;
    }
    struct ps_option_list *list = place;
    if (list->count == PS_OPTION_LIST_MAX) {
        snprintf(parse->why, parse->why_size, "%s is given more than %u times", option->name,
                 PS_OPTION_LIST_MAX);
        return false;
    }
    list->item[list->count++] = value;
    return true;
}

/* Takes argv[*at] and, if the option has an argument of its own, the next word. */
static bool take_option(struct parse *parse, int argc, char **argv, int *at)
{
    const char *word = argv[*at];
    const char *equals = strchr(word, '=');
    size_t length = equals ? (size_t)(equals - word) : strlen(word);
    const struct ps_option *option = find(parse->options, word, length);
    if (!option) {
        complain_unknown(parse, word, length);
        return false;
    }
    if (option->kind == PS_OPTION_FLAG) {
        if (equals) {
            snprintf(parse->why, parse->why_size, "%s takes no value", option->name);
            return false;
        }
        return store(parse, option, NULL);
    }
    if (equals)
        return store(parse, option, equals + 1);
    if (*at + 1 >= argc) {
        snprintf(parse->why, parse->why_size, "%s needs a value: %s %s", option->name, option->name,
                 option->argument);
        return false;
    }
    return store(parse, option, argv[++*at]);
}

enum ps_options_answer ps_options_parse(const struct ps_option *options, int argc, char **argv,
                                        void *into, struct ps_arguments *arguments, char *why,
                                        size_t why_size)
{
    struct parse parse = {.options = options,
                          .place = into,
                          .arguments = arguments,
                          .why = why,
                          .why_size = why_size};
    bool options_over = false;
    arguments->count = 0;
    arguments->unknown[0] = '\0';
    for (int at = 1; at < argc; at++) {
        const char *word = argv[at];
        if (!options_over && strcmp(word, "--") == 0) {
            options_over = true;
        } else if (!options_over && (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)) {
            return PS_OPTIONS_HELP;
        } else if (!options_over && word[0] == '-' && word[1]) {
            if (!take_option(&parse, argc, argv, &at))
                return PS_OPTIONS_BAD;
        } else if (arguments->count == PS_OPTION_LIST_MAX) {
            snprintf(why, why_size, "more than %u arguments", PS_OPTION_LIST_MAX);
            return PS_OPTIONS_BAD;
        } else {
            arguments->item[arguments->count++] = word;
        }
    }
    return PS_OPTIONS_DONE;
}
