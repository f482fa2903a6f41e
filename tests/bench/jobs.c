/* Jobs: calls that end at once; an atomic add each, as in the peers. */
#include <pthread.h>
#include <stdlib.h>

#include "bench.h"

enum { QUEUE = 65536, PRODUCERS = 8 };

static _Alignas(128) _Atomic long done;
static long target;
static bool refused; /* the running link's */
static struct ps_engine *engine;

static void hit(void *unused)
{
    (void)unused;
    bench_done(&done, target);
}

static bool can(struct bench *bench, enum ps_on_full on_full)
{
    if (!bench_engine(bench, QUEUE, on_full))
        return false;
    engine = bench->engine;
    target = 1;
    atomic_store(&done, 0);
    if (ps_job(engine, hit, NULL) != PS_OK)
        return false;
    bench_await(&done, 1);
    target = bench->n;
    return true;
}

static bool submit_some(long count)
{
    for (long i = 0; i < count; i++)
        if (ps_job(engine, hit, NULL) != PS_OK)
            return false;
    return true;
}

double bench_submit(struct bench *bench)
{
    if (!can(bench, PS_ON_FULL_BLOCK))
        return -1;
    bool good = true;
    while (bench_round(&bench->rounds)) {
        atomic_store(&done, 0);
        good &= submit_some(bench->n);
        bench_await(&done, bench->n);
    }
    return good && atomic_load(&done) == bench->n ? (double)bench->n : 0;
}

static struct ps_wait *submit_step(struct ps_task *task)
{
    struct bench *bench = task->user;
    if (!submit_some(bench->n))
        abort();
    return NULL;
}

/* The task submits and ends; its engine runs what is left of the queue. */
double bench_submit_inside(struct bench *bench)
{
    static const struct ps_body body = {.name = "submit", .step = submit_step};
    if (!can(bench, PS_ON_FULL_CALLER_RUNS))
        return -1;
    while (bench_round(&bench->rounds)) {
        atomic_store(&done, 0);
        if (!bench_inside(bench, &body, bench))
            return 0;
        bench_await(&done, bench->n);
    }
    return atomic_load(&done) == bench->n ? (double)bench->n : 0;
}

static void *produce(void *count)
{
    return submit_some(*(long *)count) ? count : NULL;
}

double bench_burst(struct bench *bench)
{
    if (!can(bench, PS_ON_FULL_BLOCK))
        return -1;
    long share = bench->n / PRODUCERS, all = share * PRODUCERS;
    target = all;
    while (bench_round(&bench->rounds)) {
        pthread_t thread[PRODUCERS];
        atomic_store(&done, 0);
        for (int i = 0; i < PRODUCERS; i++)
            pthread_create(&thread[i], NULL, produce, &share);
        for (int i = 0; i < PRODUCERS; i++)
            pthread_join(thread[i], NULL);
        bench_await(&done, all);
    }
    return atomic_load(&done) == all ? (double)all : 0;
}

static void link_run(void *left)
{
    intptr_t more = (intptr_t)left - 1;
    if (more > 0 && ps_job(engine, link_run, (void *)more) != PS_OK) {
        refused = true;
        atomic_fetch_add(&done, (long)more);
    }
    bench_done(&done, target);
}

double bench_chain(struct bench *bench)
{
    if (!can(bench, PS_ON_FULL_BLOCK))
        return -1;
    while (bench_round(&bench->rounds)) {
        atomic_store(&done, 0);
        if (ps_job(engine, link_run, (void *)(intptr_t)bench->n) != PS_OK)
            return 0;
        bench_await(&done, bench->n);
    }
    return refused ? 0 : (double)bench->n;
}
