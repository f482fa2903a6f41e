/* The whole program on a fake terminal: every key of every place does something that can be seen. */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/rng.h"
#include "check.h"
#include "client/recorder.h"
#include "fake_term.h"
#include "golden.h"
#include "home.h"
#include "ui/keys.h"

#define KEYS_MAX 40

/* More than a screen. */
#define MANY "* The queue.\n* The lanes.\n* The steals.\n* The rest.\n* And again:\n"

static const char lesson[] =
    "# Skewed tasks\n\n## Question\nWhen are the short ones done?\n\n1. At once\n2. After the long "
    "one *\n3. Never\n4. Soon\n\n## Watch for\n" MANY MANY MANY
    "\n\n## Why\nWork stays where it was put. Work "
    "stays where it was put.\n\n## In real life\nGo steals.\n\n## Try next\n* Press s.\n\n## "
    "References\n* Blumofe and Leiserson 1999\n";

/* ---- a run of the program: keys, and the frames they lead to ---- */

struct script {
    const int *keys;
    unsigned count, at;
    char *frame[KEYS_MAX + 1]; /* what is seen before key 0, after key 0, ... */
    unsigned redraws[KEYS_MAX + 1];
    enum ps_theme theme[KEYS_MAX + 1];
};

static char *seen(const struct ps_canvas *canvas)
{
    char *text = ps_canvas_text(canvas);
    size_t length = strlen(text), cells = (size_t)canvas->width * (size_t)canvas->height;
    text = realloc(text, length + cells + 1);
    assert_non_null(text);
    for (size_t i = 0; i < cells; i++)
        text[length + i] = (char)(' ' + canvas->cells[i].style);
    text[length + cells] = '\0';
    return text;
}

static int next_key(void *user, const struct ps_canvas *frame)
{
    struct script *s = user;
    s->frame[s->at] = seen(frame);
    s->redraws[s->at] = fake_redraws();
    s->theme[s->at] = fake_theme();
    return s->at < s->count ? s->keys[s->at++] : PS_INPUT_HANGUP;
}

static struct ps_ui_options options_of(void)
{
    fake_host = (struct fake_host){.snapshot = home_scene->snapshot};
    return (struct ps_ui_options){.words = &presets_words,
                                  .library = &home_library,
                                  .usable_cpus = 8,
                                  .machine = "8 cpu  16 GiB",
                                  .launcher = &fake_launcher};
}

/* Returns the exit code; `s` holds what was seen. */
static int play(struct script *s, const int *keys, unsigned count, int width, int height)
{
    *s = (struct script){.keys = keys, .count = count};
    assert_true(count <= KEYS_MAX);
    struct ps_ui_options options = options_of();
    return fake_run(&options, width, height, next_key, s);
}

static void forget(struct script *s)
{
    for (unsigned i = 0; i <= KEYS_MAX; i++)
        free(s->frame[i]);
}

/* ---- places ---- */

/* Keys from the start of the program to a place, ending with 0. */
#define WAY_MAX 12
struct way {
    enum ps_place place;
    int keys[WAY_MAX];
};

