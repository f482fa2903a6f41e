/* Event-style bodies. Between two steps such a task has no frame, so it sleeps without a stack: a
 * sleeper stands for it, and when its time comes it is queued like a task that has not begun, to go
 * on on whatever fiber its worker runs. Other waits hold the fiber, as those of direct style. */
#include "base/clock.h"
#include "engines/green/turn.h"

/* The task may run on: what its wait has come to. PS_EAGAIN: nothing yet. */
static enum ps_err outcome(struct ps_task *task, uint64_t until_ns, bool fired)
{
    if (fired && until_ns == task->deadline_ns && until_ns != task->wait->until_ns)
        ps_task_stopping(task, until_ns);
    if (ps_task_stopped(task))
        return PS_ECANCELED;
    return fired ? PS_OK : PS_EAGAIN;
}

/* The fiber runs no task: its task is with a sleeper, and may be gone. */
static void let_go(struct fiber *self)
{
    self->task = NULL;
    atomic_store_explicit(&self->type, UINT32_MAX, memory_order_relaxed);
}

/* The park commit of fiber.h, by the task's own worker, since no context needs saving. PS_EAGAIN: it
 * sleeps, and may be running elsewhere already. */
static enum ps_err lie_down(struct green_worker *worker, struct sleeper *sleeper,
                            struct ps_task *task)
{
    uint64_t until_ns = ps_wait_until(task, task->wait);
    for (;;) {
        fiber_prepare(&sleeper->fiber);
        if (ps_task_stopped(task))
            return PS_ECANCELED;
        if (timer_set(worker, &sleeper->fiber, until_ns) != PS_OK)
            return PS_ENOMEM;
        if (sleeper_commit(sleeper))
            return PS_EAGAIN;
        enum ps_err err = outcome(task, until_ns, timer_clear(&sleeper->fiber));
        if (err != PS_EAGAIN)
            return err;
    }
}

/* The wait has ended: the task is the running fiber's again. */
static void get_up(struct green_worker *worker, struct sleeper *sleeper, struct ps_task *task,
                   enum ps_err result)
{
    struct fiber *self = worker->current;
    fiber_bind(self, task);
    self->tokens--; /* see deep_sleep.h */
    sleeper_put(worker, sleeper);
    task->wait->result = result;
    ps_probe_wait_end(&worker->probe, task->wait->why);
    worker_show_run(worker, self);
}

/* false: the task sleeps, and is not ours any more. */
static bool sleep_or_go_on(struct green_worker *worker, struct ps_task *task)
{
    struct fiber *self = worker->current;
    struct sleeper *sleeper = sleeper_lie_down(worker, task, NULL);
    if (!sleeper) {
        ps_wait(task, task->wait);
        return true;
    }
    ps_probe_wait_begin(&worker->probe, task->wait->why);
    let_go(self);
    enum ps_err err = lie_down(worker, sleeper, task);
    if (err == PS_EAGAIN)
        return false;
    get_up(worker, sleeper, task, err);
    return true;
}

bool steps_go_on(struct green_worker *worker, struct ps_task *task)
{
    struct sleeper *sleeper = (struct sleeper *)fiber_of(task);
    uint64_t until_ns = ps_wait_until(task, task->wait);
    enum ps_err err = outcome(task, until_ns, timer_clear(&sleeper->fiber));
    if (err == PS_EAGAIN && (err = lie_down(worker, sleeper, task)) == PS_EAGAIN)
        return false;
    get_up(worker, sleeper, task, err);
    return true;
}

bool steps_run(struct fiber *self, struct ps_task *task)
{
    struct ps_wait *wait;
    while ((wait = task->body->step(task))) {
        task->wait = wait;
        if (wait->kind != PS_WAIT_UNTIL)
            ps_wait(task, wait);
        else if (!sleep_or_go_on(self->worker, task))
            return false;
    }
    return true;
}
