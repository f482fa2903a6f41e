/* Protocol of a strand's stack of forks. The worker works at `bottom`, thieves at `tail`; `shared`
 * holds tail, split, two requests and an era, and everybody changes it by CAS. Positions [tail, split)
 * are public, [split, bottom) the worker's own, those below tail were taken.
 *
 *   fork     1 slot[bottom] = fork; bottom + 1 (release); 2 reads shared: no un-taken fork below, or
 *            a request: 3 publishes: split up to half of its own positions, requests cleared, in
 *            one CAS (seq_cst), then looks for sleepers. So the first fork is always public at once
 *   take     1 bottom - 1 (release); 2 reads shared: split <= bottom and no request: the fork is its
 *            own. Else: 3 answers the request; 4 the position is public: CAS split down to half of
 *            what is public, era + 1: wins, and it is its own again, or sees that thieves were
 *            faster; 5 below tail: taken: bottom + 1, and ps_fork_wait
 *   steal    1 reads shared: tail < split; 2 reads the slot of tail; 3 CAS tail + 1: the fork is the
 *            thief's
 *            tail == split and bottom above: sets WANT
 *   revoke   a thief whose WANT is not answered, alone (the lock `revoker`): 1 sets REVOKE by CAS;
 *            2 a memory barrier on every CPU that runs a thread of this process; 3 reads bottom;
 *            4 CAS: split up to half of [split, bottom), REVOKE cleared
 *   sleep    a worker that has announced itself and sees no fork, but strands in use: 1 a memory
 *            barrier on every CPU; 2 looks again
 *   found    a searcher that found work and was the last one: no strand in use: nobody is to be woken for
 *            forks, since a strand's first fork is a CAS before its worker looks for searchers
 *   joined   the worker, after the thief of its newest fork is done: bottom - 1, tail = split =
 *            bottom, era + 1: all that is left was taken
 *   suspend  the worker leaves a strand whose newest fork was stolen to another fiber: as joined,
 *            at position 0
 *   resume   1 tail = split = where it was left, era + 1; 2 bottom. (The other order lets a revoker
 *            publish, between the two, what was taken long ago.)
 *
 * Take's 1 and 2 have no fence between them. Without a request that is safe, because only the
 * worker lowers what is its own. With REVOKE: a take whose step 2 is before the barrier has its
 * step 1 visible in 3; one whose step 2 is after it sees REVOKE and changes `shared` (3 of take),
 * so the thief's 4 fails. That is why every answer must change the word, and why revokers take
 * turns: a second REVOKE must not be taken for the first.
 *
 * Fork's 1 and 2 have no fence between them either. A fork whose step 2 is before a sleeper's barrier
 * has its step 1 visible to the second look; one whose step 2 is after it sees that nothing is left
 * below, and publishes. If something was left when step 2 looked, and is gone when the sleeper does,
 * then its thief had found work after the sleeper announced itself, and wakes somebody if nobody
 * searches. (The other order, a look at shared and then the store, strands a fork when the worker is
 * preempted between the two.)
 *
 * A public position is written again only after its split was lowered or it was joined, and both
 * change the era: so the thief's CAS fails if the slot that it has read is not that of its fork. Eras
 * return after 2^32 slow steps of the worker, over a minute in which the thief would have to stand
 * between two instructions. (Rejected: to read the slot after the CAS. A suspended strand is another
 * fiber's, which writes the slot while the thief is still on its way to it.)
 *
 * The end of a stolen fork. parent: writes who waits; CAS OPEN -> WAITED; sleeps while
 * it is so. thief: CAS OPEN -> DONE, and touches the record no more; it was WAITED: reads who waits,
 * stores DONE, wakes him. (A futex that is woken after its frame has ended is a wake-up without
 * cause for whoever sleeps there now, and all of ours tolerate those.)
 *
 * While it waits, a worker without a fiber to suspend runs forks of the thief of its fork, and only
 * of that one (leapfrogging: Wagner and Calder, PPoPP 1993): what it stacks up belongs to the
 * subtree that it waits for, so the stack grows no deeper than the tree.
 *
 * Rejected: a fence in every take (5 to 19 ns); a request alone, as in Lace (a worker in a long call
 * never answers: idle workers beside a backlog); a barrier for every steal (10 us and more). */
#include "engines/fork.h"

#include <linux/membarrier.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "engines/common/light.h"
#include "engines/common/parker.h"

enum { OPEN, WAITED, DONE };

static const uint64_t WANT = PS_FORK_WANT;
static const uint64_t REVOKE = PS_FORK_WANT << 1;
static const uint64_t TAIL_ONE = UINT64_C(1) << 32;

