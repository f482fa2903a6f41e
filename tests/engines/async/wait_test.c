/* Every kind of wait: what ends it, with which result. */
#include "kit.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engines/sync.h"

/* ---- sleeping ---- */

enum { SLEEPERS = 10000 };

static struct ps_wait *sleep_until_cancelled(struct job *job)
{
    if (job->phase == 0) {
        sem_post(&job->rig->event);
        return job_until(job, PS_NEVER - 1);
    }
    CHECK(job->wait.result == PS_ECANCELED);
    return NULL;
}

static void ten_thousand_sleep_at_once(void **state)
{
    (void)state;
    struct rig rig;
    rig_open(&rig, 2);
    struct ps_engine_config config = rig_config(&rig, 2, 64);
    rig_start(&rig, &config);
    struct job *jobs = calloc(SLEEPERS, sizeof *jobs);
    assert_non_null(jobs);
    for (int i = 0; i < SLEEPERS; i++) {
        job_init(&jobs[i], &rig, sleep_until_cancelled, NULL);
        job_submit(&jobs[i]);
    }
    rig_await(&rig, SLEEPERS);
    assert_int_equal(rig.running, SLEEPERS);
    for (int i = 0; i < SLEEPERS; i++)
        ps_task_cancel(&jobs[i].task);
    rig_close(&rig, PS_CLOSE_DRAIN);
    assert_int_equal(rig.outcome[PS_CANCELLED], SLEEPERS);
    free(jobs);
}

static struct ps_wait *sleep_a_little(struct job *job)
{
    uint64_t now_ns = ps_now_ns();
    if (job->phase > 0) {
        CHECK(job->wait.result == PS_OK);
        CHECK(now_ns >= job->wait.until_ns);
    }
    return job->phase < 5 ? job_until(job, now_ns + 1000 * (job->number * 37 % 5000)) : NULL;
}

static void sleeps_never_end_early(void **state)
{
    (void)state;
    struct rig rig;
    rig_open(&rig, 2);
    struct ps_engine_config config = rig_config(&rig, 2, 64);
    rig_start(&rig, &config);
    for (unsigned i = 0; i < 2000; i++) {
        struct job *job = job_new(&rig, sleep_a_little, NULL);
        job->number = i;
        job_submit(job);
    }
    rig_close(&rig, PS_CLOSE_DRAIN);
    assert_int_equal(rig.outcome[PS_COMPLETED], 2000);
}

/* ---- descriptors ---- */

struct pipe_end {
    int fd;
    short events;
    uint64_t until_ns;
    enum ps_err expect;
};

static struct ps_wait *wait_for_fd(struct job *job)
{
    struct pipe_end *end = job->arg;
    if (job->phase == 0) {
        sem_post(&job->rig->event);
        return job_fd(job, end->fd, end->events, end->until_ns);
    }
    CHECK(job->wait.result == end->expect);
    return NULL;
}

static void run_fd(struct rig *rig, struct pipe_end *end)
{
    job_submit(job_new(rig, wait_for_fd, end));
    rig_await(rig, 1);
}

static void descriptors(void **state)
{
    (void)state;
    struct rig rig;
    rig_open(&rig, 2);
    struct ps_engine_config config = rig_config(&rig, 2, 64);
    rig_start(&rig, &config);
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    struct pipe_end readable = {pair[0], POLLIN, PS_NEVER, PS_OK};
    struct pipe_end writable = {pair[0], POLLOUT, PS_NEVER, PS_OK};
    struct pipe_end late = {pair[1], POLLIN, 1, PS_ETIMEDOUT};
    struct pipe_end bad = {-1, POLLIN, PS_NEVER, PS_EINVAL};
    int file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    struct pipe_end regular = {file, POLLIN, PS_NEVER, PS_OK};
    for (int i = 0; i < 8; i++) /* several on one descriptor, on both loops, in both directions */
        run_fd(&rig, &readable);
    for (int i = 0; i < 4; i++) {
        run_fd(&rig, &writable);
        run_fd(&rig, &late);
        run_fd(&rig, &bad);
        run_fd(&rig, &regular);
    }
    assert_int_equal(write(pair[1], "x", 1), 1);
    ps_engine_close(rig.engine, PS_CLOSE_DRAIN);
    assert_int_equal(ps_engine_stop(rig.engine, PS_NEVER), PS_OK);
    close(pair[0]);
    close(pair[1]);
    close(file);
    rig_close(&rig, PS_CLOSE_DRAIN);
    assert_int_equal(rig.outcome[PS_COMPLETED], 24);
}

