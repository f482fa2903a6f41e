/* Priorities: who is begun, and resumed, before whom. Orders are exact: one worker, which is paused or
 * held while tasks are queued. Where it is a process, `turn` is its own. */
#include "engines/contract/kit.h"

#include <sched.h>

enum { MANY = 130, FEW = 50, LOAD = 800 };

static _Atomic long turn;
static _Atomic bool gate;

static void set_up(void)
{
    atomic_store(&turn, 0);
    atomic_store(&gate, false);
}

static struct ps_wait *step_note(struct job *job)
{
    if (!job_cancelled(job))
        job->number = atomic_fetch_add(&turn, 1);
    return NULL;
}

/* Keeps its worker: marks, and runs until the gate is opened. */
static struct ps_wait *step_hold(struct job *job)
{
    rig_mark(job->rig);
    while (!atomic_load(&gate))
        sched_yield();
    return NULL;
}

static struct job *queue_one(struct rig *rig, enum ps_priority priority, job_step *step)
{
    struct job *job = rig_job(rig, step);
    job->task.priority = priority;
    rig_submit(rig, job);
    return job;
}

static void fill(struct rig *rig, enum ps_priority priority, struct job **into, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        into[i] = queue_one(rig, priority, step_note);
}

static void high_overtakes_what_is_queued(const struct subject *subject)
{
    struct rig rig;
    struct job *normal[FEW];
    if (!subject_has(subject, PS_TRAIT_PRIORITY))
        return;
    set_up();
    rig_open(&rig, subject, 1);
    rig_run(&rig, step_hold);
    rig_await_marks(&rig, 1);
    fill(&rig, PS_PRIORITY_NORMAL, normal, FEW);
    struct job *high = queue_one(&rig, PS_PRIORITY_HIGH, step_note);
    atomic_store(&gate, true);
    rig_await(&rig, FEW + 2);
    assert_int_equal(high->number, 0);
    for (unsigned i = 0; i < FEW; i++)
        assert_in_range(normal[i]->number, 1, FEW);
    rig_close(&rig, PS_CLOSE_DRAIN);
}

/* A worker that takes several short tasks at once does not keep it waiting behind those. */
static void high_overtakes_what_is_at_hand(const struct subject *subject)
{
    struct rig rig;
    struct job *normal[FEW];
    if (!subject_has(subject, PS_TRAIT_PRIORITY))
        return;
    set_up();
    rig_open(&rig, subject, 1);
    rig_pause(&rig, true);
    for (unsigned i = 0; i < LOAD; i++)
        rig_run(&rig, step_nothing);
    rig_run(&rig, step_hold);
    fill(&rig, PS_PRIORITY_NORMAL, normal, FEW);
    rig_pause(&rig, false);
    rig_await_marks(&rig, 1);
    long before = atomic_load(&turn); /* not every policy keeps the order of normal ones */
    struct job *high = queue_one(&rig, PS_PRIORITY_HIGH, step_note);
    atomic_store(&gate, true);
    rig_await(&rig, LOAD + FEW + 2);
    assert_int_equal(high->number, before);
    rig_close(&rig, PS_CLOSE_DRAIN);
}

/* Behind a task that waits and has the only worker, or the only permit. */
static void high_overtakes_what_is_held(const struct subject *subject)
{
    struct rig rig;
    struct job *normal[FEW];
    struct ps_engine_config config = rig_config(1, 4096);
    if (!subject_has(subject, PS_TRAIT_PRIORITY))
        return;
    set_up();
    config.limit = 1;
    rig_start(&rig, subject, config);
    struct job *first = rig_run(&rig, step_mark_park);
    rig_await_marks(&rig, 1);
    fill(&rig, PS_PRIORITY_NORMAL, normal, FEW);
    struct job *high = queue_one(&rig, PS_PRIORITY_HIGH, step_note);
    rig_let_go(first);
    rig_await(&rig, FEW + 2);
    assert_int_equal(high->number, 0);
    rig_close(&rig, PS_CLOSE_DRAIN);
}

/* High ones in their order; every 61st turn is another's. */
static void nobody_starves(const struct subject *subject)
{
    struct rig rig;
    struct job *normal[MANY], *high[MANY];
    bool is_high[2 * MANY] = {false};
    if (!subject_has(subject, PS_TRAIT_PRIORITY))
        return;
    set_up();
    rig_open(&rig, subject, 1);
    rig_pause(&rig, true);
    fill(&rig, PS_PRIORITY_NORMAL, normal, MANY);
    fill(&rig, PS_PRIORITY_HIGH, high, MANY);
    rig_pause(&rig, false);
    rig_await(&rig, 2 * MANY);
    for (unsigned i = 0; i < MANY; i++)
        is_high[high[i]->number] = true;
    for (unsigned i = 1; i < MANY; i++)
        assert_true(high[i - 1]->number < high[i]->number);
    unsigned row = 0, left = MANY;
    for (unsigned i = 0; i < 2 * MANY; i++) {
        assert_int_equal(is_high[i], left > 0 && row < PS_HIGH_IN_A_ROW);
        row = is_high[i] ? row + 1 : 0;
        left -= is_high[i];
    }
    rig_close(&rig, PS_CLOSE_DRAIN);
}

