/* The life of an engine and of its queue. */
#include "engines/contract/kit.h"

static void create_without_start(const struct subject *subject)
{
    struct rig rig;
    rig_create(&rig, subject, rig_config(2, 16));
    rig_close(&rig, PS_CLOSE_DRAIN);
}

/* What was accepted before a start that never came ends as cancelled. */
static void discard_without_start(const struct subject *subject)
{
    struct rig rig;
    rig_create(&rig, subject, rig_config(2, 16));
    rig_run(&rig, step_nothing);
    rig_run(&rig, step_nothing);
    ps_engine_close(rig.engine, PS_CLOSE_DISCARD);
    rig_await(&rig, 2);
    assert_int_equal(rig.outcomes[PS_CANCELLED], 2);
    rig_close(&rig, PS_CLOSE_DISCARD);
}

static void submit_before_start(const struct subject *subject)
{
    struct rig rig;
    rig_create(&rig, subject, rig_config(2, 16));
    for (int i = 0; i < 16; i++)
        rig_run(&rig, step_nothing);
    assert_int_equal(ps_engine_start(rig.engine), PS_OK);
    rig_await(&rig, 16);
    rig_close(&rig, PS_CLOSE_DRAIN);
}

static void worker_counts(const struct subject *subject)
{
    struct rig rig;
    rig_create(&rig, subject, rig_config(1, 16));
    struct ps_engine_config config = rig_config(0, 16);
    struct ps_engine *engine = NULL;
    config.policy = subject->policy;
    config.segment = rig.segment;
    assert_int_equal(ps_engine_create(subject->ops, &config, &engine), PS_EINVAL);
    config.workers = subject->policy->max_workers + 1;
    assert_int_equal(ps_engine_create(subject->ops, &config, &engine), PS_EINVAL);
    config.workers = rig.segment->slots + 1;
    assert_int_equal(ps_engine_create(subject->ops, &config, &engine), PS_EINVAL);
    assert_int_equal(ps_engine_resize(rig.engine, 0), PS_EINVAL);
    assert_int_equal(ps_engine_resize(rig.engine, rig.segment->slots + 1), PS_EINVAL);
    rig_close(&rig, PS_CLOSE_DRAIN);
}

static void one_worker(const struct subject *subject)
{
    struct rig rig;
    rig_open(&rig, subject, 1);
    for (int i = 0; i < 500; i++)
        rig_run(&rig, step_nothing);
    rig_await(&rig, 500);
    assert_int_equal(rig.outcomes[PS_COMPLETED], 500);
    rig_close(&rig, PS_CLOSE_DRAIN);
}

static void many_workers(const struct subject *subject)
{
    struct rig rig;
    rig_open(&rig, subject, 8);
    for (int i = 0; i < 3000; i++)
        rig_run(&rig, step_nothing);
    rig_close(&rig, PS_CLOSE_DRAIN);
}

/* A trickle: every task meets sleeping workers. */
static void trickle(const struct subject *subject)
{
    struct rig rig;
    rig_open(&rig, subject, 3);
    for (unsigned i = 1; i <= 10000; i++) {
        rig_run(&rig, step_nothing);
        rig_await(&rig, i);
    }
    rig_close(&rig, PS_CLOSE_DRAIN);
}

static enum ps_err try_submit(struct rig *rig, uint64_t deadline_ns)
{
    return ps_submit(rig->engine, &rig_job(rig, step_nothing)->task, deadline_ns);
}

static void refuse_when_full(const struct subject *subject)
{
    enum { QUEUE = 24, TOO_MANY = 5 };
    struct ps_engine_config config = rig_config(2, QUEUE);
    config.on_full = PS_ON_FULL_REFUSE;
    struct rig rig;
    rig_start(&rig, subject, config);
    for (int round = 0; round < 3; round++) {
        rig_pause(&rig, true);
        for (int i = 0; i < QUEUE; i++)
            assert_int_equal(try_submit(&rig, 0), PS_OK);
        assert_int_equal(rig_depth(&rig), QUEUE);
        for (int i = 0; i < TOO_MANY; i++)
            assert_int_equal(try_submit(&rig, 0), PS_EFULL);
        pthread_mutex_lock(&rig.lock);
        uint64_t released = rig.released;
        pthread_mutex_unlock(&rig.lock);
        assert_int_equal(released, round * QUEUE);
        rig_pause(&rig, false);
        rig_await(&rig, (uint64_t)(round + 1) * QUEUE);
    }
    rig.outcomes[PS_REFUSED] = 3 * TOO_MANY;
    rig_close(&rig, PS_CLOSE_DRAIN);
}

