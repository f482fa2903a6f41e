#include <string.h>

#include "check.h"
#include "ui/keys.h"
#include "ui/lesson_screen.h"

static const enum ps_place places[] = {
    PS_AT_LIST,   PS_AT_FORM,      PS_AT_LIVE,    PS_AT_MENU,      PS_AT_TEXT,         PS_AT_ENDED,
    PS_AT_LESSON, PS_AT_CONSOLE,   PS_AT_PANELS,  PS_AT_COMPARE,   PS_AT_COMPARE_FORM, PS_AT_REPLAY,
    PS_AT_TUNE,   PS_AT_TUNE_FORM, PS_AT_PREDICT, PS_AT_PREDICT_3, PS_AT_PREDICT_2,    PS_AT_TRIAL};
enum { PLACES = sizeof places / sizeof places[0] };

static void no_key_means_two_things_at_a_place(void **state)
{
    (void)state;
    for (unsigned p = 0; p < PLACES; p++) {
        for (const struct ps_binding *b = ps_bindings; b->action != PS_DO_NOTHING; b++) {
            for (unsigned i = 0; i < PS_BINDING_KEYS && (b->places & places[p]); i++)
                if (b->keys[i] && ps_binding_find(places[p], b->keys[i]) != b)
                    fail_msg("key %s is bound twice at place %d", b->name, (int)places[p]);
        }
    }
}

static void every_binding_has_a_key_and_an_action(void **state)
{
    (void)state;
    for (const struct ps_binding *b = ps_bindings; b->action != PS_DO_NOTHING; b++) {
        assert_int_not_equal(b->keys[0], PS_INPUT_NONE);
        assert_true(b->name && b->name[0]);
        assert_int_not_equal(b->places, 0);
        assert_true(b->rank <= 9);
        if (b->label)
            assert_non_null(b->help); /* what is shown is explained */
    }
}

static void letters_of_movement_only_move(void **state)
{
    (void)state;
    for (unsigned p = 0; p < PLACES; p++) {
        for (const char *key = "hjkl"; *key; key++) {
            const struct ps_binding *b = ps_binding_find(places[p], *key);
            if (b)
                assert_true(b->action >= PS_DO_UP && b->action <= PS_DO_RIGHT);
        }
    }
}

static void everything_on_the_bar_can_be_clicked(void **state)
{
    (void)state;
    for (unsigned p = 0; p < PLACES; p++) {
        for (int width = 60; width <= 200; width += 20) {
            struct ps_canvas *c = ps_canvas_new(width, 6, false);
            ps_key_bar(c, places[p]);
            unsigned shown = 0;
            for (const struct ps_binding *b = ps_bindings; b->action != PS_DO_NOTHING; b++)
                shown += (b->places & places[p]) && b->label;
            assert_int_equal(c->hits->count, shown);
            for (unsigned i = 0; i < c->hits->count; i++) {
                const struct ps_hit *hit = &c->hits->list[i];
                assert_ptr_equal(ps_canvas_hit_at(c, hit->x, hit->y), hit);
                assert_true(hit->x + hit->width <= width);
            }
            ps_canvas_free(c);
        }
    }
}

static void a_narrow_bar_keeps_help_and_quit(void **state)
{
    (void)state;
    struct ps_canvas *c = ps_canvas_new(60, 1, false);
    ps_key_bar(c, PS_AT_LIVE);
    bool help = false, quit = false;
    for (unsigned i = 0; i < c->hits->count; i++) {
        help = help || c->hits->list[i].action == PS_DO_HELP;
        quit = quit || c->hits->list[i].action == PS_DO_QUIT;
    }
    assert_true(help && quit);
    ps_canvas_free(c);
}

static void a_bar_is_filled_without_cutting_a_word(void **state)
{
    (void)state;
    static const int widths[] = {60, 80};
    for (unsigned p = 0; p < PLACES; p++) {
        for (unsigned w = 0; w < 2; w++) {
            struct ps_canvas *c = ps_canvas_new(widths[w], 1, false);
            ps_key_bar(c, places[p]);
            assert_true(c->hits->count > 0);
            for (unsigned i = 0; i < c->hits->count; i++) {
                const struct ps_hit *hit = &c->hits->list[i];
                assert_true(hit->y == 0 && hit->x + hit->width < widths[w]);
            }
            ps_canvas_free(c);
        }
    }
}

/* A key that answers nothing is not offered. */
static void as_many_answers_as_the_question_has_are_named(void **state)
{
    (void)state;
    static const enum ps_place of[] = {PS_AT_PREDICT_2, PS_AT_PREDICT_3, PS_AT_PREDICT};
    static const char *const names[][2] = {
        {"1-2", "Shift-1-2"}, {"1-3", "Shift-1-3"}, {"1-4", "Shift-1-4"}};
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(ps_lesson_place(PS_LESSON_PREDICT, i + 2), of[i]);
        assert_string_equal(ps_binding_of(of[i], PS_DO_ANSWER)->name, names[i][0]);
        assert_string_equal(ps_binding_of(of[i], PS_DO_ANSWER_LESS)->name, names[i][1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_key_means_two_things_at_a_place),
        cmocka_unit_test(every_binding_has_a_key_and_an_action),
        cmocka_unit_test(letters_of_movement_only_move),
        cmocka_unit_test(everything_on_the_bar_can_be_clicked),
        cmocka_unit_test(a_narrow_bar_keeps_help_and_quit),
        cmocka_unit_test(a_bar_is_filled_without_cutting_a_word),
        cmocka_unit_test(as_many_answers_as_the_question_has_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
