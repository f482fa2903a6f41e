#include "ui/scrub.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "ui/keys.h"

#define TIME_BYTES 32u

/* The most important first. */
static const struct look {
    unsigned landmark;
    uint32_t glyph, ascii;
    enum ps_style style;
    const char *text;
} looks[] = {
    {PS_LANDMARK_DEADLOCK, 'X', 'X', PS_STYLE_ERROR, "a deadlock or a crash"},
    {PS_LANDMARK_LOSS, '!', '!', PS_STYLE_WARNING, "tasks are refused, fail or time out"},
    {PS_LANDMARK_HOG, 0x25c6, 'H', PS_STYLE_WARNING, "a task keeps its worker too long"},
    {PS_LANDMARK_PHASE, 0x25b8, '>', PS_STYLE_NOTE, "a phase of the experiment begins"},
    {PS_LANDMARK_WORKERS, 0x00b1, '+', PS_STYLE_NOTE, "other workers, or stealing on or off"},
    {PS_LANDMARK_PAUSE, 0x2016, '=', PS_STYLE_NOTE, "the workload is paused or goes on"},
};
#define LOOKS (sizeof looks / sizeof looks[0])

static const struct look *look_of(unsigned landmarks)
{
    for (unsigned i = 0; i < LOOKS; i++)
        if (landmarks & looks[i].landmark)
            return &looks[i];
    return NULL;
}

const char *ps_scrub_landmark_text(unsigned landmarks)
{
    const struct look *look = look_of(landmarks);
    return look ? look->text : "";
}

uint64_t ps_scrub_instant(const struct ps_replay_state *state, int x, int width)
{
    double share = width > 0 ? (x + 0.5) / width : 0;
    share = share < 0 ? 0 : share > 1 ? 1 : share;
    return state->first_ns + (uint64_t)(share * (double)(state->last_ns - state->first_ns));
}

/* The end of a slice: its landmarks were made by snapshots before that. */
bool ps_scrub_landmark(const struct ps_scrub *t, uint64_t at_ns, bool forwards,
                       uint64_t *instant_ns, unsigned *landmarks)
{
    if (!t->overview)
        return false;
    const struct ps_overview_slice *slice = ps_overview_slices(t->overview);
    bool found = false;
    for (unsigned i = 0; i < PS_OVERVIEW_SLICES; i++) {
        uint64_t end_ns = ps_overview_end(t->overview, i);
        if (!slice[i].landmarks || (forwards ? end_ns <= at_ns : end_ns >= at_ns))
            continue;
        *instant_ns = end_ns;
        *landmarks = slice[i].landmarks;
        found = true;
        if (forwards)
            break;
    }
    return found;
}

/* "1:02.3", "12:00:05.0": minutes as they are, since the first snapshot. */
static const char *time_text(char into[TIME_BYTES], uint64_t ns)
{
    uint64_t tenths = ns / (PS_NS_PER_S / 10), minutes = tenths / 600;
    if (minutes < 60)
        snprintf(into, TIME_BYTES, "%" PRIu64 ":%02u.%u", minutes, (unsigned)(tenths / 10 % 60),
                 (unsigned)(tenths % 10));
    else
        snprintf(into, TIME_BYTES, "%" PRIu64 ":%02u:%02u", minutes / 60, (unsigned)(minutes % 60),
                 (unsigned)(tenths / 10 % 60));
    return into;
}

/* ---- the bars ---- */

static float highest(const struct ps_overview_slice *slice)
{
    float top = 1;
    for (unsigned i = 0; i < PS_OVERVIEW_SLICES; i++)
        top = slice[i].done_per_s > top ? slice[i].done_per_s : top;
    return top;
}

static uint32_t bar(float value, float top, bool ascii)
{
    static const char levels[] = "_.:-=+*#";
    if (value < 0)
        return ascii ? ' ' : 0x2508;
    int level = (int)(value / top * 7 + 0.5F);
    level = level > 7 ? 7 : level;
    return ascii ? (unsigned char)levels[level] : 0x2581 + (uint32_t)level;
}

/* Column x of `width` stands for some slices, or for a part of one. */
static void draw_column(const struct ps_canvas *c, int x, int here, float top,
                        const struct ps_overview_slice *slice)
{
    unsigned first = (unsigned)((int64_t)x * (int64_t)PS_OVERVIEW_SLICES / c->width);
    unsigned last = (unsigned)((int64_t)(x + 1) * (int64_t)PS_OVERVIEW_SLICES / c->width);
    float value = -1;
    unsigned landmarks = 0;
    for (unsigned i = first; i < last || i == first; i++) {
        value = slice[i].done_per_s > value ? slice[i].done_per_s : value;
        landmarks |= slice[i].landmarks;
    }
    const struct look *look = look_of(landmarks);
    enum ps_style style = x < here ? PS_STYLE_GRAPH1 : PS_STYLE_DIM;
    if (look)
        ps_canvas_cell(c, x, 0, look->style, c->ascii ? look->ascii : look->glyph);
    else
        ps_canvas_cell(c, x, 0, style, bar(value, top, c->ascii));
}

static void draw_bars(const struct ps_canvas *c, const struct ps_scrub *t)
{
    const struct ps_replay_state *s = &t->state;
    uint64_t all_ns = s->last_ns - s->first_ns;
    double share = all_ns ? (double)(s->at_ns - s->first_ns) / (double)all_ns : 0;
    int here = (int)(share * (c->width - 1) + 0.5);
    const struct ps_overview_slice *slice = t->overview ? ps_overview_slices(t->overview) : NULL;
    float top = slice ? highest(slice) : 1;
    for (int x = 0; x < c->width; x++) {
        if (slice)
            draw_column(c, x, here, top, slice);
        else
            ps_canvas_cell(c, x, 0, x < here ? PS_STYLE_GRAPH1 : PS_STYLE_DIM,
                           c->ascii ? '-' : 0x2500);
    }
    ps_canvas_cell(c, here, 0, PS_STYLE_FOCUS, c->ascii ? '|' : 0x2503);
    ps_canvas_hit(c, 0, 0, c->width, 1, PS_DO_SEEK, 0);
}

void ps_scrub_draw(const struct ps_canvas *row, const struct ps_scrub *t)
{
    const struct ps_replay_state *s = &t->state;
    char at[TIME_BYTES], all[TIME_BYTES], right[2 * TIME_BYTES], left[2 * TIME_BYTES];
    const char *sign = s->at_end   ? (row->ascii ? "[]" : "■")
                       : s->paused ? (row->ascii ? "||" : "‖")
                                   : (row->ascii ? ">" : "▶");
    snprintf(left, sizeof left, "%-2s %s", sign, time_text(at, s->at_ns - s->first_ns));
    snprintf(right, sizeof right, "%s%s  x%g", time_text(all, s->last_ns - s->first_ns),
             s->cut ? " cut" : "", s->speed);
    enum ps_style style = s->paused || s->at_end ? PS_STYLE_FOCUS : PS_STYLE_BRAND;
    int begin = ps_canvas_put(row, 1, 0, style, left) + 1;
    int end = row->width - 2 - ps_text_width(right);
    ps_canvas_hit(row, 0, 0, begin, 1, PS_DO_PAUSE, 0);
    ps_canvas_put(row, end + 1, 0, PS_STYLE_LABEL, right);
    struct ps_canvas bars = ps_canvas_view(row, begin, 0, end - begin, 1);
    if (bars.width > 0)
        draw_bars(&bars, t);
}
