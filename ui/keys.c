#include "ui/keys.h"

#include <stddef.h>
#include <string.h>

#define START  (PS_AT_LIST | PS_AT_FORM)
#define LAB    (PS_AT_COMPARE | PS_AT_COMPARE_FORM | PS_AT_TUNE | PS_AT_TUNE_FORM)
#define TUNE   (PS_AT_TUNE | PS_AT_TUNE_FORM)
#define FORMS  (PS_AT_FORM | PS_AT_COMPARE_FORM | PS_AT_TUNE_FORM)
#define VIEWS  (PS_AT_LIVE | PS_AT_REPLAY)
#define RUNS   (PS_AT_LIVE | PS_AT_PAGE)
#define LESSON (PS_AT_LESSON | PS_AT_PREDICT | PS_AT_TRIAL)
#define MOVES                                                                                    \
    (PS_AT_LIST | RUNS | PS_AT_REPLAY | PS_AT_MENU | PS_AT_PANELS | PS_AT_OPTIONS | PS_AT_TEXT | \
     LESSON | PS_AT_COMPARE | PS_AT_TUNE)

const struct ps_binding ps_bindings_standard[] = {
    {START, {PS_INPUT_ENTER}, PS_DO_ACCEPT, 0, "Enter", "run", "run the experiment", 0},
    {PS_AT_MENU, {PS_INPUT_ENTER}, PS_DO_ACCEPT, 0, "Enter", "choose", "choose", 0},
    {PS_AT_LIST,
     {PS_INPUT_TAB, PS_INPUT_BACK_TAB, PS_INPUT_RIGHT},
     PS_DO_NEXT,
     0,
     "Tab",
     "setup",
     "change the setup of this preset",
     2},
    {PS_AT_FORM,
     {PS_INPUT_TAB, PS_INPUT_BACK_TAB},
     PS_DO_NEXT,
     0,
     "Tab",
     "presets",
     "back to the list",
     2},
    {PS_AT_LIST, {'/'}, PS_DO_SEARCH, 0, "/", "search", "search presets by name and text", 3},
    {START, {'L'}, PS_DO_LESSON, 0, "L", "lesson", "read the lesson text", 4},
    {PS_AT_LIST, {'o'}, PS_DO_OPEN, 0, "o", "open", "open a recording", 6},
    {START, {'s'}, PS_DO_SAVE, 0, "s", "save", "save this setup as a preset of your own", 5},

    {PS_AT_REPLAY, {' '}, PS_DO_PAUSE, 0, "Space", "pause", "pause or play", 1},
    {PS_AT_REPLAY, {','}, PS_DO_STEP_BACK, 0, ",", "", "one snapshot back", 2},
    {PS_AT_REPLAY, {'.'}, PS_DO_STEP, 0, ".", "step", "one snapshot on", 2},
    {PS_AT_REPLAY, {PS_INPUT_LEFT, 'h'}, PS_DO_LEFT, 0, "Left", "", "5 s back (also h)", 3},
    {PS_AT_REPLAY,
     {PS_INPUT_RIGHT, 'l'},
     PS_DO_RIGHT,
     0,
     "Right",
     "5 s",
     "5 s on (also l); a click on the line of time goes there",
     3},
    {PS_AT_REPLAY, {'['}, PS_DO_SLOWER, 0, "[", "", "half as fast", 4},
    {PS_AT_REPLAY, {']'}, PS_DO_FASTER, 0, "]", "speed", "twice as fast", 4},
    {PS_AT_REPLAY, {'N'}, PS_DO_LANDMARK, 0, "N", "", "back to what happened before", 5},
    {PS_AT_REPLAY, {'n'}, PS_DO_LANDMARK, 1, "n", "event", "on to where something happens", 5},
    {PS_AT_REPLAY, {'r'}, PS_DO_RESTART, 0, "r", "again", "play from the start", 6},
    {PS_AT_REPLAY, {'e', 's', 'f'}, PS_DO_ENGINE, 0, "e", NULL, NULL, 9},
    {PS_AT_REPLAY, {'+', '-', '='}, PS_DO_WORKERS_MORE, 0, "+", NULL, NULL, 9},

    {RUNS, {' '}, PS_DO_PAUSE, 0, "Space", "pause", "pause or resume the workload", 1},
    {RUNS, {'-', '_'}, PS_DO_WORKERS_LESS, 0, "-", "", "one worker fewer", 2},
    {RUNS, {'+', '='}, PS_DO_WORKERS_MORE, 0, "+", "workers", "one worker more", 2},
    {RUNS, {'['}, PS_DO_LOAD_LESS, 0, "[", "", "less load", 2},
    {RUNS, {']'}, PS_DO_LOAD_MORE, 0, "]", "load", "more load", 2},
    {RUNS,
     {'e'},
     PS_DO_ENGINE,
     0,
     "e",
     "engine",
     "another engine or policy, on the same experiment",
     3},
    {RUNS, {'s'}, PS_DO_STEALING, 0, "s", "stealing", "work stealing on or off", 5},
    {RUNS, {'f'}, PS_DO_FAULT, 0, "f", "fault", "inject a fault: stuck or slow worker, burst", 4},
    {RUNS | PS_AT_REPLAY,
     {'Z'},
     PS_DO_FREEZE,
     0,
     "Z",
     "freeze",
     "freeze the view; the workload goes on",
     6},
    {VIEWS, {'d'}, PS_DO_DIAGNOSIS, 0, "d", "diagnosis", "the diagnosis and its figures", 6},
    {VIEWS, {'w'}, PS_DO_WHY, 0, "w", "why", "why the selected worker is as it is", 6},
    {VIEWS, {'L'}, PS_DO_LESSON, 0, "L", "lesson", "read the lesson text", 7},
    {PS_AT_PAGE, {'L'}, PS_DO_LESSON, 0, "L", "lesson", "the lesson that shows it", 0},
    {PS_AT_PAGE, {'d'}, PS_DO_DIAGNOSIS, 0, "d", "diagnosis", "the diagnosis and its figures", 1},
    {PS_AT_PAGE, {'w'}, PS_DO_WHY, 0, "w", "why", "why the selected worker is as it is", 1},
    {PS_AT_PAGE,
     {PS_INPUT_ENTER},
     PS_DO_DETAIL,
     0,
     "Enter",
     "details",
     "all figures of the selected worker or task type",
     1},
    {VIEWS, {PS_INPUT_TAB}, PS_DO_NEXT, 0, "Tab", "panel", "next panel", 8},
    {VIEWS, {PS_INPUT_BACK_TAB}, PS_DO_PREVIOUS, 0, "Shift-Tab", NULL, "previous panel", 9},
    {VIEWS,
     {PS_INPUT_ENTER},
     PS_DO_DETAIL,
     0,
     "Enter",
     "details",
     "all figures of what is selected in this panel",
     8},
    {VIEWS, {'z'}, PS_DO_ZOOM, 0, "z", "zoom", "this panel alone, or all", 9},
    {VIEWS, {'1'}, PS_DO_PANEL, 1, "1-9", NULL, "go to a panel", 9},
    {VIEWS, {'2'}, PS_DO_PANEL, 2, "2", NULL, NULL, 9},
    {VIEWS, {'3'}, PS_DO_PANEL, 3, "3", NULL, NULL, 9},
    {VIEWS, {'4'}, PS_DO_PANEL, 4, "4", NULL, NULL, 9},
    {VIEWS, {'5'}, PS_DO_PANEL, 5, "5", NULL, NULL, 9},
    {VIEWS, {'6'}, PS_DO_PANEL, 6, "6", NULL, NULL, 9},
    {VIEWS, {'7'}, PS_DO_PANEL, 7, "7", NULL, NULL, 9},
    {VIEWS, {'8'}, PS_DO_PANEL, 8, "8", NULL, NULL, 9},
    {VIEWS, {'9'}, PS_DO_PANEL, 9, "9", NULL, NULL, 9},
    {VIEWS, {'<'}, PS_DO_SPAN_SHORTER, 0, "<", "", "time scale: a shorter time, finer", 7},
    {VIEWS,
     {'>'},
     PS_DO_SPAN_LONGER,
     0,
     ">",
     "time",
     "time scale: a longer time, up to 2 hours",
     7},
    {PS_AT_LIVE,
     {PS_INPUT_LEFT, 'h'},
     PS_DO_LEFT,
     0,
     "Left",
     NULL,
     "look back: exact figures of an instant (also h, or a click)",
     9},
    {PS_AT_LIVE,
     {PS_INPUT_RIGHT, 'l'},
     PS_DO_RIGHT,
     0,
     "Right",
     NULL,
     "look at a later instant (also l); Esc ends looking back",
     9},
    {VIEWS, {'a'}, PS_DO_MARK, 0, "a", "", "mark this instant as a", 7},
    {VIEWS, {'b'}, PS_DO_MARK, 1, "b", "marks", "mark it as b: what happened from a to b", 7},
    {VIEWS,
     {'T'},
     PS_DO_TRIGGER,
     0,
     "T",
     "trigger",
     "stop the picture when p99 > 200 ms, when all workers block ...",
     6},
    {VIEWS,
     {'/'},
     PS_DO_FILTER,
     0,
     "/",
     "filter",
     "colour one state in the lanes (or click the legend)",
     8},
    {VIEWS, {'p'}, PS_DO_PANELS, 0, "p", "panels", "choose and order the panels", 8},
    {PS_AT_PANELS,
     {PS_INPUT_ENTER, ' '},
     PS_DO_ACCEPT,
     0,
     "Enter",
     "show or hide",
     "show or hide",
     0},
    {PS_AT_PANELS, {'<'}, PS_DO_SPAN_SHORTER, 0, "<", "", "move the panel forward", 1},
    {PS_AT_PANELS, {'>'}, PS_DO_SPAN_LONGER, 0, ">", "move", "move the panel back", 1},
    {RUNS, {'r'}, PS_DO_RESTART, 0, "r", "restart", "start the run again", 8},
    {PS_AT_LIVE,
     {'R'},
     PS_DO_RECORD,
     0,
     "R",
     "record",
     "begin or end to record the run to a file",
     7},
    {VIEWS, {'x'}, PS_DO_EXPORT, 0, "x", "export", "export what is recorded", 7},

    {START | PS_AT_LIVE | PS_AT_ENDED,
     {'c'},
     PS_DO_COMPARE,
     0,
     "c",
     "compare",
     "compare two engines: they take turns on the same arrivals",
     4},

    {START | PS_AT_LIVE | PS_AT_ENDED,
     {'u'},
     PS_DO_TUNE,
     0,
     "u",
     "tune",
     "find the worker count: throughput and p99 of every count",
     4},

    {PS_AT_COMPARE_FORM,
     {PS_INPUT_ENTER},
     PS_DO_ACCEPT,
     0,
     "Enter",
     "measure",
     "let A and B take turns",
     0},
    {PS_AT_TUNE_FORM,
     {PS_INPUT_ENTER},
     PS_DO_ACCEPT,
     0,
     "Enter",
     "measure",
     "measure the counts of the range",
     0},
    {PS_AT_TUNE,
     {PS_INPUT_ENTER},
     PS_DO_ACCEPT,
     0,
     "Enter",
     "apply",
     "a live run with the recommended count",
     1},
    {PS_AT_TUNE_FORM, {'e'}, PS_DO_ENGINE, 0, "e", "engines", "choose the engine from a list", 2},
    {PS_AT_COMPARE_FORM,
     {'e'},
     PS_DO_ENGINE,
     0,
     "e",
     "engines",
     "choose A or B from a list, whichever is selected",
     3},
    {PS_AT_COMPARE_FORM,
     {'s'},
     PS_DO_STEALING,
     0,
     "s",
     "stealing",
     "stealing on or off on the side that is selected",
     2},
    {PS_AT_COMPARE | PS_AT_TUNE,
     {PS_INPUT_TAB},
     PS_DO_NEXT,
     0,
     "Tab",
     "part",
     "the next part; each stands alone where there is little room",
     2},
    {PS_AT_COMPARE | PS_AT_TUNE,
     {PS_INPUT_BACK_TAB},
     PS_DO_PREVIOUS,
     0,
     "Shift-Tab",
     NULL,
     "the part before",
     9},
    {TUNE,
     {'1'},
     PS_DO_GUESS,
     1,
     "1-9",
     "guess",
     "your guess of the best count, and what it costs",
     2},
    {TUNE, {'2'}, PS_DO_GUESS, 2, "2", NULL, NULL, 9},
    {TUNE, {'3'}, PS_DO_GUESS, 3, "3", NULL, NULL, 9},
    {TUNE, {'4'}, PS_DO_GUESS, 4, "4", NULL, NULL, 9},
    {TUNE, {'5'}, PS_DO_GUESS, 5, "5", NULL, NULL, 9},
    {TUNE, {'6'}, PS_DO_GUESS, 6, "6", NULL, NULL, 9},
    {TUNE, {'7'}, PS_DO_GUESS, 7, "7", NULL, NULL, 9},
    {TUNE, {'8'}, PS_DO_GUESS, 8, "8", NULL, NULL, 9},
    {TUNE, {'9'}, PS_DO_GUESS, 9, "9", NULL, NULL, 9},
    {PS_AT_TUNE, {'n'}, PS_DO_MORE, 0, "n", "refine", "every point once more, and closer looks", 3},
    {TUNE,
     {'y'},
     PS_DO_GOAL,
     0,
     "y",
     "p99 goal",
     "recommend the fewest workers that keep a p99",
     3},
    {PS_AT_TUNE,
     {'t'},
     PS_DO_RACE,
     0,
     "t",
     "race tuners",
     "let auto-tuners race along the measured curve",
     4},
    {PS_AT_COMPARE, {'n'}, PS_DO_MORE, 0, "n", "more rounds", "as many rounds more", 1},
    {PS_AT_COMPARE | PS_AT_COMPARE_FORM,
     {'='},
     PS_DO_MATCH,
     0,
     "=",
     "settings",
     "in which settings A and B differ, and that the others are the same",
     3},
    {PS_AT_COMPARE | PS_AT_TUNE,
     {'x'},
     PS_DO_EXPORT,
     0,
     "x",
     "export",
     "save the result as CSV and JSON files in the working folder",
     3},
    {PS_AT_COMPARE | PS_AT_TUNE,
     {'Z'},
     PS_DO_FREEZE,
     0,
     "Z",
     "freeze",
     "freeze the view; measuring goes on",
     5},
    {PS_AT_TUNE, {'z'}, PS_DO_ZOOM, 0, "z", "zoom", "this part alone, or all", 6},
    {PS_AT_COMPARE,
     {'z', PS_INPUT_ENTER},
     PS_DO_ZOOM,
     0,
     "z",
     "zoom",
     "this part alone, or all",
     6},
    {PS_AT_COMPARE | PS_AT_TUNE,
     {PS_INPUT_ESC},
     PS_DO_BACK,
     0,
     "Esc",
     "back",
     "stop, and choose anew what is measured",
     1},
    {PS_AT_COMPARE_FORM | PS_AT_TUNE_FORM,
     {PS_INPUT_ESC},
     PS_DO_BACK,
     0,
     "Esc",
     "back",
     "back to where you came from; a live run starts again",
     1},

    {LESSON, {PS_INPUT_ENTER}, PS_DO_ACCEPT, 0, "Enter", "go on", "go on", 0},
    {PS_AT_PREDICT, {'1'}, PS_DO_ANSWER, 1, "1-4", "count a hand", "a hand for this answer", 0},
    {PS_AT_PREDICT, {'2'}, PS_DO_ANSWER, 2, "2", NULL, NULL, 9},
    {PS_AT_PREDICT, {'3'}, PS_DO_ANSWER, 3, "3", NULL, NULL, 9},
    {PS_AT_PREDICT, {'4'}, PS_DO_ANSWER, 4, "4", NULL, NULL, 9},
    {PS_AT_PREDICT,
     {PS_INPUT_BACKSPACE},
     PS_DO_UNDO,
     0,
     "Backspace",
     "take it back",
     "take the last hand back",
     2},
    {PS_AT_PREDICT,
     {'!'},
     PS_DO_ANSWER_LESS,
     1,
     "Shift-1-4",
     NULL,
     "a hand fewer for this answer (! @ # $)",
     9},
    {PS_AT_PREDICT, {'@', '"'}, PS_DO_ANSWER_LESS, 2, "@", NULL, NULL, 9},
    {PS_AT_PREDICT, {'#'}, PS_DO_ANSWER_LESS, 3, "#", NULL, NULL, 9},
    {PS_AT_PREDICT, {'$'}, PS_DO_ANSWER_LESS, 4, "$", NULL, NULL, 9},
    {PS_AT_TRIAL, {'r'}, PS_DO_RESTART, 0, "r", "again", "run this again", 1},
    {PS_AT_TRIAL, {' '}, PS_DO_PAUSE, 0, "Space", "pause", "pause or resume the workload", 2},
    {PS_AT_TRIAL, {'s'}, PS_DO_STEALING, 0, "s", "stealing", "work stealing on or off", 3},
    {PS_AT_TRIAL, {'-', '_'}, PS_DO_WORKERS_LESS, 0, "-", "", "one worker fewer", 4},
    {PS_AT_TRIAL, {'+', '='}, PS_DO_WORKERS_MORE, 0, "+", "workers", "one worker more", 4},
    {PS_AT_TRIAL, {'['}, PS_DO_LOAD_LESS, 0, "[", "", "less load", 5},
    {PS_AT_TRIAL, {']'}, PS_DO_LOAD_MORE, 0, "]", "load", "more load", 5},
    {PS_AT_TRIAL, {'f'}, PS_DO_FAULT, 0, "f", "fault", "inject a fault", 6},
    {LESSON, {PS_INPUT_LEFT, 'h'}, PS_DO_LEFT, 0, "Left", "", "the step before (also h)", 1},
    {LESSON, {PS_INPUT_RIGHT, 'l'}, PS_DO_RIGHT, 0, "Right", "step", "the next step (also l)", 1},
    {LESSON, {'t'}, PS_DO_NOTES, 0, "t", "notes", "notes for the teacher", 3},
    {LESSON, {'y'}, PS_DO_OWN_TRY, 0, "y", "my own try", "run it on the live screen", 3},

    {PS_AT_ENDED,
     {'r', PS_INPUT_ENTER},
     PS_DO_RESTART,
     0,
     "r",
     "restart",
     "start the run again",
     0},
    {PS_AT_ENDED, {'T'}, PS_DO_TRIGGER, 0, "T", NULL, "the trigger: save what it holds", 9},
    {PS_AT_ENDED, {PS_INPUT_ESC}, PS_DO_BACK, 0, "Esc", "back", "back to the start screen", 1},
    {PS_AT_ENDED,
     {'Z'},
     PS_DO_FREEZE,
     0,
     "Z",
     "look",
     "put the box away and look at the last frame",
     3},
    {PS_AT_ENDED, {'x'}, PS_DO_EXPORT, 0, "x", "export", "export what was recorded", 4},

    {MOVES | FORMS, {PS_INPUT_UP, 'k'}, PS_DO_UP, 0, "Up", NULL, "move up (also k)", 9},
    {MOVES | FORMS, {PS_INPUT_DOWN, 'j'}, PS_DO_DOWN, 0, "Down", NULL, "move down (also j)", 9},
    {FORMS,
     {PS_INPUT_LEFT, 'h'},
     PS_DO_LEFT,
     0,
     "Left",
     "",
     "the value before, or a smaller one (also h)",
     1},
    {FORMS,
     {PS_INPUT_RIGHT, 'l'},
     PS_DO_RIGHT,
     0,
     "Right",
     "change",
     "the next value, or a larger one (also l); digits are typed",
     1},
    {MOVES, {PS_INPUT_PAGE_UP}, PS_DO_PAGE_UP, 0, "PgUp", NULL, "a page up", 9},
    {MOVES, {PS_INPUT_PAGE_DOWN}, PS_DO_PAGE_DOWN, 0, "PgDn", NULL, "a page down", 9},
    {MOVES, {PS_INPUT_HOME, 'g'}, PS_DO_FIRST, 0, "Home", NULL, "to the first (also g)", 9},
    {MOVES, {PS_INPUT_END, 'G'}, PS_DO_LAST, 0, "End", NULL, "to the last (also G)", 9},

    {LESSON,
     {PS_INPUT_ESC},
     PS_DO_BACK,
     0,
     "Esc",
     "leave",
     "leave the lesson; L comes back to this step",
     2},
    {PS_AT_MENU | PS_AT_PANELS | PS_AT_OPTIONS | PS_AT_TEXT | PS_AT_PAGE,
     {PS_INPUT_ESC, 'q'},
     PS_DO_BACK,
     0,
     "Esc",
     "close",
     "close",
     0},
    {PS_AT_FORM, {PS_INPUT_ESC}, PS_DO_BACK, 0, "Esc", NULL, "back to the list", 9},
    {PS_AT_LIST, {PS_INPUT_ESC}, PS_DO_BACK, 0, "Esc", NULL, "end the search", 9},
    {VIEWS,
     {PS_INPUT_ESC},
     PS_DO_BACK,
     0,
     "Esc",
     "back",
     "one level back; from here to the start screen",
     7},
    {START | RUNS | PS_AT_REPLAY,
     {'t'},
     PS_DO_THEME,
     0,
     "t",
     "theme",
     "dark, light, mono theme",
     8},
    {START | RUNS | PS_AT_REPLAY | LAB | LESSON,
     {PS_INPUT_F2},
     PS_DO_OPTIONS,
     0,
     "F2",
     NULL,
     "options: theme, frames, characters, mouse, motion, colours",
     9},
    {PS_AT_OPTIONS, {PS_INPUT_LEFT, 'h'}, PS_DO_LEFT, 0, "Left", "", "the choice before", 0},
    {PS_AT_OPTIONS,
     {PS_INPUT_RIGHT, 'l', PS_INPUT_ENTER},
     PS_DO_RIGHT,
     0,
     "Right",
     "change",
     "the next choice",
     0},
    {VIEWS,
     {':'},
     PS_DO_CONSOLE,
     0,
     ":",
     "command",
     "command line: workers 8, rate 200, fault stuck 0 2s ...",
     9},
    {START, {':'}, PS_DO_CONSOLE, 0, ":", NULL, "command line: run 7, set KEY VALUE, theme ...", 9},
    {PS_AT_CONSOLE, {PS_INPUT_ENTER}, PS_DO_ACCEPT, 0, "Enter", "do it", "carry it out", 0},
    {PS_AT_CONSOLE, {PS_INPUT_TAB}, PS_DO_COMPLETE, 0, "Tab", "complete", "complete the word", 1},
    {PS_AT_CONSOLE, {PS_INPUT_UP}, PS_DO_UP, 0, "Up", "", "the line before", 2},
    {PS_AT_CONSOLE, {PS_INPUT_DOWN}, PS_DO_DOWN, 0, "Down", "history", "the line after", 2},
    {PS_AT_CONSOLE, {PS_INPUT_ESC}, PS_DO_BACK, 0, "Esc", "close", "close the command line", 1},
    {START | VIEWS | LAB | LESSON,
     {'P'},
     PS_DO_PRESENT,
     0,
     "P",
     NULL,
     "presenter: giant figures, keys shown, light theme",
     9},
    {LESSON, {':'}, PS_DO_CONSOLE, 0, ":", NULL, "command line: lesson 8, theme light ...", 9},
    {START | RUNS | PS_AT_REPLAY | LAB | LESSON | PS_AT_MENU | PS_AT_PANELS | PS_AT_OPTIONS |
         PS_AT_TEXT | PS_AT_ENDED,
     {'S'},
     PS_DO_SCREENSHOT,
     0,
     "S",
     NULL,
     "save this screen as an SVG file in the working folder",
     9},
    {START | RUNS | PS_AT_REPLAY | PS_AT_MENU | PS_AT_PANELS | PS_AT_TEXT | LESSON | PS_AT_ENDED |
         PS_AT_CONSOLE | LAB,
     {PS_INPUT_CTRL_L},
     PS_DO_REDRAW,
     0,
     "Ctrl-L",
     NULL,
     "draw the screen again",
     9},
    {START | RUNS | PS_AT_REPLAY | LAB | LESSON,
     {'?', PS_INPUT_F1},
     PS_DO_HELP,
     0,
     "?",
     "help",
     "this help (also F1)",
     0},
    {START | VIEWS | PS_AT_ENDED | LAB | LESSON,
     {'q', PS_INPUT_F10},
     PS_DO_QUIT,
     0,
     "q",
     "quit",
     "quit (also F10)",
     0},
    {.action = PS_DO_NOTHING},
};

