/* Parents, children and who releases whom, without an engine: threads end tasks in every order. */
#include "support.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "engines/common/core.h"
#include "engines/common/parker.h"

static const char *const names[] = {"t"};
static const struct ps_policy policies[] = {{.name = "p", .max_workers = 8}, {.name = NULL}};
static const struct ps_engine_ops ops = {.name = "none", .policies = policies};

struct fixture {
    int fd;
    struct ps_segment *segment;
    struct ps_engine engine;
};

static _Atomic int ended, released;

static void on_ended(struct ps_task *task)
{
    (void)task;
    atomic_fetch_add(&ended, 1);
}

static void on_release(struct ps_task *task)
{
    atomic_fetch_add(&released, 1);
    free(task);
}

static const struct ps_body body = {.name = "t", .ended = on_ended, .release = on_release};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    assert_int_equal(ps_segment_create(8, 1, names, &f->fd, &f->segment), PS_OK);
    struct ps_engine_config config = {.workers = 1, .queue = 1, .segment = f->segment};
    assert_int_equal(ps_engine_init(&f->engine, &ops, &config), PS_OK);
    atomic_store(&ended, 0);
    atomic_store(&released, 0);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    ps_engine_fini(&f->engine);
    ps_segment_unmap(f->segment);
    close(f->fd);
    free(f);
    return 0;
}

static struct ps_task *make(struct fixture *f, struct ps_task *parent)
{
    struct ps_task *task = malloc(sizeof *task);
    ps_task_init(task, &body, 0, 0);
    task->parent = parent;
    ps_task_accept(&f->engine, task);
    return task;
}

static void a_parent_outlives_its_children(void **state)
{
    struct fixture *f = *state;
    struct ps_task *parent = make(f, NULL), *a = make(f, parent), *b = make(f, parent);
    ps_task_finish(&f->engine.outside, parent);
    assert_int_equal(atomic_load(&ended), 1);
    assert_int_equal(atomic_load(&released), 0);
    ps_task_finish(&f->engine.outside, a);
    assert_int_equal(atomic_load(&released), 1);
    ps_task_finish(&f->engine.outside, b);
    assert_int_equal(atomic_load(&released), 3);
}

/* Whoever is above a task is asked what it is to stop for, so it must be there. */
static void all_who_are_above_outlive_a_task(void **state)
{
    struct fixture *f = *state;
    struct ps_task *elder = make(f, NULL), *parent = make(f, elder), *child = make(f, parent);
    ps_task_cancel(elder);
    ps_task_finish(&f->engine.outside, parent);
    ps_task_finish(&f->engine.outside, elder);
    assert_int_equal(atomic_load(&released), 0);
    assert_int_equal(ps_task_stopping(child, 0), PS_STOP_CANCEL);
    ps_task_finish(&f->engine.outside, child);
    assert_int_equal(atomic_load(&released), 3);
}

/* Also who is above one that has ended: it holds who is above it, though no child of its own is alive. */
static void those_left_behind_keep_the_line(void **state)
{
    struct fixture *f = *state;
    struct ps_task *first = make(f, NULL), *elder = make(f, first), *parent = make(f, elder);
    struct ps_task *child = make(f, parent);
    ps_task_finish(&f->engine.outside, parent);
    ps_task_finish(&f->engine.outside, elder);
    assert_true(ps_join_done(first)); /* nobody waits for who was left behind */
    ps_task_cancel(first);
    ps_task_finish(&f->engine.outside, first);
    assert_int_equal(atomic_load(&released), 0);
    assert_int_equal(ps_task_stopping(child, 0), PS_STOP_CANCEL);
    ps_task_finish(&f->engine.outside, child);
    assert_int_equal(atomic_load(&released), 4);
}

/* Who joins it may then do with its memory what he likes. */
static void a_join_waits_for_the_wakers_of_a_child(void **state)
{
    struct fixture *f = *state;
    struct ps_task *elder = make(f, NULL), *parent = make(f, elder), *child = make(f, parent);
    assert_true(ps_join_begin(elder));
    ps_task_pin(parent);
    ps_task_finish(&f->engine.outside, child);
    ps_task_pin(parent);
    ps_task_finish(&f->engine.outside, parent);
    assert_int_equal(atomic_load(&ended), 2);
    ps_task_unpin(parent);
    assert_false(ps_join_done(elder));
    assert_int_equal(atomic_load(&released), 1);
    ps_task_unpin(parent);
    assert_true(ps_join_done(elder));
    assert_int_equal(atomic_load(&released), 2);
    ps_join_end(elder);
    assert_false(ps_task_pinned(elder));
    ps_task_finish(&f->engine.outside, elder);
    assert_int_equal(atomic_load(&released), 3);
}

