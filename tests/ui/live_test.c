/* The live screen: golden screens, every small size, and what must be on it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "check.h"
#include "golden.h"
#include "scene.h"
#include "ui/axis.h"
#include "ui/findings/findings.h"
#include "ui/live_screen.h"
#include "ui/panels.h"
#include "ui/widgets/widget.h"

static const int sizes[][2] = {{60, 16}, {80, 24}, {120, 40}, {160, 45}, {200, 60}};
enum { SIZES = sizeof sizes / sizeof sizes[0] };

static void draw_golden(const struct scene *scene, int width, int height, bool ascii,
                        const char *name)
{
    struct ps_canvas *c = ps_canvas_new(width, height, ascii);
    ps_findings_feed(scene->findings, &scene->view); /* the test may have changed the snapshot */
    ps_live_screen_draw(c, &scene->view);
    golden_check(c, name);
    ps_canvas_free(c);
}

/* The text of a screen, to look for things. */
static char *text_of(const struct scene *scene, int width, int height)
{
    struct ps_canvas *c = ps_canvas_new(width, height, true);
    ps_findings_feed(scene->findings, &scene->view);
    ps_live_screen_draw(c, &scene->view);
    char *text = ps_canvas_text(c);
    ps_canvas_free(c);
    return text;
}

/* NAME-WxH at the sizes that every screen is looked at in. */
static void draw_goldens(const struct scene *scene, const char *what)
{
    static const int looked_at[][2] = {{60, 16}, {80, 24}, {120, 40}, {200, 60}};
    for (unsigned i = 0; i < sizeof looked_at / sizeof looked_at[0]; i++) {
        int width = looked_at[i][0], height = looked_at[i][1];
        char name[64];
        snprintf(name, sizeof name, "%s-%dx%d", what, width, height);
        draw_golden(scene, width, height, false, name);
    }
}

static void golden_at_every_layout(void **state)
{
    (void)state;
    struct scene *scene = scene_new(SCENE_STEAL, 8, 64);
    draw_goldens(scene, "live");
    draw_golden(scene, 80, 24, true, "live-80x24-ascii");
    scene_free(scene);
}

/* Types of high priority bear a mark wherever they are named, and the legend says what it means. */
static void golden_of_priorities(void **state)
{
    (void)state;
    struct scene *scene = scene_new(SCENE_STEAL, 4, 20);
    struct ps_experiment *experiment = calloc(1, sizeof *experiment);
    assert_non_null(experiment);
    experiment->type_count = scene->snapshot->types;
    experiment->types[2].high = true;
    scene->view.experiment = experiment;
    draw_goldens(scene, "live-high");
    while (ps_panels[scene->view.panel] != &ps_widget_types)
        scene->view.panel++;
    scene->view.zoom = true;
    draw_golden(scene, 60, 16, false, "live-high-types-60x16");
    draw_golden(scene, 80, 24, true, "live-high-types-80x24-ascii");
    scene_free(scene);
    free(experiment);
}

/* All that a header can have to say at once: the clock stays. */
static void golden_of_a_full_header(void **state)
{
    (void)state;
    struct scene *scene = scene_new(SCENE_STEAL, 8, 20);
    struct ps_trigger trigger = {.state = PS_TRIGGER_FIRED,
                                 .fired_ns = scene->snapshot->started_ns + 12 * PS_NS_PER_S};
    struct ps_live_view *v = &scene->view;
    v->frozen = v->recording = true;
    v->record_bytes = 3 << 20;
    v->trigger = &trigger;
    scene->snapshot->clock_factor = 10;
    snprintf(scene->snapshot->policy, sizeof scene->snapshot->policy, "bulkhead");
    v->notice = "saved 12 s: poolscope replay poolscope-20260730-101500.psrec";
    v->notice_style = PS_STYLE_GOOD;
    draw_goldens(scene, "live-header");
    v->replay = true;
    draw_golden(scene, 60, 16, false, "live-header-replay-60x16");
    char *text = text_of(scene, 60, 16);
    assert_non_null(strstr(text, "00:20"));
    free(text);
    scene_free(scene);
}

