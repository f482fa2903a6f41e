#include "client/overview.h"

#include <stdlib.h>

#include "base/clock.h"

#define CALM_NS \
    (2 * (uint64_t)PS_NS_PER_S) /* without a loss, before the next is a landmark again */
#define A_BATCH 16u             /* snapshots between two looks at the clock */

/* What is compared from one snapshot to the next. */
struct seen {
    uint64_t at_ns, done, lost, hogs;
    uint32_t phases, workers;
    bool stealing, paused, dead;
};

struct ps_overview {
    struct ps_recording *recording;
    uint64_t first_ns, last_ns;
    bool any, whole;
    struct seen before;
    uint64_t loss_ns; /* instant of the newest loss; 0: none yet */
    double done[PS_OVERVIEW_SLICES], seconds[PS_OVERVIEW_SLICES];
    struct ps_overview_slice slice[PS_OVERVIEW_SLICES];
};

struct ps_overview *ps_overview_new(struct ps_recording *recording)
{
    struct ps_overview *o = calloc(1, sizeof *o);
    if (!o) {
        ps_recording_close(recording);
        return NULL;
    }
    o->recording = recording;
    o->first_ns = ps_recording_info(recording)->first_ns;
    o->last_ns = ps_recording_info(recording)->last_ns;
    for (unsigned i = 0; i < PS_OVERVIEW_SLICES; i++)
        o->slice[i].done_per_s = -1;
    ps_recording_rewind(recording);
    return o;
}

void ps_overview_free(struct ps_overview *o)
{
    if (!o)
        return;
    ps_recording_close(o->recording);
    free(o);
}

/* ---- slices ---- */

static uint64_t begin_of(const struct ps_overview *o, unsigned slice)
{
    double share = (double)slice / PS_OVERVIEW_SLICES;
    return o->first_ns + (uint64_t)(share * (double)(o->last_ns - o->first_ns));
}

static unsigned slice_of(const struct ps_overview *o, uint64_t at_ns)
{
    if (at_ns <= o->first_ns || o->last_ns <= o->first_ns)
        return 0;
    double share = (double)(at_ns - o->first_ns) / (double)(o->last_ns - o->first_ns);
    unsigned slice = (unsigned)(share * PS_OVERVIEW_SLICES);
    return slice < PS_OVERVIEW_SLICES ? slice : PS_OVERVIEW_SLICES - 1;
}

uint64_t ps_overview_end(const struct ps_overview *o, unsigned slice)
{
    return begin_of(o, slice + 1);
}

/* What was done between two instants, evenly. */
static void spread(struct ps_overview *o, uint64_t from_ns, uint64_t to_ns, uint64_t done)
{
    double rate = (double)done / (double)(to_ns - from_ns);
    for (unsigned i = slice_of(o, from_ns); i <= slice_of(o, to_ns); i++) {
        uint64_t low = begin_of(o, i), high = begin_of(o, i + 1);
        low = low > from_ns ? low : from_ns;
        high = high < to_ns ? high : to_ns;
        if (high <= low)
            continue;
        o->done[i] += rate * (double)(high - low);
        o->seconds[i] += (double)(high - low) / PS_NS_PER_S;
        o->slice[i].done_per_s = (float)(o->done[i] / o->seconds[i]);
    }
}

/* ---- snapshots ---- */

static struct seen look(const struct ps_snapshot *s)
{
    struct seen seen = {.at_ns = s->at_ns,
                        .done = s->totals.ended[PS_COMPLETED],
                        .lost = s->totals.ended[PS_FAILED] + s->totals.ended[PS_TIMED_OUT] +
                                s->totals.ended[PS_REFUSED],
                        .phases = s->phases_begun,
                        .workers = s->workers,
                        .stealing = s->stealing,
                        .paused = s->phase == PS_PHASE_PAUSED,
                        .dead = s->end == PS_END_DEADLOCK || s->end == PS_END_CRASH};
    for (uint32_t w = 0; w < s->slots; w++)
        seen.hogs += s->worker[w].hogs;
    return seen;
}

static unsigned marks_of(struct ps_overview *o, const struct seen *now)
{
    const struct seen *before = &o->before;
    unsigned landmarks = 0;
    if (now->phases != before->phases)
        landmarks |= PS_LANDMARK_PHASE;
    if (now->workers != before->workers || now->stealing != before->stealing)
        landmarks |= PS_LANDMARK_WORKERS;
    if (now->paused != before->paused)
        landmarks |= PS_LANDMARK_PAUSE;
    if (now->hogs > before->hogs)
        landmarks |= PS_LANDMARK_HOG;
    if (now->dead && !before->dead)
        landmarks |= PS_LANDMARK_DEADLOCK;
    if (now->lost > before->lost) {
        if (!o->loss_ns || now->at_ns - o->loss_ns > CALM_NS)
            landmarks |= PS_LANDMARK_LOSS;
        o->loss_ns = now->at_ns;
    }
    return landmarks;
}

static void take(struct ps_overview *o, const struct ps_snapshot *snapshot)
{
    struct seen now = look(snapshot);
    if (o->any && now.at_ns > o->before.at_ns) {
        uint64_t done = now.done > o->before.done ? now.done - o->before.done : 0;
        spread(o, o->before.at_ns, now.at_ns, done);
        o->slice[slice_of(o, now.at_ns)].landmarks |= marks_of(o, &now);
    }
    o->any = true;
    o->before = now;
}

bool ps_overview_read(struct ps_overview *o, uint64_t budget_ns)
{
    uint64_t end_ns = ps_now_ns() + budget_ns;
    while (!o->whole) {
        for (unsigned i = 0; i < A_BATCH && !o->whole; i++) {
            ps_recording_pass_events(o->recording);
            enum ps_recorded next = ps_recording_next(o->recording);
            if (next == PS_RECORDED_SNAPSHOT)
                take(o, ps_recording_snapshot(o->recording));
            else if (next != PS_RECORDED_EVENTS)
                o->whole = true;
        }
        if (ps_now_ns() >= end_ns)
            break;
    }
    return !o->whole;
}

const struct ps_overview_slice *ps_overview_slices(const struct ps_overview *o)
{
    return o->slice;
}
