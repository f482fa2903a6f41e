/* What a worker does. Sleeping and waking follow idle.c; a worker that waits for its children in a
 * join that helps is a sleeper like any other, whom a producer may claim.
 *
 * A join that helps runs other tasks on top of the waiting one, on the same stack: until half of the
 * stack is used, then it only waits. Two hazards come with it, in every pool that helps: the waiting
 * task goes on, or notices that it is to stop, only when the task above it has ended; and a task that
 * joins while it holds a lock is held up by one above it that wants the lock. config.help = false is
 * without both, and blocks. */
#include "base/clock.h"
#include "engines/threadpool/steal.h"

void ps_steal_notify(struct ps_steal_pool *pool)
{
    int slot = ps_idle_claim(&pool->idle);
    if (slot < 0)
        return;
    ps_probe_wake(ps_engine_probe(&pool->base));
    ps_parker_wake(&pool->crew.worker[slot].slot.parker);
}

static void found(struct ps_steal_pool *pool, unsigned slot)
{
    if (ps_idle_found(&pool->idle, slot) && ps_steal_sees_more(pool, slot))
        ps_steal_notify(pool);
}

static void run(struct ps_steal_pool *pool, struct ps_crew_worker *self, struct ps_task *task)
{
    ps_steal_uncharge(pool, task);
    ps_slot_run(&self->slot, task);
}

/* Announce sleep and look again. true: sleep now, then rise; false: there is work, and it is awake
 * and a searcher. */
static bool falls_asleep(struct ps_steal_pool *pool, unsigned slot)
{
    if (!ps_idle_sleep(&pool->idle, slot) || !ps_steal_sees_work(pool, slot))
        return true;
    ps_idle_rise(&pool->idle, slot);
    return false;
}

/* Sleep while paused. Whoever ends the pause wakes everybody, and everybody looks: a searcher
 * leaves no duty behind. false: the time is up. */
static bool rest_paused(struct ps_steal_pool *pool, struct ps_slot *slot, uint32_t ticket, int type,
                        uint64_t until_ns)
{
    ps_idle_found(&pool->idle, slot->number);
    ps_probe_state(&slot->probe, PS_STATE_PAUSED, type);
    return ps_parker_wait(&slot->parker, ticket, until_ns);
}

/* Look for a little longer, at most 2 us and in steps: a producer that is busy gets ahead meanwhile,
 * and the next look finds more than one job. true: there is something. */
static bool spin(struct ps_steal_pool *pool, unsigned slot)
{
    enum { LOOKS = 6, PAUSES = 8 };
    for (unsigned look = 0; look < LOOKS; look++) {
        for (unsigned i = 0; i < PAUSES; i++)
            ps_relax();
        if (ps_light_visible(&pool->light, slot, 0, false) || atomic_load(&pool->shared) > 0 ||
            atomic_load(&pool->waits_high) > 0)
            return true;
    }
    return false;
}

static void rest(struct ps_steal_pool *pool, struct ps_crew_worker *self, uint32_t ticket)
{
    struct ps_slot *slot = &self->slot;
    if (ps_crew_paused(&pool->crew)) {
        rest_paused(pool, slot, ticket, -1, PS_NEVER);
        return;
    }
    ps_engine_check_done(&pool->base);
    if (spin(pool, slot->number) || !falls_asleep(pool, slot->number))
        return;
    ps_probe_park(&slot->probe);
    ps_parker_wait(&slot->parker, ticket, PS_NEVER);
    ps_probe_woken(&slot->probe);
    ps_idle_rise(&pool->idle, slot->number);
}

static void leave(struct ps_steal_pool *pool, unsigned slot)
{
    ps_steal_hand_over(pool, slot);
    ps_light_hand_over(&pool->light.worker[slot]);
    ps_idle_found(&pool->idle, slot);
    ps_steal_notify(pool);
}

static void light_found(void *light)
{
    struct ps_light_worker *self = light;
    found(ps_steal_of(self->light->engine), self->number);
}

/* When there is no task; jobs and forks of others as a searcher. */
static bool run_light(struct ps_steal_pool *pool, struct ps_light_worker *self)
{
    if (ps_crew_paused(&pool->crew))
        return false;
    if (ps_light_run(self, light_found, self))
        return true;
    return ps_steal_enabled(pool) &&
           ps_idle_search(&pool->idle, self->number, atomic_load(&pool->workers)) &&
           ps_light_steal(self, atomic_load(&pool->span), light_found, self);
}

