/* The evidence: all findings, the selected one with the figures it rests on, what to try, and the
 * lesson that shows it; below, what was looked for and is not there. */
#include <stdio.h>

#include "ui/findings/findings.h"
#include "ui/format.h"
#include "ui/pages/page.h"

enum { LABEL = 4, FIGURE = 28 };

static const char *mark_of(enum ps_style style)
{
    return style == PS_STYLE_ERROR || style == PS_STYLE_WARNING ? "!"
           : style == PS_STYLE_GOOD                             ? "="
                                                                : "i";
}

static void draw_remedies(struct ps_page_pen *pen, const struct ps_finding *f)
{
    const struct ps_canvas *c = pen->canvas;
    for (unsigned i = 0; i < f->remedy_count; i++) {
        const struct ps_remedy *remedy = &f->remedy[i];
        const struct ps_binding *b =
            remedy->action == PS_DO_NOTHING ? NULL : ps_binding_of(PS_AT_LIVE, remedy->action);
        int x = FIGURE;
        ps_canvas_put(c, LABEL, pen->y, PS_STYLE_LABEL, i == 0 ? "try" : "");
        if (b) {
            ps_canvas_hit(c, x, pen->y, c->width - x, 1, (int)b->action, b->argument);
            x = ps_canvas_put(c, x, pen->y, PS_STYLE_KEY, b->name) + 1;
        }
        ps_page_wrap(pen, x, PS_STYLE_NORMAL, remedy->text);
    }
}

static void draw_evidence(struct ps_page_pen *pen, const struct ps_finding_state *state,
                          uint64_t at_ns)
{
    const struct ps_finding *f = &state->finding;
    char since[PS_FIGURE_BYTES], gone[PS_FIGURE_BYTES];
    for (unsigned i = 0; i < f->evidence_count; i++) {
        ps_canvas_fit(pen->canvas, LABEL, pen->y, FIGURE - LABEL - 1, PS_STYLE_LABEL,
                      f->evidence[i].label);
        ps_page_wrap(pen, FIGURE, PS_STYLE_STRONG, f->evidence[i].figure);
    }
    ps_canvas_put(pen->canvas, LABEL, pen->y, PS_STYLE_LABEL, "holds for");
    int x = ps_canvas_put(pen->canvas, FIGURE, pen->y, PS_STYLE_NORMAL,
                          ps_figure_age(since, state->seen_ns - state->since_ns));
    if (at_ns > state->seen_ns)
        ps_canvas_print(pen->canvas, x + 1, pen->y, PS_STYLE_NOTE, "and is gone since %s",
                        ps_figure_age(gone, at_ns - state->seen_ns));
    pen->y++;
    draw_remedies(pen, f);
    if (f->lesson) {
        ps_canvas_put(pen->canvas, LABEL, pen->y, PS_STYLE_LABEL, "lesson");
        ps_canvas_hit(pen->canvas, FIGURE, pen->y, pen->canvas->width - FIGURE, 1, PS_DO_LESSON, 0);
        x = ps_canvas_put(pen->canvas, FIGURE, pen->y, PS_STYLE_KEY, "L");
        ps_canvas_print(pen->canvas, x + 1, pen->y++, PS_STYLE_NORMAL, "lesson %u shows it",
                        f->lesson);
    }
}

static void draw_found(struct ps_page_pen *pen, const struct ps_findings *findings,
                       unsigned selected)
{
    for (unsigned i = 0; i < findings->count; i++) {
        const struct ps_finding_state *state = ps_findings_at(findings, i);
        const struct ps_finding *f = &state->finding;
        bool open = i == selected;
        int top = pen->y;
        char text[PS_FINDING_LINE_BYTES];
        ps_canvas_put(pen->canvas, 0, top, ps_finding_line(findings, state, text),
                      mark_of(f->style));
        if (open)
            ps_page_wrap(pen, 2, PS_STYLE_STRONG, text);
        else
            ps_canvas_fit(pen->canvas, 2, pen->y++, pen->canvas->width - 2, PS_STYLE_NORMAL, text);
        ps_canvas_hit(pen->canvas, 0, top, pen->canvas->width, pen->y - top, PS_DO_SELECT_ITEM,
                      (int)i);
        if (open)
            draw_evidence(pen, state, findings->at_ns);
    }
}

static void draw_not_found(struct ps_page_pen *pen, const struct ps_findings *findings)
{
    ps_page_wrap(pen, 0, PS_STYLE_DIM, "Looked for as well, and not there now:");
    for (unsigned word = 0; word < PS_FINDING_COUNT; word++) {
        const struct ps_finding_kind *kind = &ps_finding_kinds[word];
        if (findings->state[word].shown || kind->at_once)
            continue;
        ps_canvas_put(pen->canvas, 2, pen->y, PS_STYLE_LABEL, kind->title);
        int end = ps_text_width(kind->title) + 4;
        ps_page_wrap(pen, end > FIGURE ? end : FIGURE, PS_STYLE_DIM, kind->bar);
    }
}

static int draw(const struct ps_canvas *c, const struct ps_live_view *view,
                const struct ps_figures *figures, int scroll)
{
    struct ps_page_pen pen = {.canvas = c, .y = -scroll};
    const struct ps_findings *findings = view->findings;
    (void)figures;
    if (!findings)
        return 1;
    unsigned selected = view->overlay->selected;
    if (selected >= findings->count)
        selected = findings->count ? findings->count - 1 : 0;
    if (findings->count == 0)
        ps_page_wrap(&pen, 0, PS_STYLE_GOOD, "Nothing unusual.");
    draw_found(&pen, findings, selected);
    ps_page_blank(&pen);
    draw_not_found(&pen, findings);
    return pen.y + scroll;
}

static void title(const struct ps_live_view *view, const struct ps_figures *figures,
                  char into[PS_PAGE_TITLE_BYTES])
{
    unsigned count = view->findings ? view->findings->count : 0;
    (void)figures;
    snprintf(into, PS_PAGE_TITLE_BYTES, "Diagnosis: %u finding%s on", count,
             count == 1 ? " and what it rests" : "s and what they rest");
}

const struct ps_page ps_page_evidence = {.title = title, .draw = draw};
