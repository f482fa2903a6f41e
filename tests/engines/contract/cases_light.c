/* Jobs and forks: each runs once, whoever is asked to, while workers come and go. Engines without
 * them say so, and have no more to show here. */
#include "engines/contract/kit.h"

#include <sched.h>
#include <string.h>

#include "engines/fork.h"

enum { JOBS = 20000, PRODUCERS = 3 };

/* ---- jobs ---- */

struct calls {
    struct ps_engine *engine;
    _Atomic unsigned count[JOBS * PRODUCERS];
    _Atomic unsigned long total;
};
static struct calls calls;

static void call(void *index)
{
    atomic_fetch_add(&calls.count[(size_t)index], 1);
    atomic_fetch_add(&calls.total, 1);
}

static bool begin_calls(struct rig *rig, const struct subject *subject,
                        struct ps_engine_config config)
{
    rig_start(rig, subject, config);
    memset(&calls, 0, sizeof calls);
    calls.engine = rig->engine;
    if (ps_job(rig->engine, call, NULL) != PS_ENOTSUP)
        return true;
    rig_close(rig, PS_CLOSE_DRAIN);
    return false;
}

/* The engine is closed: every one of `count` jobs has run once. */
static void end_calls(struct rig *rig, unsigned long count, enum ps_close how)
{
    rig_close(rig, how);
    assert_int_equal(atomic_load(&calls.total), count);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(atomic_load(&calls.count[i]), 1);
}

struct producer {
    pthread_t thread;
    size_t first;
};

static void *produce(void *argument)
{
    struct producer *self = argument;
    for (size_t i = self->first; i < self->first + JOBS; i++)
        if (i > 0 && ps_job(calls.engine, call, (void *)i) != PS_OK)
            return NULL;
    return self;
}

static void producers_begin(struct producer *producer)
{
    for (size_t i = 0; i < PRODUCERS; i++) {
        producer[i].first = i * JOBS;
        assert_int_equal(pthread_create(&producer[i].thread, NULL, produce, &producer[i]), 0);
    }
}

static void producers_end(struct producer *producer)
{
    for (size_t i = 0; i < PRODUCERS; i++) {
        void *result;
        pthread_join(producer[i].thread, &result);
        assert_non_null(result);
    }
}

static void jobs_from_outside(const struct subject *subject)
{
    for (unsigned workers = 1; workers <= 4; workers++) {
        struct rig rig;
        struct producer producer[PRODUCERS];
        if (!begin_calls(&rig, subject, rig_config(workers, 64)))
            return;
        producers_begin(producer);
        producers_end(producer);
        end_calls(&rig, PRODUCERS * JOBS, PS_CLOSE_DRAIN);
    }
}

static void jobs_under_resizing(const struct subject *subject)
{
    struct rig rig;
    struct producer producer[PRODUCERS];
    if (subject->policy->fixed || !begin_calls(&rig, subject, rig_config(2, 1024)))
        return;
    producers_begin(producer);
    for (unsigned i = 0; i < 400; i++) {
        assert_int_equal(ps_engine_resize(rig.engine, 1 + i * 7 % 16), PS_OK);
        sched_yield();
    }
    producers_end(producer);
    end_calls(&rig, PRODUCERS * JOBS, PS_CLOSE_DRAIN);
}

/* The node `index` of a heap of 2^15 nodes submits its children. */
static void branch(void *index)
{
    size_t i = (size_t)index;
    call(index);
    for (size_t child = 2 * i; child <= 2 * i + 1 && child < 1 << 15; child++)
        if (ps_job(calls.engine, branch, (void *)child) != PS_OK)
            return;
}

static void jobs_from_jobs(const struct subject *subject)
{
    enum ps_on_full on_full[] = {PS_ON_FULL_BLOCK, PS_ON_FULL_CALLER_RUNS};
    for (unsigned i = 0; i < 6; i++) {
        struct rig rig;
        struct ps_engine_config config = rig_config(1 + i / 2, 4);
        config.on_full = on_full[i % 2];
        if (!begin_calls(&rig, subject, config))
            return;
        assert_int_equal(ps_job(rig.engine, branch, (void *)1), PS_OK);
        while (atomic_load(&calls.total) < 1 << 15)
            sched_yield();
        end_calls(&rig, 1 << 15, PS_CLOSE_DRAIN);
    }
}

