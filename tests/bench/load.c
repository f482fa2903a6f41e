/* Tasks that compute: many more workers than CPUs, and what probes cost. */
#include <stdio.h>
#include <stdlib.h>

#include "bench.h"

/* A step of the generator below takes about 0.9 ns on this class of machine. */
enum { QUEUE = 4096, STEPS_100_US = 110000, STEPS_1_US = 1100, FAMILY = 256 };

static _Alignas(128) _Atomic long done;
static long target, steps;

static void compute(long count)
{
    uint64_t x = 1;
    for (long i = 0; i < count; i++)
        x = x * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    __asm__ volatile("" : : "r"(x));
}

static struct ps_wait *compute_step(struct ps_task *task)
{
    (void)task;
    compute(steps);
    return NULL;
}

static void released(struct ps_task *task)
{
    (void)task;
    bench_done(&done, target);
}

static const struct ps_body compute_body = {
    .name = "compute", .step = compute_step, .release = released};

double bench_work(struct bench *bench)
{
    if (!bench_engine(bench, QUEUE, PS_ON_FULL_BLOCK))
        return -1;
    struct ps_task *task = aligned_alloc(128, ((size_t)bench->n * sizeof *task + 127) / 128 * 128);
    bool good = task != NULL;
    steps = STEPS_100_US;
    target = bench->n;
    while (good && bench_round(&bench->rounds)) {
        atomic_store(&done, 0);
        for (long i = 0; good && i < bench->n; i++) {
            ps_task_init(&task[i], &compute_body, (uint32_t)i, 0);
            good = ps_submit(bench->engine, &task[i], PS_NEVER) == PS_OK;
        }
        if (good)
            bench_await(&done, bench->n);
    }
    free(task);
    return good ? (double)bench->n : 0;
}

/* ---- probes: the same tasks with probes off, counting, and recording everything, in turn ---- */

enum { LEVELS = 3, TURNS = 9, GRAINS = 2 };

static const enum ps_probes level[LEVELS] = {PS_PROBES_OFF, PS_PROBES_COUNTERS, PS_PROBES_FULL};
static const long grain_steps[GRAINS] = {0, STEPS_1_US};
static double task_ns[GRAINS][LEVELS];

struct family {
    struct ps_task child[FAMILY];
    struct bench *bench;
    long left;
    struct ps_wait wait;
};

/* The arrival of a family is one reading of the clock, whatever the level. */
static struct ps_wait *family_step(struct ps_task *task)
{
    struct family *f = task->user;
    if (f->left <= 0)
        return NULL;
    uint64_t now_ns = ps_now_ns();
    for (int i = 0; i < FAMILY; i++) {
        ps_task_init(&f->child[i], &compute_body, (uint32_t)i, 0);
        f->child[i].parent = task;
        f->child[i].stamp.intended_ns = now_ns;
        if (ps_submit(f->bench->engine, &f->child[i], 0) != PS_OK)
            task->outcome = PS_FAILED;
    }
    f->left -= FAMILY;
    f->wait = (struct ps_wait){.kind = PS_WAIT_JOIN, .why = PS_STATE_JOIN, .until_ns = PS_NEVER};
    return &f->wait;
}

static const struct ps_body family_body = {.name = "family", .step = family_step};

/* Nanoseconds of `count` tasks, or < 0. */
static double run_families(struct bench *bench, long count)
{
    static _Alignas(128) struct family family;
    family.bench = bench;
    family.left = count;
    target = (count + FAMILY - 1) / FAMILY * FAMILY;
    atomic_store(&done, 0);
    uint64_t begun_ns = ps_now_ns();
    if (!bench_inside(bench, &family_body, &family))
        return -1;
    bench_await(&done, target);
    return (double)(ps_now_ns() - begun_ns);
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Levels take turns, so that what the machine does meanwhile meets all of them. */
static bool measure_grain(struct bench *bench, int grain)
{
    double turn[LEVELS][TURNS];
    long count = grain == 0 ? bench->n : bench->n / 10 + 1;
    steps = grain_steps[grain];
    for (int t = 0; t < TURNS; t++)
        for (int i = 0; i < LEVELS; i++) {
            /* relaxed: workers look every PS_PROBE_WINDOW tasks; the run before the timed one is
             * longer than that. */
            atomic_store_explicit(&bench->segment->probes, (uint32_t)level[i],
                                  memory_order_relaxed);
            if (run_families(bench, 8L * PS_PROBE_WINDOW * (long)bench->workers) < 0 ||
                (turn[i][t] = run_families(bench, count)) < 0)
                return false;
            turn[i][t] /= (double)target;
        }
    for (int i = 0; i < LEVELS; i++) {
        qsort(turn[i], TURNS, sizeof turn[i][0], ascending);
        task_ns[grain][i] = turn[i][TURNS / 2];
    }
    return true;
}

double bench_probes(struct bench *bench)
{
    if (!bench_engine(bench, QUEUE, PS_ON_FULL_BLOCK) || !bench_joins(bench))
        return -1;
    double begun = bench_now();
    for (int grain = 0; grain < GRAINS; grain++)
        if (!measure_grain(bench, grain))
            return 0;
    bench_once(&bench->rounds, bench_now() - begun);
    return (double)bench->n * TURNS * LEVELS;
}

void bench_extra_probes(const struct bench *bench)
{
    (void)bench;
    printf(",\"off_ns\":%.2f,\"counters_ns\":%.2f,\"full_ns\":%.2f"
           ",\"off_1us_ns\":%.1f,\"counters_1us_ns\":%.1f,\"full_1us_ns\":%.1f",
           task_ns[0][0], task_ns[0][1], task_ns[0][2], task_ns[1][0], task_ns[1][1],
           task_ns[1][2]);
}
