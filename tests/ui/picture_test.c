/* The picture that a run draws, on the screen. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "check.h"
#include "golden.h"
#include "metrics/picture.h"
#include "scene.h"
#include "ui/live_screen.h"
#include "ui/panels.h"
#include "ui/widgets/widget.h"

static const struct ps_picture_shape shape = {
    .width = 320, .height = 180, .iterations = 500, .tile = 20};

static struct ps_picture *picture_new(const struct ps_picture_shape *of)
{
    size_t bytes = ps_picture_bytes(of);
    struct ps_picture *picture = aligned_alloc(128, bytes);
    assert_non_null(picture);
    memset(picture, 0, bytes);
    ps_picture_init(picture, of);
    return picture;
}

/* Rings round the middle; inside is the set. */
static void draw_tile(struct ps_picture *picture, uint32_t number, unsigned worker, uint32_t pass)
{
    uint32_t edge = picture->shape.tile, w = picture->shape.width, h = picture->shape.height;
    uint32_t left = number % picture->columns * edge, top = number / picture->columns * edge;
    for (uint32_t y = top; y < top + edge && y < h; y++) {
        for (uint32_t x = left; x < left + edge && x < w; x++) {
            uint32_t dx = x > w / 2 ? x - w / 2 : w / 2 - x, dy = y > h / 2 ? y - h / 2 : h / 2 - y;
            uint32_t far = dx * dx + dy * dy;
            uint32_t count = 36 * far < h * h   ? 500
                             : 13 * far < h * h ? 200
                             : 6 * far < h * h  ? 20
                                                : 3;
            ps_picture_row(picture, y)[x] = (uint16_t)count;
        }
    }
    struct ps_tile *tile = ps_picture_tile(picture, number);
    tile->time_ns = 1000000 * (worker + 1);
    tile->pass = pass;
    tile->owner = worker + 1;
    picture->passes = pass;
}

static void golden(const struct scene *scene, int width, int height, bool ascii, const char *name)
{
    struct ps_canvas *c = ps_canvas_new(width, height, ascii);
    ps_live_screen_draw(c, &scene->view);
    golden_check(c, name);
    ps_canvas_free(c);
}

/* Five of nine rows of tiles, by four workers. */
static void half_drawn(struct ps_picture *picture)
{
    for (uint32_t i = 0; i < 5 * picture->columns; i++)
        draw_tile(picture, i, i / 3 % 4, 1);
}

static void golden_at_every_layout(void **state)
{
    (void)state;
    static const int sizes[][2] = {{60, 16}, {80, 24}, {120, 40}, {200, 60}};
    struct scene *scene = scene_new(SCENE_STEAL, 4, 20);
    struct ps_picture *picture = picture_new(&shape);
    half_drawn(picture);
    scene->view.picture = picture;
    scene->view.look.picture = true;
    scene->view.panel = ps_panel_count() - 1;
    for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        char name[64];
        snprintf(name, sizeof name, "picture-%dx%d", sizes[i][0], sizes[i][1]);
        golden(scene, sizes[i][0], sizes[i][1], false, name);
    }
    scene->view.zoom = true;
    golden(scene, 80, 24, true, "picture-80x24-ascii");
    free(picture);
    scene_free(scene);
}

static struct ps_canvas *panel(const struct scene *scene, int width, int height)
{
    struct ps_canvas *c = ps_canvas_new(width, height, false);
    struct ps_figures figures;
    ps_figures_take(&figures, &scene->view);
    ps_widget_picture.draw(c, &scene->view, &figures);
    return c;
}

static const struct ps_canvas_cell *cell(const struct ps_canvas *c, int x, int y)
{
    return c->cells + (ptrdiff_t)y * c->stride + x;
}

