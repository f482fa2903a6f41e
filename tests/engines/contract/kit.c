#include "engines/contract/kit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engines/contract/apart.h"

enum { SLOTS = 32 };

static const char *const type_names[] = {"job"};

bool subject_has(const struct subject *subject, unsigned trait)
{
    return (subject->policy->traits & trait) != 0;
}

int subject_rounds(const struct subject *subject, int times)
{
    return subject_has(subject, PS_TRAIT_PROCESSES) ? (times + 19) / 20 : times;
}

bool subject_holds_threads(const struct subject *subject)
{
    return !subject_has(subject, PS_TRAIT_PARKS_TASKS);
}

bool subject_keeps(const struct subject *subject)
{
    return subject_has(subject, PS_TRAIT_WORKER_QUEUE) &&
           strcmp(subject->policy->name, "sharded") != 0;
}

struct ps_engine_config rig_config(unsigned workers, size_t queue)
{
    return (struct ps_engine_config){
        .workers = workers,
        .queue = queue,
        .on_full = PS_ON_FULL_BLOCK,
        .stealing = true,
        .help = true,
        .seed = 1,
    };
}

static pthread_condattr_t monotonic(void)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    return attributes;
}

void rig_create(struct rig *rig, const struct subject *subject, struct ps_engine_config config)
{
    *rig = (struct rig){.subject = subject};
    pthread_mutex_init(&rig->lock, NULL);
    pthread_condattr_t attributes = monotonic();
    pthread_cond_init(&rig->changed, &attributes);
    assert_int_equal(ps_segment_create(SLOTS, 1, type_names, &rig->segment_fd, &rig->segment),
                     PS_OK);
    config.policy = subject->policy;
    config.segment = rig->segment;
    if (subject_has(subject, PS_TRAIT_PROCESSES))
        config.process = rig_apart_open(rig);
    assert_int_equal(ps_engine_create(subject->ops, &config, &rig->engine), PS_OK);
}

void rig_start(struct rig *rig, const struct subject *subject, struct ps_engine_config config)
{
    rig_create(rig, subject, config);
    assert_int_equal(ps_engine_start(rig->engine), PS_OK);
}

void rig_open(struct rig *rig, const struct subject *subject, unsigned workers)
{
    rig_start(rig, subject, rig_config(workers, 4096));
}

/* ---- what must hold when everything has ended ---- */

static uint64_t get(const _Atomic uint64_t *word)
{
    return atomic_load_explicit(word, memory_order_relaxed);
}

static void check_cells(struct rig *rig)
{
    uint64_t submitted = 0, started = 0, ended[PS_OUTCOME_COUNT] = {0}, all = 0;
    for (unsigned slot = 0; slot <= SLOTS; slot++) {
        struct ps_cell *cell = ps_segment_cell(rig->segment, slot);
        submitted += get(&cell->submitted);
        started += get(&cell->started);
        for (unsigned i = 0; i < PS_OUTCOME_COUNT; i++)
            ended[i] += get(&cell->ended[i]);
        assert_int_equal(get(&cell->queue_depth), 0);
        if (slot < SLOTS)
            assert_int_equal(ps_state_of(get(&cell->now)), PS_STATE_OFF);
    }
    for (unsigned i = 0; i < PS_OUTCOME_COUNT; i++) {
        assert_int_equal(ended[i], rig->outcomes[i]);
        all += ended[i];
    }
    assert_int_equal(submitted, all);
    assert_in_range(started, ended[PS_COMPLETED] + ended[PS_FAILED], submitted);
}

static void check_waits(struct rig *rig)
{
    for (unsigned state = 0; state < PS_STATE_COUNT; state++) {
        uint64_t begun = 0, over = 0;
        for (unsigned slot = 0; slot <= SLOTS; slot++) {
            struct ps_cell *cell = ps_segment_cell(rig->segment, slot);
            begun += get(&cell->wait_begin[state]);
            over += get(&cell->wait_end[state]);
        }
        assert_int_equal(begun, over);
    }
}

