/* The keys: one table of key, action, help text and key-bar label, and where each is valid. It
 * feeds the dispatch, the help overlay, the key bar and its mouse targets, so that what is shown is
 * what works. h j k l only move. */
#ifndef PS_UI_KEYS_H
#define PS_UI_KEYS_H

#include <stdbool.h>

#include "ui/canvas.h"

/* Inputs that are not characters, above Unicode. */
enum ps_input_key {
    PS_INPUT_NONE = 0,
    PS_INPUT_TAB = '\t',
    PS_INPUT_ENTER = '\n',
    PS_INPUT_ESC = 27,
    PS_INPUT_CTRL_L = 12,
    PS_INPUT_CTRL_U = 21,
    PS_INPUT_UP = 0x110000,
    PS_INPUT_DOWN,
    PS_INPUT_LEFT,
    PS_INPUT_RIGHT,
    PS_INPUT_PAGE_UP,
    PS_INPUT_PAGE_DOWN,
    PS_INPUT_HOME,
    PS_INPUT_END,
    PS_INPUT_BACKSPACE,
    PS_INPUT_DELETE,
    PS_INPUT_BACK_TAB,
    PS_INPUT_F1,
    PS_INPUT_F2,
    PS_INPUT_F10,
    PS_INPUT_MOUSE,  /* a click, at x y */
    PS_INPUT_MOTION, /* the mouse has come to x y */
    PS_INPUT_RESIZE, /* the terminal has another size */
    PS_INPUT_HANGUP  /* the terminal is gone */
};

/* Where a key is valid: what has the focus. */
enum ps_place {
    PS_AT_LIST = 1,      /* start screen, list of presets */
    PS_AT_FORM = 2,      /* start screen, setup form */
    PS_AT_LIVE = 4,      /* live screen */
    PS_AT_MENU = 8,      /* a menu lies above */
    PS_AT_TEXT = 16,     /* help or a text */
    PS_AT_ENDED = 32,    /* the box that says why the host is gone */
    PS_AT_PROMPT = 64,   /* a line of input: search, name, value */
    PS_AT_LESSON = 128,  /* lesson screen: a text to read */
    PS_AT_CONSOLE = 256, /* the command line */
    PS_AT_PANELS = 4096, /* the menu of panels */
    PS_AT_PAGE = 512,    /* a page above the live screen */
    PS_AT_COMPARE = 0x10000,
    PS_AT_COMPARE_FORM = 0x20000, /* what is compared is chosen */
    PS_AT_TUNE = 0x40000,
    PS_AT_TUNE_FORM = 0x80000,
    PS_AT_REPLAY = 0x100000,     /* the live screen on a recording */
    PS_AT_PREDICT = 0x200000,    /* lesson screen: hands are counted */
    PS_AT_TRIAL = 0x400000,      /* lesson screen: a trial runs */
    PS_AT_OPTIONS = 0x800000,    /* the menu of options */
    PS_AT_PREDICT_3 = 0x1000000, /* as PS_AT_PREDICT, where there are 3 answers */
    PS_AT_PREDICT_2 = 0x2000000  /* ... or 2 */
};

