/* The running program behind the screens: state, and what actions do. Internal to ui/. One thread.
 */
#ifndef PS_UI_PROGRAM_H
#define PS_UI_PROGRAM_H

#include "ui/app_ui.h"
#include "ui/live_screen.h"
#include "ui/screen.h"
#include "ui/start_screen.h"
#include "ui/term.h"

enum ps_menu { PS_MENU_NONE, PS_MENU_ENGINE, PS_MENU_FAULT };
enum ps_prompt { PS_PROMPT_NONE, PS_PROMPT_SAVE, PS_PROMPT_REPLACE };

#define PS_EVENTS_A_FRAME 1024u

struct ps_run {
    void *host;                      /* NULL: no run */
    struct ps_experiment experiment; /* as changed live */
    char preset[64];                 /* name of the preset it comes from, or "" */
    struct ps_snapshot *snapshot;
    struct ps_history *history;
    struct ps_log log;
    struct ps_findings *findings;
    struct ps_live_view view;
    /* A copy of snapshot, history and log, of the moment when the view was frozen; NULL: never. */
    struct ps_snapshot *still;
    struct ps_history *still_history;
    struct ps_log still_log;
    uint64_t marked_ns; /* where the last mark was set; 0: nowhere */
    bool told_end;      /* the box that says how it ended was shown */
    char end_text[PS_MESSAGE_BYTES + 160];
    struct ps_event events[PS_EVENTS_A_FRAME];
    uint64_t events_lost;
    struct ps_recorder *recorder; /* NULL: not recorded */
};

struct ps_program {
    const struct ps_ui_options *options;
    const struct ps_ui_launcher *launcher;
    struct ps_term *term;
    struct ps_canvas *canvas;
    enum ps_theme theme;
    const struct ps_screen *screen;
    void *screen_state[PS_SCREENS_MAX];
    bool quit;
    int code;
    struct ps_overlay overlay;
    char *overlay_text;      /* malloc'ed */
    struct ps_lesson lesson; /* of the overlay; part of overlay_text */
    char lesson_of[64];      /* the preset whose lesson was last open ... */
    int lesson_chosen;       /* ... and what was predicted there; -1: nothing */
    char *brief_text;        /* malloc'ed; the lesson of the selected preset */
    struct ps_lesson brief;
    enum ps_menu menu;
    enum ps_prompt prompt;
    /* What a menu or a prompt is for, if it says so: the item chosen, the line accepted. */
    void (*choose)(struct ps_program *program, const struct ps_menu_item *item);
    void (*accept)(struct ps_program *program);
    struct {
        int x, width;
    } clicked; /* where in the rectangle that was clicked last, and how wide that is */
    struct ps_console_history console;
    char hint[480]; /* of the command line */
    char notice[200];
    enum ps_style notice_style;
    uint64_t notice_until_ns;
    struct ps_start_view start;
    struct ps_run run;
};

/* Say something on the line above the keys for a while. */
void ps_program_say(struct ps_program *program, enum ps_style style, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void ps_program_open(struct ps_program *program, enum ps_overlay_kind kind, const char *title);
void ps_program_close_overlay(struct ps_program *program);
/* What was said last, while it is fresh; NULL: nothing. */
const char *ps_program_notice(const struct ps_program *program);
/* Whose keys are valid. */
enum ps_place ps_program_place(const struct ps_program *program);
/* Do what a key or a click stands for, at the place that has the focus. */
void ps_program_act(struct ps_program *program, enum ps_action action, int argument);
/* Draw and show a frame. */
void ps_program_frame(struct ps_program *program);

/* Load the selected preset into the form. */
void ps_program_select(struct ps_program *program);
/* The save prompt was accepted. */
void ps_program_save(struct ps_program *program);
/* The command line: open it, an action, a typed key. */
void ps_program_console_open(struct ps_program *program);
void ps_program_console_action(struct ps_program *program, enum ps_action action);
void ps_program_console_type(struct ps_program *program, int key);

/* The text of a lesson, as an overlay. */
void ps_program_lesson(struct ps_program *program, const struct ps_preset *preset);

/* The live screen. run_begin starts a host and shows it; on failure says why and stays. */
bool ps_program_run_begin(struct ps_program *program, const struct ps_experiment *experiment,
                          const char *preset);
void ps_program_run_end(struct ps_program *program);
/* Send a control line and take it over into the experiment; say `said`, or what the host answered.
 * True: it did it, or has the line and will do it when it gets a cpu. */
bool ps_program_control(struct ps_program *program, const char *said, const char *line);
/* Start the run again with "ENGINE[:POLICY]". False: it was said why not. */
bool ps_program_engine(struct ps_program *program, const char *name);
/* Add an item to the menu that is open; `current` ones are marked. */
void ps_program_menu_add(struct ps_program *program, int argument, bool current, const char *label,
                         const char *note);
void ps_program_menu_chosen(struct ps_program *program, unsigned item);
/* Take the newest snapshot and events; notice that the run has ended. */
void ps_program_run_update(struct ps_program *program);

/* Pages above the live screen (ui/pages): open one by the action of its key; false: the action is none
 * of a page's. Then, while one is open, an action. */
bool ps_program_page_open(struct ps_program *program, enum ps_action action);
void ps_program_page_action(struct ps_program *program, enum ps_action action, int argument);

/* A recording in the place of a host (options->replay); its launcher. */
extern const struct ps_ui_launcher ps_program_recordings;
/* Play, pause, skip, speed. False: not its business. */
bool ps_program_replay_action(struct ps_program *program, enum ps_action action);

/* Edit a line of text with a key. */
enum ps_edit { PS_EDIT_NONE, PS_EDIT_CHANGED, PS_EDIT_ACCEPT, PS_EDIT_CANCEL };
enum ps_edit ps_edit_key(char *text, size_t size, int key);

#endif
