#include "host/realtime.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "host/job.h"

enum { NOT_SET = -1 };

/* The priority that the thread has for a task; NOT_SET: that of the host. */
static _Thread_local signed char present = NOT_SET;

static int set_priority(unsigned priority)
{
    struct sched_param param = {.sched_priority = (int)priority};
    return pthread_setschedparam(pthread_self(), priority > 0 ? SCHED_FIFO : SCHED_OTHER, &param);
}

void ps_realtime_begin(struct ps_run *run)
{
    const struct ps_experiment *e = &run->experiment;
    unsigned highest = 0;
    for (unsigned t = 0; t < e->type_count; t++)
        highest = e->types[t].realtime > highest ? e->types[t].realtime : highest;
    if (highest == 0)
        return;
    int error = set_priority(highest + 1);
    if (error == 0) {
        run->realtime = highest + 1;
        return;
    }
    char text[PS_MESSAGE_BYTES];
    snprintf(text, sizeof text,
             "no real-time priorities here (%s; ulimit -r, CAP_SYS_NICE): tasks run without",
             strerror(error));
    ps_segment_say(run->segment, text);
}

static void change(struct ps_job *job, signed char to)
{
    if (to == present)
        return;
    present = to;
    set_priority(to == NOT_SET ? job->run->realtime : (unsigned)to);
}

void ps_realtime_enter(struct ps_job *job)
{
    if (job->run->realtime == 0 || job->entered)
        return;
    job->entered = true;
    job->priority_before = present;
    change(job, (signed char)job->type->realtime);
}

void ps_realtime_leave(struct ps_job *job)
{
    if (job->entered)
        change(job, job->priority_before);
    job->entered = false;
}
