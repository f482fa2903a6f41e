/* What the machine does beside the run, written into the segment. */
#ifndef PS_HOST_MACHINE_ACCOUNT_H
#define PS_HOST_MACHINE_ACCOUNT_H

#include "metrics/segment.h"

/* Look, if the last look was PS_MACHINE_LOOK_NS ago: about 0.1 ms. The CPUs and their limits are read
 * at the first look. The host's main thread, after it has accounted for its own CPU time. */
#define PS_MACHINE_LOOK_NS UINT64_C(450000000)
void ps_machine_account(struct ps_segment *segment, uint64_t now_ns);

#endif
