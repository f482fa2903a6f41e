/* Admission, permits, pause, blocking calls, stopping: the life of tasks and of the engine. */
#include "kit.h"

#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engines/common/core.h"

static struct ps_wait *nothing(struct job *job)
{
    (void)job;
    return NULL;
}

static void many_tasks_run(void **state)
{
    (void)state;
    enum { N = 100000 };
    struct rig rig;
    rig_open(&rig, 3);
    struct ps_engine_config config = rig_config(&rig, 3, 256);
    rig_start(&rig, &config);
    for (int i = 0; i < N; i++)
        job_submit(job_new(&rig, nothing, NULL));
    rig_close(&rig, PS_CLOSE_DRAIN);
    assert_int_equal(rig.outcome[PS_COMPLETED], N);
}

static void only_event_style(void **state)
{
    (void)state;
    static const struct ps_body direct = {.name = "direct", .run = ps_task_give_up};
    struct rig rig;
    rig_open(&rig, 1);
    struct ps_engine_config config = rig_config(&rig, 1, 1);
    rig_start(&rig, &config);
    struct ps_task task;
    ps_task_init(&task, &direct, 0, 0);
    assert_int_equal(ps_submit(rig.engine, &task, PS_NEVER), PS_ENOTSUP);
    assert_int_equal(ps_engine_tune(rig.engine, PS_KNOB_STEALING, 1), PS_ENOTSUP);
    assert_int_equal(ps_engine_tune(rig.engine, PS_KNOB_OFFLOAD, 1), PS_ENOTSUP);
    assert_int_equal(ps_engine_tune(rig.engine, PS_KNOB_PAUSED, 2), PS_EINVAL);
    rig_close(&rig, PS_CLOSE_DRAIN);
}

/* While nothing starts, exactly `queue` tasks are accepted, over all loops. */
static void the_bound_is_exact(void **state)
{
    (void)state;
    enum { BOUND = 37 };
    struct rig rig;
    rig_open(&rig, 4);
    struct ps_engine_config config = rig_config(&rig, 4, BOUND);
    config.on_full = PS_ON_FULL_REFUSE;
    rig_start(&rig, &config);
    assert_int_equal(ps_engine_tune(rig.engine, PS_KNOB_PAUSED, 1), PS_OK);
    for (int i = 0; i < BOUND; i++)
        job_submit(job_new(&rig, nothing, NULL));
    struct job extra;
    job_init(&extra, &rig, nothing, NULL);
    assert_int_equal(ps_submit(rig.engine, &extra.task, PS_NEVER), PS_EFULL);
    assert_int_equal(rig_queued(&rig), BOUND);
    assert_int_equal(rig_started(&rig), 0);
    assert_int_equal(ps_engine_tune(rig.engine, PS_KNOB_PAUSED, 0), PS_OK);
    rig_close(&rig, PS_CLOSE_DRAIN);
    assert_int_equal(rig.outcome[PS_COMPLETED], BOUND);
}

static struct ps_wait *tell_and_park(struct job *job)
{
    if (job->phase == 0) {
        sem_post(&job->rig->event);
        return job_park(job, PS_NEVER);
    }
    return NULL;
}

/* The permits: exactly as many start as there are, also when there become more. */
static void permits(void **state)
{
    (void)state;
    enum { N = 40 };
    struct rig rig;
    rig_open(&rig, 2);
    struct ps_engine_config config = rig_config(&rig, 2, 64);
    config.limit = 8;
    rig_start(&rig, &config);
    static struct job jobs[N];
    for (int i = 0; i < N; i++) {
        job_init(&jobs[i], &rig, tell_and_park, NULL);
        job_submit(&jobs[i]);
    }
    rig_await(&rig, 8);
    assert_int_equal(ps_engine_tune(rig.engine, PS_KNOB_LIMIT, 11), PS_OK);
    rig_await(&rig, 3);
    assert_int_equal(rig.most_running, 11);
    rig_await_queued(&rig, N - 11);
    for (int i = 0; i < N; i++) /* those not started keep it for their park */
        ps_task_unpark(&jobs[i].task);
    rig_close(&rig, PS_CLOSE_DRAIN);
    assert_int_equal(rig.most_running, 11);
    assert_int_equal(rig.outcome[PS_COMPLETED], N);
}

/* A submitter that waits gets the one place that becomes free, however long the rest stays. */
static void *submit_one(void *job)
{
    job_submit(job);
    return NULL;
}

