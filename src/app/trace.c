/* Order: every event before snapshot n has been drained by snapshot n + 1 (session.c drains before it
 * looks), so events are kept until the next snapshot but one and written in the order of time. An
 * event that was drained later still (the recorder's allowance was used up) is written at its
 * track's last instant. */
#include "app/trace.h"

#include <stdlib.h>

#include "app/event_order.h"

#define DEPTH_MAX 64u
#define LANES_MAX 4096u        /* of a worker */
#define TASKS     (1u << 20)   /* 16 types, 16 bits of the id */
#define TASK_MASK (TASKS - 1u) /* of an event's argument */

enum { TRACK_PROCESS = 1, TRACK_QUEUED, TRACK_IN_FLIGHT, TRACK_SHARED, TRACK_LOST, TRACK_HOGS };
static const char QUEUED[] = "queued tasks", IN_FLIGHT[] = "tasks in flight",
                  SHARED[] = "shared queue";
#define TRACK_WORKER(slot)     (1000u + (slot))
#define TRACK_STEALS(slot)     (2000u + (slot))
#define TRACK_DEPTH(slot)      (3000u + (slot))
#define TRACK_LANE(slot, lane) (1000000u + (uint64_t)(slot)*LANES_MAX + (lane))

/* An open slice of a worker's track. */
#define PARKED UINT32_MAX
struct frame {
    uint32_t task; /* or PARKED */
};

struct lane_state {
    uint64_t free_at_ns;
    bool busy;
};

struct worker_state {
    bool known; /* its tracks have been described */
    bool steals_known, depth_known;
    unsigned depth;
    struct frame frame[DEPTH_MAX];
    uint64_t last_ns; /* on its track */
    struct lane_state *lane;
    unsigned lanes, room;
    uint64_t queue_depth;
};

/* Of a task that is open in a lane. */
struct task_state {
    uint16_t slot;
    uint16_t lane_plus_1; /* 0: it is not open */
};

struct trace {
    const struct ps_trace_writer *writer;
    FILE *to;
    struct ps_trace_totals *totals;
    bool parks_tasks;
    struct ps_snapshot names; /* of types */
    struct worker_state worker[PS_MAX_WORKERS];
    struct task_state *task;
    bool lost_known, hogs_known;
    uint64_t steals_ns, lost_ns, hogs_ns; /* last instants of tracks */
    uint64_t newest_ns;
    struct ps_event_order pending;
    bool failed;
};

/* ---- items ---- */

static void put(struct trace *t, struct ps_trace_item item)
{
    t->writer->item(t->to, &item);
    if (item.at_ns > t->newest_ns)
        t->newest_ns = item.at_ns;
}

static void describe(struct trace *t, enum ps_trace_kind kind, uint64_t track, uint64_t parent,
                     const char *name)
{
    put(t, (struct ps_trace_item){.kind = kind, .track = track, .parent = parent, .name = name});
}

static uint64_t at_least(uint64_t *last_ns, uint64_t at_ns)
{
    if (at_ns > *last_ns)
        *last_ns = at_ns;
    return *last_ns;
}

static struct worker_state *worker(struct trace *t, unsigned slot)
{
    struct worker_state *w = &t->worker[slot];
    char name[32];
    if (!w->known) {
        snprintf(name, sizeof name, "W%u", slot);
        describe(t, PS_TRACE_THREAD, TRACK_WORKER(slot), TRACK_PROCESS, name);
        w->known = true;
    }
    return w;
}

static const char *type_name(const struct trace *t, uint32_t task)
{
    uint32_t type = task >> 16;
    return type < t->names.types && t->names.type[type].name[0] ? t->names.type[type].name : "task";
}

static void begin_slice(struct trace *t, uint64_t track, uint64_t at_ns, const char *category,
                        const char *name, const char *key, uint64_t value)
{
    put(t, (struct ps_trace_item){.kind = PS_TRACE_BEGIN,
                                  .track = track,
                                  .at_ns = at_ns,
                                  .category = category,
                                  .name = name,
                                  .key = key,
                                  .value = value});
}

