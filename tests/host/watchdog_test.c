#include "support.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/watchdog.h"
#include "metrics/probe.h"

static const char *const names[] = {"parent", "child"};
static const uint64_t second = 1000000000;

struct fixture {
    int fd;
    struct ps_segment *segment;
    struct ps_probe worker[2], outside;
    struct ps_watchdog dog;
    uint64_t now_ns;
    char why[256];
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    assert_int_equal(ps_segment_create(2, 2, names, &f->fd, &f->segment), PS_OK);
    for (unsigned i = 0; i < 2; i++) {
        ps_probe_bind(&f->worker[i], f->segment, i);
        ps_probe_thread_begin(&f->worker[i]);
    }
    ps_probe_bind(&f->outside, f->segment, 2);
    f->dog.patience_ns = PS_DEADLOCK_NS;
    f->now_ns = 100 * second;
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    ps_segment_unmap(f->segment);
    close(f->fd);
    free(f);
    return 0;
}

/* A parent runs on the worker and joins; its child is queued. */
static void hold(struct fixture *f, unsigned worker, enum ps_state why)
{
    struct ps_stamp parent = {.type = 0}, child = {.type = 1};
    ps_probe_submitted(&f->outside, &parent);
    ps_probe_start(&f->worker[worker], &parent);
    ps_probe_submitted(&f->worker[worker], &child);
    ps_probe_wait_begin(&f->worker[worker], why);
    ps_probe_state(&f->worker[worker], why, 0);
}

/* Whether a look after so many seconds of silence calls it a deadlock. */
static bool dead_after(struct fixture *f, uint64_t seconds)
{
    ps_watchdog_look(&f->dog, f->segment, f->now_ns, f->why, sizeof f->why);
    f->now_ns += seconds * second;
    return ps_watchdog_look(&f->dog, f->segment, f->now_ns, f->why, sizeof f->why);
}

static void an_idle_pool_is_no_deadlock(void **state)
{
    assert_false(dead_after(*state, 60));
}

static void all_workers_joining_behind_queued_children_is_one(void **state)
{
    struct fixture *f = *state;
    hold(f, 0, PS_STATE_JOIN);
    hold(f, 1, PS_STATE_JOIN);
    assert_true(dead_after(f, 2));
    assert_non_null(strstr(f->why, "2 of 2 workers wait for children in task 'parent'"));
    assert_non_null(strstr(f->why, "2 tasks are queued"));
}

static void one_worker_left_that_runs_is_none(void **state)
{
    struct fixture *f = *state;
    hold(f, 0, PS_STATE_JOIN);
    ps_probe_start(&f->worker[1], &(struct ps_stamp){.type = 1});
    assert_false(dead_after(f, 60));
}

static void a_task_that_its_submitter_runs_is_none(void **state)
{
    struct fixture *f = *state;
    struct ps_stamp stamp = {.type = 0};
    hold(f, 0, PS_STATE_LOCK);
    hold(f, 1, PS_STATE_LOCK);
    ps_probe_refused(&f->outside, &stamp);
    ps_probe_submitted(&f->outside, &stamp);
    ps_probe_start(&f->outside, &stamp);
    assert_false(dead_after(f, 60));
    ps_probe_wait_begin(&f->outside, PS_STATE_LOCK);
    assert_true(dead_after(f, 2));
}

static void tasks_that_ended_in_the_queue_are_not_queued_behind_it(void **state)
{
    struct fixture *f = *state;
    struct ps_stamp stamp = {.type = 0};
    hold(f, 0, PS_STATE_JOIN);
    hold(f, 1, PS_STATE_JOIN);
    ps_probe_submitted(&f->outside, &stamp);
    ps_probe_unstarted(&f->worker[0]);
    ps_probe_end(&f->worker[0], &stamp, PS_TIMED_OUT);
    assert_true(dead_after(f, 2));
    assert_non_null(strstr(f->why, "2 tasks are queued"));
}

static void a_task_that_sleeps_will_wake(void **state)
{
    struct fixture *f = *state;
    hold(f, 0, PS_STATE_JOIN);
    hold(f, 1, PS_STATE_JOIN);
    ps_probe_wait_begin(&f->worker[1], PS_STATE_SLEEP);
    assert_false(dead_after(f, 60));
}

static void progress_starts_the_clock_anew(void **state)
{
    struct fixture *f = *state;
    hold(f, 0, PS_STATE_LOCK);
    hold(f, 1, PS_STATE_LOCK);
    assert_true(dead_after(f, 2));
    assert_non_null(strstr(f->why, "a lock"));
    ps_probe_end(&f->worker[0], &(struct ps_stamp){.type = 0}, PS_COMPLETED);
    assert_false(ps_watchdog_look(&f->dog, f->segment, f->now_ns, f->why, sizeof f->why));
}

