/* The compare screen from made results: golden screens, every small size, what it must say. */
#include "ui/compare_screen.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "check.h"
#include "golden.h"
#include "scene.h"

enum { ROUNDS = 6 };

struct made {
    struct scene *scene[2];
    struct ps_compare_view view;
};

/* Values of a round: B against A by a factor, with a wobble that is the same every time. */
static void make_row(struct made *made, unsigned m, unsigned rounds, double a, double factor)
{
    struct ps_compare_row *row = &made->view.row[m];
    row->metric = &ps_compare_metrics[m];
    row->described = ps_metric_find(PS_METRIC_RUN, row->metric->key);
    row->rounds = rounds;
    for (unsigned i = 0; i < rounds; i++) {
        row->a[i] = a * (1 + 0.02 * ((i * 7 + m) % 5));
        row->b[i] = a * factor * (1 + 0.02 * ((i * 3 + m) % 4));
    }
    ps_paired_compare(row->a, row->b, rounds, 1, &row->pair);
    row->verdict = !ps_paired_differs(&row->pair, PS_COMPARE_METRICS, PS_COMPARE_SMALLEST)
                       ? PS_VERDICT_SAME
                   : (factor > 1) == (row->metric->better != PS_BETTER_LOWER) ? PS_VERDICT_B
                                                                              : PS_VERDICT_A;
    made->view.median[0][m] = row->pair.a;
    made->view.median[1][m] = row->pair.b;
}

static void make_side(struct made *made, unsigned side, const char *name, enum scene_kind kind)
{
    struct ps_compare_side_view *of = &made->view.side[side];
    made->scene[side] = scene_new(kind, 4, 10);
    snprintf(of->name, sizeof of->name, "%s", name);
    of->workers = 4;
    of->snapshot = made->scene[side]->snapshot;
    of->history = made->scene[side]->history;
}

static struct made *make(void)
{
    static const double values[PS_COMPARE_METRICS][2] = {
        {1611, 1.143}, {41e6, 1.0},  {243e6, 0.68}, {190e6, 0.55},
        {1.9e6, 1.01}, {389, 0.406}, {0, 1},        {18.2e6, 1.03}};
    struct made *made = calloc(1, sizeof *made);
    made->view = (struct ps_compare_view){.stage = PS_COMPARE_MEASURING,
                                          .title = "Skewed tasks and stealing",
                                          .load = "open 2000/s",
                                          .seed = 7,
                                          .running = 1,
                                          .slot = PS_SLOT_MEASURING,
                                          .round = ROUNDS,
                                          .rounds = 2 * ROUNDS,
                                          .progress = 0.62,
                                          .left_ns = 18 * (uint64_t)PS_NS_PER_S,
                                          .elapsed_ns = 30 * (uint64_t)PS_NS_PER_S,
                                          .whole = ROUNDS,
                                          .length_ns = 2 * (uint64_t)PS_NS_PER_S,
                                          .warmup_ns = 400 * (uint64_t)PS_NS_PER_MS,
                                          .others = 0.03,
                                          .metric = 2};
    for (unsigned m = 0; m < PS_COMPARE_METRICS; m++)
        make_row(made, m, ROUNDS, values[m][0], values[m][1]);
    made->view.row[6].a_never = true;
    made->view.row[6].verdict = PS_VERDICT_NONE;
    made->view.row[6].rounds = 0;
    make_side(made, 0, "threadpool:own", SCENE_SHARED);
    make_side(made, 1, "threadpool:steal", SCENE_STEAL);
    return made;
}

static void free_made(struct made *made)
{
    scene_free(made->scene[0]);
    scene_free(made->scene[1]);
    free(made);
}

static void draw_golden(const struct made *made, int width, int height, const char *what)
{
    char name[64];
    struct ps_canvas *c = ps_canvas_new(width, height, false);
    ps_compare_screen_draw(c, &made->view);
    snprintf(name, sizeof name, "compare-%s%dx%d", what, width, height);
    golden_check(c, name);
    ps_canvas_free(c);
}

static void golden_at_every_layout(void **state)
{
    (void)state;
    static const int sizes[][2] = {{80, 24}, {120, 40}, {200, 60}};
    static const char *const parts[] = {"lanes-", "metrics-", "graph-"};
    struct made *made = make();
    for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        draw_golden(made, sizes[i][0], sizes[i][1], "");
    for (unsigned part = 0; part < PS_COMPARE_PARTS; part++) {
        made->view.part = (enum ps_compare_part)part;
        draw_golden(made, 60, 16, parts[part]);
    }
    free_made(made);
}

