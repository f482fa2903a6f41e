/* Why a host is gone, where it could not say so itself. Internal to client/. */
#ifndef PS_CLIENT_LIVE_DEATH_H
#define PS_CLIENT_LIVE_DEATH_H

#include "metrics/segment.h"

#define PS_LIVE_NO_EXEC 127 /* exit status of a child that could not become the host */

/* Out-of-memory kills since boot, by the kernel's count; 0 where it does not say. */
uint64_t ps_live_oom_kills(void);

/* Say in the segment of a host that was reaped why it is gone, and that its run has ended; nothing
 * if that is there. status: of waitpid; oom_kills: when the host was started. */
void ps_live_explain(struct ps_segment *segment, int status, uint64_t oom_kills);

#endif
