/* Control lines: a word and its arguments, one line each, each answered "ok" or "error REASON". The
 * table in control.c is what src/client/live.h documents. */
#ifndef PS_HOST_CONTROL_H
#define PS_HOST_CONTROL_H

#include <stddef.h>

#include "host/phases.h"
#include "host/run.h"

/* What the main loop is to do next; set by `stop`. */
enum ps_stop_request { PS_STOP_NONE, PS_STOP_DRAIN, PS_STOP_DISCARD };

struct ps_control {
    struct ps_run *run;
    enum ps_stop_request stop;
    bool paused;
    bool closing; /* the run ends: it cannot be paused any more */
    uint64_t pause_began_ns;
    struct ps_phase_clock phases;
};

/* Run time: since the run began, without pauses. */
uint64_t ps_control_ran_ns(const struct ps_control *control, uint64_t now_ns);

/* Carry out one line (without its newline). The answer is written to into, without a newline.
 * Host's main thread. */
void ps_control_line(struct ps_control *control, const char *line, char *into, size_t size);

/* NULL-terminated words, for completion and tests. */
extern const char *const ps_control_words[];

#endif
