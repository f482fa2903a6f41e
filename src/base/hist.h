/* A log-linear histogram of durations in nanoseconds, as HdrHistogram's: octaves of 64 equal
 * buckets. A value is known to 1/64 of itself, its bucket's middle to 0.8 %.
 *
 * Values 0..63 have a bucket each; a value in [2^k, 2^(k+1)), k >= 6, falls into one of 64 buckets
 * of width 2^(k-6). Values from 2^PS_HIST_TOP_BITS (73 min) on are counted in the last bucket;
 * max_ns stays exact.
 *
 * One writer; any reader may copy it meanwhile (every field is a relaxed atomic word) and sees
 * counts that are at most a few records apart. Histograms are merged by adding. Layout is shared
 * between processes: see the static assertions in hist.c. */
#ifndef PS_BASE_HIST_H
#define PS_BASE_HIST_H

#include <stdatomic.h>
#include <stdint.h>

#define PS_HIST_SUB_BITS 6u
#define PS_HIST_SUBS     (1u << PS_HIST_SUB_BITS)
#define PS_HIST_TOP_BITS 42u
#define PS_HIST_BUCKETS  ((PS_HIST_TOP_BITS - PS_HIST_SUB_BITS + 1u) * PS_HIST_SUBS)

/* As written by its owner. All zero bytes is the empty histogram. */
struct ps_hist {
    _Atomic uint64_t sum_ns;
    _Atomic uint64_t max_ns;
    _Atomic uint64_t seq;  /* records made: a reader skips a histogram whose seq has not moved */
    _Atomic uint32_t low;  /* UINT32_MAX - (lowest bucket in use); 0: none in use */
    _Atomic uint32_t high; /* highest bucket in use */
    _Atomic uint64_t bucket[PS_HIST_BUCKETS];
};

/* A reader's sum of histograms; plain memory, one owner. */
struct ps_hist_sum {
    uint64_t count, sum_ns, max_ns;
    uint64_t bucket[PS_HIST_BUCKETS];
};

static inline unsigned ps_hist_index(uint64_t ns)
{
    if (ns < PS_HIST_SUBS)
        return (unsigned)ns;
    unsigned top = 63u - (unsigned)__builtin_clzll(ns);
    if (top >= PS_HIST_TOP_BITS)
        return PS_HIST_BUCKETS - 1;
    unsigned shift = top - PS_HIST_SUB_BITS;
    return (shift << PS_HIST_SUB_BITS) + (unsigned)(ns >> shift);
}

/* Owner only. */
void ps_hist_record(struct ps_hist *hist, uint64_t ns);

/* The same for a histogram with several writers (atomic additions). All of its writers must use it.
 */
void ps_hist_record_shared(struct ps_hist *hist, uint64_t ns);

/* sum += hist. Any thread, while the owner records. */
void ps_hist_add(struct ps_hist_sum *sum, const struct ps_hist *hist);

/* into = a - b, bucket by bucket, where b is an earlier sum of the same histograms: what was
 * recorded in between. max_ns becomes the top of the highest bucket that grew (to 1/64). */
void ps_hist_diff(struct ps_hist_sum *into, const struct ps_hist_sum *a,
                  const struct ps_hist_sum *b);

/* The middle of the bucket that holds the value of rank ceil(q * count), q in [0, 1]; never above
 * max_ns; 0 for an empty sum. */
uint64_t ps_hist_quantile(const struct ps_hist_sum *sum, double q);

/* The lowest value of a bucket and the lowest of the next. */
uint64_t ps_hist_bucket_low(unsigned index);

/* A coarse picture: steps that begin at 1, 2, 5, 10, 20, 50 ... us; the first has all below, too. */
#define PS_HIST_STEPS 27u
uint64_t ps_hist_step_low(unsigned step);
/* into += the counts of `sum` by step. */
void ps_hist_steps(const struct ps_hist_sum *sum, uint64_t into[PS_HIST_STEPS]);

#endif
