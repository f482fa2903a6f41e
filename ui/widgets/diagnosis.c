#include <stdio.h>

#include "ui/widgets/widget.h"

static const char *mark_of(enum ps_style style)
{
    return style == PS_STYLE_ERROR || style == PS_STYLE_WARNING ? "!"
           : style == PS_STYLE_GOOD                             ? "="
                                                                : "i";
}

static void draw(const struct ps_canvas *c, const struct ps_live_view *view,
                 const struct ps_figures *f)
{
    int y = 0;
    (void)view;
    for (unsigned i = 0; i < f->findings && y < c->height; i++) {
        const struct ps_finding *finding = &f->finding[i];
        ps_canvas_put(c, 0, y, finding->style, mark_of(finding->style));
        enum ps_style style = finding->style == PS_STYLE_GOOD ? PS_STYLE_NORMAL : finding->style;
        int rows = ps_canvas_wrap(c, 2, y, c->width - 2, 0, 0, style, finding->text);
        if (rows > c->height - y) { /* a shortened line rather than half a sentence */
            ps_canvas_fit(c, 2, y, c->width - 2, style, finding->text);
            break;
        }
        y += ps_canvas_wrap(c, 2, y, c->width - 2, rows, 0, style, finding->text);
    }
}

static void title(const struct ps_live_view *view, const struct ps_figures *f, int width,
                  char into[PS_TITLE_BYTES])
{
    (void)view;
    (void)f;
    (void)width;
    snprintf(into, PS_TITLE_BYTES, "Diagnosis");
}

const struct ps_widget ps_widget_diagnosis = {.name = "Why", .title = title, .draw = draw};
