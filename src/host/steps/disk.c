/* disk read|write SIZE [fsync]: a real file; a blocking call, wherever it happens to run. */
#include "base/clock.h"
#include "host/disk_files.h"
#include "host/job.h"

static void transfer(void *arg)
{
    struct ps_job *job = arg;
    const struct ps_step_def *step = &job->type->steps[job->position];
    struct ps_disk *disk = job->run->disk;
    enum ps_err err =
        step->write ? ps_disk_write(disk, step->size, step->sync) : ps_disk_read(disk, step->size);
    job->amount = err != PS_OK;
}

static struct ps_wait *advance(struct ps_job *job, const struct ps_step_def *step)
{
    (void)step;
    if (job->phase++ > 0) {
        if (job->amount)
            job->task.outcome = PS_FAILED;
        return NULL;
    }
    job->wait = (struct ps_wait){.kind = PS_WAIT_CALL,
                                 .why = PS_STATE_DISK,
                                 .until_ns = PS_NEVER,
                                 .call = transfer,
                                 .call_arg = job};
    return &job->wait;
}

extern const struct ps_step_ops ps_step_disk;
const struct ps_step_ops ps_step_disk = {.advance = advance};
