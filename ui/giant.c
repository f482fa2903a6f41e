#include "ui/giant.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"

/* Three by five dots; a row is three bits, the left one highest. '.' is one dot wide. */
enum { ROWS = 5, COLUMNS = 3, GAP = 1 };
struct glyph {
    char c;
    unsigned char row[ROWS];
};

static const struct glyph glyphs[] = {
    {'0', {7, 5, 5, 5, 7}}, {'1', {2, 6, 2, 2, 7}}, {'2', {7, 1, 7, 4, 7}}, {'3', {7, 1, 7, 1, 7}},
    {'4', {5, 5, 7, 1, 1}}, {'5', {7, 4, 7, 1, 7}}, {'6', {7, 4, 7, 5, 7}}, {'7', {7, 1, 1, 2, 2}},
    {'8', {7, 5, 7, 5, 7}}, {'9', {7, 5, 7, 1, 7}}, {'k', {4, 5, 6, 5, 5}}, {'M', {5, 7, 7, 5, 5}},
    {'-', {0, 0, 7, 0, 0}}, {'.', {0, 0, 0, 0, 4}},
};
enum { GLYPHS = sizeof glyphs / sizeof glyphs[0] };

static const struct glyph *glyph_of(char c)
{
    for (unsigned i = 0; i < GLYPHS; i++)
        if (glyphs[i].c == c)
            return &glyphs[i];
    return NULL;
}

static int dots_of(char c)
{
    return c == '.' ? 1 : COLUMNS;
}

/* In dots. */
static int text_dots(const char *text)
{
    int dots = 0;
    for (; *text; text++)
        dots += glyph_of(*text) ? dots_of(*text) + GAP : 0;
    return dots ? dots - GAP : 0;
}

/* A dot is `wide` columns and `high` rows; cells are about twice as high as wide. */
struct scale {
    int wide, high;
};

static struct scale scale_for(int dots, int width, int rows)
{
    struct scale scale = {1, 1};
    for (int wide = 2; wide <= 8; wide++) {
        int high = wide / 2 > 0 ? wide / 2 : 1;
        if (wide * dots <= width && high * ROWS <= rows)
            scale = (struct scale){wide, high};
    }
    return scale;
}

static void draw_text(const struct ps_canvas *c, int x, int y, struct scale scale,
                      const struct ps_giant *figure)
{
    for (const char *at = figure->text; *at; at++) {
        const struct glyph *glyph = glyph_of(*at);
        int dots = dots_of(*at);
        for (int row = 0; glyph && row < ROWS; row++)
            for (int dot = 0; dot < dots; dot++)
                if (glyph->row[row] & (4 >> dot))
                    ps_canvas_fill(c, x + dot * scale.wide, y + row * scale.high, scale.wide,
                                   scale.high, figure->style, c->ascii ? '#' : 0x2588);
        x += glyph ? (dots + GAP) * scale.wide : 0;
    }
}

/* Room for four digits, so that figures keep their size while they change. */
enum { DOTS_USUAL = 3 * (COLUMNS + GAP) + COLUMNS, FIGURES_USUAL = 3 };

int ps_giant_rows(int width, int most)
{
    struct scale scale = scale_for(DOTS_USUAL, width / FIGURES_USUAL - 1, most - 2);
    return 1 + ROWS * scale.high;
}

void ps_giant_draw(const struct ps_canvas *c, const struct ps_giant *figure, unsigned count)
{
    if (count == 0)
        return;
    int width = c->width / (int)count;
    struct scale scale = scale_for(DOTS_USUAL, width - 1, c->height - 1);
    for (unsigned i = 0; i < count; i++) {
        int x = (int)i * width + 1;
        struct ps_canvas part = ps_canvas_view(c, x, 0, width - 1, c->height);
        struct scale own = scale;
        if (text_dots(figure[i].text) * own.wide > part.width)
            own = scale_for(text_dots(figure[i].text), part.width, c->height - 1);
        ps_canvas_fit(&part, 0, 0, part.width, PS_STYLE_STRONG, figure[i].label);
        draw_text(&part, 0, 1, own, &figure[i]);
    }
}

const char *ps_giant_number(char into[8], double value)
{
    static const char units[] = {'\0', 'k', 'M'};
    unsigned unit = 0;
    for (; unit < 2 && value >= 999.5; unit++)
        value /= 1000;
    if (value >= 999.5)
        value = 999;
    snprintf(into, 8, value < 9.95 && (unit || value > 0) ? "%.1f" : "%.0f", value);
    size_t length = strlen(into);
    into[length] = units[unit];
    into[length + 1] = '\0';
    return into;
}

const char *ps_giant_time(char into[8], uint64_t ns, const char **unit)
{
    static const struct {
        double ns;
        const char *name;
    } units[] = {{PS_NS_PER_US, "us"}, {PS_NS_PER_MS, "ms"}, {PS_NS_PER_S, "s"}};
    unsigned i = 0;
    while (i < 2 && (double)ns >= 999.5 * units[i].ns)
        i++;
    *unit = units[i].name;
    return ps_giant_number(into, (double)ns / units[i].ns);
}
