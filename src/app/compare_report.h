/* A comparison as text for people, 80 columns wide, and as JSON. */
#ifndef PS_APP_COMPARE_REPORT_H
#define PS_APP_COMPARE_REPORT_H

#include <stdio.h>

#include "lab/compare.h"

struct ps_compare_report {
    const char *preset; /* as named on the command line */
    const struct ps_compare_spec *spec;
    const char *const *given; /* what each side was called on the command line */
    const struct ps_compare *compare;
};

void ps_compare_text(const struct ps_compare_report *report, FILE *to);
/* PS_ENOMEM, PS_EIO. */
enum ps_err ps_compare_json(const struct ps_compare_report *report, FILE *to);

#endif
