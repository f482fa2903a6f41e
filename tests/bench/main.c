/* poolscope-bench BENCH ENGINE[:POLICY] WORKERS N: one JSON line. Exit status 0; 1: the answer was
 * wrong; 2: usage; 3: the engine cannot do this. `poolscope-bench benches` and `poolscope-bench
 * engines` list what there is, one a line. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

const struct bench_row bench_rows[] = {
    {"submit", bench_submit, NULL, "jobs from an outside thread"},
    {"submit-inside", bench_submit_inside, NULL, "jobs from a task"},
    {"burst", bench_burst, NULL, "jobs from eight outside threads"},
    {"chain", bench_chain, NULL, "jobs, each submits the next"},
    {"fib", bench_fib, NULL, "forks of fib(N), one at every call"},
    {"skynet", bench_skynet, NULL, "nodes of a 10-ary tree of forks with N leaves"},
    {"tasks", bench_tasks, NULL, "tasks with deadline, latency, cancel, from an outside thread"},
    {"tasks-inside", bench_tasks_inside, NULL, "the same from a task that joins them"},
    {"chain-tasks", bench_chain_tasks, NULL, "tasks, each submits the next"},
    {"skynet-tasks", bench_skynet_tasks, NULL, "nodes of a 10-ary tree of tasks"},
    {"yield", bench_yield, NULL, "yields: 1,000 tasks, N yields each"},
    {"switch", bench_switch, NULL, "yields of one task with nobody else"},
    {"handoff", bench_handoff, NULL, "park and unpark between two tasks"},
    {"pingpong", bench_pingpong, NULL, "hand-offs of a token over two unbuffered channels"},
    {"sleepers", bench_sleepers, bench_extra_sleepers, "tasks that sleep 1 s at once"},
    {"sleepers-deep", bench_sleepers_deep, bench_extra_sleepers,
     "the same, giving their stacks' memory back meanwhile"},
    {"sleepers-steps", bench_sleepers_steps, bench_extra_sleepers, "the same, in event style"},
    {"wake", bench_wake, bench_extra_wake, "tasks for an idle pool, one each millisecond"},
    {"work", bench_work, NULL, "tasks that compute for 100 us"},
    {"probes", bench_probes, bench_extra_probes, "tasks, with each level of probes in turn"},
    {"echo", bench_echo, NULL, "loopback server: prints its port and serves"},
    {NULL, NULL, NULL, NULL},
};

static int usage(void)
{
    fprintf(stderr, "usage: poolscope-bench BENCH ENGINE[:POLICY] WORKERS N\n");
    for (const struct bench_row *row = bench_rows; row->name; row++)
        fprintf(stderr, "  %-14s %s\n", row->name, row->op);
    return 2;
}

static int cannot(const struct bench *bench)
{
    printf(
        "{\"peer\":\"%s\",\"bench\":\"%s\",\"workers\":%u,\"n\":%ld,\"ok\":false,\"reason\":\"not "
        "supported\"}\n",
        bench->peer, bench->name, bench->workers, bench->n);
    return 3;
}

static void end(struct bench *bench)
{
    if (!bench->engine)
        return;
    ps_engine_close(bench->engine, PS_CLOSE_DRAIN);
    if (ps_engine_stop(bench->engine, PS_NEVER) == PS_OK)
        ps_engine_destroy(bench->engine);
    ps_segment_unmap(bench->segment);
}

/* Those whose tasks can use the memory of a bench. */
static void list_engines(void)
{
    for (const struct ps_engine_ops *const *engine = ps_engines; *engine; engine++)
        for (const struct ps_policy *policy = (*engine)->policies; policy->name; policy++)
            if (!(policy->traits & PS_TRAIT_PROCESSES))
                printf("%s:%s\n", (*engine)->name, policy->name);
}

static int list(const char *what)
{
    if (strcmp(what, "benches") == 0)
        for (const struct bench_row *row = bench_rows; row->name; row++)
            puts(row->name);
    else if (strcmp(what, "engines") == 0)
        list_engines();
    else
        return usage();
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 2)
        return list(argv[1]);
    if (argc != 5)
        return usage();
    const struct bench_row *row = bench_rows;
    while (row->name && strcmp(row->name, argv[1]) != 0)
        row++;
    struct bench bench = {.peer = argv[2],
                          .name = argv[1],
                          .workers = (unsigned)strtoul(argv[3], NULL, 10),
                          .n = strtol(argv[4], NULL, 10)};
    if (!row->name || bench.workers < 1 || bench.workers > PS_MAX_WORKERS || bench.n < 1)
        return usage();
    double ops = row->run(&bench);
    int status = ops < 0 ? cannot(&bench) : bench_report(&bench, row, ops);
    end(&bench);
    return status;
}