static void one_place_is_enough(void **state)
{
    (void)state;
    enum { QUEUE = 64, N = QUEUE + 2 };
    struct rig rig;
    rig_open(&rig, 1);
    struct ps_engine_config config = rig_config(&rig, 1, QUEUE);
    config.limit = 1;
    rig_start(&rig, &config);
    static struct job jobs[N];
    for (int i = 0; i < N; i++)
        job_init(&jobs[i], &rig, tell_and_park, NULL);
    job_submit(&jobs[0]);
    rig_await(&rig, 1);
    for (int i = 1; i < N - 1; i++)
        job_submit(&jobs[i]);
    pthread_t submitter;
    assert_int_equal(pthread_create(&submitter, NULL, submit_one, &jobs[N - 1]), 0);
    while (atomic_load(&rig.engine->room_waiters) == 0)
        sched_yield();
    ps_task_unpark(&jobs[0].task); /* the next one starts and parks */
    pthread_join(submitter, NULL);
    for (int i = 1; i < N; i++)
        ps_task_unpark(&jobs[i].task);
    rig_close(&rig, PS_CLOSE_DRAIN);
    assert_int_equal(rig.outcome[PS_COMPLETED], N);
}

/* ---- blocking calls ---- */

static _Atomic int calls_on_loops, calls_elsewhere;

static void note_thread(void *arg)
{
    (void)arg;
    atomic_fetch_add(ps_worker_self() >= 0 ? &calls_on_loops : &calls_elsewhere, 1);
}

static struct ps_wait *make_call(struct job *job)
{
    if (job->phase == 0)
        return job_call(job, note_thread, NULL);
    CHECK(job->wait.result == PS_OK);
    CHECK(ps_worker_self() >= 0);
    sem_post(&job->rig->event);
    return NULL;
}

static void call_many(struct rig *rig, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        job_submit(job_new(rig, make_call, NULL));
    rig_await(rig, n);
}

static void calls_in_place_or_offloaded(void **state)
{
    (void)state;
    struct rig rig;
    rig_open(&rig, 2);
    struct ps_engine_config config = rig_config(&rig, 2, 64);
    config.offload = 2;
    rig_start(&rig, &config);
    calls_on_loops = calls_elsewhere = 0;
    call_many(&rig, 200);
    assert_int_equal(calls_elsewhere, 200);
    assert_int_equal(ps_engine_tune(rig.engine, PS_KNOB_OFFLOAD, 0), PS_OK);
    call_many(&rig, 100);
    assert_int_equal(calls_on_loops, 100);
    rig_close(&rig, PS_CLOSE_DRAIN);
}

struct gate {
    sem_t open;
    _Atomic int begun;
};

static void block_on_gate(void *arg)
{
    struct gate *gate = arg;
    atomic_fetch_add(&gate->begun, 1);
    sem_wait(&gate->open);
}

static struct ps_wait *call_gate(struct job *job)
{
    if (job->phase == 0) {
        sem_post(&job->rig->event);
        return job_call(job, block_on_gate, job->arg);
    }
    CHECK(job->wait.result == PS_ECANCELED || !job->wait.result);
    return NULL;
}

/* A stuck loop shows how its queue grows, and stop says that it is not done. */
static void a_stuck_loop(void **state)
{
    (void)state;
    struct rig rig;
    rig_open(&rig, 1);
    struct ps_engine_config config = rig_config(&rig, 1, 64);
    rig_start(&rig, &config);
    struct gate gate = {.begun = 0};
    sem_init(&gate.open, 0, 0);
    job_submit(job_new(&rig, call_gate, &gate));
    rig_await(&rig, 1);
    for (int i = 0; i < 20; i++)
        job_submit(job_new(&rig, nothing, NULL));
    assert_int_equal(rig_queued(&rig), 20);
    assert_int_equal(ps_engine_resize(rig.engine, 1), PS_OK);
    ps_engine_close(rig.engine, PS_CLOSE_DRAIN);
    assert_int_equal(ps_engine_stop(rig.engine, ps_now_ns() + PS_NS_PER_MS), PS_ETIMEDOUT);
    sem_post(&gate.open);
    rig_close(&rig, PS_CLOSE_DRAIN);
    assert_int_equal(rig.outcome[PS_COMPLETED], 21);
    sem_destroy(&gate.open);
}

