/* The bound of the queue, the limit of live tasks, pauses, and ends without a start. */
#include "kit.h"

#include <stdlib.h>

static struct kit kit;
static _Atomic uint32_t ran, let_go;

static void count(struct ps_task *task)
{
    (void)task;
    kit_signal(&ran);
}

static void hold(struct ps_task *task)
{
    (void)task;
    kit_signal(&ran);
    kit_await(&let_go, 1);
}

static const struct ps_body counter = {.name = "count", .run = count};
static const struct ps_body holder = {.name = "hold", .run = hold};

static enum ps_err offer(struct ps_task *task, const struct ps_body *body)
{
    ps_task_init(task, body, 0, 0);
    return kit.engine->ops->submit(kit.engine, task);
}

static void begin(struct kit_case how, size_t queue, enum ps_on_full on_full)
{
    kit_config(&kit, how);
    kit.config.queue = queue;
    kit.config.on_full = on_full;
    kit_create(&kit);
    atomic_store(&ran, 0);
    atomic_store(&let_go, 0);
}

static void a_paused_engine_accepts_exactly_its_queue(void **state)
{
    (void)state;
    for (unsigned i = 0; i < kit_case_count; i++) {
        struct ps_task tasks[5];
        begin(kit_cases[i], 4, PS_ON_FULL_BLOCK);
        assert_int_equal(ps_engine_start(kit.engine), PS_OK);
        assert_int_equal(ps_engine_tune(kit.engine, PS_KNOB_PAUSED, 1), PS_OK);
        for (int k = 0; k < 4; k++)
            assert_int_equal(offer(&tasks[k], &counter), PS_OK);
        assert_int_equal(offer(&tasks[4], &counter), PS_EFULL);
        assert_int_equal(kit_started(&kit), 0);
        assert_int_equal(ps_engine_tune(kit.engine, PS_KNOB_PAUSED, 0), PS_OK);
        kit_await(&ran, 4);
        assert_int_equal(ps_submit(kit.engine, &tasks[4], PS_NEVER), PS_OK);
        kit_close(&kit, PS_CLOSE_DRAIN);
        assert_int_equal(atomic_load(&ran), 5);
    }
}

/* Started tasks hold no place. */
static void running_tasks_are_not_in_the_queue(void **state)
{
    (void)state;
    for (unsigned i = 0; i < kit_case_count; i++) {
        enum { MOST = 64 + 4 };
        static struct ps_task tasks[MOST + 1];
        unsigned workers = kit_cases[i].workers;
        begin(kit_cases[i], 4, PS_ON_FULL_BLOCK);
        assert_int_equal(ps_engine_start(kit.engine), PS_OK);
        for (unsigned k = 0; k < workers; k++) {
            ps_task_init(&tasks[k], &holder, k, 0);
            assert_int_equal(ps_submit(kit.engine, &tasks[k], PS_NEVER), PS_OK);
        }
        kit_await(&ran, workers);
        for (unsigned k = workers; k < workers + 4; k++)
            assert_int_equal(offer(&tasks[k], &counter), PS_OK);
        assert_int_equal(offer(&tasks[MOST], &counter), PS_EFULL);
        kit_signal(&let_go);
        kit_close(&kit, PS_CLOSE_DRAIN);
        assert_int_equal(atomic_load(&ran), workers + 4);
    }
}

/* A submitter that waits for room gets every place that becomes free. */
static void blocked_submitters_lose_no_place(void **state)
{
    (void)state;
    enum { MANY = 20000 };
    static struct ps_task tasks[MANY];
    for (unsigned i = 0; i < kit_case_count; i++) {
        begin(kit_cases[i], 1 + i % 3, PS_ON_FULL_BLOCK);
        assert_int_equal(ps_engine_start(kit.engine), PS_OK);
        for (uint32_t k = 0; k < MANY / KIT_SCALE; k++) {
            ps_task_init(&tasks[k], &counter, k, 0);
            assert_int_equal(ps_submit(kit.engine, &tasks[k], PS_NEVER), PS_OK);
        }
        kit_close(&kit, PS_CLOSE_DRAIN);
        assert_int_equal(atomic_load(&ran), MANY / KIT_SCALE);
    }
}

static struct ps_task children[100];
static unsigned accepted;

static void spawn(struct ps_task *task)
{
    for (uint32_t i = 0; i < 100; i++) {
        ps_task_init(&children[i], &counter, i, 0);
        accepted += ps_submit(task->engine, &children[i], PS_NEVER) == PS_OK;
    }
}

