/* A program outside the tree that uses an engine: N tasks through the engine named on its command
 * line. Built by install.sh against an installed poolscope. */
#include <stdio.h>
#include <stdlib.h>

#include <engines/engine.h>
#include <metrics/snapshot.h>

#define TASKS 1000u

static _Atomic unsigned done;

static void run(struct ps_task *task)
{
    (void)task;
    atomic_fetch_add(&done, 1);
}

static struct ps_wait *step(struct ps_task *task)
{
    run(task);
    return NULL;
}

static const struct ps_body body = {.name = "count", .run = run, .step = step};

static void must(enum ps_err err, const char *what)
{
    if (err != PS_OK) {
        fprintf(stderr, "%s: %s\n", what, ps_err_text(err));
        exit(1);
    }
}

int main(int argc, char **argv)
{
    static struct ps_task tasks[TASKS];
    static struct ps_snapshot snapshot;
    const struct ps_engine_ops *ops = ps_engine_find(argc > 1 ? argv[1] : "threadpool");
    if (!ops)
        must(PS_ENOENT, argv[1]);
    struct ps_segment *segment;
    int fd;
    must(ps_segment_create(4, 1, (const char *const[]){"count"}, &fd, &segment), "segment");
    struct ps_engine_config config = {.workers = 2, .queue = 64, .segment = segment, .seed = 1};
    struct ps_engine *engine;
    must(ps_engine_create(ops, &config, &engine), "create");
    must(ps_engine_start(engine), "start");
    for (unsigned i = 0; i < TASKS; i++) {
        ps_task_init(&tasks[i], &body, i, 0);
        must(ps_submit(engine, &tasks[i], PS_NEVER), "submit");
    }
    ps_engine_close(engine, PS_CLOSE_DRAIN);
    must(ps_engine_stop(engine, PS_NEVER), "stop");
    ps_engine_destroy(engine);
    ps_snapshot_take(&snapshot, segment, ps_now_ns(), true);
    ps_segment_unmap(segment);
    printf("%s: %u tasks done, %s\n", ops->name, done,
           ps_totals_conserved(&snapshot.totals) ? "conserved" : "LOST");
    return done == TASKS && ps_totals_conserved(&snapshot.totals) ? 0 : 1;
}
