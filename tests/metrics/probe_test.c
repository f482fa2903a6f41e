#include "support.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "metrics/probe.h"
#include "metrics/snapshot.h"

static const char *const names[] = {"a", "b"};

struct fixture {
    int fd;
    struct ps_segment *segment;
    struct ps_probe worker, outside;
    struct ps_snapshot *snapshot;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    assert_int_equal(ps_segment_create(2, 2, names, &f->fd, &f->segment), PS_OK);
    ps_probe_bind(&f->worker, f->segment, 0);
    ps_probe_bind(&f->outside, f->segment, 2);
    f->snapshot = calloc(1, sizeof *f->snapshot);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    ps_segment_unmap(f->segment);
    close(f->fd);
    free(f->snapshot);
    free(f);
    return 0;
}

static void look(struct fixture *f)
{
    ps_snapshot_take(f->snapshot, f->segment, ps_now_ns(), true);
}

static void run_task(struct fixture *f, unsigned type, enum ps_outcome outcome)
{
    struct ps_stamp stamp = {.intended_ns = ps_now_ns(), .type = (uint16_t)type};
    ps_probe_submitted(&f->outside, &stamp);
    ps_probe_start(&f->worker, &stamp);
    ps_probe_end(&f->worker, &stamp, outcome);
}

static void every_outcome_is_counted_once(void **state)
{
    struct fixture *f = *state;
    ps_probe_thread_begin(&f->worker);
    for (unsigned i = 0; i < PS_REFUSED; i++)
        for (unsigned n = 0; n <= i; n++)
            run_task(f, i % 2, (enum ps_outcome)i);
    ps_probe_refused(&f->outside, &(struct ps_stamp){.type = 1});
    look(f);
    for (unsigned i = 0; i < PS_REFUSED; i++)
        assert_int_equal(f->snapshot->totals.ended[i], i + 1);
    assert_int_equal(f->snapshot->totals.ended[PS_REFUSED], 1);
    assert_int_equal(f->snapshot->totals.submitted, 11);
    assert_true(ps_totals_conserved(&f->snapshot->totals));
    assert_int_equal(f->snapshot->type[0].totals.submitted + f->snapshot->type[1].totals.submitted,
                     11);
    assert_int_equal(f->snapshot->type[1].totals.ended[PS_REFUSED], 1);
    /* completed and failed tasks have latencies, the others do not */
    assert_int_equal(f->snapshot->latency.service.count, 1 + 2);
    assert_int_equal(f->snapshot->latency.response.count, 1 + 2);
    ps_probe_thread_end(&f->worker);
}

static void short_tasks_are_sampled_and_it_says_so(void **state)
{
    struct fixture *f = *state;
    ps_probe_thread_begin(&f->worker);
    const unsigned tasks = 100 * PS_PROBE_WINDOW;
    for (unsigned i = 0; i < tasks; i++)
        run_task(f, 0, PS_COMPLETED);
    look(f);
    assert_int_equal(f->snapshot->totals.ended[PS_COMPLETED], tasks);
    uint64_t timed = f->snapshot->latency.service.count;
    assert_true(timed >= tasks / PS_PROBE_SAMPLE);
    if (f->snapshot->sample_max == PS_PROBE_SAMPLE) /* a machine too slow for that times all */
        assert_true(timed < tasks);
    ps_probe_thread_end(&f->worker);
}

static void time_in_states_adds_up_to_the_life_of_the_thread(void **state)
{
    struct fixture *f = *state;
    uint64_t begin = ps_now_ns();
    ps_probe_thread_begin(&f->worker);
    for (int i = 0; i < 1000; i++) {
        ps_probe_state(&f->worker, PS_STATE_RUN, 0);
        ps_probe_state(&f->worker, PS_STATE_NET, 0);
        ps_probe_park(&f->worker);
        ps_probe_woken(&f->worker);
    }
    look(f);
    uint64_t life = ps_now_ns() - begin, sum = 0;
    for (unsigned s = PS_STATE_IDLE; s < PS_STATE_COUNT; s++)
        sum += f->snapshot->worker[0].time_ns[s];
    assert_true(sum <= life);
    assert_int_equal(f->snapshot->worker[0].parks, 1000);
    assert_true(f->snapshot->worker[0].tid != 0);
    ps_probe_thread_end(&f->worker);
    look(f);
    assert_int_equal(f->snapshot->worker[0].state, PS_STATE_OFF);
    assert_int_equal(f->snapshot->worker[0].tid, 0);
}

