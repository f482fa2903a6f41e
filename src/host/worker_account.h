/* What worker processes use, as the operating system says, to be added to the host's own figures. */
#ifndef PS_HOST_WORKER_ACCOUNT_H
#define PS_HOST_WORKER_ACCOUNT_H

#include "metrics/segment.h"

struct ps_worker_account {
    uint64_t cpu_ns;  /* of those that live and those that have gone */
    uint64_t rss;     /* of those that live: memory of their own, since what they share with the
                             host (the program, the segment) is in the host's figure */
    uint64_t threads; /* of those that live */
    uint64_t voluntary, involuntary; /* context switches, of all */
};

/* Zero where the segment's engine has no worker processes. Two small files a worker. */
void ps_worker_account(struct ps_segment *segment, struct ps_worker_account *account);

#endif
