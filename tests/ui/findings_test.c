/* The diagnosis: every finding appears from a made run that is just above its bar, and does not from
 * one just below; and none comes or goes with a single look. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "check.h"
#include "ui/findings/findings.h"

#define STEP_NS UINT64_C(100000000)

/* A run that does the same all the time: shares of each worker's time, and rates per second. */
struct made {
    struct ps_snapshot *snapshot;
    struct ps_history *history;
    struct ps_findings *findings;
    struct ps_live_view view;
    double share[PS_STATE_COUNT]; /* of the workers from `first` on */
    double idle[PS_STATE_COUNT];  /* of those before */
    unsigned first;
    double ready; /* of all time */
    double done, submitted, refused, failed, retried, hogs;
    double cpus, others, throttled;
    double queue_growth;
};

static struct made *made_new(unsigned workers)
{
    struct made *m = calloc(1, sizeof *m);
    m->snapshot = calloc(1, sizeof *m->snapshot);
    m->history = ps_history_new();
    m->findings = calloc(1, sizeof *m->findings);
    m->view = (struct ps_live_view){
        .snapshot = m->snapshot, .history = m->history, .findings = m->findings};
    struct ps_snapshot *s = m->snapshot;
    s->phase = PS_PHASE_RUNNING;
    s->workers = s->slots = workers;
    s->usable_cpus = 8;
    s->types = 1;
    s->traits = PS_TRAIT_WORKER_QUEUE | PS_TRAIT_STEALS | PS_TRAIT_DIRECT;
    s->stealing = true;
    s->at_ns = s->started_ns = PS_NS_PER_S;
    s->queue_bound = 1000;
    s->machine = (struct ps_machine_view){.valid = true, .cpus = 8, .affinity = 8};
    s->process.valid = true;
    snprintf(s->type[0].name, sizeof s->type[0].name, "work");
    for (unsigned w = 0; w < workers; w++) {
        s->worker[w].tid = 1 + w;
        s->worker[w].os_valid = true;
    }
    m->share[PS_STATE_RUN] = 0.5;
    m->share[PS_STATE_IDLE] = 0.5;
    m->done = m->submitted = 100;
    m->cpus = 1;
    return m;
}

static void made_free(struct made *m)
{
    ps_history_free(m->history);
    free(m->snapshot);
    free(m->findings);
    free(m);
}

static void step_worker(struct made *m, unsigned w)
{
    struct ps_worker_view *worker = &m->snapshot->worker[w];
    const double *share = w < m->first ? m->idle : m->share;
    enum ps_state most = PS_STATE_IDLE;
    for (unsigned i = 0; i < PS_STATE_COUNT; i++) {
        worker->time_ns[i] += (uint64_t)(share[i] * (double)STEP_NS);
        most = share[i] > share[most] ? (enum ps_state)i : most;
    }
    if (worker->since_ns == 0 || most != worker->state)
        worker->since_ns = m->snapshot->at_ns;
    worker->state = most;
    worker->ready_ns += (uint64_t)(m->ready * (double)STEP_NS);
    worker->cpu_ns += (uint64_t)((share[PS_STATE_RUN] - m->ready) * (double)STEP_NS);
    worker->type = most >= PS_STATE_RUN ? 0 : -1;
}

static uint64_t after(double per_s, uint64_t seq)
{
    return (uint64_t)(per_s * (double)seq / 10 + 0.5);
}

static void step(struct made *m)
{
    struct ps_snapshot *s = m->snapshot;
    s->seq++;
    s->at_ns += STEP_NS;
    for (unsigned w = 0; w < s->slots; w++)
        step_worker(m, w);
    s->worker[0].hogs = after(m->hogs, s->seq);
    s->totals.ended[PS_COMPLETED] = after(m->done, s->seq);
    s->totals.ended[PS_REFUSED] = after(m->refused, s->seq);
    s->totals.ended[PS_TIMED_OUT] = after(m->failed, s->seq);
    s->totals.submitted = after(m->submitted, s->seq);
    s->totals.retried = after(m->retried, s->seq);
    s->queued += after(m->queue_growth, s->seq) - after(m->queue_growth, s->seq - 1);
    s->process.cpu_ns += (uint64_t)(m->cpus * (double)STEP_NS);
    s->machine.at_ns = s->at_ns;
    s->machine.own_ns += (uint64_t)(m->cpus * (double)STEP_NS);
    s->machine.busy_ns += (uint64_t)((m->cpus + m->others) * (double)STEP_NS);
    s->machine.throttled_ns += (uint64_t)(m->throttled * (double)STEP_NS);
    ps_history_feed(m->history, s);
    ps_findings_feed(m->findings, &m->view);
}