/* ---- stopping ---- */

static int pair_of_test[2];

static struct ps_wait *wait_some_way(struct job *job);

static void spawn_one(struct job *job)
{
    struct job *child = job_new(job->rig, wait_some_way, NULL);
    child->task.parent = &job->task;
    child->number = 1;
    job_submit(child);
}

/* Tells when it has submitted what it will: the engine may be closed then. */
static struct ps_wait *wait_some_way(struct job *job)
{
    if (job->phase > 0) {
        CHECK(job->wait.result == PS_ECANCELED || job->wait.kind == PS_WAIT_YIELD);
        if (job->wait.result == PS_ECANCELED)
            return NULL;
    } else {
        if (job->number % 5 == 4)
            spawn_one(job);
        sem_post(&job->rig->event);
    }
    switch (job->number % 5) {
    case 0:
        return job_until(job, PS_NEVER);
    case 1:
        return job_park(job, PS_NEVER);
    case 2:
        return job_fd(job, pair_of_test[0], POLLIN, PS_NEVER);
    case 3:
        return job_yield(job);
    default:
        return job_join(job);
    }
}

static void submit_waits(struct rig *rig, unsigned n, uint64_t deadline_ns)
{
    for (unsigned i = 0; i < n; i++) {
        struct job *job = job_new(rig, wait_some_way, NULL);
        job->number = i;
        job->task.deadline_ns = deadline_ns;
        job_submit(job);
    }
}

static void discard_ends_every_wait(void **state)
{
    (void)state;
    struct rig rig;
    rig_open(&rig, 3);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair_of_test), 0);
    struct ps_engine_config config = rig_config(&rig, 3, 4096);
    config.limit = 600;
    rig_start(&rig, &config);
    submit_waits(&rig, 1000, PS_NEVER);
    rig_await(&rig, 600);
    struct job late;
    job_init(&late, &rig, nothing, NULL);
    ps_engine_close(rig.engine, PS_CLOSE_DISCARD);
    assert_int_equal(ps_submit(rig.engine, &late.task, PS_NEVER), PS_ECLOSED);
    assert_int_equal(ps_engine_stop(rig.engine, PS_NEVER), PS_OK);
    close(pair_of_test[0]);
    close(pair_of_test[1]);
    rig_close(&rig, PS_CLOSE_DISCARD);
    assert_int_equal(rig.outcome[PS_CANCELLED], rig.ended);
    assert_true(rig.ended >= 1000);
}

static struct ps_wait *wait_past_deadline(struct job *job)
{
    if (job->phase > 0 && job->wait.result == PS_ECANCELED)
        return NULL;
    switch (job->number % 3) {
    case 0:
        return job_until(job, PS_NEVER);
    case 1:
        return job_park(job, PS_NEVER);
    default:
        return job_fd(job, pair_of_test[0], POLLIN, PS_NEVER);
    }
}

static void deadlines_end_waits(void **state)
{
    (void)state;
    struct rig rig;
    rig_open(&rig, 2);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair_of_test), 0);
    struct ps_engine_config config = rig_config(&rig, 2, 4096);
    rig_start(&rig, &config);
    for (unsigned i = 0; i < 300; i++) {
        struct job *job = job_new(&rig, wait_past_deadline, NULL);
        job->number = i;
        job->task.deadline_ns = ps_now_ns() + i * 20000;
        job_submit(job);
    }
    ps_engine_close(rig.engine, PS_CLOSE_DRAIN);
    assert_int_equal(ps_engine_stop(rig.engine, PS_NEVER), PS_OK);
    close(pair_of_test[0]);
    close(pair_of_test[1]);
    rig_close(&rig, PS_CLOSE_DRAIN);
    assert_int_equal(rig.outcome[PS_TIMED_OUT], 300);
}

/* Cancel races with the end of the waits. */
static struct ps_wait *short_naps(struct job *job)
{
    if (job->phase > 0 && job->wait.result == PS_ECANCELED) {
        sem_post(&job->rig->event);
        return NULL;
    }
    return job_until(job, ps_now_ns() + 500);
}

