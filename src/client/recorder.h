/* A recorder: writes a run into a file while it goes on. Format: client/recording_format.h.
 *
 * Memory is bounded, however long the run is: about 1.5 MB and, at 256 workers, 3 MB more. Every
 * call writes whole records with write(2), so that what was recorded survives the death of this
 * process; a power failure may take what was recorded since the last fsync, which is at the end.
 *
 * When the disk is full, or the file cannot be written for another reason, the file is cut back to
 * its last whole record, nothing more is written, and ps_recorder_finish says why: a run is never
 * disturbed by its recording. One owner, one thread. */
#ifndef PS_CLIENT_RECORDER_H
#define PS_CLIENT_RECORDER_H

#include "client/source.h"
#include "model/experiment.h"

/* Events that are recorded a second, at most, averaged over a second: what is over stays in the
 * rings, is overwritten there and counted as lost. About 1.6 MB a second. */
#define PS_RECORDER_EVENTS_PER_S 500000u
/* How often ps_recorder_drain wants to be called: rings of 8,192 events then lose none below 400,000
 * events a second and worker. */
#define PS_RECORDER_DRAIN_NS UINT64_C(20000000)

struct ps_recorder;

struct ps_recorder_totals {
    uint64_t bytes, snapshots, events, events_lost;
};

/* Take over the descriptor of an empty file, write who runs what on which machine. preset: as it was
 * named by the user. On failure the descriptor is closed and `why` says what is wrong. */
enum ps_err ps_recorder_new(int fd, const char *preset, const struct ps_experiment *experiment,
                            struct ps_recorder **recorder, char *why, size_t why_size);

/* Record a snapshot; those that feed the peaks of a report must all be recorded. The last one should
 * be the run's final one. */
void ps_recorder_snapshot(struct ps_recorder *recorder, const struct ps_snapshot *snapshot);

/* Record events as ps_source_ops.events gave them; lost: how many it added to *lost. */
void ps_recorder_events(struct ps_recorder *recorder, const struct ps_event *events, size_t count,
                        uint64_t lost);

/* Read the source's events and record them. now_ns: CLOCK_MONOTONIC. */
void ps_recorder_drain(struct ps_recorder *recorder, struct ps_source *source, uint64_t now_ns);

/* Record the source's events and newest snapshot, for one who has no use for them. */
void ps_recorder_look(struct ps_recorder *recorder, struct ps_source *source);

struct ps_recorder_totals ps_recorder_totals(const struct ps_recorder *recorder);
/* Why nothing is written any more; NULL: all is well. */
const char *ps_recorder_trouble(const struct ps_recorder *recorder);

/* Write the index, make the file durable, close it, free. PS_EIO: `why` says what was not written;
 * the file is then readable up to its last whole record. NULL is ignored. */
enum ps_err ps_recorder_finish(struct ps_recorder *recorder, char *why, size_t why_size);

#endif