static void hang_up_ends_the_wait(void **state)
{
    (void)state;
    struct rig rig;
    rig_open(&rig, 1);
    struct ps_engine_config config = rig_config(&rig, 1, 64);
    rig_start(&rig, &config);
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    struct pipe_end readable = {pair[0], POLLIN, PS_NEVER, PS_OK};
    run_fd(&rig, &readable);
    close(pair[1]);
    ps_engine_close(rig.engine, PS_CLOSE_DRAIN);
    assert_int_equal(ps_engine_stop(rig.engine, PS_NEVER), PS_OK);
    close(pair[0]);
    rig_close(&rig, PS_CLOSE_DRAIN);
}

/* A number that is closed and comes back, again and again, with and without a word to the engine.
 */
static struct ps_wait *churn(struct job *job)
{
    int *pair = job->arg;
    if (job->phase > 0) {
        CHECK(job->wait.result == PS_OK);
        char byte;
        CHECK(read(pair[0], &byte, 1) == 1);
        if (job->phase % 2)
            ps_engine_forget_fd(job->rig->engine, pair[0]);
        close(pair[0]);
        close(pair[1]);
    }
    if (job->phase == 200)
        return NULL;
    CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) == 0);
    CHECK(write(pair[1], "x", 1) == 1);
    return job_fd(job, pair[0], POLLIN, PS_NEVER);
}

static void descriptor_numbers_come_back(void **state)
{
    (void)state;
    struct rig rig;
    rig_open(&rig, 2);
    struct ps_engine_config config = rig_config(&rig, 2, 64);
    rig_start(&rig, &config);
    int pairs[8][2];
    for (int i = 0; i < 8; i++)
        job_submit(job_new(&rig, churn, pairs[i]));
    rig_close(&rig, PS_CLOSE_DRAIN);
    assert_int_equal(rig.outcome[PS_COMPLETED], 8);
}

/* A number that is closed without a word and is another thread's when the loop ends is not touched by
 * the loop. `gone` and `taken` order nothing, so that ThreadSanitizer sees it if it is. */
struct lost_number {
    int fd;
    _Atomic bool gone, taken, over;
};

static void await_flag(const _Atomic bool *flag)
{
    while (!atomic_load_explicit(flag, memory_order_relaxed))
        sched_yield();
}

static struct ps_wait *lose_number(struct job *job)
{
    struct lost_number *lost = job->arg;
    if (job->phase == 0)
        return job_fd(job, lost->fd, POLLOUT, PS_NEVER);
    CHECK(job->wait.result == PS_OK);
    close(lost->fd);
    atomic_store_explicit(&lost->gone, true, memory_order_relaxed);
    return NULL;
}

static void *take_number(void *arg)
{
    struct lost_number *lost = arg;
    await_flag(&lost->gone);
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    CHECK(fd == lost->fd);
    atomic_store_explicit(&lost->taken, true, memory_order_relaxed);
    await_flag(&lost->over);
    close(fd);
    return NULL;
}

static void a_lost_number_is_let_be(void **state)
{
    (void)state;
    struct rig rig;
    rig_open(&rig, 1);
    struct ps_engine_config config = rig_config(&rig, 1, 64);
    rig_start(&rig, &config);
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    struct lost_number lost = {.fd = pair[0]};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, take_number, &lost), 0);
    job_submit(job_new(&rig, lose_number, &lost));
    await_flag(&lost.taken);
    ps_engine_close(rig.engine, PS_CLOSE_DRAIN);
    assert_int_equal(ps_engine_stop(rig.engine, PS_NEVER), PS_OK);
    atomic_store_explicit(&lost.over, true, memory_order_relaxed);
    pthread_join(thread, NULL);
    close(pair[1]);
    rig_close(&rig, PS_CLOSE_DRAIN);
}

/* What is ready and not wanted must not keep the loop busy: it parks a few times, not all the time. */
static struct ps_wait *ignore_readiness(struct job *job)
{
    enum { FEW = 16 };
    int *pair = job->arg;
    _Atomic uint64_t *parks = &ps_segment_cell(job->rig->segment, 0)->parks;
    if (job->phase == 0)
        return job_fd(job, pair[0], POLLIN, PS_NEVER);
    if (job->phase == 1) {
        job->number = atomic_load(parks);
        return job_until(job, ps_now_ns() + 20 * PS_NS_PER_MS);
    }
    CHECK(atomic_load(parks) - job->number < FEW);
    return NULL;
}

