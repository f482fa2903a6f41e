/* A million sleepers, and the time to the first instruction. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "bench.h"
#include "engines/green/green.h"

static _Alignas(128) _Atomic long done;
static long target, base_kb;
static double over_seconds;

struct sleeper {
    struct ps_task task;
    struct ps_wait wait;
    bool slept;
};

static void released(struct ps_task *task)
{
    (void)task;
    bench_done(&done, target);
}

static struct ps_wait *sleeper_step(struct ps_task *task)
{
    struct sleeper *self = (struct sleeper *)task;
    if (self->slept)
        return NULL;
    self->slept = true;
    self->wait = (struct ps_wait){
        .kind = PS_WAIT_UNTIL, .why = PS_STATE_SLEEP, .until_ns = ps_now_ns() + PS_NS_PER_S};
    return &self->wait;
}

static void sleeper_run(struct ps_task *task)
{
    ps_wait(task, sleeper_step(task));
}

static void sleeper_run_deep(struct ps_task *task)
{
    ps_green_sleep(task, ps_now_ns() + PS_NS_PER_S);
}

/* Memory of the tasks themselves counts. */
static double sleepers(struct bench *bench, const struct ps_body *body)
{
    if (!bench_engine(bench, (size_t)bench->n, PS_ON_FULL_BLOCK) || !bench_parks(bench) ||
        (!body->step && !(bench->policy->traits & PS_TRAIT_DIRECT)))
        return -1;
    base_kb = bench_status_kb("VmRSS:");
    target = bench->n;
    double begun = bench_now();
    struct sleeper *task = malloc((size_t)bench->n * sizeof *task);
    for (long i = 0; task && i < bench->n; i++) {
        ps_task_init(&task[i].task, body, (uint32_t)i, 0);
        task[i].slept = false;
        if (ps_submit(bench->engine, &task[i].task, PS_NEVER) != PS_OK)
            return 0;
    }
    if (!task)
        return 0;
    bench_await(&done, bench->n);
    free(task);
    over_seconds = bench_now() - begun - 1;
    bench_once(&bench->rounds, over_seconds + 1);
    return (double)bench->n;
}

/* Direct style, where the engine has it: a sleeper keeps its stack. */
double bench_sleepers(struct bench *bench)
{
    static const struct ps_body body = {
        .name = "sleeper", .run = sleeper_run, .step = sleeper_step, .release = released};
    return sleepers(bench, &body);
}

double bench_sleepers_deep(struct bench *bench)
{
    static const struct ps_body body = {
        .name = "sleeper", .run = sleeper_run_deep, .release = released};
    return sleepers(bench, &body);
}

double bench_sleepers_steps(struct bench *bench)
{
    static const struct ps_body body = {
        .name = "sleeper", .step = sleeper_step, .release = released};
    return sleepers(bench, &body);
}

void bench_extra_sleepers(const struct bench *bench)
{
    printf(",\"over_s\":%.4f,\"bytes_per_task\":%.0f", over_seconds,
           (double)(bench_status_kb("VmHWM:") - base_kb) * 1024 / (double)bench->n);
}

/* ---- wake ---- */

struct woken {
    struct ps_task task;
    uint64_t submitted_ns, latency_ns;
};
static struct woken *woken;
static double idle_share;

static struct ps_wait *woken_step(struct ps_task *task)
{
    struct woken *self = (struct woken *)task;
    self->latency_ns = ps_now_ns() - self->submitted_ns;
    return NULL;
}

static const struct ps_body woken_body = {.name = "woken", .step = woken_step, .release = released};

static void sleep_until(uint64_t ns)
{
    struct timespec until = ps_timespec(ns);
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) != 0)
        ;
}

double bench_wake(struct bench *bench)
{
    if (!bench_engine(bench, 64, PS_ON_FULL_BLOCK))
        return -1;
    woken = calloc((size_t)bench->n, sizeof *woken);
    if (!woken)
        return 0;
    target = bench->n;
    uint64_t tick = ps_now_ns() + 50 * (uint64_t)PS_NS_PER_MS;
    sleep_until(tick);
    double cpu = bench_cpu();
    sleep_until(tick += PS_NS_PER_S);
    idle_share = bench_cpu() - cpu;
    double begun = bench_now();
    for (long i = 0; i < bench->n; i++) {
        sleep_until(tick += PS_NS_PER_MS);
        ps_task_init(&woken[i].task, &woken_body, (uint32_t)i, 0);
        woken[i].submitted_ns = ps_now_ns();
        if (ps_submit(bench->engine, &woken[i].task, PS_NEVER) != PS_OK)
            return 0;
    }
    bench_await(&done, bench->n);
    bench_once(&bench->rounds, bench_now() - begun);
    return (double)bench->n;
}

static int ascending(const void *a, const void *b)
{
    uint64_t x = ((const struct woken *)a)->latency_ns, y = ((const struct woken *)b)->latency_ns;
    return (x > y) - (x < y);
}

void bench_extra_wake(const struct bench *bench)
{
    size_t n = (size_t)bench->n;
    qsort(woken, n, sizeof *woken, ascending);
    printf(",\"p50_ns\":%lu,\"p90_ns\":%lu,\"p99_ns\":%lu,\"max_ns\":%lu,\"idle_cpu\":%.5f",
           (unsigned long)woken[n / 2].latency_ns, (unsigned long)woken[n * 9 / 10].latency_ns,
           (unsigned long)woken[n * 99 / 100].latency_ns, (unsigned long)woken[n - 1].latency_ns,
           idle_share);
}
