/* Timers of a worker that is held by a task: the other one runs them. */
#include "kit.h"

enum { SLEEPERS = 500 };

struct holder {
    struct ps_task task;
    _Atomic uint32_t go;
};

static _Atomic uint32_t asleep, held, awake;

static void sleep_a_little(struct ps_task *task)
{
    kit_signal(&asleep);
    kit_sleep(task, 100 * PS_NS_PER_MS);
    kit_signal(&awake);
}

static void hold(struct ps_task *task)
{
    struct holder *self = task->user;
    kit_signal(&held);
    kit_await(&self->go, 1);
}

static const struct ps_body sleeps = {.name = "sleep", .run = sleep_a_little};
static const struct ps_body holds = {.name = "hold", .run = hold};

static void submit(struct kit *kit, struct ps_task *task, const struct ps_body *body, void *user)
{
    ps_task_init(task, body, 1, 0);
    task->user = user;
    assert_int_equal(ps_submit(kit->engine, task, PS_NEVER), PS_OK);
}

/* Both are held until the instants have passed; then one is free. */
static void the_other_worker_runs_them(const char *policy)
{
    static struct ps_task sleeper[SLEEPERS];
    struct kit kit;
    struct holder holder[2] = {0};
    atomic_store(&asleep, 0);
    atomic_store(&held, 0);
    atomic_store(&awake, 0);
    kit_open(&kit, (struct kit_case){policy, 2});
    for (unsigned i = 0; i < SLEEPERS; i++)
        submit(&kit, &sleeper[i], &sleeps, NULL);
    kit_await(&asleep, SLEEPERS);
    for (unsigned i = 0; i < 2; i++)
        submit(&kit, &holder[i].task, &holds, &holder[i]);
    kit_await(&held, 2);
    kit_signal(&holder[0].go);
    kit_await(&awake, SLEEPERS);
    kit_signal(&holder[1].go);
    kit_close(&kit, PS_CLOSE_DRAIN);
}

static void with_stealing(void **state)
{
    (void)state;
    the_other_worker_runs_them("steal");
}

static void with_one_queue(void **state)
{
    (void)state;
    the_other_worker_runs_them("global");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(with_stealing),
        cmocka_unit_test(with_one_queue),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
