/* What the host process takes of the machine, written into the segment: memory, CPU time, threads and
 * context switches, those of worker processes among them. */
#ifndef PS_HOST_PROCESS_ACCOUNT_H
#define PS_HOST_PROCESS_ACCOUNT_H

#include "metrics/segment.h"

/* The host's main thread. */
void ps_process_account(struct ps_segment *segment);

#endif