static char *text_of(const struct ps_compare_view *view, int width, int height)
{
    struct ps_canvas *c = ps_canvas_new(width, height, true);
    ps_compare_screen_draw(c, view);
    char *text = ps_canvas_text(c);
    ps_canvas_free(c);
    return text;
}

static void assert_says_at(const struct ps_compare_view *view, const char *what, int width,
                           int height)
{
    char *text = text_of(view, width, height);
    if (!strstr(text, what))
        fail_msg("'%s' is not on:\n%s", what, text);
    free(text);
}

static void assert_says(const struct ps_compare_view *view, const char *what)
{
    assert_says_at(view, what, 80, 24);
}

static void assert_says_everywhere(struct made *made, const char *what)
{
    made->view.part = PS_COMPARE_TABLE;
    assert_says_at(&made->view, what, 80, 24);
    assert_says_at(&made->view, what, 60, 16);
    assert_says_at(&made->view, what, 200, 60);
}

/* Below the table stands what the chosen row's verdict rests on, at every size. */
static void the_reason_is_said_at_every_size(void **state)
{
    (void)state;
    struct made *made = make();
    assert_says_everywhere(made, "response p99: B is better, sure: 99 % over all 8 rows");
    made->view.metric = 1;
    assert_says_everywhere(made, "response p50: no difference, or one in -5.7 .. +6.0 %");
    make_row(made, 1, 3, 41e6, 1.0);
    made->view.row[1].pair.low = -0.3;
    assert_says_everywhere(made, "response p50: unclear, it may be -30 .. ");
    made->view.metric = 6;
    assert_says_everywhere(made, "steals/s: A cannot steal, so there is nothing to compare");
    made->view.metric = 2;
    made->view.whole = 3;
    make_row(made, 2, 3, 243e6, 0.68);
    assert_says_everywhere(made, "maybe B: 95 % sure alone, not 99 % over 8 rows; n: more");
    made->view.whole = 2;
    make_row(made, 2, 2, 243e6, 0.68);
    assert_says_everywhere(made, "response p99: no verdict before round 3; n: more rounds");
    made->view.others = 0.4; /* beside a warning, too */
    assert_says_everywhere(made, "response p99: no verdict before round 3; n: more rounds");
    free_made(made);
}

static void verdicts_and_intervals_are_told(void **state)
{
    (void)state;
    struct made *made = make();
    assert_says(&made->view, "B is better");
    assert_says(&made->view, "no difference");
    assert_says(&made->view, "A cannot steal");
    made->view.zoom = true;
    assert_says(&made->view, "take turns");
    made->view.zoom = false;
    made->view.others = 0.4;
    assert_says(&made->view, "other processes took up to 40 %");
    made->view.stage = PS_COMPARE_BROKEN;
    made->view.why = "deadlock: all 4 workers wait";
    assert_says(&made->view, "B cannot run this: deadlock: all 4 workers wait");
    free_made(made);
}

/* Before the first round is whole nothing is claimed. */
static void nothing_is_claimed_before_a_round_is_whole(void **state)
{
    (void)state;
    struct made *made = make();
    made->view.whole = 0;
    for (unsigned m = 0; m < PS_COMPARE_METRICS; m++) {
        made->view.row[m].rounds = 0;
        made->view.row[m].verdict = PS_VERDICT_NONE;
    }
    made->view.side[1].snapshot = NULL;
    char *text = text_of(&made->view, 80, 24);
    assert_null(strstr(text, "better"));
    assert_null(strstr(text, "no difference"));
    assert_null(strstr(text, " ms"));
    assert_non_null(strstr(text, "Its turn comes"));
    assert_non_null(strstr(text, "the first round is not whole yet"));
    free(text);
    free_made(made);
}

static void every_size_is_safe(void **state)
{
    (void)state;
    struct made *made = make();
    struct ps_canvas *c = ps_canvas_new(1, 1, false);
    for (int height = 1; height <= 60; height += 3)
        for (int width = 1; width <= 250; width += 7) {
            made->view.stage = (enum ps_compare_stage)((width + height) % 4);
            made->view.why = "x";
            made->view.part = (enum ps_compare_part)(width % PS_COMPARE_PARTS);
            made->view.form.count = (unsigned)width % PS_LAB_FIELDS_MAX;
            for (unsigned i = 0; i < made->view.form.count; i++)
                made->view.form.field[i].label = "label";
            assert_true(ps_canvas_resize(c, width, height));
            ps_compare_screen_draw(c, &made->view);
        }
    ps_canvas_free(c);
    free_made(made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden_at_every_layout),
        cmocka_unit_test(verdicts_and_intervals_are_told),
        cmocka_unit_test(the_reason_is_said_at_every_size),
        cmocka_unit_test(nothing_is_claimed_before_a_round_is_whole),
        cmocka_unit_test(every_size_is_safe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
