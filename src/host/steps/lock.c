/* lock NAME T: take the lock, burn T of CPU with it, let it go. Phases: 1 waits in line; 2 waits for a
 * thread's mutex, and amount is 1 when it has it. A fair lock is tried by joining its line; a thread's
 * mutex first by trylock, so that only a wait shows as one. */
#include "host/job.h"

static struct ps_run_lock *lock_of(const struct ps_job *job, const struct ps_step_def *step)
{
    return &job->run->locks[step->lock];
}

static void let_go(struct ps_run_lock *lock)
{
    if (lock->kind == PS_LOCK_FAIR)
        ps_mutex_unlock(&lock->fair);
    else
        pthread_mutex_unlock(&lock->thread);
}

static struct ps_wait *hold(struct ps_job *job, const struct ps_step_def *step)
{
    uint64_t left_ns = ps_dist_draw(&step->time, &job->rng);
    ps_probe_lock_taken(job->run->segment, step->lock,
                        ps_holder_word(job->task.stamp.id, ps_job_type(job), ps_worker_self()));
    if (!ps_job_burn(job, &left_ns))
        ps_task_give_up(&job->task);
    ps_probe_lock_free(job->run->segment, step->lock);
    let_go(lock_of(job, step));
    return NULL;
}

static struct ps_wait *wait_in_line(struct ps_job *job, struct ps_mutex *lock, bool *got)
{
    enum ps_err err = job->phase == 0 ? ps_mutex_begin(lock, &job->task, &job->waiter, PS_NEVER)
                                      : ps_sync_again(&job->waiter);
    *got = err == PS_OK;
    job->phase = 1;
    return &job->waiter.wait;
}

static void block(void *arg)
{
    struct ps_job *job = arg;
    pthread_mutex_lock(&lock_of(job, &job->type->steps[job->position])->thread);
    job->amount = 1;
}

static struct ps_wait *wait_as_thread(struct ps_job *job, pthread_mutex_t *mutex, bool *got)
{
    *got = job->phase == 2 ? job->amount == 1 : pthread_mutex_trylock(mutex) == 0;
    if (*got)
        return NULL;
    job->phase = 2;
    job->amount = 0;
    job->wait = (struct ps_wait){.kind = PS_WAIT_CALL,
                                 .why = PS_STATE_LOCK,
                                 .until_ns = PS_NEVER,
                                 .call = block,
                                 .call_arg = job};
    return &job->wait;
}

static struct ps_wait *advance(struct ps_job *job, const struct ps_step_def *step)
{
    struct ps_run_lock *lock = lock_of(job, step);
    bool got, waited = job->phase > 0;
    struct ps_wait *wait = lock->kind == PS_LOCK_FAIR ? wait_in_line(job, &lock->fair, &got)
                                                      : wait_as_thread(job, &lock->thread, &got);
    if (got == waited)
        ps_probe_lock_wait(job->run->segment, step->lock, !waited);
    return got ? hold(job, step) : wait;
}

static void abandon(struct ps_job *job, const struct ps_step_def *step)
{
    ps_probe_lock_wait(job->run->segment, step->lock, false);
    if (job->phase == 2 ? job->amount == 1 : ps_sync_give_up(&job->waiter) == PS_OK)
        let_go(lock_of(job, step));
}

extern const struct ps_step_ops ps_step_lock;
const struct ps_step_ops ps_step_lock = {.advance = advance, .abandon = abandon};
