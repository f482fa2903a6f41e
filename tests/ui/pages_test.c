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
    static const int sizes[][2] = {{80, 24}, {60, 16}};
    for (unsigned i = 0; i < 2; i++) {
        char full[64];
        struct ps_canvas *c = draw(scene, sizes[i][0], sizes[i][1]);
        snprintf(full, sizeof full, "page-%s-%dx%d", name, sizes[i][0], sizes[i][1]);
        golden_check(c, full);
        ps_canvas_free(c);
    }
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
    struct ps_overlay overlay = {.kind = PS_OVERLAY_PAGE, .page = &ps_page_evidence};
    struct ps_canvas *c = ps_canvas_new(1, 1, false);
    scene->view.overlay = &overlay;
    for (int height = 1; height <= 60; height += 3)
        for (int width = 1; width <= 200; width += 7) {
            overlay.scroll = width % 9;
            assert_true(ps_canvas_resize(c, width, height));
            ps_live_screen_draw(c, &scene->view);
            ps_page_scroll_max(&scene->view, width, height);
        }
    ps_canvas_free(c);
    scene_free(scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden_of_the_evidence),
        cmocka_unit_test(the_selected_finding_shows_its_figures),
        cmocka_unit_test(the_end_of_a_page_can_be_reached),
        cmocka_unit_test(every_size_is_safe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
