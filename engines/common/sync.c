/* Semaphores between tasks.
 *
 * Protocol: everything is under `guard`. A put with waiters hands its place to the first one:
 * unlinks it, marks it granted and unparks its task, all under the guard. A waiter learns that it
 * was granted by taking the guard, so by then the unpark is over and the task may end. A guard that
 * is released before the unpark was rejected: the granted task could be gone when the unpark comes.
 */
#include "engines/common/sync.h"

#include "engines/common/core.h"

void ps_sema_init(struct ps_sema *sema, uint32_t places)
{
    pthread_mutex_init(&sema->guard, NULL);
    sema->places = places;
    sema->first = sema->last = NULL;
}

void ps_sema_destroy(struct ps_sema *sema)
{
    pthread_mutex_destroy(&sema->guard);
}

bool ps_sema_take(struct ps_sema *sema, struct ps_task *task, struct ps_waiter *waiter,
                  enum ps_state why)
{
    pthread_mutex_lock(&sema->guard);
    bool got = sema->places > 0;
    if (got) {
        sema->places--;
    } else {
        *waiter = (struct ps_waiter){
            .task = task,
            .wait = {.kind = PS_WAIT_PARK, .why = why, .until_ns = PS_NEVER},
        };
        if (sema->last)
            sema->last->next = waiter;
        else
            sema->first = waiter;
        sema->last = waiter;
    }
    pthread_mutex_unlock(&sema->guard);
    return got;
}

bool ps_sema_again(struct ps_sema *sema, struct ps_waiter *waiter)
{
    pthread_mutex_lock(&sema->guard);
    bool granted = waiter->granted;
    pthread_mutex_unlock(&sema->guard);
    return granted;
}

bool ps_sema_give_up(struct ps_sema *sema, struct ps_waiter *waiter)
{
    pthread_mutex_lock(&sema->guard);
    bool waiting = !waiter->granted;
    if (waiting) {
        struct ps_waiter *before = NULL, *w = sema->first;
        while (w != waiter) {
            before = w;
            w = w->next;
        }
        if (before)
            before->next = waiter->next;
        else
            sema->first = waiter->next;
        if (sema->last == waiter)
            sema->last = before;
    }
    pthread_mutex_unlock(&sema->guard);
    return waiting;
}

void ps_sema_put(struct ps_sema *sema)
{
    pthread_mutex_lock(&sema->guard);
    struct ps_waiter *waiter = sema->first;
    if (waiter) {
        sema->first = waiter->next;
        if (!sema->first)
            sema->last = NULL;
        waiter->granted = true;
        ps_task_unpark(waiter->task);
    } else {
        sema->places++;
    }
    pthread_mutex_unlock(&sema->guard);
}

enum ps_err ps_sema_take_direct(struct ps_sema *sema, struct ps_task *task, enum ps_state why)
{
    struct ps_waiter waiter;
    if (ps_sema_take(sema, task, &waiter, why))
        return PS_OK;
    for (;;) {
        enum ps_err err = ps_wait(task, &waiter.wait);
        if (ps_sema_again(sema, &waiter))
            return PS_OK;
        if (err == PS_ECANCELED && ps_sema_give_up(sema, &waiter))
            return PS_ECANCELED;
        if (err == PS_ECANCELED)
            return PS_OK;
    }
}
