#include "ui/slice.h"

#include <errno.h>
#include <sched.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifdef SYS_sched_setattr

/* struct sched_attr of linux/sched/types.h, first version; glibc of 2.41 has it. */
struct attributes {
    uint32_t size, policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime_ns, deadline_ns, period_ns;
};
_Static_assert(sizeof(struct attributes) == 48, "SCHED_ATTR_SIZE_VER0");

#define RESET_ON_FORK  1u
#define SHORT_SLICE_NS 300000u

void ps_slice_short(void)
{
    errno = 0;
    int nice_now = getpriority(PRIO_PROCESS, 0);
    if (errno != 0 || sched_getscheduler(0) != SCHED_OTHER)
        return;
    struct attributes wanted = {.size = sizeof wanted,
                                .policy = SCHED_OTHER,
                                .flags = RESET_ON_FORK,
                                .nice = nice_now,
                                .runtime_ns = SHORT_SLICE_NS};
    syscall(SYS_sched_setattr, 0, &wanted, 0u);
}

#else

void ps_slice_short(void) {}

#endif
