/* Who takes work from whom: a matrix while it fits, else the busiest pairs. */
#include <stdio.h>

#include "ui/format.h"
#include "ui/widgets/widget.h"

enum { CELL = 6, LABEL = 5, PAIRS_MAX = 64 };

static int label_of(char into[PS_FIGURE_BYTES], unsigned worker)
{
    return snprintf(into, PS_FIGURE_BYTES, "W%u", worker);
}

static void matrix(const struct ps_canvas *c, const struct ps_live_view *view, unsigned lanes)
{
    char text[PS_FIGURE_BYTES];
    for (unsigned i = 0; i < lanes; i++) {
        label_of(text, i);
        ps_canvas_right(c, LABEL + CELL * ((int)i + 1) - 1, 0, PS_STYLE_LABEL, text);
        ps_canvas_put(c, 0, 1 + (int)i, PS_STYLE_LABEL, text);
    }
    for (unsigned thief = 0; thief < lanes; thief++) {
        for (unsigned victim = 0; victim < lanes; victim++) {
            double rate = (double)ps_history_steals(view->history, thief, victim);
            bool none = thief == victim || rate < 0.05;
            ps_canvas_right(c, LABEL + CELL * ((int)victim + 1) - 1, 1 + (int)thief,
                            none          ? PS_STYLE_DIM
                            : rate >= 100 ? PS_STYLE_STRONG
                                          : PS_STYLE_NORMAL,
                            thief == victim ? "-"
                            : none          ? (c->ascii ? "." : "·")
                                            : ps_figure_rate(text, rate));
        }
    }
}

struct pair {
    unsigned thief, victim;
    float rate;
};

/* The busiest pairs, in falling order; returns how many. */
static unsigned busiest(const struct ps_live_view *view, unsigned lanes, struct pair *pairs,
                        unsigned max)
{
    unsigned count = 0;
    for (unsigned thief = 0; thief < lanes; thief++) {
        for (unsigned victim = 0; victim < lanes; victim++) {
            float rate = thief == victim ? 0 : ps_history_steals(view->history, thief, victim);
            if (rate < 0.05f || (count == max && rate <= pairs[count - 1].rate))
                continue;
            unsigned place = count < max ? count++ : count - 1;
            for (; place > 0 && pairs[place - 1].rate < rate; place--)
                pairs[place] = pairs[place - 1];
            pairs[place] = (struct pair){thief, victim, rate};
        }
    }
    return count;
}

static void list(const struct ps_canvas *c, const struct ps_live_view *view, unsigned lanes)
{
    enum { PAIR_WIDTH = 20 };
    struct pair pairs[PAIRS_MAX];
    int across = c->width / PAIR_WIDTH > 0 ? c->width / PAIR_WIDTH : 1;
    unsigned room = (unsigned)(across * (c->height > 0 ? c->height : 0));
    if (room == 0)
        return;
    unsigned count = busiest(view, lanes, pairs, room < PAIRS_MAX ? room : PAIRS_MAX);
    for (unsigned i = 0; i < count; i++) {
        char rate[PS_FIGURE_BYTES];
        int x = (int)i % across * PAIR_WIDTH, y = (int)i / across;
        ps_canvas_print(c, x, y, PS_STYLE_LABEL, "W%-3u %s W%u", pairs[i].thief,
                        c->ascii ? "<" : "←", pairs[i].victim);
        ps_canvas_right(c, x + PAIR_WIDTH - 4, y, PS_STYLE_NORMAL,
                        ps_figure_rate(rate, (double)pairs[i].rate));
    }
    if (count == 0)
        ps_canvas_put(c, 0, 0, PS_STYLE_DIM, "no steals in the last 2 s");
}

static void draw(const struct ps_canvas *c, const struct ps_live_view *view,
                 const struct ps_figures *f)
{
    const struct ps_snapshot *s = view->snapshot;
    if (!(s->traits & PS_TRAIT_STEALS)) {
        ps_canvas_wrap(
            c, 0, 0, c->width, c->height, 0, PS_STYLE_DIM,
            s->traits & PS_TRAIT_SHARED_QUEUE
                ? "n/a: all workers take from one shared queue; there is nothing to steal."
                : "n/a: tasks stay with the worker they were given to.");
        return;
    }
    int rows = c->height;
    if ((int)f->lanes + 1 <= rows && LABEL + CELL * (int)f->lanes <= c->width)
        matrix(c, view, f->lanes);
    else
        list(c, view, f->lanes);
}

static void title(const struct ps_live_view *view, const struct ps_figures *f, int width,
                  char into[PS_TITLE_BYTES])
{
    char rate[PS_FIGURE_BYTES];
    double taken = 0; /* over the same time as the pairs below it */
    for (unsigned w = 0; w < f->lanes; w++)
        taken += (double)f->rate[w].stolen_per_s;
    if (!(view->snapshot->traits & PS_TRAIT_STEALS))
        snprintf(into, PS_TITLE_BYTES, "Steals");
    else if (!view->snapshot->stealing)
        snprintf(into, PS_TITLE_BYTES, "Steals: off (s)");
    else
        snprintf(into, PS_TITLE_BYTES,
                 width >= 42 ? "Steals, %s tasks/s, thief row, victim column"
                             : "Steals, %s tasks/s",
                 ps_figure_rate(rate, taken));
}

const struct ps_widget ps_widget_steals = {.name = "Steals", .title = title, .draw = draw};