static void a_busy_worker_is_not_stuck_in_one_task(void **state)
{
    struct fixture *f = *state;
    ps_probe_thread_begin(&f->worker);
    run_task(f, 0, PS_COMPLETED); /* stays in RUN */
    look(f);
    uint64_t before = f->snapshot->worker[0].since_ns;
    look(f);
    assert_int_equal(f->snapshot->worker[0].since_ns, before);
    run_task(f, 0, PS_COMPLETED);
    look(f);
    assert_true(f->snapshot->worker[0].since_ns > before);
}

static void steals_go_into_row_column_and_ring(void **state)
{
    struct fixture *f = *state;
    ps_probe_thread_begin(&f->worker);
    struct ps_probe victim;
    ps_probe_bind(&victim, f->segment, 1);
    ps_probe_thread_begin(&victim);
    ps_probe_steal(&f->worker, 1, 5);
    ps_probe_steal(&f->worker, 1, 0);
    ps_probe_steal(&f->worker, 1, 2);
    look(f);
    const struct ps_snapshot *s = f->snapshot;
    assert_int_equal(s->worker[0].steals, 2);
    assert_int_equal(s->worker[0].stolen, 7);
    assert_int_equal(s->worker[0].steal_tries, 3);
    assert_int_equal(s->worker[1].robbed, 7);
    assert_int_equal(s->steal_ops[1], 2);
    assert_int_equal(s->steal_tasks[1], 7);
    struct ps_event events[16];
    uint64_t next = 0, lost = 0;
    size_t n = ps_ring_read(f->segment, 0, &next, events, 16, &lost);
    unsigned stolen = 0;
    for (size_t i = 0; i < n; i++)
        if (events[i].kind == PS_EVENT_STEAL) {
            assert_int_equal(events[i].argument >> 16, 1);
            stolen += events[i].argument & 0xffff;
        }
    assert_int_equal(stolen, 7);
    assert_int_equal(lost, 0);
}

static void a_slow_reader_learns_what_it_lost(void **state)
{
    struct fixture *f = *state;
    ps_probe_thread_begin(&f->worker); /* one event */
    const uint64_t written = 3 * PS_RING_SLOTS;
    for (uint64_t i = 1; i < written; i++)
        ps_probe_event(&f->worker, PS_EVENT_WAKE, (uint32_t)(i & 0xffffff));
    static struct ps_event events[PS_RING_SLOTS];
    uint64_t next = 0, lost = 0;
    size_t n = ps_ring_read(f->segment, 0, &next, events, PS_RING_SLOTS, &lost);
    assert_int_equal(n + lost, written);
    assert_int_equal(next, written);
    assert_int_equal(events[n - 1].argument, written - 1);
    for (size_t i = 1; i < n; i++)
        assert_int_equal(events[i].argument, events[i - 1].argument + 1);
    assert_int_equal(ps_ring_read(f->segment, 0, &next, events, PS_RING_SLOTS, &lost), 0);
}

static void tasks_that_end_in_the_queue_are_not_queued(void **state)
{
    struct fixture *f = *state;
    ps_probe_thread_begin(&f->worker);
    struct ps_stamp stamp = {.type = 0};
    for (int i = 0; i < 3; i++)
        ps_probe_submitted(&f->outside, &stamp);
    ps_probe_unstarted(&f->worker);
    ps_probe_end(&f->worker, &stamp, PS_TIMED_OUT);
    ps_probe_start(&f->worker, &stamp);
    look(f);
    assert_int_equal(f->snapshot->in_flight, 2);
    assert_int_equal(f->snapshot->queued, 1);
    ps_probe_thread_end(&f->worker);
}

/* A reader that comes between two words of a state change may see a state's length twice, or miss
 * it. */
static void no_state_lasts_longer_than_the_clock_says(void **state)
{
    struct fixture *f = *state;
    ps_probe_thread_begin(&f->worker);
    ps_probe_state(&f->worker, PS_STATE_RUN, 0);
    look(f);
    const struct ps_worker_view *worker = &f->snapshot->worker[0];
    uint64_t at_ns = f->snapshot->at_ns, run_ns = worker->time_ns[PS_STATE_RUN];
    struct ps_cell *cell = ps_segment_cell(f->segment, 0);
    atomic_fetch_add(&cell->time_ns[PS_STATE_RUN], 10 * (uint64_t)PS_NS_PER_S);
    look(f);
    assert_true(worker->time_ns[PS_STATE_RUN] - run_ns <= f->snapshot->at_ns - at_ns);
    atomic_fetch_sub(&cell->time_ns[PS_STATE_RUN], 10 * (uint64_t)PS_NS_PER_S);
    run_ns = worker->time_ns[PS_STATE_RUN];
    atomic_store(&cell->now, ps_state_word(PS_STATE_IDLE, 0, f->snapshot->at_ns));
    look(f);
    assert_int_equal(worker->time_ns[PS_STATE_RUN], run_ns);
    ps_probe_thread_end(&f->worker);
}

