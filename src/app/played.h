/* A recording that a command works on, with the experiment that was run. */
#ifndef PS_APP_PLAYED_H
#define PS_APP_PLAYED_H

#include "app/app.h"
#include "client/recording.h"

struct ps_played {
    const char *path; /* as named on the command line */
    struct ps_recording *recording;
    struct ps_experiment experiment;
    const char *preset; /* as the run named it */
};

/* Open and check; a recording without a snapshot is refused, as there is nothing to say of it.
 * PS_EXIT_OK, or the exit code after the complaint, which begins with `command`. */
int ps_played_open(const char *command, const char *path, struct ps_played **played);
void ps_played_close(struct ps_played *played);

/* Say on standard error where a recording was cut, or is damaged; how: what its reading ended
 * with. */
void ps_played_warn(const char *command, const struct ps_played *played, enum ps_recorded how);

#endif
