/* The trigger: what it understands, when it fires; and the tape that keeps what led there. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "check.h"
#include "client/recording.h"
#include "scene.h"
#include "ui/tape.h"
#include "ui/trigger.h"

static bool arm(struct ps_trigger *t, const struct scene *scene, const char *text)
{
    char why[200] = "";
    bool good = ps_trigger_arm(t, text, scene->snapshot, why, sizeof why);
    assert_true(good || why[0]);
    return good;
}

static enum ps_trigger_news step(struct ps_trigger *t, struct scene *scene)
{
    scene_step(scene, SCENE_STEAL);
    return ps_trigger_feed(t, scene->snapshot, scene->history);
}

/* Steps until the news comes; 0: it did not within 200. */
static unsigned steps_until(struct ps_trigger *t, struct scene *scene, enum ps_trigger_news news)
{
    for (unsigned i = 1; i <= 200; i++)
        if (step(t, scene) == news)
            return i;
    return 0;
}

static void every_word_can_be_asked(void **state)
{
    (void)state;
    struct scene *scene = scene_new(SCENE_STEAL, 8, 12);
    for (const struct ps_trigger_word *w = ps_trigger_words; w->name; w++) {
        struct ps_trigger t = {0};
        char text[PS_TRIGGER_BYTES];
        snprintf(text, sizeof text, "%s >= 0", w->name);
        assert_true(arm(&t, scene, text));
        assert_int_equal(step(&t, scene), PS_TRIGGER_FIRES);
        ps_trigger_disarm(&t);
    }
    scene_free(scene);
}

static void wrong_conditions_are_refused(void **state)
{
    (void)state;
    struct scene *scene = scene_new(SCENE_SHARED, 4, 12);
    static const struct {
        const char *text, *says;
    } wrong[] = {
        {"", ""},
        {"p99", ""},
        {"speed > 3", "there is no 'speed'"},
        {"p99 > 200", "write 200 ms"},
        {"queue > 3 for ever", "for ever"},
        {"queue > 3 keep 31s", "at most 30 s"},
        {"steals > 3", "steals is n/a on pthread:channel"},
        {"max(queue) > 3", "no functions"},
        {"queue[9] > 3", "'9' is no task type"},
    };
    struct ps_trigger t = {0};
    assert_true(arm(&t, scene, "queue > 1000000"));
    for (unsigned i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        char why[200] = "";
        assert_false(ps_trigger_arm(&t, wrong[i].text, scene->snapshot, why, sizeof why));
        if (!strstr(why, wrong[i].says))
            fail_msg("'%s' says '%s'", wrong[i].text, why);
        assert_string_equal(t.text, "queue > 1000000"); /* as it was */
    }
    ps_trigger_disarm(&t);
    scene_free(scene);
}

static void it_fires_once_it_has_held(void **state)
{
    (void)state;
    struct scene *scene = scene_new(SCENE_STEAL, 8, 12);
    struct ps_trigger t = {0};
    assert_true(arm(&t, scene, "queue > 10 for 1s keep 2s"));
    assert_int_equal(t.for_ns, PS_NS_PER_S);
    assert_int_equal(steps_until(&t, scene, PS_TRIGGER_FIRES), 11); /* 100 ms each */
    assert_int_equal(t.fired_ns, scene->snapshot->at_ns);
    assert_int_equal(steps_until(&t, scene, PS_TRIGGER_WANTS_PICTURE), 20);
    assert_int_equal(t.state, PS_TRIGGER_DONE);
    assert_int_equal(steps_until(&t, scene, PS_TRIGGER_FIRES), 0);
    ps_trigger_disarm(&t);
    scene_free(scene);
}

static void a_break_begins_the_wait_anew(void **state)
{
    (void)state;
    struct scene *scene = scene_new(SCENE_STEAL, 8, 12);
    struct ps_trigger t = {0};
    assert_true(arm(&t, scene, "queue > 10 for 500ms"));
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(step(&t, scene), PS_TRIGGER_NOTHING);
    assert_int_equal(t.state, PS_TRIGGER_HOLDS);
    scene->snapshot->queued = 3;
    scene->snapshot->seq++;
    ps_trigger_feed(&t, scene->snapshot, scene->history);
    assert_int_equal(t.state, PS_TRIGGER_ARMED);
    assert_int_equal(steps_until(&t, scene, PS_TRIGGER_FIRES), 6);
    ps_trigger_disarm(&t);
    scene_free(scene);
}

static void rates_are_of_the_last_second(void **state)
{
    (void)state;
    struct scene *scene = scene_new(SCENE_STEAL, 8, 30);
    const struct ps_pool_column *now = ps_history_pool(scene->history, 0);
    const struct ps_pool_column *then = ps_history_pool(scene->history, 10);
    char text[PS_TRIGGER_BYTES];
    struct ps_trigger t = {0};
    for (unsigned more = 0; more < 2; more++) {
        snprintf(text, sizeof text, "done > %lu/s",
                 (unsigned long)(now->count.done - then->count.done) - 1 + more);
        assert_true(arm(&t, scene, text));
        enum ps_trigger_news news = ps_trigger_feed(&t, scene->snapshot, scene->history);
        assert_int_equal(news, more ? PS_TRIGGER_NOTHING : PS_TRIGGER_FIRES);
    }
    ps_trigger_disarm(&t);
    scene_free(scene);
}

