/* One slot of a comparison or a sweep: a fresh host runs an experiment, its beginning (threads
 * start, caches and queues fill) is cut off, and a window is measured.
 *
 * Step by step, so that a screen can draw meanwhile: start, then advance whenever due_ns has come
 * (ten times a second at least), until it returns DONE, FAILED or REFUSED. No step waits: neither for
 * the host's start nor for its end (one that does not end is killed after 2 s). One owner, one
 * thread. */
#ifndef PS_LAB_SLOT_H
#define PS_LAB_SLOT_H

#include "client/live.h"

struct ps_slot;

enum ps_slot_state {
    PS_SLOT_STARTING, /* the host measures the machine, makes its threads */
    PS_SLOT_WARMING,
    PS_SLOT_MEASURING,
    PS_SLOT_ENDING, /* the window is measured; the next slot begins on a machine without this host */
    PS_SLOT_DONE,
    PS_SLOT_FAILED, /* deadlock, crash */
    PS_SLOT_REFUSED /* the host did not take the experiment: a limit of the machine */
};

struct ps_slot_spec {
    const struct ps_experiment *experiment; /* copied; run.duration has no meaning here */
    uint64_t warmup_ns; /* cut. A run that ends in it (a batch) is measured whole */
    uint64_t length_ns; /* of the window; a run that ends in it shortens it */
};

/* On failure there is no slot, and `why` says what is wrong. */
enum ps_err ps_slot_start(const struct ps_slot_spec *spec, struct ps_slot **slot, char *why,
                          size_t why_size);
enum ps_slot_state ps_slot_advance(struct ps_slot *slot);
enum ps_slot_state ps_slot_state(const struct ps_slot *slot);
/* REFUSED: why. */
const char *ps_slot_why(const struct ps_slot *slot, enum ps_err *err);

/* When to advance next, if nothing happens before. */
uint64_t ps_slot_due_ns(const struct ps_slot *slot);
/* Time of the slot that has passed, warm-up included. */
uint64_t ps_slot_elapsed_ns(const struct ps_slot *slot);

/* The host while it runs; NULL afterwards. */
struct ps_live *ps_slot_live(struct ps_slot *slot);
/* What the last advance saw of the run, for screens; NULL: nothing yet. Owned by the slot. */
const struct ps_snapshot *ps_slot_latest(const struct ps_slot *slot);

/* DONE: what was measured; process.cpu_ns is by the CPU clocks of the host and its worker
 * processes. FAILED: the last of it, with its message. Owned by the slot. */
const struct ps_snapshot *ps_slot_window(const struct ps_slot *slot);

/* DONE: the share of the machine's CPU time that other processes took during the window; see
 * base/cpu_use.h. NaN: not known. */
double ps_slot_others(const struct ps_slot *slot);

/* Kills the host if it runs: what it measured is given up. NULL is nothing. */
void ps_slot_free(struct ps_slot *slot);

#endif