static void unwanted_readiness_is_quiet(void **state)
{
    (void)state;
    struct rig rig;
    rig_open(&rig, 1);
    struct ps_engine_config config = rig_config(&rig, 1, 64);
    rig_start(&rig, &config);
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    assert_int_equal(write(pair[1], "x", 1), 1);
    job_submit(job_new(&rig, ignore_readiness, pair));
    ps_engine_close(rig.engine, PS_CLOSE_DRAIN);
    assert_int_equal(ps_engine_stop(rig.engine, PS_NEVER), PS_OK);
    close(pair[0]);
    close(pair[1]);
    rig_close(&rig, PS_CLOSE_DRAIN);
}

/* ---- join ---- */

static struct ps_wait *tree(struct job *job)
{
    if (job->phase > 0) {
        CHECK(job->wait.result == PS_OK);
        return NULL;
    }
    if (job->number == 0)
        return NULL;
    for (int i = 0; i < 3; i++) {
        struct job *child = job_new(job->rig, tree, NULL);
        child->task.parent = &job->task;
        child->number = job->number - 1;
        job_submit(child);
    }
    return job_join(job);
}

static void a_tree_of_joins(void **state)
{
    (void)state;
    struct rig rig;
    rig_open(&rig, 4);
    struct ps_engine_config config = rig_config(&rig, 4, 4);
    rig_start(&rig, &config);
    struct job *root = job_new(&rig, tree, NULL);
    root->number = 8;
    job_submit(root);
    rig_close(&rig, PS_CLOSE_DRAIN);
    assert_int_equal(rig.ended, (3 * 3 * 3 * 3 * 3 * 3 * 3 * 3 * 3 - 1) / 2);
}

/* ---- semaphores ---- */

static struct ps_mutex lock;
static _Atomic int inside;

struct contender {
    struct job job; /* first */
    struct ps_sync_wait waiter;
    bool holds;
};

static struct ps_wait *contend(struct job *job)
{
    struct contender *self = (struct contender *)job;
    if (self->holds) { /* yielded inside */
        CHECK(atomic_fetch_sub(&inside, 1) == 1);
        self->holds = false;
        ps_mutex_unlock(&lock);
        if (++job->number == 50)
            return NULL;
        if (ps_mutex_begin(&lock, &job->task, &self->waiter, PS_NEVER) != PS_OK)
            return &self->waiter.wait;
    } else if (job->phase == 0) {
        if (ps_mutex_begin(&lock, &job->task, &self->waiter, PS_NEVER) != PS_OK)
            return &self->waiter.wait;
    } else if (ps_sync_again(&self->waiter) != PS_OK) {
        return &self->waiter.wait;
    }
    CHECK(atomic_fetch_add(&inside, 1) == 0);
    self->holds = true;
    return job_yield(job);
}

static void a_lock_between_loops(void **state)
{
    (void)state;
    enum { N = 64 };
    struct rig rig;
    rig_open(&rig, 4);
    struct ps_engine_config config = rig_config(&rig, 4, 64);
    rig_start(&rig, &config);
    ps_mutex_init(&lock);
    static struct contender all[N];
    for (int i = 0; i < N; i++) {
        job_init(&all[i].job, &rig, contend, NULL);
        job_submit(&all[i].job);
    }
    rig_close(&rig, PS_CLOSE_DRAIN);
    assert_int_equal(rig.outcome[PS_COMPLETED], N);
}

/* ---- park ---- */

enum { ROUNDS = 400, PARKED = 32 };

struct parked {
    struct job job; /* first */
    _Atomic uint32_t given;
    bool told;
};

/* Parks until it was given everything, tells, and parks until it is cancelled: its wakers may still
 * be at work. */
static struct ps_wait *consume(struct job *job)
{
    struct parked *self = (struct parked *)job;
    if (job->phase > 0 && job->wait.result == PS_ECANCELED)
        return NULL;
    if (!self->told && atomic_load(&self->given) == ROUNDS) {
        self->told = true;
        sem_post(&job->rig->event);
    }
    return job_park(job, PS_NEVER);
}

