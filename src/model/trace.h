/* A trace: recorded arrivals, to be replayed. A CSV file (RFC 4180 without line breaks in fields),
 * whose first line names the columns:
 *
 *   at          when the task arrives; rows are in order of time, and the first arrives at once
 *   type        the [task NAME] that it is; without this column types are drawn from the mix
 *   cpu, wait   what its `row` step does: burn so much CPU, then sleep so long
 *
 * Times are plain seconds ("1700000000.25") or carry a unit ("250ms"; ns us ms s min). `at` is
 * needed, `cpu` and `wait` need a task type with a `row` step.
 *
 * The file is read as it is replayed, through a buffer of fixed size. One owner, no thread of its
 * own. */
#ifndef PS_MODEL_TRACE_H
#define PS_MODEL_TRACE_H

#include "model/experiment.h"

#define PS_TRACE_LINE_MAX 1024u

struct ps_trace_row {
    uint64_t at_ns;           /* since the first row, as recorded: trace_scale is not applied */
    int type;                 /* index into the experiment's types; -1: drawn from the mix */
    uint64_t cpu_ns, wait_ns; /* 0 without the columns */
};

struct ps_trace;

enum ps_trace_answer { PS_TRACE_ROW, PS_TRACE_END, PS_TRACE_WRONG };

/* Begin to read a file from its beginning and take the header line. fd stays the caller's, open as
 * long as the trace, and its position is not used. The experiment is not used after the call. PS_OK; PS_EPARSE and PS_EIO with a complaint that names
 * file (experiment->trace), line, column, value and what is allowed; PS_ENOMEM. */
enum ps_err ps_trace_begin(struct ps_trace **trace, int fd, const struct ps_experiment *experiment,
                           struct ps_complaints *complaints);
/* NULL is allowed. */
void ps_trace_end(struct ps_trace *trace);

/* The next row. WRONG: a complaint says what is wrong; the trace cannot be read further. */
enum ps_trace_answer ps_trace_next(struct ps_trace *trace, struct ps_trace_row *row,
                                   struct ps_complaints *complaints);

/* Open the experiment's trace file for reading: regular files only, a relative path from the folder
 * of the preset. PS_OK, PS_EPARSE or PS_EIO with a complaint. */
enum ps_err ps_trace_open(const struct ps_experiment *experiment, int *fd,
                          struct ps_complaints *complaints);

/* Read the first `bytes` bytes, to find mistakes before a run is started. PS_OK, or as
 * ps_trace_begin. */
enum ps_err ps_trace_check(int fd, uint64_t bytes, const struct ps_experiment *experiment,
                           struct ps_complaints *complaints);

#endif
