/* What steps need beside an engine: the loopback TCP service and its connections, temporary files.
 * Only what the experiment's steps use is started. */
#ifndef PS_HOST_SERVICES_H
#define PS_HOST_SERVICES_H

#include "host/run.h"

/* PS_OK; otherwise `why` says what could not be started. */
enum ps_err ps_services_start(struct ps_run *run, char *why, size_t why_size);
/* After the engine has been destroyed. */
/* In a worker process: its own connections to the host's service, its own share of the disk. */
enum ps_err ps_services_join(struct ps_run *run, unsigned workers, char *why, size_t why_size);
void ps_services_stop(struct ps_run *run);

#endif