static struct ps_wait *step_be_first(struct job *job)
{
    step_note(job);
    if (job->number != 0)
        job->task.outcome = PS_FAILED;
    return NULL;
}

static struct ps_wait *step_spawn_both(struct job *job)
{
    for (unsigned i = 0; i <= FEW; i++) {
        struct job *child = job_child(job, i < FEW ? step_note : step_be_first);
        child->task.priority = i < FEW ? PS_PRIORITY_NORMAL : PS_PRIORITY_HIGH;
        if (ps_submit(job->rig->engine, &child->task, 0) != PS_OK)
            job->task.outcome = PS_FAILED;
    }
    return NULL;
}

static void a_high_child_overtakes_its_siblings(const struct subject *subject)
{
    struct rig rig;
    if (!subject_has(subject, PS_TRAIT_PRIORITY))
        return;
    set_up();
    rig_open(&rig, subject, 1);
    rig_run(&rig, step_spawn_both);
    rig_await(&rig, FEW + 2);
    assert_int_equal(rig.outcomes[PS_COMPLETED], FEW + 2);
    rig_close(&rig, PS_CLOSE_DRAIN);
}

static struct ps_wait *step_park_note(struct job *job)
{
    struct ps_wait *wait = step_mark_park(job);
    return wait ? wait : step_note(job);
}

/* Where a task that waits gives its worker free. */
static void high_is_resumed_first(const struct subject *subject)
{
    struct rig rig;
    struct job *normal[FEW];
    if (!subject_has(subject, PS_TRAIT_PRIORITY) || subject_holds_threads(subject))
        return;
    set_up();
    rig_open(&rig, subject, 1);
    for (unsigned i = 0; i < FEW; i++)
        normal[i] = queue_one(&rig, PS_PRIORITY_NORMAL, step_park_note);
    struct job *high = queue_one(&rig, PS_PRIORITY_HIGH, step_park_note);
    rig_await_marks(&rig, FEW + 1);
    rig_run(&rig, step_hold);
    rig_await_marks(&rig, FEW + 2);
    for (unsigned i = 0; i < FEW; i++)
        rig_let_go(normal[i]);
    rig_let_go(high);
    atomic_store(&gate, true);
    rig_await(&rig, FEW + 2);
    assert_int_equal(high->number, 0);
    rig_close(&rig, PS_CLOSE_DRAIN);
}

enum { YIELDS = 8 };

static long expected; /* the worker's: what `turn` is when it submits */

static struct ps_wait *step_be_next(struct job *job)
{
    if (atomic_load(&turn) != expected)
        job->task.outcome = PS_FAILED;
    return NULL;
}

/* Some that only yield, and so pass the worker to each other; the first of them spawns in between. */
static struct ps_wait *step_yield_often(struct job *job)
{
    atomic_fetch_add(&turn, 1);
    if (job->number == 0 && job->phase == YIELDS / 2) {
        struct job *child = job_child(job, step_be_next);
        child->task.priority = PS_PRIORITY_HIGH;
        expected = atomic_load(&turn);
        if (ps_submit(job->rig->engine, &child->task, 0) != PS_OK)
            job->task.outcome = PS_FAILED;
    }
    return job->phase < YIELDS ? job_wait(job, PS_WAIT_YIELD, PS_STATE_RUN, PS_NEVER) : NULL;
}

static void high_overtakes_who_yields(const struct subject *subject)
{
    struct rig rig;
    if (!subject_has(subject, PS_TRAIT_PRIORITY) || subject_holds_threads(subject))
        return;
    set_up();
    rig_open(&rig, subject, 1);
    rig_pause(&rig, true);
    for (unsigned i = 0; i < FEW; i++) {
        struct job *job = rig_job(&rig, step_yield_often);
        job->number = i;
        rig_submit(&rig, job);
    }
    rig_pause(&rig, false);
    rig_await(&rig, FEW + 1);
    assert_int_equal(rig.outcomes[PS_COMPLETED], FEW + 1);
    rig_close(&rig, PS_CLOSE_DRAIN);
}

