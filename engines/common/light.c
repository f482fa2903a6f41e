/* Jobs in and out. A job is published (seq_cst) before its pusher looks for sleepers, and a sleeper
 * announces itself before it looks at the queues (ps_light_visible, seq_cst): one of them sees the
 * other; see the idle protocol of each pool. */
#include "engines/common/light.h"

#include <string.h>
#include <sys/mman.h>

enum {
    BATCH = 64,       /* jobs moved or run at once */
    LOOT = 256,       /* most jobs stolen at once */
    NESTING = 4,      /* how deep a full ring may nest its own jobs */
    REVOKE_TRIES = 64 /* looks at a backlog that its worker does not share, before it is taken */
};

enum ps_err ps_light_init(struct ps_light *light, struct ps_engine *engine,
                          const struct ps_light_hooks *hooks, const _Atomic uint32_t *sleepers)
{
    *light = (struct ps_light){.engine = engine,
                               .hooks = hooks,
                               .sleepers = sleepers,
                               .slots = engine->config.segment->slots,
                               .workers = engine->config.workers};
    void *memory = mmap(NULL, light->slots * sizeof *light->worker, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED)
        return PS_ENOMEM;
    light->worker = memory;
    return ps_job_inbox_init(&light->inbox);
}

void ps_light_free(struct ps_light *light)
{
    if (!light->worker)
        return;
    munmap(light->worker, light->slots * sizeof *light->worker);
    ps_job_inbox_free(&light->inbox);
}

struct ps_light_worker *ps_light_enter(struct ps_light *light, unsigned slot,
                                       struct ps_probe *probe)
{
    struct ps_light_worker *self = &light->worker[slot];
    self->probe = probe;
    self->strand.count = &probe->cell->forks;
    /* relaxed: set by the slot's first worker, and this one comes after it. */
    if (!atomic_load_explicit(&self->entered, memory_order_relaxed)) {
        self->light = light;
        self->cell = probe->cell;
        self->number = slot;
        self->rng = ps_rng_make(light->engine->config.seed, slot + 0x10000);
        self->strand.slot = self->fork;
        atomic_store_explicit(&self->entered, 1, memory_order_release); /* partner: may_visit */
    }
    ps_self()->strand = &self->strand;
    return self;
}

/* ---- in ---- */

static enum ps_err submit_outside(struct ps_light *light, struct ps_job job)
{
    struct ps_job_inbox *inbox = &light->inbox;
    enum ps_err err = PS_ECLOSED;
    ps_lock(&inbox->lock);
    if (atomic_load_explicit(&inbox->count, memory_order_relaxed) >= light->engine->config.queue) {
        err = PS_EFULL;
    } else if (ps_engine_open_for(light->engine, false)) {
        ps_probe_job_submitted(&light->engine->outside);
        err = ps_job_inbox_push(inbox, &job, 1);
        if (err != PS_OK)
            ps_probe_jobs_ended(&light->engine->outside, 1);
    }
    ps_unlock(&inbox->lock);
    return err;
}

static bool run_own(struct ps_light_worker *self, unsigned most)
{
    struct ps_job job;
    unsigned ran = 0;
    for (; ran < most && ps_job_ring_pop(&self->ring, &job); ran++) {
        job.run(job.arg);
        ps_probe_jobs_ended(self->probe, 1);
    }
    return ran > 0;
}

static enum ps_err spill(struct ps_light *light, struct ps_job job)
{
    ps_lock(&light->inbox.lock);
    enum ps_err err = ps_job_inbox_push(&light->inbox, &job, 1);
    ps_unlock(&light->inbox.lock);
    return err;
}

static enum ps_err submit_inside(struct ps_light_worker *self, struct ps_job job)
{
    struct ps_light *light = self->light;
    enum ps_on_full on_full = light->engine->config.on_full;
    if (!ps_engine_open_for(light->engine, true))
        return PS_ECLOSED;
    if (light->one_queue) {
        ps_probe_job_submitted(self->probe);
        enum ps_err err = spill(light, job);
        if (err != PS_OK)
            ps_probe_jobs_ended(self->probe, 1);
        return err;
    }
    bool full = ps_job_ring_full(&self->ring);
    if (full && on_full == PS_ON_FULL_REFUSE)
        return PS_EFULL;
    if (full && on_full == PS_ON_FULL_CALLER_RUNS && self->nesting < NESTING) {
        self->nesting++;
        run_own(self, PS_JOB_RING / 2);
        self->nesting--;
    }
    /* Counted before anybody can run it. */
    ps_probe_job_submitted(self->probe);
    if (ps_job_ring_push(&self->ring, job))
        return PS_OK;
    enum ps_err err = spill(light, job);
    if (err != PS_OK)
        ps_probe_jobs_ended(self->probe, 1);
    return err;
}

