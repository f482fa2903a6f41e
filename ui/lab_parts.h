/* What the screens of the lab (compare, tune) draw alike: panels with a title row, tabs where one
 * panel is shown at a time, progress, a form of choices, notes. Pure
 * but for the form, whose owner lets it be moved in. */
#ifndef PS_UI_LAB_PARTS_H
#define PS_UI_LAB_PARTS_H

#include "ui/canvas.h"
#include "ui/keys.h"

/* ---- panels ---- */

struct ps_lab_panel {
    const char *name; /* of its tab */
    const char *title;
    unsigned number; /* from 0; a click on the title is PS_DO_PANEL, number + 1 */
    bool focused;
};

/* A title row at y, with a line; returns the room below it (height - 1 rows). */
struct ps_canvas ps_lab_panel_draw(const struct ps_canvas *root, int x, int y, int width,
                                   int height, const struct ps_lab_panel *panel);
/* Names of all panels in one row, the focused one marked. */
void ps_lab_tabs_draw(const struct ps_canvas *row, const char *const *names, unsigned count,
                      unsigned focused);

/* ---- progress ---- */

struct ps_lab_progress {
    double share;     /* 0..1 */
    uint64_t left_ns; /* an estimate; 0: none */
    char text[80];    /* "round 3 of 6, B measures" */
};
void ps_lab_progress_draw(const struct ps_canvas *row, const struct ps_lab_progress *progress);

/* ---- the form ---- */

struct ps_lab_field {
    const char *label;
    char value[72];
    char note[160];
};
#define PS_LAB_FIELDS_MAX 8u
struct ps_lab_form {
    unsigned count, selected;
    struct ps_lab_field field[PS_LAB_FIELDS_MAX];
    char complaint[160]; /* about the last change, or "" */
};
/* A row a field, then the complaint; returns the rows used. */
int ps_lab_form_draw(const struct ps_canvas *canvas, const struct ps_lab_form *form);
/* Below it, from row y on: a text, in the long wording where there is room for it, and the note of the
 * selected field where it was shortened beside it. */
void ps_lab_text_draw(const struct ps_canvas *canvas, int y, const struct ps_lab_form *form,
                      const char *text, const char *brief);
/* Up, down, a click on a field. False: the action is another. */
bool ps_lab_form_move(struct ps_lab_form *form, enum ps_action action, int argument);

/* ---- notes ---- */

struct ps_lab_note {
    enum ps_style style;
    char text[200];
};
#define PS_LAB_NOTES_MAX 8u
struct ps_lab_notes {
    unsigned count; /* most important first */
    struct ps_lab_note list[PS_LAB_NOTES_MAX];
};
void ps_lab_note(struct ps_lab_notes *notes, enum ps_style style, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* As many as there are rows; spare rows go to those that need more than one, the first first. */
void ps_lab_notes_draw(const struct ps_canvas *canvas, const struct ps_lab_notes *notes);

#endif
