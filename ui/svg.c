/* A canvas as SVG. A cell is 9 x 18 units; DejaVu Sans Mono at 14.95 is 9 wide. Borders, blocks and
 * braille are drawn as shapes, because fonts leave gaps between them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ui/canvas.h"

enum { CELL_W = 9, CELL_H = 18, PAD = 9, BASELINE = 14 };

struct page {
    uint32_t background, foreground;
};

static const struct page pages[PS_THEME_COUNT] = {
    [PS_THEME_DARK] = {0x12161d, 0xc9d1dc},
    [PS_THEME_LIGHT] = {0xffffff, 0x1f2733},
    [PS_THEME_MONO] = {0x12161d, 0xd8dce4},
};

struct writer {
    FILE *to;
    enum ps_theme theme;
    struct page page;
};

static uint32_t ink(const struct writer *w, unsigned style, struct ps_paint *paint)
{
    *paint = ps_theme_paint(w->theme, (enum ps_style)style);
    if (paint->attributes & PS_ATTR_REVERSE)
        return w->page.background;
    return paint->colour == PS_COLOUR_DEFAULT ? w->page.foreground : (uint32_t)paint->colour;
}

static bool is_block(uint32_t code)
{
    return code >= 0x2580 && code <= 0x2595;
}
static bool is_braille(uint32_t code)
{
    return code >= 0x2800 && code < 0x2900;
}
static bool is_dash(uint32_t code)
{
    return code == 0x254c;
}

static void rect(const struct writer *w, double x, double y, double width, double height,
                 uint32_t colour, double opacity)
{
    fprintf(w->to, "<rect x=\"%g\" y=\"%g\" width=\"%g\" height=\"%g\" fill=\"#%06x\"", x, y, width,
            height, colour);
    if (opacity < 1)
        fprintf(w->to, " fill-opacity=\"%g\"", opacity);
    fputs("/>\n", w->to);
}

static void block(const struct writer *w, double x, double y, uint32_t code, uint32_t colour)
{
    if (code >= 0x2581 && code <= 0x2588) {
        double height = CELL_H * (code - 0x2580) / 8.0;
        rect(w, x, y + CELL_H - height, CELL_W, height, colour, 1);
    } else if (code >= 0x2589 && code <= 0x258f) {
        rect(w, x, y, CELL_W * (0x2590 - code) / 8.0, CELL_H, colour, 1);
    } else if (code >= 0x2591 && code <= 0x2593) {
        rect(w, x, y, CELL_W, CELL_H, colour, (code - 0x2590) * 0.25);
    } else if (code == PS_HALF) {
        rect(w, x, y, CELL_W, CELL_H / 2.0, colour, 1);
    }
}

/* Dots of a braille cell, in the order of its bits. */
static void braille(const struct writer *w, double x, double y, uint32_t code, uint32_t colour)
{
    static const unsigned char column[8] = {0, 0, 0, 1, 1, 1, 0, 1};
    static const unsigned char row[8] = {0, 1, 2, 0, 1, 2, 3, 3};
    fprintf(w->to, "<path fill=\"#%06x\" d=\"", colour);
    for (unsigned bit = 0; bit < 8; bit++)
        if (code & 1u << bit)
            fprintf(w->to, "M%g %gh3v3h-3z", x + 1 + column[bit] * 4.5, y + 0.75 + row[bit] * 4.5);
    fputs("\"/>\n", w->to);
}

static void border(const struct writer *w, double x, double y, unsigned lines, uint32_t colour)
{
    double cx = x + CELL_W / 2.0, cy = y + CELL_H / 2.0;
    fprintf(w->to, "<path stroke=\"#%06x\" d=\"", colour);
    if (lines & PS_LINE_LEFT)
        fprintf(w->to, "M%g %gH%g", x, cy, cx);
    if (lines & PS_LINE_RIGHT)
        fprintf(w->to, "M%g %gH%g", cx, cy, x + CELL_W);
    if (lines & PS_LINE_UP)
        fprintf(w->to, "M%g %gV%g", cx, y, cy);
    if (lines & PS_LINE_DOWN)
        fprintf(w->to, "M%g %gV%g", cx, cy, y + CELL_H);
    fputs("\"/>\n", w->to);
}

