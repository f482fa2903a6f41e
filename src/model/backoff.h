/* How long to wait before an attempt is repeated, and how many repetitions a budget pays for. */
#ifndef PS_MODEL_BACKOFF_H
#define PS_MODEL_BACKOFF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/rng.h"

/* "10ms", "10ms x2", "10ms x2 max 1s jitter". Before attempt k (1: the first repetition) base =
 * first * factor^(k-1), at most max; with jitter a time is drawn evenly from 0 to base, so that
 * those who failed together do not come back together ("full jitter": M. Brooker, Exponential
 * Backoff And Jitter, AWS Architecture Blog, 2015). */
struct ps_backoff {
    uint64_t first_ns;
    double factor;   /* >= 1 */
    uint64_t max_ns; /* 0: no limit but an hour */
    bool jitter;
};

/* On failure `backoff` is unchanged. */
bool ps_backoff_parse(const char *text, struct ps_backoff *backoff);
void ps_backoff_format(char *into, size_t size, const struct ps_backoff *backoff);

/* The wait before attempt k >= 1. rng: only where there is jitter. */
uint64_t ps_backoff_draw(const struct ps_backoff *backoff, unsigned k, struct ps_rng *rng);

/* A retry budget: in a window of ten seconds no more repetitions than `ratio` of the successes in
 * it, and PS_BUDGET_RESERVE. So a service that fails altogether gets hardly more load than without
 * retries, while single failures are still repeated. After Finagle's RetryBudget and linkerd's
 * retryRatio (ttl 10 s, 20 %; their reserve is 10 a second). All zero but ratio: new. */
#define PS_BUDGET_SLOTS   10u
#define PS_BUDGET_SLOT_NS UINT64_C(1000000000)
#define PS_BUDGET_RESERVE 10u

struct ps_budget {
    double ratio; /* 0: no budget: everything is paid for */
    uint64_t now; /* number of the slot at hand */
    struct {
        uint64_t successes, retries;
    } slot[PS_BUDGET_SLOTS];
};

void ps_budget_earn(struct ps_budget *budget, uint64_t at_ns, uint64_t successes);
/* Whether one more repetition is paid for; it is then counted. */
bool ps_budget_spend(struct ps_budget *budget, uint64_t at_ns);

#endif
