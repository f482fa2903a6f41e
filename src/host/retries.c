#include "host/retries.h"

#include "base/clock.h"
#include "host/feeding.h"
#include "host/job.h"
#include "metrics/probe.h"

void ps_retries_init(struct ps_feeder *feeder)
{
    const struct ps_experiment *e = &feeder->run->experiment;
    for (unsigned t = 0; t < e->type_count; t++)
        feeder->retries.budget[t].ratio = e->types[t].retry_budget;
}

void ps_retries_free(struct ps_feeder *feeder)
{
    ps_due_free(&feeder->retries.due);
}

void ps_retries_opened(struct ps_feeder *feeder, const struct ps_job *job)
{
    if (job->type->retries)
        atomic_fetch_add(&feeder->retries.open, 1);
}

void ps_retries_dropped(struct ps_feeder *feeder, const struct ps_job *job)
{
    if (job->type->retries)
        atomic_fetch_sub(&feeder->retries.open, 1);
}

static bool deserves_another(const struct ps_job *job)
{
    enum ps_outcome outcome = job->task.outcome;
    return job->attempt < job->type->retries &&
           (outcome == PS_FAILED || outcome == PS_TIMED_OUT || outcome == PS_REFUSED);
}

static void push(struct ps_retries *retries, struct ps_job *job)
{
    job->next_free = atomic_load(&retries->inbox);
    while (!atomic_compare_exchange_weak(&retries->inbox, &job->next_free, job))
        ;
}

bool ps_retries_follow(struct ps_feeder *feeder, struct ps_job *job)
{
    struct ps_retries *retries = &feeder->retries;
    if (job->type->retries == 0)
        return false;
    if (job->task.outcome == PS_COMPLETED && job->type->retry_budget > 0)
        atomic_fetch_add_explicit(&retries->succeeded[job->task.stamp.type], 1,
                                  memory_order_relaxed);
    struct ps_job *next = deserves_another(job) && !ps_feeder_stopping(feeder)
                              ? ps_job_retry(job, ps_now_ns())
                              : NULL;
    if (!next) {
        atomic_fetch_sub(&retries->open, 1);
        return false;
    }
    push(retries, next);
    ps_feeder_wake(feeder);
    return true;
}

/* No attempt follows after all. */
static void settle(struct ps_feeder *feeder, struct ps_job *job)
{
    ps_job_put(feeder->run->jobs, job);
    atomic_fetch_sub(&feeder->retries.open, 1);
    ps_feeder_credit(feeder);
}

static void earn(struct ps_feeder *feeder, uint64_t run_ns)
{
    struct ps_retries *retries = &feeder->retries;
    for (unsigned t = 0; t < feeder->run->experiment.type_count; t++) {
        if (retries->budget[t].ratio <= 0)
            continue;
        uint64_t successes =
            atomic_exchange_explicit(&retries->succeeded[t], 0, memory_order_relaxed);
        ps_budget_earn(&retries->budget[t], run_ns, successes);
    }
}

static void take_in(struct ps_feeder *feeder, uint64_t run_ns)
{
    struct ps_retries *retries = &feeder->retries;
    struct ps_job *job = atomic_exchange(&retries->inbox, NULL), *next;
    if (job)
        earn(feeder, run_ns);
    for (; job; job = next) {
        unsigned type = job->task.stamp.type;
        next = job->next_free;
        if (!ps_budget_spend(&retries->budget[type], run_ns)) {
            ps_probe_retry(feeder->run->segment, type, true);
            settle(feeder, job);
        } else if (!ps_due_push(&retries->due, (struct ps_due){job->task.stamp.intended_ns, job})) {
            settle(feeder, job);
        }
    }
}

uint64_t ps_retries_feed(struct ps_feeder *feeder, uint64_t now_ns)
{
    struct ps_retries *retries = &feeder->retries;
    take_in(feeder, now_ns - feeder->origin_ns);
    while (ps_due_next(&retries->due) <= now_ns && !ps_feeder_stopping(feeder)) {
        struct ps_job *job = ps_due_pop(&retries->due).what;
        unsigned type = job->task.stamp.type;
        enum ps_err err = ps_feeder_submit(feeder, job);
        if (err == PS_OK || err == PS_EFULL)
            ps_probe_retry(feeder->run->segment, type, false);
        else
            settle(feeder, job);
    }
    return ps_due_next(&retries->due);
}