/* One worker, which spawns: nothing is taken meanwhile. */
static void a_workers_spawns_are_bounded_only_when_refused(void **state)
{
    (void)state;
    static const struct ps_body spawner = {.name = "spawn", .run = spawn};
    const char *const policy[] = {"steal", "global"};
    for (unsigned i = 0; i < 4; i++) {
        struct ps_task task;
        bool refuse = i % 2 == 1;
        begin((struct kit_case){policy[i / 2], 1}, 10,
              refuse ? PS_ON_FULL_REFUSE : PS_ON_FULL_BLOCK);
        accepted = 0;
        assert_int_equal(ps_engine_start(kit.engine), PS_OK);
        assert_int_equal(offer(&task, &spawner), PS_OK);
        kit_close(&kit, PS_CLOSE_DRAIN);
        assert_int_equal(accepted, refuse ? 10 : 100);
        assert_int_equal(atomic_load(&ran), accepted);
    }
}

/* ---- limit ---- */

enum { LIMITED = 500, LIMIT = 7 };
static _Atomic uint32_t alive, most_alive;

static void limited(struct ps_task *task)
{
    uint32_t now = atomic_fetch_add(&alive, 1) + 1;
    uint32_t most = atomic_load(&most_alive);
    while (now > most && !atomic_compare_exchange_weak(&most_alive, &most, now))
        ;
    assert_int_equal(kit_sleep(task, 20000), PS_OK);
    atomic_fetch_sub(&alive, 1);
    kit_signal(&ran);
}

static void no_more_than_the_limit_are_alive(void **state)
{
    (void)state;
    static const struct ps_body body = {.name = "limited", .run = limited};
    static struct ps_task tasks[LIMITED];
    for (unsigned i = 0; i < kit_case_count; i++) {
        kit_config(&kit, kit_cases[i]);
        kit.config.limit = LIMIT;
        kit_create(&kit);
        atomic_store(&ran, 0);
        atomic_store(&most_alive, 0);
        assert_int_equal(ps_engine_start(kit.engine), PS_OK);
        for (uint32_t k = 0; k < LIMITED; k++) {
            ps_task_init(&tasks[k], &body, k, 0);
            assert_int_equal(ps_submit(kit.engine, &tasks[k], PS_NEVER), PS_OK);
        }
        kit_await(&ran, LIMITED / 2);
        assert_true(atomic_load(&most_alive) <= LIMIT);
        assert_int_equal(ps_engine_tune(kit.engine, PS_KNOB_LIMIT, 0), PS_OK);
        kit_close(&kit, PS_CLOSE_DRAIN);
        assert_int_equal(atomic_load(&ran), LIMITED);
    }
}

static void held_tasks_can_be_discarded(void **state)
{
    (void)state;
    static struct ps_task tasks[LIMITED];
    kit_config(&kit, (struct kit_case){"steal", 2});
    kit.config.limit = 1;
    kit_create(&kit);
    atomic_store(&ran, 0);
    atomic_store(&let_go, 0);
    assert_int_equal(ps_engine_start(kit.engine), PS_OK);
    for (uint32_t k = 0; k < LIMITED; k++)
        assert_int_equal(offer(&tasks[k], &holder), PS_OK);
    kit_await(&ran, 1);
    ps_engine_close(kit.engine, PS_CLOSE_DISCARD);
    kit_signal(&let_go);
    assert_int_equal(ps_engine_stop(kit.engine, PS_NEVER), PS_OK);
    assert_int_equal(kit_ended(&kit, PS_COMPLETED), 1);
    assert_int_equal(kit_ended(&kit, PS_CANCELLED), LIMITED - 1);
    kit_close(&kit, PS_CLOSE_DISCARD);
}

/* ---- ends ---- */

static void tasks_of_an_engine_that_never_started_are_cancelled(void **state)
{
    (void)state;
    struct ps_task tasks[10];
    begin((struct kit_case){"steal", 2}, 100, PS_ON_FULL_BLOCK);
    for (int k = 0; k < 10; k++)
        assert_int_equal(offer(&tasks[k], &counter), PS_OK);
    kit_close(&kit, PS_CLOSE_DRAIN);
    for (int k = 0; k < 10; k++)
        assert_int_equal(tasks[k].outcome, PS_CANCELLED);
}

static void closing_ends_a_pause(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2 * kit_case_count; i++) {
        struct ps_task tasks[10];
        bool drain = i < kit_case_count;
        begin(kit_cases[i % kit_case_count], 100, PS_ON_FULL_BLOCK);
        assert_int_equal(ps_engine_start(kit.engine), PS_OK);
        assert_int_equal(ps_engine_tune(kit.engine, PS_KNOB_PAUSED, 1), PS_OK);
        for (int k = 0; k < 10; k++)
            assert_int_equal(offer(&tasks[k], &counter), PS_OK);
        kit_close(&kit, drain ? PS_CLOSE_DRAIN : PS_CLOSE_DISCARD);
        for (int k = 0; k < 10; k++)
            assert_int_equal(tasks[k].outcome, drain ? PS_COMPLETED : PS_CANCELLED);
    }
}

