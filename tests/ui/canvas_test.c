#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "ui/canvas.h"
#include "ui/flow.h"
#include "ui/plot.h"

static void expect(const struct ps_canvas *canvas, const char *text)
{
    char *found = ps_canvas_text(canvas);
    assert_string_equal(found, text);
    free(found);
}

static void text_is_clipped_on_every_side(void **state)
{
    (void)state;
    struct ps_canvas *c = ps_canvas_new(4, 2, false);
    assert_int_equal(ps_canvas_put(c, -2, 0, PS_STYLE_NORMAL, "abcdefgh"), 6);
    ps_canvas_put(c, 0, 5, PS_STYLE_NORMAL, "below");
    ps_canvas_put(c, 0, -1, PS_STYLE_NORMAL, "above");
    ps_canvas_put(c, 9, 1, PS_STYLE_NORMAL, "right");
    expect(c, "cdef\n\n");
    ps_canvas_free(c);
}

static void wide_characters_take_two_cells_or_none(void **state)
{
    (void)state;
    struct ps_canvas *c = ps_canvas_new(5, 1, false);
    ps_canvas_put(c, 0, 0, PS_STYLE_NORMAL, "日本語");
    expect(c, "日本\n"); /* the third would be cut in half */
    assert_int_equal(c->cells[1].code, 0);
    ps_canvas_put(c, 1, 0, PS_STYLE_NORMAL, "x");
    expect(c, " x本\n"); /* half of the first was overwritten: the other half is blank */
    ps_canvas_put(c, 2, 0, PS_STYLE_NORMAL, "y");
    expect(c, " xy\n");
    ps_canvas_free(c);
}

static void combining_and_control_characters_draw_nothing(void **state)
{
    (void)state;
    struct ps_canvas *c = ps_canvas_new(6, 1, false);
    ps_canvas_put(c, 0, 0, PS_STYLE_NORMAL, "a\xcc\x81\x1b[bc");
    expect(c, "a[bc\n");
    assert_int_equal(ps_text_width("a\xcc\x81é日"), 4);
    ps_canvas_free(c);
}

static void long_text_ends_with_an_ellipsis(void **state)
{
    (void)state;
    struct ps_canvas *c = ps_canvas_new(12, 3, false);
    ps_canvas_fit(c, 0, 0, 6, PS_STYLE_NORMAL, "exactly");
    ps_canvas_fit(c, 0, 1, 7, PS_STYLE_NORMAL, "exactly");
    assert_int_equal(ps_canvas_fit(c, 0, 2, 0, PS_STYLE_NORMAL, "none"), 0);
    expect(c, "exact…\nexactly\n\n");
    ps_canvas_free(c);
}

/* At the end of a clause, or a word; not so early that half of the room stays empty. */
static void what_is_left_in_front_of_it_is_whole(void **state)
{
    (void)state;
    struct ps_canvas *c = ps_canvas_new(16, 4, false);
    ps_canvas_fit(c, 0, 0, 16, PS_STYLE_NORMAL, "one queue, first in first out");
    ps_canvas_fit(c, 0, 1, 16, PS_STYLE_NORMAL, "one queue; first in first out");
    ps_canvas_fit(c, 0, 2, 16, PS_STYLE_NORMAL, "a compartmentalised pool");
    ps_canvas_fit(c, 0, 3, 16, PS_STYLE_NORMAL, "two of one, of three");
    expect(c, "one queue…\none queue…\na compartmental…\ntwo of one, of…\n");
    ps_canvas_free(c);
}

static void a_paragraph_ends_with_an_ellipsis_where_rows_end(void **state)
{
    (void)state;
    struct ps_canvas *c = ps_canvas_new(10, 4, false);
    assert_int_equal(ps_canvas_paragraph(c, 0, 0, 10, 2, PS_STYLE_NORMAL, "aa bb cc dd ee ff gg"),
                     2);
    assert_int_equal(ps_canvas_paragraph(c, 0, 2, 10, 2, PS_STYLE_NORMAL, "usage: 40 % here"), 2);
    expect(c, "aa bb cc\ndd ee ff…\nusage:\n40 % here\n");
    ps_canvas_free(c);
}

static void words_are_wrapped_whole(void **state)
{
    (void)state;
    struct ps_canvas *c = ps_canvas_new(8, 4, false);
    int rows = ps_canvas_wrap(c, 0, 0, 8, 4, 0, PS_STYLE_NORMAL, "one two three\nextraordinary");
    assert_int_equal(rows, 4);
    expect(c, "one two\nthree\nextraord\ninary\n");
    ps_canvas_clear(c);
    assert_int_equal(
        ps_canvas_wrap(c, 0, 0, 8, 2, 1, PS_STYLE_NORMAL, "one two three\nextraordinary"), 4);
    expect(c, "three\nextraord\n\n\n");
    ps_canvas_free(c);
}

