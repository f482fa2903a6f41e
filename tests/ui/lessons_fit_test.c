/* Every lesson that is shipped, at every step, on the smallest projector: nothing has to be scrolled
 * at 80x24. Usage: ui_lessons_fit FOLDER */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "host/host.h"
#include "scene.h"
#include "ui/lesson_screen.h"
#include "ui/start_screen.h"

static const char *folder;

static char *slurp(const char *name, const char *ending)
{
    char path[1024];
    int stem = (int)(strlen(name) - strlen(".ini"));
    snprintf(path, sizeof path, "%s/%.*s%s", folder, stem, name, ending);
    FILE *from = fopen(path, "re");
    char *text = NULL;
    size_t size = 0;
    if (from && getdelim(&text, &size, '\0', from) < 0)
        text[0] = '\0';
    if (from)
        fclose(from);
    return text;
}

static unsigned too_long_at(struct ps_lesson_view *view, const char *name)
{
    unsigned bad = 0;
    for (unsigned step = 0; step < PS_LESSON_STEPS; step++) {
        view->step = (enum ps_lesson_step)step;
        int rows = ps_lesson_screen_scroll_max(view, 80, 24);
        if (rows > 0)
            print_error("%s, %s: %d rows too many\n", name,
                        ps_lesson_step_name((enum ps_lesson_step)step), rows);
        bad += rows > 0;
    }
    return bad;
}

/* Words of a real text that are cut without an ellipsis, at the smallest size and at a projector's. */
static unsigned cut_at(struct ps_lesson_view *view, const char *name)
{
    static const int sizes[][2] = {{60, 16}, {80, 24}};
    unsigned bad = 0;
    for (unsigned i = 0; i < 2 * (unsigned)PS_LESSON_STEPS; i++) {
        struct ps_canvas *c = ps_canvas_new(sizes[i % 2][0], sizes[i % 2][1], false);
        view->step = (enum ps_lesson_step)(i / 2);
        ps_lesson_screen_draw(c, view);
        if (c->cuts->count > 0)
            print_error("%s, %s, %d columns: |%s| is cut\n", name, ps_lesson_step_name(view->step),
                        c->width, c->cuts->first);
        bad += c->cuts->count;
        ps_canvas_free(c);
    }
    return bad;
}

/* The figures that the text beside the lanes speaks of have their row beside it. */
static unsigned without_figures(struct ps_lesson_view *view, const char *name)
{
    struct ps_canvas *c = ps_canvas_new(80, 24, false);
    view->step = PS_LESSON_RUN;
    ps_lesson_screen_draw(c, view);
    char *text = ps_canvas_text(c);
    bool there = strstr(text, "response p50 ") != NULL;
    if (!there)
        print_error("%s: what to watch for leaves no row for the response times\n", name);
    free(text);
    ps_canvas_free(c);
    return !there;
}

/* Returns the steps that do not fit. */
static unsigned check_preset(const char *name, struct scene *scene)
{
    static struct ps_experiment experiment;
    static struct ps_lab lab;
    struct ps_complaints complaints = {0};
    struct ps_lesson lesson;
    struct ps_lesson_fault fault;
    char *preset = slurp(name, ".ini"), *text = slurp(name, ".md");
    assert_non_null(preset);
    assert_int_equal(ps_lab_parse(&experiment, &lab, ps_host_vocabulary(), name, preset,
                                  strlen(preset), &complaints),
                     PS_OK);
    unsigned bad = 0;
    struct ps_lab_judgement judgement;
    if (text && experiment.lesson) {
        assert_true(ps_lesson_parse(text, &lesson, &fault));
        struct ps_lab_run runs[PS_LESSON_TRIALS_MAX] = {{0}};
        ps_lab_judge(&lab, runs, &judgement);
        struct ps_lesson_view view = {.lesson = &lesson,
                                      .experiment = &experiment,
                                      .lab = &lab,
                                      .runs = runs,
                                      .usable_cpus = 2,
                                      .live = &scene->view,
                                      .length_ns = 6000000000};
        bad = too_long_at(&view, name) + cut_at(&view, name) + without_figures(&view, name);
        view.judgement = &judgement;
        bad += cut_at(&view, name);
    }
    free(preset);
    free(text);
    return bad;
}

static void every_lesson_fits_a_projector(void **state)
{
    (void)state;
    struct scene *scene = scene_new(SCENE_STEAL, 4, 10);
    DIR *presets = opendir(folder);
    assert_non_null(presets);
    unsigned seen = 0, bad = 0;
    for (struct dirent *entry; (entry = readdir(presets));) {
        const char *dot = strrchr(entry->d_name, '.');
        if (!dot || strcmp(dot, ".ini") != 0)
            continue;
        bad += check_preset(entry->d_name, scene);
        seen++;
    }
    closedir(presets);
    scene_free(scene);
    assert_true(seen >= 34);
    assert_int_equal(bad, 0);
}

/* The list, what a preset is about and the setup: of every preset that is shipped. */
static void every_preset_fits_the_start_screen(void **state)
{
    (void)state;
    static const int sizes[][2] = {{60, 16}, {80, 24}, {120, 40}};
    struct ps_library library;
    char why[400];
    unsigned bad = 0;
    setenv("POOLSCOPE_PRESETS", folder, 1);
    setenv("XDG_CONFIG_HOME", "/nonexistent", 1);
    assert_int_equal(ps_library_load(&library, ps_host_vocabulary(), why, sizeof why), PS_OK);
    struct ps_start_view view = {
        .library = &library, .words = ps_host_vocabulary(), .usable_cpus = 2, .machine = "2 cpu"};
    for (unsigned i = 0; i < 6 * (unsigned)library.count; i++) {
        struct ps_canvas *c = ps_canvas_new(sizes[i % 3][0], sizes[i % 3][1], false);
        view.selected = i / 6;
        view.form = i / 3 % 2;
        view.experiment = library.presets[view.selected].experiment;
        ps_start_screen_draw(c, &view);
        if (c->cuts->count > 0)
            print_error("%s, %d columns: |%s| is cut\n", library.presets[view.selected].name,
                        c->width, c->cuts->first);
        bad += c->cuts->count;
        ps_canvas_free(c);
    }
    ps_library_free(&library);
    assert_int_equal(bad, 0);
}

int main(int argc, char **argv)
{
    if (argc != 2)
        return 2;
    folder = argv[1];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_lesson_fits_a_projector),
        cmocka_unit_test(every_preset_fits_the_start_screen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
