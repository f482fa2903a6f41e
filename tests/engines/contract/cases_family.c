/* Tasks that submit tasks: fork-join, submissions from inside, stealing. */
#include "engines/contract/kit.h"

#include <sched.h>

/* A node of a binary tree of the given height (job->number): two children, then a join. */
static struct ps_wait *step_tree(struct job *job)
{
    if (job_cancelled(job) || job->phase > 0 || job->number == 0)
        return NULL;
    for (int i = 0; i < 2; i++) {
        struct job *child = job_child(job, step_tree);
        child->number = job->number - 1;
        if (ps_submit(job->rig->engine, &child->task, 0) != PS_OK)
            job->task.outcome = PS_FAILED;
    }
    return job_wait(job, PS_WAIT_JOIN, PS_STATE_JOIN, PS_NEVER);
}

static void grow_tree(const struct subject *subject, unsigned workers, long height)
{
    struct rig rig;
    rig_open(&rig, subject, workers);
    struct job *root = rig_job(&rig, step_tree);
    root->number = height;
    rig_submit(&rig, root);
    uint64_t nodes = (UINT64_C(2) << height) - 1;
    rig_await(&rig, nodes);
    assert_int_equal(rig.outcomes[PS_COMPLETED], nodes);
    assert_int_equal(rig.made, nodes);
    rig_close(&rig, PS_CLOSE_DRAIN);
}

/* 15 inner nodes may hold 15 threads. */
static void fork_join(const struct subject *subject)
{
    for (int i = 0; i < subject_rounds(subject, 10); i++)
        grow_tree(subject, 16, 4);
}

/* Where a join holds no worker, or helps. */
static void deep_fork_join(const struct subject *subject)
{
    if (!subject_has(subject, PS_TRAIT_HELPS) && subject_holds_threads(subject))
        return;
    for (unsigned workers = 1; workers <= 3; workers++)
        grow_tree(subject, workers, 10);
}

static struct ps_wait *step_empty_join(struct job *job)
{
    if (job->phase > 0 && job->wait.result != PS_OK)
        job->task.outcome = PS_FAILED;
    return job->phase < 3 ? job_wait(job, PS_WAIT_JOIN, PS_STATE_JOIN, PS_NEVER) : NULL;
}

static void join_nobody(const struct subject *subject)
{
    struct rig rig;
    rig_open(&rig, subject, 1);
    rig_run(&rig, step_empty_join);
    rig_await(&rig, 1);
    assert_int_equal(rig.outcomes[PS_COMPLETED], 1);
    rig_close(&rig, PS_CLOSE_DRAIN);
}

/* A parent that ends before its children: its memory stays until the last of them has ended. */
static struct ps_wait *step_abandon(struct job *job)
{
    for (int i = 0; i < 3; i++)
        if (ps_submit(job->rig->engine, &job_child(job, step_mark_park)->task, 0) != PS_OK)
            job->task.outcome = PS_FAILED;
    return NULL;
}

static void orphans(const struct subject *subject)
{
    struct rig rig;
    rig_open(&rig, subject, 4);
    struct job *parent = rig_run(&rig, step_abandon);
    rig_await_marks(&rig, 3);
    for (uint64_t until_ns = ps_now_ns() + PATIENCE_NS; !atomic_load(&parent->ends);)
        assert_true(ps_now_ns() < until_ns);
    assert_int_equal(atomic_load(&parent->releases), 0);
    pthread_mutex_lock(&rig.lock);
    struct job *first = rig.jobs;
    pthread_mutex_unlock(&rig.lock);
    for (struct job *job = first; job; job = job->next)
        if (job != parent)
            rig_let_go(job);
    rig_await(&rig, 4);
    rig_close(&rig, PS_CLOSE_DRAIN);
}

/* Discard in the middle of a tree in which all wait. */
static struct ps_wait *step_waiting_tree(struct job *job)
{
    if (job->number == 0)
        return step_mark_park(job);
    if (job_cancelled(job) || job->phase > 0)
        return NULL;
    for (int i = 0; i < 2; i++) {
        struct job *child = job_child(job, step_waiting_tree);
        child->number = job->number - 1;
        if (ps_submit(job->rig->engine, &child->task, 0) != PS_OK)
            job->task.outcome = PS_FAILED;
    }
    return job_wait(job, PS_WAIT_JOIN, PS_STATE_JOIN, PS_NEVER);
}

static void discard_tree(const struct subject *subject)
{
    struct rig rig;
    rig_open(&rig, subject, 16);
    struct job *root = rig_job(&rig, step_waiting_tree);
    root->number = 3;
    rig_submit(&rig, root);
    rig_await_marks(&rig, 8);
    rig_await_waiting(&rig, PS_STATE_JOIN, 7);
    ps_engine_close(rig.engine, PS_CLOSE_DISCARD);
    rig_await(&rig, 15);
    assert_int_equal(rig.outcomes[PS_CANCELLED], 15);
    rig_close(&rig, PS_CLOSE_DISCARD);
}

