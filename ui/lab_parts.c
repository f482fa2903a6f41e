#include "ui/lab_parts.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "ui/format.h"
#include "ui/keys.h"
#include "ui/plot.h"

struct ps_canvas ps_lab_panel_draw(const struct ps_canvas *root, int x, int y, int width,
                                   int height, const struct ps_lab_panel *panel)
{
    struct ps_canvas row = ps_canvas_view(root, x, y, width, 1);
    ps_canvas_cell(&row, 1, 0, PS_STYLE_BORDER, ' ');
    int end = ps_canvas_fit(&row, 2, 0, width - 4, panel->focused ? PS_STYLE_FOCUS : PS_STYLE_TITLE,
                            panel->title);
    ps_canvas_cell(&row, end, 0, PS_STYLE_BORDER, ' ');
    ps_canvas_hit(&row, 0, 0, width, 1, PS_DO_PANEL, (int)panel->number + 1);
    return ps_canvas_view(root, x + 1, y + 1, width - 2, height - 1);
}

void ps_lab_tabs_draw(const struct ps_canvas *row, const char *const *names, unsigned count,
                      unsigned focused)
{
    int x = 1;
    for (unsigned i = 0; i < count; i++) {
        int end =
            ps_canvas_put(row, x, 0, i == focused ? PS_STYLE_FOCUS : PS_STYLE_LABEL, names[i]);
        ps_canvas_hit(row, x, 0, end - x, 1, PS_DO_PANEL, (int)i + 1);
        x = end + 2;
    }
}

void ps_lab_progress_draw(const struct ps_canvas *row, const struct ps_lab_progress *progress)
{
    char left[PS_FIGURE_BYTES], text[48];
    int n = snprintf(text, sizeof text, "%3.0f %%", floor(progress->share * 100));
    if (progress->left_ns)
        snprintf(text + n, sizeof text - (size_t)n, "  about %s left",
                 ps_figure_clock(left, progress->left_ns));
    int end = ps_canvas_right(row, row->width - 1, 0, PS_STYLE_LABEL, text);
    int x = ps_canvas_fit(row, 1, 0, end - 2, PS_STYLE_STRONG, progress->text) + 2;
    int width = end - 2 - x > 40 ? 40 : end - 2 - x;
    if (width < 6)
        return;
    ps_canvas_put(row, x, 0, PS_STYLE_DIM, "[");
    ps_plot_bar(row, x + 1, 0, width - 2, progress->share, PS_STYLE_GRAPH1);
    ps_canvas_put(row, x + width - 1, 0, PS_STYLE_DIM, "]");
}

/* Where the note of a field begins: behind its value and the arrows. */
static int note_x(const struct ps_lab_field *field, int label_width)
{
    return label_width + 4 + ps_text_width(field->value) + 4;
}

static void draw_field(const struct ps_canvas *c, int y, unsigned number, int label_width,
                       const struct ps_lab_form *form)
{
    const struct ps_lab_field *field = &form->field[number];
    bool selected = number == form->selected;
    ps_canvas_put(c, 0, y, PS_STYLE_FOCUS, selected ? ">" : " ");
    ps_canvas_put(c, 1, y, selected ? PS_STYLE_STRONG : PS_STYLE_LABEL, field->label);
    int x = label_width + 2;
    if (selected)
        ps_canvas_put(c, x, y, PS_STYLE_KEY, "<");
    x = ps_canvas_fit(c, x + 2, y, c->width - x - 4,
                      selected ? PS_STYLE_SELECTION : PS_STYLE_STRONG, field->value);
    if (selected)
        ps_canvas_put(c, x + 1, y, PS_STYLE_KEY, ">");
    x = note_x(field, label_width);
    ps_canvas_fit(c, x, y, c->width - x, PS_STYLE_DIM, field->note);
    ps_canvas_hit(c, 0, y, c->width, 1, PS_DO_SELECT_FIELD, (int)number);
}

static int label_width(const struct ps_lab_form *form)
{
    int most = 0;
    for (unsigned i = 0; i < form->count; i++) {
        int width = ps_text_width(form->field[i].label);
        most = width > most ? width : most;
    }
    return most;
}

int ps_lab_form_draw(const struct ps_canvas *c, const struct ps_lab_form *form)
{
    int y = (int)form->count;
    for (unsigned i = 0; i < form->count; i++)
        draw_field(c, (int)i, i, label_width(form), form);
    if (form->complaint[0])
        y += ps_canvas_wrap(c, 1, y, c->width - 2, 2, 0, PS_STYLE_WARNING, form->complaint);
    return y;
}

static bool note_is_cut(const struct ps_canvas *c, const struct ps_lab_form *form, unsigned field)
{
    const struct ps_lab_field *f = &form->field[field];
    return note_x(f, label_width(form)) + ps_text_width(f->note) > c->width;
}

/* What the longest of the notes that are cut takes: the wording of the text is chosen so that it stays
 * while fields are selected. */
static int note_rows(const struct ps_canvas *c, const struct ps_lab_form *form)
{
    struct ps_canvas none = {.width = c->width};
    int most = 0;
    for (unsigned i = 0; i < form->count; i++) {
        if (!note_is_cut(c, form, i))
            continue;
        int rows =
            ps_canvas_wrap(&none, 0, 0, none.width - 2, 0, 0, PS_STYLE_NOTE, form->field[i].note);
        most = rows > most ? rows : most;
    }
    return most;
}

void ps_lab_text_draw(const struct ps_canvas *c, int y, const struct ps_lab_form *form,
                      const char *text, const char *brief)
{
    struct ps_canvas none = {.width = c->width};
    int width = c->width - 2, notes = note_rows(c, form), room = c->height - y - notes;
    if (ps_canvas_wrap(&none, 0, 0, width, 0, 0, PS_STYLE_LABEL, text) + (notes > 0) > room)
        text = brief;
    y += ps_canvas_wrap(c, 1, y, width, room, 0, PS_STYLE_LABEL, text);
    y += y + 1 + notes <= c->height;
    if (note_is_cut(c, form, form->selected))
        ps_canvas_wrap(c, 1, y, width, notes, 0, PS_STYLE_NOTE, form->field[form->selected].note);
}

bool ps_lab_form_move(struct ps_lab_form *form, enum ps_action action, int argument)
{
    switch (action) {
    case PS_DO_UP:
        form->selected -= form->selected > 0;
        return true;
    case PS_DO_DOWN:
        form->selected += form->selected + 1 < form->count;
        return true;
    case PS_DO_SELECT_FIELD:
        if (argument >= 0 && (unsigned)argument < form->count)
            form->selected = (unsigned)argument;
        return true;
    default:
        return false;
    }
}

void ps_lab_note(struct ps_lab_notes *notes, enum ps_style style, const char *format, ...)
{
    if (notes->count == PS_LAB_NOTES_MAX)
        return;
    struct ps_lab_note *note = &notes->list[notes->count++];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(note->text, sizeof note->text, format, arguments);
    va_end(arguments);
    note->style = style;
}

void ps_lab_notes_draw(const struct ps_canvas *c, const struct ps_lab_notes *notes)
{
    int shown = (int)notes->count < c->height ? (int)notes->count : c->height;
    int spare = c->height - shown, y = 0;
    for (int i = 0; i < shown; i++) {
        const struct ps_lab_note *note = &notes->list[i];
        int rows = ps_canvas_paragraph(c, 0, y, c->width, 1 + spare, note->style, note->text);
        spare -= rows - 1;
        y += rows;
    }
}
