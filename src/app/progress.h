/* A line of progress on standard error: a bar, the share done, the time that is left. Shown when
 * standard error is a terminal that can go back to the start of a line, and only for what takes
 * more than two seconds; wiped when it is over. */
#ifndef PS_APP_PROGRESS_H
#define PS_APP_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ps_progress {
    bool on, shown;
    uint64_t started_ns, shown_ns;
};

/* Decides whether there will be one. */
void ps_progress_begin(struct ps_progress *progress);

/* `share` of the work is done (0..1); `what` is being done. Draws at most ten times a second. */
void ps_progress_show(struct ps_progress *progress, double share, const char *what);

void ps_progress_end(struct ps_progress *progress);

/* The line, at most `width` columns (20..200), without control bytes. Returns into. */
const char *ps_progress_line(char *into, size_t size, unsigned width, double share,
                             uint64_t elapsed_ns, const char *what);

#endif
