/* block T: a system call that blocks its thread for T, as a library that knows nothing of the
 * engine would. Nobody can interrupt it. */
#include <errno.h>
#include <time.h>

#include "base/clock.h"
#include "host/job.h"

static void block(void *arg)
{
    const struct ps_job *job = arg;
    struct timespec until = ps_timespec(ps_now_ns() + job->amount);
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR)
        ;
}

static struct ps_wait *advance(struct ps_job *job, const struct ps_step_def *step)
{
    if (job->phase++ > 0)
        return NULL;
    job->amount = ps_dist_draw(&step->time, &job->rng);
    job->wait = (struct ps_wait){.kind = PS_WAIT_CALL,
                                 .why = PS_STATE_BLOCK,
                                 .until_ns = PS_NEVER,
                                 .call = block,
                                 .call_arg = job};
    return &job->wait;
}

extern const struct ps_step_ops ps_step_block;
const struct ps_step_ops ps_step_block = {.advance = advance};
