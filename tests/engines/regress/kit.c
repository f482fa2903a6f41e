#include "kit.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>

enum { SLOTS = 16 };

void kit_open(struct kit *kit, const struct ps_engine_ops *ops, const struct ps_policy *policy,
              unsigned workers)
{
    static const char *const types[] = {"task"};
    size_t bytes = (ps_segment_bytes(SLOTS, 1) + 4095) / 4096 * 4096;
    *kit = (struct kit){.ops = ops, .policy = policy, .segment = aligned_alloc(4096, bytes)};
    assert_non_null(kit->segment);
    memset(kit->segment, 0, bytes);
    ps_segment_init(kit->segment, SLOTS, 1, types);
    struct ps_engine_config config = {.policy = policy,
                                      .workers = workers,
                                      .queue = 4096,
                                      .on_full = PS_ON_FULL_BLOCK,
                                      .stealing = true,
                                      .help = true,
                                      .seed = 1,
                                      .segment = kit->segment};
    assert_int_equal(ps_engine_create(ops, &config, &kit->engine), PS_OK);
    assert_int_equal(ps_engine_start(kit->engine), PS_OK);
}

void kit_open_named(struct kit *kit, const char *engine, const char *policy, unsigned workers)
{
    const struct ps_engine_ops *ops = ps_engine_find(engine);
    assert_non_null(ops);
    kit_open(kit, ops, ps_policy_find(ops, policy), workers);
}

void kit_stop(struct kit *kit, enum ps_close how)
{
    uint64_t begin_ns = ps_now_ns();
    ps_engine_close(kit->engine, how);
    assert_int_equal(ps_engine_stop(kit->engine, begin_ns + PATIENCE_NS), PS_OK);
    /* One that ends with its deadline has not heard of the end. */
    assert_true(ps_now_ns() - begin_ns < PATIENCE_NS / 2);
    assert_true(ps_engine_idle(kit->engine));
}

void kit_destroy(struct kit *kit)
{
    ps_engine_destroy(kit->engine);
    free(kit->segment);
}

void kit_close(struct kit *kit, enum ps_close how)
{
    kit_stop(kit, how);
    kit_destroy(kit);
}

void kit_each(void (*test)(const struct ps_engine_ops *ops, const struct ps_policy *policy))
{
    for (const struct ps_engine_ops *const *ops = ps_engines; *ops; ops++)
        for (const struct ps_policy *policy = (*ops)->policies; policy->name; policy++) {
            if (policy->traits & PS_TRAIT_PROCESSES)
                continue; /* bodies of these tests use the test's memory */
            print_message("             %s:%s\n", (*ops)->name, policy->name);
            test(*ops, policy);
        }
}

bool kit_spin(_Atomic uint32_t *word, uint32_t least)
{
    uint64_t until_ns = ps_now_ns() + PATIENCE_NS;
    while (atomic_load(word) < least) {
        if (ps_now_ns() > until_ns)
            return false;
        sched_yield();
    }
    return true;
}

void kit_await(_Atomic uint32_t *word, uint32_t least)
{
    assert_true(kit_spin(word, least));
}

uint64_t kit_sum(const struct kit *kit, size_t offset)
{
    uint64_t sum = 0;
    for (unsigned slot = 0; slot <= SLOTS; slot++) {
        char *cell = (char *)ps_segment_cell(kit->segment, slot);
        sum += atomic_load((_Atomic uint64_t *)(void *)(cell + offset));
    }
    return sum;
}
