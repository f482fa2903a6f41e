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
    X(GOOD, 0x2fc7a0, 0x00706a, 10, 0, 0)                                            \
    X(NOTE, 0x6cbcf0, 0x0b64a0, 14, 0, 0)                                            \
    X(WARNING, 0xf0b429, 0x6a3c00, 11, 0, PS_ATTR_BOLD)                              \
    X(ERROR, 0xff7a4d, 0xc24800, 9, PS_ATTR_BOLD, PS_ATTR_BOLD | PS_ATTR_UNDERLINE)  \
    X(SELECTION, -1, -1, -1, PS_ATTR_REVERSE, PS_ATTR_REVERSE)                       \
    X(ALERT, 0xff7a4d, 0xc24800, 9, PS_ATTR_BOLD | PS_ATTR_REVERSE,                  \
      PS_ATTR_BOLD | PS_ATTR_REVERSE)                                                \
    X(INPUT, 0xf2f4f8, 0x101418, 15, PS_ATTR_UNDERLINE, PS_ATTR_UNDERLINE)           \
    X(GRAPH1, 0x2fd79a, 0x0d8843, 2, 0, 0)                                           \
    X(GRAPH2, 0xba5e94, 0x700a54, 13, 0, PS_ATTR_BOLD)                               \
    X(GRAPH3, 0x51bfff, 0x0b77da, 12, 0, 0)                                          \
    X(RUN, 0x09c889, 0x119275, 2, 0, 0)                                              \
    X(READY, 0xf4f04a, 0x514b00, 11, 0, PS_ATTR_BOLD)                                \
    X(LOCK, 0xc86a04, 0xd76f04, 9, 0, PS_ATTR_BOLD)                                  \
    X(GIL, 0xee5f58, 0x7e0233, 1, 0, PS_ATTR_BOLD)                                   \
    X(JOIN, 0xb66388, 0x733391, 13, 0, 0)                                            \
    X(NET, 0x0abcfb, 0x0077e7, 14, 0, 0)                                             \
    X(DISK, 0x647cff, 0x2032cf, 12, 0, 0)                                            \
    X(SLEEP, 0x4b71af, 0x9381c3, 4, 0, 0)                                            \
    X(BLOCK, 0xd9af00, 0xb47d49, 3, 0, PS_ATTR_BOLD)                                 \
    X(SEEK, 0xdbeddd, 0x226673, 7, 0, 0)                                             \
    X(IDLE, 0x4f545c, 0x8fa4b6, 8, 0, PS_ATTR_DIM)                                   \
    X(PAUSED, 0xc8b2d0, 0x20184a, 5, 0, 0)                                           \
    X(OFF, 0x3a4250, 0xaab2be, 8, 0, PS_ATTR_DIM)                                    \
    /* Who drew a part of a picture: six workers, three degrees of brightness. */    \
    X(OWNER_A1, 0x1d4f80, 0x85a6c3, 4, 0, 0)                                         \
    X(OWNER_B1, 0x6d3900, 0xf6cfa0, 1, 0, 0)                                         \
    X(OWNER_C1, 0x07513b, 0xaff4f4, 2, 0, 0)                                         \
    X(OWNER_D1, 0x511c47, 0xe5b4bf, 5, 0, 0)                                         \
    X(OWNER_E1, 0x7c7324, 0xbfb863, 3, 0, 0)                                         \
    X(OWNER_F1, 0x5b626d, 0x8a8e92, 8, 0, 0)                                         \
    X(OWNER_A2, 0x3f97e8, 0x529ae7, 12, 0, 0)                                        \
    X(OWNER_B2, 0xd97a0c, 0xbf6600, 9, 0, 0)                                         \
    X(OWNER_C2, 0x10b283, 0x0f9c74, 10, 0, 0)                                        \
    X(OWNER_D2, 0xb851a4, 0x9f3f8c, 13, 0, 0)                                        \
    X(OWNER_E2, 0xd6cb20, 0xbdb025, 11, 0, 0)                                        \
    X(OWNER_F2, 0x939eac, 0x828c99, 7, 0, 0)                                         \
    X(OWNER_A3, 0xaad6ff, 0x144a86, 12, 0, 0)                                        \
    X(OWNER_B3, 0xd09853, 0x662d00, 9, 0, 0)                                         \
    X(OWNER_C3, 0x6fd8b7, 0x145c44, 10, 0, 0)                                        \
    X(OWNER_D3, 0xd194c1, 0x590549, 13, 0, 0)                                        \
    X(OWNER_E3, 0xe3dc8a, 0x71691d, 11, 0, 0)                                        \
    X(OWNER_F3, 0xe4eaf1, 0x171a1d, 15, 0, 0)

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

/* The style of what a worker drew; brightness 1 to 3. Six workers have colours of their own. */
#define PS_OWNER_COLOURS 6u
enum ps_style ps_owner_style(unsigned worker, unsigned brightness);

/* The nearest of xterm's 256 colours (the cube and the greys, whose values are fixed). */
int ps_colour_256(int32_t rgb);

/* How a worker's state is drawn. `ready`: it is runnable but has no CPU. */
enum ps_style ps_state_style(enum ps_state state, bool ready);
uint32_t ps_state_glyph(enum ps_state state, bool ready, bool ascii);
/* The glyph of a state that took this share of a column's time: running is drawn as high as it is.
 */
uint32_t ps_state_glyph_share(enum ps_state state, bool ready, double share, bool ascii);

#endif