static void discarding_needs_no_workers(void **state)
{
    (void)state;
    struct ps_task tasks[10];
    begin((struct kit_case){"steal", 2}, 100, PS_ON_FULL_BLOCK);
    for (int k = 0; k < 10; k++)
        assert_int_equal(offer(&tasks[k], &counter), PS_OK);
    ps_engine_close(kit.engine, PS_CLOSE_DISCARD);
    assert_int_equal(kit_ended(&kit, PS_CANCELLED), 10);
    kit_close(&kit, PS_CLOSE_DISCARD);
}

/* Once a pause has begun nothing starts, even where workers were looking for work just then. */
static void nothing_starts_in_a_pause(void **state)
{
    (void)state;
    enum { TIMES = 200 };
    static struct ps_task tasks[TIMES];
    for (unsigned i = 0; i < kit_case_count; i++) {
        begin(kit_cases[i], 1000, PS_ON_FULL_BLOCK);
        assert_int_equal(ps_engine_start(kit.engine), PS_OK);
        for (uint32_t k = 0; k < TIMES; k++) {
            assert_int_equal(ps_engine_tune(kit.engine, PS_KNOB_PAUSED, 1), PS_OK);
            assert_int_equal(offer(&tasks[k], &counter), PS_OK);
            for (int n = 0; n < 1000; n++)
                assert_int_equal(atomic_load(&ran), k);
            assert_int_equal(ps_engine_tune(kit.engine, PS_KNOB_PAUSED, 0), PS_OK);
            kit_await(&ran, k + 1);
        }
        kit_close(&kit, PS_CLOSE_DRAIN);
    }
}

static void a_body_must_have_code(void **state)
{
    (void)state;
    static const struct ps_body none = {.name = "none"};
    struct ps_task task;
    begin((struct kit_case){"steal", 1}, 10, PS_ON_FULL_BLOCK);
    assert_int_equal(offer(&task, &none), PS_ENOTSUP);
    kit_close(&kit, PS_CLOSE_DRAIN);
}

static void a_closed_engine_refuses(void **state)
{
    (void)state;
    struct ps_task task;
    begin((struct kit_case){"steal", 2}, 100, PS_ON_FULL_BLOCK);
    assert_int_equal(ps_engine_start(kit.engine), PS_OK);
    ps_engine_close(kit.engine, PS_CLOSE_DRAIN);
    assert_int_equal(offer(&task, &counter), PS_ECLOSED);
    kit_close(&kit, PS_CLOSE_DISCARD);
}

/* Timers and wake-ups of a pause are kept until its end. */
static void pauses_lose_nothing(void **state)
{
    (void)state;
    static const struct ps_body body = {.name = "limited", .run = limited};
    static struct ps_task tasks[LIMITED];
    for (unsigned i = 0; i < kit_case_count; i++) {
        kit_open(&kit, kit_cases[i]);
        atomic_store(&ran, 0);
        for (uint32_t k = 0; k < LIMITED; k++) {
            ps_task_init(&tasks[k], &body, k, 0);
            assert_int_equal(ps_submit(kit.engine, &tasks[k], PS_NEVER), PS_OK);
            if (k % 10 == 0)
                assert_int_equal(ps_engine_tune(kit.engine, PS_KNOB_PAUSED, k % 20 == 0), PS_OK);
        }
        assert_int_equal(ps_engine_tune(kit.engine, PS_KNOB_PAUSED, 0), PS_OK);
        kit_await(&ran, LIMITED);
        kit_close(&kit, PS_CLOSE_DRAIN);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_paused_engine_accepts_exactly_its_queue),
        cmocka_unit_test(running_tasks_are_not_in_the_queue),
        cmocka_unit_test(blocked_submitters_lose_no_place),
        cmocka_unit_test(a_workers_spawns_are_bounded_only_when_refused),
        cmocka_unit_test(no_more_than_the_limit_are_alive),
        cmocka_unit_test(held_tasks_can_be_discarded),
        cmocka_unit_test(tasks_of_an_engine_that_never_started_are_cancelled),
        cmocka_unit_test(closing_ends_a_pause),
        cmocka_unit_test(discarding_needs_no_workers),
        cmocka_unit_test(nothing_starts_in_a_pause),
        cmocka_unit_test(a_body_must_have_code),
        cmocka_unit_test(a_closed_engine_refuses),
        cmocka_unit_test(pauses_lose_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
