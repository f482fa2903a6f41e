/* The key bar: the keys that are valid, as many as there is room for, the most wanted first. */
#include <stddef.h>

#include "ui/keys.h"

/* What stays on the bar: ranks below `rank`, and of `rank` the first `count`. */
struct cut {
    unsigned rank, count;
};

static bool on_bar(const struct ps_binding *b, enum ps_place place, struct cut cut,
                   unsigned *of_rank)
{
    if (!(b->places & place) || !b->label || b->rank > cut.rank)
        return false;
    return b->rank < cut.rank || (*of_rank)++ < cut.count;
}

/* Columns of an entry with the gap behind it. */
static int entry_width(const struct ps_binding *b)
{
    if (!*b->label)
        return ps_text_width(b->name) + 1;
    return ps_text_width(b->name) + 1 + ps_text_width(b->label) + 2;
}

/* Columns of an entry that must stay on one row: keys that share a label stand together. */
static int group_width(const struct ps_binding *b)
{
    return *b->label ? entry_width(b) : entry_width(b) + entry_width(b + 1);
}

/* Lay the bar out; draws when a canvas is given. Returns the rows it takes. */
static int lay_out(const struct ps_canvas *canvas, int width, enum ps_place place, struct cut cut)
{
    int x = 1, y = 0;
    unsigned of_rank = 0;
    bool joined = false;
    for (const struct ps_binding *b = ps_bindings; b->action != PS_DO_NOTHING; b++) {
        if (!on_bar(b, place, cut, &of_rank))
            continue;
        if (!joined && x > 1 && x + group_width(b) - 2 > width - 1) {
            x = 1;
            y++;
        }
        joined = !*b->label;
        if (canvas) {
            int end = ps_canvas_put(canvas, x, y, PS_STYLE_KEY, b->name);
            if (joined)
                ps_canvas_put(canvas, end, y, PS_STYLE_LABEL, "/");
            else
                ps_canvas_put(canvas, end + 1, y, PS_STYLE_LABEL, b->label);
            int columns = joined ? entry_width(b) - 1 : entry_width(b) - 2;
            ps_canvas_hit(canvas, x, y, columns, 1, (int)b->action, b->argument);
        }
        x += entry_width(b);
    }
    return y + 1;
}

static const struct cut nothing_cut = {.rank = 10};

int ps_key_bar_rows(int width, enum ps_place place, int limit)
{
    int rows = lay_out(NULL, width, place, nothing_cut);
    return rows < limit ? rows : limit;
}

static unsigned entries_of_rank(enum ps_place place, unsigned rank)
{
    unsigned count = 0;
    for (const struct ps_binding *b = ps_bindings; b->action != PS_DO_NOTHING; b++)
        count += (b->places & place) && b->label && b->rank == rank;
    return count;
}

/* Whether the last key that stays shares the label of one that does not. */
static bool splits_a_pair(enum ps_place place, struct cut cut)
{
    unsigned seen = 0;
    for (const struct ps_binding *b = ps_bindings; b->action != PS_DO_NOTHING; b++)
        if ((b->places & place) && b->label && b->rank == cut.rank && ++seen == cut.count)
            return !*b->label;
    return false;
}

void ps_key_bar(const struct ps_canvas *canvas, enum ps_place place)
{
    struct cut cut = nothing_cut;
    while (lay_out(NULL, canvas->width, place, cut) > canvas->height) {
        if (cut.count > 0) {
            cut.count--;
        } else if (cut.rank > 0) {
            cut.rank--;
            cut.count = entries_of_rank(place, cut.rank);
            cut.count -= cut.count > 0;
        } else {
            break;
        }
        if (splits_a_pair(place, cut))
            cut.count--;
    }
    lay_out(canvas, canvas->width, place, cut);
}