struct race {
    struct fixture *f;
    _Atomic int stop;
};

static void *keep_running_tasks(void *arg)
{
    struct race *race = arg;
    ps_probe_thread_begin(&race->f->worker);
    while (!atomic_load(&race->stop))
        for (int i = 0; i < 100; i++)
            run_task(race->f, i % 2, PS_COMPLETED);
    ps_probe_thread_end(&race->f->worker);
    return NULL;
}

static void no_snapshot_has_more_ends_than_starts_or_submissions(void **state)
{
    struct fixture *f = *state;
    struct race race = {.f = f};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, keep_running_tasks, &race), 0);
    static struct ps_event events[1024];
    uint64_t next = 0, lost = 0;
    for (int i = 0; i < 2000; i++) {
        look(f);
        const struct ps_totals *t = &f->snapshot->totals;
        assert_true(ps_totals_ended(t) <= t->started);
        assert_true(t->started <= t->submitted);
        size_t n = ps_ring_read(f->segment, 0, &next, events, 1024, &lost);
        for (size_t k = 0; k < n; k++)
            assert_in_range(events[k].kind, PS_EVENT_START, PS_EVENT_SPAWN);
    }
    atomic_store(&race.stop, 1);
    pthread_join(thread, NULL);
    look(f);
    assert_true(ps_totals_conserved(&f->snapshot->totals));
}

static void *submit_from_outside(void *arg)
{
    struct fixture *f = arg;
    struct ps_stamp stamp = {.intended_ns = 1};
    for (int i = 0; i < 10000; i++) {
        ps_probe_submitted(&f->outside, &stamp);
        ps_probe_start(&f->outside, &stamp);
        ps_probe_end(&f->outside, &stamp, PS_COMPLETED);
    }
    return NULL;
}

static void outside_threads_lose_no_count(void **state)
{
    struct fixture *f = *state;
    pthread_t thread[4];
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, submit_from_outside, f), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(thread[i], NULL);
    look(f);
    assert_int_equal(f->snapshot->totals.submitted, 40000);
    assert_int_equal(f->snapshot->totals.ended[PS_COMPLETED], 40000);
    assert_int_equal(f->snapshot->latency.service.count, 40000);
}

/* Short tasks: one in 64 is timed, none, or all, from the window after the switch on. */
static void the_level_says_what_is_recorded(void **state)
{
    struct fixture *f = *state;
    const struct {
        enum ps_probes level;
        uint64_t least, most;
    } expected[] = {{PS_PROBES_OFF, 0, 0},
                    {PS_PROBES_FULL, PS_PROBE_WINDOW, PS_PROBE_WINDOW},
                    {PS_PROBES_COUNTERS, 1, PS_PROBE_WINDOW}};
    ps_probe_thread_begin(&f->worker);
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        atomic_store(&f->segment->probes, expected[i].level);
        for (unsigned task = 0; task < PS_PROBE_WINDOW; task++)
            run_task(f, 0, PS_COMPLETED);
        look(f);
        uint64_t timed = f->snapshot->type[0].timed, done = f->snapshot->totals.ended[PS_COMPLETED];
        for (unsigned task = 0; task < PS_PROBE_WINDOW; task++)
            run_task(f, 0, PS_COMPLETED);
        look(f);
        timed = f->snapshot->type[0].timed - timed;
        assert_in_range(timed, expected[i].least, expected[i].most);
        assert_int_equal(f->snapshot->totals.ended[PS_COMPLETED] - done, PS_PROBE_WINDOW);
        assert_int_equal(f->snapshot->probes, expected[i].level);
    }
    ps_probe_thread_end(&f->worker);
}

static void a_worker_says_where_its_task_is(void **state)
{
    struct fixture *f = *state;
    ps_probe_thread_begin(&f->worker);
    ps_probe_state(&f->worker, PS_STATE_RUN, 1);
    ps_probe_doing(f->segment, 0, ps_doing_word(4000000000u, 1, 2, 70000));
    look(f);
    assert_int_equal(f->snapshot->worker[0].step, 3);
    assert_int_equal(f->snapshot->worker[0].task, 4000000000u);
    assert_int_equal(f->snapshot->worker[0].children, 65535);
    ps_probe_state(&f->worker, PS_STATE_RUN, 0); /* the word is of a task before */
    look(f);
    assert_int_equal(f->snapshot->worker[0].step, 0);
}

