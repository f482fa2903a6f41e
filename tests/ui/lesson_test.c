/* The lesson screen, and which lessons are remembered as done. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "golden.h"
#include "presets.h"
#include "scene.h"
#include "ui/lesson_screen.h"
#include "ui/progress.h"

static const char words[] =
    "# Skewed tasks\n\n## Question\nEach worker has a queue of its own, and stealing is off. A "
    "task "
    "on one\nworker leaves 41 tasks in that worker's queue: 40 short ones of 10 ms and,\nin the "
    "middle, a long one of 300 ms. When is the last of them done?\n\n"
    "1. After about 100 ms: idle workers help\n2. After about 300 ms, together with the long one\n"
    "3. After about 700 ms, when that worker has done them all *\n4. Never\n\n"
    "## Watch for\n* Lanes at work while others are idle, beside a queue of 20 and more: idle\n"
    "  workers next to waiting work.\n* Press s. Thieves take the short tasks.\n"
    "* The slowest short tasks: hundreds of milliseconds before, far less\n  after.\n\n"
    "## Why\nOwn queues avoid a lock that all workers share, but work stays where it\nwas put.\n\n"
    "## In real life\nFork-join pools, Go, tokio and TBB steal.\n\n"
    "## Try next\n* Press s on and off, and compare the queue column of the lanes.\n\n"
    "## References\n* R. D. Blumofe and C. E. Leiserson, \"Scheduling Multithreaded "
    "Computations\n  by Work Stealing\", Journal of the ACM 46 (1999)\n\n"
    "## Teacher notes\nAsk first.\n";

static const char preset[] =
    "[preset]\ntitle = Skewed tasks and stealing\nsummary = s\nlesson = 7\n"
    "[engine]\nname = threadpool\npolicy = steal\nworkers = 4\n[arrivals]\nrate = 2/s\n"
    "[task short]\nsteps = cpu 1ms\n[task long]\nsteps = cpu 100ms\n"
    "[trial apart]\nengine.stealing = off\n[trial stealing]\nengine.stealing = on\n"
    "[expect]\n"
    "short tasks wait less with thieves = stealing.response_ns.p99[short] < 0.7 * "
    "apart.response_ns.p99[short]\n"
    "thieves took tasks = stealing.steals.tasks > 0\n"
    "[lab]\nduration = 6s\n";

struct fixture {
    struct ps_lesson lesson;
    struct ps_experiment experiment;
    struct ps_lab lab;
    struct scene *scene;
    struct ps_snapshot *kept[2];
    struct ps_lab_run runs[2];
    struct ps_lab_judgement judgement;
    struct ps_lesson_view view;
};

static struct ps_snapshot *kept(const struct scene *scene, uint64_t p99_ns, bool stolen)
{
    struct ps_snapshot *s = malloc(sizeof *s);
    assert_non_null(s);
    *s = *scene->snapshot;
    s->phase = PS_PHASE_ENDED;
    s->end = PS_END_DURATION;
    s->type[0].timed = 100;
    s->type[0].response_p99_ns = p99_ns;
    if (!stolen)
        memset(s->steal_tasks, 0, sizeof s->steal_tasks);
    return s;
}

static int make(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct ps_lesson_fault fault;
    struct ps_complaints complaints = {0};
    assert_true(ps_lesson_parse(words, &f->lesson, &fault));
    if (ps_lab_parse(&f->experiment, &f->lab, &presets_words, "skew", preset, strlen(preset),
                     &complaints) != PS_OK)
        fail_msg("%s", complaints.list[0].text);
    f->scene = scene_new(SCENE_STEAL, 4, 20);
    f->kept[0] = kept(f->scene, 1010000000, false);
    f->kept[1] = kept(f->scene, 263000000, true);
    f->view = (struct ps_lesson_view){.lesson = &f->lesson,
                                      .experiment = &f->experiment,
                                      .lab = &f->lab,
                                      .hands = {11, 6, 9, 0},
                                      .runs = f->runs,
                                      .usable_cpus = 8,
                                      .live = &f->scene->view,
                                      .ran_ns = 3200000000,
                                      .length_ns = 6000000000};
    *state = f;
    return 0;
}

static int drop(void **state)
{
    struct fixture *f = *state;
    scene_free(f->scene);
    free(f->kept[0]);
    free(f->kept[1]);
    free(f);
    return 0;
}

static void all_runs_made(struct fixture *f)
{
    for (unsigned i = 0; i < 2; i++) {
        f->runs[i].snapshot = f->kept[i];
        f->view.state[i] = PS_TRIAL_DONE;
    }
    ps_lab_judge(&f->lab, f->runs, &f->judgement);
    f->view.judgement = &f->judgement;
    f->view.trial = 1;
}

static char *text_at(const struct fixture *f, int width, int height)
{
    struct ps_canvas *c = ps_canvas_new(width, height, false);
    ps_lesson_screen_draw(c, &f->view);
    char *text = ps_canvas_text(c);
    ps_canvas_free(c);
    return text;
}

static const int sizes[][2] = {{60, 16}, {80, 24}, {120, 40}, {200, 60}};
enum { SIZES = sizeof sizes / sizeof sizes[0] };

static void golden_at_every_step(void **state)
{
    struct fixture *f = *state;
    static const char *const names[PS_LESSON_STEPS] = {"question", "predict", "run", "reveal",
                                                       "why",      "life",    "next"};
    for (unsigned step = 0; step < PS_LESSON_STEPS; step++) {
        f->view.step = (enum ps_lesson_step)step;
        f->view.state[0] = PS_TRIAL_RUNNING;
        f->runs[0].snapshot = f->kept[0];
        if (step > PS_LESSON_RUN)
            all_runs_made(f);
        for (unsigned i = 0; i < SIZES; i++) {
            char name[64];
            struct ps_canvas *c = ps_canvas_new(sizes[i][0], sizes[i][1], false);
            ps_lesson_screen_draw(c, &f->view);
            snprintf(name, sizeof name, "lesson-%s-%dx%d", names[step], sizes[i][0], sizes[i][1]);
            golden_check(c, name);
            ps_canvas_free(c);
        }
    }
}

/* What the watchdog says is there whole, however long. */
static void golden_of_a_deadlock(void **state)
{
    struct fixture *f = *state;
    struct ps_snapshot *live = f->scene->snapshot;
    f->view.step = PS_LESSON_RUN;
    f->view.state[0] = PS_TRIAL_DONE;
    live->end = PS_END_DEADLOCK;
    snprintf(live->message, sizeof live->message,
             "deadlock: 4 of 4 workers wait for children in task 'parent', 12 tasks are queued "
             "behind them and no worker is left to run them");
    for (unsigned i = 0; i < SIZES; i++) {
        char name[64];
        struct ps_canvas *c = ps_canvas_new(sizes[i][0], sizes[i][1], false);
        ps_lesson_screen_draw(c, &f->view);
        snprintf(name, sizeof name, "lesson-deadlock-%dx%d", sizes[i][0], sizes[i][1]);
        golden_check(c, name);
        ps_canvas_free(c);
    }
}