static void check_steals(struct rig *rig)
{
    for (unsigned thief = 0; thief < SLOTS; thief++) {
        struct ps_cell *cell = ps_segment_cell(rig->segment, thief);
        uint64_t operations = 0, tasks = 0;
        for (unsigned victim = 0; victim < SLOTS; victim++) {
            const _Atomic uint64_t *pair = ps_segment_steals(rig->segment, thief) + 2 * victim;
            operations += get(&pair[0]);
            tasks += get(&pair[1]);
        }
        assert_int_equal(operations, get(&cell->steals));
        assert_int_equal(tasks, get(&cell->stolen));
        assert_true(get(&cell->steal_tries) >= operations && tasks >= operations);
        if (!subject_has(rig->subject, PS_TRAIT_STEALS))
            assert_int_equal(get(&cell->steal_tries), 0);
    }
}

/* Timed are all tasks that ran to an end, or a sample of them. */
static void check_latency(struct rig *rig)
{
    struct ps_hist_sum service = {0}, response = {0};
    for (unsigned slot = 0; slot <= SLOTS; slot++) {
        struct ps_type_cell *type = ps_segment_type(rig->segment, slot, 0);
        ps_hist_add(&service, &type->service);
        ps_hist_add(&response, &type->response);
    }
    uint64_t timed = service.count;
    assert_int_equal(response.count, 0); /* no job says when it should have arrived */
    uint64_t ran = rig->outcomes[PS_COMPLETED] + rig->outcomes[PS_FAILED];
    assert_true(timed <= ran);
    if (ran > 0)
        assert_true(timed > 0);
}

/* Every job once: started at most, ended and released exactly, if it was accepted at all. */
static void check_jobs(struct rig *rig)
{
    for (struct job *job = rig->jobs; job; job = job->next) {
        unsigned accepted = job->task.engine != NULL;
        assert_int_equal(atomic_load(&job->ends), accepted);
        assert_int_equal(atomic_load(&job->releases), accepted);
        assert_in_range(atomic_load(&job->started), 0, accepted);
    }
}

static void free_rig(struct rig *rig)
{
    while (rig->jobs) {
        struct job *job = rig->jobs;
        rig->jobs = job->next;
        free(job);
    }
    ps_segment_unmap(rig->segment);
    close(rig->segment_fd);
    pthread_cond_destroy(&rig->changed);
    pthread_mutex_destroy(&rig->lock);
}

void rig_close(struct rig *rig, enum ps_close how)
{
    ps_engine_close(rig->engine, how);
    assert_int_equal(ps_engine_stop(rig->engine, ps_now_ns() + PATIENCE_NS), PS_OK);
    assert_true(ps_engine_idle(rig->engine));
    rig_apart_close(rig);
    check_cells(rig);
    check_waits(rig);
    check_steals(rig);
    check_latency(rig);
    check_jobs(rig);
    ps_engine_destroy(rig->engine);
    free_rig(rig);
}

/* ---- jobs ---- */

static struct ps_wait *body_step(struct ps_task *task)
{
    struct job *job = (struct job *)task;
    if (job->phase == 0)
        atomic_fetch_add(&job->started, 1);
    struct ps_wait *wait = job->step(job);
    job->phase++;
    return wait;
}

static void body_ended(struct ps_task *task)
{
    struct job *job = (struct job *)task;
    atomic_fetch_add(&job->ends, 1);
    atomic_store(&job->outcome, task->outcome);
    if (job->ended)
        job->ended(job);
}

static void body_release(struct ps_task *task)
{
    struct job *job = (struct job *)task;
    struct rig *rig = job->rig;
    atomic_fetch_add(&job->releases, 1);
    rig_released(rig, task->outcome);
}

const struct ps_body rig_body = {
    .name = "job",
    .step = body_step,
    .ended = body_ended,
    .release = body_release,
    .pack = job_pack,
    .returned = job_returned,
};

void rig_released(struct rig *rig, enum ps_outcome outcome)
{
    pthread_mutex_lock(&rig->lock);
    rig->released++;
    rig->outcomes[outcome]++;
    pthread_cond_broadcast(&rig->changed);
    pthread_mutex_unlock(&rig->lock);
    rig_apart_tell(rig, APART_RELEASED, outcome);
}

struct job *rig_job(struct rig *rig, job_step *step)
{
    struct job *job = calloc(1, sizeof *job);
    if (!job)
        abort();
    job->rig = rig;
    job->step = step;
    pthread_mutex_lock(&rig->lock);
    ps_task_init(&job->task, &rig_body, (uint32_t)rig->made++, 0);
    job->next = rig->jobs;
    rig->jobs = job;
    pthread_mutex_unlock(&rig->lock);
    rig_apart_tell(rig, APART_MADE, 0);
    return job;
}