static void end_slice(struct trace *t, uint64_t track, uint64_t at_ns)
{
    put(t, (struct ps_trace_item){.kind = PS_TRACE_END, .track = track, .at_ns = at_ns});
}

/* ---- slices of a worker's track ---- */

static void push(struct trace *t, unsigned slot, uint32_t task, uint64_t at_ns)
{
    struct worker_state *w = worker(t, slot);
    if (w->depth == DEPTH_MAX)
        return;
    at_ns = at_least(&w->last_ns, at_ns);
    w->frame[w->depth++].task = task;
    if (task == PARKED)
        begin_slice(t, TRACK_WORKER(slot), at_ns, "park", "parked", NULL, 0);
    else
        begin_slice(t, TRACK_WORKER(slot), at_ns, "task", type_name(t, task), "id", task & 0xffff);
}

static void pop(struct trace *t, unsigned slot, uint64_t at_ns)
{
    struct worker_state *w = worker(t, slot);
    w->depth--;
    end_slice(t, TRACK_WORKER(slot), at_least(&w->last_ns, at_ns));
}

/* A thread that does something is not parked, whatever was lost. */
static void unpark(struct trace *t, unsigned slot, uint64_t at_ns)
{
    struct worker_state *w = &t->worker[slot];
    while (w->depth && w->frame[w->depth - 1].task == PARKED)
        pop(t, slot, at_ns);
}

/* Close down to the frame of this task; it stays open if the task is not there. */
static bool close_frame(struct trace *t, unsigned slot, uint32_t task, uint64_t at_ns)
{
    struct worker_state *w = &t->worker[slot];
    unsigned depth = w->depth;
    while (depth > 0 && w->frame[depth - 1].task != task)
        depth--;
    if (depth == 0)
        return false;
    while (w->depth > depth) {
        t->totals->open += w->frame[w->depth - 1].task != PARKED;
        pop(t, slot, at_ns);
    }
    pop(t, slot, at_ns);
    return true;
}

/* A wait is told when it is over. */
static void wait_slice(struct trace *t, const struct ps_event *event)
{
    struct worker_state *w = worker(t, event->slot);
    uint64_t long_ns = (uint64_t)(event->argument & 0xffff) * 1000000u;
    uint64_t from_ns = event->at_ns > long_ns ? event->at_ns - long_ns : 0;
    enum ps_state state = (enum ps_state)(event->argument >> 16);
    from_ns = at_least(&w->last_ns, from_ns);
    begin_slice(t, TRACK_WORKER(event->slot), from_ns, "wait", ps_state_name(state), NULL, 0);
    end_slice(t, TRACK_WORKER(event->slot), at_least(&w->last_ns, event->at_ns));
}

/* ---- lanes: tasks that give their worker free ---- */

static bool more_lanes(struct worker_state *w)
{
    unsigned room = w->room ? w->room * 2 : 8;
    if (w->room == LANES_MAX)
        return false;
    struct lane_state *lane = realloc(w->lane, room * sizeof *lane);
    if (!lane)
        return false;
    w->lane = lane;
    w->room = room;
    return true;
}

/* A lane that is free at this instant; LANES_MAX: there are too many open tasks. */
static unsigned take_lane(struct trace *t, unsigned slot, uint64_t at_ns)
{
    struct worker_state *w = worker(t, slot);
    char name[32];
    for (unsigned lane = 0; lane < w->lanes; lane++)
        if (!w->lane[lane].busy && w->lane[lane].free_at_ns <= at_ns)
            return lane;
    if (w->lanes == w->room && !more_lanes(w))
        return LANES_MAX;
    snprintf(name, sizeof name, "W%u tasks", slot);
    describe(t, PS_TRACE_LANE, TRACK_LANE(slot, w->lanes), TRACK_WORKER(slot), name);
    w->lane[w->lanes] = (struct lane_state){.free_at_ns = 0};
    return w->lanes++;
}