static void *produce(void *arg)
{
    struct parked *all = arg;
    for (int round = 0; round < ROUNDS / 2; round++)
        for (int i = 0; i < PARKED; i++) {
            atomic_fetch_add(&all[i].given, 1);
            ps_task_unpark(&all[i].job.task);
        }
    return NULL;
}

static void no_wake_up_is_lost(void **state)
{
    (void)state;
    struct rig rig;
    rig_open(&rig, 2);
    struct ps_engine_config config = rig_config(&rig, 2, 64);
    rig_start(&rig, &config);
    static struct parked all[PARKED];
    for (int i = 0; i < PARKED; i++) {
        job_init(&all[i].job, &rig, consume, NULL);
        job_submit(&all[i].job);
    }
    pthread_t threads[2];
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, produce, all), 0);
    rig_await(&rig, PARKED);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    rig_close(&rig, PS_CLOSE_DISCARD);
}

/* An unpark that comes before the task has started, and one while it runs, end the next park. */
static struct ps_wait *park_twice(struct job *job)
{
    if (job->phase > 0)
        CHECK(job->wait.result == PS_OK);
    if (job->phase == 1)
        ps_task_unpark(&job->task);
    return job->phase < 2 ? job_park(job, PS_NEVER) : NULL;
}

static void an_early_unpark_is_kept(void **state)
{
    (void)state;
    struct rig rig;
    rig_open(&rig, 1);
    struct ps_engine_config config = rig_config(&rig, 1, 64);
    rig_start(&rig, &config);
    assert_int_equal(ps_engine_tune(rig.engine, PS_KNOB_PAUSED, 1), PS_OK);
    struct job job;
    job_init(&job, &rig, park_twice, NULL);
    job_submit(&job);
    ps_task_unpark(&job.task);
    assert_int_equal(ps_engine_tune(rig.engine, PS_KNOB_PAUSED, 0), PS_OK);
    rig_close(&rig, PS_CLOSE_DRAIN);
    assert_int_equal(rig.outcome[PS_COMPLETED], 1);
}

static struct ps_wait *park_to_time_out(struct job *job)
{
    if (job->phase == 0)
        return job_park(job, ps_now_ns() + 1000);
    CHECK(job->wait.result == PS_ETIMEDOUT);
    return NULL;
}

/* Timers and unparks of another thread race for the same parks. */
static struct ps_wait *park_shortly(struct job *job)
{
    if (job->phase > 0 && job->wait.result == PS_ECANCELED)
        return NULL;
    if (++job->number == 500)
        sem_post(&job->rig->event);
    return job_park(job, job->number < 500 ? ps_now_ns() + 20000 : PS_NEVER);
}

static _Atomic bool enough;

static void *unpark_all_the_time(void *arg)
{
    struct job *jobs = arg;
    while (!atomic_load(&enough))
        for (int i = 0; i < PARKED; i++)
            ps_task_unpark(&jobs[i].task);
    return NULL;
}

static void parks_time_out(void **state)
{
    (void)state;
    struct rig rig;
    rig_open(&rig, 2);
    struct ps_engine_config config = rig_config(&rig, 2, 64);
    rig_start(&rig, &config);
    job_submit(job_new(&rig, park_to_time_out, NULL));
    static struct job jobs[PARKED];
    for (int i = 0; i < PARKED; i++) {
        job_init(&jobs[i], &rig, park_shortly, NULL);
        job_submit(&jobs[i]);
    }
    atomic_store(&enough, false);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, unpark_all_the_time, jobs), 0);
    rig_await(&rig, PARKED);
    atomic_store(&enough, true);
    pthread_join(thread, NULL);
    rig_close(&rig, PS_CLOSE_DISCARD);
    assert_int_equal(rig.outcome[PS_CANCELLED], PARKED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ten_thousand_sleep_at_once),
        cmocka_unit_test(sleeps_never_end_early),
        cmocka_unit_test(descriptors),
        cmocka_unit_test(hang_up_ends_the_wait),
        cmocka_unit_test(descriptor_numbers_come_back),
        cmocka_unit_test(a_lost_number_is_let_be),
        cmocka_unit_test(unwanted_readiness_is_quiet),
        cmocka_unit_test(a_tree_of_joins),
        cmocka_unit_test(a_lock_between_loops),
        cmocka_unit_test(no_wake_up_is_lost),
        cmocka_unit_test(an_early_unpark_is_kept),
        cmocka_unit_test(parks_time_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
