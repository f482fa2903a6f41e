/* Styles by meaning, and the themes that paint them.
 *
 * Drawing code says what a thing is (a running worker, a warning); a theme says how that looks. The
 * colours are after Okabe and Ito's palette, which the colour-blind can tell apart, and nothing is
 * said by colour alone: every state also has a glyph of its own. */
#ifndef PS_UI_THEME_H
#define PS_UI_THEME_H

#include <stdbool.h>
#include <stdint.h>

#include "metrics/segment.h"

enum ps_theme { PS_THEME_DARK, PS_THEME_LIGHT, PS_THEME_MONO, PS_THEME_COUNT };

#define PS_ATTR_BOLD      1u
#define PS_ATTR_DIM       2u
#define PS_ATTR_REVERSE   4u
#define PS_ATTR_UNDERLINE 8u

#define PS_COLOUR_DEFAULT (-1)

/* name, colour on dark, colour on light (RGB, -1: the terminal's own), colour of 16, attributes,
 * attributes in mono */
#define PS_STYLES(X)                                                                 \
    X(NORMAL, -1, -1, -1, 0, 0)                                                      \
    X(STRONG, 0xf2f4f8, 0x101418, -1, PS_ATTR_BOLD, PS_ATTR_BOLD)                    \
    X(DIM, 0x7f8896, 0x6a7280, 8, 0, PS_ATTR_DIM)                                    \
    X(BORDER, 0x4a5364, 0x8c96a4, 8, 0, PS_ATTR_DIM)                                 \
    X(TITLE, 0xa9b8cf, 0x31435c, 7, PS_ATTR_BOLD, PS_ATTR_BOLD)                      \
    X(FOCUS, 0xffc857, 0x9a5b00, 11, PS_ATTR_BOLD, PS_ATTR_BOLD | PS_ATTR_UNDERLINE) \
    X(BRAND, 0x2fc7a0, 0x00705a, 10, PS_ATTR_BOLD, PS_ATTR_BOLD)                     \
    X(KEY, 0xffc857, 0x9a5b00, 11, PS_ATTR_BOLD, PS_ATTR_BOLD)                       \
    X(LABEL, 0x97a1b1, 0x505a68, 7, 0, 0)                                            \
    X(GOOD, 0x2fc7a0, 0x00705a, 10, 0, 0)                                            \
    X(NOTE, 0x6cbcf0, 0x0b64a0, 14, 0, 0)                                            \
    X(WARNING, 0xf0b429, 0x8f5a00, 11, 0, PS_ATTR_BOLD)                              \
    X(ERROR, 0xff7a4d, 0xb83a00, 9, PS_ATTR_BOLD, PS_ATTR_BOLD | PS_ATTR_UNDERLINE)  \
    X(SELECTION, -1, -1, -1, PS_ATTR_REVERSE, PS_ATTR_REVERSE)                       \
    X(ALERT, 0xff7a4d, 0xb83a00, 9, PS_ATTR_BOLD | PS_ATTR_REVERSE,                  \
      PS_ATTR_BOLD | PS_ATTR_REVERSE)                                                \
    X(INPUT, 0xf2f4f8, 0x101418, 15, PS_ATTR_UNDERLINE, PS_ATTR_UNDERLINE)           \
    X(GRAPH1, 0x2fc7a0, 0x008a6e, 2, 0, 0)                                           \
    X(GRAPH2, 0xcc79a7, 0xa04a7d, 13, 0, PS_ATTR_BOLD)                               \
    X(GRAPH3, 0x56b4e9, 0x0b64a0, 12, 0, 0)                                          \
    X(RUN, 0x27ae8a, 0x008a6e, 2, 0, 0)                                              \
    X(READY, 0xf0e442, 0x8a7400, 11, 0, PS_ATTR_BOLD)                                \
    X(LOCK, 0xe8703a, 0xc04800, 9, 0, PS_ATTR_BOLD)                                  \
    X(GIL, 0xd94f4f, 0xa82020, 1, 0, PS_ATTR_BOLD)                                   \
    X(JOIN, 0xcc79a7, 0xa04a7d, 13, 0, 0)                                            \
    X(NET, 0x56b4e9, 0x0b74b4, 14, 0, 0)                                             \
    X(DISK, 0x7c8cf8, 0x3a46c8, 12, 0, 0)                                            \
    X(SLEEP, 0x6f86a8, 0x5a7090, 4, 0, 0)                                            \
    X(BLOCK, 0xe69f00, 0xa86c00, 3, 0, PS_ATTR_BOLD)                                 \
    X(SEEK, 0xc0c6d0, 0x606874, 7, 0, 0)                                             \
    X(IDLE, 0x566072, 0x7a8494, 8, 0, PS_ATTR_DIM)                                   \
    X(PAUSED, 0x9a8fb8, 0x6a5a98, 5, 0, 0)                                           \
    X(OFF, 0x3a4250, 0xaab2be, 8, 0, PS_ATTR_DIM)

enum ps_style {
#define PS_STYLE_ENUM(name, dark, light, ansi, attr, mono) PS_STYLE_##name,
    PS_STYLES(PS_STYLE_ENUM)
#undef PS_STYLE_ENUM
        PS_STYLE_COUNT
};

struct ps_paint {
    int32_t colour; /* foreground, RGB or PS_COLOUR_DEFAULT */
    int ansi;       /* its place among the 16 of old terminals, or PS_COLOUR_DEFAULT */
    unsigned attributes;
};

struct ps_paint ps_theme_paint(enum ps_theme theme, enum ps_style style);

const char *ps_theme_name(enum ps_theme theme);
/* False: no such theme. */
bool ps_theme_find(const char *name, enum ps_theme *theme);
/* Mono if NO_COLOR is set and not empty (no-color.org), else `wanted`. */
enum ps_theme ps_theme_choose(enum ps_theme wanted, const char *no_color);

/* The nearest of xterm's 256 colours (the cube and the greys, whose values are fixed). */
int ps_colour_256(int32_t rgb);

/* How a worker's state is drawn. `ready`: it is runnable but has no CPU. */
enum ps_style ps_state_style(enum ps_state state, bool ready);
uint32_t ps_state_glyph(enum ps_state state, bool ready, bool ascii);
/* The glyph of a state that took this share of a column's time: running is drawn as high as it is.
 */
uint32_t ps_state_glyph_share(enum ps_state state, bool ready, double share, bool ascii);

#endif