static bool close_lane(struct trace *t, uint32_t task, uint64_t at_ns)
{
    struct task_state *state = &t->task[task & TASK_MASK];
    if (!state->lane_plus_1)
        return false;
    unsigned number = state->lane_plus_1 - 1u;
    struct lane_state *lane = &t->worker[state->slot].lane[number];
    lane->busy = false;
    end_slice(t, TRACK_LANE(state->slot, number), at_least(&lane->free_at_ns, at_ns));
    state->lane_plus_1 = 0;
    return true;
}

static void open_lane(struct trace *t, unsigned slot, uint32_t task, uint64_t at_ns)
{
    if (close_lane(t, task, at_ns)) /* another task of the same 16 bits: its end was lost */
        t->totals->open++;
    unsigned number = take_lane(t, slot, at_ns);
    if (number == LANES_MAX)
        return;
    struct lane_state *lane = &t->worker[slot].lane[number];
    lane->busy = true;
    t->task[task & TASK_MASK] =
        (struct task_state){.slot = (uint16_t)slot, .lane_plus_1 = (uint16_t)(number + 1)};
    begin_slice(t, TRACK_LANE(slot, number), at_least(&lane->free_at_ns, at_ns), "task",
                type_name(t, task), "id", task & 0xffff);
}

/* ---- other events ---- */

static uint64_t steals_track(struct trace *t, unsigned slot)
{
    char name[32];
    struct worker_state *w = worker(t, slot);
    if (!w->steals_known) {
        snprintf(name, sizeof name, "W%u steals", slot);
        describe(t, PS_TRACE_LANE, TRACK_STEALS(slot), TRACK_WORKER(slot), name);
        w->steals_known = true;
    }
    return TRACK_STEALS(slot);
}

static void steal(struct trace *t, const struct ps_event *event)
{
    unsigned victim = event->argument >> 16;
    if (victim >= PS_MAX_WORKERS)
        return;
    uint64_t from = steals_track(t, victim), into = steals_track(t, event->slot);
    struct ps_trace_item item = {.kind = PS_TRACE_INSTANT,
                                 .track = from,
                                 .at_ns = at_least(&t->steals_ns, event->at_ns),
                                 .category = "steal",
                                 .name = "robbed",
                                 .key = "tasks",
                                 .value = event->argument & 0xffff,
                                 .flow = PS_TRACE_FLOW_BEGINS,
                                 .flow_id = ++t->totals->steals};
    put(t, item);
    item.track = into;
    item.name = "steal";
    item.flow = PS_TRACE_FLOW_ENDS;
    put(t, item);
}

static void hog(struct trace *t, const struct ps_event *event)
{
    if (!t->hogs_known)
        describe(t, PS_TRACE_LANE, TRACK_HOGS, TRACK_PROCESS, "hogs");
    t->hogs_known = true;
    put(t, (struct ps_trace_item){.kind = PS_TRACE_INSTANT,
                                  .track = TRACK_HOGS,
                                  .at_ns = at_least(&t->hogs_ns, event->at_ns),
                                  .category = "event",
                                  .name = type_name(t, event->argument >> 12 << 16),
                                  .key = "at_least_ms",
                                  .value = event->argument & 0xfff});
}

static void instant(struct trace *t, const struct ps_event *event, const char *name)
{
    struct worker_state *w = worker(t, event->slot);
    put(t, (struct ps_trace_item){.kind = PS_TRACE_INSTANT,
                                  .track = TRACK_WORKER(event->slot),
                                  .at_ns = at_least(&w->last_ns, event->at_ns),
                                  .category = "event",
                                  .name = name,
                                  .key = event->kind == PS_EVENT_INJECT ? "tasks" : NULL,
                                  .value = event->argument});
}