static bool shown(const struct made *m, enum ps_finding_word word)
{
    return m->findings->state[word].shown;
}

/* ---- one line a finding: made to be above its bar, and below ---- */

static void busy_with(struct made *m, enum ps_state state, double share)
{
    memset(m->share, 0, sizeof m->share);
    m->share[state] = share;
    m->share[PS_STATE_IDLE] = 1 - share;
}

static void make_ended(struct made *m, bool above)
{
    if (above)
        m->snapshot->phase = PS_PHASE_ENDED;
}
static void make_paused(struct made *m, bool above)
{
    if (above)
        m->snapshot->phase = PS_PHASE_PAUSED;
}
static void make_deadlock(struct made *m, bool above)
{
    if (!above)
        return;
    m->snapshot->end = PS_END_DEADLOCK;
    snprintf(m->snapshot->message, sizeof m->snapshot->message, "deadlock: 4 of 4 workers wait");
}
/* 2 s in one task, or in one only 19 times as long as the median. */
static void make_hogged(struct made *m, bool above)
{
    uint64_t median_ns = above ? PS_NS_PER_S / 20 : PS_NS_PER_S / 2;
    busy_with(m, PS_STATE_RUN, 1);
    m->snapshot->latency.service.bucket[ps_hist_index(median_ns)] = 1000;
    m->snapshot->latency.service.count = 1000;
    m->snapshot->latency.service.max_ns = median_ns;
}
static void make_loop(struct made *m, bool above)
{
    m->snapshot->traits = PS_TRAIT_PARKS_TASKS;
    m->snapshot->queued = 1;
    m->hogs = above ? 1.2 : 0.7;
}
static void make_held(struct made *m, bool above)
{
    busy_with(m, PS_STATE_NET, above ? 0.82 : 0.78);
    m->snapshot->queued = 4;
}
static void make_lock(struct made *m, bool above)
{
    busy_with(m, PS_STATE_LOCK, above ? 0.35 : 0.31);
}
static void make_gil(struct made *m, bool above)
{
    m->snapshot->gil_interval_ns = 5000000;
    busy_with(m, PS_STATE_GIL, above ? 0.14 : 0.12);
}
static void make_idle(struct made *m, bool above)
{
    m->first = 1;
    m->idle[PS_STATE_IDLE] = above ? 0.55 : 0.45;
    busy_with(m, PS_STATE_RUN, 1);
    m->snapshot->worker[1].queue_depth = 4;
}
static void make_retries(struct made *m, bool above)
{
    m->submitted = 100;
    m->retried = above ? 25 : 15;
    m->failed = 30;
    m->done = 70;
}
static void make_behind(struct made *m, bool above)
{
    struct ps_snapshot *s = m->snapshot;
    s->types = 2;
    s->type[0].lately_service = (struct ps_times_view){.count = 100, .mean_ns = 1000000};
    s->type[0].lately_queueing.mean_ns = above ? 6000000 : 4000000;
    s->type[1].lately_service = (struct ps_times_view){.count = 100, .mean_ns = 20000000};
    snprintf(s->type[1].name, sizeof s->type[1].name, "elephant");
}
static void make_full(struct made *m, bool above)
{
    m->refused = above ? 1 : 0;
    m->submitted = m->done + m->refused;
    m->snapshot->queued = m->snapshot->queue_bound - 1;
}
static void make_saturated(struct made *m, bool above)
{
    busy_with(m, PS_STATE_RUN, above ? 0.95 : 0.85);
    m->snapshot->queued = 16;
}
static void make_oversubscribed(struct made *m, bool above)
{
    m->snapshot->usable_cpus = 3;
    busy_with(m, PS_STATE_RUN, 1);
    m->ready = above ? 0.3 : 0.2;
}
static void make_quota(struct made *m, bool above)
{
    m->snapshot->machine.quota = 2;
    m->cpus = 1.5;
    m->throttled = 4 * (above ? 0.07 : 0.03);
}
static void make_others(struct made *m, bool above)
{
    m->cpus = 2;
    m->others = above ? 5 : 4;
}
static void make_parked(struct made *m, bool above)
{
    m->snapshot->traits = PS_TRAIT_PARKS_TASKS;
    m->snapshot->in_flight = above ? 17 : 15;
    m->snapshot->waiting[PS_STATE_SLEEP] = m->snapshot->in_flight;
}
static void make_queueing(struct made *m, bool above)
{
    struct ps_latency_view *latency = &m->snapshot->latency;
    latency->response = (struct ps_hist_sum){.count = 100, .sum_ns = 100 * 1000000};
    latency->queueing =
        (struct ps_hist_sum){.count = 100, .sum_ns = (above ? 15u : 5u) * UINT64_C(1000000)};
}