const struct ps_binding *ps_bindings = ps_bindings_standard;

const struct ps_binding *ps_binding_find(enum ps_place place, int key)
{
    if (key == PS_INPUT_NONE)
        return NULL;
    for (const struct ps_binding *b = ps_bindings; b->action != PS_DO_NOTHING; b++) {
        if (!(b->places & place))
            continue;
        for (unsigned i = 0; i < PS_BINDING_KEYS; i++)
            if (b->keys[i] == key)
                return b;
    }
    return NULL;
}

const struct ps_binding *ps_binding_of(enum ps_place place, enum ps_action action)
{
    for (const struct ps_binding *b = ps_bindings; b->action != PS_DO_NOTHING; b++)
        if ((b->places & place) && b->action == action)
            return b;
    return NULL;
}

/* What stays on the bar: ranks below `rank`, and of `rank` the first `count`. */
struct cut {
    unsigned rank, count;
};

static bool on_bar(const struct ps_binding *b, enum ps_place place, struct cut cut,
                   unsigned *of_rank)
{
    if (!(b->places & place) || !b->label || b->rank > cut.rank)
        return false;
    return b->rank < cut.rank || (*of_rank)++ < cut.count;
}

/* Columns of an entry with the gap behind it. */
static int entry_width(const struct ps_binding *b)
{
    if (!*b->label)
        return ps_text_width(b->name) + 1;
    return ps_text_width(b->name) + 1 + ps_text_width(b->label) + 2;
}