enum { SPINS = 64 }; /* looks at a fork that a thief runs, before sleeping: under 2 us */

static uint64_t pack(uint32_t era, uint32_t tail, uint32_t split)
{
    return era | (uint64_t)tail << 32 | (uint64_t)split << 47;
}

static struct ps_light_worker *worker_of(struct ps_strand *strand)
{
    return (struct ps_light_worker *)((char *)strand - offsetof(struct ps_light_worker, strand));
}

struct ps_strand *ps_strand_self(void)
{
    return ps_self()->strand;
}

/* ---- the worker ---- */

static uint32_t capped(uint32_t position)
{
    return position < PS_FORK_DEPTH ? position : PS_FORK_DEPTH;
}

/* Make half of what is ours below `bottom` public, and answer every request. */
void ps_fork_publish(struct ps_strand *self, uint32_t bottom)
{
    uint64_t old = atomic_load(&self->shared), now;
    do {
        uint32_t split = PS_FORK_SPLIT(old), top = capped(bottom);
        uint32_t more = top > split ? (top - split + 1) / 2 : 0;
        now = pack((uint32_t)old, PS_FORK_TAIL(old), split + more);
        if (now == old)
            return;
    } while (!atomic_compare_exchange_weak(&self->shared, &old, now));
    if (PS_FORK_TAIL(now) < PS_FORK_SPLIT(now))
        worker_of(self)->light->hooks->notify(worker_of(self)->light->engine);
}

bool ps_fork_take_slowly(struct ps_strand *self, uint32_t at)
{
    ps_fork_publish(self, at);
    uint64_t old = atomic_load(&self->shared);
    for (;;) {
        uint32_t tail = PS_FORK_TAIL(old), split = PS_FORK_SPLIT(old);
        if (at < tail) {
            atomic_store_explicit(&self->bottom, at + 1, memory_order_release);
            return false;
        }
        /* A request that came meanwhile is answered too, or the split would be lowered under a
         * revoker's hands. */
        uint32_t era = (uint32_t)old;
        uint64_t now =
            at >= split ? pack(era, tail, split) : pack(era + 1, tail, tail + (at - tail) / 2);
        if (old == now || atomic_compare_exchange_weak(&self->shared, &old, now))
            return true;
    }
}

/* All below `at` was taken. */
static void settle(struct ps_strand *self, uint32_t at)
{
    uint64_t old = atomic_load(&self->shared);
    while (!atomic_compare_exchange_weak(&self->shared, &old, pack((uint32_t)old + 1, at, at)))
        ;
}

static void joined(struct ps_strand *self, uint32_t at)
{
    atomic_store_explicit(&self->bottom, at, memory_order_release);
    settle(self, at);
}

uint32_t ps_fork_suspend(struct ps_strand *self)
{
    uint32_t saved = atomic_load_explicit(&self->bottom, memory_order_relaxed);
    joined(self, 0);
    return saved;
}

void ps_fork_resume(struct ps_strand *self, uint32_t saved)
{
    settle(self, saved);
    atomic_store_explicit(&self->bottom, saved, memory_order_release);
}

static bool is_done(struct ps_fork *fork)
{
    return atomic_load_explicit(&fork->state, memory_order_acquire) == DONE; /* partner: finish */
}

/* On the thread: leapfrog, then sleep. */
static void wait_here(struct ps_light_worker *self, struct ps_fork *fork)
{
    for (unsigned spins = 0; !is_done(fork); spins++) {
        /* acquire, partner: ps_fork_steal. */
        struct ps_strand *thief = atomic_load_explicit(&fork->thief, memory_order_acquire);
        struct ps_fork *other = thief ? ps_fork_steal(worker_of(thief), self, false) : NULL;
        if (other) {
            ps_fork_run_stolen(self, other);
            spins = 0;
        } else if (spins < SPINS) {
            ps_relax();
        } else {
            uint32_t open = OPEN;
            atomic_compare_exchange_strong(&fork->state, &open, WAITED);
            int type = self->probe->type;
            ps_probe_state(self->probe, PS_STATE_JOIN, type);
            while (!is_done(fork))
                ps_futex_wait(&fork->state, WAITED, PS_NEVER);
            ps_probe_state(self->probe, PS_STATE_RUN, type);
        }
    }
}

bool ps_fork_await(struct ps_fork *fork, void *waiter)
{
    if (atomic_load_explicit(&fork->state, memory_order_relaxed) == WAITED)
        return true; /* woken without cause; `waiter` stands */
    uint32_t open = OPEN;
    fork->waiter = waiter;
    return atomic_compare_exchange_strong(&fork->state, &open, WAITED);
}

