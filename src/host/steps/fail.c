/* fail P%: ends the task as failed with this probability. */
#include "host/job.h"

static struct ps_wait *advance(struct ps_job *job, const struct ps_step_def *step)
{
    if (ps_rng_unit(&job->rng) < step->chance)
        job->task.outcome = PS_FAILED;
    return NULL;
}

extern const struct ps_step_ops ps_step_fail;
const struct ps_step_ops ps_step_fail = {.advance = advance};
