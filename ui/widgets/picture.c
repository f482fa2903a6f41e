/* The picture that julia steps draw, tile by tile in the colours of the workers that drew them, and how
 * much each of them drew. While it is drawn again, the tiles of the pass before are dark. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "ui/format.h"
#include "ui/widgets/widget.h"

enum { TABLE_WIDTH = 27, TABLE_FROM = 56 }; /* columns; of a panel from which on it has a table */

#define SAMPLES 3u /* of a pixel of the screen, in each direction, at most */

/* What is read of the picture once a frame. Workers write it meanwhile: no two figures need agree. */
struct state {
    uint32_t pass, tiles, drawn; /* the newest pass; tiles of it */
    uint32_t own_tiles[PS_MAX_WORKERS];
    uint64_t own_ns[PS_MAX_WORKERS];
    unsigned workers; /* highest that drew + 1 */
};

static void take(struct state *s, const struct ps_picture *picture)
{
    *s = (struct state){.tiles = ps_picture_tiles(picture),
                        .pass = atomic_load_explicit(&picture->passes, memory_order_relaxed)};
    for (uint32_t i = 0; i < s->tiles; i++) {
        const struct ps_tile *tile = ps_picture_tile(picture, i);
        uint32_t owner = atomic_load_explicit(&tile->owner, memory_order_acquire);
        if (owner == 0 || owner > PS_MAX_WORKERS ||
            atomic_load_explicit(&tile->pass, memory_order_relaxed) != s->pass)
            continue;
        s->drawn++;
        s->own_tiles[owner - 1]++;
        s->own_ns[owner - 1] += atomic_load_explicit(&tile->time_ns, memory_order_relaxed);
        s->workers = owner > s->workers ? owner : s->workers;
    }
}

/* ---- pixels ---- */

/* On a logarithmic scale, as most points leave early: 0 (never leaves) to 3. */
static unsigned brightness_of(const struct ps_picture *picture, double count)
{
    uint32_t most = picture->shape.iterations;
    if (count >= most - 0.5)
        return 0;
    double light = log1p(count) / log1p(most);
    return light < 0.3 ? 1 : light < 0.58 ? 2 : 3;
}

/* Columns [x0, x1) and rows [y0, y1) of the picture as one pixel. */
static enum ps_style pixel(const struct ps_picture *picture, const struct state *s, uint32_t x0,
                           uint32_t x1, uint32_t y0, uint32_t y1)
{
    uint32_t xs = x1 - x0 < SAMPLES ? x1 - x0 : SAMPLES, ys = y1 - y0 < SAMPLES ? y1 - y0 : SAMPLES;
    const struct ps_tile *tile =
        ps_picture_tile(picture, ps_picture_tile_at(picture, (x0 + x1) / 2, (y0 + y1) / 2));
    uint32_t owner = atomic_load_explicit(&tile->owner, memory_order_acquire);
    if (owner == 0 || xs == 0 || ys == 0)
        return PS_STYLE_NORMAL;
    double sum = 0;
    for (uint32_t j = 0; j < ys; j++) {
        const _Atomic uint16_t *row = ps_picture_row(picture, y0 + (y1 - y0) * j / ys);
        for (uint32_t i = 0; i < xs; i++) {
            uint32_t x = x0 + (x1 - x0) * i / xs;
            sum += atomic_load_explicit(&row[x], memory_order_relaxed);
        }
    }
    unsigned brightness = brightness_of(picture, sum / ((double)xs * ys));
    if (brightness == 0)
        return PS_STYLE_NORMAL;
    bool old = atomic_load_explicit(&tile->pass, memory_order_relaxed) != s->pass;
    return ps_owner_style(owner - 1, old ? 1 : brightness);
}

/* Pixels are square: a cell is twice as high as it is wide, and holds two. */
static void fit(const struct ps_picture *picture, int columns, int rows, int *width, int *height)
{
    double scale = fmin((double)columns / picture->shape.width, 2.0 * rows / picture->shape.height);
    *width = (int)(scale * picture->shape.width + 0.5);
    *height = (int)(scale * picture->shape.height + 0.5);
    *width = *width < 1 ? 1 : *width > columns ? columns : *width;
    *height = *height < 1 ? 1 : *height > 2 * rows ? 2 * rows : *height;
}

static unsigned light_of(enum ps_style style)
{
    return style == PS_STYLE_NORMAL ? 0 : 1 + (style - PS_STYLE_OWNER_A1) / PS_OWNER_COLOURS;
}

