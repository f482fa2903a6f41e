/* The running program behind the screens: state, and what actions do. Internal to ui/. One thread.
 */
#ifndef PS_UI_PROGRAM_H
#define PS_UI_PROGRAM_H

#include "ui/app_ui.h"
#include "ui/live_screen.h"
#include "ui/screen.h"
#include "ui/start_screen.h"
#include "ui/tape.h"
#include "ui/term.h"

enum ps_menu { PS_MENU_NONE, PS_MENU_ENGINE, PS_MENU_FAULT, PS_MENU_EXPORT };
enum ps_prompt { PS_PROMPT_NONE, PS_PROMPT_SAVE, PS_PROMPT_REPLACE };

#define PS_EVENTS_A_FRAME 1024u
#define PS_TYPED_MAX      256u
#define PS_PATH_BYTES     512u

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
    struct ps_trigger trigger;
    struct ps_tape *tape; /* the last seconds, while a trigger is armed; or NULL */
    bool rearm;           /* the trigger of the run before wants to be armed again */
    uint64_t marked_ns;   /* where the last mark was set; 0: nowhere */
    unsigned changes;     /* control lines that it has taken, but for pause and resume */
    bool told_end;        /* the box that says how it ended was shown */
    bool own_try;         /* begun from the lesson of its preset, where its end leads back to */
    char end_text[PS_MESSAGE_BYTES + 160];
    struct ps_event events[PS_EVENTS_A_FRAME];
    uint64_t events_lost;
    struct ps_recorder *recorder;    /* NULL: not recorded */
    bool record_ours;                /* begun here, with a key: finished here */
    char record_path[PS_PATH_BYTES]; /* of the recording, also of one that has ended; or "" */
    uint64_t looked_ns, drained_ns;  /* the newest snapshot; the newest look into the rings */
};

/* Presenter mode: giant figures, the light theme, and the keys that were pressed last. */
#define PS_PRESSED_BYTES 44u
struct ps_presenter {
    bool on;
    enum ps_theme theme_before;
    char pressed[PS_PRESSED_BYTES];
    uint64_t until_ns;
};

struct ps_program {
    const struct ps_ui_options *options;
    const struct ps_ui_launcher *launcher;       /* of what is shown now */
    const struct ps_ui_launcher *usual_launcher; /* of runs */
    struct ps_term *term;
    struct ps_canvas *canvas;
    enum ps_theme theme;
    struct ps_settings settings;
    const struct ps_screen *screen;
    void *screen_state[PS_SCREENS_MAX];
    bool quit;
    int code;
    struct ps_overlay overlay;
    char *overlay_text; /* malloc'ed */
    char *brief_text;   /* malloc'ed; the lesson of the selected preset */
    struct ps_lesson brief;
    enum ps_menu menu;
    enum ps_prompt prompt;
    /* What a menu or a prompt is for, if it says so: the item chosen, the line accepted. */
    void (*choose)(struct ps_program *program, const struct ps_menu_item *item);
    void (*accept)(struct ps_program *program);
    struct {
        int x, width;
    } clicked; /* where in the rectangle that was clicked last, and how wide that is */
    struct {
        int x, y;
        uint64_t moved_ns; /* when; 0: nobody points with the mouse */
        bool moved;        /* since it was last looked what it is over */
    } pointer;
    struct {
        unsigned count;
        struct ps_input list[PS_TYPED_MAX];
    } typed; /* while the program waited: to be taken before what is typed now */
    struct ps_console_history console;
    char hint[480]; /* of the command line */
    char notice[200];
    enum ps_style notice_style;
    uint64_t notice_until_ns;
    bool asked; /* the notice says that the same key again does it */
    struct ps_progress *progress;
    struct ps_presenter presenter;
    struct ps_start_view start;
    struct ps_run run;
    struct ps_files *files; /* program_files.c; NULL: nothing to do */
};

