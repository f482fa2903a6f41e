#include <stdio.h>

#include "ui/findings/findings.h"
#include "ui/format.h"
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
    (void)f;
    if (!view->findings)
        return;
    if (view->findings->count == 0) {
        ps_canvas_put(c, 0, 0, PS_STYLE_GOOD, "=");
        ps_canvas_put(c, 2, 0, PS_STYLE_NORMAL, "Nothing unusual.");
    }
    for (unsigned i = 0; i < view->findings->count && y < c->height; i++) {
        const struct ps_finding_state *state = ps_findings_at(view->findings, i);
        char text[PS_FINDING_LINE_BYTES];
        enum ps_style style = ps_finding_line(view->findings, state, text);
        ps_canvas_put(c, 0, y, style, mark_of(state->finding.style));
        style = style == PS_STYLE_GOOD ? PS_STYLE_NORMAL : style;
        y += ps_canvas_paragraph(c, 2, y, c->width - 2, c->height - y, style, text);
    }
    ps_canvas_hit(c, 0, 0, c->width, c->height, PS_DO_DIAGNOSIS, 0);
}

static void title(const struct ps_live_view *view, const struct ps_figures *f, int width,
                  char into[PS_TITLE_BYTES])
{
    (void)view;
    (void)f;
    (void)width;
    snprintf(into, PS_TITLE_BYTES, "Diagnosis");
}

/* That no task is lost: what came in has ended or is in flight. As far as there is room. */
static void heading(const struct ps_canvas *row, const struct ps_live_view *view,
                    const struct ps_figures *f)
{
    enum { TITLE = 13 };
    const struct ps_snapshot *s = view->snapshot;
    uint64_t out = ps_totals_ended(&s->totals), in = s->totals.submitted;
    bool lost = s->phase == PS_PHASE_ENDED ? !ps_totals_conserved(&s->totals) : in < out;
    char came[PS_FIGURE_BYTES], left[PS_FIGURE_BYTES], rest[PS_FIGURE_BYTES], text[96];
    const char *mark = row->ascii ? "ok" : "✓";
    (void)f;
    if (!s->started_ns)
        return;
    ps_figure_whole(came, in);
    ps_figure_whole(rest, in > out ? in - out : 0);
    if (lost)
        snprintf(text, sizeof text, " %s of %s lost ", rest, came);
    else
        snprintf(text, sizeof text, " %s in = %s out + %s %s ", came, ps_figure_whole(left, out),
                 rest, mark);
    if (!lost && ps_text_width(text) > row->width - TITLE)
        snprintf(text, sizeof text, " %s accounted for %s ", came, mark);
    if (ps_text_width(text) <= row->width - TITLE)
        ps_canvas_right(row, row->width - 1, 0, lost ? PS_STYLE_ERROR : PS_STYLE_GOOD, text);
}

const struct ps_widget ps_widget_diagnosis = {
    .name = "Why", .title = title, .heading = heading, .draw = draw};
