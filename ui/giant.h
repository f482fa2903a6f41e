/* Figures in giant digits, side by side, for a projector. Pure drawing. */
#ifndef PS_UI_GIANT_H
#define PS_UI_GIANT_H

#include "ui/canvas.h"

struct ps_giant {
    char label[40]; /* in ordinary letters above it, with the unit */
    char text[8];   /* digits, '.', 'k', 'M', '-' */
    enum ps_style style;
};

/* Rows that a band of this width and at most `most` rows uses well: a label and digits. */
int ps_giant_rows(int width, int most);
void ps_giant_draw(const struct ps_canvas *canvas, const struct ps_giant *figure, unsigned count);

/* At most three digits and a letter: "9.5", "186", "1.8k", "12k", "3.4M". Returns into. */
const char *ps_giant_number(char into[8], double value);
/* A time in the largest unit that keeps it short; *unit: "us", "ms" or "s". Returns into. */
const char *ps_giant_time(char into[8], uint64_t ns, const char **unit);

#endif
