/* lock NAME T: take the lock, burn T of CPU with it, let it go. Phases: 1 waits in line. */
#include "host/job.h"

static struct ps_wait *hold(struct ps_job *job, const struct ps_step_def *step)
{
    uint64_t left_ns = ps_dist_draw(&step->time, &job->rng);
    if (!ps_job_burn(job, &left_ns))
        ps_task_give_up(&job->task);
    ps_sema_put(&job->run->locks[step->lock]);
    return NULL;
}

static struct ps_wait *advance(struct ps_job *job, const struct ps_step_def *step)
{
    struct ps_sema *lock = &job->run->locks[step->lock];
    bool ours = job->phase == 0 ? ps_sema_take(lock, &job->task, &job->waiter, PS_STATE_LOCK)
                                : ps_sema_again(lock, &job->waiter);
    if (ours)
        return hold(job, step);
    job->phase = 1;
    return &job->waiter.wait;
}

static void abandon(struct ps_job *job, const struct ps_step_def *step)
{
    struct ps_sema *lock = &job->run->locks[step->lock];
    if (!ps_sema_give_up(lock, &job->waiter))
        ps_sema_put(lock);
}

extern const struct ps_step_ops ps_step_lock;
const struct ps_step_ops ps_step_lock = {.advance = advance, .abandon = abandon};