static const struct way ways[] = {
    {PS_AT_LIST, {PS_INPUT_DOWN}},
    {PS_AT_FORM, {PS_INPUT_TAB, PS_INPUT_DOWN}},
    {PS_AT_LIVE, {PS_INPUT_ENTER, PS_INPUT_DOWN}},
    {PS_AT_MENU, {PS_INPUT_ENTER, 'f', PS_INPUT_DOWN}},
    {PS_AT_PANELS, {PS_INPUT_ENTER, 'p', PS_INPUT_DOWN}},
    {PS_AT_OPTIONS, {PS_INPUT_ENTER, PS_INPUT_F2, PS_INPUT_DOWN}},
    {PS_AT_TEXT, {PS_INPUT_ENTER, '?', PS_INPUT_DOWN}},
    {PS_AT_LESSON, {PS_INPUT_DOWN, PS_INPUT_DOWN, 'L'}},
    {PS_AT_REPLAY, {'o', PS_INPUT_CTRL_U, 'r', PS_INPUT_TAB, PS_INPUT_ENTER, ' ', PS_INPUT_RIGHT}},
    {PS_AT_PANELS, {PS_INPUT_ENTER, 'p', PS_INPUT_DOWN}},
    {PS_AT_OPTIONS, {PS_INPUT_ENTER, PS_INPUT_F2, PS_INPUT_DOWN}},
    {PS_AT_PAGE, {PS_INPUT_ENTER, 'd'}},
    {PS_AT_COMPARE_FORM, {PS_INPUT_ENTER, 'c', PS_INPUT_DOWN}},
    {PS_AT_TUNE_FORM, {PS_INPUT_ENTER, 'u', PS_INPUT_DOWN}},
    {PS_AT_PREDICT, {PS_INPUT_DOWN, PS_INPUT_DOWN, 'L', PS_INPUT_ENTER}},
    {PS_AT_TRIAL, {PS_INPUT_DOWN, PS_INPUT_DOWN, 'L', PS_INPUT_ENTER, PS_INPUT_ENTER}},
    /* A line in its history. */
    {PS_AT_CONSOLE, {PS_INPUT_ENTER, ':', 'p', 'a', 'u', 's', 'e', PS_INPUT_ENTER, ':'}},
};
enum { WAYS = sizeof ways / sizeof ways[0] };

static unsigned take_way(const struct way *way, int keys[KEYS_MAX])
{
    unsigned count = 0;
    while (count < WAY_MAX && way->keys[count]) {
        keys[count] = way->keys[count];
        count++;
    }
    return count;
}

/* Whether the key changes the frame, asks for a whole one, or ends the program; after another key
 * (0: none), which may be what makes it matter: a scroll before a scroll back. */
static bool has_effect(const struct way *way, int prelude, int key)
{
    int keys[KEYS_MAX];
    struct script s;
    unsigned n = take_way(way, keys);
    if (prelude)
        keys[n++] = prelude;
    keys[n++] = key;
    int code = play(&s, keys, n, 80, 24);
    bool effect = !s.frame[n] || strcmp(s.frame[n - 1], s.frame[n]) != 0 ||
                  s.redraws[n - 1] != s.redraws[n] || s.theme[n - 1] != s.theme[n] || code == 0;
    forget(&s);
    return effect;
}

/* The scene has one finding: there is nowhere to go on its page. */
static bool nowhere_to_go(enum ps_place place, enum ps_action action)
{
    return place == PS_AT_PAGE && action >= PS_DO_UP && action <= PS_DO_LAST;
}

static void every_key_has_an_effect(void **state)
{
    (void)state;
    static const int preludes[] = {
        0, PS_INPUT_DOWN, PS_INPUT_UP, PS_INPUT_RIGHT, PS_INPUT_END, PS_INPUT_TAB, 'p'};
    for (unsigned w = 0; w < WAYS; w++) {
        for (const struct ps_binding *b = ps_bindings; b->action != PS_DO_NOTHING; b++) {
            for (unsigned k = 0; k < PS_BINDING_KEYS && (b->places & ways[w].place); k++) {
                bool effect = b->keys[k] == 0 || nowhere_to_go(ways[w].place, b->action);
                for (unsigned p = 0; !effect && p < sizeof preludes / sizeof preludes[0]; p++)
                    effect = has_effect(&ways[w], preludes[p], b->keys[k]);
                if (!effect)
                    print_error("place %d, key %s (%d): nothing to be seen\n", (int)ways[w].place,
                                b->name, b->keys[k]);
                assert_true(effect);
            }
        }
    }
}

static bool shows(const struct script *s, unsigned after, const char *text)
{
    return s->frame[after] && strstr(s->frame[after], text);
}

