/* The feeder thread.
 *
 * Protocol: everything below `lock` is under it but `credits`. The main thread changes settings and
 * signals; the feeder waits on a futex word `wake` (not on a condition: credits come from workers
 * that must not take a lock).
 *   worker  credits += 1 (seq_cst); if `asleep` (seq_cst load): wake += 1, futex wake
 *   feeder  seen = wake; asleep = 1 (seq_cst); takes the credits, reads settings, feeds; nothing due:
 *           futex wait(wake == seen); asleep = 0
 * Either the worker sees asleep and changes `wake`, or the feeder sees the credit.
 *
 * Schedule of the open model: arrival i+1 is due a gap after arrival i was due; gaps are drawn as
 * unit gaps and scaled by the rate of the moment. While paused the schedule stands still. A run of
 * limited duration gets the same arrivals on every engine: those that are due before its end. */
#include "host/feeder.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "engines/common/parker.h"
#include "host/job.h"

/* Instants at which thinking clients of the closed model come back: a binary heap. */
struct due_heap {
    uint64_t *at;
    size_t count, capacity;
};

struct ps_feeder {
    struct ps_run *run;
    pthread_t thread;
    _Atomic uint64_t credits; /* closed: ended root jobs not yet answered by a new arrival */
    _Atomic uint32_t wake, asleep;
    _Atomic uint32_t stop, exhausted;
    _Atomic uint32_t scheduled; /* open: all that was due before the end has arrived */
    _Atomic uint32_t gone;      /* the thread is at its end; release, partner ps_feeder_ended */
    bool joined;                /* main thread's */

    pthread_mutex_t lock;
    double rate;
    uint64_t in_flight, burst;
    bool paused;
    uint64_t pause_began_ns, pause_total_ns;

    /* The feeder's own. */
    uint64_t number;   /* of the next arrival */
    uint64_t next_ns;  /* open: when it is due */
    double rate_seen;  /* open: by which next_ns was scheduled */
    uint64_t live;     /* closed: clients that exist */
    uint64_t epoch_ns; /* when feeding began */
    uint64_t paused_seen_ns;
    uint64_t end_ns; /* no task is due from here on (moves with pauses) */
    struct due_heap due;
    struct ps_rng think;
};

/* How long a submission may wait for room before the feeder looks at its settings again. */
#define PATIENCE_NS (20 * (uint64_t)PS_NS_PER_MS)
/* How long a refused client of the closed model waits before its next attempt. */
#define REFUSED_NS ((uint64_t)PS_NS_PER_MS)

static bool due_push(struct due_heap *heap, uint64_t at_ns)
{
    if (heap->count == heap->capacity) {
        size_t capacity = heap->capacity ? heap->capacity * 2 : 64;
        uint64_t *at = realloc(heap->at, capacity * sizeof *at);
        if (!at)
            return false;
        heap->at = at;
        heap->capacity = capacity;
    }
    size_t i = heap->count++;
    for (; i > 0 && heap->at[(i - 1) / 2] > at_ns; i = (i - 1) / 2)
        heap->at[i] = heap->at[(i - 1) / 2];
    heap->at[i] = at_ns;
    return true;
}

static uint64_t due_pop(struct due_heap *heap)
{
    uint64_t first = heap->at[0], last = heap->at[--heap->count];
    size_t i = 0;
    for (;;) {
        size_t child = 2 * i + 1;
        if (child >= heap->count)
            break;
        if (child + 1 < heap->count && heap->at[child + 1] < heap->at[child])
            child++;
        if (heap->at[child] >= last)
            break;
        heap->at[i] = heap->at[child];
        i = child;
    }
    heap->at[i] = last;
    return first;
}

static void nudge(struct ps_feeder *feeder)
{
    atomic_fetch_add(&feeder->wake, 1);
    ps_futex_wake(&feeder->wake, 1);
}

void ps_feeder_credit(struct ps_feeder *feeder)
{
    if (feeder->run->experiment.model != PS_ARRIVAL_CLOSED)
        return;
    atomic_fetch_add(&feeder->credits, 1);
    if (atomic_load(&feeder->asleep))
        nudge(feeder);
}

