/* The start screen and its form. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "golden.h"
#include "presets.h"
#include "ui/start_screen.h"

static struct ps_library library;

static int set_up(void **state)
{
    (void)state;
    presets_fill(&library);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    free(library.presets);
    return 0;
}

static struct ps_start_view view_of(unsigned selected)
{
    struct ps_start_view view = {.library = &library,
                                 .words = &presets_words,
                                 .selected = selected,
                                 .usable_cpus = 8,
                                 .machine = "8 cpu  16 GiB"};
    view.experiment = library.presets[selected].experiment;
    return view;
}

static void draw_golden(const struct ps_start_view *view, int width, int height, const char *name)
{
    struct ps_canvas *c = ps_canvas_new(width, height, false);
    ps_start_screen_draw(c, view);
    golden_check(c, name);
    ps_canvas_free(c);
}

/* NAME-WxH at the sizes that every screen is looked at in. */
static void draw_goldens(const struct ps_start_view *view, const char *what)
{
    static const int looked_at[][2] = {{60, 16}, {80, 24}, {120, 40}, {200, 60}};
    for (unsigned i = 0; i < sizeof looked_at / sizeof looked_at[0]; i++) {
        int width = looked_at[i][0], height = looked_at[i][1];
        char name[64];
        snprintf(name, sizeof name, "%s-%dx%d", what, width, height);
        draw_golden(view, width, height, name);
    }
}

static void golden_at_every_layout(void **state)
{
    (void)state;
    struct ps_start_view view = view_of(2);
    draw_goldens(&view, "start");
}

static void golden_of_states(void **state)
{
    (void)state;
    struct ps_start_view view = view_of(0);
    view.form = view.editing = true;
    view.field = 2;
    snprintf(view.edit, sizeof view.edit, "999");
    snprintf(view.complaint, sizeof view.complaint, "allowed: 1..256, auto, 2x, 0.5x");
    draw_goldens(&view, "start-editing");
    view = view_of(0);
    view.form = true;
    view.field = 10;
    draw_goldens(&view, "start-form");
    view = view_of(0);
    view.searching = true;
    snprintf(view.filter, sizeof view.filter, "STEAL");
    draw_goldens(&view, "start-search");
    view = view_of(4);
    draw_goldens(&view, "start-broken");
    struct ps_library none = {0};
    view.library = &none;
    view.selected = 0;
    draw_goldens(&view, "start-empty");
}

static const char lesson_words[] =
    "# Skewed tasks\n\n## Question\nEach worker has a queue of its own, and stealing is off. One "
    "task "
    "in\ntwenty is fifty times longer. When are the short ones behind it done?\n\n1. At once\n"
    "2. After the long one *\n\n## Watch for\n* Idle lanes beside waiting work.\n"
    "* The slowest short tasks: hundreds of milliseconds before, far less\n  after.\n\n"
    "## Why\nWork stays where it was put.\n\n## In real life\nGo steals.\n\n## Try next\n"
    "* Press s.\n\n## References\n* Blumofe and Leiserson 1999\n";

/* The question and what to watch for stand beside the list; the answers do not. */
static void a_lesson_asks_its_question_on_the_start_screen(void **state)
{
    (void)state;
    struct ps_lesson lesson;
    struct ps_lesson_fault fault;
    assert_true(ps_lesson_parse(lesson_words, &lesson, &fault));
    struct ps_start_view view = view_of(2);
    view.lesson = &lesson;
    draw_goldens(&view, "start-lesson");
    struct ps_canvas *c = ps_canvas_new(80, 24, false);
    ps_start_screen_draw(c, &view);
    char *text = ps_canvas_text(c);
    assert_non_null(strstr(text, "Watch for"));
    assert_non_null(strstr(text, "Idle lanes beside waiting work."));
    assert_null(strstr(text, "After the long one"));
    assert_non_null(strstr(text, "07 Skewed tasks and stealing ")); /* whole */
    free(text);
    ps_canvas_free(c);
}

/* How long a kernel takes is not in the preset: it is not a task that only waits. */
static void the_rule_of_thumb_knows_kernels(void **state)
{
    (void)state;
    static const struct {
        double wait_ns;
        const char *text;
    } cases[] = {{0, "tasks that only compute (julia): a worker a cpu, 8"},
                 {5e6, "how long julia computes is not known beforehand; u measures"}};
    for (unsigned i = 0; i < 2; i++) {
        struct ps_start_view view = view_of(2);
        struct ps_task_type *type = &view.experiment.types[0];
        view.experiment.type_count = 1;
        type->step_count = 2;
        type->steps[0] = (struct ps_step_def){.kind = PS_STEP_JULIA};
        type->steps[1] =
            (struct ps_step_def){.kind = PS_STEP_SLEEP, .time = {.a = cases[i].wait_ns}};
        struct ps_canvas *c = ps_canvas_new(80, 24, false);
        ps_start_screen_draw(c, &view);
        char *text = ps_canvas_text(c);
        if (!strstr(text, cases[i].text))
            fail_msg("'%s' is missing:\n%s", cases[i].text, text);
        assert_null(strstr(text, "task: cpu"));
        free(text);
        ps_canvas_free(c);
    }
}

