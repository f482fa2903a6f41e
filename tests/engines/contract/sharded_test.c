/* What only threadpool:sharded promises: where tasks go, and who takes them from there. Tasks are
 * submitted before the start, so that nobody takes any meanwhile. */
#include "engines/contract/kit.h"

static struct subject sharded(void)
{
    const struct ps_engine_ops *ops = ps_engine_find("threadpool");
    return (struct subject){ops, ps_policy_find(ops, "sharded")};
}

static uint64_t depth_of(struct rig *rig, unsigned slot)
{
    return atomic_load(&ps_segment_cell(rig->segment, slot)->queue_depth);
}

/* Of 8 shards drawn at random, 1,000 tasks each: with one choice the longest is about 45 above the
 * mean, with two it is 2 or 3. */
static void goes_into_the_shorter_of_two(void **state)
{
    (void)state;
    enum { WORKERS = 8, EACH = 1000 };
    struct subject subject = sharded();
    struct rig rig;
    rig_create(&rig, &subject, rig_config(WORKERS, (size_t)2 * WORKERS * EACH));
    for (int i = 0; i < WORKERS * EACH; i++)
        rig_run(&rig, step_nothing);
    assert_int_equal(rig_depth(&rig), WORKERS * EACH);
    for (unsigned slot = 0; slot < WORKERS; slot++)
        assert_in_range(depth_of(&rig, slot), EACH - 30, EACH + 8);
    assert_int_equal(ps_engine_start(rig.engine), PS_OK);
    rig_await(&rig, WORKERS * EACH);
    rig_close(&rig, PS_CLOSE_DRAIN);
}

struct gate {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int open; /* how many may pass */
};

static struct ps_wait *step_gate(struct job *job)
{
    struct gate *gate = job->data;
    rig_mark(job->rig);
    pthread_mutex_lock(&gate->lock);
    while (gate->open == 0)
        pthread_cond_wait(&gate->changed, &gate->lock);
    gate->open--;
    pthread_mutex_unlock(&gate->lock);
    return NULL;
}

static void let_one_pass(struct gate *gate)
{
    pthread_mutex_lock(&gate->lock);
    gate->open++;
    pthread_cond_signal(&gate->changed);
    pthread_mutex_unlock(&gate->lock);
}

static uint64_t stolen(struct rig *rig)
{
    uint64_t sum = 0;
    for (unsigned slot = 0; slot < 2; slot++)
        sum += atomic_load(&ps_segment_cell(rig->segment, slot)->stolen);
    return sum;
}

/* Two of two: a task goes into the shorter one, so both have the same, behind a task that blocks. */
static void takes_from_a_blocked_worker(void **state)
{
    (void)state;
    enum { EACH = 20 };
    struct subject subject = sharded();
    struct ps_engine_config config = rig_config(2, 64);
    config.stealing = false;
    struct gate gate = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0};
    struct rig rig;
    rig_create(&rig, &subject, config);
    for (int i = 0; i < 2; i++) {
        struct job *job = rig_job(&rig, step_gate);
        job->data = &gate;
        rig_submit(&rig, job);
    }
    for (int i = 0; i < 2 * EACH; i++)
        rig_run(&rig, step_nothing);
    assert_int_equal(ps_engine_start(rig.engine), PS_OK);
    rig_await_marks(&rig, 2); /* each worker has one that blocks */
    let_one_pass(&gate);
    rig_await(&rig, 1 + EACH);
    assert_int_equal(rig_depth(&rig), EACH);
    assert_int_equal(stolen(&rig), 0);
    assert_int_equal(ps_engine_tune(rig.engine, PS_KNOB_STEALING, 1), PS_OK);
    rig_await(&rig, 1 + 2 * EACH);
    assert_int_equal(stolen(&rig), EACH);
    let_one_pass(&gate);
    rig_await(&rig, 2 + 2 * EACH);
    rig_close(&rig, PS_CLOSE_DRAIN);
}

/* config.queue in all, whatever is drawn; a remainder is nobody's loss. */
static void bound_is_shared_out(void **state)
{
    (void)state;
    struct subject subject = sharded();
    for (size_t bound = 1; bound <= 17; bound++) {
        struct ps_engine_config config = rig_config(5, bound);
        struct rig rig;
        rig_create(&rig, &subject, config);
        for (size_t i = 0; i < bound; i++)
            rig_run(&rig, step_nothing);
        struct job *late = rig_job(&rig, step_nothing);
        assert_int_equal(subject.ops->submit(rig.engine, &late->task), PS_EFULL);
        assert_int_equal(ps_engine_start(rig.engine), PS_OK);
        rig_await(&rig, bound);
        rig_submit(&rig, late);
        rig_close(&rig, PS_CLOSE_DRAIN);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(goes_into_the_shorter_of_two),
        cmocka_unit_test(takes_from_a_blocked_worker),
        cmocka_unit_test(bound_is_shared_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
