/* Resizing, cancelling and pausing under load: nothing lost, nothing twice. */
#include "engines/contract/kit.h"

#include <sched.h>

#include "base/rng.h"

static struct ps_wait *step_mixed(struct job *job)
{
    if (job_cancelled(job))
        return NULL;
    switch (job->number % 5) {
    case 0: /* computes */
        for (uint64_t until_ns = ps_now_ns() + 20 * PS_NS_PER_US; ps_now_ns() < until_ns;)
            ;
        return NULL;
    case 1:
        return job->phase < 3 ? job_wait(job, PS_WAIT_YIELD, PS_STATE_RUN, PS_NEVER) : NULL;
    case 2:
        return job->phase < 1
                   ? job_wait(job, PS_WAIT_UNTIL, PS_STATE_SLEEP, ps_now_ns() + 100 * PS_NS_PER_US)
                   : NULL;
    case 3: /* children of its own, not waited for: on a fixed pool a join could take all threads */
        for (int i = 0; i < 3 && job->phase == 0; i++) {
            struct job *child = job_child(job, step_mixed);
            child->number = i;
            if (ps_submit(job->rig->engine, &child->task, 0) != PS_OK)
                job->task.outcome = PS_FAILED;
        }
        return NULL;
    default:
        return NULL;
    }
}

struct load {
    struct rig *rig;
    _Atomic bool stop;
    uint64_t submitted;
    struct job *last[64]; /* of the most recent ones, for the canceller */
    pthread_mutex_t lock; /* of last */
};

static void *produce(void *argument)
{
    struct load *load = argument;
    while (!atomic_load(&load->stop)) {
        struct job *job = rig_job(load->rig, step_mixed);
        job->number = (long)load->submitted;
        if (ps_submit(load->rig->engine, &job->task, ps_now_ns() + PATIENCE_NS) != PS_OK)
            break;
        pthread_mutex_lock(&load->lock);
        load->last[load->submitted++ % 64] = job;
        pthread_mutex_unlock(&load->lock);
    }
    return NULL;
}

static void load_begin(struct load *load, struct rig *rig, pthread_t *thread)
{
    *load = (struct load){.rig = rig, .lock = PTHREAD_MUTEX_INITIALIZER};
    assert_int_equal(pthread_create(thread, NULL, produce, load), 0);
}

static void load_end(struct load *load, pthread_t thread)
{
    atomic_store(&load->stop, true);
    pthread_join(thread, NULL);
}

/* Let the load go on for a while that is measured in tasks. */
static void let_pass(struct rig *rig, uint64_t tasks)
{
    pthread_mutex_lock(&rig->lock);
    uint64_t target = rig->released + tasks;
    pthread_mutex_unlock(&rig->lock);
    rig_await(rig, target);
}

static void resize_under_load(const struct subject *subject)
{
    if (subject->policy->fixed)
        return;
    struct rig rig;
    struct load load;
    pthread_t producer;
    struct ps_rng rng = ps_rng_make(7, 0);
    rig_start(&rig, subject, rig_config(4, 64));
    load_begin(&load, &rig, &producer);
    for (int i = 0; i < subject_rounds(subject, 300); i++) {
        unsigned workers = 1 + ps_rng_below(&rng, 16);
        assert_int_equal(ps_engine_resize(rig.engine, workers), PS_OK);
        let_pass(&rig, ps_rng_below(&rng, 12));
    }
    load_end(&load, producer);
    rig_close(&rig, PS_CLOSE_DRAIN);
}

/* As fast as it goes, and drained in the middle of it. */
static void resize_storm(const struct subject *subject)
{
    if (subject->policy->fixed)
        return;
    struct rig rig;
    struct load load;
    pthread_t producer;
    struct ps_rng rng = ps_rng_make(8, 0);
    rig_start(&rig, subject, rig_config(1, 32));
    load_begin(&load, &rig, &producer);
    for (int i = 0; i < subject_rounds(subject, 600); i++)
        assert_int_equal(ps_engine_resize(rig.engine, 1 + ps_rng_below(&rng, 24)), PS_OK);
    load_end(&load, producer);
    rig_close(&rig, PS_CLOSE_DRAIN);
}

/* A task arrives while the worker that was woken for it retires: another must take it. Nobody looks
 * again if the wake-up is lost, as no other task comes. */
static void retire_with_wake(const struct subject *subject)
{
    if (subject->policy->fixed)
        return;
    struct rig rig;
    rig_open(&rig, subject, 4);
    for (unsigned i = 0; i < (unsigned)subject_rounds(subject, 1000); i++) {
        rig_run(&rig, step_nothing);
        assert_int_equal(ps_engine_resize(rig.engine, i % 2 ? 4 : 1), PS_OK);
        rig_await(&rig, i + 1);
    }
    rig_close(&rig, PS_CLOSE_DRAIN);
}

