/* Strict command lines: a table of options a command, typed places in the command's own struct.
 *
 * "--name value", "--name=value" and the short form "-x value". "--" ends the options. An option
 * may be given once unless it is a list. Unknown options get a suggestion. */
#ifndef PS_APP_OPTIONS_H
#define PS_APP_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#define PS_OPTION_LIST_MAX 64u
#define PS_OPTIONS_MAX     32u

enum ps_option_kind {
    PS_OPTION_FLAG, /* bool */
    PS_OPTION_TEXT, /* const char *; NULL when not given */
    PS_OPTION_LIST  /* struct ps_option_list */
};

struct ps_option_list {
    size_t count;
    const char *item[PS_OPTION_LIST_MAX];
};

struct ps_option {
    const char *name;     /* "--workers" */
    const char *brief;    /* "-o", or NULL */
    const char *argument; /* what follows it, for help; NULL for a flag */
    const char *help;     /* one line */
    enum ps_option_kind kind;
    size_t offset; /* of its place in the command's struct, which begins all zero */
};

#define PS_OPTIONS_END \
    {                  \
        .name = NULL   \
    }

/* What is left when options are taken out. */
struct ps_arguments {
    size_t count;
    const char *item[PS_OPTION_LIST_MAX];
    char unknown[64]; /* BAD: the option that is not in the table, nor like one; or "" */
};

enum ps_options_answer { PS_OPTIONS_DONE, PS_OPTIONS_HELP, PS_OPTIONS_BAD };

/* argv[0] is skipped. BAD: why says what is wrong. HELP: "--help" or "-h" was there. into NULL: the
 * line is only checked. */
enum ps_options_answer ps_options_parse(const struct ps_option *options, int argc, char **argv,
                                        void *into, struct ps_arguments *arguments, char *why,
                                        size_t why_size);

#endif