static void golden_of_other_engines(void **state)
{
    (void)state;
    struct scene *scene = scene_new(SCENE_GREEN, 4, 30);
    draw_goldens(scene, "live-green");
    scene_free(scene);
    scene = scene_new(SCENE_SHARED, 16, 30);
    draw_goldens(scene, "live-shared");
    scene_free(scene);
    scene = scene_new(SCENE_STEAL, 64, 20);
    draw_goldens(scene, "live-64-workers");
    scene_free(scene);
    scene = scene_new(SCENE_EMPTY, 2, 0);
    draw_goldens(scene, "live-empty");
    scene_free(scene);
}

static void golden_of_overlays(void **state)
{
    (void)state;
    struct scene *scene = scene_new(SCENE_DEAD, 8, 20);
    struct ps_overlay overlay = {.kind = PS_OVERLAY_ENDED,
                                 .failed = true,
                                 .title = "The host has died",
                                 .text = scene->snapshot->message};
    scene->view.overlay = &overlay;
    draw_goldens(scene, "live-dead");
    overlay = (struct ps_overlay){.kind = PS_OVERLAY_TEXT,
                                  .title = "Lesson",
                                  .text = "# Skew\n\nOne task in *twenty* is **fifty** times\n"
                                          "longer.\n\n- look at `W0`\n- then press s\n"};
    draw_goldens(scene, "live-lesson");
    scene_free(scene);
}

static void every_panel_alone(void **state)
{
    (void)state;
    struct scene *scene = scene_new(SCENE_STEAL, 8, 64);
    scene->view.zoom = true;
    for (unsigned panel = 0; panel < ps_panel_count(); panel++) {
        char name[64];
        scene->view.panel = panel;
        snprintf(name, sizeof name, "live-panel-%u", panel + 1);
        draw_goldens(scene, name);
    }
    scene_free(scene);
}

static void ten_thousand_sleepers_are_seen(void **state)
{
    (void)state;
    struct scene *scene = scene_new(SCENE_GREEN, 4, 12);
    for (unsigned i = 1; i < SIZES; i++) {
        char *text = text_of(scene, sizes[i][0], sizes[i][1]);
        assert_non_null(strstr(text, "9,998"));
        assert_non_null(strstr(text, "sleep"));
        free(text);
    }
    scene_free(scene);
}

/* What lies in no worker's queue is on the screen, and why a queue may be longer than its bound. */
static void the_shared_queue_is_shown_beside_those_of_the_workers(void **state)
{
    (void)state;
    struct scene *scene = scene_new(SCENE_GREEN, 2, 12);
    struct ps_snapshot *s = scene->snapshot;
    s->shared_depth = 1625;
    s->queued = 1799;
    s->worker[0].queue_depth = 82;
    s->worker[1].queue_depth = 93;
    char *text = text_of(scene, 120, 40);
    assert_non_null(strstr(text, "shared queue 1,625"));
    assert_non_null(strstr(text, "shared q.   1,625"));
    assert_non_null(strstr(text, "worker q.     175"));
    assert_non_null(strstr(text, "arrivals' bound 128"));
    free(text);
    text = text_of(scene, 80, 24);
    assert_non_null(strstr(text, "shared queue 1,625"));
    free(text);
    s->queued = 100;
    text = text_of(scene, 120, 40);
    assert_null(strstr(text, "arrivals' bound"));
    free(text);
    scene_free(scene);
}

static void what_an_engine_cannot_have_is_not_zero(void **state)
{
    (void)state;
    struct scene *scene = scene_new(SCENE_SHARED, 4, 12);
    char *text = text_of(scene, 160, 45);
    assert_non_null(strstr(text, "n/a: all workers take from one shared queue"));
    assert_null(strstr(text, "stealing on"));
    free(text);
    scene->snapshot->sample_max = 64;
    text = text_of(scene, 160, 45);
    assert_non_null(strstr(text, "sampled 1/64"));
    free(text);
    scene_free(scene);
}

