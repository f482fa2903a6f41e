/* Burning CPU: a loop whose iterations per nanosecond of CPU time are measured once. What a cpu
 * step costs is therefore CPU, not wall-clock time: a thread that is preempted burns no less. */
#ifndef PS_HOST_BURN_H
#define PS_HOST_BURN_H

#include <stdint.h>

struct ps_burner {
    double per_ns; /* iterations per ns of CPU */
};

/* About 30 ms: the best of several rounds, because the undisturbed one is the true speed. */
void ps_burner_calibrate(struct ps_burner *burner);

/* Burn about ns of CPU (within a few per cent from 1 us on). Any thread. */
void ps_burn(const struct ps_burner *burner, uint64_t ns);

#endif
