#include "engines/green/offload.h"

#include <limits.h>
#include <stdlib.h>

#include "base/clock.h"
#include "engines/common/parker.h"

void offload_init(struct offload *offload)
{
    *offload = (struct offload){0};
    pthread_mutex_init(&offload->lock, NULL);
}

void offload_destroy(struct offload *offload)
{
    pthread_mutex_destroy(&offload->lock);
}

static struct offload_job *next_job(struct offload *offload)
{
    pthread_mutex_lock(&offload->lock);
    while (!offload->first && !offload->quit) {
        uint32_t sequence = atomic_load(&offload->sequence);
        pthread_mutex_unlock(&offload->lock);
        ps_futex_wait(&offload->sequence, sequence, PS_NEVER);
        pthread_mutex_lock(&offload->lock);
    }
    struct offload_job *job = offload->first;
    if (job) {
        offload->first = job->next;
        if (!offload->first)
            offload->last = NULL;
        job->queued = false;
    }
    pthread_mutex_unlock(&offload->lock);
    return job;
}

static void *helper(void *arg)
{
    struct offload *offload = arg;
    struct offload_job *job;
    while ((job = next_job(offload))) {
        struct fiber *fiber = job->fiber;
        job->wait->call(job->wait->call_arg);
        atomic_store_explicit(&job->done, true, memory_order_release);
        fiber_wake(fiber, false);
    }
    return NULL;
}

enum ps_err offload_start(struct offload *offload, unsigned threads)
{
    if (threads == 0)
        return PS_OK;
    offload->thread = calloc(threads, sizeof *offload->thread);
    if (!offload->thread)
        return PS_ENOMEM;
    offload->quit = false;
    for (; offload->threads < threads; offload->threads++)
        if (pthread_create(&offload->thread[offload->threads], NULL, helper, offload) != 0) {
            offload_stop(offload);
            return PS_EAGAIN;
        }
    return PS_OK;
}

void offload_stop(struct offload *offload)
{
    pthread_mutex_lock(&offload->lock);
    offload->quit = true;
    atomic_fetch_add(&offload->sequence, 1);
    pthread_mutex_unlock(&offload->lock);
    ps_futex_wake(&offload->sequence, INT_MAX);
    while (offload->threads > 0)
        pthread_join(offload->thread[--offload->threads], NULL);
    free(offload->thread);
    offload->thread = NULL;
}

void offload_put(struct offload *offload, struct offload_job *job)
{
    pthread_mutex_lock(&offload->lock);
    job->next = NULL;
    job->queued = true;
    if (offload->last)
        offload->last->next = job;
    else
        offload->first = job;
    offload->last = job;
    atomic_fetch_add(&offload->sequence, 1);
    pthread_mutex_unlock(&offload->lock);
    ps_futex_wake(&offload->sequence, 1);
}

bool offload_withdraw(struct offload *offload, struct offload_job *job)
{
    pthread_mutex_lock(&offload->lock);
    bool ours = job->queued;
    if (ours) {
        struct offload_job *before = NULL, *j = offload->first;
        while (j != job) {
            before = j;
            j = j->next;
        }
        if (before)
            before->next = job->next;
        else
            offload->first = job->next;
        if (offload->last == job)
            offload->last = before;
        job->queued = false;
    }
    pthread_mutex_unlock(&offload->lock);
    return ours;
}
