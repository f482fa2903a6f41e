/* Jobs: {run, arg} by value, in two queues a loop. Those of the loop's own thread are in a plain
 * ring that grows. Those of other threads are in a ring of fixed size (after Vyukov's bounded queue,
 * with one consumer), so that posting takes no memory and no lock:
 *
 *   poster  1 charges the gate                     loop  1 slot at head: turn full (acquire)
 *           2 slot at tail: turn empty (acquire),        2 reads the job
 *             else the ring is full                      3 turn = empty of the next lap (release)
 *           3 CAS tail + 1: the slot is its own          4 head + 1; runs it; owes the gate 1
 *           4 counts jobs_submitted; writes the job
 *           5 turn = full (seq_cst); wakes the loop
 *
 * Nobody waits for a poster that stands still between 3 and 5, but what is behind it in the ring
 * does. A poster that stands there has charged the gate, so stop cannot miss its job.
 *
 * End of a loop: tail -> tail | CLOSED by CAS, if nothing lies between head and tail: a job is
 * either in before, or its poster finds the mark and goes to another loop.
 *
 * Every job that was accepted is run, also while cancelling, and by the owner if the engine never
 * started. Rejected: records in the inbox of tasks (an allocation a job). */
#include <stdlib.h>

#include "engines/async/async.h"

static const uint64_t CLOSED = UINT64_C(1) << 63;

enum {
    MOST_SLOTS = 65536,
    FIRST_RING = 256,
    LONG = 1024,    /* of the own ring: caller_runs works it off to the half */
    NESTING = 4,    /* how deep that may nest */
    LOOK_AROUND = 8 /* one job in so many is from the inbox first */
};

enum ps_err ps_async_jobs_init(struct ps_async_loop *loop)
{
    struct ps_async_job_inbox *inbox = &loop->job_inbox;
    size_t slots = 1;
    for (inbox->shift = 0; slots < loop->engine->base.config.queue && slots < MOST_SLOTS;
         slots *= 2)
        inbox->shift++;
    inbox->mask = slots - 1;
    inbox->slot = calloc(slots, sizeof *inbox->slot);
    atomic_store_explicit(&inbox->tail, CLOSED, memory_order_relaxed); /* no thread knows it yet */
    return inbox->slot ? PS_OK : PS_ENOMEM;
}

void ps_async_jobs_fini(struct ps_async_loop *loop)
{
    free(loop->job_inbox.slot);
    free(loop->jobs.job);
}

/* ---- from other threads ---- */

static struct ps_async_job_slot *slot_of(struct ps_async_job_inbox *inbox, uint64_t index)
{
    return &inbox->slot[index & inbox->mask];
}

static uint64_t turn_of(struct ps_async_job_inbox *inbox, uint64_t index)
{
    return (index >> inbox->shift) * 2;
}

/* Steps 2 and 3. PS_EFULL; PS_ECLOSED. The CAS is acquire, partner ps_async_jobs_open: that has read
 * head before the loop moves it on. */
static enum ps_err claim(struct ps_async_job_inbox *inbox, uint64_t *index)
{
    /* relaxed: the slot's turn says whether the index was read late. */
    uint64_t tail = atomic_load_explicit(&inbox->tail, memory_order_relaxed);
    for (;;) {
        if (tail & CLOSED)
            return PS_ECLOSED;
        uint64_t turn = atomic_load_explicit(&slot_of(inbox, tail)->turn, memory_order_acquire);
        if (turn < turn_of(inbox, tail))
            return PS_EFULL;
        if (turn > turn_of(inbox, tail)) {
            tail = atomic_load_explicit(&inbox->tail, memory_order_relaxed);
        } else if (atomic_compare_exchange_weak_explicit(
                       &inbox->tail, &tail, tail + 1, memory_order_acquire, memory_order_relaxed)) {
            *index = tail;
            return PS_OK;
        }
    }
}

/* counted: it was, when it was accepted. */
static enum ps_err post(struct ps_async_loop *loop, struct ps_async_job job, bool counted)
{
    struct ps_async_job_inbox *inbox = &loop->job_inbox;
    uint64_t index;
    enum ps_err err = claim(inbox, &index);
    if (err != PS_OK)
        return err;
    if (!counted)
        ps_probe_job_submitted(ps_engine_probe(&loop->engine->base));
    slot_of(inbox, index)->job = job;
    /* seq_cst, partners: next_of_inbox (acquire) and ps_async_fall_asleep. */
    atomic_store(&slot_of(inbox, index)->turn, turn_of(inbox, index) + 1);
    ps_async_wake(loop);
    return PS_OK;
}

/* A job that has charged the gate. A closed loop passes it on to the one below it. */
static enum ps_err place(struct ps_async *engine, struct ps_async_job job, bool counted)
{
    /* acquire, partner: resize, which opens a loop before it counts as live. */
    uint32_t live = atomic_load_explicit(&engine->live, memory_order_acquire);
    uint32_t turn =
        live > 1 ? atomic_fetch_add_explicit(&engine->next, 1, memory_order_relaxed) : 0;
    enum ps_err err;
    for (uint32_t slot = turn % live;; slot = slot > 0 ? slot - 1 : 0) {
        err = post(&engine->loop[slot], job, counted);
        if (err != PS_ECLOSED)
            break;
    }
    if (err == PS_EFULL)
        ps_async_gate(engine, -1);
    return err;
}

