/* What can lie above a screen: help, a text, a menu, a message, a line of input. One at a time.
 * Plain data; drawing is pure. */
#ifndef PS_UI_OVERLAY_H
#define PS_UI_OVERLAY_H

#include "ui/canvas.h"
#include "ui/console.h"
#include "ui/keys.h"

enum ps_overlay_kind {
    PS_OVERLAY_NONE,
    PS_OVERLAY_HELP,   /* keys of `place` */
    PS_OVERLAY_TEXT,   /* `text`, light Markdown */
    PS_OVERLAY_MENU,   /* items */
    PS_OVERLAY_PAGE,   /* `page`, which shows the view and goes on living (ui/pages) */
    PS_OVERLAY_ENDED,  /* `text` in a box: the run or its host has ended */
    PS_OVERLAY_PROMPT, /* `title`, `input` */
    PS_OVERLAY_CONSOLE /* `input`, `text`: a hint */
};

#define PS_MENU_MAX 24u
struct ps_menu_item {
    char label[40];
    char note[160];
    int argument; /* the owner's */
    bool current;
};

#define PS_INPUT_BYTES PS_CONSOLE_BYTES

struct ps_page;

struct ps_overlay {
    enum ps_overlay_kind kind;
    enum ps_place place; /* HELP: whose keys. MENU: if its keys are its own */
    bool failed;         /* ENDED: an error, not a normal end */
    char title[72];
    const char *text;           /* TEXT, ENDED; of the owner */
    const struct ps_page *page; /* PAGE; HELP: the one below, or NULL */
    int scroll;                 /* TEXT, HELP, PAGE: lines left out at the top */
    unsigned count, selected;
    struct ps_menu_item item[PS_MENU_MAX];
    char input[PS_INPUT_BYTES]; /* PROMPT, CONSOLE */
    char complaint[200];        /* ... what is wrong with it ... */
    bool advice;                /* ... or rather what is possible */
    bool completes;             /* PROMPT: Tab goes on with it */
};

/* The place whose keys are valid while it is open. */
enum ps_place ps_overlay_place(const struct ps_overlay *overlay);

/* What a key said: on row y, and where that is too narrow on the row above it as well. Rows: 1 or 2. */
int ps_notice_rows(int width, const char *text);
void ps_notice_draw(const struct ps_canvas *root, int y, enum ps_style style, const char *text);

/* Draw above what is on the canvas. The key bar is the screen's. */
void ps_overlay_draw(const struct ps_canvas *canvas, const struct ps_overlay *overlay);
/* The same above a screen whose last row is the key bar; NULL: nothing lies above. In the row over the keys
 * stands what a key has said, never hidden; NULL: nothing. */
void ps_overlay_above(const struct ps_canvas *root, const struct ps_overlay *overlay,
                      enum ps_style style, const char *notice);

/* The highest useful scroll at a canvas size. */
int ps_overlay_scroll_max(const struct ps_overlay *overlay, int width, int height);

#endif