/* ---- who is cancelled takes its family along ---- */

enum { QUEUED_CHILDREN = 10 };

static struct ps_wait *work_until_stopped(struct job *job)
{
    rig_mark(job->rig);
    while (ps_task_stopping(&job->task, 0) == PS_STOP_NOT)
        sched_yield();
    ps_task_give_up(&job->task);
    return NULL;
}

static struct ps_wait *step_queue_children(struct job *job)
{
    for (int i = 0; i < QUEUED_CHILDREN; i++)
        if (ps_submit(job->rig->engine, &job_child(job, step_nothing)->task, 0) != PS_OK)
            job->task.outcome = PS_FAILED;
    return work_until_stopped(job);
}

static void cancel_takes_queued_children(const struct subject *subject)
{
    struct rig rig;
    uint64_t started = 0;
    rig_open(&rig, subject, 1);
    struct job *parent = rig_run(&rig, step_queue_children);
    rig_await_marks(&rig, 1);
    ps_task_cancel(&parent->task);
    rig_await(&rig, QUEUED_CHILDREN + 1);
    assert_int_equal(rig.outcomes[PS_CANCELLED], QUEUED_CHILDREN + 1);
    for (unsigned slot = 0; slot < rig.segment->slots; slot++)
        started += atomic_load(&ps_segment_cell(rig.segment, slot)->started);
    assert_int_equal(started, 1);
    rig_close(&rig, PS_CLOSE_DRAIN);
}

/* Each has two children, and all work until they are told. */
static struct ps_wait *step_busy_tree(struct job *job)
{
    for (int i = 0; i < 2 && job->number > 0; i++) {
        struct job *child = job_child(job, step_busy_tree);
        child->number = job->number - 1;
        if (ps_submit(job->rig->engine, &child->task, 0) != PS_OK)
            job->task.outcome = PS_FAILED;
    }
    return work_until_stopped(job);
}

/* Wherever it finds them: queued, running, or about to be spawned. */
static void cancel_takes_a_tree(const struct subject *subject)
{
    struct rig rig;
    rig_open(&rig, subject, 3);
    struct job *root = rig_job(&rig, step_busy_tree);
    root->number = 3;
    rig_submit(&rig, root);
    rig_await_marks(&rig, 1);
    ps_task_cancel(&root->task);
    ps_engine_close(rig.engine, PS_CLOSE_DRAIN);
    assert_int_equal(ps_engine_stop(rig.engine, ps_now_ns() + PATIENCE_NS), PS_OK);
    assert_int_equal(rig.outcomes[PS_CANCELLED], rig.made);
    assert_true(rig.made >= 3);
    rig_close(&rig, PS_CLOSE_DRAIN);
}

/* ---- submitting from inside ---- */

static void submit_next(struct job *job)
{
    if (job->number == 0)
        return;
    struct job *next = rig_job(job->rig, step_nothing);
    next->number = job->number - 1;
    next->ended = submit_next;
    if (ps_submit(job->rig->engine, &next->task, 0) != PS_OK)
        rig_mark(job->rig);
}

static void submit_from_ended(const struct subject *subject)
{
    struct rig rig;
    rig_open(&rig, subject, 2);
    struct job *job = rig_job(&rig, step_nothing);
    job->number = 300;
    job->ended = submit_next;
    rig_submit(&rig, job);
    rig_await(&rig, 301);
    assert_int_equal(rig.marks, 0);
    rig_close(&rig, PS_CLOSE_DRAIN);
}

static struct ps_wait *step_chain(struct job *job)
{
    if (job->number > 0) {
        struct job *next = rig_job(job->rig, step_chain);
        next->number = job->number - 1;
        if (ps_submit(job->rig->engine, &next->task, 0) != PS_OK)
            job->task.outcome = PS_FAILED;
    }
    return NULL;
}

/* Workers may go on submitting while the engine drains; nothing is left behind. */
static void drain_chain(const struct subject *subject)
{
    struct rig rig;
    rig_open(&rig, subject, 3);
    for (int i = 0; i < 3; i++) {
        struct job *job = rig_job(&rig, step_chain);
        job->number = 200;
        rig_submit(&rig, job);
    }
    ps_engine_close(rig.engine, PS_CLOSE_DRAIN);
    rig_await(&rig, 603);
    assert_int_equal(rig.outcomes[PS_COMPLETED], 603);
    rig_close(&rig, PS_CLOSE_DRAIN);
}

enum { FLOOD = 2500, SMALL_QUEUE = 8 };

static struct ps_wait *step_flood(struct job *job)
{
    for (int i = 0; i < FLOOD; i++)
        if (ps_submit(job->rig->engine, &rig_job(job->rig, step_nothing)->task, 0) == PS_OK)
            job->number++;
    return NULL;
}

