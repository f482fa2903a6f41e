#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "engines/common/parker.h"
#include "engines/green/scheduler.h"

enum { NATIVE_STACK = 256 * 1024, SIGNAL_STACK = 64 * 1024 };

struct green_worker *worker_of_slot(struct green *green, unsigned slot)
{
    if (slot < atomic_load(&green->slots))
        return green->worker[slot];
    struct green_worker *worker = aligned_alloc(128, sizeof *worker);
    if (!worker)
        return NULL;
    *worker = (struct green_worker){.green = green, .slot = slot};
    own_init(&worker->own, OWN_SLOTS, green->biased);
    worker->own.kept = green->base.config.lifo_slot == PS_LIFO_KEPT;
    ps_probe_bind(&worker->probe, green->base.config.segment, slot);
    worker->rng = ps_rng_make(green->base.config.seed, slot);
    pthread_mutex_init(&worker->timer_lock, NULL);
    ps_timers_init(&worker->timers);
    atomic_init(&worker->timer_next, PS_NEVER);
    green->worker[slot] = worker;
    atomic_store(&green->slots, slot + 1);
    return worker;
}

void worker_free(struct green_worker *worker)
{
    ps_timers_free(&worker->timers);
    pthread_mutex_destroy(&worker->timer_lock);
    free(worker);
}

/* A stack for the handler of a stack overflow. NULL: there is one already (a sanitizer's). */
static void *add_signal_stack(void)
{
    stack_t old;
    if (sigaltstack(NULL, &old) != 0 || !(old.ss_flags & SS_DISABLE))
        return NULL;
    stack_t new = {.ss_sp = malloc(SIGNAL_STACK), .ss_size = SIGNAL_STACK};
    if (new.ss_sp)
        sigaltstack(&new, NULL);
    return new.ss_sp;
}

static void remove_signal_stack(void *memory)
{
    if (!memory)
        return;
    sigaltstack(&(stack_t){.ss_flags = SS_DISABLE}, NULL);
    free(memory);
}

static void *thread_main(void *arg)
{
    struct green_worker *worker = arg;
    void *signal_stack = add_signal_stack();
    *ps_self() = (struct ps_self){.engine = &worker->green->base,
                                  .probe = &worker->probe,
                                  .worker = worker,
                                  .slot = (int)worker->slot};
    ps_probe_thread_begin(&worker->probe);
    ps_light_enter(&worker->green->light, worker->slot, &worker->probe);
    if (worker->green->one_queue)
        ps_self()->strand = NULL; /* nobody could steal */
    green_sanitize_thread(&worker->native.sanitizer);
    struct fiber *first = worker->current;
    worker->current = &worker->native;
    fiber_switch(worker, first, FIBER_AFTER_NATIVE);
    stack_flush(&worker->green->depot, &worker->pool);
    ps_probe_depth(&worker->probe, 0);
    ps_probe_thread_end(&worker->probe);
    *ps_self() = (struct ps_self){.slot = -1};
    remove_signal_stack(signal_stack);
    atomic_fetch_sub(&worker->green->running, 1);
    return NULL;
}

/* Signals are the business of the process's other threads, but for those a thread causes itself. */
static int create_thread(struct green_worker *worker)
{
    sigset_t all, old;
    pthread_attr_t attr;
    sigfillset(&all);
    for (const int *s = (const int[]){SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, 0}; *s;
         s++)
        sigdelset(&all, *s);
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, (size_t)NATIVE_STACK * GREEN_STACK_SCALE);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    int rc = pthread_create(&worker->thread, &attr, thread_main, worker);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    pthread_attr_destroy(&attr);
    return rc;
}

enum ps_err worker_start(struct green_worker *worker)
{
    uint32_t life = WORKER_RETIRING;
    if (atomic_compare_exchange_strong(&worker->life, &life, WORKER_RUN) || life == WORKER_RUN)
        return PS_OK;
    worker_join(worker);
    struct green *green = worker->green;
    worker->current = stack_take(&green->depot, &worker->pool, green, worker_loop);
    if (!worker->current)
        return PS_ENOMEM;
    worker->until_look = worker->look_every = 1;
    atomic_store(&worker->life, WORKER_RUN);
    atomic_fetch_add(&green->running, 1);
    if (create_thread(worker) == 0)
        return PS_OK;
    atomic_fetch_sub(&green->running, 1);
    stack_put(&green->depot, &worker->pool, worker->current);
    atomic_store(&worker->life, WORKER_OFF);
    return PS_EAGAIN;
}

void worker_retire(struct green_worker *worker)
{
    struct green *green = worker->green;
    uint32_t life = WORKER_RUN;
    if (!atomic_compare_exchange_strong(&worker->life, &life, WORKER_RETIRING))
        return;
    if (idle_claim_slot(&green->idle, worker->slot))
        worker_unpark(worker);
    /* It may stand at the gate: any change of the word lets it look. */
    atomic_fetch_add(&green->gate, GATE_CHANGE);
    ps_futex_wake(&green->gate, INT_MAX);
}

void worker_join(struct green_worker *worker)
{
    if (atomic_load(&worker->life) == WORKER_OFF)
        return;
    pthread_join(worker->thread, NULL);
    atomic_store(&worker->life, WORKER_OFF);
}
