/* Probes: how a worker writes its cell. The only writers of cells, type cells, steal rows and
 * rings.
 *
 * One ps_probe a worker slot, owned by the thread that is the worker; every call but those marked
 * "outside" is that thread's alone. The outside probe (slot == segment->slots) may be used by any
 * number of threads at once: it adds atomically, and keeps no timeline and no ring.
 *
 * Cost: counters are a relaxed load and store each. What needs a clock (latencies, START and END
 * events) is done for every task while tasks are long; when 256 tasks in a row took less than
 * PS_PROBE_SHORT_NS each on the average, only 1 task in 64 is timed until they grow again, and the
 * cell's `sample` says so. The choice is made when a task starts and does not depend on the task.
 * segment->probes switches to no probes at all, or to every task.
 */
#ifndef PS_METRICS_PROBE_H
#define PS_METRICS_PROBE_H

#include "base/clock.h"
#include "metrics/segment.h"

#define PS_PROBE_SHORT_NS 2000u
#define PS_PROBE_SAMPLE   64u
#define PS_PROBE_WINDOW   256u

/* What a task carries for its probes. Owner: whoever owns the task at the time. */
struct ps_stamp {
    uint64_t
        intended_ns;     /* when it should have arrived, CLOCK_MONOTONIC; 0: not known, not timed */
    uint64_t started_ns; /* 0: not timed, or not started */
    uint32_t id;         /* sequence number, for events and people */
    uint16_t type;       /* index into the segment's type names */
    uint16_t serves;     /* 1: a task that serves, at the moment no request; see ps_task_serves */
};

struct ps_probe {
    struct ps_segment *segment;
    struct ps_cell *cell;
    struct ps_type_cell *types;  /* row of this slot */
    struct ps_ring *ring;        /* NULL outside */
    _Atomic uint64_t *steal_row; /* NULL outside */
    unsigned slot;
    /* The owner's memory of what it published. */
    enum ps_state state;
    int type;
    uint64_t since_ns;    /* absolute */
    uint64_t begun_ns;    /* when the thread took the slot */
    uint64_t window_ns;   /* when the current sampling window began */
    uint32_t window_left; /* tasks until it ends */
    uint32_t sample_mask; /* 0: time every task; 63: one in 64 */
    enum ps_probes level;
};

/* Bind to a slot; slot == segment->slots is the outside probe. Any thread, before use. */
void ps_probe_bind(struct ps_probe *probe, struct ps_segment *segment, unsigned slot);

/* The calling thread is the worker from now on / no longer: publishes tid, IDLE / OFF. */
void ps_probe_thread_begin(struct ps_probe *probe);
void ps_probe_thread_end(struct ps_probe *probe);

/* The worker's state changes; closes the time of the old state. type: task type or -1. One clock
 * read; none if neither changes. */
void ps_probe_state(struct ps_probe *probe, enum ps_state state, int type);

/* A task was offered and accepted, or offered and refused in the end. Outside allowed. */
void ps_probe_submitted(struct ps_probe *probe, const struct ps_stamp *stamp);
void ps_probe_refused(struct ps_probe *probe, const struct ps_stamp *stamp);

/* A task starts: counts, stamps started_ns if it is to be timed, state RUN. Outside allowed. */
void ps_probe_start(struct ps_probe *probe, struct ps_stamp *stamp);

/* A task ends, on whichever worker: counts, latencies. The worker's state is left as it is: the
 * engine sets IDLE or SEEK when it finds no next task. Outside allowed. */
void ps_probe_end(struct ps_probe *probe, const struct ps_stamp *stamp, enum ps_outcome outcome);

/* A further attempt at a task of this type was made, or (denied) its retry budget did not pay for it.
 * By the feeder, beside ps_probe_submitted. */
void ps_probe_retry(struct ps_segment *segment, unsigned type, bool denied);

/* An accepted task ends without having started; ps_probe_end counts its end. Outside allowed. */
void ps_probe_unstarted(struct ps_probe *probe);

