#include "ui/compare_graph.h"

#include <math.h>
#include <stdio.h>

#include "lab/words.h"
#include "ui/plot.h"

enum { SCALE = 10, GAP_MAX = 6 };

struct scale {
    double low, high;
};

/* From 0, unless everything lies in the upper half: dots, unlike bars, need no zero, and the scale
 * is written beside them. */
static struct scale scale_of(const struct ps_compare_row *row)
{
    double low = INFINITY, high = 0;
    for (size_t i = 0; i < row->rounds; i++) {
        low = fmin(low, fmin(row->a[i], row->b[i]));
        high = fmax(high, fmax(row->a[i], row->b[i]));
    }
    if (!(high > 0))
        return (struct scale){0, 1};
    if (low < high / 2)
        return (struct scale){0, high};
    if (low < high)
        return (struct scale){low, high};
    return (struct scale){low * 0.99, high * 1.01};
}

static int row_of(const struct scale *scale, double value, int height)
{
    double share = (value - scale->low) / (scale->high - scale->low);
    int y = (int)lround((1 - share) * (height - 1));
    return y < 0 ? 0 : y >= height ? height - 1 : y;
}

static void draw_round(const struct ps_canvas *c, int x, const struct ps_compare_row *row, size_t i,
                       const struct scale *scale)
{
    int a = row_of(scale, row->a[i], c->height), b = row_of(scale, row->b[i], c->height);
    for (int y = (a < b ? a : b) + 1; y < (a < b ? b : a); y++)
        ps_canvas_cell(c, x, y, PS_STYLE_DIM, c->ascii ? '|' : 0x2506);
    ps_canvas_cell(c, x, a, PS_STYLE_GRAPH1, 'a');
    ps_canvas_cell(c, x, b, a == b ? PS_STYLE_NORMAL : PS_STYLE_GRAPH2, a == b ? '*' : 'b');
}

static void draw_scale(const struct ps_canvas *c, const struct ps_compare_row *row,
                       const struct scale *scale)
{
    char text[PS_WORDS_BYTES];
    ps_canvas_right(c, SCALE - 2, 0, PS_STYLE_DIM, ps_words_value(text, row, scale->high));
    if (c->height > 1)
        ps_canvas_right(c, SCALE - 2, c->height - 1, PS_STYLE_DIM,
                        ps_words_value(text, row, scale->low));
    if (c->height >= 5)
        ps_canvas_right(c, SCALE - 2, c->height / 2, PS_STYLE_DIM,
                        ps_words_value(text, row, (scale->low + scale->high) / 2));
}

void ps_compare_graph_draw(const struct ps_canvas *c, const struct ps_compare_row *row,
                           unsigned rounds)
{
    if (c->height < 1 || c->width <= SCALE)
        return;
    if (row->rounds == 0) {
        ps_canvas_fit(c, 1, 0, c->width - 1, PS_STYLE_DIM,
                      row->a_never || row->b_never ? "not every side can have this"
                                                   : "the first round is not whole yet");
        return;
    }
    struct scale scale = scale_of(row);
    draw_scale(c, row, &scale);
    struct ps_canvas plot = ps_canvas_view(c, SCALE, 0, c->width - SCALE, c->height);
    int gap = plot.width / (int)(rounds ? rounds : 1);
    gap = gap < 1 ? 1 : gap > GAP_MAX ? GAP_MAX : gap;
    size_t room = (size_t)(plot.width / gap), first = row->rounds > room ? row->rounds - room : 0;
    for (size_t i = first; i < row->rounds; i++)
        draw_round(&plot, (int)(i - first) * gap, row, i, &scale);
}