enum ps_err ps_light_submit(struct ps_light *light, void (*run)(void *arg), void *arg)
{
    struct ps_job job = {run, arg};
    struct ps_self *me = ps_self();
    enum ps_err err = me->engine == light->engine ? submit_inside(&light->worker[me->slot], job)
                                                  : submit_outside(light, job);
    if (err == PS_OK && atomic_load((_Atomic uint32_t *)light->sleepers) != 0)
        light->hooks->notify(light->engine);
    return err;
}

/* ---- out ---- */

static bool from_inbox(struct ps_light_worker *self)
{
    struct ps_light *light = self->light;
    struct ps_engine *engine = light->engine;
    struct ps_job job[BATCH];
    unsigned workers = atomic_load_explicit(&light->workers, memory_order_relaxed);
    unsigned count = ps_job_inbox_take(&light->inbox, job, workers, BATCH);
    if (count == 0)
        return false;
    if (atomic_load_explicit(&engine->room_waiters, memory_order_relaxed) > 0 &&
        atomic_load_explicit(&light->inbox.count, memory_order_relaxed) <= engine->config.queue / 2)
        ps_engine_room(engine);
    ps_job_ring_fill(&self->ring, job, count);
    return true;
}

bool ps_light_run(struct ps_light_worker *self, void (*found)(void *pool), void *pool)
{
    if (ps_job_ring_size(&self->ring) == 0 && !from_inbox(self))
        return false;
    found(pool);
    ps_probe_state(self->probe, PS_STATE_RUN, -1);
    return run_own(self, BATCH);
}

/* ---- steal ---- */

/* acquire, partner: ps_light_enter. */
static bool may_visit(struct ps_light_worker *worker)
{
    return atomic_load_explicit(&worker->entered, memory_order_acquire) != 0;
}

static int type_of(struct ps_light_worker *worker)
{
    return ps_state_type(atomic_load_explicit(&worker->cell->now, memory_order_relaxed));
}

static bool steal_jobs(struct ps_light_worker *self, struct ps_light_worker *victim)
{
    struct ps_job job[LOOT];
    unsigned count = ps_job_ring_steal(&victim->ring, job, LOOT);
    if (count == 0)
        return false;
    ps_probe_steal(self->probe, victim->number, count);
    ps_job_ring_fill(&self->ring, job, count);
    return true;
}

static struct ps_fork *steal_fork(struct ps_light_worker *self, struct ps_light_worker *victim)
{
    struct ps_fork *fork = ps_fork_steal(victim, self, self->misses >= REVOKE_TRIES);
    if (fork)
        ps_probe_steal(self->probe, victim->number, 1);
    return fork;
}

static void run_stolen(struct ps_light_worker *self, struct ps_fork *fork)
{
    if (self->light->hooks->run_stolen)
        self->light->hooks->run_stolen(self, fork);
    else
        ps_fork_run_stolen(self, fork);
}

bool ps_light_steal(struct ps_light_worker *self, unsigned span, void (*found)(void *pool),
                    void *pool)
{
    unsigned start = ps_rng_below(&self->rng, span);
    for (unsigned i = 0; i < span; i++) {
        struct ps_light_worker *victim = &self->light->worker[(start + i) % span];
        if (victim == self || !may_visit(victim))
            continue;
        struct ps_fork *fork = NULL;
        if (!steal_jobs(self, victim) && !(fork = steal_fork(self, victim)))
            continue;
        self->misses = 0;
        found(pool);
        ps_probe_state(self->probe, PS_STATE_RUN, fork ? type_of(victim) : -1);
        if (fork)
            run_stolen(self, fork);
        else
            run_own(self, BATCH);
        return true;
    }
    self->misses++;
    return false;
}

static bool jobs_visible(struct ps_light *light, unsigned self, unsigned span)
{
    if (atomic_load(&light->inbox.count) > 0 || ps_job_ring_size(&light->worker[self].ring) > 0)
        return true;
    for (unsigned i = 0; i < span; i++)
        if (ps_job_ring_size(&light->worker[i].ring) > 0)
            return true;
    return false;
}

bool ps_light_visible(struct ps_light *light, unsigned self, unsigned span, bool steal)
{
    return jobs_visible(light, self, steal ? span : 0) || (steal && ps_fork_visible(light, span));
}

bool ps_light_left(struct ps_light *light, unsigned self, unsigned span, bool steal)
{
    return jobs_visible(light, self, steal ? span : 0) || (steal && ps_fork_in_use(light, span));
}

void ps_light_hand_over(struct ps_light_worker *self)
{
    struct ps_job job;
    while (ps_job_ring_pop(&self->ring, &job))
        /* The inbox has lost more than it gets, so it need not grow; if it must and cannot, the job
         * runs here. */
        if (spill(self->light, job) != PS_OK) {
            job.run(job.arg);
            ps_probe_jobs_ended(self->probe, 1);
        }
}
