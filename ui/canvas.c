#include "ui/canvas.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

struct root {
    struct ps_canvas canvas; /* first: a root is used through its canvas */
    struct ps_hits hits;
    struct ps_cuts cuts;
};

static const struct ps_canvas_cell blank = {.code = ' ', .style = PS_STYLE_NORMAL};

struct ps_canvas *ps_canvas_new(int width, int height, bool ascii)
{
    struct root *root = calloc(1, sizeof *root);
    if (!root)
        return NULL;
    root->canvas.ascii = ascii;
    root->canvas.hits = &root->hits;
    root->canvas.cuts = &root->cuts;
    if (!ps_canvas_resize(&root->canvas, width, height)) {
        free(root);
        return NULL;
    }
    return &root->canvas;
}

void ps_canvas_free(struct ps_canvas *canvas)
{
    if (!canvas)
        return;
    free(canvas->cells);
    free(canvas);
}

bool ps_canvas_resize(struct ps_canvas *canvas, int width, int height)
{
    width = width < 1 ? 1 : width;
    height = height < 1 ? 1 : height;
    struct ps_canvas_cell *cells = malloc((size_t)width * (size_t)height * sizeof *cells);
    if (!cells)
        return false;
    free(canvas->cells);
    canvas->cells = cells;
    canvas->width = canvas->stride = width;
    canvas->height = height;
    ps_canvas_clear(canvas);
    return true;
}

void ps_canvas_clear(struct ps_canvas *root)
{
    size_t count = (size_t)root->width * (size_t)root->height;
    for (size_t i = 0; i < count; i++)
        root->cells[i] = blank;
    root->hits->count = 0;
    root->cuts->count = 0;
}

struct ps_canvas ps_canvas_view(const struct ps_canvas *canvas, int x, int y, int width, int height)
{
    struct ps_canvas view = *canvas;
    if (x < 0) {
        width += x;
        x = 0;
    }
    if (y < 0) {
        height += y;
        y = 0;
    }
    if (width > canvas->width - x)
        width = canvas->width - x;
    if (height > canvas->height - y)
        height = canvas->height - y;
    view.width = width > 0 ? width : 0;
    view.height = height > 0 ? height : 0;
    if (view.width && view.height)
        view.cells = canvas->cells + (ptrdiff_t)y * canvas->stride + x;
    view.x = canvas->x + x;
    view.y = canvas->y + y;
    return view;
}

static struct ps_canvas_cell *at(const struct ps_canvas *canvas, int x, int y)
{
    if (x < 0 || y < 0 || x >= canvas->width || y >= canvas->height)
        return NULL;
    return canvas->cells + (ptrdiff_t)y * canvas->stride + x;
}

/* Overwrite one cell; the other half of a wide character that it was part of becomes blank. */
static void set(struct ps_canvas_cell *cell, uint32_t code, enum ps_style style, unsigned lines)
{
    if (cell->code == 0)
        cell[-1].code = ' ';
    else if (ps_char_width(cell->code) == 2)
        cell[1].code = ' ';
    *cell = (struct ps_canvas_cell){.code = code, .style = (uint8_t)style, .lines = (uint8_t)lines};
}

void ps_canvas_cell(const struct ps_canvas *canvas, int x, int y, enum ps_style style,
                    uint32_t code)
{
    int width = ps_char_width(code);
    struct ps_canvas_cell *cell = at(canvas, x, y);
    if (!cell || width == 0)
        return;
    if (width == 2) {
        struct ps_canvas_cell *right = at(canvas, x + 1, y);
        if (!right) {
            set(cell, ' ', style, 0);
            return;
        }
        set(right, ' ', style, 0);
        set(cell, ' ', style, 0);
        right->code = 0;
        cell->code = code;
        return;
    }
    set(cell, code, style, 0);
}

void ps_canvas_pixels(const struct ps_canvas *canvas, int x, int y, enum ps_style upper,
                      enum ps_style lower)
{
    bool up = upper != PS_STYLE_NORMAL, down = lower != PS_STYLE_NORMAL;
    if (canvas->ascii) {
        ps_canvas_cell(canvas, x, y, up ? upper : lower,
                       up && down ? '#'
                       : up       ? '^'
                       : down     ? '.'
                                  : ' ');
        return;
    }
    if (upper == lower) {
        ps_canvas_cell(canvas, x, y, upper, up ? 0x2588 : ' ');
        return;
    }
    ps_canvas_cell(canvas, x, y, up ? upper : lower, up ? PS_HALF : 0x2584);
    if (up && down && x >= 0 && y >= 0 && x < canvas->width && y < canvas->height)
        canvas->cells[(ptrdiff_t)y * canvas->stride + x].below = (uint8_t)lower;
}

