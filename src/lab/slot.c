#include "lab/slot.h"

#include <math.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/cpu_use.h"
#include "metrics/window.h"

#define LOOK_NS  (100 * (uint64_t)PS_NS_PER_MS)
#define POLL_NS  (2 * (uint64_t)PS_NS_PER_MS) /* while a host starts or ends */
#define GRACE_NS (2 * (uint64_t)PS_NS_PER_S)

struct ps_slot {
    struct ps_slot_spec spec;
    struct ps_experiment experiment;
    struct ps_live *live; /* NULL: it has ended */
    enum ps_slot_state state;
    enum ps_slot_state outcome; /* ENDING: DONE or FAILED */
    bool looked;
    uint64_t started_ns, due_ns, kill_ns;
    enum ps_err err;
    char why[512];
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
    enum ps_err err = ps_live_begin(&slot->experiment, &slot->live, why, why_size);
    if (err != PS_OK) {
        free(slot);
        return err;
    }
    slot->others = NAN;
    slot->started_ns = slot->due_ns = ps_now_ns();
    *into = slot;
    return PS_OK;
}

static uint64_t cpu_clock_ns(pid_t pid)
{
    clockid_t clock;
    struct timespec cpu;
    if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &cpu) != 0)
        return 0;
    return (uint64_t)cpu.tv_sec * PS_NS_PER_S + (uint64_t)cpu.tv_nsec;
}

/* The host reports its CPU time ten times a second, which is too coarse for a short window. What is
 * read here lacks only worker processes that are gone: those are in its report. */
static void read_cpu_clocks(struct ps_slot *slot)
{
    struct ps_snapshot *to = &slot->to;
    uint64_t cpu_ns = cpu_clock_ns(ps_live_pid(slot->live));
    for (unsigned w = 0; w < to->slots && (to->traits & PS_TRAIT_PROCESSES); w++)
        if (to->worker[w].tid != 0)
            cpu_ns += cpu_clock_ns((pid_t)to->worker[w].tid);
    if (cpu_ns > to->process.cpu_ns)
        to->process.cpu_ns = cpu_ns;
}

static void look(struct ps_slot *slot, bool exactly)
{
    struct ps_source *source = ps_live_source(slot->live);
    if (exactly)
        ps_live_want_latency(slot->live);
    source->ops->snapshot(source, &slot->to);
    slot->looked = true;
    if (exactly && slot->to.phase != PS_PHASE_ENDED)
        read_cpu_clocks(slot);
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

static void end(struct ps_slot *slot, enum ps_slot_state outcome)
{
    slot->state = outcome;
    ps_live_free(slot->live);
    slot->live = NULL;
}

static void finish(struct ps_slot *slot, enum ps_slot_state outcome)
{
    slot->state = PS_SLOT_ENDING;
    slot->outcome = outcome;
    slot->kill_ns = ps_now_ns() + GRACE_NS;
    ps_snapshot_window(&slot->window, &slot->from, &slot->to);
    ps_live_ask_end(slot->live);
}

static void await_start(struct ps_slot *slot)
{
    bool begun;
    slot->err = ps_live_begun(slot->live, &begun, slot->why, sizeof slot->why);
    if (begun) {
        slot->state = PS_SLOT_WARMING;
        slot->started_ns = ps_now_ns();
    } else if (slot->err != PS_OK) {
        end(slot, PS_SLOT_REFUSED);
    }
}

static void await_end(struct ps_slot *slot)
{
    if (ps_live_running(slot->live)) {
        if (ps_now_ns() >= slot->kill_ns)
            ps_live_kill(slot->live);
        return;
    }
    end(slot, slot->outcome);
}

static void watch(struct ps_slot *slot)
{
    uint64_t now_ns = ps_now_ns();
    bool warm = slot->state == PS_SLOT_WARMING && now_ns >= warm_at(slot);
    bool over = slot->state == PS_SLOT_MEASURING && now_ns >= end_at(slot);
    look(slot, warm || over);
    bool ended = slot->to.phase == PS_PHASE_ENDED;
    if (has_failed(&slot->to)) {
        finish(slot, PS_SLOT_FAILED);
    } else if (ended || over) {
        if (!ended)
            count_others(slot);
        finish(slot, PS_SLOT_DONE);
    } else if (warm) {
        slot->state = PS_SLOT_MEASURING;
        ps_snapshot_copy(&slot->from, &slot->to);
        ps_cpu_use_read(&slot->use_from);
    }
}

static uint64_t next_look(const struct ps_slot *slot)
{
    uint64_t now_ns = ps_now_ns();
    if (slot->state == PS_SLOT_STARTING || slot->state == PS_SLOT_ENDING)
        return now_ns + POLL_NS;
    uint64_t edge = slot->state == PS_SLOT_WARMING ? warm_at(slot) : end_at(slot);
    return now_ns + LOOK_NS < edge ? now_ns + LOOK_NS : edge;
}

enum ps_slot_state ps_slot_advance(struct ps_slot *slot)
{
    if (!slot->live)
        return slot->state;
    if (slot->state == PS_SLOT_STARTING)
        await_start(slot);
    else if (slot->state == PS_SLOT_ENDING)
        await_end(slot);
    else
        watch(slot);
    slot->due_ns = next_look(slot);
    return slot->state;
}

enum ps_slot_state ps_slot_state(const struct ps_slot *slot)
{
    return slot->state;
}

const char *ps_slot_why(const struct ps_slot *slot, enum ps_err *err)
{
    *err = slot->err;
    return slot->why;
}

uint64_t ps_slot_due_ns(const struct ps_slot *slot)
{
    return slot->due_ns;
}

uint64_t ps_slot_elapsed_ns(const struct ps_slot *slot)
{
    uint64_t now_ns = ps_now_ns(), end_ns = end_at(slot);
    if (slot->state == PS_SLOT_STARTING)
        return 0;
    if (slot->state >= PS_SLOT_ENDING)
        return end_ns - slot->started_ns;
    return (now_ns < end_ns ? now_ns : end_ns) - slot->started_ns;
}

struct ps_live *ps_slot_live(struct ps_slot *slot)
{
    return slot->live;
}

const struct ps_snapshot *ps_slot_latest(const struct ps_slot *slot)
{
    return slot->looked ? &slot->to : NULL;
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
    if (slot->live)
        ps_live_kill(slot->live); /* nobody asks for its end, and a screen must not wait for it */
    ps_live_free(slot->live);
    free(slot);
}