/* ASCII has one character for both, the denser the brighter. */
static void draw_pixels(const struct ps_canvas *c, int x, int y, enum ps_style upper,
                        enum ps_style lower)
{
    static const char shades[] = " .:-+*#";
    if (c->ascii)
        ps_canvas_cell(c, x, y, upper != PS_STYLE_NORMAL ? upper : lower,
                       (unsigned char)shades[light_of(upper) + light_of(lower)]);
    else
        ps_canvas_pixels(c, x, y, upper, lower);
}

static void draw_picture(const struct ps_canvas *c, const struct ps_picture *picture,
                         const struct state *s)
{
    int width, height;
    uint32_t w = picture->shape.width, h = picture->shape.height;
    fit(picture, c->width, c->height, &width, &height);
    int left = (c->width - width) / 2;
    for (int y = 0; y < height; y += 2) {
        for (int x = 0; x < width; x++) {
            enum ps_style half[2] = {PS_STYLE_NORMAL, PS_STYLE_NORMAL};
            for (int i = 0; i < 2 && y + i < height; i++)
                half[i] = pixel(picture, s, (uint32_t)((uint64_t)w * (uint64_t)x / (uint64_t)width),
                                (uint32_t)((uint64_t)w * (uint64_t)(x + 1) / (uint64_t)width),
                                (uint32_t)((uint64_t)h * (uint64_t)(y + i) / (uint64_t)height),
                                (uint32_t)((uint64_t)h * (uint64_t)(y + i + 1) / (uint64_t)height));
            draw_pixels(c, left + x, y / 2, half[0], half[1]);
        }
    }
}

/* ---- who drew how much ---- */

static void draw_table(const struct ps_canvas *c, const struct state *s)
{
    ps_canvas_put(c, 3, 0, PS_STYLE_LABEL, "worker");
    ps_canvas_right(c, 17, 0, PS_STYLE_LABEL, "tiles");
    ps_canvas_right(c, TABLE_WIDTH - 1, 0, PS_STYLE_LABEL, "time");
    bool all = (int)s->workers < c->height;
    int rows = all ? (int)s->workers : c->height - 2;
    for (int w = 0; w < rows; w++) {
        char text[PS_FIGURE_BYTES];
        enum ps_style style = ps_owner_style((unsigned)w, 2);
        ps_canvas_pixels(c, 0, w + 1, style, style);
        ps_canvas_pixels(c, 1, w + 1, style, style);
        ps_canvas_print(c, 3, w + 1, PS_STYLE_STRONG, "W%d", w);
        ps_canvas_right(c, 17, w + 1, PS_STYLE_NORMAL, ps_figure_whole(text, s->own_tiles[w]));
        ps_canvas_right(c, TABLE_WIDTH - 1, w + 1, PS_STYLE_NORMAL,
                        ps_figure_time(text, s->own_ns[w]));
    }
    if (!all && c->height > 2)
        ps_canvas_print(c, 3, c->height - 1, PS_STYLE_DIM, "%u more", s->workers - (unsigned)rows);
}

static void draw(const struct ps_canvas *c, const struct ps_live_view *view,
                 const struct ps_figures *f)
{
    struct state s;
    (void)f;
    if (!view->picture) {
        ps_canvas_wrap(c, 0, 0, c->width, c->height, 0, PS_STYLE_DIM,
                       view->replay ? "A recording holds no picture."
                                    : "This run draws no picture: a julia step does.");
        return;
    }
    take(&s, view->picture);
    bool table = c->width >= TABLE_FROM;
    struct ps_canvas left =
        ps_canvas_view(c, 0, 0, table ? c->width - TABLE_WIDTH - 1 : c->width, c->height);
    draw_picture(&left, view->picture, &s);
    if (table) {
        struct ps_canvas right = ps_canvas_view(c, left.width + 1, 0, TABLE_WIDTH, c->height);
        draw_table(&right, &s);
    }
}

static void title(const struct ps_live_view *view, const struct ps_figures *f, int width,
                  char into[PS_TITLE_BYTES])
{
    const struct ps_picture *picture = view->picture;
    (void)f;
    if (!picture) {
        snprintf(into, PS_TITLE_BYTES, "Picture");
        return;
    }
    struct state s;
    take(&s, picture);
    snprintf(into, PS_TITLE_BYTES, "Picture %" PRIu32 "x%" PRIu32 ", drawing %" PRIu32 ": %u %%",
             picture->shape.width, picture->shape.height, s.pass,
             s.tiles ? (unsigned)((uint64_t)100 * s.drawn / s.tiles) : 0);
    if (ps_text_width(into) > width - 2)
        snprintf(into, PS_TITLE_BYTES, "Picture %" PRIu32, s.pass);
}

const struct ps_widget ps_widget_picture = {.name = "Picture", .title = title, .draw = draw};
