/* Admission: whether this machine can carry the experiment. Refuses with the key and the limit;
 * never clamps in silence. Read before anything is started; at most half of what is left is used.
 */
#ifndef PS_HOST_LIMITS_H
#define PS_HOST_LIMITS_H

#include <stddef.h>

#include "base/err.h"
#include "base/machine.h"
#include "model/experiment.h"

/* PS_OK, or PS_ELIMIT with a text for people. workers: the resolved count; threads: OS threads that the
 * engine starts for them. */
enum ps_err ps_limits_check(const struct ps_experiment *experiment,
                            const struct ps_machine *machine, unsigned workers, unsigned threads,
                            char *why, size_t why_size);

#endif
