/* A recording, read: who ran what where, then snapshots and events in the order of time, from any
 * instant on. Format: client/recording_format.h. One owner, one thread; memory is bounded. */
#ifndef PS_CLIENT_RECORDING_H
#define PS_CLIENT_RECORDING_H

#include "metrics/snapshot.h"
#include "model/experiment.h"

struct ps_recording;

/* Open a file. It may have been cut anywhere behind its first two records: what is whole counts. A
 * file with its index is opened at once, one without is read through (about 200 MB a second).
 * PS_ENOENT, PS_EIO, PS_EPARSE (no recording), PS_EVERSION (of a later program), PS_ENOMEM; `why`
 * says what is wrong, without the path. */
enum ps_err ps_recording_open(const char *path, struct ps_recording **recording, char *why,
                              size_t why_size);
/* The same of bytes in memory, which stay the caller's and must stay. check false: CRCs are not
 * looked at, so that a fuzzer gets behind them. */
enum ps_err ps_recording_open_bytes(const void *bytes, size_t size, bool check,
                                    struct ps_recording **recording, char *why, size_t why_size);
void ps_recording_close(struct ps_recording *recording);

/* A fact by its key ("version", "preset", "machine.cpus", "experiment", ...); NULL: not there. */
const char *ps_recording_fact(const struct ps_recording *recording, const char *key);
/* Fact number `index`; false: there are no more. */
bool ps_recording_fact_at(const struct ps_recording *recording, unsigned index, const char **key,
                          const char **value);

struct ps_recording_info {
    bool whole;      /* it was ended by its recorder */
    uint64_t bytes;  /* of the file */
    uint64_t usable; /* bytes up to the end of the last whole record */
    uint64_t snapshots, events, events_lost;
    uint64_t first_ns, last_ns; /* instants of snapshots, since the host's epoch */
};
const struct ps_recording_info *ps_recording_info(const struct ps_recording *recording);

enum ps_recorded {
    PS_RECORDED_SNAPSHOT,
    PS_RECORDED_EVENTS,
    PS_RECORDED_END,    /* of what can be read */
    PS_RECORDED_DAMAGED /* a record is not what was written: nothing behind it is read */
};

/* Take the next record: at first the first. */
enum ps_recorded ps_recording_next(struct ps_recording *recording);
/* What the next record is, without taking it; *at_ns is set for a snapshot. */
enum ps_recorded ps_recording_peek(struct ps_recording *recording, uint64_t *at_ns);

/* Pass over the events before the next snapshot without reading them: what next takes then is no
 * EVENTS. Damage in them is not noticed. */
void ps_recording_pass_events(struct ps_recording *recording);

/* What was taken last. Valid until the next call of next, seek or rewind. */
const struct ps_snapshot *ps_recording_snapshot(const struct ps_recording *recording);
const struct ps_event *ps_recording_events(const struct ps_recording *recording, size_t *count,
                                           uint64_t *lost);

/* Take the last snapshot at or before an instant, the first one if all are later; `next` goes on
 * behind it. */
enum ps_recorded ps_recording_seek(struct ps_recording *recording, uint64_t at_ns);
/* Back to the beginning, before the first snapshot. */
void ps_recording_rewind(struct ps_recording *recording);

#endif
