/* How soon the kernel lets the front end run when a key arrives while a pool saturates every cpu.
 *
 * Since Linux 6.12 an unprivileged thread may ask for a short slice (sched_setattr(2),
 * sched_runtime of SCHED_OTHER): it gets no more cpu time, but when it wakes it need not wait for
 * the end of a longer slice (EEVDF, PREEMPT_SHORT). Older kernels take the call and change
 * nothing. Children do not inherit it. */
#ifndef PS_UI_SLICE_H
#define PS_UI_SLICE_H

/* For the calling thread; does nothing where it cannot. */
void ps_slice_short(void);

#endif
