/* Pages: what lies above the live screen and goes on living there: the evidence of the diagnosis, why
 * a worker is as it is, all figures of a worker or of a task type. A page is one file that exports one
 * const struct; it draws a view, and changes nothing. */
#ifndef PS_UI_PAGES_PAGE_H
#define PS_UI_PAGES_PAGE_H

#include "ui/canvas.h"
#include "ui/figures.h"
#include "ui/view.h"

#define PS_PAGE_TITLE_BYTES 96u

struct ps_page {
    void (*title)(const struct ps_live_view *view, const struct ps_figures *figures,
                  char into[PS_PAGE_TITLE_BYTES]);
    /* All of it, with `scroll` rows left out at the top. Returns the rows of the whole; a canvas of
     * height 0 measures. */
    int (*draw)(const struct ps_canvas *canvas, const struct ps_live_view *view,
                const struct ps_figures *figures, int scroll);
};

extern const struct ps_page ps_page_evidence; /* findings, their figures, what to try */
extern const struct ps_page
    ps_page_why; /* the selected worker: what it waits for, and who holds it */
extern const struct ps_page ps_page_worker; /* ... and all its figures */
extern const struct ps_page ps_page_type;   /* all figures of the selected task type */

/* Over the lower part of the canvas, as high as it needs, so that what moves above stays in sight. */
void ps_page_draw(const struct ps_canvas *canvas, const struct ps_live_view *view,
                  const struct ps_figures *figures);

/* The highest useful scroll of the view's page on a screen of this size. */
int ps_page_scroll_max(const struct ps_live_view *view, int width, int height);

/* ---- for pages ---- */

/* A place where rows are written one below the other; rows above and below the canvas are not drawn. */
struct ps_page_pen {
    const struct ps_canvas *canvas;
    int y;
};

/* A text from column x on, wrapped; the rows it takes. */
int ps_page_wrap(struct ps_page_pen *pen, int x, enum ps_style style, const char *text);
/* "label   figure", the figure at column x, wrapped there. */
void ps_page_row(struct ps_page_pen *pen, int x, const char *label, enum ps_style style,
                 const char *format, ...) __attribute__((format(printf, 5, 6)));
void ps_page_blank(struct ps_page_pen *pen);

/* "?": there is none. */
const char *ps_page_type_name(const struct ps_snapshot *snapshot, int type);
const char *ps_page_outcome(enum ps_outcome outcome);
/* The step that the worker's task is at; NULL: not known. */
const struct ps_step_def *ps_page_step(const struct ps_live_view *view,
                                       const struct ps_worker_view *worker);
/* CPUs that a worker used over the last 2 s, 0..1; 0 where the kernel does not say. */
double ps_page_cpu(const struct ps_live_view *view, unsigned worker);
/* Tasks of a type that ended so a second, over the last 2 s. */
double ps_page_type_rate(const struct ps_live_view *view, unsigned type, enum ps_outcome outcome);

#endif
