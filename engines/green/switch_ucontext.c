/* The portable switch: swapcontext, with two system calls for the signal mask each time. The
 * ucontext of a switched-out stack lies on that stack. */
#include "engines/green/switch.h"

#include <stdint.h>
#include <stdlib.h>
#include <ucontext.h>

enum { LEAST_STACK = 4096 };

/* The frame of ps_green_switch, and that of swapcontext. */
const unsigned ps_green_below = 512;

struct context {
    ucontext_t registers;
    void *passed; /* by whoever switches to it */
};

struct first_frame {
    struct context context;
    void (*entry)(void *);
    void *arg;
};

void *ps_green_switch(void **save, void *to, void *pass)
{
    struct context here = {.passed = NULL}, *there = to;
    *save = &here;
    there->passed = pass;
    swapcontext(&here.registers, &there->registers);
    return here.passed;
}

static void enter(unsigned high, unsigned low)
{
    struct first_frame *first = (struct first_frame *)((uintptr_t)high << 16 << 16 | low);
    first->entry(first->arg);
    abort();
}

void *ps_green_prepare(void *top, void (*entry)(void *), void *arg)
{
    uintptr_t at = ((uintptr_t)top - sizeof(struct first_frame)) & ~(uintptr_t)63;
    struct first_frame *first = (struct first_frame *)at;
    getcontext(&first->context.registers);
    /* Only the upper end is used: the stack grows down from `at`. */
    first->context.registers.uc_stack.ss_sp = (char *)at - LEAST_STACK;
    first->context.registers.uc_stack.ss_size = LEAST_STACK;
    first->context.registers.uc_link = NULL;
    first->entry = entry;
    first->arg = arg;
    makecontext(&first->context.registers, (void (*)(void))enter, 2, (unsigned)(at >> 16 >> 16),
                (unsigned)at);
    return &first->context;
}
