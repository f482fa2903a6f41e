/* A finished run as one JSON object. Its keys are stable: `schema` grows when one changes its
 * meaning or goes; new ones may come. Most come from the table of metrics, the rest from here. */
#ifndef PS_APP_JSON_REPORT_H
#define PS_APP_JSON_REPORT_H

#include <stdio.h>

#include "metrics/metric_table.h"
#include "model/experiment.h"

#define PS_REPORT_SCHEMA 1

/* A run to report. */
struct ps_report {
    const char *preset; /* as named on the command line */
    const struct ps_experiment *experiment;
    const struct ps_snapshot *snapshot;
    const struct ps_metric_peaks *peaks;
};

/* Keys that are no metrics, for help and the manual; ends with key == NULL. */
struct ps_report_key {
    const char *key, *meaning;
};
extern const struct ps_report_key ps_report_keys[];

/* The object and a newline, written in one go. PS_ENOMEM, PS_EIO. */
enum ps_err ps_report_json(const struct ps_report *report, FILE *to);

#endif
