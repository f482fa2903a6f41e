/* The start screen as a pure function: presets, what the selected one is about, its setup. Any size
 * from 1 x 1 on is safe. */
#ifndef PS_UI_START_SCREEN_H
#define PS_UI_START_SCREEN_H

#include "model/library.h"
#include "ui/canvas.h"
#include "ui/form.h"
#include "ui/lesson.h"
#include "ui/overlay.h"
#include "ui/progress.h"

#define PS_VISIBLE_MAX 256u

struct ps_start_view {
    const struct ps_library *library;
    const struct ps_vocabulary *words;
    struct ps_experiment experiment; /* of the selected preset, as changed in the form */
    bool changed;                    /* the form differs from the preset */
    unsigned selected;               /* among the visible presets */
    char filter[64];
    bool searching; /* keys go into the filter */
    bool form;      /* the form has the focus, not the list */
    unsigned field;
    bool editing; /* keys go into `edit` */
    char edit[64];
    char complaint[320]; /* about the form; empty: none */
    char notice[200];
    enum ps_style notice_style;
    unsigned usable_cpus;
    const char *machine;
    const struct ps_lesson *lesson;     /* of the selected preset, or NULL */
    const struct ps_progress *progress; /* lessons that are done; may be NULL */
    const struct ps_overlay *overlay;   /* or NULL */
};

void ps_start_screen_draw(const struct ps_canvas *root, const struct ps_start_view *view);

/* Indices of the presets that pass the filter (case ignored; name, title, summary, group), in the
 * order of the library. Returns how many. */
unsigned ps_start_visible(const struct ps_start_view *view, unsigned visible[PS_VISIBLE_MAX]);
/* The selected preset, or NULL. */
const struct ps_preset *ps_start_selected(const struct ps_start_view *view);

#endif
