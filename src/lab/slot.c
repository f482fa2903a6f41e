#include "lab/slot.h"

#include <math.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "lab/others.h"
#include "metrics/window.h"

#define LOOK_NS  (100 * (uint64_t)PS_NS_PER_MS)
#define GRACE_NS (2 * (uint64_t)PS_NS_PER_S)

struct ps_slot {
    struct ps_slot_spec spec;
    struct ps_experiment experiment;
    struct ps_live *live; /* NULL: it has ended */
    enum ps_slot_state state;
    bool ended; /* the run is over; its descriptor says no more */
    uint64_t started_ns, due_ns;
    double others;
    struct ps_cpu_use use_from;
    struct ps_snapshot from, to, window;
};

static uint64_t warm_at(const struct ps_slot *slot)
{
    return slot->started_ns + slot->spec.warmup_ns;
}

static uint64_t end_at(const struct ps_slot *slot)
{
    return warm_at(slot) + slot->spec.length_ns;
}

enum ps_err ps_slot_start(const struct ps_slot_spec *spec, struct ps_slot **into, char *why,
                          size_t why_size)
{
    struct ps_slot *slot = calloc(1, sizeof *slot);
    if (!slot) {
        snprintf(why, why_size, "%s", ps_err_text(PS_ENOMEM));
        return PS_ENOMEM;
    }
    slot->spec = *spec;
    slot->experiment = *spec->experiment;
    slot->spec.experiment = &slot->experiment;
    slot->experiment.duration_ns = 0;
    enum ps_err err = ps_live_start(&slot->experiment, &slot->live, why, why_size);
    if (err != PS_OK) {
        free(slot);
        return err;
    }
    slot->others = NAN;
    slot->started_ns = slot->due_ns = ps_now_ns();
    *into = slot;
    return PS_OK;
}

/* The host reports its CPU time ten times a second, which is too coarse for a short window. */
static void read_cpu_clock(struct ps_slot *slot)
{
    clockid_t clock;
    struct timespec cpu;
    if (clock_getcpuclockid(ps_live_pid(slot->live), &clock) == 0 &&
        clock_gettime(clock, &cpu) == 0)
        slot->to.process.cpu_ns = (uint64_t)cpu.tv_sec * PS_NS_PER_S + (uint64_t)cpu.tv_nsec;
}

static void look(struct ps_slot *slot, bool exactly)
{
    struct ps_source *source = ps_live_source(slot->live);
    if (exactly)
        ps_live_want_latency(slot->live);
    source->ops->snapshot(source, &slot->to);
    if (exactly && slot->to.phase != PS_PHASE_ENDED)
        read_cpu_clock(slot);
}

static bool has_failed(const struct ps_snapshot *snapshot)
{
    return snapshot->end == PS_END_DEADLOCK || snapshot->end == PS_END_CRASH ||
           (snapshot->phase == PS_PHASE_ENDED && snapshot->end == PS_END_NOT);
}

/* For a window that was measured to its end. */
static void count_others(struct ps_slot *slot)
{
    struct ps_cpu_use use;
    ps_cpu_use_read(&use);
    slot->others = ps_cpu_use_others(&slot->use_from, &use,
                                     slot->to.process.cpu_ns - slot->from.process.cpu_ns);
}

static void finish(struct ps_slot *slot, enum ps_slot_state state)
{
    slot->state = state;
    ps_snapshot_window(&slot->window, &slot->from, &slot->to);
    ps_live_stop(slot->live, false, GRACE_NS);
    ps_live_free(slot->live);
    slot->live = NULL;
}

static uint64_t next_look(const struct ps_slot *slot, uint64_t now_ns)
{
    uint64_t edge = slot->state == PS_SLOT_WARMING ? warm_at(slot) : end_at(slot);
    return now_ns + LOOK_NS < edge ? now_ns + LOOK_NS : edge;
}

enum ps_slot_state ps_slot_advance(struct ps_slot *slot)
{
    if (!slot->live)
        return slot->state;
    uint64_t now_ns = ps_now_ns();
    bool warm = slot->state == PS_SLOT_WARMING && now_ns >= warm_at(slot);
    bool over = slot->state == PS_SLOT_MEASURING && now_ns >= end_at(slot);
    look(slot, warm || over);
    slot->ended = slot->to.phase == PS_PHASE_ENDED;
    if (has_failed(&slot->to)) {
        finish(slot, PS_SLOT_FAILED);
    } else if (slot->ended || over) {
        if (!slot->ended)
            count_others(slot);
        finish(slot, PS_SLOT_DONE);
    } else if (warm) {
        slot->state = PS_SLOT_MEASURING;
        ps_snapshot_copy(&slot->from, &slot->to);
        ps_cpu_use_read(&slot->use_from);
    }
    slot->due_ns = next_look(slot, now_ns);
    return slot->state;
}

uint64_t ps_slot_due_ns(const struct ps_slot *slot)
{
    return slot->due_ns;
}

uint64_t ps_slot_elapsed_ns(const struct ps_slot *slot)
{
    uint64_t now_ns = ps_now_ns(), end_ns = end_at(slot);
    if (!slot->live)
        return end_ns - slot->started_ns;
    return (now_ns < end_ns ? now_ns : end_ns) - slot->started_ns;
}

struct ps_live *ps_slot_live(struct ps_slot *slot)
{
    return slot->live;
}

const struct ps_snapshot *ps_slot_window(const struct ps_slot *slot)
{
    return &slot->window;
}

double ps_slot_others(const struct ps_slot *slot)
{
    return slot->others;
}

void ps_slot_free(struct ps_slot *slot)
{
    if (!slot)
        return;
    ps_live_free(slot->live);
    free(slot);
}