static void nothing_is_given_away(void **state)
{
    struct fixture *f = *state;
    static const struct {
        enum ps_lesson_step from;
        const char *text;
    } secrets[] = {{PS_LESSON_PREDICT, "After about 700 ms"},
                   {PS_LESSON_REVEAL, "The answer is 3"},
                   {PS_LESSON_REVEAL, "short tasks wait less with thieves"},
                   {PS_LESSON_WHY, "Own queues avoid"},
                   {PS_LESSON_LIFE, "Fork-join pools"},
                   {PS_LESSON_NEXT, "Blumofe"}};
    all_runs_made(f);
    for (unsigned i = 0; i < sizeof secrets / sizeof secrets[0]; i++) {
        for (unsigned step = 0; step <= (unsigned)secrets[i].from; step++) {
            f->view.step = (enum ps_lesson_step)step;
            char *text = text_at(f, 120, 40);
            bool shown = strstr(text, secrets[i].text) != NULL;
            if (shown != (step == (unsigned)secrets[i].from))
                fail_msg("step %u: '%s' is %s", step, secrets[i].text, shown ? "shown" : "missing");
            assert_null(strstr(text, "Ask first."));
            free(text);
        }
    }
}

static void the_reveal_counts_hands_and_shows_what_was_measured(void **state)
{
    struct fixture *f = *state;
    all_runs_made(f);
    f->view.step = PS_LESSON_REVEAL;
    char *text = text_at(f, 80, 24);
    assert_non_null(strstr(text, "The answer is 3: 9 of 26 hands were right."));
    assert_non_null(strstr(text, "response p99 short"));
    assert_non_null(strstr(text, "Shown on this machine."));
    free(text);
    memset(f->view.hands, 0, sizeof f->view.hands);
    f->view.hands[2] = 1;
    text = text_at(f, 80, 24);
    assert_non_null(strstr(text, "Your prediction was right: 3."));
    free(text);
    f->view.judgement = NULL;
    f->view.state[1] = PS_TRIAL_CUT;
    text = text_at(f, 80, 24);
    assert_non_null(strstr(text, "cut short"));
    assert_non_null(strstr(text, "Not held against the lesson"));
    assert_null(strstr(text, "Shown on this machine."));
    free(text);
}

