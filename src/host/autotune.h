/* The worker count follows the throughput while the run goes on, as in .NET's thread pool (stats/hill.h):
 * every 10 to 200 ms the tasks completed meanwhile are counted, and perhaps another count is ordered by a
 * control line, as a person would. The host's main thread. */
#ifndef PS_HOST_AUTOTUNE_H
#define PS_HOST_AUTOTUNE_H

#include "stats/hill.h"

struct ps_control;

struct ps_autotune {
    struct ps_hill hill;
    uint64_t due_ns;               /* PS_NEVER: there is no tuner */
    uint64_t last_ns;              /* since when tasks are counted */
    uint64_t completed, paused_ns; /* then */
    unsigned set;                  /* the count it ordered; another one is somebody else's order */
    int direction;                 /* of its latest change: -1, 1; 0: none yet */
};

/* After the engine has started. */
void ps_autotune_init(struct ps_autotune *tuner, struct ps_control *control, uint64_t now_ns);

/* Look, if it is time. Not while the run is paused or ends. */
void ps_autotune_tick(struct ps_autotune *tuner, struct ps_control *control, uint64_t now_ns);

#endif
