/* From the events of a recording to a trace: tracks, slices, instants, flows and counters, handed to
 * a writer of some file format one after the other.
 *
 * Tracks: the process; under it a thread a worker, a track of steals a worker, counters of queue
 * depths. What a worker's track shows is exact:
 *   - where a waiting task keeps its worker (PS_TRAIT_PARKS_TASKS not set), tasks are slices of their
 *     worker's track, nested as they were called, and waits for locks, joins, ... of a millisecond
 *     and more are slices in them;
 *   - where a waiting task gives its worker free, events tell where a task began and ended and not
 *     where it ran in between: a task's whole life is a slice of one of the lanes below the worker
 *     that started it, and the worker's own track shows when its thread was parked.
 * A steal is a flow from an instant of the victim's track of steals to one of the thief's.
 *
 * Only traced tasks can be shown (see metrics/probe.h: all with `probes = full`, a sample while tasks
 * are short); where events were lost, open slices are ended at their worker's last event. */
#ifndef PS_APP_TRACE_H
#define PS_APP_TRACE_H

#include <stdio.h>

#include "base/clock.h"
#include "client/recording.h"

enum ps_trace_kind {
    PS_TRACE_PROCESS, /* tracks: `track` begins, below `parent` */
    PS_TRACE_THREAD,
    PS_TRACE_LANE,
    PS_TRACE_COUNTER,
    PS_TRACE_BEGIN, /* what happens on a track; instants of a track never go back */
    PS_TRACE_END,
    PS_TRACE_INSTANT,
    PS_TRACE_VALUE
};

enum ps_trace_flow { PS_TRACE_NO_FLOW, PS_TRACE_FLOW_BEGINS, PS_TRACE_FLOW_ENDS };

struct ps_trace_item {
    enum ps_trace_kind kind;
    uint64_t track; /* > 0, unique in the trace */
    uint64_t parent;
    uint64_t at_ns;
    const char *name;     /* of a track, slice or instant; VALUE: of its track; END: NULL */
    const char *category; /* of a slice or instant: "task", "wait", "park", "steal", "event" */
    const char *key;      /* of `value` as an argument; NULL: none */
    uint64_t value;       /* of the argument, or the counter */
    enum ps_trace_flow flow;
    uint64_t flow_id;
};

/* A writer of a format. Errors of `to` are found by its owner. */
struct ps_trace_writer {
    void (*begin)(FILE *to, const struct ps_recording *recording);
    void (*item)(FILE *to, const struct ps_trace_item *item);
    void (*end)(FILE *to);
};

extern const struct ps_trace_writer ps_trace_perfetto, ps_trace_chrome;

struct ps_trace_totals {
    uint64_t started;     /* tasks of the run */
    uint64_t traced;      /* of them, with a begin and an end in the trace */
    uint64_t open;        /* begun, and their end was not seen */
    uint64_t lost;        /* events that were not recorded */
    uint64_t steals;      /* operations, each a flow */
    enum ps_recorded how; /* the reading ended */
};

/* The whole recording through a writer. PS_ENOMEM. */
enum ps_err ps_trace_write(struct ps_recording *recording, const struct ps_trace_writer *writer,
                           FILE *to, struct ps_trace_totals *totals);

#endif
