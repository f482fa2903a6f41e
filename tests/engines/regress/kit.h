/* What the regression tests share: an engine of a policy with its segment, and the list of policies.
 * The tests count in atomics and give up, loudly, when nothing moves for PATIENCE_NS. */
#ifndef PS_TESTS_REGRESS_KIT_H
#define PS_TESTS_REGRESS_KIT_H

#include "support.h"

#include <stdatomic.h>

#include "base/clock.h"
#include "engines/engine.h"

#define PATIENCE_NS (100 * (uint64_t)PS_NS_PER_S)

struct kit {
    const struct ps_engine_ops *ops;
    const struct ps_policy *policy;
    struct ps_segment *segment;
    struct ps_engine *engine;
};

/* Started; queue 4096, PS_ON_FULL_BLOCK. */
void kit_open(struct kit *kit, const struct ps_engine_ops *ops, const struct ps_policy *policy,
              unsigned workers);
/* By name. */
void kit_open_named(struct kit *kit, const char *engine, const char *policy, unsigned workers);
/* close, stop, destroy; nothing is left. */
void kit_close(struct kit *kit, enum ps_close how);
/* The same in two parts. */
void kit_stop(struct kit *kit, enum ps_close how);
void kit_destroy(struct kit *kit);

/* Calls `test` for every policy of every engine. */
void kit_each(void (*test)(const struct ps_engine_ops *ops, const struct ps_policy *policy));

/* Until *word is at least `least`. From the test's thread. */
void kit_await(_Atomic uint32_t *word, uint32_t least);
/* From a body, which must not assert: gives up after PATIENCE_NS. */
bool kit_spin(_Atomic uint32_t *word, uint32_t least);

/* Sum of a counter over all cells. */
uint64_t kit_sum(const struct kit *kit, size_t offset);
#define KIT_SUM(kit, counter) kit_sum(kit, offsetof(struct ps_cell, counter))

#endif
