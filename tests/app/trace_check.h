/* A reader of Perfetto traces that holds them to the trace processor's rules: a failed assertion
 * where one is broken. */
#ifndef PS_TESTS_APP_TRACE_CHECK_H
#define PS_TESTS_APP_TRACE_CHECK_H

#include <stddef.h>
#include <stdint.h>

struct trace_counts {
    unsigned threads, lanes, counters; /* tracks */
    unsigned slices, instants, values, flows;
    unsigned deepest;              /* slices in each other */
    unsigned tasks, parked, waits; /* slices by category */
};

/* Rules: every packet and field parses to its end; every event's track was described before, once,
 * below a parent that was; a counter track holds values and nothing else holds them; the instants of
 * a track never go back; slices of a track are ended innermost first, none is left open; every flow
 * begins once, then ends once, on another track, and not before it began. */
struct trace_counts trace_check(const uint8_t *bytes, size_t size);

#endif
