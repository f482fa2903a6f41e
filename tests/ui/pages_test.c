/* Pages above the live screen. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "golden.h"
#include "scene.h"
#include "ui/findings/findings.h"
#include "ui/live_screen.h"
#include "ui/pages/page.h"

static struct ps_canvas *draw(struct scene *scene, int width, int height)
{
    struct ps_canvas *c = ps_canvas_new(width, height, false);
    ps_findings_feed(scene->findings, &scene->view);
    ps_live_screen_draw(c, &scene->view);
    return c;
}

static void draw_golden(struct scene *scene, const char *name)
{
    static const int sizes[][2] = {{80, 24}, {60, 16}, {120, 40}, {200, 60}};
    for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        char full[64];
        struct ps_canvas *c = draw(scene, sizes[i][0], sizes[i][1]);
        snprintf(full, sizeof full, "page-%s-%dx%d", name, sizes[i][0], sizes[i][1]);
        golden_check(c, full);
        ps_canvas_free(c);
    }
}

/* What the types of the scene do. */
static const char programs[] =
    "[preset]\ntitle = scene\n[task short]\nsteps = cpu 2ms\n[task long]\nsteps = cpu 8s\n"
    "[task net]\npriority = high\nsteps = net 3ms, lock db 5ms\n[task disk]\nsteps = disk read "
    "4096, join\n";

static struct ps_experiment *give_programs(struct scene *scene)
{
    struct ps_experiment *experiment = calloc(1, sizeof *experiment);
    struct ps_complaints complaints = {.count = 0};
    assert_int_equal(
        ps_experiment_parse(experiment, NULL, "scene", programs, sizeof programs - 1, &complaints),
        PS_OK);
    scene->view.experiment = experiment;
    return experiment;
}

static void put(struct scene *scene, unsigned number, enum ps_state state, int type, uint32_t step)
{
    struct ps_snapshot *s = scene->snapshot;
    struct ps_worker_view *w = &s->worker[number];
    w->state = state;
    w->type = type;
    w->step = step;
    w->task = 800 + number;
    w->since_ns = s->at_ns - 340000000;
}

/* W3 and W5 wait for the lock 'db', which W1 holds. */
static void make_a_line(struct scene *scene)
{
    struct ps_snapshot *s = scene->snapshot;
    put(scene, 1, PS_STATE_RUN, 2, 2);
    put(scene, 3, PS_STATE_LOCK, 2, 2);
    put(scene, 5, PS_STATE_LOCK, 2, 2);
    s->locks = 1;
    s->lock[0] = (struct ps_lock_view){.name = "db", .taken = 5120, .waiting = 2};
    s->lock[0].holder = (struct ps_holder_view){
        .held = true, .worker = 1, .type = 2, .task = 801, .since_ns = s->at_ns - 400000000};
    scene->view.selected = 3;
}

static void golden_of_the_evidence(void **state)
{
    (void)state;
    struct scene *scene = scene_new(SCENE_STEAL, 8, 64);
    struct ps_overlay overlay = {.kind = PS_OVERLAY_PAGE, .page = &ps_page_evidence};
    scene->view.overlay = &overlay;
    draw_golden(scene, "evidence");
    scene_free(scene);
}

static bool shows(struct scene *scene, int width, int height, const char *words)
{
    struct ps_canvas *c = draw(scene, width, height);
    char *text = ps_canvas_text(c);
    bool found = strstr(text, words) != NULL;
    free(text);
    ps_canvas_free(c);
    return found;
}

static void the_selected_finding_shows_its_figures(void **state)
{
    (void)state;
    struct scene *scene = scene_new(SCENE_STEAL, 8, 64);
    struct ps_overlay overlay = {.kind = PS_OVERLAY_PAGE, .page = &ps_page_evidence};
    scene->view.overlay = &overlay;
    for (unsigned i = 0; i < scene->findings->count; i++) {
        const struct ps_finding *f = &ps_findings_at(scene->findings, i)->finding;
        overlay.selected = i;
        for (unsigned e = 0; e < f->evidence_count; e++)
            assert_true(shows(scene, 120, 60, f->evidence[e].figure));
    }
    scene_free(scene);
}