/* A task that spawns its successor and ends, for ever, does not keep all that ever were. */
static void a_long_line_is_let_go(void **state)
{
    struct fixture *f = *state;
    enum { LINE = 5000 };
    struct ps_task *last = make(f, NULL);
    for (int i = 1; i < LINE; i++) {
        struct ps_task *next = make(f, last);
        ps_task_finish(&f->engine.outside, last);
        assert_int_equal(ps_task_stopping(next, 0), PS_STOP_NOT);
        assert_true(i - atomic_load(&released) <= 257);
        last = next;
    }
    ps_task_finish(&f->engine.outside, last);
    assert_int_equal(atomic_load(&released), LINE);
}

static void joining_without_children_is_over_at_once(void **state)
{
    struct fixture *f = *state;
    struct ps_task *parent = make(f, NULL);
    assert_false(ps_join_begin(parent));
    ps_task_finish(&f->engine.outside, make(f, parent));
    assert_false(ps_join_begin(parent));
    ps_task_finish(&f->engine.outside, parent);
    assert_int_equal(atomic_load(&released), 2);
}

struct child {
    struct fixture *f;
    struct ps_task *task;
};

static void *finish_child(void *arg)
{
    struct child *child = arg;
    ps_task_finish(&child->f->engine.outside, child->task);
    return NULL;
}

/* The parent joins two children that end on other threads, then ends; half of the time it is
 * cancelled meanwhile and does not wait for them. Address sanitizer sees any touch of a released
 * parent. */
static void races_of_join_end_and_cancel(void **state)
{
    struct fixture *f = *state;
    struct ps_parker parker;
    ps_parker_init(&parker);
    enum { ROUNDS = 1000 };
    for (int round = 0; round < ROUNDS; round++) {
        struct ps_task *parent = make(f, NULL);
        atomic_store(&parent->parker, &parker);
        struct child child[2] = {{f, make(f, parent)}, {f, make(f, parent)}};
        pthread_t thread[2];
        for (int i = 0; i < 2; i++)
            assert_int_equal(pthread_create(&thread[i], NULL, finish_child, &child[i]), 0);
        if (round % 2)
            ps_task_cancel(parent);
        struct ps_wait wait = {.kind = PS_WAIT_JOIN, .why = PS_STATE_JOIN, .until_ns = PS_NEVER};
        enum ps_err err = ps_thread_wait(&f->engine.outside, &parker, parent, &wait);
        assert_int_equal(err, round % 2 ? PS_ECANCELED : PS_OK);
        ps_task_finish(&f->engine.outside, parent);
        for (int i = 0; i < 2; i++)
            pthread_join(thread[i], NULL);
    }
    assert_int_equal(atomic_load(&ended), 3 * ROUNDS);
    assert_int_equal(atomic_load(&released), 3 * ROUNDS);
    assert_true(ps_engine_idle(&f->engine));
    ps_parker_destroy(&parker);
}

static void giving_up_says_why(void **state)
{
    struct fixture *f = *state;
    struct ps_task *late = make(f, NULL), *cancelled = make(f, NULL), *failed = make(f, NULL);
    late->deadline_ns = 5;
    assert_int_equal(ps_task_stopping(late, 4), PS_STOP_NOT);
    assert_int_equal(ps_task_stopping(late, 5), PS_STOP_DEADLINE);
    ps_task_give_up(late);
    assert_int_equal(late->outcome, PS_TIMED_OUT);
    ps_task_cancel(cancelled);
    ps_task_give_up(cancelled);
    assert_int_equal(cancelled->outcome, PS_CANCELLED);
    failed->outcome = PS_FAILED;
    ps_task_cancel(failed);
    ps_task_give_up(failed);
    assert_int_equal(failed->outcome, PS_FAILED);
    ps_task_finish(&f->engine.outside, late);
    ps_task_finish(&f->engine.outside, cancelled);
    ps_task_finish(&f->engine.outside, failed);
    assert_int_equal(atomic_load(&released), 3);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_parent_outlives_its_children),  TEST(all_who_are_above_outlive_a_task),
        TEST(those_left_behind_keep_the_line), TEST(a_join_waits_for_the_wakers_of_a_child),
        TEST(a_long_line_is_let_go),           TEST(joining_without_children_is_over_at_once),
        TEST(races_of_join_end_and_cancel),    TEST(giving_up_says_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
