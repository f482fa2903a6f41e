/* The life of a task.
 *
 * Protocol `stop`: 0, then by CAS once to DEADLINE or CANCEL; never back. Writers: the task's own
 * thread (deadline; an ancestor's stop, which it inherits), ps_task_cancel (any thread).
 *   canceller   stop = CANCEL (seq_cst); reads task->parker (seq_cst); unparks the task
 *   its thread  task->parker = own (seq_cst, when a wait begins); in each wait takes a ticket,
 *              reads stop (seq_cst), then sleeps
 * Each side writes one word and reads the other: either the canceller sees the parker, or the task
 * sees the stop. Engines that wait otherwise order their unpark and wait by a token of their own.
 *
 * Protocol `family`: bits 0-31 live children; the flags JOINING, ENDED, HOLDS, STAYS, ABOVE; bits 40-63
 * wakers. The end is settled when of children, wakers and ENDED the word has ENDED alone: whoever's
 * update makes it so calls release, once, and then does what the flags say of the parent.
 *   child accepted   children += 1         relaxed: the parent itself spawns, so it is alive
 *   child leaves     children -= 1, and in the same CAS wakers += 1 if it was the last one and
 *                    JOINING is set: who brings this owes the parent an unpark and keeps its memory
 *                    until wakers -= 1 after it. Otherwise the parent may be gone and is not
 *                    touched. acq_rel: the parent that reads 0 children sees what they did, and all
 *                    who touched them
 *   parent joins     sets JOINING; no children: clears it, there is nothing to wait for
 *   parent goes on   clears JOINING; a wake-up still on its way leaves a token, which is allowed
 *   task ends        the word is 0: is released and leaves. Else sets ENDED in one RMW with
 *     STAYS          only wakers are left: it leaves when that is settled, and is one of its parent's
 *                    live children until then. So what a joined task lies in is its parent's again
 *                    when the join is over, be it a frame: nobody is to touch it any more
 *     HOLDS          some are below it: wakers of its parent += 1, and ABOVE there, with one RMW before;
 *                    it leaves now, and gives that back when it is settled. So whoever is above a
 *                    task is there as long as the task is, ended or not
 *   pin, unpin       a waker that is no child: wakers +- 1; relaxed: the lock under which the task
 *                    waits orders the pin before its end
 * Some are below a task: it has live children, or ABOVE, which is never taken back: of a waker and of
 * one who holds the count does not tell which it was. When nobody is below a task that ends, nobody can
 * come: only itself, or who is below it, spawns for it or holds it.
 *
 * STAYS delays the parent by what a waker has still to do: an unpark and an RMW, or a canceller's way
 * through a scope. No waker waits for anything between its pin and its unpin, so none waits for the
 * parent.
 *
 * Rejected: no count of wakers (a parent woken by a cancel ends, and the last child unparks freed
 * memory); a single waker bit (two joins in a row can have two wakers under way); to leave at once and
 * let only release wait for the wakers (who has its children in its frame cannot know when it may
 * return: a waker writes to a stack that is in use again); an end that spins until the wakers are gone
 * (one may be preempted); a wait for all who are below (a task could not leave children to
 * themselves); keeping all who are above (a task that spawns its successor and ends would keep all that
 * ever were). */
#include "engines/common/core.h"
#include "engines/common/parker.h"

static const uint64_t CHILDREN = UINT32_MAX;
static const uint64_t JOINING = UINT64_C(1) << 32;
static const uint64_t ENDED = UINT64_C(1) << 33;
static const uint64_t HOLDS = UINT64_C(1) << 34;
static const uint64_t STAYS = UINT64_C(1) << 35;
static const uint64_t ABOVE = UINT64_C(1) << 36;
static const uint64_t WAKER = UINT64_C(1) << 40;

void ps_task_init(struct ps_task *task, const struct ps_body *body, uint32_t id, uint16_t type)
{
    task->body = body;
    task->parent = NULL;
    task->stamp = (struct ps_stamp){.id = id, .type = type};
    task->deadline_ns = PS_NEVER;
    task->user = NULL;
    task->priority = PS_PRIORITY_NORMAL;
    task->outcome = PS_COMPLETED;
    task->generation = 0;
    task->engine = NULL;
    task->next = NULL;
    task->context = NULL;
    task->wait = NULL;
    atomic_init(&task->parker, NULL);
    atomic_init(&task->stop, PS_STOP_NOT);
    atomic_init(&task->family, 0);
    atomic_init(&task->token, 0);
}

static void set_stop(struct ps_task *task, enum ps_stop why)
{
    uint32_t none = PS_STOP_NOT;
    atomic_compare_exchange_strong(&task->stop, &none, why);
}

/* How far up a task looks for who is to stop: without an end each look at a long chain of descendants
 * would take the longer the longer it is. Before its start it looks at its parent alone. */