static void *submit_one(void *argument)
{
    struct rig *rig = argument;
    struct job *job = rig_job(rig, step_nothing);
    uint64_t result = ps_submit(rig->engine, &job->task, ps_now_ns() + PATIENCE_NS);
    return (void *)(uintptr_t)result;
}

static void block_when_full(const struct subject *subject)
{
    enum { QUEUE = 4, SUBMITTERS = 6 };
    struct rig rig;
    rig_start(&rig, subject, rig_config(1, QUEUE));
    rig_pause(&rig, true);
    for (int i = 0; i < QUEUE; i++)
        assert_int_equal(try_submit(&rig, 0), PS_OK);
    assert_int_equal(try_submit(&rig, ps_now_ns() + 5 * PS_NS_PER_MS), PS_ETIMEDOUT);
    pthread_t thread[SUBMITTERS];
    for (int i = 0; i < SUBMITTERS; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, submit_one, &rig), 0);
    rig_pause(&rig, false);
    for (int i = 0; i < SUBMITTERS; i++) {
        void *result;
        pthread_join(thread[i], &result);
        assert_int_equal((uintptr_t)result, PS_OK);
    }
    rig_await(&rig, QUEUE + SUBMITTERS);
    rig_close(&rig, PS_CLOSE_DRAIN);
}

/* A submitter that waits for room learns that there will be none. */
static void block_until_closed(const struct subject *subject)
{
    struct rig rig;
    rig_start(&rig, subject, rig_config(1, 1));
    rig_pause(&rig, true);
    assert_int_equal(try_submit(&rig, 0), PS_OK);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, submit_one, &rig), 0);
    ps_engine_close(rig.engine, PS_CLOSE_DISCARD);
    void *result;
    pthread_join(thread, &result);
    assert_int_equal((uintptr_t)result, PS_ECLOSED);
    rig_close(&rig, PS_CLOSE_DISCARD);
}

static struct ps_wait *step_where(struct job *job)
{
    job->number = ps_worker_self();
    return NULL;
}

static void caller_runs(const struct subject *subject)
{
    struct ps_engine_config config = rig_config(1, 3);
    config.on_full = PS_ON_FULL_CALLER_RUNS;
    struct rig rig;
    rig_start(&rig, subject, config);
    rig_pause(&rig, true);
    for (int i = 0; i < 3; i++)
        rig_run(&rig, step_where);
    struct job *here = rig_run(&rig, step_where);
    assert_int_equal(atomic_load(&here->ends), 1);
    assert_int_equal(here->number, -1);
    rig_pause(&rig, false);
    rig_await(&rig, 4);
    rig_close(&rig, PS_CLOSE_DRAIN);
}

static void *submit_parking(void *argument)
{
    struct rig *rig = argument;
    struct job *job = rig_job(rig, step_mark_park);
    uint64_t result = ps_submit(rig->engine, &job->task, 0);
    return (void *)(uintptr_t)result;
}

/* A task that waits on its caller's thread is woken like the others. */
static void caller_runs_discard(const struct subject *subject)
{
    struct ps_engine_config config = rig_config(1, 1);
    config.on_full = PS_ON_FULL_CALLER_RUNS;
    struct rig rig;
    rig_start(&rig, subject, config);
    rig_pause(&rig, true);
    rig_run(&rig, step_nothing);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, submit_parking, &rig), 0);
    rig_await_marks(&rig, 1);
    ps_engine_close(rig.engine, PS_CLOSE_DISCARD);
    rig_await(&rig, 2);
    void *result;
    pthread_join(thread, &result);
    assert_int_equal((uintptr_t)result, PS_OK);
    assert_int_equal(rig.outcomes[PS_CANCELLED], 2);
    rig_close(&rig, PS_CLOSE_DISCARD);
}

static struct ps_wait *step_sleepy(struct job *job)
{
    if (job_cancelled(job) || job->phase == 3)
        return NULL;
    return job_wait(job, PS_WAIT_UNTIL, PS_STATE_SLEEP, ps_now_ns() + 200 * PS_NS_PER_US);
}

static void drain(const struct subject *subject)
{
    struct rig rig;
    rig_open(&rig, subject, 4);
    for (int i = 0; i < 100; i++)
        rig_run(&rig, step_sleepy);
    ps_engine_close(rig.engine, PS_CLOSE_DRAIN);
    assert_int_equal(try_submit(&rig, PS_NEVER), PS_ECLOSED);
    ps_engine_close(rig.engine, PS_CLOSE_DRAIN);
    assert_int_equal(ps_engine_stop(rig.engine, ps_now_ns() + PATIENCE_NS), PS_OK);
    assert_int_equal(rig.outcomes[PS_COMPLETED], 100);
    rig_close(&rig, PS_CLOSE_DRAIN);
}

