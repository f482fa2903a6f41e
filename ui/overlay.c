#include "ui/overlay.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "ui/prose.h"
#include "ui/view.h"

enum ps_place ps_overlay_place(const struct ps_overlay *overlay)
{
    switch (overlay->kind) {
    case PS_OVERLAY_MENU:
        return overlay->place ? overlay->place : PS_AT_MENU;
    case PS_OVERLAY_PAGE:
        return PS_AT_PAGE;
    case PS_OVERLAY_ENDED:
        return PS_AT_ENDED;
    case PS_OVERLAY_PROMPT:
        return PS_AT_PROMPT;
    case PS_OVERLAY_CONSOLE:
        return PS_AT_CONSOLE;
    default:
        return PS_AT_TEXT;
    }
}

/* Where only a strip of the screen behind would be left, a box takes the whole width. */
enum { STRIP = 12 };

/* A cleared box in the middle of the canvas; returns its inside with a margin of one column. */
static struct ps_canvas open_box(const struct ps_canvas *canvas, int width, int height,
                                 enum ps_style border, const char *title)
{
    if (width + STRIP > canvas->width)
        width = canvas->width;
    if (height > canvas->height)
        height = canvas->height;
    int x = (canvas->width - width) / 2, y = (canvas->height - height) / 2;
    ps_canvas_fill(canvas, x, y, width, height, PS_STYLE_NORMAL, ' ');
    ps_canvas_box(canvas, x, y, width, height, border, PS_STYLE_STRONG, title);
    return ps_canvas_view(canvas, x + 2, y + 1, width - 4, height - 2);
}

/* ---- help ---- */

/* In the lower border: how much there is below. */
static void draw_more(const struct ps_canvas *canvas, const struct ps_canvas *inside, int rows,
                      const char *keys)
{
    char text[40];
    snprintf(text, sizeof text, " %d more: %s ", rows, keys);
    ps_canvas_right(canvas, inside->x - canvas->x + inside->width,
                    inside->y - canvas->y + inside->height, PS_STYLE_NOTE, text);
}

enum { HELP_COLUMN = 11, HELP_WIDTH = 76, HELP_LEGEND = 3 };

/* The keys of a place from row y on, each with as many rows as its text takes; a canvas of height 0
 * measures. Returns the row below. */
static int draw_bindings(const struct ps_canvas *c, int y, enum ps_place place)
{
    int width = c->width - HELP_COLUMN;
    for (const struct ps_binding *b = ps_bindings; b->action != PS_DO_NOTHING; b++) {
        if (!(b->places & place) || !b->help)
            continue;
        struct ps_canvas below = ps_canvas_view(c, 0, y, c->width, c->height);
        int above = y < 0 ? -y : 0; /* rows that are scrolled away */
        if (above == 0)
            ps_canvas_put(&below, 0, 0, PS_STYLE_KEY, b->name);
        int rows = ps_canvas_wrap(&below, HELP_COLUMN, 0, width > 1 ? width : 1, below.height,
                                  above, PS_STYLE_NORMAL, b->help);
        ps_canvas_hit(c, 0, y, c->width, rows, (int)b->action, b->argument);
        y += rows;
    }
    return y;
}

/* A box takes two borders and two margins. */
static int help_rows(enum ps_place place, int width)
{
    struct ps_canvas none = {.width = (HELP_WIDTH + STRIP > width ? width : HELP_WIDTH) - 4};
    return draw_bindings(&none, 0, place);
}

static void draw_states(const struct ps_canvas *c, int y)
{
    int x = 0;
    for (unsigned s = PS_STATE_IDLE; s <= PS_STATE_COUNT; s++) {
        bool ready = s == PS_STATE_COUNT;
        enum ps_state state = ready ? PS_STATE_RUN : (enum ps_state)s;
        const char *name = ready ? "ready, no cpu" : ps_state_name(state);
        if (x + 2 + ps_text_width(name) > c->width) {
            x = 0;
            y++;
        }
        ps_canvas_cell(c, x, y, ps_state_style(state, ready),
                       ps_state_glyph(state, ready, c->ascii));
        x = ps_canvas_put(c, x + 2, y, PS_STYLE_LABEL, name) + 2;
    }
    ps_canvas_put(c, x, y, PS_STYLE_FOCUS, ps_high_mark(c->ascii));
    ps_canvas_put(c, x + 2, y, PS_STYLE_LABEL, "high priority");
}

static void draw_help(const struct ps_canvas *canvas, const struct ps_overlay *o)
{
    int rows = help_rows(o->place, canvas->width);
    bool live = o->place == PS_AT_LIVE;
    struct ps_canvas c =
        open_box(canvas, HELP_WIDTH, rows + 2 + (live ? HELP_LEGEND : 0), PS_STYLE_FOCUS, o->title);
    int y = draw_bindings(&c, -o->scroll, o->place);
    if (live)
        draw_states(&c, y + 1);
    int below = rows + (live ? HELP_LEGEND : 0) - o->scroll - c.height;
    if (below > 0)
        draw_more(canvas, &c, below, "Down, PgDn");
}

