/* Scopes: tasks that are cancelled together and waited for together. Public and installed.
 *
 * A task is submitted into a scope and leaves it when it ends. Scopes nest: who cancels one cancels
 * every task in it and in the scopes below it, and nothing is accepted into any of them from then on.
 * Costs no allocation: a member's record lies beside its task.
 *
 * A scope is opened by a task, its owner, or by a thread that is none. Stopping is cooperative and
 * does not wait (engine.h), so an owner that is itself asked to stop may end before its members. Hence
 * the rule for memory:
 *   - of an owner that may be stopped: in the owner's record, the memory that its body->release gives
 *     back. Its members are its children (ps_scope_submit sees to it), so the engine keeps it;
 *   - else anywhere, also on a stack, if ps_scope_wait returned PS_OK before it goes.
 *
 *     ps_scope_open(&job->scope, outer, &job->task);
 *     for (i = 0; i < n; i++)
 *         ps_scope_submit(&job->scope, engine, &part[i].member, &part[i].task, PS_NEVER);
 *     if (ps_scope_wait(&job->scope, &job->task, soon) != PS_OK)
 *         ps_scope_cancel(&job->scope);
 *     ps_scope_close(&job->scope);
 */
#ifndef PS_ENGINES_SCOPE_H
#define PS_ENGINES_SCOPE_H

#include "engines/sync.h"

struct ps_scope;

/* A task's membership. Owner: whoever owns the task; the same life. */
struct ps_scope_member {
    struct ps_body body;         /* first; the task's meanwhile: its own, but `ended` leaves */
    const struct ps_body *inner; /* its own */
    struct ps_scope *scope;
    struct ps_engine *engine;
    struct ps_task *task;
    struct ps_scope_member *next, *previous; /* under the scope's lock */
};

struct ps_scope {
    struct ps_scope *parent;    /* or NULL */
    struct ps_task *owner;      /* or NULL */
    _Atomic uint32_t cancelled; /* written under the lock */
    /* Of what follows; a parent's is taken before its child's. Never held across a wait or a wake-up. */
    struct ps_lock lock;
    struct ps_scope_member *first, *last;
    struct ps_scope_member *untold; /* the first member that its canceller has not come to */
    struct ps_scope *children;
    struct ps_scope *next, *previous; /* siblings, under the parent's lock */
    struct ps_scope *next_told;       /* of a canceller */
    struct ps_wait_group group;       /* members, and a canceller that is at work here */
};

/* parent: NULL, or open until this one is closed; cancelled: this one is born so. owner: the calling
 * task; NULL: a thread that is none. */
void ps_scope_open(struct ps_scope *scope, struct ps_scope *parent, struct ps_task *owner);

/* The last call of who opened it. Cancels what is left in it, since nobody can afterwards. */
void ps_scope_close(struct ps_scope *scope);

/* As ps_submit. A task without a parent becomes a child of the owner. PS_ECANCELED: the scope is
 * cancelled, the caller keeps the task; as after any other error it is to be initialised again before
 * it is used. The opener or a member, also in `ended`. */
enum ps_err ps_scope_submit(struct ps_scope *scope, struct ps_engine *engine,
                            struct ps_scope_member *member, struct ps_task *task,
                            uint64_t deadline_ns);

/* Ask every task in it and below it to stop. Idempotent; does not wait. Any thread that knows that the
 * scope is there until the call returns; of two at once the second may return first. */
void ps_scope_cancel(struct ps_scope *scope);
bool ps_scope_cancelled(const struct ps_scope *scope);

/* Until no task is in it; those of nested scopes are not. Every `ended` has then returned, but the tasks
 * may not have been released: their memory is the waiter's after a join (engine.h). Results as
 * of a wait in sync.h. `task`: the calling task, not a member; NULL: a thread that is none. On a pool
 * of OS threads a task that waits holds its worker. */
static inline enum ps_err ps_scope_wait(struct ps_scope *scope, struct ps_task *task,
                                        uint64_t until_ns)
{
    return ps_wait_group_wait(&scope->group, task, until_ns);
}

/* Event style; then ps_sync_again. */
static inline enum ps_err ps_scope_begin(struct ps_scope *scope, struct ps_task *task,
                                         struct ps_sync_wait *wait, uint64_t until_ns)
{
    return ps_wait_group_begin(&scope->group, task, wait, until_ns);
}

#endif
