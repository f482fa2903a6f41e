/* A canvas: a grid of cells that screens draw on. It knows no terminal: the same canvas goes to
 * ncurses (term.h), to plain text (golden tests) and to SVG (screenshots).
 *
 * A root owns its cells; a view (ps_canvas_view) is a rectangle of a root, passed by value, valid
 * as long as the root is neither resized nor freed. Coordinates are columns and rows of the view,
 * (0, 0) at the top left. Everything outside is clipped, so a widget may draw without looking at
 * the size. One owner, one thread. */
#ifndef PS_UI_CANVAS_H
#define PS_UI_CANVAS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ui/theme.h"

struct ps_canvas_cell {
    uint32_t code; /* code point; 0: the right half of a wide character */
    uint8_t style; /* enum ps_style */
    uint8_t lines; /* PS_LINE_* when the cell is part of a border */
    uint8_t below; /* of PS_HALF: the style of the lower half; PS_STYLE_NORMAL: as the background */
};

/* Directions in which a border leaves a cell; borders that meet are joined. */
#define PS_LINE_UP    1u
#define PS_LINE_DOWN  2u
#define PS_LINE_LEFT  4u
#define PS_LINE_RIGHT 8u

/* Rectangles that answer a click; noted while drawing. */
struct ps_hit {
    int x, y, width, height; /* in the root */
    int action;              /* enum ps_action */
    int argument;
};
#define PS_HITS_MAX 192u
struct ps_hits {
    unsigned count;
    struct ps_hit list[PS_HITS_MAX];
};

/* Text that was begun in its view and went over an edge of it without an ellipsis: what the reader sees
 * of it is a broken word. Counted for tests, since the last clear. */
struct ps_cuts {
    unsigned count;
    char first[96]; /* the text, as far as it fits here */
};

struct ps_canvas {
    struct ps_canvas_cell *cells; /* of the view's first cell */
    int stride;                   /* cells from one row to the next */
    int width, height;
    int x, y; /* of the view in its root */
    bool ascii;
    struct ps_hits *hits;
    struct ps_cuts *cuts;
};

/* A root of width x height blank cells, each at least 1; NULL: out of memory. */
struct ps_canvas *ps_canvas_new(int width, int height, bool ascii);
void ps_canvas_free(struct ps_canvas *canvas);
/* Change the size of a root; the content is lost. False: out of memory, the root is as it was. */
bool ps_canvas_resize(struct ps_canvas *canvas, int width, int height);
/* Blank cells, no hits, no cuts. */
void ps_canvas_clear(struct ps_canvas *root);

/* A part of a canvas, clipped to it; may be empty (width or height 0). */
struct ps_canvas ps_canvas_view(const struct ps_canvas *canvas, int x, int y, int width,
                                int height);

/* One character. Control characters and characters without a width are not drawn. */
void ps_canvas_cell(const struct ps_canvas *canvas, int x, int y, enum ps_style style,
                    uint32_t code);
void ps_canvas_fill(const struct ps_canvas *canvas, int x, int y, int width, int height,
                    enum ps_style style, uint32_t code);
/* Keep what is drawn and change its style. */
void ps_canvas_restyle(const struct ps_canvas *canvas, int x, int y, int width,
                       enum ps_style style);

/* Whether nothing is drawn there, or there is no such cell. */
bool ps_canvas_blank(const struct ps_canvas *canvas, int x, int y);

/* Two pixels, one above the other, in the colours of two styles; PS_STYLE_NORMAL: none. Where there
 * are no colours, or only one of the two can be shown, what is shown is lit. ASCII canvases draw a
 * letter: "#" both, "^" the upper, "." the lower. */
#define PS_HALF 0x2580u
void ps_canvas_pixels(const struct ps_canvas *canvas, int x, int y, enum ps_style upper,
                      enum ps_style lower);

/* UTF-8 text from (x, y) on; returns the column after it (also when clipped). */
int ps_canvas_put(const struct ps_canvas *canvas, int x, int y, enum ps_style style,
                  const char *text);
int ps_canvas_print(const struct ps_canvas *canvas, int x, int y, enum ps_style style,
                    const char *format, ...) __attribute__((format(printf, 5, 6)));
/* At most `width` columns; text that does not fit ends with an ellipsis, after a whole clause or
 * word where there is one to end with. Returns the column after what was drawn. */
int ps_canvas_fit(const struct ps_canvas *canvas, int x, int y, int width, enum ps_style style,
                  const char *text);
/* Ends before column `end`. Returns its first column. */
int ps_canvas_right(const struct ps_canvas *canvas, int end, int y, enum ps_style style,
                    const char *text);
/* Word-wrapped into a rectangle; `skip` lines are left out at the top. Returns the lines the whole
 * text has, also those not drawn. '\n' begins a new line. */
int ps_canvas_wrap(const struct ps_canvas *canvas, int x, int y, int width, int height, int skip,
                   enum ps_style style, const char *text);

/* The same from its beginning; what does not fit into the rows ends with an ellipsis. Returns the rows
 * used. */
int ps_canvas_paragraph(const struct ps_canvas *canvas, int x, int y, int width, int height,
                        enum ps_style style, const char *text);

void ps_canvas_hline(const struct ps_canvas *canvas, int x, int y, int width, enum ps_style style);
void ps_canvas_vline(const struct ps_canvas *canvas, int x, int y, int height, enum ps_style style);
/* A box round the rectangle's edge, with a title in its upper border. */
void ps_canvas_box(const struct ps_canvas *canvas, int x, int y, int width, int height,
                   enum ps_style border, enum ps_style title_style, const char *title);

/* The rectangle answers clicks; later hits lie above earlier ones. */
void ps_canvas_hit(const struct ps_canvas *canvas, int x, int y, int width, int height, int action,
                   int argument);
/* The topmost hit at a root's cell, or NULL. */
const struct ps_hit *ps_canvas_hit_at(const struct ps_canvas *root, int x, int y);

/* Columns of a code point: 0 (combining, control), 1 or 2; of a text. Locale-independent. */
int ps_char_width(uint32_t code);
int ps_text_width(const char *text);

/* UTF-8 of a code point into 5 bytes; returns its length. */
size_t ps_utf8_put(char into[5], uint32_t code);

/* ---- dumps; malloc'ed, NUL-terminated, NULL: out of memory ---- */

/* Lines of UTF-8 without trailing blanks. */
char *ps_canvas_text(const struct ps_canvas *root);
/* A picture in the theme's colours: every glyph at its own x, borders, blocks and braille as
 * shapes. */
char *ps_canvas_svg(const struct ps_canvas *root, enum ps_theme theme);

#endif
