/* The locks that `lock` steps take, of each kind. A fair one lets a task wait in its engine's way; the
 * others are POSIX mutexes: a waiting task blocks its thread, and nobody can interrupt it. */
#ifndef PS_HOST_LOCKS_H
#define PS_HOST_LOCKS_H

#include <pthread.h>

#include "engines/sync.h"
#include "model/experiment.h"

struct ps_run_lock {
    enum ps_lock_kind kind;
    struct ps_mutex fair;
    pthread_mutex_t thread; /* UNFAIR, INHERIT */
};

/* Every lock of the experiment, free. They have nothing to give back. */
void ps_run_locks_init(struct ps_run_lock locks[PS_LOCKS_MAX],
                       const struct ps_experiment *experiment);

#endif
