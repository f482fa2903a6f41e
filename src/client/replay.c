#include "client/replay.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

#define EVENTS_KEPT    16384u               /* of the frames that nobody asked events for */
#define EVENTS_LEAD_NS UINT64_C(1000000000) /* of a leap in time; those before are not read */
#define SLOWEST        (1.0 / 64)
#define FASTEST        64.0

struct ps_replay {
    struct ps_source source; /* first: the ops get it */
    struct ps_recording *recording;
    uint64_t (*now_ns)(void);
    uint64_t at_ns;     /* time of the recording ... */
    uint64_t anchor_ns; /* ... at this time of the clock, unless paused */
    double speed;
    bool paused, at_end, damaged;
    uint64_t seq;
    struct ps_snapshot *newest;
    struct ps_event *event; /* a ring: the next to be given out is number `given` */
    uint64_t events, given, lost;
};

static const struct ps_source_ops replay_ops;

/* ---- going through the recording ---- */

static void keep_events(struct ps_replay *r)
{
    size_t count;
    uint64_t lost;
    const struct ps_event *event = ps_recording_events(r->recording, &count, &lost);
    r->lost += lost;
    for (size_t i = 0; i < count; i++)
        r->event[r->events++ % EVENTS_KEPT] = event[i];
    if (r->events - r->given > EVENTS_KEPT) {
        r->lost += r->events - r->given - EVENTS_KEPT;
        r->given = r->events - EVENTS_KEPT;
    }
}

static void drop_events(struct ps_replay *r)
{
    r->events = r->given = r->lost = 0;
}

static void show(struct ps_replay *r)
{
    memset(r->newest, 0, offsetof(struct ps_snapshot, worker));
    ps_snapshot_copy(r->newest, ps_recording_snapshot(r->recording));
    r->newest->seq = ++r->seq;
}

/* The next snapshot with the events before it, if there is one at or before until_ns. */
static bool advance(struct ps_replay *r, uint64_t until_ns)
{
    for (;;) {
        uint64_t next_ns = 0;
        enum ps_recorded next = ps_recording_peek(r->recording, &next_ns);
        if (next == PS_RECORDED_SNAPSHOT && next_ns > until_ns)
            return false;
        if (next < PS_RECORDED_END)
            next = ps_recording_next(r->recording);
        if (next >= PS_RECORDED_END) {
            r->at_end = true;
            r->damaged = next == PS_RECORDED_DAMAGED;
            return false;
        }
        if (next == PS_RECORDED_SNAPSHOT)
            return true;
        keep_events(r);
    }
}

/* The same where there may be a long way to go: reading all its events takes too long for a frame. */
static bool skim(struct ps_replay *r, uint64_t until_ns)
{
    uint64_t at_ns = ps_recording_snapshot(r->recording)->at_ns;
    if (until_ns > EVENTS_LEAD_NS && at_ns < until_ns - EVENTS_LEAD_NS)
        ps_recording_pass_events(r->recording);
    return advance(r, until_ns);
}

static uint64_t play_time(const struct ps_replay *r)
{
    if (r->paused)
        return r->at_ns;
    double played = (double)(r->now_ns() - r->anchor_ns) * r->speed;
    return r->at_ns + (uint64_t)played;
}

static void set_time(struct ps_replay *r, uint64_t at_ns)
{
    r->at_ns = at_ns;
    r->anchor_ns = r->now_ns();
}

/* ---- the source ---- */

static enum ps_err replay_snapshot(struct ps_source *source, struct ps_snapshot *into)
{
    struct ps_replay *r = (struct ps_replay *)source;
    bool any = false;
    uint64_t until_ns = play_time(r);
    while (!r->paused && !r->at_end && skim(r, until_ns))
        any = true;
    if (any)
        show(r);
    ps_snapshot_copy(into, r->newest);
    return PS_OK;
}

static size_t replay_events(struct ps_source *source, struct ps_event *into, size_t max,
                            uint64_t *lost)
{
    struct ps_replay *r = (struct ps_replay *)source;
    size_t n = 0;
    *lost += r->lost;
    r->lost = 0;
    while (n < max && r->given < r->events)
        into[n++] = r->event[r->given++ % EVENTS_KEPT];
    return n;
}