static bool stopping(struct ps_feeder *feeder)
{
    return atomic_load_explicit(&feeder->stop, memory_order_acquire) != 0;
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

/* Submit one task that was due at intended_ns. Returns false when no more can come. */
static bool arrive(struct ps_feeder *feeder, uint64_t intended_ns)
{
    struct ps_run *run = feeder->run;
    struct ps_job *job = ps_job_arrival(run, feeder->number, intended_ns);
    if (!job) {
        complain(feeder, PS_ENOMEM);
        return false;
    }
    enum ps_err err;
    do
        err = submit(run, job, ps_now_ns() + PATIENCE_NS);
    while (err == PS_ETIMEDOUT && !stopping(feeder));
    if (err == PS_OK) {
        feeder->number++;
        return true;
    }
    ps_job_put(run->jobs, job);
    if (err == PS_EFULL) { /* refused and counted; the client of a closed model comes again later */
        feeder->number++;
        if (run->experiment.model == PS_ARRIVAL_CLOSED &&
            !due_push(&feeder->due, ps_now_ns() + REFUSED_NS))
            feeder->live--;
        return true;
    }
    if (err != PS_ECLOSED && err != PS_ETIMEDOUT)
        complain(feeder, err);
    return false;
}

static bool limit_reached(const struct ps_feeder *feeder)
{
    uint64_t tasks = feeder->run->experiment.tasks;
    return tasks > 0 && feeder->number >= tasks;
}

/* What is due now. Returns when the next will be due; PS_NEVER: nothing is scheduled. */
static uint64_t feed_open(struct ps_feeder *feeder, double rate)
{
    struct ps_arrivals *arrivals = &feeder->run->arrivals;
    if (rate <= 0) {
        feeder->next_ns = ps_now_ns();
        return PS_NEVER;
    }
    uint64_t now_ns = ps_now_ns();
    if (rate != feeder->rate_seen) { /* the rest of the gap under way is scaled to the new rate */
        if (feeder->next_ns > now_ns)
            feeder->next_ns =
                now_ns + (uint64_t)((double)(feeder->next_ns - now_ns) * feeder->rate_seen / rate);
        feeder->rate_seen = rate;
    }
    for (unsigned n = 0; feeder->next_ns <= now_ns && feeder->next_ns < feeder->end_ns && n < 256;
         n++) {
        if (limit_reached(feeder) || stopping(feeder) || !arrive(feeder, feeder->next_ns))
            return PS_NEVER;
        feeder->next_ns += (uint64_t)ps_arrival_gap(arrivals, rate);
    }
    bool scheduled = feeder->next_ns >= feeder->end_ns;
    atomic_store_explicit(&feeder->scheduled, scheduled, memory_order_release);
    return scheduled ? PS_NEVER : feeder->next_ns;
}

static uint64_t think_ns(struct ps_feeder *feeder)
{
    return ps_dist_draw(&feeder->run->experiment.think, &feeder->think);
}

static uint64_t feed_closed(struct ps_feeder *feeder, uint64_t in_flight)
{
    uint64_t now_ns = ps_now_ns();
    uint64_t ended = atomic_exchange(&feeder->credits, 0);
    for (; ended > 0; ended--) {
        if (feeder->live > in_flight) {
            feeder->live--; /* fewer clients were asked for: this one leaves */
        } else if (!due_push(&feeder->due, now_ns + think_ns(feeder))) {
            feeder->live--;
        }
    }
    for (; feeder->live < in_flight; feeder->live++)
        if (!due_push(&feeder->due, now_ns))
            break;
    while (feeder->due.count > 0 && feeder->due.at[0] <= now_ns) {
        if (limit_reached(feeder) || stopping(feeder))
            return PS_NEVER;
        if (!arrive(feeder, due_pop(&feeder->due)))
            return PS_NEVER;
    }
    return feeder->due.count ? feeder->due.at[0] : PS_NEVER;
}

static uint64_t feed_batch(struct ps_feeder *feeder)
{
    for (unsigned n = 0; n < 256 && !limit_reached(feeder) && !stopping(feeder); n++)
        if (!arrive(feeder, feeder->epoch_ns))
            return PS_NEVER;
    return limit_reached(feeder) ? PS_NEVER : 0;
}

static void feed_burst(struct ps_feeder *feeder, uint64_t count)
{
    uint64_t now_ns = ps_now_ns();
    for (uint64_t i = 0; i < count && !stopping(feeder); i++) {
        feeder->live++; /* in a closed model the extra clients leave when their task has ended */
        if (!arrive(feeder, now_ns))
            return;
    }
}

struct settings {
    double rate;
    uint64_t in_flight, burst;
    bool paused;
};

static struct settings read_settings(struct ps_feeder *feeder)
{
    pthread_mutex_lock(&feeder->lock);
    struct settings now = {feeder->rate, feeder->in_flight, feeder->burst, feeder->paused};
    if (!feeder->paused) {
        feeder->burst = 0;
        uint64_t paused_ns = feeder->pause_total_ns - feeder->paused_seen_ns;
        feeder->next_ns += paused_ns;
        feeder->end_ns = ps_time_add(feeder->end_ns, paused_ns);
        feeder->paused_seen_ns = feeder->pause_total_ns;
    }
    pthread_mutex_unlock(&feeder->lock);
    return now;
}

static uint64_t feed(struct ps_feeder *feeder)
{
    struct settings now = read_settings(feeder);
    if (now.paused)
        return PS_NEVER;
    if (now.burst)
        feed_burst(feeder, now.burst);
    if (limit_reached(feeder)) {
        atomic_store_explicit(&feeder->exhausted, 1, memory_order_release);
        return PS_NEVER;
    }
    switch (feeder->run->experiment.model) {
    case PS_ARRIVAL_OPEN:
        return feed_open(feeder, now.rate);
    case PS_ARRIVAL_CLOSED:
        return feed_closed(feeder, now.in_flight);
    case PS_ARRIVAL_BATCH:
        return feed_batch(feeder);
    }
    return PS_NEVER;
}

static void *feeder_main(void *arg)
{
    struct ps_feeder *feeder = arg;
    uint64_t duration_ns = feeder->run->experiment.duration_ns;
    feeder->epoch_ns = feeder->next_ns = ps_now_ns();
    feeder->end_ns = duration_ns ? feeder->epoch_ns + duration_ns : PS_NEVER;
    while (!stopping(feeder)) {
        uint32_t seen = atomic_load(&feeder->wake);
        atomic_store(&feeder->asleep, 1);
        uint64_t until_ns = feed(feeder);
        bool more = limit_reached(feeder) && !atomic_load(&feeder->exhausted);
        if (!stopping(feeder) && !more && until_ns > ps_now_ns())
            ps_futex_wait(&feeder->wake, seen, until_ns);
        atomic_store(&feeder->asleep, 0);
    }
    atomic_store_explicit(&feeder->gone, 1, memory_order_release);
    ps_futex_wake(&feeder->gone, 1);
    return NULL;
}

enum ps_err ps_feeder_start(struct ps_run *run, struct ps_feeder **into)
{
    struct ps_feeder *feeder = calloc(1, sizeof *feeder);
    if (!feeder)
        return PS_ENOMEM;
    feeder->run = run;
    feeder->rate = feeder->rate_seen = run->experiment.rate;
    feeder->in_flight = run->experiment.in_flight;
    feeder->think = ps_rng_make(run->experiment.seed, UINT64_C(0x7468696e6b));
    pthread_mutex_init(&feeder->lock, NULL);
    *into = feeder; /* before the thread: tasks that end early look for it */
    int rc = pthread_create(&feeder->thread, NULL, feeder_main, feeder);
    if (rc != 0) {
        *into = NULL;
        free(feeder);
        return ps_err_from_errno(rc);
    }
    return PS_OK;
}

void ps_feeder_stop(struct ps_feeder *feeder)
{
    atomic_store_explicit(&feeder->stop, 1, memory_order_release);
    nudge(feeder);
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
    pthread_mutex_destroy(&feeder->lock);
    free(feeder->due.at);
    free(feeder);
}

bool ps_feeder_behind(const struct ps_feeder *feeder)
{
    struct ps_feeder *f = (struct ps_feeder *)feeder;
    return f->run->experiment.model == PS_ARRIVAL_OPEN &&
           !atomic_load_explicit(&f->scheduled, memory_order_acquire);
}

bool ps_feeder_exhausted(const struct ps_feeder *feeder)
{
    return atomic_load_explicit(&((struct ps_feeder *)feeder)->exhausted, memory_order_acquire) !=
           0;
}

void ps_feeder_rate(struct ps_feeder *feeder, double per_second)
{
    pthread_mutex_lock(&feeder->lock);
    feeder->rate = per_second;
    pthread_mutex_unlock(&feeder->lock);
    nudge(feeder);
}

void ps_feeder_in_flight(struct ps_feeder *feeder, uint64_t count)
{
    pthread_mutex_lock(&feeder->lock);
    feeder->in_flight = count;
    pthread_mutex_unlock(&feeder->lock);
    nudge(feeder);
}

void ps_feeder_burst(struct ps_feeder *feeder, uint64_t count)
{
    pthread_mutex_lock(&feeder->lock);
    feeder->burst += count;
    pthread_mutex_unlock(&feeder->lock);
    nudge(feeder);
}

void ps_feeder_pause(struct ps_feeder *feeder, bool paused)
{
    pthread_mutex_lock(&feeder->lock);
    if (paused && !feeder->paused)
        feeder->pause_began_ns = ps_now_ns();
    else if (!paused && feeder->paused)
        feeder->pause_total_ns += ps_now_ns() - feeder->pause_began_ns;
    feeder->paused = paused;
    pthread_mutex_unlock(&feeder->lock);
    nudge(feeder);
}
