/* Time. Every instant in poolscope is CLOCK_MONOTONIC in nanoseconds, so host and front end, which
 * are two processes of one machine, can compare them. */
#ifndef PS_BASE_CLOCK_H
#define PS_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

#define PS_NS_PER_US 1000u
#define PS_NS_PER_MS 1000000u
#define PS_NS_PER_S  1000000000u

/* "Never": later than any instant. */
#define PS_NEVER UINT64_MAX

/* Nanoseconds of CLOCK_MONOTONIC. About 20 ns (vDSO). Any thread, signal-safe. */
static inline uint64_t ps_now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * PS_NS_PER_S + (uint64_t)t.tv_nsec;
}

/* Nanoseconds of CPU that the calling thread has used. A system call: 200 ns and more. */
static inline uint64_t ps_thread_cpu_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * PS_NS_PER_S + (uint64_t)t.tv_nsec;
}

static inline struct timespec ps_timespec(uint64_t ns)
{
    return (struct timespec){.tv_sec = (time_t)(ns / PS_NS_PER_S),
                             .tv_nsec = (long)(ns % PS_NS_PER_S)};
}

/* a + b without wrapping: PS_NEVER stays PS_NEVER. */
static inline uint64_t ps_time_add(uint64_t a, uint64_t b)
{
    return a > PS_NEVER - b ? PS_NEVER : a + b;
}

#endif
