/* Jobs and forks on green threads. A worker runs them on its loop's fiber; a parent that waits for a
 * stolen fork gives its worker free, as every green thread that waits. A stolen fork may wait so
 * too, and then needs a task by which its fiber is queued: its shell, on its own stack. */
#include "engines/green/scheduler.h"

static struct green *of(struct ps_engine *engine)
{
    return (struct green *)engine;
}

static void notify(struct ps_engine *engine)
{
    green_notify(of(engine));
}

/* The park commit of fiber.h; the condition is fork->state, which the thief changes by an RMW. */
static struct ps_strand *park(struct ps_strand *self, struct ps_fork *fork)
{
    struct green_worker *worker = ps_self()->worker;
    struct fiber *fiber = worker->current;
    if (!fiber->task) { /* a job's fork: there is nothing by which it could be queued */
        ps_relax();
        return self;
    }
    uint32_t saved = ps_fork_suspend(self);
    fiber_prepare(fiber);
    if (ps_fork_await(fork, fiber))
        green_suspend(FIBER_AFTER_PARK);
    self = ps_strand_self();
    ps_fork_resume(self, saved);
    worker = ps_self()->worker;
    ps_probe_state(&worker->probe, PS_STATE_RUN, fiber->task->stamp.type);
    return self;
}

static void unpark(void *waiter)
{
    fiber_wake(waiter, true);
}

static void run_stolen(struct ps_light_worker *self, struct ps_fork *fork)
{
    static const struct ps_body body = {.name = "fork"};
    struct green_worker *worker = ps_self()->worker;
    struct fiber *fiber = worker->current;
    struct ps_task shell;
    ps_task_init(&shell, &body, 0, (uint16_t)(self->probe->type < 0 ? 0 : self->probe->type));
    shell.engine = self->light->engine;
    fiber_bind(fiber, &shell);
    ps_fork_run_stolen(self, fork);
    fiber_bind(fiber, NULL);
}

const struct ps_light_hooks green_light_hooks = {
    .notify = notify, .park = park, .unpark = unpark, .run_stolen = run_stolen};

static void found(void *argument)
{
    (void)argument;
    green_stop_searching(ps_self()->worker);
}

bool green_run_light(struct green_worker *worker)
{
    struct green *green = worker->green;
    struct ps_light_worker *self = &green->light.worker[worker->slot];
    if (gate_closed(atomic_load(&green->gate)))
        return false;
    if (ps_light_run(self, found, NULL))
        return true;
    return green_may_search(worker) &&
           ps_light_steal(self, atomic_load_explicit(&green->slots, memory_order_acquire), found,
                          NULL);
}

bool green_light_visible(struct green_worker *worker)
{
    struct green *green = worker->green;
    return ps_light_visible(&green->light, worker->slot,
                            atomic_load_explicit(&green->slots, memory_order_acquire),
                            !green->one_queue && atomic_load(&green->stealing));
}
