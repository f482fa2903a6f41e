/* From words of a command line to the experiment to run: a preset of the library or a file, with
 * overrides. */
#ifndef PS_APP_PICK_H
#define PS_APP_PICK_H

#include "app/app.h"

/* Options that override keys of a preset; a part of the structs of commands that run something. */
struct ps_overrides {
    const char *engine;        /* NAME or NAME:POLICY */
    const char *engine_option; /* that gave it, for complaints; NULL: --engine */
    const char *workers, *duration, *tasks, *rate, *seed, *trace;
    struct ps_option_list set; /* section.key=value */
};

/* Lines for an option table: `type` is a struct with a member `overrides`. */
#define PS_OVERRIDE_OPTION(type, name_, argument_, help_, kind_, member)    \
    {                                                                       \
        .name = name_, .argument = argument_, .help = help_, .kind = kind_, \
        .offset = offsetof(type, overrides.member)                          \
    }
#define PS_OVERRIDE_OPTIONS(type)                                                                  \
    PS_OVERRIDE_OPTION(type, "--engine", "NAME[:POLICY]", "the engine, and how it queues",         \
                       PS_OPTION_TEXT, engine),                                                    \
        PS_OVERRIDE_OPTION(type, "--workers", "N|auto", "worker threads; auto: a usable CPU each", \
                           PS_OPTION_TEXT, workers),                                               \
        PS_OVERRIDE_OPTION(type, "--duration", "T", "end after T (2s, 500ms, 1min); 0: no end",    \
                           PS_OPTION_TEXT, duration),                                              \
        PS_OVERRIDE_OPTION(type, "--tasks", "N", "end after N tasks; 0: no end", PS_OPTION_TEXT,   \
                           tasks),                                                                 \
        PS_OVERRIDE_OPTION(type, "--rate", "R", "tasks a second (open arrivals)", PS_OPTION_TEXT,  \
                           rate),                                                                  \
        PS_OVERRIDE_OPTION(type, "--seed", "N", "of arrivals and drawn times", PS_OPTION_TEXT,     \
                           seed),                                                                  \
        PS_OVERRIDE_OPTION(type, "--trace", "FILE",                                                \
                           "replay the arrivals of a CSV file (columns at, type, cpu, wait)",      \
                           PS_OPTION_TEXT, trace),                                                 \
        PS_OVERRIDE_OPTION(type, "--set", "section.key=value",                                     \
                           "any key of a preset (poolscope help keys); may be repeated",           \
                           PS_OPTION_LIST, set)

/* Load the preset called `name` (its name in the library, the number of its lesson, or a path: has
 * a
 * '/' or ends in .ini), apply the overrides, check it whole. PS_EXIT_OK, or the exit code after the
 * complaints were printed. */
int ps_pick_experiment(const char *name, const struct ps_overrides *overrides,
                       struct ps_experiment *experiment);

/* Whether tasks will come to a host that a tool starts by itself. PS_EXIT_OK, or the exit code after
 * the complaint was printed. */
int ps_pick_has_load(const struct ps_experiment *experiment);

/* The path of the file that ps_pick_experiment would load, whether it is valid or not. */
int ps_pick_path(const char *name, char *path, size_t size);

/* Whether `name` is of the library or a file that can be read. */
bool ps_pick_exists(const char *name);

/* Every complaint on stderr, one a line; warn: they are no errors. */
void ps_pick_complain(const struct ps_complaints *complaints);
void ps_pick_warn(const struct ps_complaints *warnings);

#endif
