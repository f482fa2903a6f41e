/* What every command of the program shares: exit codes and the table of commands. */
#ifndef PS_APP_APP_H
#define PS_APP_APP_H

#include "app/options.h"
#include "model/library.h"

/* Exit codes; documented in the manual. A run that a signal ended: 128 + its number (130: SIGINT).
 */
enum ps_exit {
    PS_EXIT_OK = 0,
    PS_EXIT_ERROR = 1, /* output cannot be written, out of memory, a file exists */
    PS_EXIT_USAGE = 2, /* bad usage, preset or limit */
    PS_EXIT_RUN = 3,   /* the run failed: deadlock, crash, lost tasks; an expectation that fails */
    PS_EXIT_NOT_VISIBLE = 4, /* lesson, grade: this machine cannot show it */
    PS_EXIT_SIGNAL = 128
};

struct ps_command {
    const char *name;
    const char *arguments;           /* for the usage line, "" if none */
    const char *help;                /* one line; NULL: hidden */
    const char *more;                /* a paragraph below the options, or NULL */
    const struct ps_option *options; /* ends with name == NULL */
    /* argv[0] is the command's name. Returns the exit code. */
    int (*run)(const struct ps_command *command, int argc, char **argv);
};

/* Ends with name == NULL. */
extern const struct ps_command ps_commands[];

/* Run what the words of a command line ask for; returns the exit code. Without a command it is the
 * first of the table; options may stand before their command. argv is reordered. */
int ps_command_line(int argc, char **argv);
/* NULL: there is none. */
const struct ps_command *ps_command_find(const char *name);
/* Complain, with a suggestion; returns the exit code. */
int ps_command_unknown(const char *name);

extern const struct ps_option ps_start_options[], ps_run_options[], ps_presets_options[],
    ps_engines_options[], ps_check_options[], ps_screenshot_options[], ps_lesson_options[],
    ps_grade_options[], ps_completion_options[], ps_help_options[];
extern const struct ps_option ps_compare_options[], ps_tune_options[];
extern const struct ps_option ps_replay_options[], ps_info_options[], ps_export_options[];

int ps_cmd_start(const struct ps_command *command, int argc, char **argv);
int ps_cmd_run(const struct ps_command *command, int argc, char **argv);
int ps_cmd_presets(const struct ps_command *command, int argc, char **argv);
int ps_cmd_engines(const struct ps_command *command, int argc, char **argv);
int ps_cmd_check(const struct ps_command *command, int argc, char **argv);
int ps_cmd_screenshot(const struct ps_command *command, int argc, char **argv);
int ps_cmd_lesson(const struct ps_command *command, int argc, char **argv);
int ps_cmd_grade(const struct ps_command *command, int argc, char **argv);
int ps_cmd_completion(const struct ps_command *command, int argc, char **argv);
int ps_cmd_compare(const struct ps_command *command, int argc, char **argv);
int ps_cmd_tune(const struct ps_command *command, int argc, char **argv);
int ps_cmd_replay(const struct ps_command *command, int argc, char **argv);
int ps_cmd_info(const struct ps_command *command, int argc, char **argv);
int ps_cmd_export(const struct ps_command *command, int argc, char **argv);
int ps_cmd_help(const struct ps_command *command, int argc, char **argv);
int ps_cmd_manual(const struct ps_command *command, int argc, char **argv);

/* The help of one command on stdout. */
void ps_help_command(const struct ps_command *command);
/* The program's help, or that of a topic ("metrics", "keys", "steps", a command's name). */
int ps_help_topic(const char *topic);

/* Parse a command's line: PS_OPTIONS_DONE leaves *code alone; else the command returns *code at
 * once (help was printed, or the complaint, which says who takes an option that is unknown here).
 */
enum ps_options_answer ps_app_options(const struct ps_command *command, int argc, char **argv,
                                      void *into, struct ps_arguments *arguments, int *code);

/* "poolscope: " message, newline, on stderr. */
__attribute__((format(printf, 1, 2))) void ps_app_complain(const char *format, ...);

/* Flush stdout; if anything written to it was lost, say so and return PS_EXIT_ERROR instead of
 * `code`. */
int ps_app_finish(int code);

/* Whether screens can be shown: input and output are a terminal that can move its cursor. */
bool ps_app_on_terminal(void);

#endif
