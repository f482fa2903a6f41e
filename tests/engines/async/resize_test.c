/* Live resizing under load: nothing is lost, nothing runs twice, every thread is joined. */
#include "kit.h"

#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#include "base/rng.h"

enum { MOST = 64 };

static _Atomic bool enough;

/* A bit of everything: a nap, a yield, children that are joined. */
static struct ps_wait *work(struct job *job)
{
    if (job->phase > 0)
        CHECK(job->wait.result == PS_OK);
    switch (job->phase + (int)(job->number % 4)) {
    case 0:
        return job_yield(job);
    case 1:
        return job_until(job, ps_now_ns() + 20000);
    case 2:
        if (job->number >= 2)
            return NULL;
        for (int i = 0; i < 2; i++) {
            struct job *child = job_new(job->rig, work, NULL);
            child->task.parent = &job->task;
            child->number = 2 + (uint64_t)i;
            job_submit(child);
        }
        return job_join(job);
    default:
        return NULL;
    }
}

static void *feed(void *arg)
{
    struct rig *rig = arg;
    for (uint64_t i = 0; !atomic_load(&enough); i++) {
        struct job *job = job_new(rig, work, NULL);
        job->number = i;
        CHECK(ps_submit(rig->engine, &job->task, PS_NEVER) == PS_OK);
    }
    return NULL;
}

static void storm(unsigned changes, size_t limit)
{
    struct rig rig;
    rig_open(&rig, MOST);
    struct ps_engine_config config = rig_config(&rig, 2, 128);
    config.limit = limit;
    rig_start(&rig, &config);
    atomic_store(&enough, false);
    pthread_t feeders[2];
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&feeders[i], NULL, feed, &rig), 0);
    struct ps_rng rng = ps_rng_make(7, changes);
    for (unsigned i = 0; i < changes; i++)
        assert_int_equal(ps_engine_resize(rig.engine, 1 + ps_rng_below(&rng, MOST)), PS_OK);
    atomic_store(&enough, true);
    for (int i = 0; i < 2; i++)
        pthread_join(feeders[i], NULL);
    rig_close(&rig, PS_CLOSE_DRAIN);
    assert_int_equal(rig.outcome[PS_COMPLETED], rig.ended);
}

static unsigned changes_wanted = 10000;

static void random_sizes_under_load(void **state)
{
    (void)state;
    storm(changes_wanted, 0);
}

static void random_sizes_with_permits(void **state)
{
    (void)state;
    storm(changes_wanted / 10, 16384);
}

/* A loop whose task still waits retires, is revived in the middle, and keeps its task. */
static struct ps_wait *tell_and_park(struct job *job)
{
    if (job->phase == 0) {
        sem_post(&job->rig->event);
        return job_park(job, PS_NEVER);
    }
    CHECK(job->wait.result == PS_OK);
    CHECK((uint64_t)ps_worker_self() == job->number);
    return NULL;
}

static void a_retiring_loop_is_revived(void **state)
{
    (void)state;
    struct rig rig;
    rig_open(&rig, 4);
    struct ps_engine_config config = rig_config(&rig, 4, 64);
    rig_start(&rig, &config);
    struct job jobs[4];
    for (unsigned i = 0; i < 4; i++) {
        job_init(&jobs[i], &rig, tell_and_park, NULL);
        jobs[i].number = i; /* round-robin from slot 0 */
        job_submit(&jobs[i]);
    }
    rig_await(&rig, 4);
    for (int i = 0; i < 100; i++) {
        assert_int_equal(ps_engine_resize(rig.engine, 1), PS_OK);
        assert_int_equal(ps_engine_resize(rig.engine, 4), PS_OK);
    }
    assert_int_equal(ps_engine_resize(rig.engine, 1), PS_OK);
    for (int i = 0; i < 4; i++)
        ps_task_unpark(&jobs[i].task);
    rig_close(&rig, PS_CLOSE_DRAIN);
    assert_int_equal(rig.outcome[PS_COMPLETED], 4);
}

static struct ps_wait *run_on_slot_0(struct job *job)
{
    (void)job;
    CHECK(ps_worker_self() == 0);
    return NULL;
}

/* Queued tasks of a loop that retires run elsewhere, although the loop cannot end. */
static void queued_tasks_are_handed_over(void **state)
{
    (void)state;
    struct rig rig;
    rig_open(&rig, 2);
    struct ps_engine_config config = rig_config(&rig, 2, 64);
    config.limit = 2;
    rig_start(&rig, &config);
    struct job parked[2], queued[10];
    for (unsigned i = 0; i < 2; i++) {
        job_init(&parked[i], &rig, tell_and_park, NULL);
        parked[i].number = i;
        job_submit(&parked[i]);
    }
    rig_await(&rig, 2);
    for (int i = 0; i < 10; i++) {
        job_init(&queued[i], &rig, run_on_slot_0, NULL);
        job_submit(&queued[i]);
    }
    rig_await_queued(&rig, 10);
    assert_int_equal(ps_engine_resize(rig.engine, 1), PS_OK);
    ps_task_unpark(&parked[0].task);
    while (rig.ended < 11) /* all that can end with slot 1's task parked */
        sched_yield();
    ps_task_unpark(&parked[1].task);
    rig_close(&rig, PS_CLOSE_DRAIN);
    assert_int_equal(rig.outcome[PS_COMPLETED], 12);
}

int main(int argc, char **argv)
{
    if (argc > 1)
        changes_wanted = (unsigned)strtoul(argv[1], NULL, 10);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_retiring_loop_is_revived),
        cmocka_unit_test(queued_tasks_are_handed_over),
        cmocka_unit_test(random_sizes_under_load),
        cmocka_unit_test(random_sizes_with_permits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
