#include "kit.h"

#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <string.h>

static int descriptors_before;

int open_descriptors(void)
{
    int n = 0;
    DIR *dir = opendir("/proc/self/fd");
    assert_non_null(dir);
    while (readdir(dir))
        n++;
    closedir(dir);
    return n;
}

struct ps_engine_config rig_config(struct rig *rig, unsigned workers, size_t queue)
{
    return (struct ps_engine_config){.workers = workers, .queue = queue, .segment = rig->segment};
}

/* libuv opens two descriptors for the process when its first loop is made, and keeps them. */
static void warm_up(struct rig *rig)
{
    struct ps_engine_config config = rig_config(rig, 1, 1);
    struct ps_engine *engine;
    assert_int_equal(ps_engine_create(ps_engine_find("async"), &config, &engine), PS_OK);
    ps_engine_destroy(engine);
}

void rig_open(struct rig *rig, unsigned slots)
{
    static const char *const types[] = {"job"};
    memset(rig, 0, sizeof *rig);
    assert_int_equal(posix_memalign((void **)&rig->segment, 128, ps_segment_bytes(slots, 1)), 0);
    memset(rig->segment, 0, ps_segment_bytes(slots, 1));
    ps_segment_init(rig->segment, slots, 1, types);
    sem_init(&rig->event, 0, 0);
    warm_up(rig);
    descriptors_before = open_descriptors();
}

void rig_start(struct rig *rig, const struct ps_engine_config *config)
{
    const struct ps_engine_ops *ops = ps_engine_find("async");
    assert_non_null(ops);
    assert_int_equal(ps_engine_create(ops, config, &rig->engine), PS_OK);
    assert_int_equal(ps_engine_start(rig->engine), PS_OK);
}

void rig_close(struct rig *rig, enum ps_close how)
{
    ps_engine_close(rig->engine, how);
    assert_int_equal(ps_engine_stop(rig->engine, PS_NEVER), PS_OK);
    ps_engine_destroy(rig->engine);
    uint64_t submitted = 0, ended = 0;
    for (unsigned slot = 0; slot <= rig->segment->slots; slot++) {
        struct ps_cell *cell = ps_segment_cell(rig->segment, slot);
        submitted += cell->submitted;
        for (unsigned i = 0; i < PS_OUTCOME_COUNT; i++)
            ended += i == PS_REFUSED ? 0 : cell->ended[i];
        assert_int_equal(cell->queue_depth, 0);
        if (slot < rig->segment->slots)
            assert_int_equal(ps_state_of(cell->now), PS_STATE_OFF);
        submitted -= cell->ended[PS_REFUSED];
    }
    for (unsigned why = 0; why < PS_STATE_COUNT; why++)
        assert_int_equal(rig_waiting(rig, (enum ps_state)why), 0);
    assert_int_equal(submitted, ended);
    assert_int_equal(rig->ended, ended);
    assert_int_equal(rig->released, ended);
    assert_int_equal(rig->twice, 0);
    assert_int_equal(rig->running, 0);
    assert_int_equal(open_descriptors(), descriptors_before);
    sem_destroy(&rig->event);
    free(rig->segment);
}

static struct ps_wait *body_step(struct ps_task *task)
{
    struct job *job = (struct job *)task;
    struct rig *rig = job->rig;
    if (job->phase == 0) {
        uint64_t now = atomic_fetch_add(&rig->running, 1) + 1;
        uint64_t most = atomic_load(&rig->most_running);
        while (most < now && !atomic_compare_exchange_weak(&rig->most_running, &most, now))
            ;
    }
    struct ps_wait *wait = job->step(job);
    job->phase++;
    if (!wait) {
        atomic_fetch_sub(&rig->running, 1);
        if (ps_task_stopping(task, 0) != PS_STOP_NOT)
            ps_task_give_up(task);
    }
    return wait;
}