struct ps_strand *ps_fork_wait(struct ps_strand *self, struct ps_fork *fork)
{
    struct ps_light_worker *worker = worker_of(self);
    const struct ps_light_hooks *hooks = worker->light->hooks;
    uint32_t at = atomic_load_explicit(&self->bottom, memory_order_relaxed) - 1;
    for (unsigned spins = 0; hooks->park && spins < SPINS && !is_done(fork); spins++)
        ps_relax();
    while (hooks->park && !is_done(fork))
        self = hooks->park(self, fork);
    if (!hooks->park)
        wait_here(worker, fork);
    joined(self, at);
    return self;
}

/* ---- the thief ---- */

/* membarrier(2). false: the kernel has none. */
static bool barrier_everywhere(void)
{
    if (syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) == 0)
        return true;
    return syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0 &&
           syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) == 0;
}

static void revoke_privilege(struct ps_light_worker *victim)
{
    if (atomic_exchange(&victim->revoker, 1) != 0)
        return;
    struct ps_strand *strand = &victim->strand;
    uint64_t old = atomic_load(&strand->shared);
    uint32_t split = PS_FORK_SPLIT(old);
    if (atomic_compare_exchange_strong(&strand->shared, &old, old | REVOKE)) {
        old |= REVOKE;
        /* acquire, partner: ps_fork; the forks below it may be read. */
        uint32_t bottom = barrier_everywhere()
                              ? capped(atomic_load_explicit(&strand->bottom, memory_order_acquire))
                              : split;
        uint32_t more = bottom > split ? (bottom - split + 1) / 2 : 0;
        atomic_compare_exchange_strong(&strand->shared, &old,
                                       pack((uint32_t)old, PS_FORK_TAIL(old), split + more));
    }
    atomic_store(&victim->revoker, 0);
}

struct ps_fork *ps_fork_steal(struct ps_light_worker *victim, struct ps_light_worker *self,
                              bool last_resort)
{
    struct ps_strand *strand = &victim->strand;
    uint64_t old = atomic_load(&strand->shared);
    while (PS_FORK_TAIL(old) < PS_FORK_SPLIT(old)) {
        /* acquire, partner: ps_fork. */
        struct ps_fork *fork =
            atomic_load_explicit(&strand->slot[PS_FORK_TAIL(old)], memory_order_acquire);
        if (atomic_compare_exchange_weak(&strand->shared, &old, old + TAIL_ONE)) {
            atomic_store_explicit(&fork->thief, &self->strand, memory_order_release);
            return fork;
        }
    }
    /* A hint: what it says of the worker's own positions may be late. */
    if (capped(atomic_load_explicit(&strand->bottom, memory_order_relaxed)) <= PS_FORK_SPLIT(old))
        return NULL;
    if (last_resort)
        revoke_privilege(victim);
    else if (old < WANT)
        atomic_compare_exchange_strong(&strand->shared, &old, old | WANT);
    return NULL;
}

void ps_fork_run_stolen(struct ps_light_worker *self, struct ps_fork *fork)
{
    const struct ps_light_hooks *hooks = self->light->hooks;
    fork->run(&self->strand, fork);
    uint32_t open = OPEN;
    if (atomic_compare_exchange_strong_explicit(&fork->state, &open, DONE, memory_order_acq_rel,
                                                memory_order_acquire))
        return;
    /* WAITED: until DONE the record is the parent's and stays. */
    void *waiter = fork->waiter;
    atomic_store_explicit(&fork->state, DONE, memory_order_release);
    if (hooks->park)
        hooks->unpark(waiter);
    else
        ps_futex_wake(&fork->state, 1);
}

static bool is_waiting(struct ps_light_worker *worker, bool *in_use)
{
    uint64_t shared = atomic_load(&worker->strand.shared);
    uint32_t bottom = capped(atomic_load(&worker->strand.bottom)); /* no thief gets deeper */
    *in_use = *in_use || bottom > 0;
    return bottom > PS_FORK_TAIL(shared);
}

bool ps_fork_in_use(struct ps_light *light, unsigned span)
{
    bool in_use = false;
    for (unsigned i = 0; i < span && !in_use; i++)
        in_use = atomic_load(&light->worker[i].strand.bottom) > 0;
    return in_use;
}

bool ps_fork_visible(struct ps_light *light, unsigned span)
{
    bool in_use = false, settled = false;
    for (;;) {
        for (unsigned i = 0; i < span; i++)
            if (is_waiting(&light->worker[i], &in_use))
                return true;
        if (!in_use || settled)
            return false;
        barrier_everywhere();
        settled = true;
    }
}
