/* spawn TYPE xN: submit N children. A child that is refused is counted as refused by ps_submit; one
 * that cannot be made or accepted ends the parent as failed. A parent that is to stop spawns no more:
 * `cancel` reaches the tasks that are there. */
#include "host/job.h"

static struct ps_wait *advance(struct ps_job *job, const struct ps_step_def *step)
{
    for (uint32_t i = 0; i < step->count; i++) {
        if (ps_job_stopping(job)) {
            ps_task_give_up(&job->task);
            return NULL;
        }
        struct ps_job *child = ps_job_child(job, step->type);
        if (!child) {
            job->task.outcome = PS_FAILED;
            return NULL;
        }
        enum ps_err err = ps_submit(job->task.engine, &child->task, 0);
        if (err == PS_OK)
            continue;
        ps_job_put(job->run->jobs, child);
        if (err == PS_ECLOSED) {
            ps_task_give_up(&job->task);
            return NULL;
        }
        if (err != PS_EFULL) {
            job->task.outcome = PS_FAILED;
            return NULL;
        }
    }
    return NULL;
}

extern const struct ps_step_ops ps_step_spawn;
const struct ps_step_ops ps_step_spawn = {.advance = advance};
