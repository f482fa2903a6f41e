/* The command line under a screen: the words it knows, completion, history, drawing.
 *
 * Most words are control lines (client/live.h) and mean what they mean there; the others stand for
 * keys. One table, ps_console_words; a word is one line in it. All but `run` is pure. One owner, one
 * thread. */
#ifndef PS_UI_CONSOLE_H
#define PS_UI_CONSOLE_H

#include "model/library.h"
#include "ui/canvas.h"
#include "ui/keys.h"

struct ps_program;

/* What the candidates of an argument are taken from. */
struct ps_console_context {
    const struct ps_vocabulary *words;
    const struct ps_library *library;
    const struct ps_experiment *experiment; /* of the run, or of the form */
    enum ps_place place;                    /* PS_AT_LIVE, or of the start screen */
    char scratch[80];                       /* for candidates that stand in no table */
};

struct ps_console_word {
    const char *word;
    const char *arguments; /* for people: "N | +N | -N"; "" : none */
    const char *help;
    unsigned places; /* of enum ps_place; elsewhere the word is unknown */
    /* Candidate number i for the argument, good until the next call; NULL: no more. The slot may be
     * NULL. */
    const char *(*candidate)(struct ps_console_context *context, unsigned i);
    /* Carry it out. False: it has been said why not. */
    bool (*run)(struct ps_program *program, const struct ps_console_word *word,
                const char *arguments);
    enum ps_action action; /* for `run`, which may do what a key does */
};

/* Ends with word == NULL. */
extern const struct ps_console_word ps_console_words[];

/* The word that a line begins with, or that it begins to spell and no other; NULL: why says what is
 * wrong. *arguments: what follows, without blanks around it; part of line. */
const struct ps_console_word *ps_console_find(const struct ps_console_context *context,
                                              const char *line, const char **arguments, char *why,
                                              size_t why_size);

/* Tab: extend a line as far as only one continuation is possible; a word that is whole gets a blank.
 * False: nothing to add. */
bool ps_console_complete(struct ps_console_context *context, char *line, size_t size);

/* What could stand at the end of the line: the candidates, or what the word before them takes. */
void ps_console_hint(struct ps_console_context *context, const char *line, char *into, size_t size);

/* Lines that were carried out, in memory only. */
#define PS_CONSOLE_LINES 32u
#define PS_CONSOLE_BYTES 200u
struct ps_console_history {
    unsigned count; /* ever kept; the newest PS_CONSOLE_LINES are there */
    unsigned back;  /* how far Up has gone; 0: the line being typed */
    char list[PS_CONSOLE_LINES][PS_CONSOLE_BYTES];
    char draft[PS_CONSOLE_BYTES]; /* what was typed before Up */
};
/* Keep a line unless it is the last one again; the next Up begins at it. */
void ps_console_keep(struct ps_console_history *history, const char *line);
/* Up (direction -1) or Down (1): replaces line, of at least PS_CONSOLE_BYTES. */
void ps_console_recall(struct ps_console_history *history, int direction, char *line);

/* On the last rows of the canvas: a rule, a hint or complaint, the line with its cursor. */
void ps_console_draw(const struct ps_canvas *canvas, const char *line, const char *hint,
                     const char *complaint);

#endif