enum ps_action {
    PS_DO_NOTHING,
    PS_DO_QUIT,
    PS_DO_BACK,
    PS_DO_HELP,
    PS_DO_THEME,
    PS_DO_OPTIONS,
    PS_DO_REDRAW,
    PS_DO_SCREENSHOT,
    PS_DO_LESSON,
    PS_DO_UP,
    PS_DO_DOWN,
    PS_DO_LEFT,
    PS_DO_RIGHT,
    PS_DO_PAGE_UP,
    PS_DO_PAGE_DOWN,
    PS_DO_FIRST,
    PS_DO_LAST,
    PS_DO_NEXT, /* panel, or list and form */
    PS_DO_PREVIOUS,
    PS_DO_ACCEPT, /* run, choose */
    PS_DO_SEARCH,
    PS_DO_SAVE,
    PS_DO_PANEL, /* argument: 1.. */
    PS_DO_ZOOM,
    PS_DO_PAUSE,
    PS_DO_FREEZE,
    PS_DO_WORKERS_LESS,
    PS_DO_WORKERS_MORE,
    PS_DO_LOAD_LESS,
    PS_DO_LOAD_MORE,
    PS_DO_MIX,
    PS_DO_ENGINE,
    PS_DO_STEALING,
    PS_DO_FAULT,
    PS_DO_DIAGNOSIS,
    PS_DO_WHY,
    PS_DO_DETAIL,
    PS_DO_RESTART,
    PS_DO_ANSWER,      /* of a lesson: a hand more; argument: 1.. */
    PS_DO_ANSWER_LESS, /* a hand less */
    PS_DO_UNDO,        /* the last hand */
    PS_DO_NOTES,
    PS_DO_OWN_TRY,
    PS_DO_PRESENT,
    PS_DO_CONSOLE,
    PS_DO_COMPLETE,
    PS_DO_SPAN_SHORTER,
    PS_DO_SPAN_LONGER,
    PS_DO_MARK,   /* argument: PS_MARK_A, PS_MARK_B */
    PS_DO_FILTER, /* of the legend */
    PS_DO_PANELS,
    PS_DO_TRIGGER,
    PS_DO_FIGURES, /* of presenter mode */
    /* Of the lab. */
    PS_DO_COMPARE,
    PS_DO_TUNE,
    PS_DO_MORE,
    PS_DO_MATCH,
    PS_DO_EXPORT,
    PS_DO_GOAL,
    PS_DO_GUESS, /* argument: the digit */
    PS_DO_RACE,
    /* Of recordings. */
    PS_DO_OPEN,
    PS_DO_RECORD,
    PS_DO_STEP_BACK, /* of a replay */
    PS_DO_STEP,
    PS_DO_SLOWER,
    PS_DO_FASTER,
    PS_DO_LANDMARK, /* of a replay: to the next; argument 0: to the one before */
    /* Of the mouse only; argument: which. */
    PS_DO_LESSON_STEP,
    PS_DO_SELECT_ITEM,
    PS_DO_SELECT_FIELD,
    PS_DO_SELECT_WORKER,
    PS_DO_SELECT_TYPE,
    PS_DO_LOOK_GRAPH, /* where in the graph: ps_program.clicked */
    PS_DO_LOOK_LANES, /* the same; argument: a worker */
    PS_DO_ONLY,       /* a state of the legend, as in ps_live_look.only */
    PS_DO_SEEK        /* where in the line of time of a replay: ps_program.clicked */
};

#define PS_BINDING_KEYS 3
struct ps_binding {
    unsigned places;           /* of enum ps_place */
    int keys[PS_BINDING_KEYS]; /* 0: none */
    enum ps_action action;
    int argument;
    const char *name;  /* of the key, for people; the ASCII fallback is the same */
    const char *label; /* on the key bar; NULL: not there; "": shares the next entry's */
    const char *help;  /* NULL: not in the help overlay */
    unsigned rank;     /* on a narrow key bar low ranks stay */
};

/* Ends with action PS_DO_NOTHING. */
extern const struct ps_binding ps_bindings_standard[];
/* The same, or as keymap.h has changed it: what is valid. */
extern const struct ps_binding *ps_bindings;

/* The binding of a key at a place, or NULL. */
const struct ps_binding *ps_binding_find(enum ps_place place, int key);

/* The first binding of an action at a place, or NULL. */
const struct ps_binding *ps_binding_of(enum ps_place place, enum ps_action action);

/* The key bar of a place over the rows of the canvas, most wanted keys first to stay. */
void ps_key_bar(const struct ps_canvas *canvas, enum ps_place place);
/* Rows that the whole bar would take at this width, at most `limit`. */
int ps_key_bar_rows(int width, enum ps_place place, int limit);

#endif