void ps_steal_work(struct ps_crew_worker *self)
{
    struct ps_steal_pool *pool = ps_steal_of(self->slot.engine);
    unsigned slot = self->slot.number;
    pool->worker[slot].base = __builtin_frame_address(0);
    struct ps_light_worker *light = ps_light_enter(&pool->light, slot, &self->slot.probe);
    for (;;) {
        uint32_t ticket = ps_parker_ticket(&self->slot.parker);
        if (ps_crew_retiring(self) && ps_crew_leave(self))
            break;
        struct ps_task *task =
            ps_crew_paused(&pool->crew) ? NULL : ps_steal_find(pool, self, false);
        if (task) {
            found(pool, slot);
            run(pool, self, task);
        } else if (!run_light(pool, light)) {
            rest(pool, self, ticket);
        }
    }
    leave(pool, slot);
}

/* ---- waiting ---- */

static bool may_help(const struct ps_steal_pool *pool, unsigned slot)
{
    const char *here = __builtin_frame_address(0);
    ptrdiff_t used = pool->worker[slot].base - here;
    return pool->base.config.help && (size_t)(used < 0 ? -used : used) < pool->crew.stack / 2;
}

/* Nothing to help with: sleep as the waiting task. false: the time is up. */
static bool sleep_in_join(struct ps_steal_pool *pool, struct ps_slot *slot, uint32_t ticket,
                          const struct ps_task *task, const struct ps_wait *wait)
{
    uint64_t until_ns = ps_wait_until(task, wait);
    if (ps_crew_paused(&pool->crew))
        return rest_paused(pool, slot, ticket, task->stamp.type, until_ns);
    if (!falls_asleep(pool, slot->number))
        return true;
    ps_probe_state(&slot->probe, wait->why, task->stamp.type);
    bool in_time = ps_parker_wait(&slot->parker, ticket, until_ns);
    ps_idle_rise(&pool->idle, slot->number);
    return in_time;
}

/* Help until no child is alive or the task is to stop. */
static enum ps_err help_children(struct ps_steal_pool *pool, struct ps_crew_worker *self,
                                 struct ps_task *task, struct ps_wait *wait)
{
    uint64_t until_ns = ps_wait_until(task, wait);
    for (;;) {
        uint32_t ticket = ps_parker_ticket(&self->slot.parker);
        if (ps_task_stopping(task, until_ns == PS_NEVER ? 0 : ps_now_ns()) != PS_STOP_NOT)
            return PS_ECANCELED;
        if (ps_join_done(task))
            return PS_OK;
        struct ps_task *other =
            ps_crew_paused(&pool->crew) ? NULL : ps_steal_find(pool, self, true);
        if (other) {
            found(pool, self->slot.number);
            run(pool, self, other);
            continue;
        }
        if (!sleep_in_join(pool, &self->slot, ticket, task, wait) && until_ns == wait->until_ns)
            return PS_ETIMEDOUT;
    }
}

static enum ps_err join_helping(struct ps_steal_pool *pool, struct ps_crew_worker *self,
                                struct ps_task *task, struct ps_wait *wait)
{
    if (!ps_join_begin(task)) {
        wait->result = ps_task_stopped(task) ? PS_ECANCELED : PS_OK;
        return wait->result;
    }
    ps_parker_expose(&self->slot.parker, task);
    ps_probe_wait_begin(&self->slot.probe, wait->why);
    wait->result = help_children(pool, self, task, wait);
    found(pool, self->slot.number);
    ps_probe_wait_end(&self->slot.probe, wait->why);
    ps_join_end(task);
    ps_slot_hold(&self->slot, &pool->crew.paused, task);
    return wait->result;
}

enum ps_err ps_steal_wait(struct ps_task *task, struct ps_wait *wait)
{
    struct ps_crew_worker *self = ps_self()->worker;
    struct ps_steal_pool *pool = ps_steal_of(task->engine);
    if (wait->kind == PS_WAIT_JOIN && may_help(pool, self->slot.number))
        return join_helping(pool, self, task, wait);
    return ps_slot_wait(&self->slot, &pool->crew.paused, task, wait);
}
