#include "ui/plot.h"

#include <math.h>

static const unsigned char dots[4][2] = {{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}};

static struct ps_canvas_cell *cell_at(const struct ps_canvas *canvas, int x, int y)
{
    if (x < 0 || y < 0 || x >= canvas->width || y >= canvas->height)
        return NULL;
    return canvas->cells + (ptrdiff_t)y * canvas->stride + x;
}

/* Add a dot; (0, 0) is the upper left dot of the view. */
static void dot(const struct ps_canvas *canvas, int dx, int dy, enum ps_style style,
                bool keep_style)
{
    struct ps_canvas_cell *cell = cell_at(canvas, dx / 2, dy / 4);
    if (!cell || dx < 0 || dy < 0)
        return;
    bool braille = cell->code >= 0x2800 && cell->code < 0x2900;
    uint32_t bits = (braille ? cell->code : 0x2800) | dots[dy % 4][dx % 2];
    if (!braille || !keep_style || cell->code == 0x2800)
        cell->style = (uint8_t)style;
    cell->code = bits;
    cell->lines = 0;
}

static int height_of(float value, float top, int levels)
{
    if (value < 0 || top <= 0)
        return -1;
    int height = (int)lroundf(value / top * (float)levels);
    if (height == 0 && value > 0)
        height = 1;
    return height > levels ? levels : height;
}

static void ascii_area(const struct ps_canvas *canvas, const float *values, unsigned count,
                       float top, enum ps_style style)
{
    for (int x = 0; x < canvas->width && 2u * (unsigned)x + 1 < count; x++) {
        float value = fmaxf(values[2 * x], values[2 * x + 1]);
        int height = height_of(value, top, canvas->height * 2);
        for (int y = 0; y < canvas->height; y++) {
            int here = height - 2 * (canvas->height - 1 - y);
            if (here >= 1)
                ps_canvas_cell(canvas, x, y, style, here >= 2 ? ':' : '.');
        }
    }
}

void ps_plot_area(const struct ps_canvas *canvas, const float *values, unsigned count, float top,
                  enum ps_style style)
{
    if (canvas->ascii) {
        ascii_area(canvas, values, count, top, style);
        return;
    }
    int levels = canvas->height * 4;
    for (unsigned i = 0; i < count && i < 2u * (unsigned)canvas->width; i++) {
        int height = height_of(values[i], top, levels);
        for (int level = 0; level < height; level++)
            dot(canvas, (int)i, levels - 1 - level, style, false);
    }
}

void ps_plot_line(const struct ps_canvas *canvas, const float *values, unsigned count, float top,
                  enum ps_style style)
{
    int levels = canvas->ascii ? canvas->height : canvas->height * 4;
    for (unsigned i = 0; i < count && i < 2u * (unsigned)canvas->width; i++) {
        int height = height_of(values[i], top, levels);
        if (height < 1)
            continue;
        if (!canvas->ascii) {
            dot(canvas, (int)i, levels - height, style, true);
            continue;
        }
        struct ps_canvas_cell *cell = cell_at(canvas, (int)i / 2, levels - height);
        if (cell && cell->code == ' ')
            ps_canvas_cell(canvas, (int)i / 2, levels - height, style, '-');
    }
}

void ps_plot_above(const struct ps_canvas *canvas, const float *values, unsigned count, float top,
                   enum ps_style style)
{
    for (unsigned i = 0; i < count && i < 2u * (unsigned)canvas->width; i++)
        if (values[i] > top)
            ps_canvas_cell(canvas, (int)i / 2, 0, style, canvas->ascii ? '^' : 0x2191);
}

void ps_plot_level(const struct ps_canvas *canvas, float value, float top, enum ps_style style)
{
    if (height_of(value, top, canvas->height) < 1 || value > top)
        return;
    /* The dash is in the middle of its cell: that of the row which the value lies in. */
    int row = canvas->height - 1 - (int)(value / top * (float)canvas->height);
    row = row < 0 ? 0 : row;
    for (int x = 0; x < canvas->width; x++) {
        struct ps_canvas_cell *cell = cell_at(canvas, x, row);
        if (cell && cell->code == ' ' && (!canvas->ascii || x % 2 == 0))
            ps_canvas_cell(canvas, x, row, style, canvas->ascii ? '-' : 0x254c);
    }
}

void ps_plot_bar(const struct ps_canvas *canvas, int x, int y, int width, double share,
                 enum ps_style style)
{
    share = share < 0 ? 0 : share > 1 ? 1 : share;
    int full = (int)lround(share * width);
    if (full == 0 && share > 0)
        full = 1;
    uint32_t code = canvas->ascii ? '#' : 0x2586;
    for (int i = 0; i < width; i++)
        ps_canvas_cell(canvas, x + i, y, style, i < full ? code : ' ');
}

float ps_plot_top(float value)
{
    static const float steps[] = {1, 1.5f, 2, 3, 4, 5, 6, 8};
    for (float ten = 1; ten < 1e12f; ten *= 10)
        for (unsigned i = 0; i < sizeof steps / sizeof steps[0]; i++)
            if (steps[i] * ten >= value)
                return steps[i] * ten;
    return value;
}

uint32_t ps_plot_level_glyph(double share, bool ascii)
{
    static const char levels[] = " .:-=+*#@";
    int level = (int)(share * 8 + 0.5);
    level = level < 0 ? 0 : level > 8 ? 8 : level;
    if (ascii)
        return (uint32_t)levels[level];
    return level == 0 ? ' ' : 0x2580 + (uint32_t)level;
}