/* ---- text ---- */

enum { TEXT_WIDTH = 78 };

/* The whole width where only a strip of the screen behind would be left. */
static int text_width(int width)
{
    return width < TEXT_WIDTH + 12 ? width : TEXT_WIDTH;
}

static void draw_text(const struct ps_canvas *canvas, const struct ps_overlay *o)
{
    struct ps_canvas c =
        open_box(canvas, text_width(canvas->width), canvas->height, PS_STYLE_FOCUS, o->title);
    int end = ps_prose_draw(&c, -o->scroll, PS_STYLE_NORMAL, o->text, strlen(o->text));
    if (end > c.height)
        draw_more(canvas, &c, end - c.height, "Down, PgDn");
}

/* ---- menu, message, prompt ---- */

struct menu_shape {
    int label, note; /* the widest of each */
    int about;       /* rows below the list for the whole note of the selected item; 0: all fit */
};

static int note_room(const struct menu_shape *shape, int inner)
{
    return inner - shape->label - 4;
}

static struct menu_shape menu_shape(const struct ps_canvas *canvas, const struct ps_overlay *o)
{
    struct menu_shape shape = {0};
    for (unsigned i = 0; i < o->count; i++) {
        int w = ps_text_width(o->item[i].label), n = ps_text_width(o->item[i].note);
        shape.label = w > shape.label ? w : shape.label;
        shape.note = n > shape.note ? n : shape.note;
    }
    struct ps_canvas none = {.width = canvas->width - 4};
    if (shape.note <= note_room(&shape, none.width))
        return shape;
    for (unsigned i = 0; i < o->count; i++) {
        int rows = ps_canvas_wrap(&none, 0, 0, none.width, 0, 0, PS_STYLE_DIM, o->item[i].note);
        shape.about = rows > shape.about ? rows : shape.about;
    }
    return shape;
}

static void draw_item(const struct ps_canvas *c, int y, const struct menu_shape *shape,
                      const struct ps_menu_item *item, bool selected)
{
    enum ps_style style = selected ? PS_STYLE_SELECTION : PS_STYLE_NORMAL;
    if (selected)
        ps_canvas_fill(c, 0, y, c->width, 1, style, ' ');
    ps_canvas_put(c, 0, y, selected ? style : PS_STYLE_GOOD,
                  item->current ? (c->ascii ? "*" : "●")
                  : selected    ? ">"
                                : " ");
    ps_canvas_fit(c, 2, y, c->width - 2, style, item->label);
    ps_canvas_fit(c, shape->label + 4, y, note_room(shape, c->width),
                  selected ? style : PS_STYLE_DIM, item->note);
}

static void draw_menu(const struct ps_canvas *canvas, const struct ps_overlay *o)
{
    enum { WIDTH_LEAST = 30, LIST_LEAST = 4 };
    struct menu_shape shape = menu_shape(canvas, o);
    int width = shape.label + 2 + shape.note + 8;
    struct ps_canvas c =
        open_box(canvas, width < WIDTH_LEAST ? WIDTH_LEAST : width,
                 (int)o->count + 2 + (shape.about ? shape.about + 1 : 0), PS_STYLE_FOCUS, o->title);
    int about = shape.about, rows = c.height - (about ? about + 1 : 0);
    if (rows < LIST_LEAST) {
        about = 0;
        rows = c.height;
    }
    int first = (int)o->selected >= rows ? (int)o->selected - rows + 1 : 0;
    for (int y = 0; y < rows && first + y < (int)o->count; y++) {
        draw_item(&c, y, &shape, &o->item[first + y], first + y == (int)o->selected);
        ps_canvas_hit(&c, 0, y, c.width, 1, PS_DO_SELECT_ITEM, first + y);
    }
    if (about) {
        ps_canvas_hline(canvas, c.x - canvas->x - 2, c.y - canvas->y + rows, c.width + 4,
                        PS_STYLE_FOCUS);
        ps_canvas_wrap(&c, 0, rows + 1, c.width, about, 0, PS_STYLE_NORMAL,
                       o->item[o->selected].note);
    }
    if (first + rows < (int)o->count)
        draw_more(canvas, &c, (int)o->count - first - rows, "Down");
}

