/* sleep T: in the engine's own way, parked, as a timer, or holding the thread. */
#include "base/clock.h"
#include "host/job.h"

static struct ps_wait *advance(struct ps_job *job, const struct ps_step_def *step)
{
    if (job->phase++ > 0)
        return NULL;
    uint64_t until_ns = ps_now_ns() + ps_dist_draw(&step->time, &job->rng);
    job->wait =
        (struct ps_wait){.kind = PS_WAIT_UNTIL, .why = PS_STATE_SLEEP, .until_ns = until_ns};
    return &job->wait;
}

extern const struct ps_step_ops ps_step_sleep;
const struct ps_step_ops ps_step_sleep = {.advance = advance};
