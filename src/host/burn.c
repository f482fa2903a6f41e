#include "host/burn.h"

#include "base/clock.h"

/* A chain of dependent multiplications: no cache, no memory, not to be vectorised. */
static void spin(uint64_t iterations)
{
    uint64_t x = iterations | 1;
    for (uint64_t i = 0; i < iterations; i++) {
        x *= UINT64_C(0x9e3779b97f4a7c15);
        __asm__ volatile("" : "+r"(x));
    }
}

void ps_burner_calibrate(struct ps_burner *burner)
{
    enum { ROUNDS = 20 };
    const uint64_t iterations = 1000000;
    double best = 0;
    for (int round = 0; round < ROUNDS; round++) {
        uint64_t begin = ps_thread_cpu_ns();
        spin(iterations);
        uint64_t took = ps_thread_cpu_ns() - begin;
        double per_ns = (double)iterations / (double)(took ? took : 1);
        if (per_ns > best)
            best = per_ns;
    }
    burner->per_ns = best;
}

void ps_burn(const struct ps_burner *burner, uint64_t ns)
{
    spin((uint64_t)((double)ns * burner->per_ns));
}
