/* The feeder thread.
 *
 * Protocol: settings and the pause are under `lock`. The main thread changes them and signals; the
 * feeder waits on a futex word `wake` (not on a condition: credits come from workers that must not
 * take a lock).
 *   worker  credits += 1 (seq_cst); if `asleep` (seq_cst load): wake += 1, futex wake
 *   feeder  seen = wake; asleep = 1 (seq_cst); takes the credits, reads settings, feeds; nothing due:
 *           futex wait(wake == seen); asleep = 0
 * Either the worker sees asleep and changes `wake`, or the feeder sees the credit.
 *
 * A run of limited duration gets the same arrivals on every engine: those that are due before its
 * end, in run time. */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "engines/common/parker.h"
#include "host/feeding.h"
#include "host/http.h"
#include "host/job.h"

/* How long a submission may wait for room before the feeder looks at its settings again. */
#define PATIENCE_NS (20 * (uint64_t)PS_NS_PER_MS)
/* How long a refused client of the closed model waits before its next attempt. */
#define REFUSED_NS ((uint64_t)PS_NS_PER_MS)

static const struct ps_arrival_ops *const models[] = {
    [PS_ARRIVAL_OPEN] = &ps_arrivals_open,   [PS_ARRIVAL_CLOSED] = &ps_arrivals_closed,
    [PS_ARRIVAL_BATCH] = &ps_arrivals_batch, [PS_ARRIVAL_TRACE] = &ps_arrivals_trace,
    [PS_ARRIVAL_HTTP] = &ps_arrivals_http,
};

static void nudge(struct ps_feeder *feeder)
{
    atomic_fetch_add(&feeder->wake, 1);
    ps_futex_wake(&feeder->wake, 1);
}

void ps_feeder_wake(struct ps_feeder *feeder)
{
    if (atomic_load(&feeder->asleep))
        nudge(feeder);
}

void ps_feeder_credit(struct ps_feeder *feeder)
{
    if (!feeder->ops->credited)
        return;
    atomic_fetch_add(&feeder->credits, 1);
    ps_feeder_wake(feeder);
}

bool ps_feeder_stopping(struct ps_feeder *feeder)
{
    return atomic_load_explicit(&feeder->stop, memory_order_acquire) != 0;
}

bool ps_feeder_limit_reached(const struct ps_feeder *feeder)
{
    uint64_t tasks = feeder->run->experiment.tasks;
    return tasks > 0 && feeder->number >= tasks;
}

static void complain(struct ps_feeder *feeder, enum ps_err err)
{
    char text[PS_MESSAGE_BYTES];
    snprintf(text, sizeof text, "%s: no more tasks arrive", ps_err_text(err));
    ps_segment_say(feeder->run->segment, text);
}

static enum ps_err submit(struct ps_run *run, struct ps_job *job, uint64_t deadline_ns)
{
    switch (job->type->on_full) {
    case PS_TYPE_FULL_BLOCK:
        return ps_submit_or(run->engine, &job->task, PS_ON_FULL_BLOCK, deadline_ns);
    case PS_TYPE_FULL_REFUSE:
        return ps_submit_or(run->engine, &job->task, PS_ON_FULL_REFUSE, deadline_ns);
    case PS_TYPE_FULL_CALLER_RUNS:
        return ps_submit_or(run->engine, &job->task, PS_ON_FULL_CALLER_RUNS, deadline_ns);
    case PS_TYPE_FULL_DEFAULT:
        break;
    }
    return ps_submit(run->engine, &job->task, deadline_ns);
}

/* ---- arrivals ---- */

/* Refused and counted: tried again, or the client of a closed model comes again later. */
static void refuse(struct ps_feeder *feeder, struct ps_job *job)
{
    job->task.outcome = PS_REFUSED;
    bool follows = ps_retries_follow(feeder, job);
    ps_job_put(feeder->run->jobs, job);
    if (!follows && feeder->ops == &ps_arrivals_closed &&
        !ps_due_push(&feeder->due, (struct ps_due){.at_ns = ps_now_ns() + REFUSED_NS}))
        feeder->live--;
}

