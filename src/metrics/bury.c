#include "metrics/bury.h"

#include "base/clock.h"
#include "metrics/probe.h"

static uint64_t get(const _Atomic uint64_t *word)
{
    return atomic_load_explicit(word, memory_order_relaxed);
}

static void put(_Atomic uint64_t *word, uint64_t value)
{
    atomic_store_explicit(word, value, memory_order_relaxed);
}

static uint64_t ended_of(const _Atomic uint64_t ended[PS_OUTCOME_COUNT])
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < PS_OUTCOME_COUNT; i++)
        sum += get(&ended[i]);
    return sum;
}

/* What the type had, and has not counted as ended. */
static void end_type(struct ps_type_cell *cell, uint64_t given, bool held, enum ps_outcome outcome)
{
    uint64_t missing = get(&cell->submitted) + given - ended_of(cell->ended);
    if (missing > 0 && held) {
        put(&cell->ended[outcome], get(&cell->ended[outcome]) + 1);
        missing--;
    }
    put(&cell->ended[PS_FAILED], get(&cell->ended[PS_FAILED]) + missing);
    for (unsigned i = 0; i < PS_MAX_STEPS; i++)
        put(&cell->step_wait_end[i], get(&cell->step_wait_begin[i]));
}

static void sum_types(struct ps_segment *segment, unsigned slot, struct ps_cell *cell)
{
    uint64_t submitted = 0, ended[PS_OUTCOME_COUNT] = {0};
    for (unsigned t = 0; t < segment->types; t++) {
        struct ps_type_cell *type = ps_segment_type(segment, slot, t);
        submitted += get(&type->submitted);
        for (unsigned i = 0; i < PS_OUTCOME_COUNT; i++)
            ended[i] += get(&type->ended[i]);
    }
    put(&cell->submitted, submitted);
    for (unsigned i = 0; i < PS_OUTCOME_COUNT; i++)
        /* release, partner ps_engine_live: `submitted` first. */
        atomic_store_explicit(&cell->ended[i], ended[i], memory_order_release);
    uint64_t accepted = ended_of(cell->ended) - ended[PS_REFUSED];
    if (accepted > get(&cell->started))
        put(&cell->unstarted, accepted - get(&cell->started));
}

/* The state that it died in lasted until now. */
static void close_state(struct ps_cell *cell, uint64_t instant_ns)
{
    uint64_t word = get(&cell->now), since_ns = ps_state_since(word);
    _Atomic uint64_t *total = &cell->time_ns[ps_state_of(word)];
    if (instant_ns > since_ns)
        put(total, get(total) + instant_ns - since_ns);
    put(&cell->now, ps_state_word(PS_STATE_OFF, 0, instant_ns));
    for (unsigned i = 0; i < PS_STATE_COUNT; i++)
        put(&cell->wait_end[i], get(&cell->wait_begin[i]));
}

void ps_probe_bury(struct ps_segment *segment, unsigned slot, const struct ps_estate *estate)
{
    struct ps_cell *cell = ps_segment_cell(segment, slot);
    struct ps_probe probe;
    ps_probe_bind(&probe, segment, slot);
    ps_probe_event(&probe, PS_EVENT_DIED,
                   (uint32_t)(estate->type + 1) << 16 | (estate->status & 0xffff));
    for (unsigned t = 0; t < segment->types; t++)
        end_type(ps_segment_type(segment, slot, t), estate->given[t], (int)t == estate->type,
                 estate->outcome);
    close_state(cell, ps_now_ns() - segment->epoch_ns);
    put(&cell->queue_depth, 0);
    put(&cell->deaths, get(&cell->deaths) + 1);
    put(&cell->tid, 0);
    /* release, partner take_worker: who sees this no longer sees the process. */
    atomic_store_explicit(&cell->os_cpu_ns, get(&cell->os_cpu_ns) + estate->cpu_ns,
                          memory_order_release);
    sum_types(segment, slot, cell);
}
