/* The engine under test, and waiting for it. The waiter sleeps on a condition, as the peers' do, and
 * is woken once a round. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;

bool bench_engine(struct bench *bench, size_t queue, enum ps_on_full on_full)
{
    static const char *const types[] = {"bench"};
    char name[64];
    snprintf(name, sizeof name, "%s", bench->peer);
    char *policy = strchr(name, ':');
    if (policy)
        *policy++ = '\0';
    const struct ps_engine_ops *ops = ps_engine_find(name);
    const struct ps_policy *found = ops ? ps_policy_find(ops, policy) : NULL;
    int fd;
    if (!found || ps_segment_create(bench->workers, 1, types, &fd, &bench->segment) != PS_OK)
        return false;
    close(fd);
    bench->policy = found;
    struct ps_engine_config config = {.policy = found,
                                      .workers = bench->workers,
                                      .queue = queue,
                                      .on_full = on_full,
                                      .stealing = true,
                                      .help = true,
                                      .seed = 1,
                                      .segment = bench->segment};
    return ps_engine_create(ops, &config, &bench->engine) == PS_OK &&
           ps_engine_start(bench->engine) == PS_OK;
}

bool bench_parks(const struct bench *bench)
{
    return (bench->policy->traits & PS_TRAIT_PARKS_TASKS) != 0;
}

bool bench_joins(const struct bench *bench)
{
    return bench_parks(bench) || (bench->policy->traits & PS_TRAIT_HELPS) != 0;
}

bool bench_waits(const struct bench *bench, unsigned tasks)
{
    return bench_parks(bench) || bench->workers >= tasks;
}

void bench_await(_Atomic long *word, long value)
{
    pthread_mutex_lock(&lock);
    while (atomic_load(word) < value)
        pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
}

void bench_done(_Atomic long *word, long value)
{
    if (atomic_fetch_add(word, 1) + 1 < value)
        return;
    pthread_mutex_lock(&lock);
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

static _Atomic long inside_ended;
static const struct ps_body *inside_body;

static void inside_run(struct ps_task *task)
{
    inside_body->run(task);
}

static struct ps_wait *inside_step(struct ps_task *task)
{
    return inside_body->step(task);
}

static void inside_released(struct ps_task *task)
{
    (void)task;
    bench_done(&inside_ended, 1);
}

bool bench_inside(struct bench *bench, const struct ps_body *body, void *user)
{
    static struct ps_body wrapped;
    struct ps_task task;
    inside_body = body;
    wrapped = (struct ps_body){.name = "bench",
                               .run = body->run ? inside_run : NULL,
                               .step = body->step ? inside_step : NULL,
                               .release = inside_released};
    ps_task_init(&task, &wrapped, 1, 0);
    task.user = user;
    atomic_store(&inside_ended, 0);
    if (ps_submit(bench->engine, &task, PS_NEVER) != PS_OK)
        return false;
    bench_await(&inside_ended, 1);
    return true;
}