enum { BEFORE_START = 1, GENERATIONS = 64 };

/* Every so many generations a task lets its parent go when it ends, whoever is below. */
enum { LINEAGE = 256 };

/* Whether who is below the task may look at its parent. */
static bool keeps_parent(const struct ps_task *task)
{
    return task->parent && task->generation % LINEAGE != 0;
}

/* What the nearest of its ancestors that is to stop has to stop for becomes its own reason. */
static enum ps_stop inherit_stop(struct ps_task *task, unsigned generations)
{
    struct ps_task *elder = task->parent;
    for (unsigned i = 0; elder && i < generations;
         i++, elder = keeps_parent(elder) ? elder->parent : NULL) {
        enum ps_stop why = atomic_load_explicit(&elder->stop, memory_order_acquire);
        if (why == PS_STOP_NOT)
            continue;
        set_stop(task, why);
        return atomic_load_explicit(&task->stop, memory_order_acquire);
    }
    return PS_STOP_NOT;
}

static enum ps_stop stopping(struct ps_task *task, uint64_t now_ns, unsigned generations)
{
    if (now_ns >= task->deadline_ns && now_ns != 0)
        set_stop(task, PS_STOP_DEADLINE);
    enum ps_stop why = atomic_load_explicit(&task->stop, memory_order_acquire);
    if (why == PS_STOP_NOT)
        why = inherit_stop(task, generations);
    if (why == PS_STOP_NOT && ps_engine_phase(task->engine) >= PS_ENGINE_CANCELLING)
        return PS_STOP_CANCEL;
    return why;
}

enum ps_stop ps_task_stopping(struct ps_task *task, uint64_t now_ns)
{
    return stopping(task, now_ns, GENERATIONS);
}

bool ps_task_stopped_with_family(struct ps_task *task)
{
    return ps_task_stopped(task) || inherit_stop(task, GENERATIONS) != PS_STOP_NOT;
}

static void unpark(const struct ps_engine *engine, struct ps_task *task)
{
    if (!engine->ops->unpark || atomic_load(&task->parker))
        ps_thread_unpark(task);
    else
        engine->ops->unpark(task);
}

void ps_task_unpark(struct ps_task *task)
{
    unpark(task->engine, task);
}

void ps_task_cancel_in(struct ps_engine *engine, struct ps_task *task)
{
    set_stop(task, PS_STOP_CANCEL);
    unpark(engine, task);
}

void ps_task_cancel(struct ps_task *task)
{
    ps_task_cancel_in(task->engine, task);
}

enum ps_err ps_wait(struct ps_task *task, struct ps_wait *wait)
{
    struct ps_engine *engine = task->engine;
    if (ps_self()->engine == engine)
        return engine->ops->wait(task, wait);
    struct ps_parker *parker = atomic_load_explicit(&task->parker, memory_order_relaxed);
    return ps_thread_wait(&engine->outside, parker, task, wait);
}

void ps_task_accept(struct ps_engine *engine, struct ps_task *task)
{
    task->engine = engine;
    if (task->parent) {
        task->generation = task->parent->generation + 1;
        atomic_fetch_add_explicit(&task->parent->family, 1, memory_order_relaxed);
    }
    ps_probe_submitted(ps_engine_probe(engine), &task->stamp);
}

bool ps_task_begin(struct ps_probe *probe, struct ps_task *task)
{
    uint64_t now_ns = task->deadline_ns == PS_NEVER ? 0 : ps_now_ns();
    if (stopping(task, now_ns, BEFORE_START) != PS_STOP_NOT) {
        ps_task_give_up(task);
        if (!task->stamp.serves)
            ps_probe_unstarted(probe);
        ps_task_finish(probe, task);
        return false;
    }
    ps_probe_start(probe, &task->stamp);
    return true;
}

void ps_task_run(struct ps_task *task)
{
    if (task->body->run) {
        task->body->run(task);
        return;
    }
    struct ps_wait *wait;
    while ((wait = task->body->step(task)))
        ps_wait(task, wait);
}

void ps_task_give_up(struct ps_task *task)
{
    if (task->outcome == PS_COMPLETED)
        task->outcome = ps_task_stopping(task, 0) == PS_STOP_DEADLINE ? PS_TIMED_OUT : PS_CANCELLED;
}

static void release(struct ps_task *task)
{
    if (task->body->release)
        task->body->release(task);
}

