/* row: burn the cpu of the trace's row, then sleep its wait in the engine's own way. */
#include "base/clock.h"
#include "host/job.h"

static struct ps_wait *advance(struct ps_job *job, const struct ps_step_def *step)
{
    (void)step;
    if (job->phase++ > 0)
        return NULL;
    uint64_t left_ns = job->row_cpu_ns;
    if (!ps_job_burn(job, &left_ns)) {
        ps_task_give_up(&job->task);
        return NULL;
    }
    if (job->row_wait_ns == 0)
        return NULL;
    job->wait = (struct ps_wait){
        .kind = PS_WAIT_UNTIL, .why = PS_STATE_SLEEP, .until_ns = ps_now_ns() + job->row_wait_ns};
    return &job->wait;
}

extern const struct ps_step_ops ps_step_row;
const struct ps_step_ops ps_step_row = {.advance = advance};
