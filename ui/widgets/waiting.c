/* Where the tasks in flight are: running, queued, or waiting for something. An engine that parks
 * tasks has many more of them than workers; one that blocks cannot. */
#include <stdio.h>

#include "ui/format.h"
#include "ui/plot.h"
#include "ui/widgets/widget.h"

enum { NAME = 9, COUNT = 9 };

struct kind {
    const char *name;
    uint64_t count;
    enum ps_style style;
};

static unsigned kinds_of(const struct ps_live_view *view, struct kind kinds[PS_STATE_COUNT + 2])
{
    const struct ps_snapshot *s = view->snapshot;
    uint64_t waiting = 0;
    unsigned n = 2;
    for (unsigned i = PS_STATE_LOCK; i <= PS_STATE_BLOCK; i++) {
        waiting += s->waiting[i];
        if (s->waiting[i])
            kinds[n++] = (struct kind){ps_state_name((enum ps_state)i), s->waiting[i],
                                       ps_state_style((enum ps_state)i, false)};
    }
    uint64_t rest = s->queued + waiting;
    kinds[0] =
        (struct kind){"running", s->in_flight > rest ? s->in_flight - rest : 0, PS_STYLE_RUN};
    kinds[1] = (struct kind){"queued", s->queued, PS_STYLE_GRAPH3};
    return n;
}

/* Where tasks that wait for a worker lie, on engines with a queue a worker and one for all. Beside
 * what is queued these hold tasks that have begun, waited and may go on. */
static unsigned add_queues(const struct ps_snapshot *s, struct kind *kinds)
{
    uint64_t own = 0;
    if (!(s->traits & PS_TRAIT_WORKER_QUEUE) || s->shared_depth == 0)
        return 0;
    for (unsigned w = 0; w < s->slots; w++)
        own += s->worker[w].queue_depth;
    kinds[0] = (struct kind){"shared q.", s->shared_depth, PS_STYLE_GRAPH3};
    kinds[1] = (struct kind){"worker q.", own, PS_STYLE_GRAPH3};
    return 2;
}

static void draw(const struct ps_canvas *c, const struct ps_live_view *view,
                 const struct ps_figures *f)
{
    struct kind kinds[PS_STATE_COUNT + 4];
    unsigned count = kinds_of(view, kinds);
    count += add_queues(view->snapshot, kinds + count);
    double most = 1;
    (void)f;
    for (unsigned i = 0; i < count; i++)
        most = (double)kinds[i].count > most ? (double)kinds[i].count : most;
    for (unsigned i = 0; i < count && (int)i < c->height; i++) {
        char text[PS_FIGURE_BYTES];
        ps_canvas_put(c, 0, (int)i, PS_STYLE_LABEL, kinds[i].name);
        ps_canvas_right(c, NAME + COUNT - 1, (int)i,
                        kinds[i].count ? PS_STYLE_NORMAL : PS_STYLE_DIM,
                        ps_figure_whole(text, kinds[i].count));
        ps_plot_bar(c, NAME + COUNT, (int)i, c->width - NAME - COUNT, (double)kinds[i].count / most,
                    kinds[i].style);
    }
}

static void title(const struct ps_live_view *view, const struct ps_figures *f, int width,
                  char into[PS_TITLE_BYTES])
{
    static const char *const forms[] = {"Tasks in flight: %s on %u worker%s",
                                        "%s tasks, %u worker%s", "In flight: %s"};
    const struct ps_snapshot *s = view->snapshot;
    char flight[PS_FIGURE_BYTES];
    (void)f;
    ps_figure_whole(flight, s->in_flight);
    for (unsigned i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        snprintf(into, PS_TITLE_BYTES, forms[i], flight, s->workers, s->workers == 1 ? "" : "s");
        if (ps_text_width(into) <= width - 2)
            break;
    }
}

const struct ps_widget ps_widget_waiting = {.name = "Tasks", .title = title, .draw = draw};
