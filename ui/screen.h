/* A screen: one file that exports one const struct, and one line in screens.c. The program shows one
 * screen at a time, gives it the keys that no overlay takes, and draws it anew at every frame; the
 * drawing itself should be a pure function of a view, so that fixed views make golden screens.
 *
 * All functions run on the program's thread; none may block longer than a frame. */
#ifndef PS_UI_SCREEN_H
#define PS_UI_SCREEN_H

#include "ui/canvas.h"
#include "ui/keys.h"
#include "ui/overlay.h"

struct ps_program;

struct ps_screen {
    const char *name; /* a word: of the help title and the command line */
    /* Whose keys are valid where no overlay is open. */
    enum ps_place (*place)(const struct ps_program *program);
    /* Before it is shown; false: it cannot be, and has said why. NULL: it always can. */
    bool (*open)(struct ps_program *program);
    /* When another screen takes its place, and at the end. NULL: nothing to do. */
    void (*close)(struct ps_program *program);
    void (*action)(struct ps_program *program, enum ps_action action, int argument);
    /* Whether every key is text now (a search, a value). NULL: never. */
    bool (*types)(const struct ps_program *program);
    /* A key while it types, or one without a binding; false: it does nothing with it. NULL: never. */
    bool (*type)(struct ps_program *program, int key);
    /* Before a frame that is due. NULL: nothing moves. */
    void (*update)(struct ps_program *program);
    /* When update wants to be called, if that is before the next frame. NULL: it can wait. */
    uint64_t (*due_ns)(const struct ps_program *program);
    /* The whole screen, with the overlay above it and the keys below. */
    void (*draw)(const struct ps_canvas *root, struct ps_program *program);
    /* The state that ps_screen_state keeps for it, at the end. NULL: it keeps none. */
    void (*free)(void *state);
};

/* Ends with NULL. */
extern const struct ps_screen *const ps_screens[];
#define PS_SCREENS_MAX 16u

extern const struct ps_screen ps_screen_start;
extern const struct ps_screen ps_screen_live;
extern const struct ps_screen ps_screen_compare;
extern const struct ps_screen ps_screen_replay;
extern const struct ps_screen ps_screen_tune;
extern const struct ps_screen ps_screen_lesson;

/* Show a screen. False: it cannot be shown now; the one before stays. */
bool ps_screen_go(struct ps_program *program, const struct ps_screen *screen);

/* Where a screen keeps what it needs between calls: NULL at first, its own to set. */
void **ps_screen_state(struct ps_program *program, const struct ps_screen *screen);

/* The last two rows and what lies above all: the answer to the last key (or nothing), the keys that
 * are valid, the overlay. For screens that have no other wishes. */
void ps_screen_finish(const struct ps_canvas *root, struct ps_program *program);

#endif
