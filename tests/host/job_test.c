/* The interpreter of steps and the pool of jobs, without an engine: the test hands the waits back. */
#include "support.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/machine.h"
#include "engines/common/core.h"
#include "host/host.h"
#include "host/job.h"
#include "host/realtime.h"

extern const struct ps_step_ops ps_step_spawn;

static const char *const names[] = {"work"};

struct fixture {
    int fd;
    struct ps_engine engine;
    struct ps_run run;
};

/* Nobody is parked: nothing to wake. */
static const struct ps_engine_ops no_engine = {.name = "none"};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    assert_int_equal(ps_segment_create(1, 1, names, &f->fd, &f->run.segment), PS_OK);
    f->engine.ops = &no_engine;
    atomic_store(&f->engine.phase, PS_ENGINE_RUNNING);
    f->run.jobs = ps_job_pool_new();
    assert_non_null(f->run.jobs);
    ps_run_locks_init(f->run.locks, &f->run.experiment);
    f->run.faults_seen = &f->run.faults;
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    ps_job_pool_free(f->run.jobs);
    ps_segment_unmap(f->run.segment);
    close(f->fd);
    free(f);
    return 0;
}

static void give_steps(struct fixture *f, const char *steps)
{
    char text[512];
    struct ps_complaints complaints = {.count = 0};
    int n = snprintf(text, sizeof text,
                     "[preset]\ntitle = t\n[engine]\nname = threadpool\n[arrivals]\nrate = 1/s\n"
                     "[task work]\nsteps = %s\n",
                     steps);
    assert_int_equal(ps_experiment_parse(&f->run.experiment, ps_host_vocabulary(), "test", text,
                                         (size_t)n, &complaints),
                     PS_OK);
    ps_arrivals_init(&f->run.arrivals, &f->run.experiment);
}

static struct ps_job *arrival(struct fixture *f)
{
    struct ps_job *job = ps_job_arrival(&f->run, &(struct ps_arrival){.intended_ns = ps_now_ns()});
    assert_non_null(job);
    job->root = false; /* no feeder */
    job->task.engine = &f->engine;
    return job;
}

static struct ps_wait *step(struct ps_job *job)
{
    return ps_job_body.step(&job->task);
}

static void end(struct ps_job *job)
{
    ps_job_body.ended(&job->task);
    ps_job_body.release(&job->task);
}

static void a_task_that_could_not_wait_fails(void **state)
{
    struct fixture *f = *state;
    char message[PS_MESSAGE_BYTES];
    give_steps(f, "sleep 1s, cpu 1us");
    struct ps_job *job = arrival(f);
    struct ps_wait *wait = step(job);
    assert_non_null(wait);
    wait->result = PS_ENOMEM;
    assert_null(step(job));
    assert_int_equal(job->task.outcome, PS_FAILED);
    end(job);
    ps_segment_message(f->run.segment, message);
    assert_non_null(strstr(message, "cannot wait (out of memory)"));
}

static void it_leaves_the_line_of_the_lock(void **state)
{
    struct fixture *f = *state;
    give_steps(f, "lock a 1us");
    struct ps_mutex *lock = &f->run.locks[f->run.experiment.types[0].steps[0].lock].fair;
    struct ps_job *job = arrival(f);
    assert_true(ps_mutex_try(lock));
    struct ps_wait *wait = step(job);
    assert_non_null(wait);
    wait->result = PS_ENOMEM;
    assert_null(step(job));
    assert_null(lock->place.queue.first);
    ps_mutex_unlock(lock);
    assert_true(ps_mutex_try(lock));
    end(job);
}

