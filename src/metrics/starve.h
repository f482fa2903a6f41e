/* Starvation: a task that could run, beside a worker that sleeps. A judgement on a segment, looked at
 * about every 10 ms; who calls it decides what follows (engines/common/starve_watch.h).
 *
 * A queue is stuck as long as its gauge is above 0 and nothing that leaves a queue is counted for it:
 * its worker begins and resumes nothing, and nobody steals from it; of the shared queue, nobody
 * begins or resumes anything. A worker sleeps as long as its state word says IDLE and is the same
 * word, and the kernel says at every look that its thread is asleep: a thread that was woken and has
 * no CPU yet is runnable. The finding: a queue and a worker who may take from it, both so for
 * PS_STARVE_NS, and no other who may take from it searches or has been woken: he is on his way.
 *
 * What is not seen: work that no gauge counts (a job or a fork in a worker's own ring), and segments
 * with PS_PROBES_OFF, whose workers do not say what they do. */
#ifndef PS_METRICS_STARVE_H
#define PS_METRICS_STARVE_H

#include "metrics/segment.h"

#define PS_STARVE_NS UINT64_C(50000000)
/* Two looks that are further apart say nothing: the machine, or the looker, stood still. */
#define PS_STARVE_GAP_NS UINT64_C(30000000)

/* Whether the kernel has the thread asleep: neither runnable nor in the kernel's own hands. */
typedef bool ps_thread_asleep(void *context, uint64_t tid);

/* Owner: the looker. */
struct ps_starve {
    struct ps_segment *segment;
    bool steals; /* every worker may take from every worker's queue, else only its own */
    bool blind;  /* probes have been off: states may be old from then on */
    uint64_t looked_ns;
    struct {
        uint64_t passed, since_ns; /* since_ns 0: not stuck */
    } queue[PS_MAX_WORKERS + 1];
    struct {
        uint64_t word, since_ns; /* since_ns 0: not asleep */
        bool coming;
    } worker[PS_MAX_WORKERS];
};

struct ps_starved {
    unsigned queue;  /* slot; the segment's slots: the shared queue */
    unsigned worker; /* slot */
    uint64_t queue_ns, worker_ns;
};

void ps_starve_init(struct ps_starve *starve, struct ps_segment *segment, bool steals);

/* What was seen so far no longer counts: somebody changed what workers may do. */
void ps_starve_forget(struct ps_starve *starve);

/* true: there is a finding. It comes again at every look until something moves. now_ns:
 * CLOCK_MONOTONIC. */
bool ps_starve_look(struct ps_starve *starve, uint64_t now_ns, ps_thread_asleep *asleep,
                    void *context, struct ps_starved *starved);

#endif
