/* Tasks: records with a deadline, latency, cancellation, from a slab that is used again, as a
 * server's would be: a round of ten million tasks needs no more memory than one of a hundred
 * thousand. */
#include <sched.h>
#include <stdlib.h>

#include "bench.h"

/* More records than the queue takes, so that one that is needed again has nearly always ended. */
enum { QUEUE = 65536, SLAB = QUEUE + 16384, LINKS = 1024, FAMILY = 512 };

struct record {
    _Alignas(128) struct ps_task task;
    _Atomic bool busy; /* from submit to release */
};

static struct record slab[SLAB];
static _Alignas(128) _Atomic long done;
static long target;

static struct ps_wait *nothing(struct ps_task *task)
{
    (void)task;
    return NULL;
}

static void released(struct ps_task *task)
{
    (void)task;
    bench_done(&done, target);
}

static void record_released(struct ps_task *task)
{
    /* release, partner: take. */
    atomic_store_explicit(&((struct record *)task)->busy, false, memory_order_release);
    bench_done(&done, target);
}

static struct ps_task *take(long number, long records, const struct ps_body *body)
{
    struct record *record = &slab[number % records];
    while (atomic_load_explicit(&record->busy, memory_order_acquire))
        sched_yield();
    atomic_store_explicit(&record->busy, true, memory_order_relaxed);
    ps_task_init(&record->task, body, (uint32_t)number, 0);
    return &record->task;
}

static const struct ps_body nothing_body = {
    .name = "nothing", .step = nothing, .release = released};
static const struct ps_body record_body = {
    .name = "record", .step = nothing, .release = record_released};

double bench_tasks(struct bench *bench)
{
    if (!bench_engine(bench, QUEUE, PS_ON_FULL_BLOCK))
        return -1;
    target = bench->n;
    while (bench_round(&bench->rounds)) {
        atomic_store(&done, 0);
        for (long i = 0; i < bench->n; i++)
            if (ps_submit(bench->engine, take(i, SLAB, &record_body), PS_NEVER) != PS_OK)
                return 0;
        bench_await(&done, bench->n);
    }
    return (double)bench->n;
}

/* ---- a family at a time: submit FAMILY children, join them, and again ---- */

struct family {
    struct bench *bench;
    struct ps_task child[FAMILY];
    long left;
    struct ps_wait wait;
};

static struct ps_wait *family_step(struct ps_task *task)
{
    struct family *f = task->user;
    long count = f->left < FAMILY ? f->left : FAMILY;
    if (count == 0)
        return NULL;
    for (long i = 0; i < count; i++) {
        ps_task_init(&f->child[i], &nothing_body, (uint32_t)i, 0);
        f->child[i].parent = task;
        ps_submit(f->bench->engine, &f->child[i], 0);
    }
    f->left -= count;
    f->wait = (struct ps_wait){.kind = PS_WAIT_JOIN, .why = PS_STATE_JOIN, .until_ns = PS_NEVER};
    return &f->wait;
}

double bench_tasks_inside(struct bench *bench)
{
    static const struct ps_body body = {.name = "family", .step = family_step};
    static _Alignas(128) struct family family_record;
    struct family *family = &family_record;
    if (!bench_engine(bench, QUEUE, PS_ON_FULL_BLOCK))
        return -1;
    target = bench->n;
    while (bench_round(&bench->rounds)) {
        family->bench = bench;
        family->left = bench->n;
        atomic_store(&done, 0);
        if (!bench_inside(bench, &body, family))
            return 0;
        bench_await(&done, bench->n);
    }
    return (double)bench->n;
}

/* ---- each submits the next ---- */

static struct bench *chain_bench;
static long chain_next; /* the running link's */

static struct ps_wait *link_step(struct ps_task *task);

static const struct ps_body link_body = {
    .name = "link", .step = link_step, .release = record_released};

static struct ps_wait *link_step(struct ps_task *task)
{
    if (++chain_next < chain_bench->n &&
        ps_submit(chain_bench->engine, take(chain_next, LINKS, &link_body), 0) != PS_OK)
        task->outcome = PS_FAILED;
    return NULL;
}

double bench_chain_tasks(struct bench *bench)
{
    chain_bench = bench;
    if (!bench_engine(bench, QUEUE, PS_ON_FULL_BLOCK))
        return -1;
    target = bench->n;
    while (bench_round(&bench->rounds)) {
        atomic_store(&done, 0);
        chain_next = 0;
        if (ps_submit(bench->engine, take(0, LINKS, &link_body), PS_NEVER) != PS_OK)
            return 0;
        bench_await(&done, bench->n);
    }
    return (double)bench->n;
}

/* ---- a tree of tasks, ten children a node ---- */

struct node {
    struct ps_task task;
    struct ps_wait wait;
    struct node *parent, *child;
    long first, size;
    _Atomic long sum;
};
static struct bench *tree_bench;
static _Atomic long tree_sum;

static void node_init(struct node *node, struct node *parent, long first, long size);

static struct ps_wait *node_step(struct ps_task *task)
{
    enum { BRANCHES = 10 };
    struct node *node = (struct node *)task;
    if (node->size == 1) {
        atomic_store_explicit(&node->sum, node->first, memory_order_relaxed);
        return NULL;
    }
    if (node->child)
        return NULL;
    node->child = aligned_alloc(_Alignof(struct node), BRANCHES * sizeof *node->child);
    for (int i = 0; node->child && i < BRANCHES; i++) {
        long size = node->size / BRANCHES;
        node_init(&node->child[i], node, node->first + i * size, size);
        ps_submit(tree_bench->engine, &node->child[i].task, 0);
    }
    node->wait = (struct ps_wait){.kind = PS_WAIT_JOIN, .why = PS_STATE_JOIN, .until_ns = PS_NEVER};
    return &node->wait;
}

static void node_ended(struct ps_task *task)
{
    struct node *node = (struct node *)task;
    if (node->parent)
        atomic_fetch_add_explicit(&node->parent->sum, atomic_load(&node->sum),
                                  memory_order_relaxed);
    else
        atomic_store(&tree_sum, atomic_load(&node->sum));
    free(node->child);
}

static void node_released(struct ps_task *task)
{
    if (!((struct node *)task)->parent)
        bench_done(&done, 1);
}

static const struct ps_body node_body = {
    .name = "node", .step = node_step, .ended = node_ended, .release = node_released};

static void node_init(struct node *node, struct node *parent, long first, long size)
{
    ps_task_init(&node->task, &node_body, 0, 0);
    node->task.parent = parent ? &parent->task : NULL;
    node->parent = parent;
    node->child = NULL;
    node->first = first;
    node->size = size;
    atomic_init(&node->sum, 0);
}

double bench_skynet_tasks(struct bench *bench)
{
    static struct node root_record;
    struct node *root = &root_record;
    if (!bench_engine(bench, QUEUE, PS_ON_FULL_BLOCK) || !bench_joins(bench))
        return -1;
    tree_bench = bench;
    while (bench_round(&bench->rounds)) {
        atomic_store(&done, 0);
        node_init(root, NULL, 0, bench->n);
        if (ps_submit(bench->engine, &root->task, PS_NEVER) != PS_OK)
            return 0;
        bench_await(&done, 1);
    }
    long nodes = 0;
    for (long leaves = bench->n; leaves >= 1; leaves /= 10)
        nodes += leaves;
    return atomic_load(&tree_sum) == bench->n * (bench->n - 1) / 2 ? (double)nodes : 0;
}
