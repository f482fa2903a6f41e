/* The context switch: registers, floating point, alignment. A plain main(): it builds without any
 * library, also for another processor (see cross.sh beside it). */
#include "engines/green/switch.h"

#include <fenv.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define CHECK(condition)                                                    \
    do {                                                                    \
        if (!(condition)) {                                                 \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
            exit(1);                                                        \
        }                                                                   \
    } while (0)

enum { STACKS = 16, STACK = 256 * 1024, ROUNDS = 100000 };

static void *main_context, *side_context;
static volatile uint64_t sum;

/* Each side passes a new value; both check what they get. */
static uintptr_t passed;

static void yield_to(void **from, void *to)
{
    ++passed;
    void *got = ps_green_switch(from, to, (void *)passed);
    CHECK(got == (void *)passed);
}

static void yield_to_main(void)
{
    yield_to(&side_context, main_context);
}
static void yield_to_side(void)
{
    yield_to(&main_context, side_context);
}

/* A stack that none used before: contexts here never return. */
static void *start(void (*entry)(void *), void *arg, size_t misalign)
{
    static _Alignas(64) char stacks[STACKS][STACK];
    static unsigned used;
    CHECK(used < STACKS);
    return ps_green_prepare(stacks[used++] + STACK - misalign, entry, arg);
}

static void count(void *arg)
{
    uint64_t *counter = arg;
    for (;;) {
        ++*counter;
        yield_to_main();
    }
}

static void each_switch_arrives(void)
{
    uint64_t counter = 0;
    side_context = start(count, &counter, 0);
    for (uint64_t i = 1; i <= ROUNDS; i++) {
        yield_to_side();
        CHECK(counter == i);
    }
}

/* More live values than registers: the callee-saved ones must come back. */
static __attribute__((noinline)) uint64_t mix(uint64_t seed, void (*leave)(void))
{
    uint64_t a = seed, b = seed * 3, c = seed * 5, d = seed * 7, e = seed * 11, f = seed * 13;
    double x = (double)seed, y = x * 0.5, z = x * 0.25, w = x * 0.125;
    for (int i = 0; i < 1000; i++) {
        leave();
        a += b ^ 1, b += c ^ 2, c += d ^ 3, d += e ^ 4, e += f ^ 5, f += a ^ 6;
        x += y, y += z, z += w, w += 1.0;
    }
    return a + b + c + d + e + f + (uint64_t)(x + y + z + w);
}

static void nothing(void) {}

static void mixer(void *arg)
{
    (void)arg;
    sum = mix(77, yield_to_main);
    for (;;)
        yield_to_main();
}

static void registers_survive(void)
{
    side_context = start(mixer, NULL, 0);
    CHECK(mix(1234567, yield_to_side) == mix(1234567, nothing));
    yield_to_side();
    CHECK(sum == mix(77, nothing));
}

static void rounder(void *arg)
{
    (void)arg;
    CHECK(fegetround() == FE_TONEAREST);
    fesetround(FE_UPWARD);
    for (;;) {
        CHECK(fegetround() == FE_UPWARD);
        yield_to_main();
    }
}

/* The rounding mode is callee-saved: each context keeps its own. */
static void rounding_mode_is_the_contexts_own(void)
{
    side_context = start(rounder, NULL, 0);
    yield_to_side();
    CHECK(fegetround() == FE_TONEAREST);
    fesetround(FE_DOWNWARD);
    yield_to_side();
    CHECK(fegetround() == FE_DOWNWARD);
    fesetround(FE_TONEAREST);
    yield_to_side();
    CHECK(fegetround() == FE_TONEAREST);
}

static void aligned(void *arg)
{
    (void)arg;
    _Alignas(16) volatile char local[16];
    local[0] = 1;
    CHECK(((uintptr_t)__builtin_frame_address(0) & 15) == 0);
    CHECK(((uintptr_t)local & 15) == 0);
    char text[64];
    /* Variadic floating point saves vector registers with aligned moves. */
    snprintf(text, sizeof text, "%.3f", 1.5);
    CHECK(text[0] == '1' && text[2] == '5');
    for (;;)
        yield_to_main();
}

static void the_stack_is_aligned(void)
{
    for (size_t misalign = 0; misalign < 64; misalign += 8) {
        side_context = start(aligned, NULL, misalign);
        yield_to_side();
    }
}

int main(void)
{
    each_switch_arrives();
    registers_survive();
    rounding_mode_is_the_contexts_own();
    the_stack_is_aligned();
    puts("switch: ok");
    return 0;
}