/* Columns of an entry that must stay on one row: keys that share a label stand together. */
static int group_width(const struct ps_binding *b)
{
    return *b->label ? entry_width(b) : entry_width(b) + entry_width(b + 1);
}

/* Lay the bar out; draws when a canvas is given. Returns the rows it takes. */
static int lay_out(const struct ps_canvas *canvas, int width, enum ps_place place, struct cut cut)
{
    int x = 1, y = 0;
    unsigned of_rank = 0;
    bool joined = false;
    for (const struct ps_binding *b = ps_bindings; b->action != PS_DO_NOTHING; b++) {
        if (!on_bar(b, place, cut, &of_rank))
            continue;
        if (!joined && x > 1 && x + group_width(b) - 2 > width - 1) {
            x = 1;
            y++;
        }
        joined = !*b->label;
        if (canvas) {
            int end = ps_canvas_put(canvas, x, y, PS_STYLE_KEY, b->name);
            if (joined)
                ps_canvas_put(canvas, end, y, PS_STYLE_LABEL, "/");
            else
                ps_canvas_put(canvas, end + 1, y, PS_STYLE_LABEL, b->label);
            int columns = joined ? entry_width(b) - 1 : entry_width(b) - 2;
            ps_canvas_hit(canvas, x, y, columns, 1, (int)b->action, b->argument);
        }
        x += entry_width(b);
    }
    return y + 1;
}