/* One child less. Returns the word of after it; who has brought it to its end settles it. */
static uint64_t leave_family(struct ps_task *parent)
{
    uint64_t old = atomic_load_explicit(&parent->family, memory_order_relaxed), now;
    bool wakes;
    do {
        now = old - 1;
        wakes = (now & CHILDREN) == 0 && (old & JOINING) != 0;
        if (wakes)
            now += WAKER;
    } while (!atomic_compare_exchange_weak_explicit(&parent->family, &old, now,
                                                    memory_order_acq_rel, memory_order_relaxed));
    if (!wakes)
        return now;
    ps_task_unpark(parent);
    /* acq_rel, as in ps_task_unpin. */
    return atomic_fetch_sub_explicit(&parent->family, WAKER, memory_order_acq_rel) - WAKER;
}

static bool is_settled(uint64_t family)
{
    return (family & ~(JOINING | HOLDS | STAYS | ABOVE)) == ENDED;
}

/* `now` is the family word just after our update. A loop, for a line of tasks may end with it. */
static void settle(struct ps_task *task, uint64_t now)
{
    while (is_settled(now)) {
        struct ps_task *parent = task->parent;
        release(task);
        if (now & STAYS)
            now = leave_family(parent);
        else if (now & HOLDS)
            now = atomic_fetch_sub_explicit(&parent->family, WAKER, memory_order_acq_rel) - WAKER;
        else
            return;
        task = parent;
    }
}

void ps_task_pin(struct ps_task *task)
{
    atomic_fetch_add_explicit(&task->family, WAKER, memory_order_relaxed);
}

void ps_task_unpin(struct ps_task *task)
{
    /* acq_rel: who releases comes after every other use of the task. */
    settle(task, atomic_fetch_sub_explicit(&task->family, WAKER, memory_order_acq_rel) - WAKER);
}

/* acquire, partner: ps_task_unpin. */
bool ps_task_pinned(const struct ps_task *task)
{
    return atomic_load_explicit(&((struct ps_task *)task)->family, memory_order_acquire) >= WAKER;
}

/* acquire, partner: leave_family. */
bool ps_task_has_family(const struct ps_task *task)
{
    uint64_t family = atomic_load_explicit(&((struct ps_task *)task)->family, memory_order_acquire);
    return (family & (CHILDREN | ABOVE)) != 0;
}

/* Of a task with a live child. relaxed: that child is not done with it before it has left. */
static void hold(struct ps_task *task)
{
    uint64_t old = atomic_load_explicit(&task->family, memory_order_relaxed);
    while (!atomic_compare_exchange_weak_explicit(&task->family, &old, (old + WAKER) | ABOVE,
                                                  memory_order_relaxed, memory_order_relaxed))
        ;
}

/* The family word was not 0. What it says of who is below the task is as good as final: see above. */
static void leave_with_family(struct ps_task *task, struct ps_task *parent, uint64_t old)
{
    uint64_t end = ENDED;
    bool some_below = (old & (CHILDREN | ABOVE)) != 0;
    if (!some_below && parent) {
        end |= STAYS;
    } else if (some_below && keeps_parent(task)) {
        hold(parent);
        end |= HOLDS;
    }
    old = atomic_fetch_or_explicit(&task->family, end, memory_order_acq_rel);
    settle(task, old | end);
    if (parent && !(end & STAYS))
        settle(parent, leave_family(parent));
}

/* Its end has been told and counted. */
static void leave(struct ps_task *task)
{
    struct ps_task *parent = task->parent;
    /* 0 (acquire, partner: leave_family): no child is alive and no waker under way, and nobody else
     * can make some: the claim is ours alone. */
    uint64_t old = atomic_load_explicit(&task->family, memory_order_acquire);
    if (old != 0) {
        leave_with_family(task, parent, old);
        return;
    }
    release(task);
    if (parent)
        settle(parent, leave_family(parent));
}

void ps_task_finish(struct ps_probe *probe, struct ps_task *task)
{
    if (task->body->ended)
        task->body->ended(task);
    ps_probe_end(probe, &task->stamp, task->outcome);
    leave(task);
}

void ps_task_returned(struct ps_task *task)
{
    if (task->body->ended)
        task->body->ended(task);
    leave(task);
}

void ps_task_discard(struct ps_probe *probe, struct ps_task *task)
{
    set_stop(task, PS_STOP_CANCEL);
    ps_task_give_up(task);
    if (!task->stamp.serves)
        ps_probe_unstarted(probe);
    ps_task_finish(probe, task);
}

bool ps_join_begin(struct ps_task *task)
{
    if (ps_join_done(task))
        return false;
    uint64_t old = atomic_fetch_or_explicit(&task->family, JOINING, memory_order_acq_rel);
    if ((old & CHILDREN) != 0)
        return true;
    ps_join_end(task);
    return false;
}

bool ps_join_done(const struct ps_task *task)
{
    return (atomic_load_explicit(&((struct ps_task *)task)->family, memory_order_acquire) &
            CHILDREN) == 0;
}

void ps_join_end(struct ps_task *task)
{
    atomic_fetch_and_explicit(&task->family, ~JOINING, memory_order_relaxed);
}
