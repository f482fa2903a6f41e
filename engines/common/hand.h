/* What a worker has taken in advance from a locked queue, and how much it may take. Private to
 * engines/.
 *
 * Protocol. item[next .. end) are in the hand.
 *   its worker  1 next += 1 (CAS); 2 runs that one. Fills its hand under the lock, when it is empty
 *   others      under the same lock: 1 copy the oldest; 2 next += their number (CAS)
 * Items are written under the lock and only while the hand is empty, so who has read one and wins the
 * CAS has read what is there; the lock orders reading and writing, and the CAS says who has it.
 *
 * A batch is worth its while as long as tasks are short: it doubles while a task takes less than
 * PS_BRISK_NS, and is 1 otherwise. */
#ifndef PS_ENGINES_COMMON_HAND_H
#define PS_ENGINES_COMMON_HAND_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "engines/common/job_ring.h"

#define PS_HAND     64u
#define PS_BRISK_NS 500u

struct ps_hand {
    _Alignas(128) _Atomic uint64_t range; /* next | end << 32 */
    struct ps_job item[PS_HAND];
    /* The worker's own. */
    uint64_t took_ns; /* when it was filled; 0: judged already */
    unsigned took;    /* with how many; 0: not since the worker rested */
    unsigned batch;   /* how many it may take at once */
};

static inline unsigned ps_hand_next(uint64_t range)
{
    return (unsigned)(uint32_t)range;
}

static inline unsigned ps_hand_end(uint64_t range)
{
    return (unsigned)(range >> 32);
}

/* How many are in it. seq_cst, partner: a worker that looks before it sleeps. */
static inline unsigned ps_hand_size(struct ps_hand *hand)
{
    uint64_t range = atomic_load(&hand->range);
    return ps_hand_end(range) - ps_hand_next(range);
}

/* Its worker. false: empty. relaxed: see the protocol. */
static inline bool ps_hand_pop(struct ps_hand *hand, struct ps_job *job)
{
    uint64_t range = atomic_load_explicit(&hand->range, memory_order_relaxed);
    while (ps_hand_next(range) < ps_hand_end(range))
        if (atomic_compare_exchange_weak_explicit(&hand->range, &range, range + 1,
                                                  memory_order_relaxed, memory_order_relaxed)) {
            *job = hand->item[ps_hand_next(range)];
            return true;
        }
    return false;
}

void ps_hand_init(struct ps_hand *hand);
/* Its worker, under the lock: item[0 .. count) were written, count >= 1. The first is to be run at
 * once and the others are in the hand. */
struct ps_job ps_hand_fill(struct ps_hand *hand, unsigned count, uint64_t now_ns);
/* Under the lock: the oldest, all or half of them (rounded up); how many. */
unsigned ps_hand_take(struct ps_hand *hand, struct ps_job *into, bool all);

/* Its worker, when its hand is empty: how long its last ones took decides how many it takes next.
 * false: nothing to judge. */
bool ps_hand_judge(struct ps_hand *hand, uint64_t now_ns);
static inline bool ps_hand_brisk(const struct ps_hand *hand)
{
    return hand->batch > 1;
}

/* Let some time pass between two looks at a queue: what a busy producer gets ahead meanwhile. Spinning
 * is PS_LOOKS times that, 2 us. */
#define PS_LOOKS 4u
void ps_look_later(void);

#endif