/* The test's thread stands for another task's, and for the worker that makes the call. */
static void a_lock_of_threads_is_tried_then_called_for(void **state)
{
    struct fixture *f = *state;
    give_steps(f, "lock a 1us");
    f->run.locks[0].kind = PS_LOCK_UNFAIR;
    pthread_mutex_t *mutex = &f->run.locks[0].thread;
    struct ps_job *free = arrival(f), *waits = arrival(f), *stops = arrival(f);
    assert_null(step(free));
    end(free);

    assert_int_equal(pthread_mutex_trylock(mutex), 0);
    struct ps_wait *wait = step(waits);
    assert_true(wait->kind == PS_WAIT_CALL && wait->why == PS_STATE_LOCK);
    assert_int_equal(pthread_mutex_unlock(mutex), 0);
    wait->call(wait->call_arg);
    assert_int_equal(pthread_mutex_trylock(mutex), EBUSY);
    wait->result = PS_OK;
    assert_null(step(waits));
    assert_int_equal(waits->task.outcome, PS_COMPLETED);
    end(waits);

    assert_int_equal(pthread_mutex_trylock(mutex), 0);
    wait = step(stops);
    assert_int_equal(pthread_mutex_unlock(mutex), 0);
    wait->call(wait->call_arg);
    atomic_store(&stops->task.stop, PS_STOP_CANCEL);
    wait->result = PS_ECANCELED;
    assert_null(step(stops));
    assert_int_equal(stops->task.outcome, PS_CANCELLED);
    end(stops);
    assert_int_equal(pthread_mutex_trylock(mutex), 0);
    pthread_mutex_unlock(mutex);
}

static void cancel_all(struct fixture *f)
{
    uint64_t before_ns = ps_now_ns();
    ps_jobs_cancel_roots(f->run.jobs, before_ns);
    ps_jobs_cancel_others(f->run.jobs, before_ns);
}

static void cancel_hits_what_was_born_before(void **state)
{
    struct fixture *f = *state;
    give_steps(f, "sleep 1s");
    struct ps_job *started = arrival(f), *queued = arrival(f);
    assert_non_null(step(started));
    uint64_t now_ns = ps_now_ns();
    while (ps_now_ns() == now_ns)
        ;
    cancel_all(f);
    assert_int_equal(atomic_load(&started->task.stop), PS_STOP_CANCEL);
    assert_int_equal(atomic_load(&queued->task.stop), PS_STOP_NOT);
    started->wait.result = PS_ECANCELED;
    assert_null(step(started));
    assert_int_equal(started->task.outcome, PS_CANCELLED);
    end(started);
    assert_null(step(queued)); /* its turn has come */
    assert_int_equal(queued->task.outcome, PS_CANCELLED);
    end(queued);
    struct ps_job *later = arrival(f);
    assert_non_null(step(later));
    assert_int_equal(atomic_load(&later->task.stop), PS_STOP_NOT);
    end(later);
}

/* Born behind the cancel of a parent that had not noticed it yet. */
static void cancel_hits_the_children_of_whom_it_hits(void **state)
{
    struct fixture *f = *state;
    give_steps(f, "sleep 1s");
    struct ps_job *parent = arrival(f);
    assert_non_null(step(parent));
    uint64_t now_ns = ps_now_ns();
    while (ps_now_ns() == now_ns)
        ;
    cancel_all(f);
    now_ns = ps_now_ns();
    while (ps_now_ns() == now_ns)
        ;
    struct ps_job *child = ps_job_child(parent, 0), *grandchild = ps_job_child(child, 0);
    grandchild->task.parent = NULL; /* nothing but its birth says so */
    grandchild->task.engine = &f->engine;
    assert_null(step(grandchild));
    assert_int_equal(grandchild->task.outcome, PS_CANCELLED);
    end(grandchild);
    ps_job_put(f->run.jobs, child);
    parent->wait.result = PS_ECANCELED;
    assert_null(step(parent));
    end(parent);
}

/* A root that begins when the roots have been swept for is not missed, and none of its children is told
 * before. */
static void cancel_hits_a_root_before_its_children(void **state)
{
    struct fixture *f = *state;
    give_steps(f, "sleep 1s");
    struct ps_job *root = arrival(f);
    root->root = true;
    uint64_t now_ns = ps_now_ns();
    while (ps_now_ns() == now_ns)
        ;
    uint64_t before_ns = ps_now_ns();
    ps_jobs_cancel_roots(f->run.jobs, before_ns);
    assert_null(step(root));
    assert_int_equal(root->task.outcome, PS_CANCELLED);
    struct ps_job *child = ps_job_child(root, 0), *later = arrival(f);
    child->task.parent = NULL; /* nothing but its birth says so */
    child->task.engine = &f->engine;
    assert_non_null(step(child));
    assert_non_null(step(later));
    assert_int_equal(atomic_load(&child->task.stop), PS_STOP_NOT);
    ps_jobs_cancel_others(f->run.jobs, before_ns);
    assert_int_equal(atomic_load(&child->task.stop), PS_STOP_CANCEL);
    assert_int_equal(atomic_load(&later->task.stop), PS_STOP_NOT);
    child->wait.result = PS_ECANCELED;
    assert_null(step(child));
    end(child);
    root->root = false; /* no feeder */
    end(root);
    end(later);
}