enum ps_err ps_feeder_submit(struct ps_feeder *feeder, struct ps_job *job)
{
    enum ps_err err;
    do
        err = submit(feeder->run, job, ps_now_ns() + PATIENCE_NS);
    while (err == PS_ETIMEDOUT && !ps_feeder_stopping(feeder));
    if (err == PS_EFULL)
        refuse(feeder, job);
    else if (err != PS_OK && err != PS_ECLOSED && err != PS_ETIMEDOUT)
        complain(feeder, err);
    return err;
}

bool ps_feeder_arrive(struct ps_feeder *feeder, uint64_t intended_ns,
                      const struct ps_trace_row *row)
{
    struct ps_run *run = feeder->run;
    struct ps_job *job = ps_job_arrival(
        run, &(struct ps_arrival){
                 .number = feeder->number,
                 .at_ns = intended_ns > feeder->origin_ns ? intended_ns - feeder->origin_ns : 0,
                 .intended_ns = intended_ns,
                 .row = row,
             });
    if (!job) {
        complain(feeder, PS_ENOMEM);
        return false;
    }
    ps_retries_opened(feeder, job);
    enum ps_err err = ps_feeder_submit(feeder, job);
    if (err == PS_OK || err == PS_EFULL) {
        feeder->number++;
        return true;
    }
    ps_retries_dropped(feeder, job);
    ps_job_put(run->jobs, job);
    return false;
}

static void feed_burst(struct ps_feeder *feeder, uint64_t count)
{
    uint64_t now_ns = ps_now_ns();
    for (uint64_t i = 0; i < count && !ps_feeder_stopping(feeder); i++) {
        feeder->live++; /* in a closed model the extra clients leave when their task has ended */
        if (!ps_feeder_arrive(feeder, now_ns, NULL))
            return;
    }
}

static struct ps_feeder_settings read_settings(struct ps_feeder *feeder)
{
    pthread_mutex_lock(&feeder->lock);
    struct ps_feeder_settings now = feeder->settings;
    if (!now.paused) {
        feeder->settings.burst = 0;
        feeder->origin_ns += feeder->pause_total_ns - feeder->paused_seen_ns;
        feeder->paused_seen_ns = feeder->pause_total_ns;
    }
    pthread_mutex_unlock(&feeder->lock);
    return now;
}

static bool all_arrived(const struct ps_feeder *feeder)
{
    return feeder->over || ps_feeder_limit_reached(feeder);
}

/* One round; returns the instant of the next. */
static uint64_t feed(struct ps_feeder *feeder)
{
    struct ps_feeder_settings now = read_settings(feeder);
    if (now.paused)
        return PS_NEVER;
    if (now.mix_changes != feeder->mix_changes) {
        uint64_t at_ns = ps_now_ns();
        ps_arrivals_mix(&feeder->run->arrivals,
                        at_ns > feeder->origin_ns ? at_ns - feeder->origin_ns : 0, &now.mix);
        feeder->mix_changes = now.mix_changes;
    }
    if (now.burst)
        feed_burst(feeder, now.burst);
    uint64_t retry_ns = ps_retries_feed(feeder, ps_now_ns());
    uint64_t next_ns = all_arrived(feeder) ? PS_NEVER : feeder->ops->feed(feeder, &now);
    bool past_end = feeder->ops->scheduled && feeder->next_ns >= feeder->end_ns;
    if (all_arrived(feeder) || past_end) {
        atomic_store_explicit(&feeder->behind, 0, memory_order_release);
        next_ns = PS_NEVER;
    }
    if (all_arrived(feeder))
        atomic_store(&feeder->exhausted, 1);
    return next_ns < retry_ns ? next_ns : retry_ns;
}

static void *feeder_main(void *arg)
{
    struct ps_feeder *feeder = arg;
    feeder->origin_ns = ps_now_ns();
    while (!ps_feeder_stopping(feeder)) {
        uint32_t seen = atomic_load(&feeder->wake);
        atomic_store(&feeder->asleep, 1);
        uint64_t until_ns = feed(feeder);
        if (!ps_feeder_stopping(feeder) && until_ns > ps_now_ns())
            ps_futex_wait(&feeder->wake, seen, until_ns);
        atomic_store(&feeder->asleep, 0);
    }
    atomic_store_explicit(&feeder->gone, 1, memory_order_release);
    ps_futex_wake(&feeder->gone, 1);
    return NULL;
}

/* ---- life ---- */