static void the_end_of_a_page_can_be_reached(void **state)
{
    (void)state;
    struct scene *scene = scene_new(SCENE_STEAL, 8, 20);
    struct ps_overlay overlay = {.kind = PS_OVERLAY_PAGE, .page = &ps_page_evidence};
    scene->view.overlay = &overlay;
    assert_true(shows(scene, 60, 16, "more: PgDn"));
    overlay.scroll = ps_page_scroll_max(&scene->view, 60, 14);
    assert_true(overlay.scroll > 0);
    assert_false(shows(scene, 60, 16, "more: PgDn"));
    assert_true(shows(scene, 60, 16, "waiting tasks hold no worker"));
    scene_free(scene);
}

static void every_size_is_safe(void **state)
{
    (void)state;
    struct scene *scene = scene_new(SCENE_STEAL, 8, 6);
    static const struct ps_page *const pages[] = {&ps_page_evidence, &ps_page_why, &ps_page_worker,
                                                  &ps_page_type};
    struct ps_overlay overlay = {.kind = PS_OVERLAY_PAGE};
    struct ps_canvas *c = ps_canvas_new(1, 1, false);
    scene->view.overlay = &overlay;
    for (int height = 1; height <= 60; height += 3)
        for (int width = 1; width <= 200; width += 7) {
            overlay.page = pages[(width + height) % 4];
            overlay.scroll = width % 9;
            assert_true(ps_canvas_resize(c, width, height));
            ps_live_screen_draw(c, &scene->view);
            ps_page_scroll_max(&scene->view, width, height);
        }
    ps_canvas_free(c);
    scene_free(scene);
}

static void golden_of_why(void **state)
{
    (void)state;
    struct scene *scene = scene_new(SCENE_STEAL, 8, 64);
    struct ps_experiment *experiment = give_programs(scene);
    struct ps_overlay overlay = {.kind = PS_OVERLAY_PAGE, .page = &ps_page_why};
    scene->view.overlay = &overlay;
    make_a_line(scene);
    draw_golden(scene, "why");
    assert_true(shows(scene, 80, 24, "W1: net #801, for 0.4s at least"));
    scene->view.selected = 1;
    assert_true(shows(scene, 80, 24, "'db', for which 2 other tasks wait"));
    scene_free(scene);
    free(experiment);
}

/* Every state has something to say, also where nothing is known of programs. */
static void every_state_is_explained(void **state)
{
    (void)state;
    struct scene *scene = scene_new(SCENE_STEAL, 4, 6);
    struct ps_experiment *experiment = give_programs(scene);
    struct ps_overlay overlay = {.kind = PS_OVERLAY_PAGE, .page = &ps_page_why};
    scene->view.overlay = &overlay;
    for (unsigned known = 0; known < 2; known++) {
        scene->view.experiment = known ? experiment : NULL;
        for (unsigned s = 0; s < PS_STATE_COUNT; s++) {
            put(scene, 2, (enum ps_state)s, s >= PS_STATE_RUN ? 3 : -1, 2);
            scene->view.selected = 2;
            assert_true(shows(scene, 80, 24, ps_state_meaning((enum ps_state)s)));
            assert_true(shows(scene, 80, 24, "last 2 s"));
        }
    }
    scene_free(scene);
    free(experiment);
}

static void idleness_is_explained(void **state)
{
    (void)state;
    struct scene *scene = scene_new(SCENE_STEAL, 4, 6);
    struct ps_overlay overlay = {.kind = PS_OVERLAY_PAGE, .page = &ps_page_why};
    struct ps_snapshot *s = scene->snapshot;
    scene->view.overlay = &overlay;
    scene->view.selected = 2;
    put(scene, 2, PS_STATE_IDLE, -1, 0);
    s->stealing = false;
    assert_true(shows(scene, 80, 24, "stealing is off (s)"));
    s->traits = PS_TRAIT_WORKER_QUEUE;
    assert_true(shows(scene, 120, 40, "nobody takes from it"));
    s->queued = 0;
    assert_true(shows(scene, 80, 24, "Nothing is queued anywhere"));
    scene_free(scene);
}

