/* Random numbers that are the same on every machine: splitmix64 (Steele, Lea, Flood, OOPSLA 2014).
 * One generator has one owner; nothing is shared. Not for secrets. */
#ifndef PS_BASE_RNG_H
#define PS_BASE_RNG_H

#include <stdint.h>

struct ps_rng {
    uint64_t state;
};

/* A well-mixed 64-bit value of x (the finaliser of splitmix64). */
static inline uint64_t ps_mix64(uint64_t x)
{
    x ^= x >> 30;
    x *= UINT64_C(0xbf58476d1ce4e5b9);
    x ^= x >> 27;
    x *= UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

/* The generator number `stream` of a seed; streams of one seed are independent. */
static inline struct ps_rng ps_rng_make(uint64_t seed, uint64_t stream)
{
    return (struct ps_rng){ps_mix64(seed + UINT64_C(0x9e3779b97f4a7c15)) ^
                           ps_mix64(stream * UINT64_C(0xd1342543de82ef95) + 1)};
}

static inline uint64_t ps_rng_next(struct ps_rng *rng)
{
    rng->state += UINT64_C(0x9e3779b97f4a7c15);
    return ps_mix64(rng->state);
}

/* Uniform in [0, 1), 53 bits. */
static inline double ps_rng_unit(struct ps_rng *rng)
{
    return (double)(ps_rng_next(rng) >> 11) * 0x1.0p-53;
}

/* Uniform in [0, bound); bound > 0 (Lemire's multiply-shift; bias below 2^-32 for small bounds). */
static inline uint32_t ps_rng_below(struct ps_rng *rng, uint32_t bound)
{
    return (uint32_t)(((ps_rng_next(rng) >> 32) * bound) >> 32);
}

#endif
