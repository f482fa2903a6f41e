#include "host/locks.h"

static void init_thread_mutex(pthread_mutex_t *mutex, bool inherit)
{
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    if (inherit)
        pthread_mutexattr_setprotocol(&attributes, PTHREAD_PRIO_INHERIT);
    pthread_mutex_init(mutex, &attributes);
    pthread_mutexattr_destroy(&attributes);
}

void ps_run_locks_init(struct ps_run_lock locks[PS_LOCKS_MAX],
                       const struct ps_experiment *experiment)
{
    for (unsigned i = 0; i < PS_LOCKS_MAX; i++) {
        locks[i].kind = i < experiment->lock_count ? ps_lock_kind_of(experiment, i) : PS_LOCK_FAIR;
        ps_mutex_init(&locks[i].fair);
        init_thread_mutex(&locks[i].thread, locks[i].kind == PS_LOCK_INHERIT);
    }
}