/* A worker's submissions are not bounded, since it would wait for itself ... */
static void worker_exceeds_bound(const struct subject *subject)
{
    struct rig rig;
    rig_start(&rig, subject, rig_config(1, SMALL_QUEUE));
    struct job *job = rig_run(&rig, step_flood);
    rig_await(&rig, FLOOD + 1);
    assert_int_equal(job->number, FLOOD);
    rig_close(&rig, PS_CLOSE_DRAIN);
}

/* ... unless it can be told. */
static void worker_is_refused(const struct subject *subject)
{
    struct ps_engine_config config = rig_config(1, SMALL_QUEUE);
    config.on_full = PS_ON_FULL_REFUSE;
    struct rig rig;
    rig_start(&rig, subject, config);
    struct job *job = rig_run(&rig, step_flood);
    ps_engine_close(rig.engine, PS_CLOSE_DRAIN);
    assert_int_equal(ps_engine_stop(rig.engine, ps_now_ns() + PATIENCE_NS), PS_OK);
    assert_int_equal(job->number, SMALL_QUEUE);
    rig.outcomes[PS_REFUSED] = FLOOD - SMALL_QUEUE;
    rig_close(&rig, PS_CLOSE_DRAIN);
}

/* ---- stealing ---- */

struct yard {
    pthread_mutex_t lock;
    pthread_cond_t opened;
    bool open;
    struct rig *rig;
};

static void open_yard(struct yard *yard)
{
    pthread_mutex_lock(&yard->lock);
    yard->open = true;
    pthread_cond_broadcast(&yard->opened);
    pthread_mutex_unlock(&yard->lock);
}

enum { BROOD = 40 };

/* Leaves its children in its worker's queue, and then blocks the worker. */
static struct ps_wait *step_brood(struct job *job)
{
    struct yard *yard = job->data;
    for (int i = 0; i < BROOD; i++)
        if (ps_submit(job->rig->engine, &rig_job(job->rig, step_nothing)->task, 0) != PS_OK)
            job->task.outcome = PS_FAILED;
    rig_mark(job->rig);
    pthread_mutex_lock(&yard->lock);
    while (!yard->open)
        pthread_cond_wait(&yard->opened, &yard->lock);
    pthread_mutex_unlock(&yard->lock);
    return NULL;
}

static void stealing(const struct subject *subject)
{
    if (!subject_has(subject, PS_TRAIT_STEALS) || !subject_keeps(subject))
        return;
    struct ps_engine_config config = rig_config(2, 64);
    config.stealing = false;
    struct rig rig;
    rig_start(&rig, subject, config);
    struct yard yard = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false, &rig};
    struct job *brood = rig_job(&rig, step_brood);
    brood->data = &yard;
    rig_submit(&rig, brood);
    rig_await_marks(&rig, 1);
    for (unsigned i = 1; i <= 5; i++) { /* the other worker is alive, and does not steal */
        rig_run(&rig, step_nothing);
        rig_await(&rig, i);
    }
    assert_int_equal(rig_depth(&rig), BROOD);
    assert_int_equal(ps_engine_tune(rig.engine, PS_KNOB_STEALING, 1), PS_OK);
    rig_await(&rig, 5 + BROOD);
    assert_int_equal(atomic_load(&brood->ends), 0);
    assert_int_equal(rig_depth(&rig), 0); /* also of the queue whose worker is blocked */
    uint64_t stolen = 0;
    for (unsigned slot = 0; slot < rig.segment->slots; slot++)
        stolen += atomic_load(&ps_segment_cell(rig.segment, slot)->stolen);
    open_yard(&yard);
    assert_int_equal(stolen, BROOD);
    rig_close(&rig, PS_CLOSE_DRAIN);
}

/* A worker that retires hands over what it has. */
static void retire_with_queue(const struct subject *subject)
{
    for (int i = 0; i < subject_rounds(subject, 20); i++) {
        struct ps_engine_config config = rig_config(3, 64);
        config.stealing = false;
        struct rig rig;
        rig_start(&rig, subject, config);
        for (int n = 0; n < 3; n++) {
            struct job *job = rig_job(&rig, step_flood);
            rig_submit(&rig, job);
        }
        if (!subject->policy->fixed)
            assert_int_equal(ps_engine_resize(rig.engine, 1), PS_OK);
        rig_await(&rig, 3 * (FLOOD + 1));
        rig_close(&rig, PS_CLOSE_DRAIN);
    }
}

const struct contract_case family_cases[] = {
    {"fork_join", fork_join, false},
    {"deep_fork_join", deep_fork_join, false},
    {"join_nobody", join_nobody, false},
    {"orphans", orphans, true},
    {"discard_tree", discard_tree, true},
    {"cancel_takes_queued_children", cancel_takes_queued_children, false},
    {"cancel_takes_a_tree", cancel_takes_a_tree, true},
    {"submit_from_ended", submit_from_ended, false},
    {"drain_chain", drain_chain, false},
    {"worker_exceeds_bound", worker_exceeds_bound, false},
    {"worker_is_refused", worker_is_refused, false},
    {"stealing", stealing, true},
    {"retire_with_queue", retire_with_queue, false},
    {NULL, NULL, false},
};
