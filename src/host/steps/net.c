/* net T: a request over a loopback TCP connection to a service that answers after T. Phases: 1
 * waits for a connection that may be open, 2 talks. */
#include <poll.h>

#include "base/clock.h"
#include "host/job.h"
#include "host/net_client.h"

enum { WAITS_FOR_PLACE = 1, TALKS = 2 };

static void hang_up(struct ps_job *job)
{
    ps_net_drop(job->run->net_pool, job->connection);
    ps_semaphore_put(&job->run->net_places);
    job->task.outcome = PS_FAILED;
}

static bool connect_to_service(struct ps_job *job)
{
    enum ps_err err;
    job->connection = ps_net_take(job->run->net_pool, ps_worker_self(), &err);
    if (!job->connection) {
        ps_semaphore_put(&job->run->net_places);
        job->task.outcome = PS_FAILED;
        return false;
    }
    job->phase = TALKS;
    ps_net_request(job->connection, (uint64_t)job->task.stamp.id << 32 | job->position,
                   job->amount);
    return true;
}

static struct ps_wait *talk(struct ps_job *job)
{
    enum ps_net_status status = ps_net_advance(job->connection);
    switch (status) {
    case PS_NET_DONE:
        ps_net_put(job->run->net_pool, job->connection, ps_worker_self());
        ps_semaphore_put(&job->run->net_places);
        return NULL;
    case PS_NET_WANT_READ:
    case PS_NET_WANT_WRITE:
        job->wait = (struct ps_wait){.kind = PS_WAIT_FD,
                                     .why = PS_STATE_NET,
                                     .until_ns = PS_NEVER,
                                     .fd = job->connection->fd,
                                     .events = status == PS_NET_WANT_READ ? POLLIN : POLLOUT,
                                     .drained = true};
        return &job->wait;
    case PS_NET_ERROR:
        break;
    }
    hang_up(job);
    return NULL;
}

static struct ps_wait *advance(struct ps_job *job, const struct ps_step_def *step)
{
    struct ps_semaphore *places = &job->run->net_places;
    if (job->phase == 0)
        job->amount = ps_dist_draw(&step->time, &job->rng);
    if (job->phase != TALKS) {
        enum ps_err err = job->phase == 0
                              ? ps_semaphore_begin(places, &job->task, &job->waiter, PS_NEVER)
                              : ps_sync_again(&job->waiter);
        if (err != PS_OK) {
            job->phase = WAITS_FOR_PLACE;
            job->waiter.wait.why = PS_STATE_NET;
            return &job->waiter.wait;
        }
        if (!connect_to_service(job))
            return NULL;
    }
    return talk(job);
}

static void abandon(struct ps_job *job, const struct ps_step_def *step)
{
    (void)step;
    struct ps_semaphore *places = &job->run->net_places;
    if (job->phase == TALKS) /* its answer is still on the way */
        ps_net_drop(job->run->net_pool, job->connection);
    else if (ps_sync_give_up(&job->waiter) != PS_OK)
        return;
    ps_semaphore_put(places);
}

extern const struct ps_step_ops ps_step_net;
const struct ps_step_ops ps_step_net = {.advance = advance, .abandon = abandon};