static void figures_of_the_run_are_on_every_screen(void **state)
{
    (void)state;
    struct scene *scene = scene_new(SCENE_STEAL, 8, 20);
    for (unsigned i = 0; i < SIZES; i++) {
        char *text = text_of(scene, sizes[i][0], sizes[i][1]);
        assert_non_null(strstr(text, "threadpool:steal"));
        assert_non_null(strstr(text, "8 on 8 cpu"));
        assert_non_null(strstr(text, "00:20"));
        assert_non_null(strstr(text, "W7"));
        assert_non_null(strstr(text, "W0 has been in one task (long)"));
        free(text);
    }
    scene_free(scene);
}

static void drawing_twice_gives_the_same(void **state)
{
    (void)state;
    struct scene *scene = scene_new(SCENE_STEAL, 64, 12);
    char *a = text_of(scene, 160, 45), *b = text_of(scene, 160, 45);
    assert_string_equal(a, b);
    free(a);
    free(b);
    scene_free(scene);
}

/* A look that differs with every number: time scale, cursor and marks, a filter, panels. */
static void vary(struct ps_live_view *v, unsigned n)
{
    const struct ps_timeline *t = ps_history_timeline(v->history);
    uint64_t now = v->snapshot->at_ns;
    v->look.scale = PS_TIME_FINEST + (int)(n % (PS_TIME_COARSEST - PS_TIME_FINEST + 1));
    v->look.only = n % 7 ? 0 : PS_STATE_NET;
    v->look.panels = n % 9;
    for (unsigned i = 0; i < v->look.panels; i++)
        v->look.panel[i] = (unsigned char)((n + i) % ps_panel_count());
    v->cursor_ns = n % 3 ? 0 : now - n % 5000 * (uint64_t)PS_NS_PER_MS;
    for (unsigned i = 0; i < PS_MARKS; i++)
        if (n % (4 + i) == 0 || !ps_timeline_instant(t, now - n % 4000 * 1000000, &v->mark[i]))
            v->mark[i].column_ns = 0;
    v->zoom = n % 5 == 0;
    v->panel = n % ps_panel_count();
}

static void every_size_is_safe(void **state)
{
    (void)state;
    struct scene *few = scene_new(SCENE_STEAL, 2, 6), *many = scene_new(SCENE_STEAL, 40, 6);
    struct ps_canvas *c = ps_canvas_new(1, 1, false);
    for (int height = 1; height <= 60; height++) {
        for (int width = 1 + height % 3; width <= 250; width += 3) {
            struct scene *scene = (width + height) % 2 ? few : many;
            vary(&scene->view, (unsigned)(width * 31 + height * 17));
            assert_true(ps_canvas_resize(c, width, height));
            ps_live_screen_draw(c, &scene->view);
        }
    }
    assert_true(ps_canvas_resize(c, 1000, 300));
    ps_live_screen_draw(c, &many->view);
    ps_canvas_free(c);
    scene_free(few);
    scene_free(many);
}

static void every_worker_count_is_safe(void **state)
{
    (void)state;
    static const unsigned counts[] = {1, 3, 17, 100, 255, 256};
    for (unsigned i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        struct scene *scene = scene_new(SCENE_STEAL, counts[i], 3);
        for (unsigned s = 0; s < SIZES; s++) {
            char last[16];
            snprintf(last, sizeof last, "%u", counts[i] - 1);
            char *text = text_of(scene, sizes[s][0], sizes[s][1]);
            assert_non_null(strstr(text, last)); /* the last worker is in some row */
            free(text);
        }
        scene_free(scene);
    }
}

/* ---- time, marks, filter, panels ---- */