/* A queue that nobody empties: 8 places, perhaps a few more. */
static unsigned long fill(struct rig *rig)
{
    unsigned long accepted = 1;
    while (accepted < 100 && ps_job(rig->engine, call, (void *)accepted) == PS_OK)
        accepted++;
    return accepted;
}

static void jobs_refused(const struct subject *subject)
{
    struct rig rig;
    struct ps_engine_config config = rig_config(2, 8);
    config.on_full = PS_ON_FULL_REFUSE;
    if (!begin_calls(&rig, subject, config))
        return;
    while (atomic_load(&calls.total) < 1)
        sched_yield();
    rig_pause(&rig, true);
    unsigned long accepted = fill(&rig);
    assert_in_range(accepted, 2, 12);
    rig_pause(&rig, false);
    end_calls(&rig, accepted, PS_CLOSE_DRAIN);
}

static void jobs_run_by_the_caller(const struct subject *subject)
{
    struct rig rig;
    struct ps_engine_config config = rig_config(2, 8);
    config.on_full = PS_ON_FULL_CALLER_RUNS;
    if (!begin_calls(&rig, subject, config))
        return;
    while (atomic_load(&calls.total) < 1)
        sched_yield();
    rig_pause(&rig, true);
    assert_int_equal(fill(&rig), 100);
    assert_in_range(atomic_load(&calls.total), 80, 99);
    rig_pause(&rig, false);
    end_calls(&rig, 100, PS_CLOSE_DRAIN);
}

static void accepted_jobs_run_in_spite_of_discard(const struct subject *subject)
{
    struct rig rig;
    if (!begin_calls(&rig, subject, rig_config(2, 1000)))
        return;
    rig_pause(&rig, true);
    unsigned long accepted = fill(&rig);
    end_calls(&rig, accepted, PS_CLOSE_DISCARD);
    assert_int_equal(accepted, 100);
}

/* ---- forks ---- */

struct fib {
    struct ps_fork fork;
    unsigned n;
    unsigned long value;
};

static struct ps_strand *fib(struct ps_strand *self, struct ps_fork *fork)
{
    struct fib *f = (struct fib *)fork, a, b;
    f->value = f->n;
    if (f->n < 2)
        return self;
    a.n = f->n - 1;
    b.n = f->n - 2;
    ps_fork(self, &a.fork, fib);
    self = fib(self, &b.fork);
    self = ps_fork_join(self, &a.fork);
    f->value = a.value + b.value;
    return self;
}

static bool can_fork(struct job *job)
{
    rig_mark(job->rig);
    return ps_strand_self() != NULL;
}

static struct ps_wait *step_fib(struct job *job)
{
    struct fib f = {.n = (unsigned)job->number};
    static const unsigned long answers[] = {[1] = 1, [10] = 55, [16] = 987, [20] = 6765};
    if (!can_fork(job))
        return NULL;
    fib(ps_strand_self(), &f.fork);
    if (f.value != answers[job->number])
        job->task.outcome = PS_FAILED;
    return NULL;
}

static void forks_give_the_answer(const struct subject *subject)
{
    static const long numbers[] = {1, 10, 16, 20};
    for (unsigned workers = 1; workers <= 8; workers *= 2) {
        struct rig rig;
        rig_open(&rig, subject, workers);
        for (unsigned i = 0; i < 12; i++) {
            struct job *job = rig_job(&rig, step_fib);
            job->number = numbers[i % 4];
            rig_submit(&rig, job);
        }
        rig_await(&rig, 12);
        assert_int_equal(rig.outcomes[PS_COMPLETED], 12);
        rig_close(&rig, PS_CLOSE_DRAIN);
    }
}

/* Eight forks that all wait for each other: there must be eight workers in them, although their
 * parent is in a long call when all but the first are its own. */
enum { MEETING = 8 };

struct meeting {
    struct ps_fork fork;
    _Atomic unsigned *present;
};