static void shape(const struct writer *w, int x, int y, const struct ps_canvas_cell *cell)
{
    struct ps_paint paint;
    uint32_t colour = ink(w, cell->style, &paint);
    double px = PAD + x * CELL_W, py = PAD + y * CELL_H;
    if (paint.attributes & PS_ATTR_REVERSE)
        rect(w, px, py, CELL_W, CELL_H,
             paint.colour == PS_COLOUR_DEFAULT ? w->page.foreground : (uint32_t)paint.colour, 1);
    if (cell->lines && cell->code > 0x7f)
        border(w, px, py, cell->lines, colour);
    else if (is_block(cell->code)) {
        block(w, px, py, cell->code, colour);
        if (cell->below != PS_STYLE_NORMAL)
            rect(w, px, py + CELL_H / 2.0, CELL_W, CELL_H / 2.0, ink(w, cell->below, &paint), 1);
    } else if (is_braille(cell->code))
        braille(w, px, py, cell->code, colour);
    else if (is_dash(cell->code))
        rect(w, px + 1.5, py + CELL_H / 2.0 - 0.5, 6, 1, colour, 1);
}

static bool is_text(const struct ps_canvas_cell *cell)
{
    if (cell->code == 0 || cell->code == ' ' || (cell->lines && cell->code > 0x7f))
        return false;
    return !is_block(cell->code) && !is_braille(cell->code) && !is_dash(cell->code);
}

static void glyph(FILE *to, uint32_t code)
{
    char utf8[5];
    if (code == '<')
        fputs("&lt;", to);
    else if (code == '>')
        fputs("&gt;", to);
    else if (code == '&')
        fputs("&amp;", to);
    else {
        ps_utf8_put(utf8, code);
        fputs(utf8, to);
    }
}

/* The characters of one style in a row, as one element with an x for every glyph. */
static void text_row(const struct writer *w, const struct ps_canvas_cell *row, int width, int y,
                     unsigned style)
{
    struct ps_paint paint;
    uint32_t colour = ink(w, style, &paint);
    fprintf(w->to, "<text y=\"%d\" fill=\"#%06x\"", PAD + y * CELL_H + BASELINE, colour);
    if (paint.attributes & PS_ATTR_BOLD)
        fputs(" font-weight=\"bold\"", w->to);
    if (paint.attributes & PS_ATTR_DIM)
        fputs(" fill-opacity=\"0.6\"", w->to);
    if (paint.attributes & PS_ATTR_UNDERLINE)
        fputs(" text-decoration=\"underline\"", w->to);
    fputs(">", w->to);
    for (int x = 0; x < width; x++) {
        if (row[x].style != style || !is_text(&row[x]))
            continue;
        fprintf(w->to, "<tspan x=\"%d\">", PAD + x * CELL_W);
        glyph(w->to, row[x].code);
        fputs("</tspan>", w->to);
    }
    fputs("</text>\n", w->to);
}

static void row(const struct writer *w, const struct ps_canvas_cell *cells, int width, int y)
{
    bool used[PS_STYLE_COUNT] = {false};
    for (int x = 0; x < width; x++) {
        shape(w, x, y, &cells[x]);
        used[cells[x].style] = used[cells[x].style] || is_text(&cells[x]);
    }
    for (unsigned style = 0; style < PS_STYLE_COUNT; style++)
        if (used[style])
            text_row(w, cells, width, y, style);
}

char *ps_canvas_svg(const struct ps_canvas *root, enum ps_theme theme)
{
    char *text = NULL;
    size_t size = 0;
    FILE *to = open_memstream(&text, &size);
    if (!to)
        return NULL;
    struct writer w = {.to = to, .theme = theme, .page = pages[theme]};
    int width = root->width * CELL_W + 2 * PAD, height = root->height * CELL_H + 2 * PAD;
    fprintf(to,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
            "viewBox=\"0 0 %d %d\" font-family=\"DejaVu Sans Mono, monospace\" "
            "font-size=\"14.95\" xml:space=\"preserve\">\n",
            width, height, width, height);
    fprintf(to, "<rect width=\"%d\" height=\"%d\" fill=\"#%06x\"/>\n", width, height,
            w.page.background);
    for (int y = 0; y < root->height; y++)
        row(&w, root->cells + (ptrdiff_t)y * root->stride, root->width, y);
    fputs("</svg>\n", to);
    if (fclose(to) != 0) {
        free(text);
        return NULL;
    }
    return text;
}
