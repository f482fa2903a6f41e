#include "engines/common/hand.h"

#include "base/clock.h"

enum { LOOK_NS = 500, PAUSES = 8 };

void ps_hand_init(struct ps_hand *hand)
{
    atomic_init(&hand->range, 0);
    hand->took_ns = 0;
    hand->took = 0;
    hand->batch = 1;
}

struct ps_job ps_hand_fill(struct ps_hand *hand, unsigned count, uint64_t now_ns)
{
    struct ps_job first = hand->item[0];
    hand->took = count;
    hand->took_ns = now_ns;
    /* seq_cst, partner ps_hand_size. */
    if (count > 1)
        atomic_store(&hand->range, (uint64_t)count << 32 | 1);
    return first;
}

unsigned ps_hand_take(struct ps_hand *hand, struct ps_job *into, bool all)
{
    uint64_t range = atomic_load_explicit(&hand->range, memory_order_relaxed);
    unsigned count;
    do {
        count = ps_hand_end(range) - ps_hand_next(range);
        if (!all)
            count = (count + 1) / 2;
        for (unsigned i = 0; i < count; i++)
            into[i] = hand->item[ps_hand_next(range) + i];
    } while (count > 0 &&
             !atomic_compare_exchange_weak_explicit(&hand->range, &range, range + count,
                                                    memory_order_relaxed, memory_order_relaxed));
    return count;
}

bool ps_hand_judge(struct ps_hand *hand, uint64_t now_ns)
{
    if (hand->took_ns == 0)
        return false;
    bool brisk = now_ns - hand->took_ns < (uint64_t)hand->took * PS_BRISK_NS;
    hand->batch = !brisk ? 1 : 2 * hand->batch < PS_HAND ? 2 * hand->batch : PS_HAND;
    hand->took_ns = 0;
    return true;
}

void ps_look_later(void)
{
    uint64_t until_ns = ps_now_ns() + LOOK_NS;
    do
        for (unsigned i = 0; i < PAUSES; i++)
            ps_relax();
    while (ps_now_ns() < until_ns);
}