/* Queued tasks never start, waiting ones are woken: all end as cancelled. */
static void discard(const struct subject *subject)
{
    enum { WAITING = 3, QUEUED = 50 };
    struct rig rig;
    rig_open(&rig, subject, WAITING);
    for (int i = 0; i < WAITING; i++)
        rig_run(&rig, step_mark_park);
    rig_await_marks(&rig, WAITING);
    rig_pause(&rig, true);
    for (int i = 0; i < QUEUED; i++)
        rig_run(&rig, step_nothing);
    ps_engine_close(rig.engine, PS_CLOSE_DISCARD);
    rig_await(&rig, WAITING + QUEUED);
    assert_int_equal(rig.outcomes[PS_CANCELLED], WAITING + QUEUED);
    assert_int_equal(try_submit(&rig, PS_NEVER), PS_ECLOSED);
    rig_close(&rig, PS_CLOSE_DRAIN);
}

static void drain_then_discard(const struct subject *subject)
{
    struct rig rig;
    rig_open(&rig, subject, 2);
    for (int i = 0; i < 20; i++)
        rig_run(&rig, step_park);
    ps_engine_close(rig.engine, PS_CLOSE_DRAIN);
    assert_int_equal(ps_engine_stop(rig.engine, ps_now_ns() + 5 * PS_NS_PER_MS), PS_ETIMEDOUT);
    ps_engine_close(rig.engine, PS_CLOSE_DISCARD);
    assert_int_equal(ps_engine_stop(rig.engine, ps_now_ns() + PATIENCE_NS), PS_OK);
    assert_int_equal(rig.outcomes[PS_CANCELLED], 20);
    rig_close(&rig, PS_CLOSE_DISCARD);
}

struct door {
    pthread_mutex_t lock;
    pthread_cond_t opened;
    bool open;
    struct rig *rig;
};

static void wait_at_door(void *argument)
{
    struct door *door = argument;
    rig_mark(door->rig);
    pthread_mutex_lock(&door->lock);
    while (!door->open)
        pthread_cond_wait(&door->opened, &door->lock);
    pthread_mutex_unlock(&door->lock);
}

static struct ps_wait *step_stuck(struct job *job)
{
    if (job_cancelled(job) || job->phase > 0)
        return NULL;
    struct ps_wait *wait = job_wait(job, PS_WAIT_CALL, PS_STATE_BLOCK, PS_NEVER);
    wait->call = wait_at_door;
    wait->call_arg = job->data;
    return wait;
}

/* Nobody can interrupt a blocking call: stop says so in time, and succeeds once it has returned. */
static void stop_deadline(const struct subject *subject)
{
    struct rig rig;
    rig_open(&rig, subject, 2);
    struct door door = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false, &rig};
    struct job *stuck = rig_job(&rig, step_stuck);
    stuck->data = &door;
    rig_submit(&rig, stuck);
    rig_await_marks(&rig, 1);
    struct job *queued = rig_job(&rig, step_nothing);
    rig_submit(&rig, queued);
    ps_engine_close(rig.engine, PS_CLOSE_DISCARD);
    for (int i = 0; i < 3; i++) {
        uint64_t deadline_ns = ps_now_ns() + 5 * PS_NS_PER_MS;
        assert_int_equal(ps_engine_stop(rig.engine, deadline_ns), PS_ETIMEDOUT);
        assert_true(ps_now_ns() >= deadline_ns);
    }
    assert_false(ps_engine_idle(rig.engine));
    pthread_mutex_lock(&door.lock);
    door.open = true;
    pthread_cond_broadcast(&door.opened);
    pthread_mutex_unlock(&door.lock);
    assert_int_equal(ps_engine_stop(rig.engine, ps_now_ns() + PATIENCE_NS), PS_OK);
    assert_int_equal(rig.released, 2);
    rig_close(&rig, PS_CLOSE_DISCARD);
}

/* While paused nothing starts, and a task whose wait has ended does not go on. */
static void paused(const struct subject *subject)
{
    struct rig rig;
    rig_open(&rig, subject, 2);
    struct job *waiting = rig_run(&rig, step_park);
    rig_await_waiting(&rig, PS_STATE_LOCK, 1);
    rig_pause(&rig, true);
    rig_run(&rig, step_nothing);
    rig_let_go(waiting);
    uint64_t until_ns = ps_now_ns() + 10 * PS_NS_PER_MS;
    while (ps_now_ns() < until_ns)
        assert_int_equal(atomic_load(&waiting->ends), 0);
    /* Where waiting tasks hold no worker, the woken one is in a queue too. */
    assert_in_range(rig_depth(&rig), 1, subject_holds_threads(subject) ? 1 : 2);
    rig_pause(&rig, false);
    rig_await(&rig, 2);
    rig_close(&rig, PS_CLOSE_DRAIN);
}