static void a_mark_is_where_its_time_is(void **state)
{
    (void)state;
    struct scene *scene = scene_new(SCENE_STEAL, 8, 64);
    struct ps_live_view *v = &scene->view;
    uint64_t cursor = scene->snapshot->at_ns - 20 * (uint64_t)PS_NS_PER_S;
    for (int scale = PS_TIME_FINEST; scale <= PS_TIME_COARSEST; scale++) {
        v->look.scale = scale;
        for (int width = 1; width < 200; width += 7) {
            struct ps_axis axis = ps_axis_graph(v, width);
            uint64_t at;
            int place = ps_axis_place(&axis, v, cursor);
            if (place < 0)
                continue;
            assert_true(ps_axis_instant(&axis, v, place, &at));
            uint64_t group = axis.group * ps_time_levels[axis.level].column_ns;
            assert_true((at > cursor ? at - cursor : cursor - at) <= group);
            assert_int_equal(ps_axis_place(&axis, v, at), place);
        }
    }
    scene_free(scene);
}

static void golden_of_cursor_and_marks(void **state)
{
    (void)state;
    struct scene *scene = scene_new(SCENE_STEAL, 8, 64);
    struct ps_live_view *v = &scene->view;
    const struct ps_timeline *t = ps_history_timeline(v->history);
    uint64_t now = scene->snapshot->at_ns;
    v->selected = 2;
    v->cursor_ns = now - 3 * (uint64_t)PS_NS_PER_S;
    draw_goldens(scene, "live-cursor");
    v->cursor_ns = 0;
    assert_true(ps_timeline_instant(t, now - 30 * (uint64_t)PS_NS_PER_S, &v->mark[PS_MARK_A]));
    assert_true(ps_timeline_instant(t, now - 2 * (uint64_t)PS_NS_PER_S, &v->mark[PS_MARK_B]));
    draw_goldens(scene, "live-marks");
    draw_golden(scene, 80, 24, true, "live-marks-ascii");
    /* The other way round is the same. */
    char *text = text_of(scene, 120, 40);
    struct ps_instant a = v->mark[PS_MARK_A];
    assert_non_null(strstr(text, "a to b 28.0 s"));
    v->mark[PS_MARK_A] = v->mark[PS_MARK_B];
    v->mark[PS_MARK_B] = a;
    char *other = text_of(scene, 120, 40);
    assert_non_null(strstr(other, "a to b 28.0 s"));
    free(text);
    free(other);
    scene_free(scene);
}

static void golden_of_time_scales(void **state)
{
    (void)state;
    struct scene *scene = scene_new(SCENE_STEAL, 4, 200);
    for (int scale = PS_TIME_FINEST; scale <= PS_TIME_COARSEST; scale++) {
        char name[64];
        scene->view.look.scale = scale;
        snprintf(name, sizeof name, "live-scale-%d", scale - PS_TIME_FINEST);
        draw_golden(scene, 80, 24, false, name);
    }
    scene_free(scene);
}

static void the_trigger_is_in_the_header(void **state)
{
    (void)state;
    struct scene *scene = scene_new(SCENE_STEAL, 8, 12);
    struct ps_trigger t = {.state = PS_TRIGGER_ARMED, .test = "p99 > 200 ms"};
    scene->view.trigger = &t;
    for (unsigned i = 0; i < SIZES; i++) {
        bool wide = sizes[i][0] >= 120;
        t.state = PS_TRIGGER_ARMED;
        char *text = text_of(scene, sizes[i][0], sizes[i][1]);
        if (sizes[i][0] >= 80)
            assert_non_null(strstr(text, wide ? "T armed: p99 > 200 ms" : "T armed"));
        free(text);
        t.state = PS_TRIGGER_FIRED;
        t.fired_ns = scene->snapshot->started_ns + 7 * (uint64_t)PS_NS_PER_S;
        text = text_of(scene, sizes[i][0], sizes[i][1]);
        if (sizes[i][0] >= 80)
            assert_non_null(strstr(text, "T fired 7.0 s"));
        free(text);
    }
    t.state = PS_TRIGGER_OFF;
    char *text = text_of(scene, 160, 45);
    assert_null(strstr(text, "T armed"));
    assert_null(strstr(text, "T fired"));
    free(text);
    scene_free(scene);
}