static void borders_join(void **state)
{
    (void)state;
    struct ps_canvas *c = ps_canvas_new(7, 5, false);
    ps_canvas_box(c, 0, 0, 7, 5, PS_STYLE_BORDER, PS_STYLE_TITLE, NULL);
    ps_canvas_hline(c, 0, 2, 7, PS_STYLE_BORDER);
    ps_canvas_vline(c, 3, 0, 5, PS_STYLE_BORDER);
    expect(c, "╭──┬──╮\n│  │  │\n├──┼──┤\n│  │  │\n╰──┴──╯\n");
    ps_canvas_free(c);
    c = ps_canvas_new(3, 3, true);
    ps_canvas_box(c, 0, 0, 3, 3, PS_STYLE_BORDER, PS_STYLE_TITLE, NULL);
    expect(c, "+-+\n| |\n+-+\n");
    ps_canvas_free(c);
}

static void views_clip_to_their_parent(void **state)
{
    (void)state;
    struct ps_canvas *c = ps_canvas_new(6, 3, false);
    struct ps_canvas inner = ps_canvas_view(c, 1, 1, 3, 9);
    struct ps_canvas outside = ps_canvas_view(c, 40, 1, 3, 3);
    struct ps_canvas shifted = ps_canvas_view(c, -2, -1, 4, 2);
    assert_int_equal(inner.height, 2);
    assert_int_equal(outside.width, 0);
    assert_int_equal(shifted.width, 2);
    assert_int_equal(shifted.height, 1);
    ps_canvas_fill(&inner, 0, 0, 99, 99, PS_STYLE_NORMAL, '#');
    ps_canvas_fill(&outside, 0, 0, 99, 99, PS_STYLE_NORMAL, 'o');
    expect(c, "\n ###\n ###\n");
    ps_canvas_free(c);
}

static void clicks_find_the_topmost_target(void **state)
{
    (void)state;
    struct ps_canvas *c = ps_canvas_new(10, 4, false);
    struct ps_canvas view = ps_canvas_view(c, 2, 1, 5, 2);
    ps_canvas_hit(c, 0, 0, 10, 4, 1, 10);
    ps_canvas_hit(&view, 0, 0, 50, 1, 2, 20);
    assert_int_equal(ps_canvas_hit_at(c, 2, 1)->argument, 20);
    assert_int_equal(ps_canvas_hit_at(c, 6, 1)->argument, 20);
    assert_int_equal(ps_canvas_hit_at(c, 7, 1)->argument, 10);
    assert_int_equal(ps_canvas_hit_at(c, 2, 2)->argument, 10);
    assert_null(ps_canvas_hit_at(c, 10, 0));
    for (unsigned i = 0; i < 2 * PS_HITS_MAX; i++)
        ps_canvas_hit(c, 0, 0, 1, 1, 3, 30);
    assert_int_equal(c->hits->count, PS_HITS_MAX);
    ps_canvas_free(c);
}

static void graphs_fill_from_below(void **state)
{
    (void)state;
    struct ps_canvas *c = ps_canvas_new(2, 2, false);
    const float values[4] = {8, 4, 1, -1};
    ps_plot_area(c, values, 4, 8, PS_STYLE_GRAPH1);
    expect(c, "⡇\n⣿⡀\n");
    ps_canvas_free(c);
    c = ps_canvas_new(2, 2, true);
    ps_plot_area(c, values, 4, 8, PS_STYLE_GRAPH1);
    expect(c, ":\n:.\n");
    ps_canvas_free(c);
    assert_true(ps_plot_top(1999) == 2000.0f && ps_plot_top(2001) == 3000.0f);
    assert_true(ps_plot_top(0) == 1.0f);
}

/* Not as if they were as high as the graph. */
static void values_above_the_top_have_an_arrow(void **state)
{
    (void)state;
    const float values[6] = {4, 8, 8, 9, 50, 1};
    for (int ascii = 0; ascii < 2; ascii++) {
        struct ps_canvas *c = ps_canvas_new(3, 1, ascii);
        ps_plot_line(c, values, 6, 8, PS_STYLE_GRAPH2);
        ps_plot_above(c, values, 6, 8, PS_STYLE_GRAPH2);
        expect(c, ascii ? "-^^\n" : "⠌↑↑\n");
        ps_canvas_free(c);
    }
}

/* A level is drawn in the row that it lies in, whichever side of its middle. */
static void levels_stand_at_their_height(void **state)
{
    (void)state;
    const float top = 10;
    struct ps_canvas *c = ps_canvas_new(1, (int)top, true);
    for (float value = 0.2f; value <= top; value += 0.4f) {
        int row = 0;
        ps_canvas_clear(c);
        ps_plot_level(c, value, top, PS_STYLE_WARNING);
        while (row < c->height && c->cells[row].code != '-')
            row++;
        float below = top - 1 - (float)row;
        if (value < below || value > below + 1)
            fail_msg("%g stands in the row from %g to %g", (double)value, (double)below,
                     (double)below + 1);
    }
    ps_canvas_free(c);
}