#define MAKE(word, title, lesson, at_once, bar) [PS_FINDING_##word] = make_##word,
static void (*const makers[PS_FINDING_COUNT])(struct made *, bool) = {PS_FINDING_KINDS(MAKE)};

static void every_finding_has_a_bar(void **state)
{
    (void)state;
    for (unsigned word = 0; word < PS_FINDING_COUNT; word++) {
        for (int above = 0; above < 2; above++) {
            struct made *m = made_new(4);
            makers[word](m, above);
            for (unsigned i = 0; i < 60; i++) {
                step(m);
                if (!above && shown(m, (enum ps_finding_word)word))
                    fail_msg("%s: shown below its bar", ps_finding_kinds[word].title);
            }
            if (above && !shown(m, (enum ps_finding_word)word))
                fail_msg("%s: not shown above its bar", ps_finding_kinds[word].title);
            made_free(m);
        }
    }
}

/* The kernel counts the time of each CPU that it stops. */
static void throttled_time_is_of_the_cpus_that_are_stopped(void **state)
{
    (void)state;
    struct made *m = made_new(4);
    make_quota(m, true);
    m->throttled = 3; /* 4 CPUs, three quarters of the time */
    for (unsigned i = 0; i < 60; i++)
        step(m);
    assert_non_null(strstr(m->findings->state[PS_FINDING_quota].finding.text, " 75 %"));
    made_free(m);
}

static void every_finding_has_figures(void **state)
{
    (void)state;
    for (unsigned word = 0; word < PS_FINDING_COUNT; word++) {
        struct made *m = made_new(4);
        makers[word](m, true);
        for (unsigned i = 0; i < 60; i++)
            step(m);
        const struct ps_finding *f = &m->findings->state[word].finding;
        assert_int_equal(f->word, word);
        assert_true(f->text[0] != '\0');
        assert_true(f->evidence_count > 0);
        for (unsigned i = 0; i < f->evidence_count; i++)
            assert_true(f->evidence[i].label[0] && f->evidence[i].figure[0]);
        made_free(m);
    }
}

static void a_quiet_run_has_no_finding(void **state)
{
    (void)state;
    struct made *m = made_new(4);
    for (unsigned i = 0; i < 100; i++)
        step(m);
    assert_int_equal(m->findings->count, 0);
    made_free(m);
}

/* ---- over time ---- */

static void a_finding_holds_before_it_shows_and_lingers_when_gone(void **state)
{
    (void)state;
    struct made *m = made_new(4);
    const unsigned hold = PS_FINDING_HOLD_NS / STEP_NS, linger = PS_FINDING_LINGER_NS / STEP_NS;
    for (unsigned i = 0; i < 30; i++)
        step(m);
    m->snapshot->queued = m->snapshot->queue_bound; /* seen at once, in no window */
    for (unsigned i = 0; i < hold; i++) {
        step(m);
        assert_false(shown(m, PS_FINDING_full));
    }
    step(m);
    assert_true(shown(m, PS_FINDING_full));
    uint64_t seen_ns = m->snapshot->at_ns;
    m->snapshot->queued = 0;
    for (unsigned i = 1; i < linger; i++) {
        char text[PS_FINDING_LINE_BYTES];
        const struct ps_finding_state *full = &m->findings->state[PS_FINDING_full];
        step(m);
        assert_true(shown(m, PS_FINDING_full));
        enum ps_style style = ps_finding_line(m->findings, full, text);
        bool past = i * STEP_NS >= PS_FINDING_PAST_NS; /* its figures are not those of now */
        assert_int_equal(strncmp(text, "was: ", 5) == 0, past);
        assert_int_equal(style, past ? PS_STYLE_DIM : full->finding.style);
        assert_non_null(strstr(text, full->finding.text));
    }
    assert_int_equal(m->findings->state[PS_FINDING_full].seen_ns, seen_ns);
    assert_non_null(strstr(m->findings->state[PS_FINDING_full].finding.text, "1000"));
    step(m);
    assert_false(shown(m, PS_FINDING_full));
    made_free(m);
}

