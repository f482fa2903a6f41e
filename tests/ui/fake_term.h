/* A terminal without a terminal, in the place of ui/term_ncurses.c: the whole program runs on a
 * script of keys, and after each of them the frame that it led to can be looked at. A host is faked
 * as well: it shows one snapshot for ever, so that nothing moves but by keys. */
#ifndef PS_TESTS_UI_FAKE_TERM_H
#define PS_TESTS_UI_FAKE_TERM_H

#include "ui/app_ui.h"
#include "ui/canvas.h"

/* The script: called for the next key after each frame. PS_INPUT_HANGUP ends the program. */
typedef int (*fake_next)(void *user, const struct ps_canvas *frame);

/* Run the program on a terminal of this size. Returns its exit code. */
int fake_run(struct ps_ui_options *options, int width, int height, fake_next next, void *user);

/* Before the key after this one, the mouse comes to a cell, with the last of so many reports; a click
 * is there. In a script. */
void fake_point(int x, int y, unsigned reports);

/* The size of the next frames; in a script. */
void fake_resize(int width, int height);

/* Since the last fake_run began: frames that were asked to be whole, the last theme. */
unsigned fake_redraws(void);
enum ps_theme fake_theme(void);
/* Whether the terminal is asked for reports of motion now. */
bool fake_motion(void);
/* Frames shown. */
unsigned fake_frames(void);

/* The fake host: hosts begun, control lines it was sent, and whether it runs on. */
extern const struct ps_ui_launcher fake_launcher;
struct fake_host {
    const struct ps_snapshot *snapshot; /* what it shows */
    unsigned begun, lines;
    char last[80]; /* control line */
    bool ended;
    bool starting, stubborn; /* it does not begin yet; it ends by force only */
};
extern struct fake_host fake_host;

#endif
