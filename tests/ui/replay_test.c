/* The replay screen and its line of time; completion of names of recordings. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "check.h"
#include "client/recorder.h"
#include "golden.h"
#include "scene.h"
#include "ui/live_screen.h"
#include "ui/path_input.h"

#define PERIOD_NS UINT64_C(100000000)
enum { SNAPSHOTS = 300, LESS = 100, LOSSES = 200 };

static struct ps_overview *overview;

/* Half a minute: a wave of tasks, a worker less after 10 s, losses from 20 s on. */
static int make_overview(void **state)
{
    (void)state;
    char why[200];
    static struct ps_experiment experiment = {.title = "made"};
    struct ps_snapshot *s = calloc(1, sizeof *s);
    struct ps_recorder *recorder;
    struct ps_recording *recording;
    int fd = memfd_create("replay", MFD_CLOEXEC), kept = dup(fd);
    char path[64];
    if (!s || ps_recorder_new(fd, "made", &experiment, &recorder, why, sizeof why) != PS_OK)
        return -1;
    for (unsigned i = 0; i < SNAPSHOTS; i++) {
        s->at_ns = (i + 1) * PERIOD_NS;
        s->totals.ended[PS_COMPLETED] += 20 + (i % 100 < 50 ? i % 50 : 50 - i % 50) * 2;
        s->workers = i >= LESS ? 7 : 8;
        s->totals.ended[PS_REFUSED] += i >= LOSSES;
        ps_recorder_snapshot(recorder, s);
    }
    free(s);
    snprintf(path, sizeof path, "/proc/self/fd/%d", kept);
    if (ps_recorder_finish(recorder, why, sizeof why) != PS_OK ||
        ps_recording_open(path, &recording, why, sizeof why) != PS_OK)
        return -1;
    overview = ps_overview_new(recording);
    close(kept);
    while (overview && ps_overview_read(overview, PS_NS_PER_S))
        ;
    return overview ? 0 : -1;
}

static int free_overview(void **state)
{
    (void)state;
    ps_overview_free(overview);
    return 0;
}

static struct ps_scrub scrub_at(uint64_t at_ns)
{
    return (struct ps_scrub){.state = {.at_ns = at_ns,
                                       .first_ns = PERIOD_NS,
                                       .last_ns = SNAPSHOTS * PERIOD_NS,
                                       .speed = 1},
                             .overview = overview};
}

static void golden_at_every_layout(void **state)
{
    (void)state;
    static const int sizes[][2] = {{60, 16}, {80, 24}, {120, 40}, {200, 60}};
    struct scene *scene = scene_new(SCENE_STEAL, 8, 20);
    struct ps_scrub scrub = scrub_at(17 * (uint64_t)PS_NS_PER_S);
    scene->view.replay = true;
    scene->view.scrub = &scrub;
    for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        char name[64];
        struct ps_canvas *c = ps_canvas_new(sizes[i][0], sizes[i][1], false);
        snprintf(name, sizeof name, "replay-%dx%d", sizes[i][0], sizes[i][1]);
        ps_live_screen_draw(c, &scene->view);
        golden_check(c, name);
        ps_canvas_free(c);
    }
    scrub.state.paused = scrub.state.cut = true;
    scrub.state.speed = 0.25;
    struct ps_canvas *c = ps_canvas_new(80, 24, true);
    ps_live_screen_draw(c, &scene->view);
    golden_check(c, "replay-80x24-ascii");
    ps_canvas_free(c);
    scene_free(scene);
}

/* A click on any column leads to a place within a column of it. */
static void a_click_on_the_line_goes_there(void **state)
{
    (void)state;
    struct ps_scrub scrub = scrub_at(PS_NS_PER_S);
    struct ps_canvas *c = ps_canvas_new(100, 1, false);
    ps_scrub_draw(c, &scrub);
    unsigned columns = 0;
    for (int x = 0; x < 100; x++) {
        const struct ps_hit *hit = ps_canvas_hit_at(c, x, 0);
        if (!hit || hit->action != PS_DO_SEEK)
            continue;
        uint64_t at_ns = ps_scrub_instant(&scrub.state, x - hit->x, hit->width);
        assert_true(at_ns > scrub.state.first_ns && at_ns < scrub.state.last_ns);
        columns++;
    }
    assert_true(columns > 70);
    ps_canvas_free(c);
}

