/* Context switch. One implementation a processor: switch_x86_64.S, switch_aarch64.S, or
 * switch_ucontext.c where there is none (or -DPOOLSCOPE_SWITCH=ucontext).
 *
 * A context is one pointer: the stack pointer of a stack that is switched out; everything the ABI
 * makes callee-saved lies above it, including the control words of the floating point unit.
 *
 * errno and every other thread-local address that a compiler has cached across the call belongs to
 * the thread before the switch: read them anew through functions that are not inlined. That is what
 * `pass` is for: who switches tells the other side where it is now. */
#ifndef PS_ENGINES_GREEN_SWITCH_H
#define PS_ENGINES_GREEN_SWITCH_H

/* Save the calling context into *save and go on with `to`. Returns when somebody switches to *save,
 * perhaps on another thread: what that one passed. *save is written before the stack is left; until
 * the other side runs, nobody may switch to it. */
void *ps_green_switch(void **save, void *to, void *pass);

/* A context that calls entry(arg) on an empty stack that ends at `top`. entry must not return. What
 * the first switch to it passes is lost. */
void *ps_green_prepare(void *top, void (*entry)(void *), void *arg);

/* How far below its context a stack that is switched out may reach. */
extern const unsigned ps_green_below;

#endif