/* Say something on the line above the keys for a while. */
void ps_program_say(struct ps_program *program, enum ps_style style, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void ps_program_open(struct ps_program *program, enum ps_overlay_kind kind, const char *title);
void ps_program_close_overlay(struct ps_program *program);
/* Before something is lost: whether it was asked for a second time, while it is seen that the first was
 * not enough ("Esc again WHAT"). Another message or action takes that back. */
bool ps_program_again(struct ps_program *program, const char *what);
/* What was said last, while it is fresh; NULL: nothing. */
const char *ps_program_notice(const struct ps_program *program);
/* Whose keys are valid. */
enum ps_place ps_program_place(const struct ps_program *program);
/* Do what a key or a click stands for, at the place that has the focus. */
void ps_program_act(struct ps_program *program, enum ps_action action, int argument);
/* Close help or a text; what lies below a help comes back. */
void ps_program_close_text(struct ps_program *program);
/* The mouse: a click; it has come to a cell. When what is under it wants a frame, after one at shown_ns
 * (UINT64_MAX: it does not), and whether that changes what is seen. */
void ps_program_click(struct ps_program *program, int x, int y);
void ps_program_point(struct ps_program *program, int x, int y);
uint64_t ps_program_hover_due_ns(const struct ps_program *program, uint64_t shown_ns);
bool ps_program_hovered(struct ps_program *program, uint64_t shown_ns, uint64_t now_ns);
/* Wait until it is over, saying what for, at most limit_ns; the program stays alive meanwhile. False: Esc
 * or quit came before. */
bool ps_program_await(struct ps_program *program, bool (*over)(void *user), void *user,
                      const char *what, uint64_t limit_ns);
/* The first key that was typed meanwhile; false: none is left. */
bool ps_program_typed(struct ps_program *program, struct ps_input *into);
/* Draw and show a frame. */
void ps_program_frame(struct ps_program *program);

/* Load the selected preset into the form. */
void ps_program_select(struct ps_program *program);
/* Select the preset of that name, if it is in the list and nothing of the selected one was changed. */
void ps_program_select_preset(struct ps_program *program, const char *name);
/* The save prompt was accepted. */
void ps_program_save(struct ps_program *program);
void ps_program_present(struct ps_program *program, bool on);
/* A menu of the giant figures. */
void ps_program_figures(struct ps_program *program);
/* A key was pressed: shown for a while while presenting. */
void ps_program_pressed(struct ps_program *program, const struct ps_binding *binding);
void ps_program_draw_pressed(const struct ps_canvas *root, const struct ps_program *program);

/* The command line: open it, an action, a typed key. */
void ps_program_console_open(struct ps_program *program);
/* With the weights of the run, to be changed. */
void ps_program_mix(struct ps_program *program);
void ps_program_console_action(struct ps_program *program, enum ps_action action);
void ps_program_console_type(struct ps_program *program, int key);

/* The lesson of a preset: its screen; a text of another form as an overlay. NULL: says there is none.
 */
void ps_program_lesson(struct ps_program *program, const struct ps_preset *preset);
/* The lesson screen; false: the text is no lesson. */
bool ps_program_lesson_open(struct ps_program *program, const struct ps_preset *preset);

/* The live screen. run_begin starts a host and shows it; on failure says why and stays. */
bool ps_program_run_begin(struct ps_program *program, const struct ps_experiment *experiment,
                          const char *preset);
/* The same without the screen: false has been said why. */
bool ps_program_run_start(struct ps_program *program, const struct ps_experiment *experiment,
                          const char *preset);
void ps_program_run_end(struct ps_program *program);
/* End it and go back to where it was begun: the start screen, or a lesson. */
void ps_program_run_leave(struct ps_program *program);
/* Send a control line and take it over into the experiment; say `said`, or what the host answered.
 * True: it did it, or has the line and will do it when it gets a cpu. */
bool ps_program_control(struct ps_program *program, const char *said, const char *line);
/* Start the run again with "ENGINE[:POLICY]". False: it was said why not. */
bool ps_program_engine(struct ps_program *program, const char *name);
/* Add an item to the menu that is open; `current` ones are marked. */
void ps_program_menu_add(struct ps_program *program, int argument, bool current, const char *label,
                         const char *note);
void ps_program_menu_chosen(struct ps_program *program, unsigned item);
/* Take the newest events: a recording wants all, a screen what it can show. */
void ps_program_run_events(struct ps_program *program);
/* What the header says of the recording. */
void ps_program_run_recording(struct ps_program *program);
/* Take the newest snapshot and events. True: the run has ended. */
bool ps_program_run_look(struct ps_program *program);
/* The same, and on the live screen say how it ended. */
void ps_program_run_update(struct ps_program *program);

/* Pages above the live screen (ui/pages): open one by the action of its key; false: the action is none
 * of a page's. Then, while one is open, an action. */
bool ps_program_page_open(struct ps_program *program, enum ps_action action);
void ps_program_page_action(struct ps_program *program, enum ps_action action, int argument);

/* Show what the launcher has started; the screen is the caller's. False: out of memory. */
bool ps_program_run_show(struct ps_program *program, void *host,
                         const struct ps_experiment *experiment, const char *preset);

/* The replay screen on options->replay, or on a file; on failure `why` says what is wrong with it and
 * the screen before stays. */
bool ps_program_replay(struct ps_program *program);
bool ps_program_replay_file(struct ps_program *program, const char *path, char *why,
                            size_t why_size);
/* The prompt for that file: ask, complete what is typed, open it. */
void ps_program_ask_recording(struct ps_program *program);
void ps_program_complete_recording(struct ps_program *program);
void ps_program_open_recording(struct ps_program *program);

/* The options: show them, an action while they are shown, make p->settings hold. */
void ps_program_options(struct ps_program *program);
void ps_program_options_action(struct ps_program *program, enum ps_action action, int argument);
void ps_program_apply(struct ps_program *program);

/* Begin or end to record the run; the end of its run ends a recording as well. */
void ps_program_record(struct ps_program *program);
void ps_program_record_end(struct ps_program *program);
/* Formats to export the run's recording to, as a menu; the one that was chosen. */
void ps_program_export_menu(struct ps_program *program);
void ps_program_export(struct ps_program *program, unsigned format);
/* What happened to files meanwhile; at the end. */
void ps_program_files_update(struct ps_program *program);
void ps_program_files_end(struct ps_program *program);

/* Edit a line of text with a key. */
enum ps_edit { PS_EDIT_NONE, PS_EDIT_CHANGED, PS_EDIT_ACCEPT, PS_EDIT_CANCEL };
enum ps_edit ps_edit_key(char *text, size_t size, int key);

#endif
