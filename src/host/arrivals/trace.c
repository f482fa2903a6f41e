/* model = trace: when and what a file says. The front end opens the file and hands over the
 * descriptor: the host opens no path that it was told over the control socket. */
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "host/feeding.h"
#include "host/host.h"

enum { ROUND = 256 };

/* The row after the one that has arrived. */
static void advance(struct ps_feeder *feeder)
{
    struct ps_complaints complaints = {.count = 0};
    switch (ps_trace_next(feeder->trace, &feeder->row, &complaints)) {
    case PS_TRACE_ROW:
        feeder->next_ns =
            (uint64_t)((double)feeder->row.at_ns * feeder->run->experiment.trace_scale);
        break;
    case PS_TRACE_END:
        feeder->over = true;
        break;
    case PS_TRACE_WRONG: {
        char text[PS_MESSAGE_BYTES];
        ps_complaint_text(text, sizeof text, &complaints.list[0]);
        ps_segment_say(feeder->run->segment, text);
        feeder->over = true;
        break;
    }
    }
}

static uint64_t feed(struct ps_feeder *feeder, const struct ps_feeder_settings *now)
{
    (void)now;
    uint64_t now_ns = ps_now_ns() - feeder->origin_ns;
    for (unsigned n = 0; !feeder->over && feeder->next_ns <= now_ns &&
                         feeder->next_ns < feeder->end_ns && n < ROUND;
         n++) {
        if (ps_feeder_limit_reached(feeder) || ps_feeder_stopping(feeder) ||
            !ps_feeder_arrive(feeder, feeder->origin_ns + feeder->next_ns, &feeder->row))
            return PS_NEVER;
        advance(feeder);
    }
    return feeder->over ? PS_NEVER : feeder->origin_ns + feeder->next_ns;
}

static enum ps_err open(struct ps_feeder *feeder, char *why, size_t size)
{
    struct ps_complaints complaints = {.count = 0};
    enum ps_err err =
        ps_trace_begin(&feeder->trace, PS_HOST_TRACE_FD, &feeder->run->experiment, &complaints);
    if (err == PS_EPARSE)
        ps_complaint_text(why, size, &complaints.list[0]);
    else if (err != PS_OK)
        snprintf(why, size, "%s", ps_err_text(err));
    else
        advance(feeder);
    return err;
}

static void close_trace(struct ps_feeder *feeder)
{
    ps_trace_end(feeder->trace);
    close(PS_HOST_TRACE_FD);
}

const struct ps_arrival_ops ps_arrivals_trace = {
    .open = open, .feed = feed, .close = close_trace, .scheduled = true};