static void what_comes_and_goes_is_never_shown(void **state)
{
    (void)state;
    struct made *m = made_new(4);
    for (unsigned i = 0; i < 200; i++) {
        m->snapshot->queued = i % 9 ? m->snapshot->queue_bound : 0;
        step(m);
        assert_false(shown(m, PS_FINDING_full));
    }
    made_free(m);
}

/* What spawned tasks fill swings about the bound: it is told of all the same. */
static void a_queue_that_is_above_its_bound_on_the_average_is_explained(void **state)
{
    (void)state;
    struct made *m = made_new(4);
    for (unsigned i = 0; i < 60; i++) {
        m->snapshot->queued = i % 9 ? 2 * m->snapshot->queue_bound : 0;
        step(m);
    }
    assert_true(shown(m, PS_FINDING_full));
    const struct ps_finding *finding = &m->findings->state[PS_FINDING_full].finding;
    assert_int_equal(finding->style, PS_STYLE_NOTE);
    assert_non_null(strstr(finding->text, "above the bound of 1000"));
    made_free(m);
}

static void a_run_that_stands_still_has_no_old_findings(void **state)
{
    (void)state;
    struct made *m = made_new(4);
    make_saturated(m, true);
    for (unsigned i = 0; i < 60; i++)
        step(m);
    assert_true(shown(m, PS_FINDING_saturated));
    m->snapshot->phase = PS_PHASE_PAUSED;
    step(m);
    assert_false(shown(m, PS_FINDING_saturated));
    assert_true(shown(m, PS_FINDING_paused));
    made_free(m);
}

static void going_back_in_time_begins_anew(void **state)
{
    (void)state;
    struct made *m = made_new(4);
    make_saturated(m, true);
    for (unsigned i = 0; i < 60; i++)
        step(m);
    assert_true(m->findings->count > 0);
    m->snapshot->at_ns = PS_NS_PER_S;
    ps_findings_feed(m->findings, &m->view);
    assert_int_equal(m->findings->count, 0);
    made_free(m);
}

static void findings_stand_in_the_order_of_weight(void **state)
{
    (void)state;
    struct made *m = made_new(4);
    make_queueing(m, true);
    make_saturated(m, true);
    for (unsigned i = 0; i < 60; i++)
        step(m);
    assert_int_equal(m->findings->count, 3);
    assert_int_equal(ps_findings_at(m->findings, 0)->finding.word, PS_FINDING_hogged);
    assert_int_equal(ps_findings_at(m->findings, 1)->finding.word, PS_FINDING_saturated);
    assert_int_equal(ps_findings_at(m->findings, 2)->finding.word, PS_FINDING_queueing);
    assert_null(ps_findings_at(m->findings, 3));
    made_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_finding_has_a_bar),
        cmocka_unit_test(throttled_time_is_of_the_cpus_that_are_stopped),
        cmocka_unit_test(every_finding_has_figures),
        cmocka_unit_test(a_quiet_run_has_no_finding),
        cmocka_unit_test(a_finding_holds_before_it_shows_and_lingers_when_gone),
        cmocka_unit_test(what_comes_and_goes_is_never_shown),
        cmocka_unit_test(a_queue_that_is_above_its_bound_on_the_average_is_explained),
        cmocka_unit_test(a_run_that_stands_still_has_no_old_findings),
        cmocka_unit_test(going_back_in_time_begins_anew),
        cmocka_unit_test(findings_stand_in_the_order_of_weight),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