/* The texts ask to watch for them; without room it is they that give way. */
static void the_run_shows_how_long_tasks_take_and_what_came_to_nothing(void **state)
{
    struct fixture *f = *state;
    struct ps_snapshot *live = f->scene->snapshot;
    f->view.step = PS_LESSON_RUN;
    f->view.state[0] = PS_TRIAL_RUNNING;
    live->totals.ended[PS_REFUSED] = 0;
    char *text = text_at(f, 80, 24);
    assert_non_null(strstr(text, "offered "));
    assert_non_null(strstr(text, "response p50 "));
    assert_null(strstr(text, "timed out") ? text : strstr(text, "refused"));
    free(text);
    live->totals.ended[PS_TIMED_OUT] = 1234;
    live->http_clients = 1000;
    live->http_clients_answered = 8;
    text = text_at(f, 80, 24);
    assert_non_null(strstr(text, "timed out 1,234"));
    assert_non_null(strstr(text, "answered 8 of 1,000"));
    free(text);
    live->phase = PS_PHASE_DRAINING;
    text = text_at(f, 80, 24);
    assert_non_null(strstr(text, "DRAINING 3.2s"));
    free(text);
    text = text_at(f, 60, 16);
    assert_null(strstr(text, "response p50 "));
    free(text);
}

/* Within a tolerance is not equal. */
static void figures_that_differ_are_not_shown_as_equal(void **state)
{
    struct fixture *f = *state;
    all_runs_made(f);
    f->view.step = PS_LESSON_REVEAL;
    f->judgement.expects[1] = (struct ps_formula_result){.answer = PS_FORMULA_TRUE,
                                                         .left = {.number = 368, .unit = ""},
                                                         .right = {.number = 360, .unit = ""},
                                                         .relation = "="};
    char *text = text_at(f, 80, 24);
    assert_non_null(strstr(text, "368 ≈ 360"));
    free(text);
    f->judgement.expects[1].right.number = 368;
    text = text_at(f, 80, 24);
    assert_non_null(strstr(text, "368 = 368"));
    free(text);
}

static void every_step_can_be_read_to_its_end(void **state)
{
    struct fixture *f = *state;
    static const char *const last[PS_LESSON_STEPS] = {
        "second.",  "hands up.",  "far less", "Shown on this machine.",
        "was put.", "TBB steal.", "46 (1999)"};
    all_runs_made(f);
    for (unsigned step = 0; step < PS_LESSON_STEPS; step++) {
        f->view.step = (enum ps_lesson_step)step;
        f->view.scroll = ps_lesson_screen_scroll_max(&f->view, 60, 16);
        char *text = text_at(f, 60, 16);
        if (!strstr(text, last[step]))
            fail_msg("%s: '%s' is not to be seen:\n%s", ps_lesson_step_name(f->view.step),
                     last[step], text);
        assert_null(strstr(text, "more: Down"));
        free(text);
    }
}

static void every_size_is_safe(void **state)
{
    struct fixture *f = *state;
    struct ps_canvas *c = ps_canvas_new(1, 1, false);
    all_runs_made(f);
    for (int height = 1; height <= 60; height++) {
        for (int width = 1; width <= 250; width += 3) {
            f->view.step = (enum ps_lesson_step)((width + height) % PS_LESSON_STEPS);
            f->view.scroll = width % 5;
            assert_true(ps_canvas_resize(c, width, height));
            ps_lesson_screen_draw(c, &f->view);
            ps_lesson_screen_scroll_max(&f->view, width, height);
        }
    }
    ps_canvas_free(c);
}

