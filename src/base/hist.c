/* Protocol: single writer, relaxed loads and stores throughout (several writers: relaxed RMWs).
 * Partner: ps_hist_add, which may run in another process; it needs no order between the words
 * because every word is a total that only grows, and a percentile over counts a few records apart
 * is still one of this distribution. */
#include "base/hist.h"

#include <math.h>
#include <string.h>

_Static_assert(sizeof(struct ps_hist) == 32 + 8 * PS_HIST_BUCKETS, "shared layout");
_Static_assert(sizeof(_Atomic uint64_t) == 8, "atomic words are plain words in the segment");

static inline uint64_t get(const _Atomic uint64_t *word)
{
    return atomic_load_explicit(word, memory_order_relaxed);
}

static inline void put(_Atomic uint64_t *word, uint64_t value)
{
    atomic_store_explicit(word, value, memory_order_relaxed);
}

void ps_hist_record(struct ps_hist *hist, uint64_t ns)
{
    unsigned index = ps_hist_index(ns);
    if (index > atomic_load_explicit(&hist->high, memory_order_relaxed))
        atomic_store_explicit(&hist->high, index, memory_order_relaxed);
    uint32_t low = UINT32_MAX - index;
    if (low > atomic_load_explicit(&hist->low, memory_order_relaxed))
        atomic_store_explicit(&hist->low, low, memory_order_relaxed);
    put(&hist->bucket[index], get(&hist->bucket[index]) + 1);
    put(&hist->sum_ns, get(&hist->sum_ns) + ns);
    if (ns > get(&hist->max_ns))
        put(&hist->max_ns, ns);
    put(&hist->seq, get(&hist->seq) + 1);
}

static void raise32(_Atomic uint32_t *word, uint32_t value)
{
    uint32_t old = atomic_load_explicit(word, memory_order_relaxed);
    while (old < value && !atomic_compare_exchange_weak_explicit(
                              word, &old, value, memory_order_relaxed, memory_order_relaxed))
        ;
}

void ps_hist_record_shared(struct ps_hist *hist, uint64_t ns)
{
    unsigned index = ps_hist_index(ns);
    raise32(&hist->high, index);
    raise32(&hist->low, UINT32_MAX - index);
    atomic_fetch_add_explicit(&hist->bucket[index], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&hist->sum_ns, ns, memory_order_relaxed);
    uint64_t old = get(&hist->max_ns);
    while (old < ns && !atomic_compare_exchange_weak_explicit(
                           &hist->max_ns, &old, ns, memory_order_relaxed, memory_order_relaxed))
        ;
    atomic_fetch_add_explicit(&hist->seq, 1, memory_order_relaxed);
}

void ps_hist_add(struct ps_hist_sum *sum, const struct ps_hist *hist)
{
    uint32_t low = atomic_load_explicit(&hist->low, memory_order_relaxed);
    if (low == 0)
        return;
    unsigned first = UINT32_MAX - low;
    unsigned last = atomic_load_explicit(&hist->high, memory_order_relaxed);
    if (last >= PS_HIST_BUCKETS)
        return;
    for (unsigned i = first; i <= last; i++) {
        uint64_t n = get(&hist->bucket[i]);
        sum->bucket[i] += n;
        sum->count += n;
    }
    sum->sum_ns += get(&hist->sum_ns);
    uint64_t max = get(&hist->max_ns);
    if (max > sum->max_ns)
        sum->max_ns = max;
}

void ps_hist_diff(struct ps_hist_sum *into, const struct ps_hist_sum *a,
                  const struct ps_hist_sum *b)
{
    unsigned top = 0;
    into->count = 0;
    for (unsigned i = 0; i < PS_HIST_BUCKETS; i++) {
        uint64_t n = a->bucket[i] >= b->bucket[i] ? a->bucket[i] - b->bucket[i] : 0;
        into->bucket[i] = n;
        into->count += n;
        if (n)
            top = i;
    }
    into->sum_ns = a->sum_ns >= b->sum_ns ? a->sum_ns - b->sum_ns : 0;
    uint64_t edge = into->count ? ps_hist_bucket_low(top + 1) - 1 : 0;
    into->max_ns = a->max_ns > b->max_ns || edge > a->max_ns ? a->max_ns : edge;
    if (!into->count)
        into->max_ns = 0;
}

uint64_t ps_hist_bucket_low(unsigned index)
{
    if (index < 2 * PS_HIST_SUBS)
        return index;
    unsigned shift = (index >> PS_HIST_SUB_BITS) - 1;
    return (uint64_t)((index & (PS_HIST_SUBS - 1)) + PS_HIST_SUBS) << shift;
}

uint64_t ps_hist_quantile(const struct ps_hist_sum *sum, double q)
{
    if (sum->count == 0)
        return 0;
    uint64_t rank = (uint64_t)ceil(q * (double)sum->count);
    if (rank < 1)
        rank = 1;
    if (rank >= sum->count && q >= 1.0)
        return sum->max_ns;
    uint64_t seen = 0;
    for (unsigned i = 0; i < PS_HIST_BUCKETS; i++) {
        seen += sum->bucket[i];
        if (seen >= rank) {
            uint64_t low = ps_hist_bucket_low(i);
            uint64_t middle = low + (ps_hist_bucket_low(i + 1) - low) / 2;
            return middle < sum->max_ns ? middle : sum->max_ns;
        }
    }
    return sum->max_ns;
}

uint64_t ps_hist_step_low(unsigned step)
{
    static const uint64_t digits[3] = {1, 2, 5};
    uint64_t ns = digits[step % 3] * 1000;
    for (unsigned i = 0; i < step / 3; i++)
        ns *= 10;
    return ns;
}

void ps_hist_steps(const struct ps_hist_sum *sum, uint64_t into[PS_HIST_STEPS])
{
    unsigned step = 0;
    for (unsigned i = 0; i < PS_HIST_BUCKETS; i++) {
        if (sum->bucket[i] == 0)
            continue;
        while (step + 1 < PS_HIST_STEPS && ps_hist_bucket_low(i) >= ps_hist_step_low(step + 1))
            step++;
        into[step] += sum->bucket[i];
    }
}
