/* Protocol `users`: 1 for the step when it opens; += 1 (relaxed: the spawner holds one) before a node
 * is submitted; -= 1 (acq_rel) when a node has ended or the step leaves; whoever brings it to 0 sees
 * all that was done with the kernel, and closes it.
 * Protocol `stop`: 0, then by CAS once to STOPPED or FAILED; who succeeds calls ops->stop, while it
 * is a user. Nodes read it relaxed between pieces of work: a look too late costs one piece; the step
 * reads it after its join, which orders the ends of all nodes before it. A step that is cancelled may
 * have no worker to run on, since its nodes hold them all, so nodes look at its task, too. */
#include "host/kernel.h"
#include "host/realtime.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "model/kernels.h"

enum { GOES_ON, STOPPED, FAILED }; /* ps_kernel.stop */

_Static_assert(PS_KERNELS_MAX == PS_SEGMENT_ANSWERS, "every kernel of an experiment has a place");
_Static_assert(PS_KERNEL_NAME_MAX == PS_ANSWER_BYTES, "names fit");

/* ---- answers ---- */

void ps_answers_name(struct ps_run *run)
{
    const struct ps_experiment *experiment = &run->experiment;
    const struct ps_step_def *list[PS_KERNELS_MAX];
    unsigned count = ps_kernels_of(experiment, list, PS_KERNELS_MAX);
    for (unsigned i = 0; i < count; i++)
        ps_kernel_name(run->segment->answer[i].name, experiment, list[i]);
    for (unsigned t = 0; t < experiment->type_count; t++)
        for (unsigned s = 0; s < experiment->types[t].step_count; s++)
            for (unsigned i = 0; i < count; i++)
                if (ps_kernel_same(list[i], &experiment->types[t].steps[s])) {
                    run->answer_of[t][s] = (uint8_t)i;
                    run->segment->answer[i].types |= UINT32_C(1) << t;
                }
    atomic_store_explicit(&run->segment->answers, count, memory_order_release);
}

struct ps_answer *ps_answer_of(const struct ps_job *job)
{
    struct ps_run *run = job->run;
    size_t type = (size_t)(job->type - run->experiment.types);
    return &run->segment->answer[run->answer_of[type][job->position]];
}

static void keep_fastest(struct ps_answer *answer, uint64_t time_ns)
{
    uint64_t fastest_ns = atomic_load_explicit(&answer->fastest_ns, memory_order_relaxed);
    while ((fastest_ns == 0 || time_ns < fastest_ns) &&
           !atomic_compare_exchange_weak_explicit(&answer->fastest_ns, &fastest_ns, time_ns,
                                                  memory_order_relaxed, memory_order_relaxed))
        ;
}

void ps_answer_record(struct ps_job *job, struct ps_answer *answer, uint64_t value, bool right,
                      uint64_t time_ns)
{
    /* release, partner: take_answers in metrics/snapshot.c. */
    if (right) {
        if (atomic_load_explicit(&answer->wrong, memory_order_relaxed) == 0)
            atomic_store_explicit(&answer->value, value, memory_order_relaxed);
        keep_fastest(answer, time_ns);
        atomic_fetch_add_explicit(&answer->total_ns, time_ns, memory_order_relaxed);
        atomic_fetch_add_explicit(&answer->right, 1, memory_order_release);
        return;
    }
    char text[PS_MESSAGE_BYTES];
    atomic_store_explicit(&answer->value, value, memory_order_relaxed);
    atomic_fetch_add_explicit(&answer->wrong, 1, memory_order_release);
    snprintf(text, sizeof text, "kernel '%.*s' came to %llu, which is wrong",
             (int)sizeof answer->name, answer->name, (unsigned long long)value);
    ps_segment_say(job->run->segment, text);
    job->task.outcome = PS_FAILED;
}

/* ---- life of a kernel ---- */

static void leave(struct ps_kernel *kernel)
{
    if (atomic_fetch_sub_explicit(&kernel->users, 1, memory_order_acq_rel) != 1)
        return;
    if (kernel->ops->close)
        kernel->ops->close(kernel);
    free(kernel);
}

static bool stops(const struct ps_kernel *kernel)
{
    return atomic_load_explicit(&((struct ps_kernel *)kernel)->stop, memory_order_relaxed) !=
           GOES_ON;
}

