/* spawn TYPE xN: submit N children. A child that is refused is counted as refused by ps_submit; one
 * that cannot be made or accepted ends the parent as failed. A parent that is to stop spawns no more:
 * `cancel` reaches the tasks that are there.
 *
 * Help-first: the parent goes on, and children wait for who has time. Work-first: the parent steps aside
 * after every child, which its worker then begins, and what others can take is the rest of the parent
 * (Guo, Barik, Raman, Sarkar: Work-First and Help-First Scheduling Policies for Async-Finish Task
 * Parallelism, IPDPS 2009). Phases: how many children there are. */
#include "host/job.h"

/* false: the step has ended early. */
static bool spawn_one(struct ps_job *job, const struct ps_step_def *step)
{
    if (ps_job_stopping(job)) {
        ps_task_give_up(&job->task);
        return false;
    }
    struct ps_job *child = ps_job_child(job, step->type);
    if (!child) {
        job->task.outcome = PS_FAILED;
        return false;
    }
    enum ps_err err = ps_submit(job->task.engine, &child->task, 0);
    if (err == PS_OK)
        return true;
    ps_job_put(job->run->jobs, child);
    if (err == PS_EFULL)
        return true;
    if (err == PS_ECLOSED)
        ps_task_give_up(&job->task);
    else
        job->task.outcome = PS_FAILED;
    return false;
}

static struct ps_wait *advance(struct ps_job *job, const struct ps_step_def *step)
{
    while (job->phase < step->count && spawn_one(job, step)) {
        job->phase++;
        if (!job->run->experiment.work_first)
            continue;
        job->wait =
            (struct ps_wait){.kind = PS_WAIT_YIELD, .why = PS_STATE_RUN, .until_ns = PS_NEVER};
        return &job->wait;
    }
    return NULL;
}

extern const struct ps_step_ops ps_step_spawn;
const struct ps_step_ops ps_step_spawn = {.advance = advance};