static void escape_goes_one_level_back(void **state)
{
    (void)state;
    static const int keys[] = {PS_INPUT_ENTER, 'd', '?', PS_INPUT_ESC, PS_INPUT_ESC};
    struct script s;
    play(&s, keys, 5, 80, 24);
    assert_true(shows(&s, 2, "Diagnosis: "));
    assert_true(shows(&s, 3, "Help: live screen"));
    assert_true(shows(&s, 4, "Diagnosis: "));
    assert_false(shows(&s, 5, "Diagnosis: "));
    assert_true(shows(&s, 5, "LIVE"));
    forget(&s);
}

/* What is there to lose is lost with the second Esc only, and any other key takes the first back. */
static void escape_ends_a_run_when_nothing_is_left_to_close(void **state)
{
    (void)state;
    static const int keys[] = {PS_INPUT_ENTER, 'Z',          'z',          PS_INPUT_ESC,
                               PS_INPUT_ESC,   PS_INPUT_ESC, 'd',          PS_INPUT_ESC,
                               PS_INPUT_ESC,   'Q',          PS_INPUT_ESC, PS_INPUT_ESC};
    struct script s;
    play(&s, keys, 12, 80, 24);
    assert_true(shows(&s, 2, "FROZEN"));
    assert_true(shows(&s, 3, "1 Lanes"));
    assert_true(shows(&s, 4, "FROZEN") && !shows(&s, 4, "1 Lanes"));
    assert_false(shows(&s, 5, "FROZEN"));
    assert_true(shows(&s, 6, "Esc again ends the run"));
    assert_true(shows(&s, 7, "Diagnosis: "));
    assert_true(shows(&s, 9, "LIVE") && shows(&s, 9, "Esc again ends the run"));
    assert_true(shows(&s, 11, "LIVE") && shows(&s, 11, "Esc again ends the run"));
    assert_true(shows(&s, 12, "Setup (Tab to change)"));
    assert_true(shows(&s, 12, "has been ended"));
    forget(&s);
}

static void the_own_try_of_a_lesson_leads_back_to_it(void **state)
{
    (void)state;
    /* Its second step, the try, begun again, back. */
    static const int keys[] = {PS_INPUT_DOWN, PS_INPUT_DOWN, 'L',          PS_INPUT_RIGHT, 'y',
                               'r',           PS_INPUT_ESC,  PS_INPUT_ESC, PS_INPUT_ESC};
    struct script s;
    play(&s, keys, 9, 80, 24);
    assert_true(shows(&s, 4, "step 2 of "));
    assert_true(shows(&s, 6, "LIVE"));
    assert_true(shows(&s, 7, "Esc again ends the run: back to the lesson"));
    assert_true(shows(&s, 8, "step 2 of "));
    assert_true(shows(&s, 9, "Setup (Tab to change)"));
    forget(&s);
}

/* Who opens a form and goes back has lost nothing: it is the same run, and it was looked after. */
static void a_form_leaves_the_run_alone(void **state)
{
    (void)state;
    static const int forms[] = {'c', 'u'};
    for (unsigned i = 0; i < 2; i++) {
        const int keys[] = {PS_INPUT_ENTER, 'a', forms[i], PS_INPUT_ESC};
        struct script s;
        play(&s, keys, 4, 80, 24);
        assert_true(shows(&s, 3, i ? "What is measured" : "What is compared"));
        assert_true(shows(&s, 4, "LIVE"));
        assert_int_equal(fake_host.begun, 1);
        forget(&s);
    }
}

/* What was pressed covers keys of the bar whole. */
static void what_was_pressed_cuts_no_key_of_the_bar(void **state)
{
    (void)state;
    static const int keys[] = {PS_INPUT_ENTER, 'P', 'Z', 'Z', 'd', 'd', ':'};
    struct script s;
    play(&s, keys, 7, 80, 24);
    for (unsigned i = 3; i <= 7; i++) {
        const char *pressed = strstr(s.frame[i], "  pressed: ");
        assert_non_null(pressed);
        while (pressed[-1] == ' ')
            pressed--;
        const char *key = pressed;
        while (key[-1] != '\n' && !(key[-1] == ' ' && key[-2] == ' '))
            key--;
        if (!memchr(key, ' ', (size_t)(pressed - key)) && *key != '\n')
            fail_msg("'%.*s' is cut", (int)(pressed - key), key);
    }
    forget(&s);
}

