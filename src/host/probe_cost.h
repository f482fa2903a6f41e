/* What the probes cost: measured at the start of each run, on the machine that runs it. */
#ifndef PS_HOST_PROBE_COST_H
#define PS_HOST_PROBE_COST_H

#include <stdint.h>

/* Mean ns of counting and timing one task (ps_probe_start and ps_probe_end, every task timed: the
 * dearest case); best of several rounds, about 5 ms in all. 0: could not be measured. */
uint64_t ps_probe_cost_ns(void);

#endif
