/* The tune screen from a made sweep: golden screens, every small size, what it must say. */
#include "ui/tune_screen.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "check.h"
#include "golden.h"

struct made {
    struct ps_tune_about about;
    struct ps_surface surface;
    struct ps_conclusion conclusion;
    struct ps_tune_view view;
};

/* 8 CPUs, tasks that compute as long as they wait: a knee at 16, a slow decline beyond it. */
static double rate_of(unsigned workers)
{
    double rate = workers < 16 ? 139.0 * workers : 2222 - 4.0 * (workers - 16);
    return rate * (workers > 12 && workers < 20 ? 0.985 : 1);
}

static struct made *make(void)
{
    static const unsigned counts[] = {1, 2, 4, 8, 12, 14, 16, 20, 24, 32};
    struct made *made = calloc(1, sizeof *made);
    made->about = (struct ps_tune_about){.preset = "06-rule-of-thumb",
                                         .engine = "threadpool",
                                         .policy = "steal",
                                         .load = "closed, 128 in flight",
                                         .saturated = true,
                                         .usable_cpus = 8,
                                         .low = 1,
                                         .high = 32,
                                         .repeats = 3,
                                         .cpu_ns = 3.6e6,
                                         .wait_ns = 3.6e6,
                                         .slot_s = 2,
                                         .warmup_s = 0.4,
                                         .seed = 7};
    for (unsigned repeat = 0; repeat < 3; repeat++)
        for (unsigned i = 0; i < sizeof counts / sizeof *counts; i++) {
            double wobble = 1 + 0.012 * ((int)((i * 5 + repeat * 7) % 3) - 1);
            double rate = rate_of(counts[i]) * wobble;
            ps_surface_add(&made->surface, counts[i], rate, 7.3e6 + 128 / rate * 0.4e9);
        }
    ps_conclude(&made->about, &made->surface, &made->conclusion);
    made->view = (struct ps_tune_view){.stage = PS_TUNE_MEASURED,
                                       .title = "The rule of thumb",
                                       .about = &made->about,
                                       .surface = &made->surface,
                                       .conclusion = &made->conclusion,
                                       .cells = 30,
                                       .workers = 12,
                                       .repeat = 1,
                                       .progress = 0.4,
                                       .left_ns = 50 * (uint64_t)PS_NS_PER_S,
                                       .elapsed_ns = 72 * (uint64_t)PS_NS_PER_S,
                                       .guess = 12};
    return made;
}

static void draw_golden(const struct made *made, int width, int height, const char *what)
{
    char name[64];
    struct ps_canvas *c = ps_canvas_new(width, height, false);
    ps_tune_screen_draw(c, &made->view);
    snprintf(name, sizeof name, "tune-%s%dx%d", what, width, height);
    golden_check(c, name);
    ps_canvas_free(c);
}

static void golden_at_every_layout(void **state)
{
    (void)state;
    static const int sizes[][2] = {{80, 24}, {120, 40}, {200, 60}};
    static const char *const parts[] = {"curve-", "p99-", "answer-", "models-", "tuners-"};
    struct made *made = make();
    for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        draw_golden(made, sizes[i][0], sizes[i][1], "");
    for (unsigned part = 0; part < PS_TUNE_PARTS; part++) {
        made->view.part = (enum ps_tune_part)part;
        draw_golden(made, 60, 16, parts[part]);
    }
    free(made);
}

static void golden_of_the_race(void **state)
{
    (void)state;
    struct made *made = make();
    made->view.racing = true;
    made->view.race_s = 24;
    for (unsigned i = 0; i < PS_TUNERS; i++)
        made->view.runner[i] =
            (struct ps_tune_runner){.workers = 6 + 7 * (float)i, .trail = 4 + 6 * (float)i};
    draw_golden(made, 80, 24, "race-");
    draw_golden(made, 120, 40, "race-");
    draw_golden(made, 200, 60, "race-");
    made->view.part = PS_TUNE_CURVE;
    draw_golden(made, 60, 16, "race-");
    free(made);
}

static void assert_says(const struct ps_tune_view *view, const char *what)
{
    struct ps_canvas *c = ps_canvas_new(100, 30, true);
    ps_tune_screen_draw(c, view);
    char *text = ps_canvas_text(c);
    if (!strstr(text, what))
        fail_msg("'%s' is not on:\n%s", what, text);
    free(text);
    ps_canvas_free(c);
}

