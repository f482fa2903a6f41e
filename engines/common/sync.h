/* Locks and semaphores between tasks, the same on every engine: a waiting task waits in its
 * engine's way (PS_WAIT_PARK), so on a green engine its worker goes on and on an OS-thread engine
 * it does not. Public and installed.
 *
 * Fair: a freed place is handed to the longest waiter. Memory: owned by the user, and outlives
 * every task that uses it. Not recursive. */
#ifndef PS_ENGINES_COMMON_SYNC_H
#define PS_ENGINES_COMMON_SYNC_H

#include <pthread.h>

#include "engines/engine.h"

struct ps_waiter {
    struct ps_task *task;
    struct ps_waiter *next;
    struct ps_wait wait;
    bool granted; /* under the semaphore's guard */
};

/* A counting semaphore; a lock is one with a single place. */
struct ps_sema {
    pthread_mutex_t guard; /* of the rest; never held across a wait */
    uint32_t places;
    struct ps_waiter *first, *last;
};

void ps_sema_init(struct ps_sema *sema, uint32_t places);
void ps_sema_destroy(struct ps_sema *sema);

/* Event style. true: got a place. false: queued; wait for *waiter->wait (a PS_WAIT_PARK that shows
 * `why`), then call ps_sema_again. waiter: the task's, until the place is got or given up. */
bool ps_sema_take(struct ps_sema *sema, struct ps_task *task, struct ps_waiter *waiter,
                  enum ps_state why);

/* After a wait: true: the place is ours. false: woken without cause; wait again. */
bool ps_sema_again(struct ps_sema *sema, struct ps_waiter *waiter);

/* Stop waiting (the task is to end). true: gave up the place in the line. false: the place was
 * granted meanwhile and is ours: ps_sema_put it back. */
bool ps_sema_give_up(struct ps_sema *sema, struct ps_waiter *waiter);

/* Give a place back. Any thread. */
void ps_sema_put(struct ps_sema *sema);

/* Direct style: take or PS_ECANCELED. */
enum ps_err ps_sema_take_direct(struct ps_sema *sema, struct ps_task *task, enum ps_state why);

#endif
