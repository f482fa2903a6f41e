/* resize_soak RESIZES [ENGINE[:POLICY]]: changes the worker count 1..64 at random, as fast as the
 * engine takes it, while a producer keeps the queue full of tasks that compute, yield, sleep and
 * spawn. At the end everything must be accounted for, and every task must have run exactly once.
 * One line an engine; exit 1 if one of them lost, doubled or kept a task. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/rng.h"
#include "engines/engine.h"
#include "metrics/snapshot.h"

enum { MAX_WORKERS = 64, SLEEP_US = 200 };

struct soak {
    struct ps_engine *engine;
    _Atomic uint64_t made, ran, released, twice;
    _Atomic int stop;
};

struct work {
    struct ps_task task;
    struct soak *soak;
    struct ps_wait wait;
    unsigned phase;
    _Atomic unsigned runs;
};

static const struct ps_body body;

static struct work *make(struct soak *soak, struct ps_task *parent, uint32_t id)
{
    struct work *work = calloc(1, sizeof *work);
    if (!work)
        abort();
    ps_task_init(&work->task, &body, id, 0);
    work->task.parent = parent;
    work->soak = soak;
    atomic_fetch_add(&soak->made, 1);
    return work;
}

static struct ps_wait *wait_for(struct work *work, struct ps_wait wait)
{
    work->wait = wait;
    return &work->wait;
}

/* A yield, a sleep or two children and a join, by the task's number; children only compute. */
static struct ps_wait *step(struct ps_task *task)
{
    struct work *work = (struct work *)task;
    if (work->phase++ > 0 || ps_task_stopping(task, 0)) {
        if (work->wait.result == PS_ECANCELED)
            ps_task_give_up(task);
        return NULL;
    }
    if (atomic_fetch_add(&work->runs, 1) != 0)
        atomic_fetch_add(&work->soak->twice, 1);
    atomic_fetch_add(&work->soak->ran, 1);
    if (task->parent)
        return NULL;
    switch (task->stamp.id % 8) {
    case 0:
        return wait_for(work, (struct ps_wait){.kind = PS_WAIT_YIELD, .why = PS_STATE_RUN});
    case 1:
        return wait_for(work, (struct ps_wait){.kind = PS_WAIT_UNTIL,
                                               .why = PS_STATE_SLEEP,
                                               .until_ns = ps_now_ns() + SLEEP_US * 1000u});
    case 2:
        for (uint32_t i = 0; i < 2; i++) {
            struct work *child = make(work->soak, task, i);
            if (ps_submit(task->engine, &child->task, 0) != PS_OK) {
                atomic_fetch_add(&work->soak->released, 1);
                free(child);
            }
        }
        return NULL;
    default:
        return NULL;
    }
}

static void release(struct ps_task *task)
{
    struct work *work = (struct work *)task;
    atomic_fetch_add(&work->soak->released, 1);
    free(work);
}

static const struct ps_body body = {.name = "soak", .step = step, .release = release};

static void *produce(void *arg)
{
    struct soak *soak = arg;
    for (uint32_t id = 0; !atomic_load(&soak->stop); id++) {
        struct work *work = make(soak, NULL, id);
        if (ps_submit(soak->engine, &work->task, PS_NEVER) != PS_OK) {
            atomic_fetch_add(&soak->released, 1);
            free(work);
        }
    }
    return NULL;
}

static bool soak_one(const struct ps_engine_ops *ops, const struct ps_policy *policy,
                     unsigned resizes)
{
    static const char *const names[] = {"soak"};
    static struct ps_snapshot snapshot;
    int fd;
    struct ps_segment *segment;
    struct soak soak = {.stop = 0};
    if (ps_segment_create(MAX_WORKERS, 1, names, &fd, &segment) != PS_OK)
        return false;
    struct ps_engine_config config = {.policy = policy,
                                      .workers = 4,
                                      .queue = 256,
                                      .on_full = PS_ON_FULL_BLOCK,
                                      .stealing = true,
                                      .help = true,
                                      .seed = 1,
                                      .segment = segment};
    if (ps_engine_create(ops, &config, &soak.engine) != PS_OK ||
        ps_engine_start(soak.engine) != PS_OK)
        return false;
    pthread_t producer;
    pthread_create(&producer, NULL, produce, &soak);
    struct ps_rng rng = ps_rng_make(7, 0);
    uint64_t begin_ns = ps_now_ns();
    unsigned done = 0, refused = 0;
    for (; done < resizes; done++) {
        unsigned workers = 1 + ps_rng_below(&rng, MAX_WORKERS);
        enum ps_err err = ps_engine_resize(soak.engine, workers);
        refused += err != PS_OK;
        /* Let some work pass between two changes. */
        uint64_t ran = atomic_load(&soak.ran);
        while (atomic_load(&soak.ran) == ran &&
               ps_now_ns() - begin_ns < 300 * (uint64_t)PS_NS_PER_S)
            sched_yield();
    }
    atomic_store(&soak.stop, 1);
    ps_engine_close(soak.engine, PS_CLOSE_DRAIN);
    pthread_join(producer, NULL);
    enum ps_err stopped = ps_engine_stop(soak.engine, ps_now_ns() + 30 * (uint64_t)PS_NS_PER_S);
    double seconds = (double)(ps_now_ns() - begin_ns) * 1e-9;
    ps_snapshot_take(&snapshot, segment, ps_now_ns(), false);
    bool ok = stopped == PS_OK && ps_totals_conserved(&snapshot.totals) &&
              atomic_load(&soak.twice) == 0 &&
              atomic_load(&soak.made) == atomic_load(&soak.released) &&
              snapshot.totals.ended[PS_COMPLETED] == atomic_load(&soak.ran);
    printf("%-10s %-9s %u resizes in %.1f s (%u refused), %llu tasks: %s\n", ops->name,
           policy->name, done, seconds, refused, (unsigned long long)atomic_load(&soak.ran),
           ok                 ? "conserved, none twice, none kept"
           : stopped == PS_OK ? "LOST OR DOUBLED"
                              : "DOES NOT STOP");
    fflush(stdout);
    if (stopped == PS_OK)
        ps_engine_destroy(soak.engine);
    ps_segment_unmap(segment);
    close(fd);
    return ok;
}

int main(int argc, char **argv)
{
    unsigned resizes = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 1000;
    const char *only = argc > 2 ? argv[2] : NULL;
    bool ok = true;
    for (const struct ps_engine_ops *const *e = ps_engines; *e; e++)
        for (const struct ps_policy *p = (*e)->policies; p->name; p++) {
            char name[80];
            if (p->traits & PS_TRAIT_PROCESSES)
                continue; /* bodies of this test use its memory */
            snprintf(name, sizeof name, "%s:%s", (*e)->name, p->name);
            if (only && strncmp(name, only, strlen(only)) != 0)
                continue;
            if (p->fixed) {
                printf("%s: fixed worker count: %s\n", name, p->fixed);
                continue;
            }
            ok = soak_one(*e, p, resizes) && ok;
        }
    return ok ? 0 : 1;
}
