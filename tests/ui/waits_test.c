/* Hosts that take their time to begin and to end, and a screen that does not wait for them. */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "fake_term.h"
#include "presets.h"
#include "scene.h"
#include "ui/keys.h"

static struct ps_library library;
static struct scene *scene;

static struct ps_ui_options options_of(void)
{
    fake_host = (struct fake_host){.snapshot = scene->snapshot};
    return (struct ps_ui_options){.words = &presets_words,
                                  .library = &library,
                                  .usable_cpus = 8,
                                  .machine = "8 cpu  16 GiB",
                                  .no_state = true,
                                  .launcher = &fake_launcher};
}

struct waiting {
    unsigned step;
    char *frame[6];
};

static void see(struct waiting *s, const struct ps_canvas *frame)
{
    if (s->step < 6)
        s->frame[s->step] = ps_canvas_text(frame);
    s->step++;
}

static bool saw(const struct waiting *s, unsigned step, const char *text)
{
    return s->frame[step] && strstr(s->frame[step], text);
}

static void forget_waiting(struct waiting *s)
{
    for (unsigned i = 0; i < 6; i++)
        free(s->frame[i]);
}

/* A key that is typed while the host begins; then it has begun. */
static int type_ahead(void *user, const struct ps_canvas *frame)
{
    static const int keys[] = {PS_INPUT_ENTER, 'Z', 'z'};
    struct waiting *s = user;
    see(s, frame);
    fake_host.starting = s->step < 3;
    return s->step <= 3 ? keys[s->step - 1] : PS_INPUT_HANGUP;
}

static void keys_are_kept_while_a_host_begins(void **state)
{
    (void)state;
    struct waiting s = {.step = 0};
    struct ps_ui_options options = options_of();
    fake_run(&options, 80, 24, type_ahead, &s);
    assert_true(saw(&s, 1, "starting the host, measuring this machine"));
    assert_true(saw(&s, 2, "starting the host") && !saw(&s, 2, "FROZEN"));
    assert_true(saw(&s, 3, "FROZEN") && saw(&s, 3, "1 Lanes"));
    forget_waiting(&s);
}

static int call_off(void *user, const struct ps_canvas *frame)
{
    static const int keys[] = {PS_INPUT_ENTER, PS_INPUT_ESC, 'q'};
    struct waiting *s = user;
    see(s, frame);
    fake_host.starting = true;
    return keys[s->step - 1];
}

static void a_start_is_called_off(void **state)
{
    (void)state;
    struct waiting s = {.step = 0};
    struct ps_ui_options options = options_of();
    assert_int_equal(fake_run(&options, 80, 24, call_off, &s), 0);
    assert_true(saw(&s, 1, "starting the host"));
    assert_true(saw(&s, 2, "the run was called off"));
    assert_true(saw(&s, 2, "Presets") && fake_host.ended);
    forget_waiting(&s);
}

/* Asked to end, it goes on: the screen does too, and Esc ends it by force. */
static int begin_again(void *user, const struct ps_canvas *frame)
{
    static const int keys[] = {PS_INPUT_ENTER, 'r', PS_INPUT_ESC};
    struct waiting *s = user;
    see(s, frame);
    fake_host.stubborn = true;
    return s->step <= 3 ? keys[s->step - 1] : PS_INPUT_HANGUP;
}

static void a_run_that_does_not_end_holds_nobody_up(void **state)
{
    (void)state;
    struct waiting s = {.step = 0};
    struct ps_ui_options options = options_of();
    fake_run(&options, 80, 24, begin_again, &s);
    assert_true(saw(&s, 2, "the run is ending; Esc: at once"));
    assert_true(saw(&s, 3, "LIVE"));
    assert_int_equal(fake_host.begun, 2);
    forget_waiting(&s);
}

static int set_up(void **state)
{
    (void)state;
    presets_fill(&library);
    scene = scene_new(SCENE_STEAL, 8, 20);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    scene_free(scene);
    free(library.presets);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_are_kept_while_a_host_begins),
        cmocka_unit_test(a_start_is_called_off),
        cmocka_unit_test(a_run_that_does_not_end_holds_nobody_up),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