/* Style of a worker's lane at a column. */
static enum ps_style lane_style(const struct scene *scene, int x, int y)
{
    struct ps_canvas *c = ps_canvas_new(80, 24, false);
    ps_live_screen_draw(c, &scene->view);
    enum ps_style style = (enum ps_style)c->cells[y * 80 + x].style;
    ps_canvas_free(c);
    return style;
}

static void the_legend_filters(void **state)
{
    (void)state;
    struct scene *scene = scene_new(SCENE_STEAL, 8, 64);
    unsigned net = 0, run = 0, off = 0;
    for (int filtered = 0; filtered < 2; filtered++) {
        scene->view.look.only = filtered ? PS_STATE_NET : 0;
        for (int x = 6; x < 36; x++)
            for (int y = 4; y < 12; y++) {
                enum ps_style style = lane_style(scene, x, y);
                net += style == PS_STYLE_NET;
                run += style == PS_STYLE_RUN;
                off += filtered && style == PS_STYLE_OFF;
            }
        if (!filtered)
            assert_true(run > 0 && net > 0);
        else
            assert_true(run == 0 && net > 0 && off > 0);
        run = net = 0;
    }
    char *text = text_of(scene, 120, 40);
    assert_non_null(strstr(text, ", only net"));
    free(text);
    scene_free(scene);
}

static void panels_are_chosen_and_ordered(void **state)
{
    (void)state;
    struct ps_live_look look = {0};
    unsigned char shown[PS_ORDER_MAX];
    assert_int_equal(ps_panels_shown(&look, shown), ps_panel_count() - 1);
    look.picture = true; /* a run without one has no panel for it */
    assert_int_equal(ps_panels_shown(&look, shown), ps_panel_count());
    assert_true(ps_panels_move(&look, 3, -1));
    ps_panels_shown(&look, shown);
    assert_int_equal(shown[2], 3);
    assert_int_equal(shown[3], 2);
    assert_false(ps_panels_move(&look, 0, -1));
    for (unsigned i = 0; i < ps_panel_count() - 1; i++)
        assert_true(ps_panels_toggle(&look, i));
    assert_false(ps_panels_toggle(&look, ps_panel_count() - 1)); /* the last stays */
    assert_int_equal(ps_panels_place(&look, 0), -1);
    assert_true(ps_panels_toggle(&look, 0));
    assert_int_equal(ps_panels_place(&look, 0), 1);
}

static void golden_of_chosen_panels(void **state)
{
    (void)state;
    struct scene *scene = scene_new(SCENE_STEAL, 8, 64);
    scene->view.look = (struct ps_live_look){.panels = 4, .panel = {3, 1, 0, 7}};
    scene->view.panel = 3;
    draw_goldens(scene, "live-panels");
    scene->view.look.panels = 1;
    draw_goldens(scene, "live-panels-one");
    scene_free(scene);
}

static void deadlock(struct scene *scene)
{
    scene->snapshot->end = PS_END_DEADLOCK;
    snprintf(scene->snapshot->message, sizeof scene->snapshot->message,
             "deadlock: 4 of 4 workers wait for children in task 'parent', 12 tasks are queued "
             "behind them and no worker is left to run them");
}

static void a_deadlock_is_above_all_and_offers_keys(void **state)
{
    (void)state;
    struct scene *scene = scene_new(SCENE_SHARED, 4, 12);
    deadlock(scene);
    draw_goldens(scene, "live-deadlock");
    for (unsigned i = 0; i < SIZES; i++) {
        char *text = text_of(scene, sizes[i][0], sizes[i][1]);
        assert_non_null(strstr(text, "DEADLOCK: 4 of 4 workers wait for children"));
        assert_non_null(strstr(text, "+ one worker more   r restart   e engine   L lesson"));
        assert_null(strstr(text, "LIVE"));
        free(text);
    }
    scene->snapshot->end = PS_END_NOT;
    char *text = text_of(scene, 80, 24);
    assert_null(strstr(text, "DEADLOCK"));
    free(text);
    scene_free(scene);
}

