/* Which panels the live screen shows and in which order. Plain data, no drawing. Numbers of panels
 * are indices into ps_panels. */
#ifndef PS_UI_PANELS_H
#define PS_UI_PANELS_H

#include "ui/widgets/widget.h"

/* The panels that can be seen, in their order: the user's, or all. Returns how many. */
unsigned ps_panels_shown(const struct ps_live_look *look, unsigned char into[PS_ORDER_MAX]);
/* The place of a panel among them; -1: it is not there. */
int ps_panels_place(const struct ps_live_look *look, unsigned panel);

/* The panel, or the first one where it is not among them: whose the focus can be. */
unsigned ps_panels_focus(const struct ps_live_look *look, unsigned panel);

/* Put a panel at the end, or take it away. False: the last one stays. */
bool ps_panels_toggle(struct ps_live_look *look, unsigned panel);
/* Change places with the panel before (-1) or behind (1). False: it is at that end, or not shown. */
bool ps_panels_move(struct ps_live_look *look, unsigned panel, int direction);

/* As the file of options has it: "auto", or "lanes done queue". Returns into. */
const char *ps_panels_text(const struct ps_live_look *look, char *into, size_t size);
/* The other way round. False: `why` says what is allowed, the look is as it was. */
bool ps_panels_parse(struct ps_live_look *look, const char *text, char *why, size_t why_size);

#endif
