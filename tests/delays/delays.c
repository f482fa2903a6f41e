/* A generator a thread, seeded by its number and the clock: runs differ, which is the purpose. */
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

void ps_delay(void);

enum { SLEEP_ONE_IN = 3001, YIELD_ONE_IN = 199, LONGEST_NS = 300000 };

static _Thread_local uint64_t word __attribute__((tls_model("initial-exec")));

static uint64_t next(void)
{
    if (word == 0) {
        struct timespec now;
        clock_gettime(CLOCK_MONOTONIC, &now);
        word = ((uint64_t)syscall(SYS_gettid) << 32) ^ (uint64_t)now.tv_nsec ^ 1;
        word = word == 0 ? 1 : word;
    }
    word ^= word << 13;
    word ^= word >> 7;
    word ^= word << 17;
    return word >> 20;
}

/* Not inlined: a fiber may go on on another thread, whose generator is another. By syscall: tests
 * replace the functions of the C library. */
__attribute__((noinline)) void ps_delay(void)
{
    uint64_t drawn = next();
    if (drawn % SLEEP_ONE_IN == 0) {
        struct timespec length = {0, (long)(drawn / SLEEP_ONE_IN % LONGEST_NS)};
        syscall(SYS_nanosleep, &length, NULL);
    } else if (drawn % YIELD_ONE_IN == 0) {
        syscall(SYS_sched_yield);
    }
}
