/* Restoring the terminal on every way out. What must be written and the termios settings are fixed
 * before the terminal is changed. On a fatal signal the handler only writes them, puts the old
 * handler back and raises the signal again: sanitizers still report, and the exit status tells the
 * truth. */
#ifndef PS_UI_RESTORE_H
#define PS_UI_RESTORE_H

#include <stddef.h>

/* Remember how the terminal `fd` is now, and the bytes that bring its screen back; install the
 * handlers. One at a time. */
void ps_restore_arm(int fd, const char *bytes, size_t size);
/* Put the handlers back. */
void ps_restore_disarm(void);
/* Restore now. Async-signal-safe, idempotent in effect. */
void ps_restore_now(void);

#endif