static enum ps_err replay_control(struct ps_source *source, const char *line, char *answer,
                                  size_t size)
{
    (void)source;
    (void)line;
    snprintf(answer, size, "this is a recording");
    return PS_ENOTSUP;
}

static const struct ps_source_ops replay_ops = {
    .snapshot = replay_snapshot,
    .events = replay_events,
    .control = replay_control,
};

/* ---- begin and end ---- */

struct ps_replay *ps_replay_new(struct ps_recording *recording)
{
    struct ps_replay *r = calloc(1, sizeof *r);
    if (!r)
        return NULL;
    r->source.ops = &replay_ops;
    r->recording = recording;
    r->now_ns = ps_now_ns;
    r->speed = 1;
    r->newest = calloc(1, sizeof *r->newest);
    r->event = calloc(EVENTS_KEPT, sizeof *r->event);
    if (!r->newest || !r->event) {
        ps_replay_free(r);
        return NULL;
    }
    ps_replay_seek(r, 0, NULL, NULL);
    return r;
}

void ps_replay_free(struct ps_replay *r)
{
    if (!r)
        return;
    free(r->newest);
    free(r->event);
    free(r);
}

struct ps_source *ps_replay_source(struct ps_replay *r)
{
    return &r->source;
}

void ps_replay_clock(struct ps_replay *r, uint64_t (*now_ns)(void))
{
    r->now_ns = now_ns ? now_ns : ps_now_ns;
    set_time(r, r->at_ns);
}

/* ---- control ---- */

bool ps_replay_running(const struct ps_replay *r)
{
    return !r->at_end;
}

struct ps_replay_state ps_replay_state(const struct ps_replay *r)
{
    const struct ps_recording_info *info = ps_recording_info(r->recording);
    uint64_t at_ns = play_time(r);
    return (struct ps_replay_state){.at_ns = at_ns < info->last_ns ? at_ns : info->last_ns,
                                    .first_ns = info->first_ns,
                                    .last_ns = info->last_ns,
                                    .speed = r->speed,
                                    .paused = r->paused,
                                    .cut = !info->whole || r->damaged,
                                    .at_end = r->at_end};
}

void ps_replay_pause(struct ps_replay *r, bool paused)
{
    set_time(r, play_time(r));
    r->paused = paused;
}

void ps_replay_speed(struct ps_replay *r, double speed)
{
    set_time(r, play_time(r));
    r->speed = speed > FASTEST ? FASTEST : speed > SLOWEST ? speed : SLOWEST;
}

void ps_replay_step(struct ps_replay *r, int snapshots)
{
    ps_replay_pause(r, true);
    uint64_t before_ns = r->newest->at_ns;
    for (; snapshots < 0 && before_ns > ps_recording_info(r->recording)->first_ns; snapshots++) {
        ps_replay_seek(r, before_ns - 1, NULL, NULL);
        before_ns = r->newest->at_ns;
    }
    bool any = false;
    for (; snapshots > 0 && advance(r, PS_NEVER); snapshots--)
        any = true;
    if (any)
        show(r);
    set_time(r, r->newest->at_ns);
}

void ps_replay_seek(struct ps_replay *r, uint64_t at_ns, ps_replay_visit visit, void *user)
{
    uint64_t from_ns = at_ns > PS_REPLAY_LEAD_NS ? at_ns - PS_REPLAY_LEAD_NS : 0;
    r->at_end = r->damaged = false;
    if (ps_recording_seek(r->recording, visit ? from_ns : at_ns) != PS_RECORDED_SNAPSHOT) {
        r->at_end = true;
        return;
    }
    drop_events(r);
    do {
        show(r);
        if (visit)
            visit(user, r->newest);
    } while (visit && skim(r, at_ns));
    r->lost = 0; /* nobody asked for those */
    uint64_t first_ns = r->newest->at_ns;
    set_time(r, at_ns > first_ns ? at_ns : first_ns);
}
