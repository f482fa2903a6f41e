/* yield: let other tasks run. */
#include "base/clock.h"
#include "host/job.h"

static struct ps_wait *advance(struct ps_job *job, const struct ps_step_def *step)
{
    (void)step;
    if (job->phase++ > 0)
        return NULL;
    job->wait = (struct ps_wait){.kind = PS_WAIT_YIELD, .why = PS_STATE_RUN, .until_ns = PS_NEVER};
    return &job->wait;
}

extern const struct ps_step_ops ps_step_yield;
const struct ps_step_ops ps_step_yield = {.advance = advance};
