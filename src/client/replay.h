/* A recording as a snapshot source: it plays at the speed it was recorded at, or another, can be
 * paused, stepped and sought in. A screen cannot tell it from a live host but by what it cannot do:
 * control answers PS_ENOTSUP.
 *
 * Time here is the recording's: instants of its snapshots. One owner, one thread. */
#ifndef PS_CLIENT_REPLAY_H
#define PS_CLIENT_REPLAY_H

#include "client/recording.h"
#include "client/source.h"

struct ps_replay;

/* Begins paused = false at the first snapshot. The recording stays the caller's and is not to be used
 * otherwise meanwhile. NULL: out of memory. */
struct ps_replay *ps_replay_new(struct ps_recording *recording);
void ps_replay_free(struct ps_replay *replay);

/* Owned by the replay. A snapshot's seq counts those that were given out: it never goes back. */
struct ps_source *ps_replay_source(struct ps_replay *replay);

/* Whether there is more to come. */
bool ps_replay_running(const struct ps_replay *replay);

struct ps_replay_state {
    uint64_t at_ns;             /* where it is */
    uint64_t first_ns, last_ns; /* of the recording */
    double speed;
    bool paused;
    bool cut;    /* the recording has no end: it was cut, or is damaged where it stops */
    bool at_end; /* of what can be read */
};
struct ps_replay_state ps_replay_state(const struct ps_replay *replay);

void ps_replay_pause(struct ps_replay *replay, bool paused);
/* Times real time; 1/64 to 64, others are cut to that. */
void ps_replay_speed(struct ps_replay *replay, double speed);

/* So many snapshots forwards (negative: backwards), and pause there. */
void ps_replay_step(struct ps_replay *replay, int snapshots);

/* To the last snapshot at or before an instant. A seek backwards, and one forwards, leaves a hole in
 * what a screen remembers: visit (may be NULL) is called with the snapshots of the PS_REPLAY_LEAD_NS
 * before it and with itself, so that a history can be filled anew; the events of the last
 * second before it are given out then. So they are when much more than a second is played at once. */
#define PS_REPLAY_LEAD_NS UINT64_C(64000000000)
typedef void (*ps_replay_visit)(void *user, const struct ps_snapshot *snapshot);
void ps_replay_seek(struct ps_replay *replay, uint64_t at_ns, ps_replay_visit visit, void *user);

/* The clock that it plays by; NULL: ps_now_ns. A seam for tests. */
void ps_replay_clock(struct ps_replay *replay, uint64_t (*now_ns)(void));

#endif
