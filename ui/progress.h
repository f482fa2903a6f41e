/* Which lessons have been gone through: a file with the name of a preset a line,
 * $XDG_STATE_HOME/poolscope/lessons, else ~/.local/state/poolscope/lessons.
 *
 * It is written when a lesson is done, and only then. Where that is not possible (a home that is not
 * there or cannot be written) it is remembered for as long as the program runs: no error. One owner,
 * one thread. */
#ifndef PS_UI_PROGRESS_H
#define PS_UI_PROGRESS_H

#include <stdbool.h>

struct ps_progress;

/* kept: read the file and write to it. NULL: out of memory; all of these take NULL. */
struct ps_progress *ps_progress_new(bool kept);
void ps_progress_free(struct ps_progress *progress);

bool ps_progress_is_done(const struct ps_progress *progress, const char *preset);
void ps_progress_done(struct ps_progress *progress, const char *preset);

#endif