static void injected_faults_are_named(void **state)
{
    (void)state;
    struct scene *scene = scene_new(SCENE_STEAL, 4, 6);
    struct ps_overlay overlay = {.kind = PS_OVERLAY_PAGE, .page = &ps_page_why};
    struct ps_snapshot *s = scene->snapshot;
    scene->view.overlay = &overlay;
    scene->view.selected = 2;
    put(scene, 2, PS_STATE_RUN, 3, 2);
    assert_false(shows(scene, 80, 24, "injected fault"));
    s->worker[2].stuck_until_ns = s->at_ns + 6200000000u;
    assert_true(shows(scene, 80, 24, "stuck: it burns CPU and does nothing else"));
    assert_true(shows(scene, 80, 24, "for 6.2s more"));
    s->worker[2].stuck_until_ns = 0;
    s->worker[2].slow_until_ns = UINT64_MAX;
    s->worker[2].slow_factor = 10;
    assert_true(shows(scene, 120, 40, "slow: its CPU work takes 10 times as long, until"));
    scene->view.selected = 1; /* another one's fault */
    assert_false(shows(scene, 80, 24, "injected fault"));
    s->cpus_lost = 1;
    s->usable_cpus = 7;
    assert_true(shows(scene, 80, 24, "lost CPU: 1 of 8 taken away; all share the others"));
    scene_free(scene);
}

static void golden_of_a_worker(void **state)
{
    (void)state;
    struct scene *scene = scene_new(SCENE_STEAL, 8, 64);
    struct ps_overlay overlay = {.kind = PS_OVERLAY_PAGE, .page = &ps_page_worker};
    struct ps_worker_view *w = &scene->snapshot->worker[2];
    scene->view.overlay = &overlay;
    scene->view.selected = 2;
    w->timed = 900;
    w->service_mean_ns = 9000000;
    w->service_p50_ns = 7700000;
    w->service_p99_ns = 31000000;
    w->service_max_ns = 63000000;
    w->queueing_p50_ns = 11000000;
    w->queueing_p99_ns = 58000000;
    w->lately_service = (struct ps_times_view){120, 12000000, 9000000, 41000000, 63000000};
    w->lately_queueing = (struct ps_times_view){120, 19000000, 17000000, 66000000, 70000000};
    w->steal_tries = 4000;
    draw_golden(scene, "worker");
    scene_free(scene);
}

static void golden_of_a_type(void **state)
{
    (void)state;
    struct scene *scene = scene_new(SCENE_STEAL, 8, 64);
    struct ps_experiment *experiment = give_programs(scene);
    struct ps_overlay overlay = {.kind = PS_OVERLAY_PAGE, .page = &ps_page_type};
    struct ps_type_view *t = &scene->snapshot->type[2];
    scene->view.overlay = &overlay;
    scene->view.selected_type = 2;
    t->totals = (struct ps_totals){.submitted = 1000, .retried = 20, .denied = 3};
    t->totals.ended[PS_COMPLETED] = 900;
    t->totals.ended[PS_TIMED_OUT] = 60;
    t->timed = 900;
    t->response_mean_ns = 21000000;
    t->response_p50_ns = 18000000;
    t->response_p99_ns = 77000000;
    t->response_max_ns = 120000000;
    t->service_mean_ns = 9000000;
    t->service_p50_ns = 8000000;
    t->service_p99_ns = 31000000;
    t->service_max_ns = 60000000;
    t->queueing_mean_ns = 12000000;
    t->queueing_p50_ns = 10000000;
    t->queueing_p99_ns = 50000000;
    t->queueing_max_ns = 90000000;
    t->lately_response = (struct ps_times_view){120, 33000000, 31000000, 92000000, 120000000};
    t->lately_service = (struct ps_times_view){120, 12000000, 9000000, 41000000, 60000000};
    t->lately_queueing = (struct ps_times_view){120, 21000000, 19000000, 66000000, 71000000};
    t->waiting_at[1] = 2;
    for (unsigned i = 9; i < 15; i++)
        t->spread[i] = 20 + 40 * i;
    draw_golden(scene, "type");
    assert_true(shows(scene, 80, 40, "lock db 5ms   2 wait here"));
    assert_true(shows(scene, 80, 40, "timed out"));
    scene_free(scene);
    free(experiment);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden_of_the_evidence),
        cmocka_unit_test(the_selected_finding_shows_its_figures),
        cmocka_unit_test(the_end_of_a_page_can_be_reached),
        cmocka_unit_test(golden_of_why),
        cmocka_unit_test(every_state_is_explained),
        cmocka_unit_test(idleness_is_explained),
        cmocka_unit_test(injected_faults_are_named),
        cmocka_unit_test(golden_of_a_worker),
        cmocka_unit_test(golden_of_a_type),
        cmocka_unit_test(every_size_is_safe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