static void rows_drop_whole_parts(void **state)
{
    (void)state;
    struct ps_canvas *c = ps_canvas_new(24, 2, false);
    struct ps_flow flow = {.gap = 2};
    ps_flow_add(&flow, 0, PS_STYLE_NORMAL, "done", "%d", 12);
    ps_flow_add(&flow, 2, PS_STYLE_NORMAL, "lost", "%d", 3);
    ps_flow_add(&flow, 1, PS_STYLE_NORMAL, "", "end")->right = true;
    ps_flow_draw(c, 0, &flow);
    struct ps_canvas narrow = ps_canvas_view(c, 0, 1, 16, 1);
    ps_flow_draw(&narrow, 0, &flow);
    expect(c, " done 12  lost 3    end\n done 12    end\n");
    ps_canvas_free(c);
}

/* A part that may be shortened is, before it is dropped; labels go before what must stay. */
static void rows_keep_what_must_stay(void **state)
{
    (void)state;
    struct ps_canvas *c = ps_canvas_new(34, 3, false);
    struct ps_flow flow = {.gap = 3};
    ps_flow_add(&flow, 0, PS_STYLE_NORMAL, "", "LIVE");
    ps_flow_add(&flow, 0, PS_STYLE_NORMAL, "workers", "4")->plain = true;
    ps_flow_add(&flow, 1, PS_STYLE_NORMAL, "", "long title")->least = 5;
    ps_flow_add(&flow, 0, PS_STYLE_NORMAL, "", "00:12")->right = true;
    ps_flow_draw(c, 0, &flow);
    struct ps_canvas narrow = ps_canvas_view(c, 0, 1, 26, 1),
                     least = ps_canvas_view(c, 0, 2, 17, 1);
    ps_flow_draw(&narrow, 0, &flow);
    ps_flow_draw(&least, 0, &flow);
    expect(c, " LIVE   workers 4   long…   00:12\n"
              " LIVE   workers 4   00:12\n"
              " LIVE  4   00:12\n");
    ps_canvas_free(c);
}

static void pictures_are_whole_documents(void **state)
{
    (void)state;
    struct ps_canvas *c = ps_canvas_new(8, 2, false);
    ps_canvas_put(c, 0, 0, PS_STYLE_RUN, "<&>█⣿");
    ps_canvas_hline(c, 0, 1, 8, PS_STYLE_BORDER);
    for (unsigned t = 0; t < PS_THEME_COUNT; t++) {
        char *svg = ps_canvas_svg(c, (enum ps_theme)t);
        assert_non_null(strstr(svg, "&lt;"));
        assert_non_null(strstr(svg, "&amp;"));
        assert_null(strstr(svg, "█"));
        assert_string_equal(svg + strlen(svg) - 7, "</svg>\n");
        char *again = ps_canvas_svg(c, (enum ps_theme)t);
        assert_string_equal(svg, again);
        free(svg);
        free(again);
    }
    ps_canvas_free(c);
}

/* Words that go over an edge are counted; what is outside altogether, or blank there, is not. */
static void cut_words_are_counted(void **state)
{
    (void)state;
    struct ps_canvas *c = ps_canvas_new(20, 2, false);
    struct ps_canvas view = ps_canvas_view(c, 4, 0, 6, 1);
    ps_canvas_put(&view, 0, 0, PS_STYLE_NORMAL, "whole ");
    ps_canvas_put(&view, 2, 0, PS_STYLE_NORMAL, "gap    ");
    ps_canvas_put(&view, 6, 0, PS_STYLE_NORMAL, "outside");
    ps_canvas_put(&view, 2, 1, PS_STYLE_NORMAL, "below");
    ps_canvas_fit(&view, 0, 0, 6, PS_STYLE_NORMAL, "shortened");
    assert_int_equal(c->cuts->count, 0);
    ps_canvas_put(&view, 3, 0, PS_STYLE_NORMAL, "right");
    ps_canvas_put(&view, -2, 0, PS_STYLE_NORMAL, "left");
    assert_int_equal(c->cuts->count, 2);
    assert_string_equal(c->cuts->first, "right");
    ps_canvas_clear(c);
    assert_int_equal(c->cuts->count, 0);
    ps_canvas_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_clipped_on_every_side),
        cmocka_unit_test(wide_characters_take_two_cells_or_none),
        cmocka_unit_test(combining_and_control_characters_draw_nothing),
        cmocka_unit_test(cut_words_are_counted),
        cmocka_unit_test(long_text_ends_with_an_ellipsis),
        cmocka_unit_test(what_is_left_in_front_of_it_is_whole),
        cmocka_unit_test(a_paragraph_ends_with_an_ellipsis_where_rows_end),
        cmocka_unit_test(words_are_wrapped_whole),
        cmocka_unit_test(borders_join),
        cmocka_unit_test(views_clip_to_their_parent),
        cmocka_unit_test(clicks_find_the_topmost_target),
        cmocka_unit_test(graphs_fill_from_below),
        cmocka_unit_test(values_above_the_top_have_an_arrow),
        cmocka_unit_test(levels_stand_at_their_height),
        cmocka_unit_test(rows_drop_whole_parts),
        cmocka_unit_test(rows_keep_what_must_stay),
        cmocka_unit_test(pictures_are_whole_documents),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