static void marks_are_found_in_both_directions(void **state)
{
    (void)state;
    struct ps_scrub scrub = scrub_at(0);
    uint64_t first_ns = 0, second_ns = 0, back_ns = 0;
    unsigned landmarks;
    assert_true(ps_scrub_landmark(&scrub, 0, true, &first_ns, &landmarks));
    assert_string_equal(ps_scrub_landmark_text(landmarks), "other workers, or stealing on or off");
    assert_true(ps_scrub_landmark(&scrub, first_ns, true, &second_ns, &landmarks));
    assert_string_equal(ps_scrub_landmark_text(landmarks), "tasks are refused, fail or time out");
    assert_true(second_ns > first_ns + 9 * (uint64_t)PS_NS_PER_S);
    assert_false(ps_scrub_landmark(&scrub, second_ns, true, &back_ns, &landmarks));
    assert_true(ps_scrub_landmark(&scrub, second_ns, false, &back_ns, &landmarks));
    assert_int_equal(back_ns, first_ns);
    assert_false(ps_scrub_landmark(&scrub, first_ns, false, &back_ns, &landmarks));
    scrub.overview = NULL;
    assert_false(ps_scrub_landmark(&scrub, 0, true, &back_ns, &landmarks));
}

static void every_size_is_safe(void **state)
{
    (void)state;
    struct ps_scrub scrub = scrub_at(17 * (uint64_t)PS_NS_PER_S);
    for (int width = 1; width <= 700; width += width < 40 ? 1 : 37) {
        struct ps_canvas *c = ps_canvas_new(width, 1, width % 2);
        ps_scrub_draw(c, &scrub);
        scrub.overview = scrub.overview ? NULL : overview;
        ps_canvas_free(c);
    }
    scrub.state.at_ns = scrub.state.last_ns = scrub.state.first_ns; /* one snapshot */
    scrub.overview = NULL;
    struct ps_canvas *c = ps_canvas_new(80, 1, false);
    ps_scrub_draw(c, &scrub);
    ps_canvas_free(c);
}

static void touch(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    close(fd);
}

static void names_of_recordings_are_completed(void **state)
{
    (void)state;
    char folder[] = "/tmp/poolscope-names-XXXXXX", here[512], text[64], others[80];
    assert_non_null(getcwd(here, sizeof here));
    assert_non_null(mkdtemp(folder));
    assert_int_equal(chdir(folder), 0);
    assert_false(ps_path_newest(text, sizeof text, ".psrec"));
    touch("run-one.psrec");
    touch("run-two.psrec");
    touch("run.txt");
    touch(".psrec");
    assert_int_equal(mkdir("week", 0700), 0);
    touch("week/old.psrec");
    static const struct {
        const char *typed, *wanted;
        unsigned count;
    } rows[] = {
        {"r", "run-", 2},    {"run-t", "run-two.psrec", 1},        {"x", "x", 0},
        {"we", "week/", 1},  {"week/", "week/old.psrec", 1},       {"no/such", "no/such", 0},
        {"run.", "run.", 0}, {"run-two.psrec", "run-two.psrec", 1}};
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        snprintf(text, sizeof text, "%s", rows[i].typed);
        assert_int_equal(ps_path_complete(text, sizeof text, ".psrec", others, sizeof others),
                         rows[i].count);
        assert_string_equal(text, rows[i].wanted);
        assert_int_equal(others[0] != '\0', rows[i].count > 1);
    }
    snprintf(text, sizeof text, "run-");
    assert_int_equal(ps_path_complete(text, 8, ".psrec", others, sizeof others), 2);
    assert_non_null(strstr(others, "run-one.psrec"));
    snprintf(text, sizeof text, "run-t");
    ps_path_complete(text, 8, ".psrec", others, sizeof others); /* no room: stays */
    assert_string_equal(text, "run-t");
    assert_true(ps_path_newest(text, sizeof text, ".psrec"));
    unlink("week/old.psrec");
    rmdir("week");
    unlink(".psrec");
    unlink("run.txt");
    unlink("run-one.psrec");
    unlink("run-two.psrec");
    assert_int_equal(chdir(here), 0);
    assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden_at_every_layout),
        cmocka_unit_test(a_click_on_the_line_goes_there),
        cmocka_unit_test(marks_are_found_in_both_directions),
        cmocka_unit_test(every_size_is_safe),
        cmocka_unit_test(names_of_recordings_are_completed),
    };
    return cmocka_run_group_tests(tests, make_overview, free_overview);
}