static void close_all(struct trace *t, uint64_t at_ns)
{
    for (unsigned slot = 0; slot < PS_MAX_WORKERS; slot++) {
        while (t->worker[slot].depth) {
            t->totals->open += t->worker[slot].frame[t->worker[slot].depth - 1].task != PARKED;
            pop(t, slot, at_ns);
        }
    }
    for (uint32_t task = 0; t->parks_tasks && task < TASKS; task++)
        t->totals->open += close_lane(t, task, at_ns);
}

static void gap(struct trace *t, uint64_t at_ns, uint64_t lost)
{
    t->totals->lost += lost;
    if (!t->lost_known)
        describe(t, PS_TRACE_LANE, TRACK_LOST, TRACK_PROCESS, "events lost");
    t->lost_known = true;
    put(t, (struct ps_trace_item){.kind = PS_TRACE_INSTANT,
                                  .track = TRACK_LOST,
                                  .at_ns = at_least(&t->lost_ns, at_ns),
                                  .category = "event",
                                  .name = "events lost",
                                  .key = "events",
                                  .value = lost});
    close_all(t, 0);
}

static void start(struct trace *t, const struct ps_event *event)
{
    unpark(t, event->slot, event->at_ns);
    if (t->parks_tasks)
        open_lane(t, event->slot, event->argument, event->at_ns);
    else
        push(t, event->slot, event->argument, event->at_ns);
}

static void end(struct trace *t, const struct ps_event *event)
{
    unpark(t, event->slot, event->at_ns);
    bool known = t->parks_tasks ? close_lane(t, event->argument, event->at_ns)
                                : close_frame(t, event->slot, event->argument, event->at_ns);
    t->totals->traced += known;
}

static void write_event(struct trace *t, const struct ps_event *event)
{
    switch (event->kind) {
    case PS_EVENT_START:
        start(t, event);
        break;
    case PS_EVENT_END:
        end(t, event);
        break;
    case PS_EVENT_PARK:
        push(t, event->slot, PARKED, event->at_ns);
        break;
    case PS_EVENT_WAKE:
        unpark(t, event->slot, event->at_ns);
        break;
    case PS_EVENT_STEAL:
        steal(t, event);
        break;
    case PS_EVENT_BLOCKED:
        wait_slice(t, event);
        break;
    case PS_EVENT_HOG:
        hog(t, event);
        break;
    case PS_EVENT_INJECT:
        instant(t, event, "inject");
        break;
    case PS_EVENT_SPAWN:
        instant(t, event, "thread begins");
        break;
    case PS_EVENT_RETIRE:
        unpark(t, event->slot, event->at_ns);
        instant(t, event, "thread ends");
        break;
    default:
        break;
    }
}

/* ---- order ---- */

/* Write what happened up to an instant. */
static void flush(struct trace *t, uint64_t until_ns)
{
    size_t n = 0;
    if (!ps_event_order_sort(&t->pending))
        t->failed = true;
    while (!t->failed && n < t->pending.count && t->pending.event[n].at_ns <= until_ns)
        write_event(t, &t->pending.event[n++]);
    ps_event_order_drop(&t->pending, n);
}

/* ---- counters ---- */

static void value(struct trace *t, uint64_t track, const char *name, uint64_t at_ns, uint64_t count)
{
    put(t,
        (struct ps_trace_item){
            .kind = PS_TRACE_VALUE, .track = track, .name = name, .at_ns = at_ns, .value = count});
}