static void draw_ended(const struct ps_canvas *canvas, const struct ps_overlay *o)
{
    int width = canvas->width < 66 ? canvas->width : 64;
    struct ps_canvas none = ps_canvas_view(canvas, 0, 0, 0, 0);
    int rows = ps_canvas_wrap(&none, 0, 0, width - 6, 0, 0, PS_STYLE_NORMAL, o->text);
    struct ps_canvas c =
        open_box(canvas, width, rows + 5, o->failed ? PS_STYLE_ERROR : PS_STYLE_FOCUS, o->title);
    ps_canvas_wrap(&c, 1, 0, c.width - 2, rows, 0, o->failed ? PS_STYLE_STRONG : PS_STYLE_NORMAL,
                   o->text);
    struct ps_canvas bar = ps_canvas_view(&c, 0, rows + 1, c.width, 1);
    ps_key_bar(&bar, PS_AT_ENDED);
}

static void draw_prompt(const struct ps_canvas *canvas, const struct ps_overlay *o)
{
    struct ps_canvas c = open_box(canvas, 60, o->complaint[0] ? 6 : 4, PS_STYLE_FOCUS, o->title);
    const char *input = o->input; /* its end stays in sight */
    uint32_t code;
    while (*input && ps_text_width(input) >= c.width)
        input += ps_utf8_next(input, &code);
    int end = ps_canvas_put(&c, 0, 0, PS_STYLE_INPUT, input);
    ps_canvas_cell(&c, end, 0, PS_STYLE_SELECTION, ' ');
    if (o->complaint[0])
        ps_canvas_wrap(&c, 0, 1, c.width, 2, 0, o->advice ? PS_STYLE_NOTE : PS_STYLE_WARNING,
                       o->complaint);
    int x = ps_canvas_put(&c, 0, c.height - 1, PS_STYLE_KEY, "Enter");
    x = ps_canvas_put(&c, x + 1, c.height - 1, PS_STYLE_LABEL, "accept");
    if (o->completes) {
        x = ps_canvas_put(&c, x + 2, c.height - 1, PS_STYLE_KEY, "Tab");
        x = ps_canvas_put(&c, x + 1, c.height - 1, PS_STYLE_LABEL, "complete");
    }
    x = ps_canvas_put(&c, x + 2, c.height - 1, PS_STYLE_KEY, "Esc");
    ps_canvas_put(&c, x + 1, c.height - 1, PS_STYLE_LABEL, "leave");
}

int ps_notice_rows(int width, const char *text)
{
    return ps_text_width(text) <= width - 2 ? 1 : 2;
}

void ps_notice_draw(const struct ps_canvas *root, int y, enum ps_style style, const char *text)
{
    int rows = ps_notice_rows(root->width, text), top = y - rows + 1;
    ps_canvas_fill(root, 0, top, root->width, rows, PS_STYLE_NORMAL, ' ');
    ps_canvas_paragraph(root, 1, top, root->width - 2, rows, style, text);
}

void ps_overlay_draw(const struct ps_canvas *canvas, const struct ps_overlay *o)
{
    if (canvas->width < 8 || canvas->height < 3)
        return;
    switch (o->kind) {
    case PS_OVERLAY_NONE:
    case PS_OVERLAY_PAGE: /* the live screen draws it: it needs the view */
        break;
    case PS_OVERLAY_HELP:
        draw_help(canvas, o);
        break;
    case PS_OVERLAY_TEXT:
        draw_text(canvas, o);
        break;
    case PS_OVERLAY_MENU:
        draw_menu(canvas, o);
        break;
    case PS_OVERLAY_ENDED:
        draw_ended(canvas, o);
        break;
    case PS_OVERLAY_PROMPT:
        draw_prompt(canvas, o);
        break;
    case PS_OVERLAY_CONSOLE:
        ps_console_draw(canvas, o->input, o->text, o->complaint);
        break;
    }
}

void ps_overlay_above(const struct ps_canvas *root, const struct ps_overlay *o, enum ps_style style,
                      const char *notice)
{
    int says = notice && notice[0] ? ps_notice_rows(root->width, notice) : 0;
    if (o && o->kind != PS_OVERLAY_NONE) {
        struct ps_canvas above = ps_canvas_view(root, 0, 1, root->width, root->height - 2 - says);
        ps_overlay_draw(&above, o);
    }
    if (says)
        ps_notice_draw(root, root->height - 2, style, notice);
}

int ps_overlay_scroll_max(const struct ps_overlay *o, int width, int height)
{
    int rows = 0;
    if (o->kind == PS_OVERLAY_HELP) {
        rows = help_rows(o->place, width) + (o->place == PS_AT_LIVE ? HELP_LEGEND : 0);
    } else if (o->kind == PS_OVERLAY_TEXT) {
        struct ps_canvas none = {.width = text_width(width) - 4};
        rows = ps_prose_draw(&none, 0, PS_STYLE_NORMAL, o->text, strlen(o->text));
    }
    return rows > height - 2 ? rows - (height - 2) : 0;
}
