/* What `poolscope export` writes besides traces (app/trace.h). */
#ifndef PS_APP_EXPORT_H
#define PS_APP_EXPORT_H

#include "app/played.h"

/* A line a snapshot: a column a metric of the run, by its key in the table of metrics, after `at_s`,
 * the seconds since the run's start. n/a is an empty field. Returns how the reading ended. */
enum ps_recorded ps_export_csv(struct ps_played *played, FILE *to);
/* The same as a JSON object a line, with `per_worker` and `per_type`; n/a is null. */
enum ps_recorded ps_export_jsonl(struct ps_played *played, FILE *to);

/* One HTML page that needs nothing else: charts, tables, experiment, machine. PS_ENOMEM. */
enum ps_err ps_export_html(struct ps_played *played, FILE *to, enum ps_recorded *how);

#endif