static uint64_t times_taken(const struct fixture *f)
{
    return atomic_load_explicit(&f->run.gil.dropped, memory_order_relaxed);
}

static void only_computing_steps_hold_the_gil(void **state)
{
    struct fixture *f = *state;
    give_steps(f, "sleep 1s, cpu 1us, lock a 1us, sleep 1s, cpu 60us");
    f->run.experiment.gil = true;
    ps_gil_init(&f->run.gil, PS_GIL_INTERVAL_NS, f->run.segment);
    struct ps_job *job = arrival(f);
    assert_non_null(step(job));
    assert_int_equal(times_taken(f), 0);
    assert_non_null(step(job)); /* both computing steps, without letting it go between them */
    assert_false(f->run.gil.locked);
    assert_int_equal(times_taken(f), 1);
    assert_null(step(job));
    assert_false(f->run.gil.locked);
    assert_int_equal(times_taken(f), 2);
    assert_int_equal(job->task.outcome, PS_COMPLETED);
    end(job);
}

static void who_waits_for_a_lock_or_gives_up_lets_the_gil_go(void **state)
{
    struct fixture *f = *state;
    give_steps(f, "cpu 1us, lock a 1us, cpu 60min");
    f->run.experiment.gil = true;
    ps_gil_init(&f->run.gil, PS_GIL_INTERVAL_NS, f->run.segment);
    struct ps_job *job = arrival(f);
    assert_true(ps_mutex_try(&f->run.locks[0].fair));
    assert_non_null(step(job));
    assert_false(f->run.gil.locked);
    ps_mutex_unlock(&f->run.locks[0].fair);
    job->task.deadline_ns = ps_now_ns() + PS_NS_PER_MS;
    assert_null(step(job));
    assert_int_equal(job->task.outcome, PS_TIMED_OUT);
    assert_false(f->run.gil.locked);
    assert_int_equal(times_taken(f), 2);
    end(job);
}

static void a_child_has_no_more_time_than_its_parent(void **state)
{
    struct fixture *f = *state;
    give_steps(f, "sleep 1s");
    struct ps_task_type *type = &f->run.experiment.types[0];
    struct ps_job *free_one = arrival(f), *child_of_free = ps_job_child(free_one, 0);
    assert_int_equal(child_of_free->task.deadline_ns, PS_NEVER);
    type->timeout_ns = PS_NS_PER_S;
    struct ps_job *parent = arrival(f), *child = ps_job_child(parent, 0);
    assert_int_equal(child->task.deadline_ns, parent->task.deadline_ns);
    type->timeout_ns = PS_NS_PER_MS;
    struct ps_job *quick = ps_job_child(child, 0);
    assert_int_equal(quick->task.deadline_ns, quick->born_ns + PS_NS_PER_MS);
    struct ps_job *all[] = {quick, child, parent, child_of_free, free_one};
    for (unsigned i = 0; i < 5; i++)
        ps_job_put(f->run.jobs, all[i]);
}

static void who_is_cancelled_spawns_no_more(void **state)
{
    struct fixture *f = *state;
    give_steps(f, "spawn other x3\n[task other]\nweight = 0\nsteps = yield");
    struct ps_job *job = arrival(f);
    atomic_store(&job->task.stop, PS_STOP_CANCEL);
    assert_null(ps_step_spawn.advance(job, &job->type->steps[0]));
    assert_int_equal(job->children, 0);
    assert_int_equal(job->task.outcome, PS_CANCELLED);
    end(job);
}

static int priority_of_thread(void)
{
    struct sched_param param;
    int policy;
    pthread_getschedparam(pthread_self(), &policy, &param);
    return policy == SCHED_FIFO ? param.sched_priority : 0;
}