/* Drain ends a pause. */
static void close_while_paused(const struct subject *subject)
{
    struct rig rig;
    rig_open(&rig, subject, 2);
    rig_pause(&rig, true);
    for (int i = 0; i < 50; i++)
        rig_run(&rig, step_sleepy);
    ps_engine_close(rig.engine, PS_CLOSE_DRAIN);
    rig_await(&rig, 50);
    assert_int_equal(rig.outcomes[PS_COMPLETED], 50);
    rig_close(&rig, PS_CLOSE_DRAIN);
}

static void two_engines(const struct subject *subject)
{
    struct rig one, two;
    rig_open(&one, subject, 2);
    rig_open(&two, subject, 3);
    for (int i = 0; i < 300; i++) {
        rig_run(&one, step_sleepy);
        rig_run(&two, step_nothing);
    }
    rig_close(&two, PS_CLOSE_DRAIN);
    rig_run(&one, step_nothing);
    rig_await(&one, 301);
    rig_close(&one, PS_CLOSE_DRAIN);
}

static void engine_after_engine(const struct subject *subject)
{
    for (int i = 0; i < subject_rounds(subject, 10) + 1; i++) {
        struct rig rig;
        rig_open(&rig, subject, 4);
        rig_run(&rig, step_nothing);
        rig_close(&rig, i % 2 ? PS_CLOSE_DRAIN : PS_CLOSE_DISCARD);
    }
}

static const struct ps_body no_body = {.name = "none"};

static void run_only(struct ps_task *task)
{
    (void)task;
}

static const struct ps_body direct_body = {.name = "direct", .run = run_only};

static void bodies(const struct subject *subject)
{
    struct rig rig;
    rig_open(&rig, subject, 1);
    struct job *none = rig_job(&rig, step_nothing), *direct = rig_job(&rig, step_nothing);
    ps_task_init(&none->task, &no_body, 0, 0);
    assert_int_equal(ps_submit(rig.engine, &none->task, 0), PS_ENOTSUP);
    if (!subject_has(subject, PS_TRAIT_DIRECT)) {
        ps_task_init(&direct->task, &direct_body, 0, 0);
        assert_int_equal(ps_submit(rig.engine, &direct->task, 0), PS_ENOTSUP);
    }
    rig_close(&rig, PS_CLOSE_DRAIN);
}

/* What a policy says it heeds can be changed while it runs, and what it does not say cannot. */
static void knobs(const struct subject *subject)
{
    enum { MANY = 1000 };
    struct rig rig;
    rig_open(&rig, subject, 2);
    bool limits = (subject->policy->heeds & PS_HEEDS_LIMIT) != 0;
    assert_int_equal(ps_engine_tune(rig.engine, PS_KNOB_LIMIT, MANY), limits ? PS_OK : PS_ENOTSUP);
    assert_int_equal(ps_engine_tune(rig.engine, PS_KNOB_STEALING, 1),
                     subject_has(subject, PS_TRAIT_STEALS) ? PS_OK : PS_ENOTSUP);
    rig_run(&rig, step_nothing);
    rig_close(&rig, PS_CLOSE_DRAIN);
}

const struct contract_case life_cases[] = {
    {"create_without_start", create_without_start, false},
    {"discard_without_start", discard_without_start, false},
    {"submit_before_start", submit_before_start, false},
    {"worker_counts", worker_counts, false},
    {"one_worker", one_worker, false},
    {"many_workers", many_workers, false},
    {"trickle", trickle, false},
    {"refuse_when_full", refuse_when_full, false},
    {"block_when_full", block_when_full, false},
    {"block_until_closed", block_until_closed, false},
    {"caller_runs", caller_runs, false},
    {"caller_runs_discard", caller_runs_discard, false},
    {"drain", drain, false},
    {"discard", discard, false},
    {"drain_then_discard", drain_then_discard, false},
    {"stop_deadline", stop_deadline, true},
    {"paused", paused, false},
    {"close_while_paused", close_while_paused, false},
    {"two_engines", two_engines, false},
    {"engine_after_engine", engine_after_engine, false},
    {"bodies", bodies, false},
    {"knobs", knobs, false},
    {NULL, NULL, false},
};
