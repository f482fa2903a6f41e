/* Protocol of a task's parker: see ps_thread_wait in parker.c. Here it is only published (release,
 * partner: ps_thread_unpark, which wakes it); a task that never waits pays no fence for it. */
#include "engines/common/slot.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void ps_slot_init(struct ps_slot *slot, struct ps_engine *engine, unsigned number)
{
    memset(slot, 0, sizeof *slot);
    slot->engine = engine;
    slot->number = number;
    ps_parker_init(&slot->parker);
    ps_probe_bind(&slot->probe, engine->config.segment, number);
}

void ps_slot_fini(struct ps_slot *slot)
{
    ps_parker_destroy(&slot->parker);
    ps_altstack_free(&slot->altstack);
}

void ps_slot_enter(struct ps_slot *slot, void *record)
{
    char name[16];
    snprintf(name, sizeof name, "worker-%u", slot->number);
    pthread_setname_np(pthread_self(), name);
    *ps_self() = (struct ps_self){
        .engine = slot->engine, .probe = &slot->probe, .worker = record, .slot = (int)slot->number};
    ps_altstack_begin(&slot->altstack);
    ps_probe_thread_begin(&slot->probe);
}

void ps_slot_leave(struct ps_slot *slot)
{
    ps_probe_thread_end(&slot->probe);
    ps_altstack_end(&slot->altstack);
    *ps_self() = (struct ps_self){.slot = -1};
}

void ps_slot_run(struct ps_slot *slot, struct ps_task *task)
{
    if (!ps_task_begin(&slot->probe, task))
        return;
    atomic_store_explicit(&task->parker, &slot->parker, memory_order_release);
    ps_task_run(task);
    ps_task_finish(&slot->probe, task);
}

void ps_slot_hold(struct ps_slot *slot, _Atomic uint32_t *paused, struct ps_task *task)
{
    for (;;) {
        uint32_t ticket = ps_parker_ticket(&slot->parker);
        /* seq_cst, partner: the store in tune and close; the ticket comes first. */
        if (atomic_load(paused) == 0)
            break;
        ps_probe_state(&slot->probe, PS_STATE_PAUSED, task->stamp.type);
        ps_parker_wait(&slot->parker, ticket, PS_NEVER);
    }
    ps_probe_state(&slot->probe, PS_STATE_RUN, task->stamp.type);
}

enum ps_err ps_slot_wait(struct ps_slot *slot, _Atomic uint32_t *paused, struct ps_task *task,
                         struct ps_wait *wait)
{
    ps_thread_wait(&slot->probe, &slot->parker, task, wait);
    ps_slot_hold(slot, paused, task);
    return wait->result;
}

/* `stack` is what the thread may use: the C library takes thread-local storage out of it too, so
 * what it calls its minimum is added. */
static void set_stack(pthread_attr_t *attributes, size_t stack)
{
    if (stack == 0)
        return;
    long least = sysconf(_SC_THREAD_STACK_MIN), page = sysconf(_SC_PAGESIZE);
    size_t bytes = stack > (size_t)least ? stack : (size_t)least;
    bytes = (bytes + (size_t)page - 1) / (size_t)page * (size_t)page;
    pthread_attr_setstacksize(attributes, bytes);
}

enum ps_err ps_thread_create(pthread_t *thread, size_t stack, bool detached, void *(*main)(void *),
                             void *argument)
{
    static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS};
    pthread_attr_t attributes;
    if (pthread_attr_init(&attributes) != 0)
        return PS_ENOMEM;
    set_stack(&attributes, stack);
    if (detached)
        pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    sigset_t blocked, before;
    sigfillset(&blocked);
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++)
        sigdelset(&blocked, faults[i]);
    pthread_sigmask(SIG_SETMASK, &blocked, &before);
    int error = pthread_create(thread, &attributes, main, argument);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return error == 0 ? PS_OK : error == ENOMEM ? PS_ENOMEM : PS_EAGAIN;
}