/* A metric of the table is of a window of one to two seconds, not of the whole run. */
static void metrics_of_the_table_are_of_a_window(void **state)
{
    (void)state;
    struct scene *scene = scene_new(SCENE_STEAL, 8, 30);
    struct ps_trigger t = {0};
    assert_true(arm(&t, scene, "completed > 0"));
    for (unsigned i = 0; i < 10; i++)
        assert_int_equal(step(&t, scene), PS_TRIGGER_NOTHING); /* no window yet */
    assert_non_null(strstr(t.why, "not for a second yet"));
    assert_int_equal(step(&t, scene), PS_TRIGGER_FIRES);
    assert_true(arm(&t, scene, "completed > 4000")); /* 1,800 a second here */
    assert_int_equal(steps_until(&t, scene, PS_TRIGGER_FIRES), 0);
    ps_trigger_disarm(&t);
    scene_free(scene);
}

static void blocked_workers_are_counted(void **state)
{
    (void)state;
    struct scene *scene = scene_new(SCENE_SHARED, 4, 12);
    struct ps_trigger t = {0};
    assert_true(arm(&t, scene, "blocked = workers"));
    for (unsigned w = 0; w < 4; w++)
        scene->snapshot->worker[w].state = w == 2 ? PS_STATE_RUN : PS_STATE_JOIN;
    assert_int_equal(ps_trigger_feed(&t, scene->snapshot, scene->history), PS_TRIGGER_NOTHING);
    scene->snapshot->worker[2].state = PS_STATE_LOCK;
    assert_int_equal(ps_trigger_feed(&t, scene->snapshot, scene->history), PS_TRIGGER_FIRES);
    ps_trigger_disarm(&t);
    scene_free(scene);
}

/* ---- the tape ---- */

static void the_tape_keeps_the_last_seconds(void **state)
{
    (void)state;
    char path[] = "/tmp/poolscope-tape-XXXXXX", why[300] = "";
    struct ps_experiment experiment = {.title = "tape"};
    struct scene *scene = scene_new(SCENE_STEAL, 4, 1);
    struct ps_tape *tape = ps_tape_new("", &experiment, why, sizeof why);
    assert_non_null(tape);
    for (unsigned i = 0; i < 437; i++) {
        scene_step(scene, SCENE_STEAL);
        ps_tape_snapshot(tape, scene->snapshot);
    }
    uint64_t held_ns = scene->snapshot->at_ns;
    ps_tape_hold(tape);
    for (unsigned i = 0; i < 250; i++) { /* as long as it takes: nothing is thrown away */
        scene_step(scene, SCENE_STEAL);
        ps_tape_snapshot(tape, scene->snapshot);
    }
    uint64_t end_ns = scene->snapshot->at_ns;
    ps_tape_stop(tape);
    scene_step(scene, SCENE_STEAL);
    ps_tape_snapshot(tape, scene->snapshot);
    int fd = mkstemp(path);
    double seconds;
    assert_true(fd >= 0);
    assert_int_equal(close(fd), 0);
    assert_int_equal(unlink(path), 0);
    /* What cannot be saved there is not lost. */
    assert_int_equal(ps_tape_save(tape, "/nonexistent/x", &seconds, why, sizeof why), PS_EIO);
    assert_int_equal(ps_tape_save(tape, path, &seconds, why, sizeof why), PS_OK);
    ps_tape_free(tape);

    struct ps_recording *recording = NULL;
    assert_int_equal(ps_recording_open(path, &recording, why, sizeof why), PS_OK);
    const struct ps_recording_info *info = ps_recording_info(recording);
    assert_true(info->whole);
    assert_int_equal(info->last_ns, end_ns);
    assert_in_range(held_ns - info->first_ns, PS_TAPE_BEFORE_NS, 2 * PS_TAPE_BEFORE_NS);
    assert_int_equal(info->snapshots, (end_ns - info->first_ns) / PS_COLUMN_NS + 1);
    ps_recording_close(recording);
    assert_int_equal(unlink(path), 0);
    scene_free(scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_word_can_be_asked),
        cmocka_unit_test(wrong_conditions_are_refused),
        cmocka_unit_test(it_fires_once_it_has_held),
        cmocka_unit_test(a_break_begins_the_wait_anew),
        cmocka_unit_test(rates_are_of_the_last_second),
        cmocka_unit_test(metrics_of_the_table_are_of_a_window),
        cmocka_unit_test(blocked_workers_are_counted),
        cmocka_unit_test(the_tape_keeps_the_last_seconds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