/* ---- the log ---- */

static bool logged(const struct ps_log *log, const char *text)
{
    for (unsigned i = 0; i < log->count && i < PS_LOG_MAX; i++)
        if (strcmp(log->list[i].text, text) == 0)
            return true;
    return false;
}

static struct ps_event event(enum ps_event_kind kind, unsigned slot, unsigned high, unsigned low)
{
    return (struct ps_event){
        .at_ns = 5, .slot = (uint16_t)slot, .kind = kind, .argument = high << 16 | low};
}

static void the_log_keeps_what_happens_all_the_time_short(void **state)
{
    (void)state;
    struct scene *scene = scene_new(SCENE_STEAL, 4, 1);
    struct ps_log log = {0};
    const struct ps_event events[] = {
        event(PS_EVENT_SPAWN, 0, 0, 0),
        event(PS_EVENT_SPAWN, 1, 0, 0),
        event(PS_EVENT_STEAL, 2, 1, 3),
        event(PS_EVENT_STEAL, 3, 1, 4),
        event(PS_EVENT_BLOCKED, 0, PS_STATE_SLEEP, 80),
        event(PS_EVENT_BLOCKED, 1, PS_STATE_LOCK, 250),
    };
    enum { EVENTS = sizeof events / sizeof events[0] };
    struct ps_snapshot *s = scene->snapshot;
    memset(&s->totals, 0, sizeof s->totals);
    s->at_ns = 10 * (uint64_t)PS_NS_PER_S;
    ps_log_events(&log, events, EVENTS, s);
    assert_int_equal(log.count, 3);
    assert_true(logged(&log, "2 workers begin"));
    assert_true(logged(&log, "7 tasks stolen in 2 takes, last W3 from W1"));
    s->at_ns += PS_LOG_CALM_NS - 1; /* too soon for another line about steals */
    ps_log_events(&log, events + 2, 1, s);
    assert_int_equal(log.count, 3);
    s->at_ns += 1;
    s->totals.ended[PS_REFUSED] = 12;
    ps_log_events(&log, events + 2, 1, s);
    assert_true(logged(&log, "6 tasks stolen in 2 takes, last W2 from W1"));
    assert_true(logged(&log, "12 tasks refused, the queue is full"));
    scene_free(scene);
}

static void workers_that_begin_together_share_a_line(void **state)
{
    (void)state;
    struct scene *scene = scene_new(SCENE_STEAL, 4, 1);
    struct ps_log log = {0};
    struct ps_event events[] = {event(PS_EVENT_SPAWN, 0, 0, 0), event(PS_EVENT_SPAWN, 1, 0, 0),
                                event(PS_EVENT_SPAWN, 2, 0, 0), event(PS_EVENT_SPAWN, 3, 0, 0)};
    events[3].at_ns = 2 * (uint64_t)PS_NS_PER_S;
    memset(&scene->snapshot->totals, 0, sizeof scene->snapshot->totals);
    ps_log_events(&log, events, 1, scene->snapshot);
    ps_log_events(&log, events + 1, 2, scene->snapshot);
    assert_int_equal(log.count, 1);
    assert_true(logged(&log, "3 workers begin"));
    ps_log_events(&log, events + 3, 1, scene->snapshot);
    assert_int_equal(log.count, 2);
    assert_true(logged(&log, "worker W3 begins"));
    scene_free(scene);
}