static const struct cut nothing_cut = {.rank = 10};

int ps_key_bar_rows(int width, enum ps_place place, int limit)
{
    int rows = lay_out(NULL, width, place, nothing_cut);
    return rows < limit ? rows : limit;
}

static unsigned entries_of_rank(enum ps_place place, unsigned rank)
{
    unsigned count = 0;
    for (const struct ps_binding *b = ps_bindings; b->action != PS_DO_NOTHING; b++)
        count += (b->places & place) && b->label && b->rank == rank;
    return count;
}

/* Whether the last key that stays shares the label of one that does not. */
static bool splits_a_pair(enum ps_place place, struct cut cut)
{
    unsigned seen = 0;
    for (const struct ps_binding *b = ps_bindings; b->action != PS_DO_NOTHING; b++)
        if ((b->places & place) && b->label && b->rank == cut.rank && ++seen == cut.count)
            return !*b->label;
    return false;
}

void ps_key_bar(const struct ps_canvas *canvas, enum ps_place place)
{
    struct cut cut = nothing_cut;
    while (lay_out(NULL, canvas->width, place, cut) > canvas->height) {
        if (cut.count > 0) {
            cut.count--;
        } else if (cut.rank > 0) {
            cut.rank--;
            cut.count = entries_of_rank(place, cut.rank);
            cut.count -= cut.count > 0;
        } else {
            break;
        }
        if (splits_a_pair(place, cut))
            cut.count--;
    }
    lay_out(canvas, canvas->width, place, cut);
}