static void resize_while_paused(const struct subject *subject)
{
    if (subject->policy->fixed)
        return;
    struct rig rig;
    rig_open(&rig, subject, 2);
    for (unsigned i = 1; i <= 20; i++) {
        rig_pause(&rig, true);
        for (int n = 0; n < 10; n++)
            rig_run(&rig, step_nothing);
        assert_int_equal(ps_engine_resize(rig.engine, 1 + i % 8), PS_OK);
        rig_pause(&rig, false);
        rig_await(&rig, i * 10);
    }
    rig_close(&rig, PS_CLOSE_DRAIN);
}

/* What a canceller touches is not released before it is done: the rig keeps all jobs. */
static void cancel_storm(const struct subject *subject)
{
    struct rig rig;
    struct load load;
    pthread_t producer;
    rig_start(&rig, subject, rig_config(4, 128));
    load_begin(&load, &rig, &producer);
    for (int round = 0; round < 200; round++) {
        pthread_mutex_lock(&load.lock);
        for (int i = 0; i < 64; i += 3)
            if (load.last[i])
                ps_task_cancel(&load.last[i]->task);
        pthread_mutex_unlock(&load.lock);
        let_pass(&rig, 5);
    }
    load_end(&load, producer);
    rig_close(&rig, PS_CLOSE_DRAIN);
}

/* All of many waiting and queued tasks at once, while they begin. */
static void cancel_all(const struct subject *subject)
{
    enum { COUNT = 200 };
    for (int round = 0; round < subject_rounds(subject, 5); round++) {
        struct rig rig;
        struct job *job[COUNT];
        rig_open(&rig, subject, 4);
        for (int i = 0; i < COUNT; i++)
            job[i] = rig_run(&rig, step_park);
        for (int i = 0; i < COUNT; i++)
            ps_task_cancel(&job[i]->task);
        rig_await(&rig, COUNT);
        assert_int_equal(rig.outcomes[PS_CANCELLED], COUNT);
        rig_close(&rig, PS_CLOSE_DRAIN);
    }
}

static void pause_under_load(const struct subject *subject)
{
    struct rig rig;
    struct load load;
    pthread_t producer;
    rig_start(&rig, subject, rig_config(3, 64));
    load_begin(&load, &rig, &producer);
    for (int i = 0; i < 100; i++) {
        for (int paused = 1; paused >= 0; paused--)
            assert_int_equal(ps_engine_tune(rig.engine, PS_KNOB_PAUSED, paused), PS_OK);
        let_pass(&rig, 3);
    }
    load_end(&load, producer);
    rig_close(&rig, PS_CLOSE_DRAIN);
}

static void discard_under_load(const struct subject *subject)
{
    for (int i = 0; i < subject_rounds(subject, 20); i++) {
        struct rig rig;
        struct load load;
        pthread_t producer;
        rig_start(&rig, subject, rig_config(3, 64));
        load_begin(&load, &rig, &producer);
        let_pass(&rig, 20);
        ps_engine_close(rig.engine, PS_CLOSE_DISCARD);
        load_end(&load, producer);
        rig_close(&rig, PS_CLOSE_DISCARD);
    }
}

static void stealing_knob_under_load(const struct subject *subject)
{
    if (!subject_has(subject, PS_TRAIT_STEALS))
        return;
    struct rig rig;
    struct load load;
    pthread_t producer;
    rig_start(&rig, subject, rig_config(4, 64));
    load_begin(&load, &rig, &producer);
    for (int i = 0; i < 100; i++) {
        assert_int_equal(ps_engine_tune(rig.engine, PS_KNOB_STEALING, i % 2), PS_OK);
        let_pass(&rig, 5);
    }
    load_end(&load, producer);
    rig_close(&rig, PS_CLOSE_DRAIN);
}

const struct contract_case load_cases[] = {
    {"resize_under_load", resize_under_load, false},
    {"resize_storm", resize_storm, false},
    {"retire_with_wake", retire_with_wake, false},
    {"resize_while_paused", resize_while_paused, false},
    {"cancel_storm", cancel_storm, false},
    {"cancel_all", cancel_all, false},
    {"pause_under_load", pause_under_load, false},
    {"discard_under_load", discard_under_load, false},
    {"stealing_knob_under_load", stealing_knob_under_load, false},
    {NULL, NULL, false},
};