struct job *job_child(struct job *parent, job_step *step)
{
    struct job *child = rig_job(parent->rig, step);
    child->task.parent = &parent->task;
    return child;
}

void rig_submit(struct rig *rig, struct job *job)
{
    assert_int_equal(ps_submit(rig->engine, &job->task, ps_now_ns() + PATIENCE_NS), PS_OK);
}

struct job *rig_run(struct rig *rig, job_step *step)
{
    struct job *job = rig_job(rig, step);
    rig_submit(rig, job);
    return job;
}

static void await(struct rig *rig, const uint64_t *count, uint64_t least)
{
    struct timespec until = ps_timespec(ps_now_ns() + PATIENCE_NS);
    int error = 0;
    pthread_mutex_lock(&rig->lock);
    while (*count < least && error != ETIMEDOUT)
        error = pthread_cond_timedwait(&rig->changed, &rig->lock, &until);
    uint64_t reached = *count;
    pthread_mutex_unlock(&rig->lock);
    assert_true(reached >= least);
}

void rig_await(struct rig *rig, uint64_t released)
{
    await(rig, &rig->released, released);
}

void rig_mark(struct rig *rig)
{
    pthread_mutex_lock(&rig->lock);
    rig->marks++;
    pthread_cond_broadcast(&rig->changed);
    pthread_mutex_unlock(&rig->lock);
    rig_apart_tell(rig, APART_MARK, 0);
}

void rig_await_marks(struct rig *rig, uint64_t marks)
{
    await(rig, &rig->marks, marks);
}

static bool rests(struct rig *rig, unsigned slot)
{
    enum ps_state state = ps_state_of(atomic_load(&ps_segment_cell(rig->segment, slot)->now));
    return state != PS_STATE_IDLE && state != PS_STATE_SEEK && state != PS_STATE_RUN;
}

void rig_pause(struct rig *rig, bool paused)
{
    uint64_t until_ns = ps_now_ns() + PATIENCE_NS;
    assert_int_equal(ps_engine_tune(rig->engine, PS_KNOB_PAUSED, paused), PS_OK);
    for (unsigned slot = 0; slot < SLOTS && paused; slot++)
        while (!rests(rig, slot))
            assert_true(ps_now_ns() < until_ns);
}

uint64_t rig_depth(struct rig *rig)
{
    uint64_t depth = 0;
    for (unsigned slot = 0; slot <= SLOTS; slot++)
        depth += get(&ps_segment_cell(rig->segment, slot)->queue_depth);
    return depth;
}

uint64_t rig_waiting(struct rig *rig, enum ps_state why)
{
    uint64_t waiting = 0;
    for (unsigned slot = 0; slot <= SLOTS; slot++) {
        struct ps_cell *cell = ps_segment_cell(rig->segment, slot);
        waiting += get(&cell->wait_begin[why]) - get(&cell->wait_end[why]);
    }
    return waiting;
}

void rig_await_waiting(struct rig *rig, enum ps_state why, uint64_t tasks)
{
    for (uint64_t until_ns = ps_now_ns() + PATIENCE_NS; rig_waiting(rig, why) < tasks;)
        assert_true(ps_now_ns() < until_ns);
}

bool job_cancelled(struct job *job)
{
    if (job->phase == 0 || job->wait.result != PS_ECANCELED)
        return false;
    ps_task_give_up(&job->task);
    return true;
}

struct ps_wait *job_wait(struct job *job, enum ps_wait_kind kind, enum ps_state why,
                         uint64_t until_ns)
{
    job->wait = (struct ps_wait){.kind = kind, .why = why, .until_ns = until_ns, .fd = -1};
    return &job->wait;
}

struct ps_wait *step_nothing(struct job *job)
{
    (void)job;
    return NULL;
}

struct ps_wait *step_park(struct job *job)
{
    /* A worker that is a process does not see the word; it wakes nobody without cause. */
    bool apart = !job->rig->subject;
    if (job_cancelled(job) || (apart ? job->phase > 0 : atomic_load(&job->may_go)))
        return NULL;
    return job_wait(job, PS_WAIT_PARK, PS_STATE_LOCK, PS_NEVER);
}

void rig_let_go(struct job *job)
{
    atomic_store(&job->may_go, true);
    ps_task_unpark(&job->task);
}

struct ps_wait *step_mark_park(struct job *job)
{
    if (job->phase == 0)
        rig_mark(job->rig);
    return step_park(job);
}