/* The step's task is asked, not stopped: its deadline is its nodes', who look at the clock. */
static bool is_abandoned(const struct ps_kernel *kernel)
{
    return ps_task_stopping((struct ps_task *)&kernel->job->task, 0) != PS_STOP_NOT;
}

static bool stop(struct ps_kernel *kernel, uint32_t how)
{
    uint32_t goes_on = GOES_ON;
    if (!atomic_compare_exchange_strong_explicit(&kernel->stop, &goes_on, how, memory_order_relaxed,
                                                 memory_order_relaxed))
        return false;
    if (kernel->ops->stop)
        kernel->ops->stop(kernel);
    return true;
}

void ps_kernel_fail(struct ps_kernel *kernel, enum ps_err err)
{
    char text[PS_MESSAGE_BYTES];
    if (!stop(kernel, FAILED))
        return;
    snprintf(text, sizeof text, "kernel '%.*s' failed: one of its tasks could not be queued: %s",
             (int)sizeof kernel->answer->name, kernel->answer->name, ps_err_text(err));
    ps_segment_say(kernel->run->segment, text);
}

static struct ps_kernel *open_kernel(struct ps_job *job, const struct ps_step_def *step)
{
    struct ps_kernel *kernel = malloc(sizeof *kernel);
    if (!kernel)
        return NULL;
    *kernel = (struct ps_kernel){.ops = ps_step_ops(step->kind)->kernel,
                                 .step = step,
                                 .run = job->run,
                                 .job = job,
                                 .answer = ps_answer_of(job),
                                 .users = 1};
    if (kernel->ops->open && kernel->ops->open(kernel) != PS_OK) {
        free(kernel);
        return NULL;
    }
    kernel->began_ns = ps_now_ns();
    return kernel;
}

/* All nodes have ended, or the kernel stops: then nobody waits for them. */
static struct ps_wait *finish(struct ps_job *job)
{
    struct ps_kernel *kernel = job->kernel;
    uint64_t time_ns = ps_now_ns() - kernel->began_ns, value = 0;
    uint32_t how = atomic_load_explicit(&kernel->stop, memory_order_relaxed);
    if (how == FAILED) {
        job->task.outcome = PS_FAILED;
    } else if (how == STOPPED) {
        ps_task_give_up(&job->task);
    } else {
        bool right = kernel->ops->answer(kernel, &value);
        ps_answer_record(job, kernel->answer, value, right, time_ns);
    }
    leave(kernel);
    return NULL;
}

static struct ps_wait *begin(struct ps_job *job, const struct ps_step_def *step)
{
    struct ps_kernel *kernel = open_kernel(job, step);
    if (!kernel) {
        ps_segment_say(job->run->segment, "a kernel failed: out of memory");
        job->task.outcome = PS_FAILED;
        return NULL;
    }
    job->kernel = kernel;
    kernel->ops->start(kernel, job);
    return stops(kernel) ? finish(job) : ps_node_join(job, 1);
}

struct ps_wait *ps_kernel_advance(struct ps_job *job, const struct ps_step_def *step)
{
    return job->phase == 0 ? begin(job, step) : finish(job);
}

void ps_kernel_abandon(struct ps_job *job, const struct ps_step_def *step)
{
    (void)step;
    stop(job->kernel, STOPPED);
    leave(job->kernel);
}

/* ---- nodes ---- */

static struct ps_wait *node_go_on(struct ps_task *task)
{
    struct ps_job *node = (struct ps_job *)task;
    struct ps_kernel *kernel = node->node.kernel;
    if (node->position == 0) {
        node->position = 1;
        ps_job_started(node->run->jobs, node);
    }
    if (ps_job_could_not_wait(node)) {
        task->outcome = PS_FAILED;
        stop(kernel, FAILED);
        ((struct ps_wait *)node->waited)->result = PS_ECANCELED; /* it leaves the channel's queue */
    }
    ps_job_doing(node, ps_worker_self(), node->task.stamp.type, kernel->job->position);
    ps_job_suffer(node);
    if (ps_job_stopping(node) || is_abandoned(kernel))
        stop(kernel, STOPPED);
    if (node->waited || !stops(kernel)) {
        ps_job_compute(node);
        struct ps_wait *wait = kernel->ops->run(kernel, node);
        ps_job_computed(node);
        node->waited = wait;
        if (wait && !(wait->kind == PS_WAIT_JOIN && stops(kernel)))
            return wait;
    }
    if (stops(kernel) || ps_job_stopping(node) || is_abandoned(kernel))
        ps_task_give_up(task);
    return NULL;
}

