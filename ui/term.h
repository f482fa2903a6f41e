/* The terminal: shows canvases, reads keys and clicks, and leaves the terminal as it was on every
 * way out (also fatal signals; see restore.h). One at a time, one thread.
 *
 * A frame is written between synchronized-output marks (ESC[?2026h and l) where the terminal may
 * know them. It is skipped while the terminal has not taken what was written before (Ctrl-S, a slow
 * line, a dead connection), and what a terminal does not take at once is kept and written later, so
 * that drawing never blocks the program for long and frames are dropped, not queued. */
#ifndef PS_UI_TERM_H
#define PS_UI_TERM_H

#include "base/err.h"
#include "ui/canvas.h"
#include "ui/input.h"

struct ps_term;

struct ps_term_options {
    enum ps_theme theme;
    bool mouse;       /* take clicks */
    bool motion;      /* and reports of where the mouse is */
    unsigned colours; /* at most so many; 0: what the terminal has */
};

/* Take over the terminal on standard input and output. PS_ENOTSUP with the reason in `why` when
 * there is none or it cannot be used; nothing was changed then. */
enum ps_err ps_term_open(const struct ps_term_options *options, struct ps_term **term, char *why,
                         size_t why_size);
/* Give it back, restored. */
void ps_term_close(struct ps_term *term);

void ps_term_size(const struct ps_term *term, int *width, int *height);
/* Whether the locale is UTF-8; otherwise canvases should be ASCII. */
bool ps_term_unicode(const struct ps_term *term);
void ps_term_theme(struct ps_term *term, enum ps_theme theme);
void ps_term_colours(struct ps_term *term, unsigned colours);
/* Take clicks, and reports of where the mouse is, or leave them to the terminal. A terminal that
 * does not report its mouse is not asked. */
void ps_term_mouse(struct ps_term *term, bool mouse, bool motion);

/* Bring the canvas onto the terminal; only what changed since the last frame is written. False: the
 * terminal is stalled and the frame was skipped. */
bool ps_term_show(struct ps_term *term, const struct ps_canvas *canvas);
/* The next frame is written whole. */
void ps_term_redraw(struct ps_term *term);

/* The next input; key PS_INPUT_NONE: nothing to read. Does not block, except 10 ms to tell Esc from
 * an escape sequence. */
struct ps_input ps_term_read(struct ps_term *term);
/* Descriptors to poll for input: keys, and signals (window size, suspend). */
int ps_term_fd(const struct ps_term *term);
int ps_term_signal_fd(const struct ps_term *term);
/* Handle what the signal descriptor reported. Suspends the program if that was asked for. Returns
 * whether the window may have another size. */
bool ps_term_signals(struct ps_term *term);

#endif
