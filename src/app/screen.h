/* The way from the command line to the screens of ui/. */
#ifndef PS_APP_SCREEN_H
#define PS_APP_SCREEN_H

#include "app/app.h"
#include "client/recorder.h"
#include "client/replay.h"

/* Options of commands that open screens; a part of their structs, as `screen`. */
struct ps_screen_options {
    const char *theme, *fps;
    bool no_mouse, ascii, presenter, reduced_motion, no_state;
};

#define PS_SCREEN_OPTION(type, name_, argument_, help_, kind_, member)      \
    {                                                                       \
        .name = name_, .argument = argument_, .help = help_, .kind = kind_, \
        .offset = offsetof(type, screen.member)                             \
    }
#define PS_SCREEN_OPTIONS(type)                                                                    \
    PS_SCREEN_OPTION(type, "--theme", "NAME", "colours: dark, light or mono", PS_OPTION_TEXT,      \
                     theme),                                                                       \
        PS_SCREEN_OPTION(type, "--no-mouse", NULL, "leave the mouse to the terminal",              \
                         PS_OPTION_FLAG, no_mouse),                                                \
        PS_SCREEN_OPTION(type, "--ascii", NULL, "draw with ASCII characters only", PS_OPTION_FLAG, \
                         ascii),                                                                   \
        PS_SCREEN_OPTION(type, "--fps", "N", "frames a second, 1 to 60 (10)", PS_OPTION_TEXT,      \
                         fps),                                                                     \
        PS_SCREEN_OPTION(type, "--presenter", NULL,                                                \
                         "giant figures, keys shown, light theme (key P)", PS_OPTION_FLAG,         \
                         presenter),                                                               \
        PS_SCREEN_OPTION(type, "--reduced-motion", NULL,                                           \
                         "what moves by itself moves once a second", PS_OPTION_FLAG,               \
                         reduced_motion),                                                          \
        PS_SCREEN_OPTION(type, "--no-state", NULL, "do not remember which lessons are done",       \
                         PS_OPTION_FLAG, no_state)

/* Open the start screen, or the live screen if there is an experiment; recorder: of its first run,
 * which writes to record_path, or NULL. Returns the exit code. */
int ps_screen_open(const struct ps_screen_options *options, const char *preset,
                   const struct ps_experiment *experiment, struct ps_recorder *recorder,
                   const char *record_path);

/* Open the lesson of a preset of the library; of another one the live screen. */
int ps_screen_teach(const struct ps_screen_options *options, const char *preset,
                    const struct ps_experiment *experiment);

/* Open the replay screen on a recording; path: of its file. */
int ps_screen_play(const struct ps_screen_options *options, const char *preset,
                   const struct ps_experiment *experiment, struct ps_replay *replay,
                   const char *path);

/* Facts of this machine for the start screen's header: "8 cpu  16.0 GiB". Returns into. */
const char *ps_screen_machine(char *into, size_t size, unsigned *usable_cpus);

/* Run and report as text (cmd_run.c). Returns the exit code. */
int ps_run_plain(const char *preset, const struct ps_experiment *experiment);

#endif