static struct ps_wait *node_step(struct ps_task *task)
{
    struct ps_job *node = (struct ps_job *)task;
    ps_realtime_enter(node);
    struct ps_wait *wait = node_go_on(task);
    if (!wait)
        ps_realtime_leave(node);
    return wait;
}

static void node_ended(struct ps_task *task)
{
    struct ps_job *node = (struct ps_job *)task;
    struct ps_kernel *kernel = node->node.kernel;
    ps_job_ended(node);
    if (task->outcome != PS_COMPLETED)
        stop(kernel, STOPPED);
    leave(kernel);
}

static void node_release(struct ps_task *task)
{
    struct ps_job *node = (struct ps_job *)task;
    ps_job_put(node->run->jobs, node);
}

static const struct ps_body node_body = {
    .name = "kernel",
    .step = node_step,
    .ended = node_ended,
    .release = node_release,
};

bool ps_node_spawn(struct ps_kernel *kernel, struct ps_job *parent, _Atomic uint64_t *into,
                   const uint64_t arg[4])
{
    if (stops(kernel))
        return false;
    struct ps_job *node = ps_job_node(parent, &node_body);
    if (!node) {
        ps_kernel_fail(kernel, PS_ENOMEM);
        return false;
    }
    node->node.kernel = kernel;
    node->node.into = into;
    atomic_init(&node->node.sum, 0);
    for (unsigned i = 0; i < 4; i++)
        node->node.arg[i] = arg[i];
    atomic_fetch_add_explicit(&kernel->users, 1, memory_order_relaxed);
    enum ps_err err = ps_submit(parent->task.engine, &node->task, 0);
    if (err == PS_OK)
        return true;
    atomic_fetch_sub_explicit(&kernel->users, 1, memory_order_relaxed);
    ps_job_put(kernel->run->jobs, node);
    if (err == PS_ECLOSED)
        stop(kernel, STOPPED);
    else
        ps_kernel_fail(kernel, err);
    return false;
}

void ps_node_give(struct ps_job *node, uint64_t value)
{
    /* relaxed: the reader has joined the node. */
    atomic_fetch_add_explicit(node->node.into, value, memory_order_relaxed);
}

struct ps_wait *ps_node_join(struct ps_job *node, uint32_t phase)
{
    node->phase = phase;
    node->wait = (struct ps_wait){.kind = PS_WAIT_JOIN, .why = PS_STATE_JOIN, .until_ns = PS_NEVER};
    return &node->wait;
}

bool ps_node_stops(struct ps_job *node)
{
    ps_job_between(node);
    return stops(node->node.kernel) || ps_job_stopping(node) || is_abandoned(node->node.kernel);
}

/* ---- channels ---- */

static enum ps_err operate(struct ps_port *port, struct ps_job *node)
{
    unsigned chosen;
    enum ps_err err = port->waits ? ps_select_again(&port->wait, &chosen)
                                  : ps_select_begin(&port->wait, &node->task, &port->operation, 1,
                                                    &chosen, PS_NEVER);
    port->waits = err == PS_EAGAIN;
    return err;
}

enum ps_err ps_port_send(struct ps_port *port, struct ps_job *node, struct ps_chan *chan,
                         uint64_t value)
{
    if (!port->waits)
        port->operation = (struct ps_chan_case){chan, true, (void *)(uintptr_t)value};
    return operate(port, node);
}

enum ps_err ps_port_receive(struct ps_port *port, struct ps_job *node, struct ps_chan *chan,
                            uint64_t *value)
{
    if (!port->waits)
        port->operation = (struct ps_chan_case){chan, false, NULL};
    enum ps_err err = operate(port, node);
    if (err == PS_OK) /* before that it is the sender's to write */
        *value = (uint64_t)(uintptr_t)port->operation.value;
    return err;
}