/* However a lesson was opened, the list shows where one has been. */
static void the_list_is_left_where_a_lesson_ends(void **state)
{
    (void)state;
    static const int keys[] = {':',         'l', 'e', 's', 's', 'o', 'n', ' ', '7', PS_INPUT_ENTER,
                               PS_INPUT_ESC};
    struct script s;
    play(&s, keys, 11, 80, 24);
    assert_false(shows(&s, 0, "> 07 Skewed"));
    assert_true(shows(&s, 10, "step 1 of "));
    assert_true(shows(&s, 11, "> 07 Skewed"));
    forget(&s);
}

/* A pause changes nothing that is measured; another experiment does. */
static void a_run_of_a_lesson_that_is_changed_says_what_that_means(void **state)
{
    (void)state;
    static const int keys[] = {PS_INPUT_DOWN,  PS_INPUT_DOWN, 'L', PS_INPUT_RIGHT,
                               PS_INPUT_RIGHT, ' ',           ' ', 's'};
    struct script s;
    play(&s, keys, 8, 80, 24);
    assert_true(shows(&s, 5, "step 3 of ") && shows(&s, 5, "runs"));
    assert_true(shows(&s, 6, "workload paused"));
    assert_false(shows(&s, 7, "no longer counts"));
    assert_true(shows(&s, 8, "stealing off; this run no longer counts, r runs it again"));
    forget(&s);
}

static void a_key_without_a_binding_is_answered(void **state)
{
    (void)state;
    static const int keys[] = {'w', PS_INPUT_ENTER, 'Q', '?', 'w'};
    struct script s;
    play(&s, keys, 5, 80, 24);
    assert_true(shows(&s, 1, "w does nothing here; ? shows the keys"));
    assert_true(shows(&s, 3, "Q does nothing here; ? shows the keys"));
    assert_true(shows(&s, 5, "w does nothing here; Esc closes this"));
    forget(&s);
}

/* Also below a help that is as high as the screen, whichever screen it is of. */
static void an_answer_is_not_hidden_by_help(void **state)
{
    (void)state;
    static const int keys[][5] = {{'?', 'Q'},
                                  {PS_INPUT_DOWN, PS_INPUT_DOWN, 'L', '?', 'Q'},
                                  {'c', '?', 'Q'},
                                  {'u', '?', 'Q'}};
    for (unsigned i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        struct script s;
        unsigned count = 0;
        while (count < 5 && keys[i][count])
            count++;
        play(&s, keys[i], count, 60, 16);
        assert_true(shows(&s, count, "Help: "));
        assert_true(shows(&s, count, "Q does nothing here; Esc closes this"));
        forget(&s);
    }
}

/* Fourth in the menu: p50, in the place of done/s. */
static void giant_figures_are_chosen(void **state)
{
    (void)state;
    static const int keys[] = {PS_INPUT_ENTER, 'F',           'P',           'F',
                               PS_INPUT_DOWN,  PS_INPUT_DOWN, PS_INPUT_DOWN, PS_INPUT_ENTER,
                               PS_INPUT_ESC};
    struct script s;
    play(&s, keys, 9, 80, 24);
    assert_true(shows(&s, 2, "P begins it"));
    assert_true(shows(&s, 3, "done/s") && shows(&s, 3, "F chooses its figures"));
    assert_true(shows(&s, 8, "Giant figures") && shows(&s, 8, "● p50 of response"));
    assert_true(shows(&s, 9, "p50 of response") && shows(&s, 9, "p99 of response"));
    assert_true(shows(&s, 9, "in flight"));
    forget(&s);
}

