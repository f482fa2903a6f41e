/* Phases of the experiment, carried out while it runs: settings and faults through control lines,
 * as a person would. The feeder follows rate and mix by itself, from the same experiment, so that
 * arrivals are exact and depend on nothing but the seed. The host's main thread. */
#ifndef PS_HOST_PHASES_H
#define PS_HOST_PHASES_H

#include "host/run.h"
#include "model/profile.h"

struct ps_control;

struct ps_phase_clock {
    unsigned count, next;
    const struct ps_phase_def *order[PS_PHASES_MAX];
    struct ps_profile profile; /* for people and for factors of the rate; the feeder has its own */
};

/* Whether the engine and this machine can do what the phases say; why: what they cannot. */
bool ps_phases_possible(const struct ps_run *run, char *why, size_t size);

/* Make ready, and tell the segment what will come. Before the run is announced. */
void ps_phases_init(struct ps_phase_clock *clock, struct ps_run *run);

/* Carry out what is due at this run time. Returns the run time of the next phase; PS_NEVER: it was
 * the last. */
uint64_t ps_phases_run(struct ps_control *control, uint64_t run_ns);

/* Publish the rate of the moment: ramps change it all the time. */
void ps_phases_publish_rate(const struct ps_phase_clock *clock, struct ps_run *run,
                            uint64_t run_ns);

#endif