/* A stamp that serves is counted apart: submitted and end count servers_*, start shows the worker's
 * state, refused counts nothing. */

/* A job (see ps_job) was accepted; `count` jobs have ended. Inline and without a clock: a job may be
 * shorter than a clock read. Outside allowed. */
static inline void ps_probe_job_submitted(struct ps_probe *probe)
{
    _Atomic uint64_t *word = &probe->cell->jobs_submitted;
    if (probe->ring)
        atomic_store_explicit(word, atomic_load_explicit(word, memory_order_relaxed) + 1,
                              memory_order_relaxed);
    else
        atomic_fetch_add_explicit(word, 1, memory_order_relaxed);
}
static inline void ps_probe_jobs_ended(struct ps_probe *probe, uint64_t count)
{
    _Atomic uint64_t *word = &probe->cell->jobs_ended;
    /* release: as for `ended`. */
    if (probe->ring)
        atomic_store_explicit(word, atomic_load_explicit(word, memory_order_relaxed) + count,
                              memory_order_release);
    else
        atomic_fetch_add_explicit(word, count, memory_order_release);
}

/* A task begins to wait / goes on. Counts only: an engine whose worker waits with the task also
 * sets ps_probe_state. The two may be on different workers. Outside allowed. */
void ps_probe_wait_begin(struct ps_probe *probe, enum ps_state why);
void ps_probe_wait_end(struct ps_probe *probe, enum ps_state why);

/* One steal operation: tasks == 0 counts a try only. victim: its slot. */
void ps_probe_steal(struct ps_probe *probe, unsigned victim, unsigned tasks);

/* The worker's thread parked (call before), was woken (after), woke another. */
void ps_probe_park(struct ps_probe *probe);
void ps_probe_woken(struct ps_probe *probe);
void ps_probe_wake(struct ps_probe *probe);

/* Gauge of the probe's own queue (outside: the shared queue; one caller at a time, under its lock). A
 * thief calls it for its victim too, so that a stuck worker does not go on showing what has been
 * stolen: the last of two that come together stays until the next change. */
void ps_probe_depth(struct ps_probe *probe, uint64_t depth);
/* The same, and whatever the caller reads next is read after the gauge was shown to everybody. Who
 * reads the depth again and shows it again if it has changed leaves a true gauge, if all others do
 * so too: the last of them to show has looked afterwards. */
void ps_probe_depth_ordered(struct ps_probe *probe, uint64_t depth);

/* By the one thread that looks for hogs: a task keeps worker `slot` for ns so far; fresh: it was not
 * known to before. over: it did, for ns at least. */
void ps_probe_hog(struct ps_segment *segment, unsigned slot, bool fresh, uint64_t ns);
void ps_probe_hog_over(struct ps_segment *segment, unsigned slot, unsigned type, uint64_t ns,
                       uint64_t now_ns);

/* ---- programs ---- */

/* The task that the worker of this slot runs is at another step: ps_doing_word. */
static inline void ps_probe_doing(struct ps_segment *segment, unsigned slot, uint64_t word)
{
    atomic_store_explicit(&ps_segment_cell(segment, slot)->doing, word, memory_order_relaxed);
}

/* A task of a type begins to wait at a step / goes on. slot: of the worker whose thread calls; the
 * segment's slots: any other thread. */
void ps_probe_step_wait(struct ps_segment *segment, unsigned slot, unsigned type, unsigned step,
                        bool begins);

/* A lock of the programs was got (holder: ps_holder_word) / is about to be let go of: its holder. A
 * task begins to wait for it / waits no longer: any thread. */
void ps_probe_lock_taken(struct ps_segment *segment, unsigned lock, uint64_t holder);
void ps_probe_lock_free(struct ps_segment *segment, unsigned lock);
void ps_probe_lock_wait(struct ps_segment *segment, unsigned lock, bool begins);

/* A plain event. No effect outside. */
void ps_probe_event(struct ps_probe *probe, enum ps_event_kind kind, uint32_t argument);

#endif
