/* Presenter mode: giant figures above a panel. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "golden.h"
#include "scene.h"
#include "ui/giants.h"
#include "ui/live_screen.h"

static void golden_of_the_presenter(void **state)
{
    (void)state;
    static const int sizes[][2] = {{60, 16}, {80, 24}, {120, 40}, {200, 60}};
    struct scene *scene = scene_new(SCENE_STEAL, 8, 64);
    scene->view.presenter = true;
    for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        char name[64];
        struct ps_canvas *c = ps_canvas_new(sizes[i][0], sizes[i][1], false);
        ps_live_screen_draw(c, &scene->view);
        snprintf(name, sizeof name, "presenter-%dx%d", sizes[i][0], sizes[i][1]);
        golden_check(c, name);
        ps_canvas_free(c);
    }
    scene_free(scene);
}

/* The third chosen one takes the place of the first; at least one stays. */
static void figures_are_chosen(void **state)
{
    (void)state;
    struct ps_live_look look = {0};
    char text[64];
    for (unsigned i = 0; i < 3; i++)
        assert_true(ps_giants_show(&look, i));
    assert_string_equal(ps_giants_text(&look, text, sizeof text), "auto");
    assert_true(ps_giants_toggle(&look, 9));
    assert_string_equal(ps_giants_text(&look, text, sizeof text), "p99 in_flight steals");
    assert_true(ps_giants_toggle(&look, 1));
    assert_true(ps_giants_toggle(&look, 2));
    assert_string_equal(ps_giants_text(&look, text, sizeof text), "steals");
    assert_false(ps_giants_toggle(&look, 9));
    assert_string_equal(ps_giants_text(&look, text, sizeof text), "steals");
}

/* Every figure there is, on a run that has it and on one that has not. */
static void every_figure_is_drawn(void **state)
{
    (void)state;
    struct scene *scene = scene_new(SCENE_STEAL, 8, 64);
    scene->view.presenter = true;
    scene->view.look.giants = 1;
    for (unsigned i = 0; ps_giants[i].word; i++) {
        struct ps_canvas *c = ps_canvas_new(80, 24, false);
        scene->view.look.giant[0] = (unsigned char)i;
        ps_live_screen_draw(c, &scene->view);
        char *drawn = ps_canvas_text(c);
        assert_non_null(strstr(drawn, ps_giants[i].label));
        assert_non_null(strstr(drawn, "\u2588"));
        free(drawn);
        ps_canvas_free(c);
    }
    scene_free(scene);
}

static void numbers_are_short(void **state)
{
    (void)state;
    static const struct {
        double value;
        const char *text;
    } cases[] = {{0, "0"},         {0.25, "0.2"},   {9.94, "9.9"},   {9.96, "10"},
                 {999.4, "999"},   {999.6, "1.0k"}, {1842, "1.8k"},  {12345, "12k"},
                 {999600, "1.0M"}, {3.4e6, "3.4M"}, {999e6, "999M"}, {1e12, "999M"}};
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[8];
        assert_string_equal(ps_giant_number(text, cases[i].value), cases[i].text);
    }
}

static void times_are_short(void **state)
{
    (void)state;
    static const struct {
        uint64_t ns;
        const char *text, *unit;
    } cases[] = {{500, "0.5", "us"},
                 {999400, "999", "us"},
                 {999600, "1.0", "ms"},
                 {165000000, "165", "ms"},
                 {2100000000, "2.1", "s"}};
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[8];
        const char *unit;
        assert_string_equal(ps_giant_time(text, cases[i].ns, &unit), cases[i].text);
        assert_string_equal(unit, cases[i].unit);
    }
}

/* Whatever the room: nothing is drawn outside, and a figure is never cut. */
static void every_size_is_safe(void **state)
{
    (void)state;
    const struct ps_giant figures[3] = {{"done/s", "1.8k", PS_STYLE_GOOD},
                                        {"p99", "999M", PS_STYLE_WARNING},
                                        {"in flight", "-", PS_STYLE_NOTE}};
    for (int width = 1; width <= 250; width += 7) {
        for (int height = 1; height <= 40; height++) {
            struct ps_canvas *c = ps_canvas_new(width, height, true);
            ps_giant_draw(c, figures, 3);
            assert_true(ps_giant_rows(width, height) >= 6);
            ps_canvas_free(c);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden_of_the_presenter), cmocka_unit_test(figures_are_chosen),
        cmocka_unit_test(every_figure_is_drawn),   cmocka_unit_test(numbers_are_short),
        cmocka_unit_test(times_are_short),         cmocka_unit_test(every_size_is_safe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
