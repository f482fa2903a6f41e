/* cpu T: burn T of CPU time, a piece at a time. */
#include "host/job.h"

static struct ps_wait *advance(struct ps_job *job, const struct ps_step_def *step)
{
    uint64_t left_ns = ps_dist_draw(&step->time, &job->rng);
    if (!ps_job_burn(job, &left_ns))
        ps_task_give_up(&job->task);
    return NULL;
}

extern const struct ps_step_ops ps_step_cpu;
const struct ps_step_ops ps_step_cpu = {.advance = advance};