static void the_log_names_a_hog(void **state)
{
    (void)state;
    struct scene *scene = scene_new(SCENE_STEAL, 4, 1);
    struct ps_log log = {0};
    const struct ps_event hog = event(PS_EVENT_HOG, 2, 0, 48);
    char line[64];
    memset(&scene->snapshot->totals, 0, sizeof scene->snapshot->totals);
    snprintf(line, sizeof line, "W2: '%s' kept it for 48 ms", scene->snapshot->type[0].name);
    ps_log_events(&log, &hog, 1, scene->snapshot);
    assert_true(logged(&log, line));
    scene_free(scene);
}

static void the_log_tells_of_a_deadlock_once(void **state)
{
    (void)state;
    struct scene *scene = scene_new(SCENE_SHARED, 4, 1);
    struct ps_log log = {0};
    memset(&scene->snapshot->totals, 0, sizeof scene->snapshot->totals);
    deadlock(scene);
    ps_log_events(&log, NULL, 0, scene->snapshot);
    ps_log_events(&log, NULL, 0, scene->snapshot);
    assert_int_equal(log.count, 1);
    scene->snapshot->end = PS_END_NOT;
    ps_log_events(&log, NULL, 0, scene->snapshot);
    assert_int_equal(log.count, 2);
    assert_true(logged(&log, "the deadlock is over"));
    scene_free(scene);
}

/* Between two steps of the lanes a frame changes little: their past stays where it is. */
static void the_lanes_move_in_steps(void **state)
{
    (void)state;
    struct scene *scene = scene_new(SCENE_STEAL, 8, 30);
    struct ps_canvas *now = ps_canvas_new(120, 40, false), *before = ps_canvas_new(120, 40, false);
    unsigned changed = 0, frames = 50;
    ps_live_screen_draw(before, &scene->view);
    for (unsigned i = 0; i < frames; i++) {
        scene_step(scene, SCENE_STEAL);
        ps_canvas_clear(now);
        ps_live_screen_draw(now, &scene->view);
        for (int y = 3; y < 11; y++) /* the lanes */
            for (int x = 6; x < 60; x++)
                changed += now->cells[y * 120 + x].code != before->cells[y * 120 + x].code;
        struct ps_canvas *swap = now;
        now = before;
        before = swap;
    }
    assert_true(changed > 0);
    assert_true(changed / frames < 8 * 54 / 4);
    ps_canvas_free(now);
    ps_canvas_free(before);
    scene_free(scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden_at_every_layout),
        cmocka_unit_test(golden_of_priorities),
        cmocka_unit_test(golden_of_a_full_header),
        cmocka_unit_test(golden_of_other_engines),
        cmocka_unit_test(golden_of_overlays),
        cmocka_unit_test(every_panel_alone),
        cmocka_unit_test(ten_thousand_sleepers_are_seen),
        cmocka_unit_test(the_shared_queue_is_shown_beside_those_of_the_workers),
        cmocka_unit_test(what_an_engine_cannot_have_is_not_zero),
        cmocka_unit_test(figures_of_the_run_are_on_every_screen),
        cmocka_unit_test(drawing_twice_gives_the_same),
        cmocka_unit_test(a_deadlock_is_above_all_and_offers_keys),
        cmocka_unit_test(the_log_keeps_what_happens_all_the_time_short),
        cmocka_unit_test(workers_that_begin_together_share_a_line),
        cmocka_unit_test(the_log_names_a_hog),
        cmocka_unit_test(the_log_tells_of_a_deadlock_once),
        cmocka_unit_test(the_lanes_move_in_steps),
        cmocka_unit_test(a_mark_is_where_its_time_is),
        cmocka_unit_test(golden_of_cursor_and_marks),
        cmocka_unit_test(golden_of_time_scales),
        cmocka_unit_test(the_trigger_is_in_the_header),
        cmocka_unit_test(the_legend_filters),
        cmocka_unit_test(panels_are_chosen_and_ordered),
        cmocka_unit_test(golden_of_chosen_panels),
        cmocka_unit_test(every_size_is_safe),
        cmocka_unit_test(every_worker_count_is_safe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