static void cancel_races(void **state)
{
    (void)state;
    enum { N = 2000 };
    struct rig rig;
    rig_open(&rig, 2);
    struct ps_engine_config config = rig_config(&rig, 2, N);
    rig_start(&rig, &config);
    struct job *jobs = calloc(N, sizeof *jobs);
    assert_non_null(jobs);
    for (int i = 0; i < N; i++) {
        job_init(&jobs[i], &rig, short_naps, NULL);
        job_submit(&jobs[i]);
    }
    for (int i = 0; i < N; i++)
        ps_task_cancel(&jobs[i].task);
    rig_close(&rig, PS_CLOSE_DRAIN);
    assert_int_equal(rig.outcome[PS_CANCELLED], N);
    free(jobs);
}

/* ---- engines that never ran ---- */

static void never_started(void **state)
{
    (void)state;
    for (int stop = 0; stop < 2; stop++) {
        struct rig rig;
        rig_open(&rig, 8);
        struct ps_engine_config config = rig_config(&rig, 5, 64);
        assert_int_equal(ps_engine_create(ps_engine_find("async"), &config, &rig.engine), PS_OK);
        for (int i = 0; i < 20; i++)
            job_submit(job_new(&rig, nothing, NULL));
        assert_int_equal(ps_engine_resize(rig.engine, 2), PS_OK);
        assert_int_equal(ps_engine_resize(rig.engine, 7), PS_OK);
        if (stop) {
            rig_close(&rig, PS_CLOSE_DRAIN);
        } else {
            ps_engine_destroy(rig.engine);
            sem_destroy(&rig.event);
            free(rig.segment);
        }
        assert_int_equal(rig.outcome[PS_CANCELLED], 20);
    }
}

static void submitted_before_start(void **state)
{
    (void)state;
    struct rig rig;
    rig_open(&rig, 8);
    struct ps_engine_config config = rig_config(&rig, 5, 64);
    assert_int_equal(ps_engine_create(ps_engine_find("async"), &config, &rig.engine), PS_OK);
    for (int i = 0; i < 20; i++)
        job_submit(job_new(&rig, nothing, NULL));
    assert_int_equal(ps_engine_resize(rig.engine, 3), PS_OK);
    assert_int_equal(ps_engine_resize(rig.engine, 8), PS_OK);
    assert_int_equal(ps_engine_start(rig.engine), PS_OK);
    rig_close(&rig, PS_CLOSE_DRAIN);
    assert_int_equal(rig.outcome[PS_COMPLETED], 20);
}

/* ---- when the system has no more ---- */

static void out_of_descriptors(void **state)
{
    (void)state;
    struct rig rig;
    rig_open(&rig, 8);
    struct rlimit before, low;
    getrlimit(RLIMIT_NOFILE, &before);
    int next = dup(0);
    close(next);
    for (rlim_t more = 0; more < 12; more++) { /* a loop needs three, the eighth needs 22 to 24 */
        low = before;
        low.rlim_cur = (rlim_t)next + more;
        setrlimit(RLIMIT_NOFILE, &low);
        struct ps_engine_config config = rig_config(&rig, 8, 64);
        enum ps_err err = ps_engine_create(ps_engine_find("async"), &config, &rig.engine);
        assert_int_equal(err, PS_ELIMIT);
    }
    setrlimit(RLIMIT_NOFILE, &before);
    struct ps_engine_config config = rig_config(&rig, 1, 64);
    rig_start(&rig, &config);
    setrlimit(RLIMIT_NOFILE, &low);
    assert_int_equal(ps_engine_resize(rig.engine, 8), PS_EAGAIN);
    job_submit(job_new(&rig, nothing, NULL));
    setrlimit(RLIMIT_NOFILE, &before);
    assert_int_equal(ps_engine_resize(rig.engine, 8), PS_OK);
    for (int i = 0; i < 16; i++)
        job_submit(job_new(&rig, nothing, NULL));
    rig_close(&rig, PS_CLOSE_DRAIN);
    assert_int_equal(rig.outcome[PS_COMPLETED], 17);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_tasks_run),      cmocka_unit_test(only_event_style),
        cmocka_unit_test(the_bound_is_exact),  cmocka_unit_test(permits),
        cmocka_unit_test(one_place_is_enough), cmocka_unit_test(calls_in_place_or_offloaded),
        cmocka_unit_test(a_stuck_loop),        cmocka_unit_test(discard_ends_every_wait),
        cmocka_unit_test(deadlines_end_waits), cmocka_unit_test(cancel_races),
        cmocka_unit_test(never_started),       cmocka_unit_test(submitted_before_start),
        cmocka_unit_test(out_of_descriptors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