static void both_are_discarded(const struct subject *subject)
{
    struct rig rig;
    struct job *normal[FEW], *high[FEW];
    rig_open(&rig, subject, 2);
    rig_pause(&rig, true);
    fill(&rig, PS_PRIORITY_HIGH, high, FEW);
    fill(&rig, PS_PRIORITY_NORMAL, normal, FEW);
    rig_close(&rig, PS_CLOSE_DISCARD);
    assert_int_equal(rig.outcomes[PS_CANCELLED], 2 * FEW);
}

static long idle_workers(struct rig *rig)
{
    long idle = 0;
    for (unsigned slot = 0; slot < rig->segment->slots; slot++)
        idle +=
            ps_state_of(atomic_load(&ps_segment_cell(rig->segment, slot)->now)) == PS_STATE_IDLE;
    return idle;
}

/* Keeps its worker until its child has ended, and so on; every other one has high priority. */
static struct ps_wait *step_need_another(struct job *job)
{
    if (job->number == 0)
        return NULL;
    while (idle_workers(job->rig) < job->number)
        sched_yield();
    struct job *child = job_child(job, step_need_another);
    child->number = job->number - 1;
    child->task.priority = child->number % 2 ? PS_PRIORITY_HIGH : PS_PRIORITY_NORMAL;
    if (ps_submit(job->rig->engine, &child->task, 0) != PS_OK)
        job->task.outcome = PS_FAILED;
    while (job->task.outcome == PS_COMPLETED && !atomic_load(&child->ends))
        sched_yield();
    return NULL;
}

/* Who is woken for one task and then is in it leaves what it spawns to others that rest. */
static void who_rests_is_found(const struct subject *subject)
{
    enum { ROUNDS = 50 };
    struct rig rig;
    if (!subject_has(subject, PS_TRAIT_STEALS))
        return;
    rig_open(&rig, subject, 3);
    for (unsigned round = 1; round <= ROUNDS; round++) {
        struct job *job = rig_job(&rig, step_need_another);
        job->number = 2;
        rig_submit(&rig, job);
        rig_await(&rig, 3 * round);
    }
    assert_int_equal(rig.outcomes[PS_COMPLETED], 3 * ROUNDS);
    rig_close(&rig, PS_CLOSE_DRAIN);
}

static struct ps_wait *step_mixed(struct job *job)
{
    if (job_cancelled(job) || job->number-- <= 0)
        return NULL;
    if (job->number % 2)
        return job_wait(job, PS_WAIT_YIELD, PS_STATE_RUN, PS_NEVER);
    struct job *child = job_child(job, step_nothing);
    child->task.priority = job->number % 4 ? PS_PRIORITY_HIGH : PS_PRIORITY_NORMAL;
    if (ps_submit(job->rig->engine, &child->task, 0) != PS_OK)
        job->task.outcome = PS_FAILED;
    return job_wait(job, PS_WAIT_JOIN, PS_STATE_JOIN, PS_NEVER);
}

/* Both kinds come from outside, where the queue is often full, and from inside, while the number of
 * workers changes. A parent that joins may hold its worker: they are fewer than workers. */
static void none_is_lost(const struct subject *subject)
{
    struct rig rig;
    unsigned parents = 0, times = (unsigned)subject_rounds(subject, LOAD);
    rig_start(&rig, subject, rig_config(3, 8));
    for (unsigned i = 0; i < times; i++) {
        bool parent = i % 32 == 0;
        struct job *job = rig_job(&rig, parent ? step_mixed : step_nothing);
        job->number = 8;
        job->task.priority = i % 3 ? PS_PRIORITY_HIGH : PS_PRIORITY_NORMAL;
        parents += parent;
        rig_submit(&rig, job);
        if (parent)
            rig_await(&rig, i + 1 + 4 * parents);
        if (i % 200 == 100 && !subject->policy->fixed)
            assert_int_equal(ps_engine_resize(rig.engine, 2 + i / 200 % 3), PS_OK);
    }
    rig_await(&rig, times + 4 * parents);
    assert_int_equal(rig.outcomes[PS_COMPLETED], times + 4 * parents);
    rig_close(&rig, PS_CLOSE_DRAIN);
}

const struct contract_case priority_cases[] = {
    {"high_overtakes_what_is_queued", high_overtakes_what_is_queued, true},
    {"high_overtakes_what_is_at_hand", high_overtakes_what_is_at_hand, true},
    {"high_overtakes_what_is_held", high_overtakes_what_is_held, true},
    {"nobody_starves", nobody_starves, false},
    {"a_high_child_overtakes_its_siblings", a_high_child_overtakes_its_siblings, false},
    {"high_is_resumed_first", high_is_resumed_first, true},
    {"high_overtakes_who_yields", high_overtakes_who_yields, true},
    {"both_are_discarded", both_are_discarded, false},
    {"who_rests_is_found", who_rests_is_found, true},
    {"none_is_lost", none_is_lost, false},
    {NULL, NULL, false},
};
