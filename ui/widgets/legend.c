#include "ui/keys.h"
#include "ui/widgets/widget.h"

/* In the order of how often they are seen, so that a narrow legend keeps the common ones. READY
 * stands for itself: PS_STATE_COUNT. */
static const unsigned order[] = {PS_STATE_RUN,  PS_STATE_COUNT, PS_STATE_IDLE,  PS_STATE_SEEK,
                                 PS_STATE_GIL,  PS_STATE_NET,   PS_STATE_SLEEP, PS_STATE_LOCK,
                                 PS_STATE_DISK, PS_STATE_JOIN,  PS_STATE_BLOCK, PS_STATE_PAUSED};

const char *ps_legend_name(unsigned entry)
{
    return entry == PS_STATE_COUNT ? "ready, no cpu" : ps_state_name((enum ps_state)entry);
}

static bool any_high(const struct ps_live_view *view)
{
    for (unsigned i = 0; i < view->snapshot->types; i++)
        if (ps_view_high(view, (int)i))
            return true;
    return false;
}

/* Rare, and no state: it keeps its room at the right end, before the states are dealt out. Returns the
 * columns that are left to them. */
static int draw_high(const struct ps_canvas *c, const struct ps_live_view *view)
{
    const char *words = c->width < 80 ? "high" : "high priority";
    if (!any_high(view))
        return c->width;
    int x = ps_canvas_right(c, c->width - 1, 0, PS_STYLE_LABEL, words) - 2;
    ps_canvas_put(c, x, 0, PS_STYLE_FOCUS, ps_high_mark(c->ascii));
    return x - 1;
}

static void draw(const struct ps_canvas *c, const struct ps_live_view *view,
                 const struct ps_figures *f)
{
    (void)f;
    int x = 1, end = draw_high(c, view);
    unsigned only = (unsigned)view->look.only;
    for (unsigned i = 0; i < sizeof order / sizeof order[0]; i++) {
        if (order[i] == PS_STATE_GIL && view->snapshot->gil_interval_ns == 0)
            continue;
        bool ready = order[i] == PS_STATE_COUNT, dim = only && only != order[i];
        enum ps_state state = ready ? PS_STATE_RUN : (enum ps_state)order[i];
        const char *name = ps_legend_name(order[i]);
        int width = 2 + ps_text_width(name);
        if (x + width > end - 1)
            continue;
        ps_canvas_cell(c, x, 0, dim ? PS_STYLE_OFF : ps_state_style(state, ready),
                       ps_state_glyph(state, ready, c->ascii));
        ps_canvas_put(c, x + 2, 0,
                      dim                ? PS_STYLE_DIM
                      : only == order[i] ? PS_STYLE_FOCUS
                                         : PS_STYLE_LABEL,
                      name);
        ps_canvas_hit(c, x, 0, width, 1, PS_DO_ONLY, (int)order[i]);
        x += width + 2;
    }
}

const struct ps_widget ps_widget_legend = {.name = "Legend", .draw = draw};
