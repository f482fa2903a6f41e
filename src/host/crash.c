#include "host/crash.h"

#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engines/engine.h"

static const int fatal[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
enum { FATAL = sizeof fatal / sizeof *fatal };

/* Signal handlers have no argument of ours: the one place for process-wide state. */
static struct ps_segment *crash_segment;
static struct sigaction before[FATAL];

static bool stack_overflow(const void *address, unsigned *type)
{
    for (const struct ps_engine_ops *const *e = ps_engines; *e; e++)
        if ((*e)->stack_overflow && (*e)->stack_overflow(address, type))
            return true;
    return false;
}

static void note(int signal_number, const siginfo_t *info)
{
    /* The first crash counts: not what other threads or a sanitizer's abort make of it. */
    static atomic_flag noted = ATOMIC_FLAG_INIT;
    if (atomic_flag_test_and_set(&noted)) {
        for (int i = 0; i < 1000 && atomic_load(&crash_segment->fault_signal) == 0; i++)
            sched_yield(); /* another thread is about to say it; we would end the process */
        return;
    }
    struct ps_segment *segment = crash_segment;
    int slot = ps_worker_self();
    int type = -1;
    if (slot >= 0 && (uint32_t)slot < segment->slots)
        type = ps_state_type(atomic_load(&ps_segment_cell(segment, (unsigned)slot)->now));
    unsigned overflowed;
    if ((signal_number == SIGSEGV || signal_number == SIGBUS) &&
        stack_overflow(info->si_addr, &overflowed)) {
        atomic_store(&segment->fault_overflow, 1);
        type = (int)overflowed;
    }
    atomic_store(&segment->fault_worker, slot);
    atomic_store(&segment->fault_type, type);
    atomic_store(&segment->fault_address, (uint64_t)(uintptr_t)info->si_addr);
    atomic_store(&segment->fault_signal, (uint32_t)signal_number);
}

static void handler(int signal_number, siginfo_t *info, void *context)
{
    note(signal_number, info);
    unsigned i = 0;
    while (i < FATAL - 1 && fatal[i] != signal_number)
        i++;
    if (before[i].sa_flags & SA_SIGINFO) {
        before[i].sa_sigaction(signal_number, info, context);
    } else if (before[i].sa_handler != SIG_DFL && before[i].sa_handler != SIG_IGN) {
        before[i].sa_handler(signal_number);
    }
    signal(signal_number, SIG_DFL);
    sigset_t one;
    sigemptyset(&one);
    sigaddset(&one, signal_number);
    pthread_sigmask(SIG_UNBLOCK, &one, NULL);
    raise(signal_number);
}

void ps_crash_install(struct ps_segment *segment)
{
    crash_segment = segment;
    static char stack[65536];
    stack_t alternate = {.ss_sp = stack, .ss_size = sizeof stack};
    sigaltstack(&alternate, NULL);
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = handler;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    sigemptyset(&action.sa_mask);
    for (unsigned i = 0; i < FATAL; i++)
        sigaction(fatal[i], &action, &before[i]);
}
