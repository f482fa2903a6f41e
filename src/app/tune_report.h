/* The result of a sweep as text for people, 80 columns wide, and as JSON. */
#ifndef PS_APP_TUNE_REPORT_H
#define PS_APP_TUNE_REPORT_H

#include <stdio.h>

#include "lab/conclude.h"

struct ps_tune_report {
    const struct ps_tune_about *about;
    const struct ps_tune_cell *cells;
    unsigned cell_count;
    const struct ps_surface *surface;
    const struct ps_conclusion *conclusion;
};

void ps_tune_text(const struct ps_tune_report *report, FILE *to);
/* PS_ENOMEM, PS_EIO. */
enum ps_err ps_tune_json(const struct ps_tune_report *report, FILE *to);

#endif
