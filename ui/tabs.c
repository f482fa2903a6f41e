#include "ui/tabs.h"

#include "ui/panels.h"
#include "ui/widgets/widget.h"

static int tab_width(const unsigned char *shown, unsigned i, int gap)
{
    return (i < 9 ? 1 : 2) + gap - 1 + ps_text_width(ps_panels[shown[i]]->name);
}

static int tabs_width(const unsigned char *shown, unsigned first, unsigned count, int gap)
{
    int width = 0;
    for (unsigned i = first; i < count; i++)
        width += tab_width(shown, i, gap) + gap;
    return width - gap;
}

/* The first tab that is shown: as many are left out at the left as it takes to see the focused one and
 * the next. */
static unsigned first_tab(const unsigned char *shown, unsigned count, unsigned focus, int width)
{
    unsigned first = 0, last = focus + 1 < count ? focus + 2 : count;
    while (first < focus && tabs_width(shown, first, last, 1) > width)
        first++;
    return first;
}

void ps_tabs_draw(const struct ps_canvas *row, const struct ps_live_view *view)
{
    unsigned char shown[PS_ORDER_MAX];
    unsigned count = ps_panels_shown(&view->look, shown), first = 0;
    int place = ps_panels_place(&view->look, view->panel), width = row->width - 2;
    int x = 1, gap = row->width >= 80 ? 2 : 1, edge = 2; /* an ellipsis and a blank */
    const char *mark = row->ascii ? "~" : "…";
    if (tabs_width(shown, 0, count, gap) > width)
        gap = 1;
    bool all = tabs_width(shown, 0, count, gap) <= width;
    if (!all)
        first = first_tab(shown, count, place < 0 ? 0 : (unsigned)place, width - 2 * edge);
    if (first > 0)
        x = ps_canvas_put(row, x, 0, PS_STYLE_DIM, mark) + 1;
    for (unsigned i = first; i < count; i++) {
        bool focus = shown[i] == view->panel;
        int room = row->width - 1 - (i + 1 < count ? edge : 0);
        if (x + tab_width(shown, i, gap) > room) {
            ps_canvas_put(row, x, 0, PS_STYLE_DIM, mark);
            break;
        }
        int end = ps_canvas_print(row, x, 0, PS_STYLE_KEY, "%u", i + 1);
        end = ps_canvas_put(row, end + gap - 1, 0, focus ? PS_STYLE_FOCUS : PS_STYLE_LABEL,
                            ps_panels[shown[i]]->name);
        ps_canvas_hit(row, x, 0, end - x, 1, PS_DO_PANEL, (int)i + 1);
        x = end + gap;
    }
}