void ps_canvas_fill(const struct ps_canvas *canvas, int x, int y, int width, int height,
                    enum ps_style style, uint32_t code)
{
    for (int row = y; row < y + height && row < canvas->height; row++)
        for (int column = x; column < x + width && column < canvas->width; column++)
            ps_canvas_cell(canvas, column, row, style, code);
}

void ps_canvas_restyle(const struct ps_canvas *canvas, int x, int y, int width, enum ps_style style)
{
    for (int column = x; column < x + width && column < canvas->width; column++) {
        struct ps_canvas_cell *cell = at(canvas, column, y);
        if (cell)
            cell->style = (uint8_t)style;
    }
}

bool ps_canvas_blank(const struct ps_canvas *canvas, int x, int y)
{
    const struct ps_canvas_cell *cell = at(canvas, x, y);
    return !cell || cell->code == ' ';
}

/* ---- text ---- */

static void note_cut(const struct ps_canvas *canvas, const char *text)
{
    if (canvas->cuts->count++ == 0)
        snprintf(canvas->cuts->first, sizeof canvas->cuts->first, "%s", text);
}

int ps_canvas_put(const struct ps_canvas *canvas, int x, int y, enum ps_style style,
                  const char *text)
{
    bool inside = false, outside = false;
    const char *from = text;
    uint32_t code;
    for (size_t used; (used = ps_utf8_next(text, &code)) > 0; text += used) {
        int width = ps_char_width(code);
        ps_canvas_cell(canvas, x, y, style, code);
        if (code != ' ' && width > 0)
            *(x >= 0 && x + width <= canvas->width ? &inside : &outside) = true;
        x += width;
    }
    if (inside && outside && y >= 0 && y < canvas->height)
        note_cut(canvas, from);
    return x;
}

int ps_canvas_print(const struct ps_canvas *canvas, int x, int y, enum ps_style style,
                    const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return ps_canvas_put(canvas, x, y, style, text);
}

/* Bytes of `text` that are kept in front of an ellipsis: up to the end of a clause or else of a word
 * where one ends in the second half of the room, otherwise as many characters as there is room for. */
static size_t kept_bytes(const char *text, int room)
{
    size_t bytes = 0, word = 0, clause = 0;
    int columns = 0;
    uint32_t code;
    for (size_t used; (used = ps_utf8_next(text + bytes, &code)) > 0; bytes += used) {
        if (code == ' ' && bytes > 0 && 2 * columns >= room && text[bytes - 1] != ' ') {
            word = bytes - (text[bytes - 1] == ',' || text[bytes - 1] == ':');
            if (text[bytes - 1] == ';')
                clause = bytes - 1;
        }
        columns += ps_char_width(code);
        if (columns > room)
            break;
    }
    return clause ? clause : word ? word : bytes;
}

int ps_canvas_fit(const struct ps_canvas *canvas, int x, int y, int width, enum ps_style style,
                  const char *text)
{
    if (width <= 0)
        return x;
    if (ps_text_width(text) <= width)
        return ps_canvas_put(canvas, x, y, style, text);
    struct ps_canvas row = ps_canvas_view(canvas, x, y, width, 1);
    const char *mark = canvas->ascii ? ".." : "…", *end = text;
    if (ps_text_width(mark) <= width)
        end += kept_bytes(text, width - ps_text_width(mark));
    uint32_t code;
    int at_x = 0;
    for (; text < end; text += ps_utf8_next(text, &code)) {
        ps_utf8_next(text, &code);
        ps_canvas_cell(&row, at_x, 0, style, code);
        at_x += ps_char_width(code);
    }
    while (*mark && at_x < width) {
        mark += ps_utf8_next(mark, &code);
        ps_canvas_cell(&row, at_x++, 0, style, code);
    }
    return x + at_x;
}

int ps_canvas_right(const struct ps_canvas *canvas, int end, int y, enum ps_style style,
                    const char *text)
{
    int x = end - ps_text_width(text);
    ps_canvas_put(canvas, x, y, style, text);
    return x;
}

/* Bytes of the next line of at most `width` columns; *next is where the following line begins. A percent
 * sign stays with its number. */
static size_t line_break(const char *text, int width, size_t *next)
{
    size_t at_byte = 0, space = 0;
    int column = 0;
    uint32_t code;
    for (size_t used; (used = ps_utf8_next(text + at_byte, &code)) > 0; at_byte += used) {
        if (code == '\n') {
            *next = at_byte + 1;
            return at_byte;
        }
        if (code == ' ' && text[at_byte + 1] != '%')
            space = at_byte;
        column += ps_char_width(code);
        if (column > width) {
            if (space > 0) {
                *next = space + 1;
                return space;
            }
            *next = at_byte > 0 ? at_byte : used;
            return *next;
        }
    }
    *next = at_byte;
    return at_byte;
}

