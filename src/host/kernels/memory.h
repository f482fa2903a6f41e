/* Blocks that memory steps walk through, one a size, made before tasks run and only read from then on:
 * all workers walk through the same one. */
#ifndef PS_HOST_MEMORY_H
#define PS_HOST_MEMORY_H

#include "host/run.h"

/* Make the blocks that the experiment's memory steps need. PS_ENOMEM. */
enum ps_err ps_memory_start(struct ps_run *run);
void ps_memory_stop(struct ps_run *run);

/* Bytes of all of them. */
uint64_t ps_memory_bytes(const struct ps_experiment *experiment);

#endif