static void every_size_is_safe(void **state)
{
    (void)state;
    struct ps_lesson lesson;
    struct ps_lesson_fault fault;
    struct ps_start_view view = view_of(0);
    assert_true(ps_lesson_parse(lesson_words, &lesson, &fault));
    struct ps_canvas *c = ps_canvas_new(1, 1, false);
    for (int height = 1; height <= 60; height++) {
        for (int width = 1 + height % 3; width <= 250; width += 3) {
            view.form = (width + height) % 2;
            view.lesson = width % 5 ? &lesson : NULL;
            view.field = (unsigned)(width % 14);
            assert_true(ps_canvas_resize(c, width, height));
            ps_start_screen_draw(c, &view);
        }
    }
    ps_canvas_free(c);
}

static void the_filter_looks_at_every_text(void **state)
{
    (void)state;
    unsigned visible[PS_VISIBLE_MAX];
    static const struct {
        const char *filter;
        unsigned count;
    } cases[] = {{"", 5}, {"TWENTY", 1}, {"balance", 1}, {"one-w", 1}, {"e", 5}, {"xyzzy", 0}};
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct ps_start_view view = view_of(0);
        snprintf(view.filter, sizeof view.filter, "%s", cases[i].filter);
        assert_int_equal(ps_start_visible(&view, visible), cases[i].count);
    }
}

/* ---- the form ---- */

static const struct ps_form_field *field_of(const struct ps_experiment *e,
                                            struct ps_form_field fields[PS_FORM_FIELDS_MAX],
                                            const char *label)
{
    unsigned count = ps_form_fields(e, &presets_words, fields);
    for (unsigned i = 0; i < count; i++)
        if (strcmp(fields[i].label, label) == 0)
            return &fields[i];
    fail_msg("no field %s", label);
    return NULL;
}

static void steps_change_every_field(void **state)
{
    (void)state;
    for (unsigned preset = 0; preset < 4; preset++) {
        struct ps_form_field fields[PS_FORM_FIELDS_MAX];
        struct ps_experiment e = library.presets[preset].experiment;
        unsigned count = ps_form_fields(&e, &presets_words, fields);
        for (unsigned i = 0; i < count; i++) {
            struct ps_experiment changed = e;
            struct ps_form_field after[PS_FORM_FIELDS_MAX];
            char why[200] = "";
            if (!ps_form_step(&changed, &presets_words, &fields[i], 1, 8, why, sizeof why))
                fail_msg("%s right of %s: %s", fields[i].label, fields[i].value, why);
            const char *label = strcmp(fields[i].label, "Engine") == 0 ? "Engine" : fields[i].label;
            if (strcmp(label, "Arrivals") != 0)
                assert_string_not_equal(field_of(&changed, after, label)->value, fields[i].value);
        }
    }
}

static void another_engine_brings_its_own_policy(void **state)
{
    (void)state;
    char why[200];
    struct ps_experiment e = library.presets[1].experiment;
    assert_true(ps_form_engine(&e, &presets_words, "green", "", 8, why, sizeof why));
    assert_string_equal(e.policy, "steal");
    e.workers = (struct ps_workers_spec){.count = 200};
    assert_true(ps_form_engine(&e, &presets_words, "threadpool", "uv", 8, why, sizeof why));
    assert_int_equal(e.workers.count, 4);
    assert_false(ps_form_engine(&e, &presets_words, "fibres", "", 8, why, sizeof why));
    assert_string_equal(e.engine, "threadpool");
}

/* What a preset sets for another engine stands below the fields, so that nobody believes in it. */
static void settings_without_effect_are_shown(void **state)
{
    (void)state;
    char text[200], why[200];
    struct ps_experiment e = library.presets[0].experiment;
    assert_string_equal(ps_form_unused(&e, &presets_words, text, sizeof text), "");
    e.wake_all = true;
    e.lifo_slot = PS_SLOT_KEPT;
    assert_string_equal(ps_form_unused(&e, &presets_words, text, sizeof text),
                        "unused here: lifo_slot, wake");
    assert_true(ps_form_engine(&e, &presets_words, "threadpool", "fifo", 8, why, sizeof why));
    assert_string_equal(ps_form_unused(&e, &presets_words, text, sizeof text),
                        "unused here: lifo_slot");
    struct ps_start_view view = view_of(0);
    view.experiment = e;
    view.form = true;
    struct ps_canvas *c = ps_canvas_new(80, 24, true);
    ps_start_screen_draw(c, &view);
    char *screen = ps_canvas_text(c);
    assert_non_null(strstr(screen, "unused here: lifo_slot"));
    free(screen);
    ps_canvas_free(c);
}

static void a_wrong_value_changes_nothing(void **state)
{
    (void)state;
    struct ps_experiment e = library.presets[0].experiment, before = e;
    static const char *const wrong[][2] = {{"engine.workers", "0"},   {"engine.workers", "999"},
                                           {"engine.workers", ""},    {"arrivals.rate", "fast"},
                                           {"engine.name", "fibres"}, {"run.seed", "-1"}};
    for (unsigned i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        char why[200] = "";
        assert_false(ps_form_set(&e, &presets_words, wrong[i][0], wrong[i][1], why, sizeof why));
        assert_true(why[0] != '\0');
        assert_memory_equal(&e, &before, sizeof e);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden_at_every_layout),
        cmocka_unit_test(golden_of_states),
        cmocka_unit_test(a_lesson_asks_its_question_on_the_start_screen),
        cmocka_unit_test(the_rule_of_thumb_knows_kernels),
        cmocka_unit_test(every_size_is_safe),
        cmocka_unit_test(the_filter_looks_at_every_text),
        cmocka_unit_test(steps_change_every_field),
        cmocka_unit_test(another_engine_brings_its_own_policy),
        cmocka_unit_test(settings_without_effect_are_shown),
        cmocka_unit_test(a_wrong_value_changes_nothing),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