static struct ps_strand *meet(struct ps_strand *self, struct ps_fork *fork)
{
    struct meeting *m = (struct meeting *)fork;
    atomic_fetch_add(m->present, 1);
    while (atomic_load(m->present) < MEETING)
        sched_yield();
    return self;
}

static struct ps_wait *step_meeting(struct job *job)
{
    _Atomic unsigned present = 1;
    struct meeting m[MEETING - 1];
    struct ps_strand *self = can_fork(job) ? ps_strand_self() : NULL;
    if (!self)
        return NULL;
    for (int i = 0; i < MEETING - 1; i++) {
        m[i].present = &present;
        ps_fork(self, &m[i].fork, meet);
    }
    while (atomic_load(&present) < MEETING)
        sched_yield();
    for (int i = MEETING - 2; i >= 0; i--)
        self = ps_fork_join(self, &m[i].fork);
    return NULL;
}

static void no_fork_is_out_of_reach(const struct subject *subject)
{
    for (int i = 0; i < 20; i++) {
        struct rig rig;
        rig_open(&rig, subject, MEETING);
        rig_run(&rig, step_meeting);
        rig_close(&rig, PS_CLOSE_DRAIN);
    }
}

/* Deeper than a strand: one fork open on each level. */
struct level {
    struct ps_fork fork;
    unsigned depth, count;
};

static struct ps_strand *leaf(struct ps_strand *self, struct ps_fork *fork)
{
    ((struct level *)fork)->count = 1;
    return self;
}

static struct ps_strand *descend(struct ps_strand *self, struct ps_fork *fork)
{
    struct level *l = (struct level *)fork, below = {.depth = l->depth - 1}, beside;
    if (l->depth == 0)
        return leaf(self, fork);
    ps_fork(self, &beside.fork, leaf);
    self = descend(self, &below.fork);
    self = ps_fork_join(self, &beside.fork);
    l->count = below.count + beside.count;
    return self;
}

/* On a thread of its own size: green stacks are smaller than this recursion. */
static struct ps_wait *step_deep(struct job *job)
{
    struct level top = {.depth = PS_FORK_DEPTH + 500};
    if (!can_fork(job))
        return NULL;
    descend(ps_strand_self(), &top.fork);
    if (top.count != PS_FORK_DEPTH + 501)
        job->task.outcome = PS_FAILED;
    return NULL;
}

static void forks_deeper_than_a_strand(const struct subject *subject)
{
    if (!subject_holds_threads(subject))
        return;
    for (unsigned workers = 1; workers <= 3; workers++) {
        struct rig rig;
        rig_open(&rig, subject, workers);
        rig_run(&rig, step_deep);
        rig_await(&rig, 1);
        assert_int_equal(rig.outcomes[PS_COMPLETED], 1);
        rig_close(&rig, PS_CLOSE_DRAIN);
    }
}

static void forks_under_resizing(const struct subject *subject)
{
    struct rig rig;
    if (subject->policy->fixed)
        return;
    rig_open(&rig, subject, 2);
    for (unsigned i = 0; i < 200; i++) {
        struct job *job = rig_job(&rig, step_fib);
        job->number = 16;
        rig_submit(&rig, job);
        assert_int_equal(ps_engine_resize(rig.engine, 1 + i * 7 % 16), PS_OK);
    }
    rig_await(&rig, 200);
    assert_int_equal(rig.outcomes[PS_COMPLETED], 200);
    rig_close(&rig, PS_CLOSE_DRAIN);
}

const struct contract_case light_cases[] = {
    {"jobs_from_outside", jobs_from_outside, true},
    {"jobs_under_resizing", jobs_under_resizing, true},
    {"jobs_from_jobs", jobs_from_jobs, true},
    {"jobs_refused", jobs_refused, true},
    {"jobs_run_by_the_caller", jobs_run_by_the_caller, true},
    {"accepted_jobs_run_in_spite_of_discard", accepted_jobs_run_in_spite_of_discard,
     .shares = true},
    {"forks_give_the_answer", forks_give_the_answer, true},
    {"no_fork_is_out_of_reach", no_fork_is_out_of_reach, true},
    {"forks_deeper_than_a_strand", forks_deeper_than_a_strand, true},
    {"forks_under_resizing", forks_under_resizing, true},
    {NULL, NULL, false},
};
