/* The GIL without an engine: threads that take turns, and what each side of a switch may count on. */
#include "support.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "engines/common/core.h"
#include "engines/gil.h"

enum { THREADS = 4, ROUNDS = 2000 };

static const char *const names[] = {"t"};
static const struct ps_policy policies[] = {{.name = "p", .max_workers = 8}, {.name = NULL}};
static const struct ps_body body = {.name = "t"};
static const struct ps_engine_ops ops = {.name = "none", .policies = policies};

struct fixture {
    int fd;
    struct ps_segment *segment;
    struct ps_engine engine;
    struct ps_gil gil;
    struct ps_task task[THREADS];
    _Atomic int done;           /* threads that have had it */
    uint64_t plain;             /* protected by the GIL alone */
    uint64_t turns_of[THREADS]; /* the same */
};

struct actor {
    struct fixture *f;
    unsigned number;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    assert_int_equal(ps_segment_create(8, 1, names, &f->fd, &f->segment), PS_OK);
    struct ps_engine_config config = {.workers = 1, .queue = 1, .segment = f->segment};
    assert_int_equal(ps_engine_init(&f->engine, &ops, &config), PS_OK);
    for (unsigned i = 0; i < THREADS; i++) {
        ps_task_init(&f->task[i], &body, i, 0);
        f->task[i].engine = &f->engine;
    }
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

static uint64_t get(const _Atomic uint64_t *word)
{
    return atomic_load_explicit(word, memory_order_relaxed);
}

static void run(struct fixture *f, unsigned threads, void *(*main)(void *))
{
    pthread_t thread[THREADS];
    struct actor actor[THREADS];
    for (unsigned i = 0; i < threads; i++) {
        actor[i] = (struct actor){f, i};
        assert_int_equal(pthread_create(&thread[i], NULL, main, &actor[i]), 0);
    }
    for (unsigned i = 0; i < threads; i++)
        assert_int_equal(pthread_join(thread[i], NULL), 0);
}

static void assert_nobody_waits(const struct fixture *f)
{
    const struct ps_cell *cell = ps_segment_cell(f->segment, f->segment->slots);
    assert_int_equal(get(&cell->wait_begin[PS_STATE_GIL]), get(&cell->wait_end[PS_STATE_GIL]));
    assert_false(f->gil.locked);
    assert_false(ps_gil_asked((struct ps_gil *)&f->gil));
}

static void *count_with_it(void *arg)
{
    struct actor *actor = arg;
    struct fixture *f = actor->f;
    for (unsigned i = 0; i < ROUNDS; i++) {
        ps_gil_take(&f->gil, &f->task[actor->number]);
        f->plain++;
        ps_gil_check(&f->gil, &f->task[actor->number]);
        f->plain++;
        ps_gil_drop(&f->gil, &f->task[actor->number]);
    }
    return NULL;
}

static void one_thread_at_a_time(void **state)
{
    struct fixture *f = *state;
    ps_gil_init(&f->gil, 1, f->segment); /* asked for at once: as many switches as can be */
    run(f, THREADS, count_with_it);
    assert_int_equal(f->plain, 2 * ROUNDS * THREADS);
    assert_nobody_waits(f);
}

/* Computes without a wait until all have had a turn: the others get it by asking alone. */
static void *compute(void *arg)
{
    struct actor *actor = arg;
    struct fixture *f = actor->f;
    struct ps_task *task = &f->task[actor->number];
    ps_gil_take(&f->gil, task);
    atomic_fetch_add(&f->done, 1);
    while (atomic_load(&f->done) < THREADS) {
        f->turns_of[actor->number]++;
        ps_gil_check(&f->gil, task);
    }
    ps_gil_drop(&f->gil, task);
    return NULL;
}

static void who_computes_lets_others_have_it(void **state)
{
    struct fixture *f = *state;
    ps_gil_init(&f->gil, 100 * PS_NS_PER_US, f->segment);
    run(f, THREADS, compute);
    assert_true(get(&f->segment->gil_switches) >= THREADS);
    assert_true(get(&f->segment->gil_requests) >= THREADS - 1);
    assert_nobody_waits(f);
}

/* The first computes and is asked again and again by the second, which must then have it first. */
enum { SWITCHES = 100 };

static void *compute_until_asked(struct fixture *f, struct ps_task *task)
{
    ps_gil_take(&f->gil, task);
    for (unsigned i = 0; i < SWITCHES; i++) {
        while (!ps_gil_asked(&f->gil))
            ;
        uint64_t seen = f->turns_of[1];
        ps_gil_switch(&f->gil, task);
        f->plain += f->turns_of[1] > seen;
    }
    atomic_store(&f->done, 1);
    ps_gil_drop(&f->gil, task);
    return NULL;
}

static void *ask(void *arg)
{
    struct actor *actor = arg;
    struct fixture *f = actor->f;
    struct ps_task *task = &f->task[actor->number];
    if (actor->number == 0)
        return compute_until_asked(f, task);
    while (!atomic_load(&f->done)) {
        ps_gil_take(&f->gil, task);
        f->turns_of[1]++;
        ps_gil_drop(&f->gil, task);
    }
    return NULL;
}

static void who_was_asked_is_not_the_next(void **state)
{
    struct fixture *f = *state;
    uint64_t begin_ns = ps_now_ns();
    ps_gil_init(&f->gil, 100 * PS_NS_PER_US, f->segment);
    run(f, 2, ask);
    assert_int_equal(f->plain, SWITCHES);
    assert_true(get(&f->segment->gil_requests) >= SWITCHES);
    assert_true(ps_now_ns() - begin_ns >= SWITCHES * 100 * PS_NS_PER_US); /* never asked before */
    assert_nobody_waits(f);
}

/* Whoever drops because of a wait or its end while it is asked lets the other have it, too. */
static void *drop_when_asked(void *arg)
{
    struct actor *actor = arg;
    struct fixture *f = actor->f;
    struct ps_task *task = &f->task[actor->number];
    for (unsigned i = 0; i < 20; i++) {
        ps_gil_take(&f->gil, task);
        uint64_t mine = ++f->turns_of[actor->number];
        while (mine < 20 && f->turns_of[1 - actor->number] < 20 && !ps_gil_asked(&f->gil))
            ;
        ps_gil_drop(&f->gil, task);
    }
    return NULL;
}

static void a_drop_switches_too(void **state)
{
    struct fixture *f = *state;
    ps_gil_init(&f->gil, 50 * PS_NS_PER_US, f->segment);
    run(f, 2, drop_when_asked);
    assert_int_equal(f->turns_of[0] + f->turns_of[1], 40);
    assert_true(get(&f->segment->gil_switches) >= 38);
    assert_nobody_waits(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(one_thread_at_a_time, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_computes_lets_others_have_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_was_asked_is_not_the_next, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_drop_switches_too, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
