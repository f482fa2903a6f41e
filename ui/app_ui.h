/* The interactive program: start screen and live screen on a terminal, until the user quits. */
#ifndef PS_UI_APP_UI_H
#define PS_UI_APP_UI_H

#include "client/live.h"
#include "client/recorder.h"
#include "client/replay.h"
#include "lab/compare.h"
#include "lab/conclude.h"
#include "model/library.h"
#include "ui/settings.h"
#include "ui/theme.h"
#include "ui/view.h"

/* How runs are started; NULL in the options: as child processes (client/live.h). A seam for tests.
 */
struct ps_ui_launcher {
    enum ps_err (*start)(const struct ps_experiment *experiment, void **host, char *why,
                         size_t why_size);
    /* Whether it runs, asked until it does or fails; the host is still to be ended then. NULL: it does
     * when start is back. */
    enum ps_err (*begun)(void *host, bool *begun, char *why, size_t why_size);
    struct ps_source *(*source)(void *host);
    bool (*running)(void *host);
    int (*fd)(const void *host); /* readable when the host ends; -1: none */
    /* Let it end, at once or by force; running says when it has. NULL: end does not take long. */
    void (*stop)(void *host, bool by_force);
    void (*end)(void *host); /* stop it if it runs, free it */
};

/* How results are written as JSON, which the screens do not know. PS_ENOMEM, PS_EIO. */
struct ps_ui_exports {
    /* given: how each side was asked for, "threadpool:steal,engine.workers=8" */
    enum ps_err (*compare)(const struct ps_compare *compare, const char *preset,
                           const char *const *given, FILE *to);
    enum ps_err (*tune)(const struct ps_tune *tune, const struct ps_conclusion *conclusion,
                        FILE *to);
};

struct ps_ui_options {
    const struct ps_vocabulary *words;
    struct ps_library *library;             /* reloaded when a preset is saved; may be empty */
    const struct ps_experiment *experiment; /* start with this run, or NULL: the start screen */
    const char *preset;                     /* name of the preset it comes from, or NULL */
    bool lesson; /* start with the lesson of `preset`, if the library has it, instead of the run */
    enum ps_theme theme; /* NO_COLOR overrides it */
    bool no_mouse, no_hover;
    bool presenter;            /* begin in presenter mode */
    bool no_state;             /* which lessons are done is neither read nor written */
    bool ascii;                /* also without it where the locale is not UTF-8 */
    unsigned fps;              /* frames a second; 0: 10 */
    bool reduced_motion;       /* what moves by itself moves once a second */
    unsigned colours;          /* at most so many; 0: what the terminal has */
    struct ps_live_look look;  /* the panels of the live screen */
    const char *settings_path; /* where changed options are kept; NULL: nowhere */
    unsigned usable_cpus;      /* what "auto" workers means */
    const char *machine;       /* facts for the header: "8 cpu  16 GB" */
    const struct ps_ui_launcher *launcher;
    const struct ps_ui_exports *exports; /* NULL: CSV only */
    struct ps_recorder *recorder; /* of the first run, or NULL; the caller's, who finishes it */
    const char *record_path;      /* where it writes, for people and exports; or NULL */
    struct ps_replay *replay;     /* show this recording of `experiment`, or NULL; the caller's */
    const char *replay_path;      /* its file, or NULL */
};

/* Run until quit. Returns the exit code: 0; 2 without a usable terminal (the reason is printed on
 * standard error); 129 when the terminal hung up. Sets the locale's LC_CTYPE. The main thread. */
int ps_ui_main(const struct ps_ui_options *options);

#endif
