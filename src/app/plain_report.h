/* A run as lines of text: one a second, one an event, a summary. For logs and screen readers: no
 * colour, no cursor movement, words beside every figure. */
#ifndef PS_APP_PLAIN_REPORT_H
#define PS_APP_PLAIN_REPORT_H

#include <stdio.h>

#include "app/json_report.h"

struct ps_plain; /* a few MB: the diagnosis looks back in time */

/* Writes the head line's part that is known before the run. NULL: out of memory. */
struct ps_plain *ps_plain_new(FILE *to, const char *preset, const struct ps_experiment *experiment);
void ps_plain_free(struct ps_plain *plain);

/* A new snapshot, ten times a second: what has changed, what the diagnosis now sees or no longer
 * sees, and once a second the figures. false: nothing more can be written. */
bool ps_plain_tick(struct ps_plain *plain, const struct ps_snapshot *snapshot);

/* The summary; its last line is the conservation of tasks. */
void ps_plain_end(struct ps_plain *plain, const struct ps_report *report);

#endif
