/* Protocol: that of snapshot.c. */
#include "metrics/snapshot_parts.h"

#include <string.h>

static inline uint64_t get(const _Atomic uint64_t *word)
{
    return atomic_load_explicit(word, memory_order_relaxed);
}

void ps_take_doing(struct ps_worker_view *into, uint64_t word)
{
    int type = (int)(word >> 24 & 0xff) - 1;
    uint32_t step = word >> 16 & 0xff;
    bool known = type >= 0 && type == into->type && step <= PS_MAX_STEPS;
    into->step = known ? step : 0;
    into->task = known ? (uint32_t)(word >> 32) : 0;
    into->children = known ? word & 0xffff : 0;
}

void ps_take_holder(struct ps_holder_view *into, uint64_t word, bool same, uint64_t at_ns)
{
    bool was_held = into->held;
    into->held = word != 0;
    into->worker = (int)(word & 0xffff) - 1;
    into->type = (int)(word >> 16 & 0xff) - 1;
    into->task = (uint32_t)(word >> 32);
    if (!same || !was_held || !into->held)
        into->since_ns = at_ns;
}

void ps_take_locks(struct ps_snapshot *into, const struct ps_segment *segment)
{
    /* acquire, partner name_locks in src/host/host.c. */
    uint32_t count = atomic_load_explicit(&segment->locks, memory_order_acquire);
    into->locks = count < PS_MAX_LOCKS ? count : PS_MAX_LOCKS;
    for (uint32_t i = 0; i < into->locks; i++) {
        const struct ps_lock_mark *mark = &segment->lock[i];
        struct ps_lock_view *view = &into->lock[i];
        uint64_t ended = get(&mark->wait_end), begun = get(&mark->wait_begin);
        uint64_t taken = get(&mark->taken);
        memcpy(view->name, mark->name, sizeof view->name);
        view->name[PS_NAME_BYTES - 1] = '\0';
        view->waiting = begun > ended ? begun - ended : 0;
        ps_take_holder(&view->holder, get(&mark->holder), taken == view->taken, into->at_ns);
        view->taken = taken;
    }
}

void ps_take_step_waits(struct ps_type_view *view, struct ps_segment *segment, unsigned type,
                        unsigned slots)
{
    uint64_t ended[PS_MAX_STEPS] = {0}, begun[PS_MAX_STEPS] = {0};
    for (unsigned slot = 0; slot <= segment->slots; slot++) {
        const struct ps_type_cell *cell = ps_segment_type(segment, slot, type);
        for (unsigned step = 0; (slot < slots || slot == segment->slots) && step < PS_MAX_STEPS;
             step++)
            ended[step] += get(&cell->step_wait_end[step]);
    }
    for (unsigned slot = 0; slot <= segment->slots; slot++) {
        const struct ps_type_cell *cell = ps_segment_type(segment, slot, type);
        for (unsigned step = 0; (slot < slots || slot == segment->slots) && step < PS_MAX_STEPS;
             step++)
            begun[step] += get(&cell->step_wait_begin[step]);
    }
    for (unsigned step = 0; step < PS_MAX_STEPS; step++)
        view->waiting_at[step] = begun[step] > ended[step] ? begun[step] - ended[step] : 0;
}
