/* The judgement alone, on a clock and on threads of the test's making. */
#include "support.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "metrics/starve.h"

enum { SLOTS = 3, SHARED = SLOTS };

static const char *const names[] = {"job"};

/* Thread 1 + slot is the worker of the slot. */
struct scene {
    struct ps_segment *segment;
    struct ps_starve starve;
    struct ps_starved starved;
    bool asleep[SLOTS];
    uint64_t now_ns;
    unsigned asked;
};

static bool asleep(void *context, uint64_t tid)
{
    struct scene *scene = context;
    scene->asked++;
    return scene->asleep[tid - 1];
}

static struct ps_cell *cell(struct scene *scene, unsigned slot)
{
    return ps_segment_cell(scene->segment, slot);
}

static void show(struct scene *scene, unsigned slot, enum ps_state state)
{
    atomic_store(&cell(scene, slot)->now, ps_state_word(state, 0, scene->now_ns));
}

/* Workers that sleep, empty queues, stealing. */
static int set_up(void **state)
{
    struct scene *scene = calloc(1, sizeof *scene);
    size_t bytes = ps_segment_bytes(SLOTS, 1);
    scene->segment = aligned_alloc(4096, (bytes + 4095) / 4096 * 4096);
    memset(scene->segment, 0, bytes);
    ps_segment_init(scene->segment, SLOTS, 1, names);
    scene->now_ns = PS_NS_PER_S;
    ps_starve_init(&scene->starve, scene->segment, true);
    for (unsigned slot = 0; slot < SLOTS; slot++) {
        atomic_store(&cell(scene, slot)->tid, 1 + slot);
        show(scene, slot, PS_STATE_IDLE);
        scene->asleep[slot] = true;
    }
    *state = scene;
    return 0;
}

static int tear_down(void **state)
{
    struct scene *scene = *state;
    free(scene->segment);
    free(scene);
    return 0;
}

static bool look(struct scene *scene, uint64_t after_ms)
{
    scene->now_ns += after_ms * PS_NS_PER_MS;
    return ps_starve_look(&scene->starve, scene->now_ns, asleep, scene, &scene->starved);
}

/* Whether anything was found in so long a time. */
static bool found_within(struct scene *scene, uint64_t ms)
{
    bool found = false;
    for (uint64_t at = 0; at < ms; at += 10)
        found = look(scene, 10) || found;
    return found;
}

static void put(struct scene *scene, unsigned queue, uint64_t tasks)
{
    atomic_store(&cell(scene, queue)->queue_depth, tasks);
}

static void a_task_beside_a_sleeper_is_found(void **state)
{
    struct scene *scene = *state;
    assert_false(found_within(scene, 200));
    assert_int_equal(scene->asked, 0); /* nothing waits: no thread is looked at */
    put(scene, SHARED, 1);
    show(scene, 0, PS_STATE_RUN);
    assert_false(found_within(scene, 50));
    assert_true(found_within(scene, 40));
    assert_int_equal(scene->starved.queue, SHARED);
    assert_int_equal(scene->starved.worker, 1);
    assert_in_range(scene->starved.queue_ns, PS_STARVE_NS, 2 * PS_STARVE_NS);
    assert_in_range(scene->starved.worker_ns, PS_STARVE_NS, 2 * PS_STARVE_NS);
}

static void what_moves_is_not_stuck(void **state)
{
    struct scene *scene = *state;
    struct ps_cell *first = cell(scene, 0);
    _Atomic uint64_t *const moves[] = {&first->started, &first->unstarted, &first->jobs_ended,
                                       &first->wait_end[PS_STATE_SLEEP],
                                       &ps_segment_steals(scene->segment, 2)[1]};
    put(scene, 0, 7);
    for (unsigned i = 0; i < sizeof moves / sizeof *moves; i++)
        for (unsigned n = 0; n < 5; n++) {
            assert_false(found_within(scene, 40));
            atomic_fetch_add(moves[i], 1);
        }
    assert_true(found_within(scene, 100));
}

static void somebody_on_his_way_is_waited_for(void **state)
{
    struct scene *scene = *state;
    put(scene, SHARED, 1);
    show(scene, 2, PS_STATE_SEEK);
    assert_false(found_within(scene, 200));
    /* Woken, and the kernel has not run it yet: its word still says IDLE. */
    show(scene, 2, PS_STATE_IDLE);
    scene->asleep[2] = false;
    assert_false(found_within(scene, 200));
    scene->asleep[2] = true;
    assert_true(found_within(scene, 100));
}

static void a_sleep_begins_anew_with_its_word(void **state)
{
    struct scene *scene = *state;
    put(scene, SHARED, 1);
    for (unsigned n = 0; n < 20; n++) {
        assert_false(look(scene, 10));
        for (unsigned slot = 0; slot < SLOTS; slot++)
            show(scene, slot, PS_STATE_IDLE);
    }
    assert_true(found_within(scene, 100));
}

static void busy_and_absent_workers_do_not_starve_anybody(void **state)
{
    struct scene *scene = *state;
    put(scene, SHARED, 1);
    put(scene, 1, 1);
    show(scene, 0, PS_STATE_RUN);
    show(scene, 1, PS_STATE_BLOCK);
    atomic_store(&cell(scene, 2)->tid, 0);
    assert_false(found_within(scene, 200));
}

static void a_queue_that_is_not_stolen_from_is_its_workers(void **state)
{
    struct scene *scene = *state;
    scene->starve.steals = false;
    put(scene, 1, 1);
    show(scene, 1, PS_STATE_RUN);
    assert_false(found_within(scene, 200));
    show(scene, 0, PS_STATE_SEEK); /* he may not take it: he is not waited for */
    show(scene, 1, PS_STATE_IDLE);
    assert_true(found_within(scene, 100));
    assert_int_equal(scene->starved.queue, 1);
    assert_int_equal(scene->starved.worker, 1);
}

static void looks_far_apart_and_forgotten_ones_say_nothing(void **state)
{
    struct scene *scene = *state;
    put(scene, SHARED, 1);
    for (unsigned n = 0; n < 20; n++)
        assert_false(look(scene, 31));
    assert_false(found_within(scene, 50));
    ps_starve_forget(&scene->starve);
    assert_false(found_within(scene, 50));
    assert_true(found_within(scene, 30));
}

static void without_probes_nothing_is_said(void **state)
{
    struct scene *scene = *state;
    put(scene, SHARED, 1);
    atomic_store(&scene->segment->probes, PS_PROBES_OFF);
    assert_false(found_within(scene, 200));
    atomic_store(&scene->segment->probes, PS_PROBES_COUNTERS);
    assert_false(found_within(scene, 200));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_task_beside_a_sleeper_is_found, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_moves_is_not_stuck, set_up, tear_down),
        cmocka_unit_test_setup_teardown(somebody_on_his_way_is_waited_for, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_sleep_begins_anew_with_its_word, set_up, tear_down),
        cmocka_unit_test_setup_teardown(busy_and_absent_workers_do_not_starve_anybody, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_queue_that_is_not_stolen_from_is_its_workers, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(looks_far_apart_and_forgotten_ones_say_nothing, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(without_probes_nothing_is_said, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
