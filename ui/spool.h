/* One write a frame. Curses writes after every jump of the cursor, some 80 times a frame; each
 * wakes whoever reads the terminal, who then preempts us, and on a machine without an idle cpu a
 * frame of 1 ms takes 30. So while a frame is made, the descriptor that curses writes to stands for
 * a memory file, and what is in there goes to the terminal at once.
 *
 * A terminal that does not read holds nobody up for longer than PS_SPOOL_PATIENCE_MS: the rest of
 * the frame is kept, and no other frame is made until it has gone. One owner, one thread. */
#ifndef PS_UI_SPOOL_H
#define PS_UI_SPOOL_H

#include <stdbool.h>
#include <stddef.h>

struct ps_spool {
    int fd;       /* for curses; the terminal, except between begin and end */
    int terminal; /* the caller's */
    int out;      /* the terminal again, without waiting; -1: it cannot be had so */
    int file;     /* the memory file; -1: there is none, and curses writes directly */
    char *bytes;
    size_t room;
    size_t at, end; /* bytes[at .. end) have not been taken yet */
};

/* False: no descriptor is left. */
bool ps_spool_open(struct ps_spool *spool, int terminal);
/* Closes what open made, but fd (it belongs to the stream that the caller made of it). */
void ps_spool_close(struct ps_spool *spool);

#define PS_SPOOL_PATIENCE_MS 20

/* Write what is left of the last frame, waiting at most so long for each part. True: all of it is
 * gone. */
bool ps_spool_flush(struct ps_spool *spool, int patience_ms);

/* Nothing may be left then. */
void ps_spool_begin(struct ps_spool *spool);
/* Write `before`, what was collected, and `after`. */
void ps_spool_end(struct ps_spool *spool, const char *before, const char *after);

#endif
