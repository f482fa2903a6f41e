/* lock NAME T: take the lock, burn T of CPU with it, let it go. Phases: 1 waits in line. */
#include "host/job.h"

static struct ps_wait *hold(struct ps_job *job, const struct ps_step_def *step)
{
    uint64_t left_ns = ps_dist_draw(&step->time, &job->rng);
    if (!ps_job_burn(job, &left_ns))
        ps_task_give_up(&job->task);
    ps_mutex_unlock(&job->run->locks[step->lock]);
    return NULL;
}

static struct ps_wait *advance(struct ps_job *job, const struct ps_step_def *step)
{
    struct ps_mutex *lock = &job->run->locks[step->lock];
    enum ps_err err = job->phase == 0 ? ps_mutex_begin(lock, &job->task, &job->waiter, PS_NEVER)
                                      : ps_sync_again(&job->waiter);
    if (err == PS_OK)
        return hold(job, step);
    job->phase = 1;
    return &job->waiter.wait;
}

static void abandon(struct ps_job *job, const struct ps_step_def *step)
{
    if (ps_sync_give_up(&job->waiter) == PS_OK)
        ps_mutex_unlock(&job->run->locks[step->lock]);
}

extern const struct ps_step_ops ps_step_lock;
const struct ps_step_ops ps_step_lock = {.advance = advance, .abandon = abandon};