static bool dead_now(struct fixture *f, uint64_t later_ms)
{
    f->now_ns += later_ms * 1000000;
    return ps_watchdog_look(&f->dog, f->segment, f->now_ns, f->why, sizeof f->why);
}

/* Somebody adds a worker: it takes the next parent, and hangs as well. */
static void a_worker_more_that_hangs_as_well_ends_nothing(void **state)
{
    struct fixture *f = *state;
    hold(f, 0, PS_STATE_JOIN);
    ps_probe_state(&f->worker[1], PS_STATE_OFF, -1);
    assert_true(dead_after(f, 2));
    assert_non_null(strstr(f->why, "1 of 1 workers"));
    ps_probe_submitted(&f->outside, &(struct ps_stamp){.type = 0});
    ps_probe_start(&f->worker[1], &(struct ps_stamp){.type = 0});
    assert_true(dead_now(f, 100));
    assert_string_equal(f->why, "");
    ps_probe_wait_begin(&f->worker[1], PS_STATE_JOIN);
    ps_probe_state(&f->worker[1], PS_STATE_JOIN, 0);
    assert_true(dead_now(f, 100));
    assert_non_null(strstr(f->why, "2 of 2 workers wait for children in task 'parent'"));
}

static void a_worker_more_that_ends_a_task_ends_it(void **state)
{
    struct fixture *f = *state;
    struct ps_stamp child = {.type = 1};
    hold(f, 0, PS_STATE_JOIN);
    assert_true(dead_after(f, 2));
    ps_probe_start(&f->worker[1], &child);
    assert_true(dead_now(f, 100));
    ps_probe_end(&f->worker[1], &child, PS_COMPLETED);
    ps_probe_state(&f->worker[1], PS_STATE_IDLE, -1);
    assert_false(dead_now(f, 100));
}

static void one_that_goes_on_running_ends_it_after_a_while(void **state)
{
    struct fixture *f = *state;
    hold(f, 0, PS_STATE_JOIN);
    assert_true(dead_after(f, 2));
    ps_probe_start(&f->worker[1], &(struct ps_stamp){.type = 1});
    assert_true(dead_now(f, 900));
    assert_false(dead_now(f, 200));
}

static void what_is_refused_meanwhile_is_no_progress(void **state)
{
    struct fixture *f = *state;
    struct ps_stamp stamp = {.type = 0};
    hold(f, 0, PS_STATE_JOIN);
    hold(f, 1, PS_STATE_JOIN);
    for (unsigned i = 0; i < 12; i++) {
        ps_probe_refused(&f->outside, &stamp);
        assert_int_equal(dead_now(f, 100), i >= 10);
    }
}

static void timeouts_are_waited_for(void **state)
{
    struct fixture *f = *state;
    f->dog.patience_ns = 6 * second;
    hold(f, 0, PS_STATE_JOIN);
    hold(f, 1, PS_STATE_JOIN);
    assert_false(dead_after(f, 5));
    assert_true(dead_after(f, 2));
}

static void parked_tasks_of_a_green_pool_count_too(void **state)
{
    struct fixture *f = *state;
    struct ps_stamp parent = {.type = 0}, child = {.type = 1};
    ps_probe_submitted(&f->outside, &parent);
    ps_probe_start(&f->worker[0], &parent);
    ps_probe_submitted(&f->worker[0], &child);
    ps_probe_start(&f->worker[0], &child);
    ps_probe_wait_begin(&f->worker[0], PS_STATE_JOIN);
    ps_probe_wait_begin(&f->worker[0], PS_STATE_LOCK);
    ps_probe_park(&f->worker[0]);
    assert_true(dead_after(f, 2));
    assert_non_null(strstr(f->why, "2 tasks wait for children or a lock"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(an_idle_pool_is_no_deadlock),
        TEST(all_workers_joining_behind_queued_children_is_one),
        TEST(one_worker_left_that_runs_is_none),
        TEST(a_task_that_its_submitter_runs_is_none),
        TEST(tasks_that_ended_in_the_queue_are_not_queued_behind_it),
        TEST(a_task_that_sleeps_will_wake),
        TEST(progress_starts_the_clock_anew),
        TEST(a_worker_more_that_hangs_as_well_ends_nothing),
        TEST(a_worker_more_that_ends_a_task_ends_it),
        TEST(one_that_goes_on_running_ends_it_after_a_while),
        TEST(what_is_refused_meanwhile_is_no_progress),
        TEST(timeouts_are_waited_for),
        TEST(parked_tasks_of_a_green_pool_count_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