/* A pixel of the screen is one of the picture here: 40 x 20 of 40 x 20. */
static void tiles_have_the_colours_of_their_workers(void **state)
{
    (void)state;
    static const struct ps_picture_shape small = {
        .width = 40, .height = 20, .iterations = 500, .tile = 10};
    struct scene *scene = scene_new(SCENE_STEAL, 4, 1);
    struct ps_picture *picture = picture_new(&small);
    scene->view.picture = picture;
    draw_tile(picture, 0, 2, 1);
    draw_tile(picture, 3, 8, 1); /* the seventh and so on have the colours of the first again */
    struct ps_canvas *c = panel(scene, 40, 10);
    for (int y = 0; y < 10; y++) {
        for (int x = 0; x < 40; x++) {
            unsigned style = cell(c, x, y)->style;
            bool drawn = y < 5 && (x < 10 || x >= 30);
            assert_int_equal(drawn, cell(c, x, y)->code != ' ');
            if (drawn)
                assert_int_equal((style - PS_STYLE_OWNER_A1) % PS_OWNER_COLOURS, 2);
        }
    }
    ps_canvas_free(c);
    draw_tile(picture, 1, 0, 2); /* a new pass: what is left of the one before is dark */
    c = panel(scene, 40, 10);
    assert_int_equal(cell(c, 2, 2)->style, ps_owner_style(2, 1));
    ps_canvas_free(c);
    free(picture);
    scene_free(scene);
}

/* As wide as it is: 2 : 1 fills 40 x 10 cells, and no more than 20 x 5 in half of that. */
static void it_keeps_its_shape(void **state)
{
    (void)state;
    static const struct ps_picture_shape wide = {
        .width = 400, .height = 200, .iterations = 500, .tile = 10};
    struct scene *scene = scene_new(SCENE_STEAL, 4, 1);
    struct ps_picture *picture = picture_new(&wide);
    for (uint32_t i = 0; i < ps_picture_tiles(picture); i++)
        draw_tile(picture, i, 0, 1);
    scene->view.picture = picture;
    static const int sizes[][4] = {{40, 10, 40, 10}, {20, 10, 20, 5}, {50, 5, 20, 5}};
    for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct ps_canvas *c = panel(scene, sizes[i][0], sizes[i][1]);
        int columns = 0, rows = 0;
        for (int x = 0; x < c->width; x++)
            columns += cell(c, x, 0)->code != ' ';
        for (int y = 0; y < c->height; y++)
            rows += cell(c, c->width / 2 - sizes[i][2] / 2, y)->code != ' ';
        assert_int_equal(columns, sizes[i][2]);
        assert_int_equal(rows, sizes[i][3]);
        ps_canvas_free(c);
    }
    free(picture);
    scene_free(scene);
}

static void every_size_is_safe(void **state)
{
    (void)state;
    static const struct ps_picture_shape shapes[] = {
        {1, 1, 1, 1}, {3, 700, 9, 64}, {700, 3, 9, 64}};
    struct scene *scene = scene_new(SCENE_STEAL, 4, 1);
    for (unsigned i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        struct ps_picture *picture = picture_new(&shapes[i]);
        for (uint32_t t = 0; t < ps_picture_tiles(picture); t++)
            draw_tile(picture, t, t % 300, 1); /* also of workers that there cannot be */
        scene->view.picture = picture;
        for (int width = 1; width < 120; width += 7)
            for (int height = 1; height < 40; height += 3)
                ps_canvas_free(panel(scene, width, height));
        free(picture);
    }
    scene->view.picture = NULL;
    ps_canvas_free(panel(scene, 40, 3));
    scene_free(scene);
}

/* The next run draws none. */
static void the_focus_does_not_stay_where_no_picture_is(void **state)
{
    (void)state;
    struct ps_live_look look = {.picture = true};
    unsigned picture = 0, queue = 0;
    for (unsigned i = 0; ps_panels[i]; i++) {
        picture = ps_panels[i] == &ps_widget_picture ? i : picture;
        queue = ps_panels[i] == &ps_widget_queue ? i : queue;
    }
    assert_int_equal(ps_panels_focus(&look, picture), picture);
    look.picture = false;
    assert_true(ps_panels[ps_panels_focus(&look, picture)] == &ps_widget_lanes);
    assert_int_equal(ps_panels_focus(&look, queue), queue);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden_at_every_layout),
        cmocka_unit_test(tiles_have_the_colours_of_their_workers),
        cmocka_unit_test(it_keeps_its_shape),
        cmocka_unit_test(every_size_is_safe),
        cmocka_unit_test(the_focus_does_not_stay_where_no_picture_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
