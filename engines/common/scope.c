/* Protocol
 *   submitter  under the lock: not cancelled: links the member, group += 1. Then submits the task; it is
 *              refused: as a member that ends
 *   member     `ended`: under the lock: unlinks itself. Then group -= 1, and touches nothing more
 *   canceller  1 under the lock: sets cancelled; members are there: group += 1, pins the owner, and
 *                puts the scope on a list of its own; does the same below, with the locks of the path
 *                held   2 for each scope of the list, one member at a time: under the lock takes the
 *                next one that is untold and pins its task; outside it cancels and unpins the task
 *              3 group -= 1, unpins the owner
 * A member cannot end without the lock, so one that is found in the list can be pinned. After step 1
 * nothing is linked any more: the list only shrinks, and each scope has one canceller at most. While
 * one is at work its scope is there: the group keeps who waits, the pin the record of an owner that
 * did not. Members are there when group += 1, so the count is not 0 then.
 *
 * A task may be cancelled before it is accepted: `stop` is then found when it is to start. That is why
 * the canceller takes the engine from the member and not from the task, where submit writes it.
 *
 * Rejected: a link in every ps_task (all tasks would pay for it, also those in no scope); one lock for
 * a tree of scopes (every submit and every end below it would meet there). */
#include "engines/scope.h"

#include <sched.h>

#include "engines/common/core.h"

void ps_scope_open(struct ps_scope *scope, struct ps_scope *parent, struct ps_task *owner)
{
    *scope = (struct ps_scope){.parent = parent, .owner = owner};
    if (!parent)
        return;
    ps_lock(&parent->lock);
    atomic_store_explicit(&scope->cancelled, ps_scope_cancelled(parent), memory_order_relaxed);
    scope->next = parent->children;
    if (scope->next)
        scope->next->previous = scope;
    parent->children = scope;
    ps_unlock(&parent->lock);
}

static void leave_parent(struct ps_scope *scope)
{
    struct ps_scope *parent = scope->parent;
    ps_lock(&parent->lock);
    if (scope->previous)
        scope->previous->next = scope->next;
    else
        parent->children = scope->next;
    if (scope->next)
        scope->next->previous = scope->previous;
    ps_unlock(&parent->lock);
}

void ps_scope_close(struct ps_scope *scope)
{
    ps_scope_cancel(scope);
    if (scope->parent)
        leave_parent(scope);
}

/* acquire, partner: mark; who learns of it sees why. */
bool ps_scope_cancelled(const struct ps_scope *scope)
{
    return atomic_load_explicit(&((struct ps_scope *)scope)->cancelled, memory_order_acquire) != 0;
}

/* ---- members ---- */

/* false: cancelled. */
static bool enter(struct ps_scope_member *member)
{
    struct ps_scope *scope = member->scope;
    ps_lock(&scope->lock);
    bool open = !ps_scope_cancelled(scope);
    if (open) {
        member->next = NULL;
        member->previous = scope->last;
        if (scope->last)
            scope->last->next = member;
        else
            scope->first = member;
        scope->last = member;
        ps_wait_group_add(&scope->group, 1);
    }
    ps_unlock(&scope->lock);
    return open;
}

static void leave(struct ps_scope_member *member)
{
    struct ps_scope *scope = member->scope;
    ps_lock(&scope->lock);
    if (member->previous)
        member->previous->next = member->next;
    else
        scope->first = member->next;
    if (member->next)
        member->next->previous = member->previous;
    else
        scope->last = member->previous;
    if (scope->untold == member)
        scope->untold = member->next;
    ps_unlock(&scope->lock);
    ps_wait_group_done(&scope->group);
}

static void ended(struct ps_task *task)
{
    struct ps_scope_member *member = (struct ps_scope_member *)task->body;
    task->body = member->inner;
    if (task->body->ended)
        task->body->ended(task);
    leave(member);
}

enum ps_err ps_scope_submit(struct ps_scope *scope, struct ps_engine *engine,
                            struct ps_scope_member *member, struct ps_task *task,
                            uint64_t deadline_ns)
{
    *member = (struct ps_scope_member){
        .body = *task->body, .inner = task->body, .scope = scope, .engine = engine, .task = task};
    member->body.ended = ended;
    if (!enter(member))
        return PS_ECANCELED;
    task->body = &member->body;
    if (!task->parent)
        task->parent = scope->owner;
    enum ps_err err = ps_submit(engine, task, deadline_ns);
    if (err == PS_OK)
        return PS_OK;
    task->body = member->inner;
    leave(member);
    while (ps_task_pinned(task)) /* a canceller found it first, and is about to let it go */
        sched_yield();
    return err;
}

/* ---- cancelling ---- */

/* Under the scope's lock. Below a scope that is cancelled all are. */
static void mark(struct ps_scope *scope, struct ps_scope **list)
{
    if (ps_scope_cancelled(scope))
        return;
    atomic_store_explicit(&scope->cancelled, 1, memory_order_release);
    if (scope->first) {
        ps_wait_group_add(&scope->group, 1);
        if (scope->owner)
            ps_task_pin(scope->owner);
        scope->untold = scope->first;
        scope->next_told = *list;
        *list = scope;
    }
    for (struct ps_scope *child = scope->children; child; child = child->next) {
        ps_lock(&child->lock);
        mark(child, list);
        ps_unlock(&child->lock);
    }
}

/* The next member that is to be told, its task pinned; NULL: all have been. */
static struct ps_scope_member *next_untold(struct ps_scope *scope)
{
    ps_lock(&scope->lock);
    struct ps_scope_member *member = scope->untold;
    if (member) {
        scope->untold = member->next;
        ps_task_pin(member->task);
    }
    ps_unlock(&scope->lock);
    return member;
}

static void tell(struct ps_scope *scope)
{
    struct ps_task *owner = scope->owner;
    struct ps_scope_member *member;
    while ((member = next_untold(scope))) {
        ps_task_cancel_in(member->engine, member->task);
        ps_task_unpin(member->task);
    }
    ps_wait_group_done(&scope->group);
    if (owner)
        ps_task_unpin(owner);
}

void ps_scope_cancel(struct ps_scope *scope)
{
    struct ps_scope *list = NULL, *next;
    ps_lock(&scope->lock);
    mark(scope, &list);
    ps_unlock(&scope->lock);
    for (; list; list = next) {
        next = list->next_told;
        tell(list);
    }
}