int ps_canvas_wrap(const struct ps_canvas *canvas, int x, int y, int width, int height, int skip,
                   enum ps_style style, const char *text)
{
    int lines = 0;
    if (width < 1)
        return 0;
    while (*text) {
        size_t next;
        size_t size = line_break(text, width, &next);
        int row = lines - skip;
        if (row >= 0 && row < height) {
            char line[1024];
            snprintf(line, sizeof line, "%.*s", (int)(size < 1000 ? size : 1000), text);
            ps_canvas_put(canvas, x, y + row, style, line);
        }
        lines++;
        text += next;
    }
    return lines;
}

int ps_canvas_paragraph(const struct ps_canvas *canvas, int x, int y, int width, int height,
                        enum ps_style style, const char *text)
{
    int rows = ps_canvas_wrap(canvas, x, y, width, 0, 0, style, text);
    if (rows <= height || width < 1)
        return ps_canvas_wrap(canvas, x, y, width, height, 0, style, text);
    ps_canvas_wrap(canvas, x, y, width, height - 1, 0, style, text);
    for (int row = 0; row < height - 1; row++) {
        size_t next;
        line_break(text, width, &next);
        text += next;
    }
    ps_canvas_fit(canvas, x, y + height - 1, width, style, text);
    return height;
}

/* ---- borders ---- */

static uint32_t border_code(bool ascii, unsigned lines)
{
    static const uint32_t codes[16] = {
        ' ',    0x2575, 0x2577, 0x2502, 0x2574, 0x256f, 0x256e, 0x2524,
        0x2576, 0x2570, 0x256d, 0x251c, 0x2500, 0x2534, 0x252c, 0x253c,
    };
    if (!ascii)
        return codes[lines & 15];
    if (!(lines & (PS_LINE_UP | PS_LINE_DOWN)))
        return '-';
    return lines & (PS_LINE_LEFT | PS_LINE_RIGHT) ? '+' : '|';
}

static void border(const struct ps_canvas *canvas, int x, int y, enum ps_style style,
                   unsigned lines)
{
    struct ps_canvas_cell *cell = at(canvas, x, y);
    if (!cell)
        return;
    lines |= cell->lines;
    set(cell, border_code(canvas->ascii, lines), style, lines);
}

void ps_canvas_hline(const struct ps_canvas *canvas, int x, int y, int width, enum ps_style style)
{
    for (int i = 0; i < width; i++)
        border(canvas, x + i, y, style,
               (i > 0 ? PS_LINE_LEFT : 0) | (i + 1 < width ? PS_LINE_RIGHT : 0) |
                   (width == 1 ? PS_LINE_RIGHT : 0));
}

void ps_canvas_vline(const struct ps_canvas *canvas, int x, int y, int height, enum ps_style style)
{
    for (int i = 0; i < height; i++)
        border(canvas, x, y + i, style,
               (i > 0 ? PS_LINE_UP : 0) | (i + 1 < height ? PS_LINE_DOWN : 0) |
                   (height == 1 ? PS_LINE_DOWN : 0));
}

void ps_canvas_box(const struct ps_canvas *canvas, int x, int y, int width, int height,
                   enum ps_style style, enum ps_style title_style, const char *title)
{
    if (width < 2 || height < 2)
        return;
    ps_canvas_hline(canvas, x, y, width, style);
    ps_canvas_hline(canvas, x, y + height - 1, width, style);
    ps_canvas_vline(canvas, x, y, height, style);
    ps_canvas_vline(canvas, x + width - 1, y, height, style);
    if (!title || !*title || width < 8)
        return;
    ps_canvas_cell(canvas, x + 2, y, style, ' ');
    int end = ps_canvas_fit(canvas, x + 3, y, width - 6, title_style, title);
    ps_canvas_cell(canvas, end, y, style, ' ');
}

/* ---- clicks ---- */

void ps_canvas_hit(const struct ps_canvas *canvas, int x, int y, int width, int height, int action,
                   int argument)
{
    struct ps_canvas area = ps_canvas_view(canvas, x, y, width, height);
    if (!area.width || !area.height || canvas->hits->count >= PS_HITS_MAX)
        return;
    canvas->hits->list[canvas->hits->count++] = (struct ps_hit){.x = area.x,
                                                                .y = area.y,
                                                                .width = area.width,
                                                                .height = area.height,
                                                                .action = action,
                                                                .argument = argument};
}

const struct ps_hit *ps_canvas_hit_at(const struct ps_canvas *root, int x, int y)
{
    for (unsigned i = root->hits->count; i-- > 0;) {
        const struct ps_hit *hit = &root->hits->list[i];
        if (x >= hit->x && x < hit->x + hit->width && y >= hit->y && y < hit->y + hit->height)
            return hit;
    }
    return NULL;
}