static void figures_have_names_for_people(void **state)
{
    (void)state;
    static const struct {
        struct ps_lab_figure figure;
        const char *name;
    } cases[] = {{{"", "response_ns.p99", "short"}, "response p99 short"},
                 {{"", "latency_ns.queueing.mean", ""}, "queueing mean"},
                 {{"", "throughput_per_s", ""}, "throughput/s"},
                 {{"most", "tasks", ""}, "most tasks"},
                 {{"", "rss_peak_bytes", ""}, "rss peak bytes"}};
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char name[64];
        assert_string_equal(ps_lesson_figure_name(name, &cases[i].figure), cases[i].name);
    }
}

/* ---- progress ---- */

static char *slurp(const char *path)
{
    static char text[200];
    FILE *from = fopen(path, "r");
    if (!from)
        return NULL;
    text[fread(text, 1, sizeof text - 1, from)] = '\0';
    fclose(from);
    return text;
}

static void lessons_that_are_done_are_remembered(void **state)
{
    (void)state;
    char folder[] = "/tmp/poolscope-progress-XXXXXX", path[200];
    assert_non_null(mkdtemp(folder));
    setenv("XDG_STATE_HOME", folder, 1);
    snprintf(path, sizeof path, "%s/poolscope/lessons", folder);
    struct ps_progress *p = ps_progress_new(true);
    assert_null(slurp(path)); /* looking writes nothing */
    assert_false(ps_progress_is_done(p, "07-skewed-tasks"));
    ps_progress_done(p, "07-skewed-tasks");
    ps_progress_done(p, "02-littles-law");
    ps_progress_done(p, "07-skewed-tasks");
    ps_progress_free(p);
    assert_string_equal(slurp(path), "07-skewed-tasks\n02-littles-law\n");
    p = ps_progress_new(true);
    assert_true(ps_progress_is_done(p, "02-littles-law"));
    assert_false(ps_progress_is_done(p, "02"));
    ps_progress_free(p);
    p = ps_progress_new(false);
    assert_false(ps_progress_is_done(p, "02-littles-law"));
    ps_progress_done(p, "03-cpu-bound");
    assert_true(ps_progress_is_done(p, "03-cpu-bound")); /* for now */
    ps_progress_free(p);
    assert_string_equal(slurp(path), "07-skewed-tasks\n02-littles-law\n");
    unlink(path);
    snprintf(path, sizeof path, "%s/poolscope", folder);
    rmdir(path);
    /* A file in the place of the folder: nothing can be written, and nobody is bothered. */
    FILE *in_the_way = fopen(path, "w");
    assert_non_null(in_the_way);
    fclose(in_the_way);
    p = ps_progress_new(true);
    ps_progress_done(p, "03-cpu-bound");
    assert_true(ps_progress_is_done(p, "03-cpu-bound"));
    ps_progress_free(p);
    unlink(path);
    rmdir(folder);
    ps_progress_done(NULL, "x");
    assert_false(ps_progress_is_done(NULL, "x"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(golden_at_every_step, make, drop),
        cmocka_unit_test_setup_teardown(golden_of_a_deadlock, make, drop),
        cmocka_unit_test_setup_teardown(nothing_is_given_away, make, drop),
        cmocka_unit_test_setup_teardown(the_reveal_counts_hands_and_shows_what_was_measured, make,
                                        drop),
        cmocka_unit_test_setup_teardown(the_run_shows_how_long_tasks_take_and_what_came_to_nothing,
                                        make, drop),
        cmocka_unit_test_setup_teardown(figures_that_differ_are_not_shown_as_equal, make, drop),
        cmocka_unit_test_setup_teardown(every_step_can_be_read_to_its_end, make, drop),
        cmocka_unit_test_setup_teardown(every_size_is_safe, make, drop),
        cmocka_unit_test(figures_have_names_for_people),
        cmocka_unit_test(lessons_that_are_done_are_remembered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
