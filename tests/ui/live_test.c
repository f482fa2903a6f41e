/* The live screen: golden screens, every small size, and what must be on it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "golden.h"
#include "scene.h"
#include "ui/live_screen.h"
#include "ui/widgets/widget.h"

static const int sizes[][2] = {{60, 16}, {80, 24}, {120, 40}, {160, 45}, {200, 60}};
enum { SIZES = sizeof sizes / sizeof sizes[0] };

static void draw_golden(const struct scene *scene, int width, int height, bool ascii,
                        const char *name)
{
    struct ps_canvas *c = ps_canvas_new(width, height, ascii);
    ps_live_screen_draw(c, &scene->view);
    golden_check(c, name);
    ps_canvas_free(c);
}

static void golden_at_every_layout(void **state)
{
    (void)state;
    struct scene *scene = scene_new(SCENE_STEAL, 8, 64);
    for (unsigned i = 0; i < SIZES; i++) {
        char name[64];
        snprintf(name, sizeof name, "live-%dx%d", sizes[i][0], sizes[i][1]);
        draw_golden(scene, sizes[i][0], sizes[i][1], false, name);
    }
    draw_golden(scene, 80, 24, true, "live-80x24-ascii");
    scene_free(scene);
}

static void golden_of_other_engines(void **state)
{
    (void)state;
    struct scene *scene = scene_new(SCENE_GREEN, 4, 30);
    draw_golden(scene, 120, 40, false, "live-green");
    scene_free(scene);
    scene = scene_new(SCENE_SHARED, 16, 30);
    draw_golden(scene, 120, 40, false, "live-shared");
    scene_free(scene);
    scene = scene_new(SCENE_STEAL, 64, 20);
    draw_golden(scene, 120, 40, false, "live-64-workers");
    scene_free(scene);
    scene = scene_new(SCENE_EMPTY, 2, 0);
    draw_golden(scene, 80, 24, false, "live-empty");
    scene_free(scene);
}

static void golden_of_overlays(void **state)
{
    (void)state;
    struct scene *scene = scene_new(SCENE_DEAD, 8, 20);
    struct ps_overlay overlay = {.kind = PS_OVERLAY_ENDED,
                                 .failed = true,
                                 .title = "The host has died",
                                 .text = scene->snapshot->message};
    scene->view.overlay = &overlay;
    draw_golden(scene, 80, 24, false, "live-dead");
    overlay = (struct ps_overlay){
        .kind = PS_OVERLAY_HELP, .place = PS_AT_LIVE, .title = "Help: live screen"};
    draw_golden(scene, 120, 45, false, "live-help");
    overlay = (struct ps_overlay){.kind = PS_OVERLAY_TEXT,
                                  .title = "Lesson",
                                  .text = "# Skew\n\nOne task in *twenty* is **fifty** times\n"
                                          "longer.\n\n- look at `W0`\n- then press s\n"};
    draw_golden(scene, 80, 24, false, "live-lesson");
    scene_free(scene);
}

static void every_panel_alone(void **state)
{
    (void)state;
    struct scene *scene = scene_new(SCENE_STEAL, 8, 64);
    scene->view.zoom = true;
    for (unsigned panel = 0; panel < ps_panel_count(); panel++) {
        char name[64];
        scene->view.panel = panel;
        snprintf(name, sizeof name, "live-panel-%u", panel + 1);
        draw_golden(scene, 80, 24, false, name);
    }
    scene_free(scene);
}

/* The text of a screen, to look for things. */
static char *text_of(const struct scene *scene, int width, int height)
{
    struct ps_canvas *c = ps_canvas_new(width, height, true);
    ps_live_screen_draw(c, &scene->view);
    char *text = ps_canvas_text(c);
    ps_canvas_free(c);
    return text;
}

static void ten_thousand_sleepers_are_seen(void **state)
{
    (void)state;
    struct scene *scene = scene_new(SCENE_GREEN, 4, 12);
    for (unsigned i = 1; i < SIZES; i++) {
        char *text = text_of(scene, sizes[i][0], sizes[i][1]);
        assert_non_null(strstr(text, "9,998"));
        assert_non_null(strstr(text, "sleep"));
        free(text);
    }
    scene_free(scene);
}

static void what_an_engine_cannot_have_is_not_zero(void **state)
{
    (void)state;
    struct scene *scene = scene_new(SCENE_SHARED, 4, 12);
    char *text = text_of(scene, 160, 45);
    assert_non_null(strstr(text, "n/a: all workers take from one shared queue"));
    assert_null(strstr(text, "stealing on"));
    free(text);
    scene->snapshot->sample_max = 64;
    text = text_of(scene, 160, 45);
    assert_non_null(strstr(text, "sampled 1/64"));
    free(text);
    scene_free(scene);
}

static void figures_of_the_run_are_on_every_screen(void **state)
{
    (void)state;
    struct scene *scene = scene_new(SCENE_STEAL, 8, 20);
    for (unsigned i = 0; i < SIZES; i++) {
        char *text = text_of(scene, sizes[i][0], sizes[i][1]);
        assert_non_null(strstr(text, "threadpool:steal"));
        assert_non_null(strstr(text, "8 on 8 cpu"));
        assert_non_null(strstr(text, "00:20"));
        assert_non_null(strstr(text, "W7"));
        assert_non_null(strstr(text, "W0 has been in one task (long)"));
        free(text);
    }
    scene_free(scene);
}

static void drawing_twice_gives_the_same(void **state)
{
    (void)state;
    struct scene *scene = scene_new(SCENE_STEAL, 64, 12);
    char *a = text_of(scene, 160, 45), *b = text_of(scene, 160, 45);
    assert_string_equal(a, b);
    free(a);
    free(b);
    scene_free(scene);
}

static void every_size_is_safe(void **state)
{
    (void)state;
    struct scene *few = scene_new(SCENE_STEAL, 2, 6), *many = scene_new(SCENE_STEAL, 40, 6);
    struct ps_canvas *c = ps_canvas_new(1, 1, false);
    for (int height = 1; height <= 60; height++) {
        for (int width = 1; width <= 250; width++) {
            const struct scene *scene = (width + height) % 2 ? few : many;
            assert_true(ps_canvas_resize(c, width, height));
            ps_live_screen_draw(c, &scene->view);
        }
    }
    assert_true(ps_canvas_resize(c, 1000, 300));
    ps_live_screen_draw(c, &many->view);
    ps_canvas_free(c);
    scene_free(few);
    scene_free(many);
}

static void every_worker_count_is_safe(void **state)
{
    (void)state;
    static const unsigned counts[] = {1, 3, 17, 100, 255, 256};
    for (unsigned i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        struct scene *scene = scene_new(SCENE_STEAL, counts[i], 3);
        for (unsigned s = 0; s < SIZES; s++) {
            char last[16];
            snprintf(last, sizeof last, "%u", counts[i] - 1);
            char *text = text_of(scene, sizes[s][0], sizes[s][1]);
            assert_non_null(strstr(text, last)); /* the last worker is in some row */
            free(text);
        }
        scene_free(scene);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden_at_every_layout),
        cmocka_unit_test(golden_of_other_engines),
        cmocka_unit_test(golden_of_overlays),
        cmocka_unit_test(every_panel_alone),
        cmocka_unit_test(ten_thousand_sleepers_are_seen),
        cmocka_unit_test(what_an_engine_cannot_have_is_not_zero),
        cmocka_unit_test(figures_of_the_run_are_on_every_screen),
        cmocka_unit_test(drawing_twice_gives_the_same),
        cmocka_unit_test(every_size_is_safe),
        cmocka_unit_test(every_worker_count_is_safe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
