/* Which figures are giant in presenter mode, and what they are. Numbers of figures are indices into
 * ps_giants. Plain data but for the drawing. */
#ifndef PS_UI_GIANTS_H
#define PS_UI_GIANTS_H

#include "ui/figures.h"
#include "ui/giant.h"

struct ps_giant_figure {
    const char *word;  /* in the file of options */
    const char *label; /* with its unit, unless `value` adds that */
    enum ps_style style;
    void (*value)(const struct ps_live_view *view, const struct ps_figures *figures,
                  struct ps_giant *into);
};

/* Ends with word NULL. */
extern const struct ps_giant_figure ps_giants[];

/* Those that are shown, in their order: the user's, or done/s, p99 and in flight. Returns how many. */
unsigned ps_giants_shown(const struct ps_live_look *look, unsigned char into[PS_GIANTS_MAX]);
bool ps_giants_show(const struct ps_live_look *look, unsigned figure);
/* Take one away, or put it at the end in the place of the first where there is no room. False: the last
 * one stays. */
bool ps_giants_toggle(struct ps_live_look *look, unsigned figure);

/* As the file of options has it: "auto", or "done p99 queued". Returns into. */
const char *ps_giants_text(const struct ps_live_look *look, char *into, size_t size);
/* The other way round. False: `why` says what is allowed, the look is as it was. */
bool ps_giants_parse(struct ps_live_look *look, const char *text, char *why, size_t why_size);

/* What can be read from the last row of a class. */
void ps_giants_draw(const struct ps_canvas *canvas, const struct ps_live_view *view,
                    const struct ps_figures *figures);

#endif