enum ps_err ps_feeder_start(struct ps_run *run, struct ps_feeder **into, char *why, size_t size)
{
    struct ps_feeder *feeder = calloc(1, sizeof *feeder);
    if (!feeder)
        return PS_ENOMEM;
    const struct ps_experiment *e = &run->experiment;
    feeder->run = run;
    feeder->ops = models[e->model];
    feeder->settings = (struct ps_feeder_settings){.in_flight = e->in_flight};
    feeder->end_ns = e->duration_ns ? e->duration_ns : PS_NEVER;
    atomic_init(&feeder->behind, feeder->ops->scheduled);
    ps_retries_init(feeder);
    enum ps_err err = feeder->ops->open ? feeder->ops->open(feeder, why, size) : PS_OK;
    if (err != PS_OK) {
        free(feeder);
        return err;
    }
    pthread_mutex_init(&feeder->lock, NULL);
    *into = feeder; /* before the thread: tasks that end early look for it */
    int rc = pthread_create(&feeder->thread, NULL, feeder_main, feeder);
    if (rc != 0) {
        *into = NULL;
        ps_feeder_free(feeder);
        return ps_err_from_errno(rc);
    }
    return PS_OK;
}

void ps_feeder_stop(struct ps_feeder *feeder)
{
    atomic_store_explicit(&feeder->stop, 1, memory_order_release);
    nudge(feeder);
    if (feeder->run->http)
        ps_http_stop(feeder->run->http);
}

bool ps_feeder_ended(struct ps_feeder *feeder, uint64_t until_ns)
{
    while (!feeder->joined) {
        if (atomic_load_explicit(&feeder->gone, memory_order_acquire)) {
            pthread_join(feeder->thread, NULL);
            feeder->joined = true;
        } else if (!ps_futex_wait(&feeder->gone, 0, until_ns)) {
            return false;
        }
    }
    return true;
}

void ps_feeder_free(struct ps_feeder *feeder)
{
    if (!feeder)
        return;
    if (feeder->ops->close)
        feeder->ops->close(feeder);
    pthread_mutex_destroy(&feeder->lock);
    ps_due_free(&feeder->due);
    ps_retries_free(feeder);
    free(feeder);
}

/* ---- from outside ---- */

bool ps_feeder_behind(const struct ps_feeder *feeder)
{
    return atomic_load_explicit(&((struct ps_feeder *)feeder)->behind, memory_order_acquire) != 0;
}

bool ps_feeder_exhausted(const struct ps_feeder *feeder)
{
    struct ps_feeder *f = (struct ps_feeder *)feeder;
    if (f->run->http)
        return ps_http_exhausted(f->run->http);
    return atomic_load(&f->exhausted) && atomic_load(&f->retries.open) == 0;
}

void ps_feeder_rate(struct ps_feeder *feeder, double per_second)
{
    pthread_mutex_lock(&feeder->lock);
    feeder->settings.rate = per_second;
    feeder->settings.rate_changes++;
    pthread_mutex_unlock(&feeder->lock);
    nudge(feeder);
}

void ps_feeder_in_flight(struct ps_feeder *feeder, uint64_t count)
{
    pthread_mutex_lock(&feeder->lock);
    feeder->settings.in_flight = count;
    pthread_mutex_unlock(&feeder->lock);
    nudge(feeder);
}

void ps_feeder_mix(struct ps_feeder *feeder, const struct ps_mix *mix)
{
    pthread_mutex_lock(&feeder->lock);
    feeder->settings.mix = *mix;
    feeder->settings.mix_changes++;
    pthread_mutex_unlock(&feeder->lock);
    nudge(feeder);
}

void ps_feeder_burst(struct ps_feeder *feeder, uint64_t count)
{
    pthread_mutex_lock(&feeder->lock);
    feeder->settings.burst += count;
    pthread_mutex_unlock(&feeder->lock);
    nudge(feeder);
}

void ps_feeder_pause(struct ps_feeder *feeder, bool paused)
{
    pthread_mutex_lock(&feeder->lock);
    if (paused && !feeder->settings.paused)
        feeder->pause_began_ns = ps_now_ns();
    else if (!paused && feeder->settings.paused)
        feeder->pause_total_ns += ps_now_ns() - feeder->pause_began_ns;
    feeder->settings.paused = paused;
    pthread_mutex_unlock(&feeder->lock);
    nudge(feeder);
}
