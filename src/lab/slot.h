/* One slot of a comparison or a sweep: a fresh host runs an experiment, its beginning (threads
 * start, caches and queues fill) is cut off, and a window is measured.
 *
 * Step by step, so that a screen can draw meanwhile: start, then advance whenever due_ns has come
 * (ten times a second at least), until it returns DONE or FAILED. Only start and the last advance
 * wait for something: the host's own start and end, 20 to 50 ms each, at most 2 s for one that does
 * not end. One owner, one thread. */
#ifndef PS_LAB_SLOT_H
#define PS_LAB_SLOT_H

#include "client/live.h"

struct ps_slot;

enum ps_slot_state {
    PS_SLOT_WARMING,
    PS_SLOT_MEASURING,
    PS_SLOT_DONE,
    PS_SLOT_FAILED /* deadlock, crash */
};

struct ps_slot_spec {
    const struct ps_experiment *experiment; /* copied; run.duration has no meaning here */
    uint64_t warmup_ns; /* cut. A run that ends in it (a batch) is measured whole */
    uint64_t length_ns; /* of the window; a run that ends in it shortens it */
};

enum ps_err ps_slot_start(const struct ps_slot_spec *spec, struct ps_slot **slot, char *why,
                          size_t why_size);
enum ps_slot_state ps_slot_advance(struct ps_slot *slot);

/* When to advance next, if nothing happens before. */
uint64_t ps_slot_due_ns(const struct ps_slot *slot);
/* Time of the slot that has passed, warm-up included. */
uint64_t ps_slot_elapsed_ns(const struct ps_slot *slot);

/* The host while it runs, for screens; NULL afterwards. */
struct ps_live *ps_slot_live(struct ps_slot *slot);

/* DONE: what was measured; process.cpu_ns is the exact CPU clock of the host. FAILED: the last of
 * it, with its message. Owned by the slot. */
const struct ps_snapshot *ps_slot_window(const struct ps_slot *slot);

/* DONE: the share of the machine's CPU time that other processes took during the window; see
 * others.h. NaN: not known. */
double ps_slot_others(const struct ps_slot *slot);

/* Ends the host if it runs. NULL is nothing. */
void ps_slot_free(struct ps_slot *slot);

#endif