/* One job inside another, as a worker has them that helps in a join. */
static void a_worker_has_the_priority_of_its_task(void **state)
{
    struct fixture *f = *state;
    if (!ps_machine_realtime())
        skip();
    give_steps(f, "yield\n[task other]\nweight = 0\nsteps = yield");
    f->run.experiment.types[0].realtime = 2;
    struct ps_job *job = arrival(f), *inner = ps_job_child(job, 1);
    inner->task.engine = &f->engine;
    ps_realtime_begin(&f->run);
    assert_int_equal(priority_of_thread(), 3);
    assert_non_null(step(job));
    assert_int_equal(priority_of_thread(), 2);
    assert_non_null(step(inner));
    assert_int_equal(priority_of_thread(), 0);
    inner->wait.result = job->wait.result = PS_OK;
    assert_null(step(inner));
    assert_int_equal(priority_of_thread(), 2);
    assert_null(step(job));
    assert_int_equal(priority_of_thread(), 3);
    const struct sched_param none = {.sched_priority = 0};
    pthread_setschedparam(pthread_self(), SCHED_OTHER, &none);
    end(inner);
    end(job);
}

static struct ps_task *children[3];
static unsigned child_count;

static enum ps_err keep_child(struct ps_engine *engine, struct ps_task *task)
{
    (void)engine;
    children[child_count++] = task;
    return PS_OK;
}

static void drop_children(struct fixture *f)
{
    while (child_count > 0)
        ps_job_put(f->run.jobs, (struct ps_job *)children[--child_count]);
}

static void a_parent_goes_on_or_steps_aside(void **state)
{
    struct fixture *f = *state;
    static const struct ps_engine_ops keeps = {.name = "keeps", .submit = keep_child};
    f->engine.ops = &keeps;
    give_steps(f, "spawn other x3\n[task other]\nweight = 0\nsteps = yield");
    struct ps_job *help_first = arrival(f), *work_first = arrival(f);
    assert_null(step(help_first));
    assert_int_equal(child_count, 3);
    drop_children(f);
    end(help_first);

    f->run.experiment.work_first = true;
    for (unsigned i = 1; i <= 3; i++) {
        struct ps_wait *wait = step(work_first);
        assert_int_equal(wait->kind, PS_WAIT_YIELD);
        assert_int_equal(child_count, i);
        wait->result = PS_OK;
    }
    assert_null(step(work_first));
    assert_int_equal(child_count, 3);
    drop_children(f);
    end(work_first);
}

static void a_job_has_the_priority_of_its_type(void **state)
{
    struct fixture *f = *state;
    give_steps(f, "yield");
    struct ps_job *normal = arrival(f);
    f->run.experiment.types[0].high = true;
    struct ps_job *high = arrival(f), *child = ps_job_child(normal, 0);
    assert_int_equal(normal->task.priority, PS_PRIORITY_NORMAL);
    assert_int_equal(high->task.priority, PS_PRIORITY_HIGH);
    assert_int_equal(child->task.priority, PS_PRIORITY_HIGH);
    ps_job_renew(normal, &f->run, 0, 1); /* as a connection does for its next request */
    assert_int_equal(normal->task.priority, PS_PRIORITY_HIGH);
    struct ps_job *all[] = {child, high, normal};
    for (unsigned i = 0; i < 3; i++)
        ps_job_put(f->run.jobs, all[i]);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_task_that_could_not_wait_fails),
        TEST(it_leaves_the_line_of_the_lock),
        TEST(a_lock_of_threads_is_tried_then_called_for),
        TEST(cancel_hits_what_was_born_before),
        TEST(cancel_hits_a_root_before_its_children),
        TEST(cancel_hits_the_children_of_whom_it_hits),
        TEST(a_job_has_the_priority_of_its_type),
        TEST(a_child_has_no_more_time_than_its_parent),
        TEST(who_is_cancelled_spawns_no_more),
        TEST(a_worker_has_the_priority_of_its_task),
        TEST(a_parent_goes_on_or_steps_aside),
        TEST(only_computing_steps_hold_the_gil),
        TEST(who_waits_for_a_lock_or_gives_up_lets_the_gil_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
