/* The host: the process in which an engine runs a workload. Started by src/client/live.c. */
#ifndef PS_HOST_HOST_H
#define PS_HOST_HOST_H

#include "model/experiment.h"

/* `poolscope host`: the experiment comes over descriptor PS_HOST_CONTROL_FD, figures go into the
 * segment at PS_HOST_SEGMENT_FD, the rows of a trace come from the file at PS_HOST_TRACE_FD. Returns the process's exit status: 0 ended in order, 1 could not
 * run. */
#define PS_HOST_CONTROL_FD 3
#define PS_HOST_SEGMENT_FD 4
#define PS_HOST_TRACE_FD   5
int ps_host_main(void);

/* `poolscope worker`: a worker process of an engine that a host runs. Returns its exit status. */
int ps_host_worker_main(void);

/* The engines of the registry as words for the model's parser. Static. */
const struct ps_vocabulary *ps_host_vocabulary(void);

#endif
