/* INT, TERM and HUP for a command that waits: noticed, not deadly, so that it can end its host and
 * say what it has. One at a time in a process: signal handlers are the process's. */
#ifndef PS_APP_INTERRUPT_H
#define PS_APP_INTERRUPT_H

#include <stdint.h>

#include "base/err.h"

/* From here on to release, the signals are noticed; those that are ignored (nohup) stay so. */
enum ps_err ps_interrupt_catch(void);
void ps_interrupt_release(void);

/* The last one that came since catch; 0: none. */
int ps_interrupt_signal(void);

/* Returns at until_ns, or when a signal has come. */
void ps_interrupt_wait(uint64_t until_ns);

#endif