static void depths(struct trace *t, const struct ps_snapshot *s)
{
    char name[32];
    for (unsigned slot = 0; slot < s->slots && s->traits & PS_TRAIT_WORKER_QUEUE; slot++) {
        struct worker_state *w = worker(t, slot);
        uint64_t depth = s->worker[slot].queue_depth;
        snprintf(name, sizeof name, "W%u queue", slot);
        if (!w->depth_known) {
            describe(t, PS_TRACE_COUNTER, TRACK_DEPTH(slot), TRACK_PROCESS, name);
        } else if (depth == w->queue_depth) {
            continue;
        }
        w->depth_known = true;
        w->queue_depth = depth;
        value(t, TRACK_DEPTH(slot), name, s->at_ns, depth);
    }
    value(t, TRACK_QUEUED, QUEUED, s->at_ns, s->queued);
    value(t, TRACK_IN_FLIGHT, IN_FLIGHT, s->at_ns, s->in_flight);
    if (s->traits & PS_TRAIT_SHARED_QUEUE)
        value(t, TRACK_SHARED, SHARED, s->at_ns, s->shared_depth);
}

/* ---- the recording ---- */

/* What the end knows and the beginning needs. */
static void look_ahead(struct trace *t, struct ps_recording *recording)
{
    if (ps_recording_seek(recording, UINT64_MAX) == PS_RECORDED_SNAPSHOT)
        ps_snapshot_copy(&t->names, ps_recording_snapshot(recording));
    ps_recording_rewind(recording);
    t->parks_tasks = (t->names.traits & PS_TRAIT_PARKS_TASKS) != 0;
    t->totals->started = t->names.totals.started;
    describe(t, PS_TRACE_PROCESS, TRACK_PROCESS, 0, "poolscope host");
    describe(t, PS_TRACE_COUNTER, TRACK_QUEUED, TRACK_PROCESS, QUEUED);
    describe(t, PS_TRACE_COUNTER, TRACK_IN_FLIGHT, TRACK_PROCESS, IN_FLIGHT);
    if (t->names.traits & PS_TRAIT_SHARED_QUEUE)
        describe(t, PS_TRACE_COUNTER, TRACK_SHARED, TRACK_PROCESS, SHARED);
}

static void write_records(struct trace *t, struct ps_recording *recording)
{
    uint64_t before_ns = 0;
    enum ps_recorded next = PS_RECORDED_END;
    while (!t->failed && (next = ps_recording_next(recording)) < PS_RECORDED_END) {
        size_t count;
        uint64_t lost;
        if (next == PS_RECORDED_SNAPSHOT) {
            const struct ps_snapshot *snapshot = ps_recording_snapshot(recording);
            flush(t, before_ns);
            depths(t, snapshot);
            before_ns = snapshot->at_ns;
            continue;
        }
        const struct ps_event *events = ps_recording_events(recording, &count, &lost);
        if (lost) {
            flush(t, PS_NEVER);
            gap(t, t->newest_ns, lost);
        }
        if (!ps_event_order_add(&t->pending, events, count))
            t->failed = true;
    }
    t->totals->how = next;
    flush(t, PS_NEVER);
    close_all(t, t->newest_ns);
}

static void free_trace(struct trace *t)
{
    for (unsigned slot = 0; slot < PS_MAX_WORKERS; slot++)
        free(t->worker[slot].lane);
    free(t->task);
    ps_event_order_free(&t->pending);
    free(t);
}

enum ps_err ps_trace_write(struct ps_recording *recording, const struct ps_trace_writer *writer,
                           FILE *to, struct ps_trace_totals *totals)
{
    struct trace *t = calloc(1, sizeof *t);
    if (!t)
        return PS_ENOMEM;
    *totals = (struct ps_trace_totals){.started = 0};
    t->writer = writer;
    t->to = to;
    t->totals = totals;
    t->task = calloc(TASKS, sizeof *t->task);
    if (!t->task) {
        free_trace(t);
        return PS_ENOMEM;
    }
    writer->begin(to, recording);
    look_ahead(t, recording);
    write_records(t, recording);
    writer->end(to);
    enum ps_err err = t->failed ? PS_ENOMEM : PS_OK;
    free_trace(t);
    return err;
}