/* At 80 x 24 there is room for six panels. */
static void a_panel_without_room_is_named(void **state)
{
    (void)state;
    static const int keys[] = {PS_INPUT_ENTER, '9', 'z'};
    struct script s;
    play(&s, keys, 3, 80, 24);
    assert_true(shows(&s, 2, "Types has no room here. Press z: this panel alone."));
    assert_true(shows(&s, 3, "Task types"));
    forget(&s);
}

/* ---- the mouse ---- */

enum { POINTED = 4 };
struct pointing {
    unsigned step, frames[2]; /* before and after the reports */
    int x, y;
    char said[POINTED][256]; /* the row of exact figures: at first, pointed at, away, clicked */
};

/* Two thirds along the lane of worker 2. */
static void find_lane(const struct ps_canvas *frame, int *x, int *y)
{
    for (unsigned i = 0; i < frame->hits->count; i++) {
        const struct ps_hit *hit = &frame->hits->list[i];
        if (hit->action != PS_DO_LOOK_LANES || hit->argument != 2)
            continue;
        *x = hit->x + hit->width * 2 / 3;
        *y = hit->y;
    }
}

static void exact_row(const struct ps_canvas *frame, char into[256])
{
    char *text = ps_canvas_text(frame), *at = strstr(text, "\n  at ");
    snprintf(into, 256, "%.*s", at ? (int)strcspn(at + 1, "\n") : 0, at ? at + 1 : "");
    free(text);
}

/* To 10 s of a recording, paused. */
static const int to_history[] = {'o', PS_INPUT_CTRL_U, 'r',           PS_INPUT_TAB, PS_INPUT_ENTER,
                                 ' ', PS_INPUT_RIGHT,  PS_INPUT_RIGHT};
enum { TO_HISTORY = sizeof to_history / sizeof to_history[0] };

static int point_and_click(void *user, const struct ps_canvas *frame)
{
    struct pointing *s = user;
    if (s->step < TO_HISTORY)
        return to_history[s->step++];
    unsigned step = s->step++ - TO_HISTORY;
    if (step < POINTED)
        exact_row(frame, s->said[step]);
    switch (step) {
    case 0:
        find_lane(frame, &s->x, &s->y);
        s->frames[0] = fake_frames();
        fake_point(s->x, s->y, 100000);
        return PS_INPUT_RESIZE; /* a key, so that the next frame is that of the reports */
    case 1:
        s->frames[1] = fake_frames();
        fake_point(0, 0, 1);
        return PS_INPUT_RESIZE;
    case 2:
        fake_point(s->x, s->y, 0);
        return PS_INPUT_MOUSE;
    default:
        return PS_INPUT_HANGUP;
    }
}

static void what_is_under_the_mouse_is_said_as_of_a_click(void **state)
{
    (void)state;
    struct pointing s = {.step = 0};
    struct ps_ui_options options = options_of();
    fake_run(&options, 80, 24, point_and_click, &s);
    assert_string_equal(s.said[0], "");
    assert_non_null(strstr(s.said[1], "W2 "));
    assert_string_equal(s.said[2], "");
    assert_string_equal(s.said[3], s.said[1]);
    assert_int_equal(s.frames[1] - s.frames[0], 1); /* 100,000 reports, a frame */
}

/* The menu of options: down to the one of the mouse's ways, and off. */
static int switch_hover_off(void *user, const struct ps_canvas *frame)
{
    unsigned *step = user;
    if (*step == 0)
        assert_true(fake_motion());
    char *text = ps_canvas_text(frame);
    bool chosen = strstr(text, "> Under the mouse") != NULL;
    free(text);
    if ((*step)++ == 0)
        return PS_INPUT_F2;
    if (!chosen)
        return PS_INPUT_DOWN;
    return fake_motion() ? PS_INPUT_RIGHT : PS_INPUT_HANGUP;
}

