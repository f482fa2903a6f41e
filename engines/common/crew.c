/* Protocol `life`. Owner: LIVE -> RETIRING (CAS), wakes the worker. Worker: RETIRING -> GONE (CAS),
 * hands over, ends. Owner that wants the slot back: RETIRING -> LIVE (CAS) and the thread goes on;
 * if that fails the worker is GONE: joins it, stores LIVE, creates a thread. The two CASes race for
 * one word, so a thread is either kept or joined, never both.
 *
 * GONE comes before the hand-over so that a worker cannot be revived with its queue half given
 * away. The join is short: a worker that is GONE runs no task. */
#include "engines/common/crew.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { GATE_HOLD, GATE_GO, GATE_ABORT };

enum ps_err ps_crew_init(struct ps_crew *crew, struct ps_engine *engine,
                         void (*work)(struct ps_crew_worker *worker))
{
    unsigned slots = engine->config.segment->slots;
    memset(crew, 0, sizeof *crew);
    struct ps_crew_worker *worker =
        aligned_alloc(_Alignof(struct ps_crew_worker), slots * sizeof *worker);
    if (!worker)
        return PS_ENOMEM;
    crew->engine = engine;
    crew->work = work;
    crew->slots = slots;
    crew->worker = worker;
    for (unsigned i = 0; i < slots; i++) {
        ps_slot_init(&worker[i].slot, engine, i);
        worker[i].crew = crew;
        atomic_init(&worker[i].life, PS_CREW_ABSENT);
    }
    return PS_OK;
}

void ps_crew_fini(struct ps_crew *crew)
{
    for (unsigned i = 0; i < crew->slots; i++)
        ps_slot_fini(&crew->worker[i].slot);
    free(crew->worker);
}

static void *thread_main(void *argument)
{
    struct ps_crew_worker *worker = argument;
    struct ps_crew *crew = worker->crew;
    /* acquire, partner open_gate: the threads of start see each other's slots ready. */
    while (atomic_load_explicit(&crew->gate, memory_order_acquire) == GATE_HOLD)
        ps_futex_wait(&crew->gate, GATE_HOLD, PS_NEVER);
    if (atomic_load_explicit(&crew->gate, memory_order_acquire) == GATE_ABORT)
        return NULL;
    ps_slot_enter(&worker->slot, worker);
    crew->work(worker);
    ps_slot_leave(&worker->slot);
    /* It may have ended the last task, and did not come to rest after it. */
    ps_engine_check_done(crew->engine);
    return NULL;
}

static void open_gate(struct ps_crew *crew, uint32_t how)
{
    atomic_store_explicit(&crew->gate, how, memory_order_release);
    ps_futex_wake(&crew->gate, INT_MAX);
}

static void join(struct ps_crew_worker *worker)
{
    pthread_join(worker->thread, NULL);
    atomic_store_explicit(&worker->life, PS_CREW_ABSENT, memory_order_relaxed);
}

/* Give the slot a thread: the retiring one, or a new one. */
static enum ps_err engage(struct ps_crew_worker *worker)
{
    uint32_t life = PS_CREW_RETIRING;
    if (atomic_compare_exchange_strong(&worker->life, &life, PS_CREW_LIVE))
        return PS_OK;
    if (life == PS_CREW_GONE)
        join(worker);
    atomic_store_explicit(&worker->life, PS_CREW_LIVE, memory_order_relaxed);
    enum ps_err err =
        ps_thread_create(&worker->thread, worker->crew->stack, false, thread_main, worker);
    if (err != PS_OK)
        atomic_store_explicit(&worker->life, PS_CREW_ABSENT, memory_order_relaxed);
    return err;
}

static void retire(struct ps_crew_worker *worker)
{
    uint32_t live = PS_CREW_LIVE;
    if (atomic_compare_exchange_strong(&worker->life, &live, PS_CREW_RETIRING))
        ps_parker_wake(&worker->slot.parker);
}

bool ps_crew_leave(struct ps_crew_worker *worker)
{
    uint32_t retiring = PS_CREW_RETIRING;
    return atomic_compare_exchange_strong(&worker->life, &retiring, PS_CREW_GONE);
}

enum ps_err ps_crew_start(struct ps_crew *crew, unsigned workers)
{
    atomic_store_explicit(&crew->gate, GATE_HOLD, memory_order_relaxed);
    for (unsigned i = 0; i < workers; i++) {
        enum ps_err err = engage(&crew->worker[i]);
        if (err == PS_OK)
            continue;
        open_gate(crew, GATE_ABORT);
        while (i-- > 0)
            join(&crew->worker[i]);
        return err;
    }
    crew->started = true;
    open_gate(crew, GATE_GO);
    return PS_OK;
}

enum ps_err ps_crew_resize(struct ps_crew *crew, unsigned workers)
{
    unsigned before = crew->engine->config.workers;
    if (!crew->started)
        return PS_OK;
    for (unsigned i = before; i < workers; i++) {
        enum ps_err err = engage(&crew->worker[i]);
        if (err == PS_OK)
            continue;
        while (i-- > before)
            retire(&crew->worker[i]);
        return err;
    }
    for (unsigned i = before; i-- > workers;)
        retire(&crew->worker[i]);
    return PS_OK;
}

void ps_crew_retire_all(struct ps_crew *crew)
{
    for (unsigned i = 0; i < crew->slots; i++)
        retire(&crew->worker[i]);
}

void ps_crew_join_all(struct ps_crew *crew)
{
    for (unsigned i = 0; i < crew->slots; i++)
        if (atomic_load_explicit(&crew->worker[i].life, memory_order_relaxed) != PS_CREW_ABSENT)
            join(&crew->worker[i]);
    crew->started = false;
}

void ps_crew_wake_all(struct ps_crew *crew)
{
    for (unsigned i = 0; i < crew->slots; i++)
        ps_parker_wake(&crew->worker[i].slot.parker);
}

void ps_crew_pause(struct ps_crew *crew, bool paused)
{
    /* A close that comes at the same time ends the pause: it raises the phase and then stores 0; we
     * store 1 and then read the phase. */
    atomic_store(&crew->paused, paused);
    if (paused && atomic_load(&crew->engine->phase) > PS_ENGINE_RUNNING)
        atomic_store(&crew->paused, 0);
    ps_crew_wake_all(crew);
}
