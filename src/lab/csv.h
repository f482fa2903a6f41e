/* Results of the lab as CSV (RFC 4180): a line a value, so that a spreadsheet or a statistics program
 * makes of it what it likes. What was not measured is an empty field. */
#ifndef PS_LAB_CSV_H
#define PS_LAB_CSV_H

#include <stdio.h>

#include "lab/compare.h"
#include "lab/tune.h"

/* round,seed,side,engine,policy,workers,metric,unit,value; of the whole rounds. */
enum ps_err ps_compare_csv(const struct ps_compare *compare, FILE *to);
/* workers,repeat,seed,throughput_per_s,p50_ns,p99_ns,others,failed */
enum ps_err ps_tune_csv(const struct ps_tune *tune, FILE *to);

#endif