static void who_holds_a_lock_is_known(void **state)
{
    struct fixture *f = *state;
    const struct ps_lock_view *lock = &f->snapshot->lock[1];
    atomic_store(&f->segment->locks, 2);
    ps_probe_lock_taken(f->segment, 1, ps_holder_word(7, 1, 0));
    ps_probe_lock_wait(f->segment, 1, true);
    ps_probe_lock_wait(f->segment, 1, true);
    look(f);
    uint64_t first_ns = f->snapshot->at_ns;
    assert_int_equal(f->snapshot->locks, 2);
    assert_true(lock->holder.held);
    assert_int_equal(lock->holder.worker, 0);
    assert_int_equal(lock->holder.type, 1);
    assert_int_equal(lock->holder.task, 7);
    assert_int_equal(lock->holder.since_ns, first_ns);
    assert_int_equal(lock->waiting, 2);
    look(f);
    assert_int_equal(lock->holder.since_ns, first_ns); /* the same since then */
    ps_probe_lock_free(f->segment, 1);
    ps_probe_lock_wait(f->segment, 1, false);
    ps_probe_lock_taken(f->segment, 1, ps_holder_word(7, 1, -1)); /* again, by no worker */
    look(f);
    assert_true(lock->holder.since_ns > first_ns);
    assert_int_equal(lock->holder.worker, -1);
    assert_int_equal(lock->taken, 2);
    assert_int_equal(lock->waiting, 1);
    ps_probe_lock_free(f->segment, 1);
    look(f);
    assert_false(lock->holder.held);
}

/* They may begin on one worker and go on on another, or on none. */
static void tasks_that_wait_are_counted_by_step(void **state)
{
    struct fixture *f = *state;
    ps_probe_thread_begin(&f->worker);
    for (unsigned i = 0; i < 3; i++)
        ps_probe_step_wait(f->segment, 0, 1, 31, true);
    ps_probe_step_wait(f->segment, 2, 1, 31, false);
    ps_probe_step_wait(f->segment, 2, 0, 0, true);
    look(f);
    assert_int_equal(f->snapshot->type[1].waiting_at[31], 2);
    assert_int_equal(f->snapshot->type[0].waiting_at[0], 1);
    assert_int_equal(f->snapshot->type[0].waiting_at[31], 0);
}

static void latencies_are_known_by_worker_and_type(void **state)
{
    struct fixture *f = *state;
    ps_probe_thread_begin(&f->worker);
    for (unsigned i = 0; i < 10; i++)
        run_task(f, 1, PS_COMPLETED);
    look(f);
    const struct ps_worker_view *worker = &f->snapshot->worker[0];
    const struct ps_type_view *type = &f->snapshot->type[1];
    uint64_t steps = 0;
    assert_int_equal(worker->timed, 10);
    assert_int_equal(type->timed, 10);
    assert_true(worker->service_max_ns > 0);
    assert_int_equal(worker->service_max_ns, type->service_max_ns);
    assert_int_equal(worker->service_p99_ns, type->service_p99_ns);
    assert_int_equal(worker->queueing_p50_ns, type->queueing_p50_ns);
    for (unsigned i = 0; i < PS_HIST_STEPS; i++)
        steps += type->spread[i];
    assert_int_equal(steps, 10);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(every_outcome_is_counted_once),
        TEST(short_tasks_are_sampled_and_it_says_so),
        TEST(time_in_states_adds_up_to_the_life_of_the_thread),
        TEST(a_busy_worker_is_not_stuck_in_one_task),
        TEST(steals_go_into_row_column_and_ring),
        TEST(a_slow_reader_learns_what_it_lost),
        TEST(no_snapshot_has_more_ends_than_starts_or_submissions),
        TEST(outside_threads_lose_no_count),
        TEST(tasks_that_end_in_the_queue_are_not_queued),
        TEST(no_state_lasts_longer_than_the_clock_says),
        TEST(the_level_says_what_is_recorded),
        TEST(a_worker_says_where_its_task_is),
        TEST(who_holds_a_lock_is_known),
        TEST(tasks_that_wait_are_counted_by_step),
        TEST(latencies_are_known_by_worker_and_type),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
