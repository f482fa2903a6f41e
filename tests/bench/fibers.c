/* What a wait costs: yielding to many and to nobody, and handing over between two tasks. */
#include <stdlib.h>

#include "bench.h"

enum { TASKS = 1000 };

static _Alignas(128) _Atomic long done;
static long target;

struct yielder {
    struct ps_task task;
    struct ps_wait wait;
    long left;
};

static void yielder_released(struct ps_task *task)
{
    (void)task;
    bench_done(&done, target);
}

static struct ps_wait *yielder_step(struct ps_task *task)
{
    struct yielder *self = (struct yielder *)task;
    return self->left-- > 0 ? &self->wait : NULL;
}

/* Direct style, where the engine has it: the loop stays on the task's stack, as the peers' do. */
static void yielder_run(struct ps_task *task)
{
    struct yielder *self = (struct yielder *)task;
    while (self->left-- > 0)
        ps_wait(task, &self->wait);
}

static const struct ps_body yielder_body = {
    .name = "yielder", .run = yielder_run, .step = yielder_step, .release = yielder_released};

static double yields(struct bench *bench, int tasks)
{
    static struct yielder task[TASKS];
    if (!bench_engine(bench, 2 * TASKS, PS_ON_FULL_BLOCK))
        return -1;
    target = tasks;
    while (bench_round(&bench->rounds)) {
        atomic_store(&done, 0);
        for (int i = 0; i < tasks; i++) {
            ps_task_init(&task[i].task, &yielder_body, (uint32_t)i, 0);
            task[i].wait = (struct ps_wait){.kind = PS_WAIT_YIELD, .why = PS_STATE_RUN};
            task[i].left = bench->n;
            if (ps_submit(bench->engine, &task[i].task, PS_NEVER) != PS_OK)
                return 0;
        }
        bench_await(&done, tasks);
    }
    return (double)tasks * (double)bench->n;
}

double bench_yield(struct bench *bench)
{
    return yields(bench, TASKS);
}

double bench_switch(struct bench *bench)
{
    return yields(bench, 1);
}

/* ---- two tasks, one token ---- */

struct player {
    struct ps_task task;
    struct ps_wait wait;
    struct player *other;
    _Atomic long turn; /* 1: ours */
    long left;
};
static struct player player[2];

static void player_released(struct ps_task *task)
{
    (void)task;
    bench_done(&done, target);
}

static bool play(struct player *self)
{
    if (atomic_load_explicit(&self->turn, memory_order_acquire) == 0)
        return true;
    atomic_store_explicit(&self->turn, 0, memory_order_relaxed);
    self->left--;
    /* The second player's last turn is the last of all: the first has ended, or is about to. */
    if (self->left > 0 || self == &player[0]) {
        atomic_store_explicit(&self->other->turn, 1, memory_order_release);
        ps_task_unpark(&self->other->task);
    }
    return self->left > 0;
}

static struct ps_wait *player_step(struct ps_task *task)
{
    struct player *self = (struct player *)task;
    return self->left > 0 && play(self) ? &self->wait : NULL;
}

static void player_run(struct ps_task *task)
{
    struct player *self = (struct player *)task;
    while (self->left > 0 && play(self))
        ps_wait(task, &self->wait);
}

static const struct ps_body player_body = {
    .name = "player", .run = player_run, .step = player_step, .release = player_released};

double bench_handoff(struct bench *bench)
{
    if (!bench_engine(bench, 64, PS_ON_FULL_BLOCK) || !bench_waits(bench, 2))
        return -1;
    target = 2;
    while (bench_round(&bench->rounds)) {
        atomic_store(&done, 0);
        for (int i = 0; i < 2; i++) {
            ps_task_init(&player[i].task, &player_body, (uint32_t)i, 0);
            player[i].wait =
                (struct ps_wait){.kind = PS_WAIT_PARK, .why = PS_STATE_LOCK, .until_ns = PS_NEVER};
            player[i].other = &player[!i];
            player[i].left = bench->n / 2;
            atomic_store(&player[i].turn, i == 0);
        }
        /* The second first, so that it is there when it is its turn. */
        for (int i = 2; i-- > 0;)
            if (ps_submit(bench->engine, &player[i].task, PS_NEVER) != PS_OK)
                return 0;
        bench_await(&done, 2);
    }
    return (double)(bench->n / 2 * 2);
}