/* The smallest count within noise is recommended, and what a guess costs is said. */
static void the_answer_is_told(void **state)
{
    (void)state;
    struct made *made = make();
    unsigned recommended = made->conclusion.choice.recommended;
    assert_true(recommended >= 14 && recommended <= 16);
    char text[40];
    snprintf(text, sizeof text, "recommended         %u workers", recommended);
    assert_says(&made->view, text);
    assert_says(&made->view, "you would lose 2");
    made->view.guess = 20;
    assert_says(&made->view, "more than needed");
    made->view.guess = 40;
    assert_says(&made->view, "not measured yet");
    made->view.guess = 0;
    assert_says(&made->view, "type a number");
    made->about.goal_ns = 1e6;
    ps_conclude(&made->about, &made->surface, &made->conclusion);
    assert_says(&made->view, "none keeps p99 within 1.00ms");
    made->view.failed_workers = 2;
    snprintf(made->view.failed, sizeof made->view.failed, "deadlock");
    assert_says(&made->view, "2 workers: deadlock");
    free(made);
}

static void repeat_again(struct made *made, double wobble)
{
    for (unsigned i = 0; i < made->surface.count; i++) {
        unsigned workers = made->surface.point[i].workers;
        for (int sign = -1; sign <= 1; sign += 2)
            ps_surface_add(&made->surface, workers, rate_of(workers) * (1 + sign * wobble), 8e6);
    }
    ps_conclude(&made->about, &made->surface, &made->conclusion);
}

/* What noise makes alike is called so at every size, and a guess among it is no loss. */
static void noise_is_told(void **state)
{
    (void)state;
    static const int sizes[][2] = {{60, 16}, {80, 24}, {120, 40}};
    struct made *made = make();
    repeat_again(made, 0.3);
    made->view.disturbed = 3;
    made->view.guess = 24;
    const struct ps_choice *choice = &made->conclusion.choice;
    char text[80];
    assert_true(choice->noise > PS_TOLERANCE_MOST && choice->alike_low < choice->alike_high);
    snprintf(text, sizeof text, "! %u..%u workers cannot be told apart: noise", choice->alike_low,
             choice->alike_high);
    for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        made->view.part = PS_TUNE_ANSWER;
        struct ps_canvas *c = ps_canvas_new(sizes[i][0], sizes[i][1], true);
        ps_tune_screen_draw(c, &made->view);
        char *screen = ps_canvas_text(c);
        if (!strstr(screen, text))
            fail_msg("'%s' is not on:\n%s", text, screen);
        assert_null(strstr(screen, "you would lose"));
        free(screen);
        ps_canvas_free(c);
    }
    assert_says(&made->view, "others in 3 of 30 slots");
    free(made);
}

/* At the preset's own rate throughput is flat: nothing is concluded from it, the goal decides. */
static void at_a_rate_the_goal_decides(void **state)
{
    (void)state;
    struct made *made = make();
    snprintf(made->about.load, sizeof made->about.load, "open, 100/s");
    made->about.saturated = false;
    made->about.goal_ns = 60e6;
    repeat_again(made, 0.3);
    assert_says(&made->view, "goal kept in ");
    assert_says(&made->view, "at this rate p99 decides");
    assert_says(&made->view, "They are of throughput");
    made->view.guess = 1;
    assert_says(&made->view, "misses the goal, 60.0ms");
    struct ps_canvas *c = ps_canvas_new(80, 24, true);
    ps_tune_screen_draw(c, &made->view);
    char *text = ps_canvas_text(c);
    assert_null(strstr(text, "told apart"));
    assert_null(strstr(text, "Amdahl  "));
    free(text);
    ps_canvas_free(c);
    free(made);
}

static void nothing_is_claimed_without_points(void **state)
{
    (void)state;
    struct made *made = make();
    made->surface.count = 0;
    made->view.conclusion = NULL;
    made->view.stage = PS_TUNE_MEASURING;
    made->view.guess = 0;
    assert_says(&made->view, "the first point is being measured");
    assert_says(&made->view, "Type a number before the points come in");
    for (unsigned part = 0; part < PS_TUNE_PARTS; part++) {
        struct ps_canvas *c = ps_canvas_new(60, 16, true);
        made->view.part = (enum ps_tune_part)part;
        ps_tune_screen_draw(c, &made->view);
        ps_canvas_free(c);
    }
    free(made);
}

static void every_size_is_safe(void **state)
{
    (void)state;
    struct made *made = make();
    struct ps_canvas *c = ps_canvas_new(1, 1, false);
    made->view.why = "x";
    for (int height = 1; height <= 60; height += 3)
        for (int width = 1; width <= 250; width += 7) {
            made->view.stage = (enum ps_tune_stage)((width + height) % 4);
            made->view.part = (enum ps_tune_part)(width % PS_TUNE_PARTS);
            made->view.racing = width % 2;
            assert_true(ps_canvas_resize(c, width, height));
            ps_tune_screen_draw(c, &made->view);
        }
    ps_canvas_free(c);
    free(made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden_at_every_layout),
        cmocka_unit_test(golden_of_the_race),
        cmocka_unit_test(the_answer_is_told),
        cmocka_unit_test(noise_is_told),
        cmocka_unit_test(at_a_rate_the_goal_decides),
        cmocka_unit_test(nothing_is_claimed_without_points),
        cmocka_unit_test(every_size_is_safe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
