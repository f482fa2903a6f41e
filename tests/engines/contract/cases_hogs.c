/* Hogs. Looks are made by a clock of the test's own, so what is found does not depend on how fast the
 * machine is; bodies spin until they are told. */
#include "engines/contract/kit.h"

#include "engines/hogs.h"
#include "metrics/snapshot.h"

enum { CHILDREN = 20 };

static _Atomic bool told;
static _Atomic unsigned yields, ran;

static struct ps_wait *step_spin(struct job *job)
{
    rig_mark(job->rig);
    while (!atomic_load(&told))
        ;
    return NULL;
}

static void spin(void *arg)
{
    rig_mark(((struct job *)arg)->rig);
    while (!atomic_load(&told))
        ;
}

static struct ps_wait *step_call(struct job *job)
{
    if (job->phase > 0)
        return NULL;
    struct ps_wait *wait = job_wait(job, PS_WAIT_CALL, PS_STATE_BLOCK, PS_NEVER);
    wait->call = spin;
    wait->call_arg = job;
    return wait;
}

static struct ps_wait *step_yield(struct job *job)
{
    if (job->phase == 0)
        rig_mark(job->rig);
    atomic_fetch_add(&yields, 1);
    return atomic_load(&told) ? NULL : job_wait(job, PS_WAIT_YIELD, PS_STATE_RUN, PS_NEVER);
}

static uint64_t hogs_in(struct rig *rig)
{
    uint64_t sum = 0;
    for (unsigned slot = 0; slot < rig->segment->slots; slot++)
        sum += atomic_load(&ps_segment_cell(rig->segment, slot)->hogs);
    return sum;
}

static void begin(struct rig *rig, const struct subject *subject, job_step *step,
                  struct ps_hogs *hogs)
{
    atomic_store(&told, false);
    atomic_store(&yields, 0);
    rig_open(rig, subject, 1);
    ps_hogs_init(hogs, rig->engine, PS_HOG_NS);
    rig_run(rig, step);
    rig_await_marks(rig, 1);
}

/* Once, when it is over the limit; its length, when it has ended. */
static void count_a_hog(const struct subject *subject, job_step *step)
{
    struct rig rig;
    struct ps_hogs hogs;
    struct ps_event event;
    uint64_t now_ns = ps_now_ns(), next = 0, lost = 0;
    begin(&rig, subject, step, &hogs);
    for (unsigned look = 0; look < 8; look++) {
        ps_hogs_look(&hogs, now_ns + look * PS_HOG_NS / 2);
        assert_int_equal(hogs_in(&rig), ps_hogs_possible(&hogs) && look >= 2);
    }
    atomic_store(&told, true);
    rig_await(&rig, 1);
    /* The worker shows the turn after that task. */
    rig_run(&rig, step_nothing);
    rig_await(&rig, 2);
    ps_hogs_look(&hogs, now_ns + 10 * PS_HOG_NS);
    size_t events = ps_ring_read(rig.segment, rig.segment->slots, &next, &event, 1, &lost);
    assert_int_equal(events, ps_hogs_possible(&hogs));
    if (events > 0) {
        assert_int_equal(event.kind, PS_EVENT_HOG);
        assert_int_equal(event.slot, 0);
        assert_int_equal(event.argument, 7 * PS_HOG_NS / 2 / PS_NS_PER_MS);
        assert_int_equal(atomic_load(&ps_segment_cell(rig.segment, 0)->hog_ns), 7 * PS_HOG_NS / 2);
    }
    rig_close(&rig, PS_CLOSE_DRAIN);
}

static void a_hog_is_counted(const struct subject *subject)
{
    count_a_hog(subject, step_spin);
}

/* The worker's own thread makes it: nobody helps. */
static void a_call_that_blocks_is_a_hog(const struct subject *subject)
{
    count_a_hog(subject, step_call);
}

/* Nor is one that is the only task of its worker. */
static void who_yields_is_no_hog(const struct subject *subject)
{
    struct rig rig;
    struct ps_hogs hogs;
    uint64_t now_ns = ps_now_ns();
    begin(&rig, subject, step_yield, &hogs);
    for (unsigned look = 0; look < 12; look++) {
        ps_hogs_look(&hogs, now_ns + look * PS_HOG_NS);
        unsigned seen = atomic_load(&yields);
        while (atomic_load(&yields) < seen + 3)
            ;
    }
    assert_int_equal(hogs_in(&rig), 0);
    atomic_store(&told, true);
    rig_close(&rig, PS_CLOSE_DRAIN);
}

static struct ps_wait *step_count(struct job *job)
{
    (void)job;
    atomic_fetch_add(&ran, 1);
    return NULL;
}

/* Keeps its worker until the others have run what it put into its own queue. */
static struct ps_wait *step_keep(struct job *job)
{
    uint64_t until_ns = ps_now_ns() + PATIENCE_NS;
    for (unsigned i = 0; i < CHILDREN; i++)
        if (ps_submit(job->rig->engine, &rig_job(job->rig, step_count)->task, PS_NEVER) != PS_OK)
            return NULL;
    while (atomic_load(&ran) < CHILDREN && ps_now_ns() < until_ns)
        ;
    job->number = atomic_load(&ran);
    return NULL;
}

static void what_a_hog_keeps_is_stolen(const struct subject *subject)
{
    if (!subject_has(subject, PS_TRAIT_STEALS))
        return;
    struct rig rig;
    atomic_store(&ran, 0);
    rig_open(&rig, subject, 2);
    struct job *hog = rig_run(&rig, step_keep);
    rig_await(&rig, CHILDREN + 1);
    assert_int_equal(hog->number, CHILDREN);
    rig_close(&rig, PS_CLOSE_DRAIN);
}

const struct contract_case hog_cases[] = {
    {"a_hog_is_counted", a_hog_is_counted, true},
    {"a_call_that_blocks_is_a_hog", a_call_that_blocks_is_a_hog, true},
    {"who_yields_is_no_hog", who_yields_is_no_hog, true},
    {"what_a_hog_keeps_is_stolen", what_a_hog_keeps_is_stolen, true},
    {NULL, NULL, false},
};