static bool next_of_inbox(struct ps_async_job_inbox *inbox, struct ps_async_job *job)
{
    struct ps_async_job_slot *slot = slot_of(inbox, inbox->head);
    uint64_t full = turn_of(inbox, inbox->head) + 1;
    if (atomic_load_explicit(&slot->turn, memory_order_acquire) != full)
        return false;
    *job = slot->job;
    /* release, partner: claim, whose caller overwrites the job. */
    atomic_store_explicit(&slot->turn, full + 1, memory_order_release);
    inbox->head++;
    return true;
}

/* ---- from the loop's own thread ---- */

static size_t own_count(const struct ps_async_job_ring *ring)
{
    return ring->tail - ring->head;
}

static bool grow(struct ps_async_job_ring *ring)
{
    size_t count = own_count(ring), capacity = ring->job ? (ring->mask + 1) * 2 : FIRST_RING;
    struct ps_async_job *job = reallocarray(NULL, capacity, sizeof *job);
    if (!job)
        return false;
    for (size_t i = 0; i < count; i++)
        job[i] = ring->job[(ring->head + i) & ring->mask];
    free(ring->job);
    *ring = (struct ps_async_job_ring){job, capacity - 1, 0, count};
    return true;
}

static bool run_own(struct ps_async_loop *loop, struct ps_probe *probe)
{
    struct ps_async_job_ring *ring = &loop->jobs;
    if (ring->head == ring->tail)
        return false;
    struct ps_async_job job = ring->job[ring->head++ & ring->mask];
    job.run(job.arg);
    ps_probe_jobs_ended(probe, 1);
    return true;
}

static bool is_full(struct ps_async_job_ring *ring)
{
    return !ring->job || own_count(ring) > ring->mask;
}

static enum ps_err push_own(struct ps_async_loop *loop, struct ps_async_job job)
{
    struct ps_async_job_ring *ring = &loop->jobs;
    const struct ps_engine_config *config = &loop->engine->base.config;
    size_t count = own_count(ring);
    if (config->on_full == PS_ON_FULL_REFUSE && count >= config->queue)
        return PS_EFULL;
    if (config->on_full == PS_ON_FULL_CALLER_RUNS && count >= LONG && loop->nesting < NESTING) {
        loop->nesting++;
        for (unsigned n = 0; n < LONG / 2 && run_own(loop, &loop->probe); n++)
            ;
        loop->nesting--;
    }
    if (is_full(ring) && !grow(ring))
        return PS_EFULL;
    ps_probe_job_submitted(&loop->probe);
    ring->job[ring->tail++ & ring->mask] = job;
    return PS_OK;
}

/* One that is to end gives its jobs away, or it might never end. */
static enum ps_err job_inside(struct ps_async_loop *loop, struct ps_async_job job)
{
    struct ps_async *engine = loop->engine;
    if (!ps_engine_open_for(&engine->base, true))
        return PS_ECLOSED;
    /* relaxed: a loop that reads this late keeps one job more. */
    if (loop->slot >= atomic_load_explicit(&engine->live, memory_order_relaxed)) {
        ps_async_gate(engine, 1);
        if (place(engine, job, false) == PS_OK)
            return PS_OK;
    }
    return push_own(loop, job);
}

enum ps_err ps_async_job(struct ps_engine *base, void (*run)(void *arg), void *arg)
{
    struct ps_self *self = ps_self();
    struct ps_async_job job = {run, arg};
    if (self->engine == base)
        return job_inside(self->worker, job);
    enum ps_err err = ps_async_enter((struct ps_async *)base, NULL);
    return err == PS_OK ? place((struct ps_async *)base, job, false) : err;
}

/* ---- out ---- */

static bool run_posted(struct ps_async_loop *loop, struct ps_probe *probe)
{
    struct ps_async_job job;
    if (!next_of_inbox(&loop->job_inbox, &job))
        return false;
    loop->gate_owed--;
    ps_async_settle_soon(loop);
    job.run(job.arg);
    ps_probe_jobs_ended(probe, 1);
    return true;
}

bool ps_async_run_job(struct ps_async_loop *loop, struct ps_probe *probe)
{
    if (++loop->jobs_run % LOOK_AROUND == 0 && run_posted(loop, probe))
        return true;
    return run_own(loop, probe) || run_posted(loop, probe);
}

bool ps_async_has_jobs(struct ps_async_loop *loop)
{
    struct ps_async_job_inbox *inbox = &loop->job_inbox;
    return own_count(&loop->jobs) > 0 ||
           atomic_load(&slot_of(inbox, inbox->head)->turn) == turn_of(inbox, inbox->head) + 1;
}

/* ---- beginning and end ---- */

bool ps_async_jobs_close(struct ps_async_loop *loop)
{
    struct ps_async_job_inbox *inbox = &loop->job_inbox;
    uint64_t tail = inbox->head;
    /* acq_rel, partner: claim. */
    return own_count(&loop->jobs) == 0 &&
           (atomic_compare_exchange_strong_explicit(&inbox->tail, &tail, tail | CLOSED,
                                                    memory_order_acq_rel, memory_order_relaxed) ||
            tail == (inbox->head | CLOSED));
}

void ps_async_jobs_open(struct ps_async_loop *loop)
{
    /* release, partner: claim. While it is closed nobody else writes tail. */
    atomic_store_explicit(&loop->job_inbox.tail, loop->job_inbox.head, memory_order_release);
}

void ps_async_jobs_move(struct ps_async_loop *loop)
{
    struct ps_async *engine = loop->engine;
    struct ps_async_job job;
    while (!ps_async_jobs_close(loop)) {
        if (!next_of_inbox(&loop->job_inbox, &job))
            continue; /* a poster is at its step 4 */
        if (place(engine, job, true) == PS_OK)
            continue;
        job.run(job.arg); /* more than the other loops have slots for */
        ps_probe_jobs_ended(&engine->base.outside, 1);
    }
}
