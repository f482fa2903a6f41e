/* A tape: always the last seconds of a run as a recording in memory, to be saved when something has
 * happened, as a dashcam does. It records into two places that take turns, so that the older of them
 * always holds at least PS_TAPE_BEFORE_NS of the past once there has been so much, and at most twice
 * that. One owner, one thread. */
#ifndef PS_UI_TAPE_H
#define PS_UI_TAPE_H

#include "client/recorder.h"

#define PS_TAPE_BEFORE_NS UINT64_C(10000000000)

struct ps_tape;

/* NULL: `why` says why not. preset and experiment must live as long as the tape. */
struct ps_tape *ps_tape_new(const char *preset, const struct ps_experiment *experiment, char *why,
                            size_t why_size);
void ps_tape_free(struct ps_tape *tape); /* NULL is ignored */

/* As ps_recorder_snapshot and ps_recorder_events. */
void ps_tape_snapshot(struct ps_tape *tape, const struct ps_snapshot *snapshot);
void ps_tape_events(struct ps_tape *tape, const struct ps_event *events, size_t count,
                    uint64_t lost);
/* From now on nothing is thrown away: what follows belongs to what is to be saved ... */
void ps_tape_hold(struct ps_tape *tape);
/* ... up to here: what follows is ignored. */
void ps_tape_stop(struct ps_tape *tape);

/* Write what is held into a new file and stop the tape. *seconds: how much time it holds. PS_EIO:
 * `why` says why not, there is no file, and it can be tried again. */
enum ps_err ps_tape_save(struct ps_tape *tape, const char *path, double *seconds, char *why,
                         size_t why_size);

#endif
