#include "kit.h"

#include <limits.h>
#include <unistd.h>

#include "engines/common/parker.h"

const struct kit_case kit_cases[] = {
    {"steal", 1}, {"steal", 2}, {"steal", 8}, {"steal", 64}, {"global", 1}, {"global", 4},
};
const unsigned kit_case_count = sizeof kit_cases / sizeof *kit_cases;

enum { SLOTS = 64 };

void kit_config(struct kit *kit, struct kit_case how)
{
    static const char *const types[] = {"plain", "other"};
    const struct ps_engine_ops *ops = ps_engine_find("green");
    assert_non_null(ops);
    assert_int_equal(ps_segment_create(SLOTS, 2, types, &kit->fd, &kit->segment), PS_OK);
    kit->engine = NULL;
    kit->config = (struct ps_engine_config){
        .policy = ps_policy_find(ops, how.policy),
        .workers = how.workers,
        .queue = 1 << 20,
        .on_full = PS_ON_FULL_BLOCK,
        .stealing = true,
        .seed = 5,
        .segment = kit->segment,
    };
    assert_non_null(kit->config.policy);
}

void kit_create(struct kit *kit)
{
    assert_int_equal(ps_engine_create(ps_engine_find("green"), &kit->config, &kit->engine), PS_OK);
}

void kit_open(struct kit *kit, struct kit_case how)
{
    kit_config(kit, how);
    kit_create(kit);
    assert_int_equal(ps_engine_start(kit->engine), PS_OK);
}

void kit_close(struct kit *kit, enum ps_close how)
{
    uint64_t submitted = 0, ended = 0;
    ps_engine_close(kit->engine, how);
    assert_int_equal(ps_engine_stop(kit->engine, ps_now_ns() + 60ull * PS_NS_PER_S), PS_OK);
    for (unsigned slot = 0; slot <= kit->segment->slots; slot++)
        submitted += atomic_load(&ps_segment_cell(kit->segment, slot)->submitted);
    for (unsigned i = 0; i < PS_OUTCOME_COUNT; i++)
        ended += kit_ended(kit, (enum ps_outcome)i);
    assert_true(submitted == ended);
    ps_engine_destroy(kit->engine);
    ps_segment_unmap(kit->segment);
    close(kit->fd);
}

uint64_t kit_ended(const struct kit *kit, enum ps_outcome outcome)
{
    uint64_t sum = 0;
    for (unsigned slot = 0; slot <= kit->segment->slots; slot++)
        sum += atomic_load(&ps_segment_cell(kit->segment, slot)->ended[outcome]);
    return sum;
}

uint64_t kit_started(const struct kit *kit)
{
    uint64_t sum = 0;
    for (unsigned slot = 0; slot <= kit->segment->slots; slot++)
        sum += atomic_load(&ps_segment_cell(kit->segment, slot)->started);
    return sum;
}

void kit_await(_Atomic uint32_t *word, uint32_t value)
{
    uint32_t now;
    while ((now = atomic_load(word)) < value)
        ps_futex_wait(word, now, PS_NEVER);
}

void kit_signal(_Atomic uint32_t *word)
{
    atomic_fetch_add(word, 1);
    ps_futex_wake(word, INT_MAX);
}

enum ps_err kit_sleep(struct ps_task *task, uint64_t ns)
{
    struct ps_wait wait = {
        .kind = PS_WAIT_UNTIL, .why = PS_STATE_SLEEP, .until_ns = ps_now_ns() + ns};
    return ps_wait(task, &wait);
}

enum ps_err kit_park(struct ps_task *task, uint64_t until_ns)
{
    struct ps_wait wait = {.kind = PS_WAIT_PARK, .why = PS_STATE_LOCK, .until_ns = until_ns};
    return ps_wait(task, &wait);
}

enum ps_err kit_wait(struct ps_task *task, enum ps_wait_kind kind, enum ps_state why)
{
    struct ps_wait wait = {.kind = kind, .why = why, .until_ns = PS_NEVER};
    return ps_wait(task, &wait);
}
