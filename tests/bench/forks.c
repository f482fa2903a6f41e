/* Structured fork and join. */
#include "bench.h"

struct fib {
    struct ps_fork fork;
    long n, value;
};

static struct ps_strand *fib(struct ps_strand *self, struct ps_fork *fork)
{
    struct fib *f = (struct fib *)fork, a, b;
    f->value = f->n;
    if (f->n < 2)
        return self;
    a.n = f->n - 1;
    b.n = f->n - 2;
    ps_fork(self, &a.fork, fib);
    self = fib(self, &b.fork);
    self = ps_fork_take(self) ? fib(self, &a.fork) : ps_fork_wait(self, &a.fork);
    f->value = a.value + b.value;
    return self;
}

struct sky {
    struct ps_fork fork;
    long first, size, sum;
};

static struct ps_strand *sky(struct ps_strand *self, struct ps_fork *fork)
{
    enum { BRANCHES = 10 };
    struct sky *s = (struct sky *)fork, child[BRANCHES];
    s->sum = s->first;
    if (s->size == 1)
        return self;
    for (int i = 0; i < BRANCHES; i++) {
        child[i].size = s->size / BRANCHES;
        child[i].first = s->first + i * child[i].size;
        ps_fork(self, &child[i].fork, sky);
    }
    s->sum = 0;
    for (int i = BRANCHES; i-- > 0;) {
        self = ps_fork_join(self, &child[i].fork);
        s->sum += child[i].sum;
    }
    return self;
}

struct root {
    struct bench *bench;
    struct fib fib;
    struct sky sky;
    bool tree, able;
};

/* The rounds are taken inside, as the peers' are. */
static struct ps_wait *root_step(struct ps_task *task)
{
    struct root *root = task->user;
    struct ps_strand *self = ps_strand_self();
    root->able = self != NULL;
    while (self && bench_round(&root->bench->rounds))
        self = root->tree ? sky(self, &root->sky.fork) : fib(self, &root->fib.fork);
    return NULL;
}

static const struct ps_body root_body = {.name = "root", .step = root_step};

double bench_fib(struct bench *bench)
{
    struct root root = {.bench = bench, .fib = {.n = bench->n}};
    if (!bench_engine(bench, 64, PS_ON_FULL_BLOCK) || !bench_inside(bench, &root_body, &root) ||
        !root.able)
        return -1;
    long value = 0, next = 1, forks = 0, forks_next = 0;
    for (long i = 0; i < bench->n; i++) {
        long sum = value + next, more = 1 + forks + forks_next;
        value = next;
        next = sum;
        forks = forks_next;
        forks_next = more;
    }
    return root.fib.value == value ? (double)forks : 0;
}

double bench_skynet(struct bench *bench)
{
    struct root root = {.bench = bench, .sky = {.size = bench->n}, .tree = true};
    if (!bench_engine(bench, 64, PS_ON_FULL_BLOCK) || !bench_inside(bench, &root_body, &root) ||
        !root.able)
        return -1;
    long nodes = 0;
    for (long leaves = bench->n; leaves >= 1; leaves /= 10)
        nodes += leaves;
    return root.sky.sum == bench->n * (bench->n - 1) / 2 ? (double)nodes : 0;
}