static void body_ended(struct ps_task *task)
{
    struct job *job = (struct job *)task;
    if (atomic_fetch_add(&job->ends, 1) > 0)
        atomic_fetch_add(&job->rig->twice, 1);
    atomic_fetch_add(&job->rig->outcome[task->outcome], 1);
    atomic_fetch_add(&job->rig->ended, 1);
}

static void body_release(struct ps_task *task)
{
    struct job *job = (struct job *)task;
    struct rig *rig = job->rig;
    if (job->owned)
        free(job);
    atomic_fetch_add(&rig->released, 1);
}

static const struct ps_body body = {
    .name = "job",
    .step = body_step,
    .ended = body_ended,
    .release = body_release,
};

void job_init(struct job *job, struct rig *rig, job_step *step, void *arg)
{
    memset(job, 0, sizeof *job);
    ps_task_init(&job->task, &body, 0, 0);
    job->rig = rig;
    job->step = step;
    job->arg = arg;
}

struct job *job_new(struct rig *rig, job_step *step, void *arg)
{
    struct job *job = malloc(sizeof *job);
    assert_non_null(job);
    job_init(job, rig, step, arg);
    job->owned = true;
    return job;
}

void job_submit(struct job *job)
{
    CHECK(ps_submit(job->rig->engine, &job->task, PS_NEVER) == PS_OK);
}

struct ps_wait *job_until(struct job *job, uint64_t until_ns)
{
    job->wait =
        (struct ps_wait){.kind = PS_WAIT_UNTIL, .why = PS_STATE_SLEEP, .until_ns = until_ns};
    return &job->wait;
}

struct ps_wait *job_park(struct job *job, uint64_t until_ns)
{
    job->wait = (struct ps_wait){.kind = PS_WAIT_PARK, .why = PS_STATE_LOCK, .until_ns = until_ns};
    return &job->wait;
}

struct ps_wait *job_fd(struct job *job, int fd, short events, uint64_t until_ns)
{
    job->wait = (struct ps_wait){
        .kind = PS_WAIT_FD, .why = PS_STATE_NET, .until_ns = until_ns, .fd = fd, .events = events};
    return &job->wait;
}

struct ps_wait *job_join(struct job *job)
{
    job->wait = (struct ps_wait){.kind = PS_WAIT_JOIN, .why = PS_STATE_JOIN, .until_ns = PS_NEVER};
    return &job->wait;
}

struct ps_wait *job_yield(struct job *job)
{
    job->wait = (struct ps_wait){.kind = PS_WAIT_YIELD, .why = PS_STATE_RUN, .until_ns = PS_NEVER};
    return &job->wait;
}

struct ps_wait *job_call(struct job *job, void (*call)(void *), void *arg)
{
    job->wait = (struct ps_wait){.kind = PS_WAIT_CALL,
                                 .why = PS_STATE_BLOCK,
                                 .until_ns = PS_NEVER,
                                 .call = call,
                                 .call_arg = arg};
    return &job->wait;
}

void rig_await(struct rig *rig, uint64_t n)
{
    while (n-- > 0)
        while (sem_wait(&rig->event) != 0)
            assert_int_equal(errno, EINTR);
}

uint64_t rig_started(struct rig *rig)
{
    uint64_t sum = 0;
    for (unsigned slot = 0; slot <= rig->segment->slots; slot++)
        sum += ps_segment_cell(rig->segment, slot)->started;
    return sum;
}

uint64_t rig_waiting(struct rig *rig, enum ps_state why)
{
    uint64_t sum = 0;
    for (unsigned slot = 0; slot <= rig->segment->slots; slot++) {
        struct ps_cell *cell = ps_segment_cell(rig->segment, slot);
        sum += cell->wait_begin[why] - cell->wait_end[why];
    }
    return sum;
}

uint64_t rig_queued(struct rig *rig)
{
    uint64_t sum = 0;
    for (unsigned slot = 0; slot < rig->segment->slots; slot++)
        sum += ps_segment_cell(rig->segment, slot)->queue_depth;
    return sum;
}

void rig_await_queued(struct rig *rig, uint64_t n)
{
    while (rig_queued(rig) != n)
        sched_yield();
}