static void an_option_leaves_the_ways_of_the_mouse_alone(void **state)
{
    (void)state;
    unsigned step = 0;
    struct ps_ui_options options = options_of();
    fake_run(&options, 80, 24, switch_hover_off, &step);
    assert_in_range(step, 3, 20);
}

/* A place that a new screen brings has a way here, unless it needs hosts or a recording: the tests on
 * pseudo-terminals go there. */
static void every_place_has_a_way(void **state)
{
    (void)state;
    unsigned places = 0;
    unsigned known = PS_AT_ENDED | PS_AT_PROMPT | PS_AT_COMPARE | PS_AT_TUNE | PS_AT_REPLAY;
    known |= PS_AT_PREDICT_3 | PS_AT_PREDICT_2; /* PS_AT_PREDICT but for a name */
    for (const struct ps_binding *b = ps_bindings; b->action != PS_DO_NOTHING; b++)
        places |= b->places;
    for (unsigned w = 0; w < WAYS; w++)
        known |= ways[w].place;
    assert_int_equal(places & ~known, 0);
}

/* ---- sizes ---- */

struct sizes {
    const struct way *way;
    unsigned at;   /* key of the way */
    unsigned next; /* size, of all */
    unsigned step, seen;
};
enum { SIZES_WIDE = 250, SIZES_HIGH = 60 };

static int next_size(void *user, const struct ps_canvas *frame)
{
    struct sizes *s = user;
    if (s->at < WAY_MAX && s->way->keys[s->at])
        return s->way->keys[s->at++];
    s->seen += frame->width * frame->height > 0;
    if (frame->cuts->count > 0 && frame->width >= 60 && frame->height >= 16)
        fail_msg("place %d, %dx%d: cut without an ellipsis: |%s|", (int)s->way->place, frame->width,
                 frame->height, frame->cuts->first);
    if (s->next >= SIZES_WIDE * SIZES_HIGH) {
        fake_resize(1000, 300);
        bool large = frame->width == 1000;
        return large ? PS_INPUT_HANGUP : PS_INPUT_RESIZE;
    }
    fake_resize(1 + (int)(s->next % SIZES_WIDE), 1 + (int)(s->next / SIZES_WIDE));
    s->next += s->step;
    return PS_INPUT_RESIZE;
}

/* Every size from 1 x 1 to 250 x 60, dealt out to the places, and 1000 x 300 at each. All sizes at
 * each: POOLSCOPE_ALL_SIZES=1. */
static void every_size_is_drawn(void **state)
{
    (void)state;
    unsigned step = getenv("POOLSCOPE_ALL_SIZES") ? 1 : WAYS;
    for (unsigned w = 0; w < WAYS; w++) {
        struct sizes s = {.way = &ways[w], .next = w % step, .step = step};
        struct ps_ui_options options = options_of();
        fake_run(&options, 120, 40, next_size, &s);
        assert_true(s.seen > SIZES_WIDE * SIZES_HIGH / step);
    }
}

/* The menu of options as it is first seen. */
static int golden_key(void *user, const struct ps_canvas *frame)
{
    unsigned *frames = user;
    if ((*frames)++ == 0)
        return PS_INPUT_F2;
    char name[40];
    snprintf(name, sizeof name, "options-%dx%d", frame->width, frame->height);
    golden_check(frame, name);
    return PS_INPUT_HANGUP;
}

static void golden_of_options(void **state)
{
    (void)state;
    static const int sizes[][2] = {{60, 16}, {80, 24}, {120, 40}, {200, 60}};
    for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        unsigned frames = 0;
        struct ps_ui_options options = options_of();
        fake_run(&options, sizes[i][0], sizes[i][1], golden_key, &frames);
    }
}

/* ---- keys at random ---- */

struct monkey {
    struct ps_rng rng;
    unsigned left, frames;
};

