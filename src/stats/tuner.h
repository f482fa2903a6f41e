/* Auto-tuners of a worker count, replayed on a measured surface: what each would have settled on,
 * how fast, and how often it changed its mind. A replay is arithmetic, not a run: it takes the
 * medians between measured points in a straight line and the measured noise, as white: a window of
 * t seconds has sqrt(slot / t) times the noise of a slot.
 *
 * The tuners:
 *   hill climb  .NET's (dotnet/runtime, PortableThreadPool.HillClimbing.cs, after Hellerstein,
 *               Morrison, Eilebrecht: Optimizing Concurrency Levels in the .NET ThreadPool, FeBID
 *               2008), with its default settings: a square wave of period 4 on the thread count,
 *               Goertzel's filter on the throughput, a move where the two agree. Its own rule that
 *               stops at 95 % CPU is left out: the surface does not say how busy the CPUs are.
 *   gradient    Netflix's Gradient2 (Netflix/concurrency-limits): the count times long-term over
 *               present response time, plus 4, smoothed by 0.2, once a second. Response time is
 *               count / throughput (Little's law).
 *   AIMD        additive increase, multiplicative decrease (Chiu and Jain 1989), as in Netflix's
 *               AIMDLimit: plus 1, or times 0.9 when the response time exceeds the p99 goal, or
 *               without a goal twice that of the smallest count; once a second. */
#ifndef PS_STATS_TUNER_H
#define PS_STATS_TUNER_H

#include "stats/surface.h"

struct ps_tuner_task {
    const struct ps_surface *surface; /* count >= 1 */
    unsigned low, high, start;        /* workers */
    double slot_s;                    /* of a measured repeat: what its noise belongs to */
    double goal_ns;                   /* 0: none */
    double seconds;                   /* to replay */
    unsigned long long seed;
};

struct ps_tuner_run {
    const char *name;
    double settled;  /* workers: the mean of the last quarter */
    double settle_s; /* from when on it stayed within a tenth, or 1, of that; NaN: it wanders */
    double lowest, highest; /* of the last quarter */
    unsigned reversals;     /* turns of at least one worker */
    double share;           /* of the best median throughput, where it settled */
};

#define PS_TUNERS 3u
/* Number i of PS_TUNERS. */
struct ps_tuner_run ps_tuner_replay(unsigned i, const struct ps_tuner_task *task);

/* The way it went in that replay: the count in force at `count` instants, evenly over the time. */
void ps_tuner_path(unsigned i, const struct ps_tuner_task *task, unsigned count, float *workers);

#endif
