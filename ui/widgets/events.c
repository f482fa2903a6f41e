#include <stdio.h>

#include "base/clock.h"
#include "ui/widgets/widget.h"

static double seconds_of(const struct ps_live_view *view, const struct ps_log_entry *entry)
{
    uint64_t start = view->snapshot->started_ns;
    return entry->at_ns > start ? (double)(entry->at_ns - start) / PS_NS_PER_S : 0;
}

/* One row: from the newest leftwards, as many as fit whole. */
static void line(const struct ps_canvas *c, const struct ps_live_view *view)
{
    const struct ps_log *log = view->log;
    int x = 0;
    for (unsigned i = 0; i < 4 && i < log->count; i++) {
        const struct ps_log_entry *e = &log->list[(log->count - 1 - i) % PS_LOG_MAX];
        char at[32];
        snprintf(at, sizeof at, "%6.1f ", seconds_of(view, e));
        if (x + ps_text_width(at) + ps_text_width(e->text) > c->width)
            break;
        x = ps_canvas_put(c, x, 0, PS_STYLE_DIM, at);
        x = ps_canvas_put(c, x, 0, e->style, e->text) + 2;
    }
}

static void draw(const struct ps_canvas *c, const struct ps_live_view *view,
                 const struct ps_figures *f)
{
    const struct ps_log *log = view->log;
    (void)f;
    if (!log || log->count == 0)
        return;
    if (c->height == 1) {
        line(c, view);
        return;
    }
    unsigned kept = log->count < PS_LOG_MAX ? log->count : PS_LOG_MAX;
    for (int y = 0; y < c->height && (unsigned)y < kept; y++) {
        const struct ps_log_entry *e = &log->list[(log->count - 1 - (unsigned)y) % PS_LOG_MAX];
        int x = ps_canvas_print(c, 0, y, PS_STYLE_DIM, "%6.1f ", seconds_of(view, e));
        ps_canvas_fit(c, x, y, c->width - x, e->style, e->text);
    }
}

const struct ps_widget ps_widget_events = {.name = "Log", .draw = draw};