static int random_key(void *user, const struct ps_canvas *frame)
{
    static unsigned bindings;
    struct monkey *m = user;
    m->frames += frame->width > 0;
    if (m->left-- == 0)
        return PS_INPUT_HANGUP;
    while (ps_bindings[bindings].action != PS_DO_NOTHING)
        bindings++;
    if (ps_rng_below(&m->rng, 20) == 0)
        return ' ' + (int)ps_rng_below(&m->rng, 95);
    const struct ps_binding *b = &ps_bindings[ps_rng_below(&m->rng, bindings)];
    int key = b->keys[ps_rng_below(&m->rng, PS_BINDING_KEYS)];
    return key ? key : b->keys[0];
}

/* Every key has been answered by a frame, and nothing is left behind (as the sanitizers see it). */
static void keys_at_random_do_no_harm(void **state)
{
    (void)state;
    const char *wanted = getenv("POOLSCOPE_RANDOM_KEYS");
    unsigned left = wanted ? (unsigned)strtoul(wanted, NULL, 10) : 2000;
    for (uint64_t seed = 1; left > 0; seed++) {
        unsigned keys = left < 500 ? left : 500;
        struct monkey m = {.rng = ps_rng_make(seed, 0), .left = keys};
        struct ps_ui_options options = options_of();
        fake_run(&options, 60 + (int)(seed * 37 % 120), 16 + (int)(seed * 13 % 40), random_key, &m);
        unsigned pressed = keys - (m.left == UINT_MAX ? 0 : m.left);
        assert_int_equal(m.frames, pressed + (m.left == UINT_MAX));
        left -= pressed;
    }
}

/* ---- set-up ---- */

/* Twenty seconds; stealing is switched off after twelve of them. */
static void record(const char *path)
{
    char why[200];
    struct ps_recorder *recorder;
    struct scene *run = scene_new(SCENE_STEAL, 8, 0);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(ps_recorder_new(fd, "skew", &home_library.presets[2].experiment, &recorder,
                                     why, sizeof why),
                     PS_OK);
    for (unsigned i = 0; i < 200; i++) {
        scene_step(run, SCENE_STEAL);
        run->snapshot->stealing = i < 120;
        ps_recorder_snapshot(recorder, run->snapshot);
    }
    assert_int_equal(ps_recorder_finish(recorder, why, sizeof why), PS_OK);
    scene_free(run);
}

static int set_up(void **state)
{
    (void)state;
    int failed = home_make(lesson);
    record("run.psrec");
    return failed;
}

static int tear_down(void **state)
{
    (void)state;
    return home_remove();
}

/* A comparison starts hosts of its own: this program again, which is none. */
int main(int argc, char **argv)
{
    (void)argv;
    if (argc > 1)
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_place_has_a_way),
        cmocka_unit_test(every_key_has_an_effect),
        cmocka_unit_test(every_size_is_drawn),
        cmocka_unit_test(golden_of_options),
        cmocka_unit_test(keys_at_random_do_no_harm),
        cmocka_unit_test(escape_goes_one_level_back),
        cmocka_unit_test(escape_ends_a_run_when_nothing_is_left_to_close),
        cmocka_unit_test(the_own_try_of_a_lesson_leads_back_to_it),
        cmocka_unit_test(a_form_leaves_the_run_alone),
        cmocka_unit_test(what_was_pressed_cuts_no_key_of_the_bar),
        cmocka_unit_test(the_list_is_left_where_a_lesson_ends),
        cmocka_unit_test(a_run_of_a_lesson_that_is_changed_says_what_that_means),
        cmocka_unit_test(a_key_without_a_binding_is_answered),
        cmocka_unit_test(an_answer_is_not_hidden_by_help),
        cmocka_unit_test(giant_figures_are_chosen),
        cmocka_unit_test(a_panel_without_room_is_named),
        cmocka_unit_test(what_is_under_the_mouse_is_said_as_of_a_click),
        cmocka_unit_test(an_option_leaves_the_ways_of_the_mouse_alone),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
