/* Recordings for tests: snapshots with random figures, written into a memfd. Shared by the tests of
 * the reader and its fuzzer. */
#ifndef PS_TESTS_CLIENT_RECORDING_MAKE_H
#define PS_TESTS_CLIENT_RECORDING_MAKE_H

#include "base/rng.h"
#include "client/recorder.h"

#define RECORDING_PERIOD_NS UINT64_C(100000000)

/* Every field of a snapshot gets a value of its own that the field may have. slots, types: rows. */
void recording_random_snapshot(struct ps_snapshot *snapshot, struct ps_rng *rng, unsigned slots,
                               unsigned types, uint64_t seq);
/* Some figures move on, as in a run. */
void recording_move(struct ps_snapshot *snapshot, struct ps_rng *rng);
/* Events of some slots at about the snapshot's time; returns how many, at most max. */
size_t recording_random_events(struct ps_event *events, size_t max, struct ps_rng *rng,
                               const struct ps_snapshot *snapshot);

/* An experiment with two task types. Owner: the caller, free. */
struct ps_experiment *recording_experiment(void);

/* A recording of so many snapshots with events in between, as bytes. Owner: the caller, free. */
uint8_t *recording_make(uint64_t seed, unsigned snapshots, unsigned slots, size_t *size);
/* The bytes of a file. Closes nothing. */
uint8_t *recording_bytes(int fd, size_t *size);

#endif
