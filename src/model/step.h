/* Steps: what a task's program is made of. One line a kind in this table; the host has one file a
 * kind that runs it (src/host/steps/).
 *
 * The shape says what is written behind the word: T a time (model/dist.h); S a size; M read|write;
 * F an optional "fsync"; N a lock's name; Y a task type; X a count "xN" (optional: x1); P a
 * percentage. The letters of kernels, in lower case, are explained in model/kernels.h. */
#ifndef PS_MODEL_STEP_H
#define PS_MODEL_STEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/dist.h"

/* Kernels: programs of their own, whose answer is known and checked. Some spawn tasks that count as
 * tasks of the step's type (src/host/kernel.h). */
#define PS_KERNEL_KINDS(X)                                                                        \
    X(FIB, fib, "ng", "Fibonacci number n by fork and join; plain recursion from g down (18)")    \
    X(SKYNET, skynet, "ng", "sum of 0 to n-1 by a tree of ten children each; leaves add g (100)") \
    X(QUICKSORT, quicksort, "ng", "sort n numbers by fork and join; parts of g in one go (4096)") \
    X(PRIMES, primes, "n", "primes up to n: a chain of tasks, one a prime, and channels")         \
    X(NQUEENS, nqueens, "ng", "ways to place n queens; the last g rows without tasks (n - 3)")    \
    X(JULIA, julia, "wig", "draw the Julia set, a task a tile of g x g pixels (32)")              \
    X(PIPELINE, pipeline, "sdv", "pass values (10000) through stages; channels hold depth each")  \
    X(PINGPONG, pingpong, "n", "two tasks hand a value to and fro n times")                       \
    X(TOUCH, touch, "kn",                                                                         \
      "a task a worker adds 1 to its own counter n times: packed, in one line "                   \
      "of cache, is false sharing")                                                               \
    X(MEMORY, memory, "bX", "follow a chain through every cache line of SIZE bytes, N times")

#define PS_STEP_KINDS(X)                                                                           \
    X(CPU, cpu, "T", "burn T of CPU time")                                                         \
    X(SLEEP, sleep, "T", "sleep in the engine's own way: park, timer or blocked thread")           \
    X(NET, net, "T", "a request to a loopback TCP service that answers after T")                   \
    X(DISK, disk, "MSF", "read or write SIZE bytes of a temporary file; fsync makes them durable") \
    X(LOCK, lock, "NT", "take the lock NAME ([lock NAME] has its kind), burn T of CPU, let it go") \
    X(YIELD, yield, "", "let other tasks run")                                                     \
    X(SPAWN, spawn, "YX", "submit N children of another task type")                                \
    X(JOIN, join, "", "wait until all children have ended")                                        \
    X(BLOCK, block, "T", "a call that blocks its thread for T, wherever it happens to run")        \
    X(FAIL, fail, "P", "fail with this probability, which ends the task")                          \
    X(ROW, row, "", "the times of the trace's row: burn its cpu, then sleep its wait")             \
    PS_KERNEL_KINDS(X)

enum ps_step_kind {
#define PS_STEP_ENUM(name, word, shape, help) PS_STEP_##name,
    PS_STEP_KINDS(PS_STEP_ENUM)
#undef PS_STEP_ENUM
        PS_STEP_KIND_COUNT
};

/* One step of a program. Fields that the kind's shape does not name are zero. */
struct ps_step_def {
    enum ps_step_kind kind;
    struct ps_dist time;
    uint64_t size;          /* bytes */
    uint32_t count;         /* children */
    uint16_t type;          /* index of the task type to spawn */
    uint16_t lock;          /* index into the experiment's lock names */
    bool write, sync;       /* disk */
    double chance;          /* 0..1 */
    uint64_t n;             /* kernels: their size; pipeline: values; julia: iterations */
    uint32_t width, height; /* julia: pixels */
    uint32_t stages, depth; /* pipeline: tasks; values that a channel holds */
    uint32_t grain;         /* kernels: 0: the default, see ps_kernel_grain */
    bool padded;            /* touch */
};

struct ps_step_word {
    const char *word, *shape, *help;
};
extern const struct ps_step_word ps_step_words[PS_STEP_KIND_COUNT];

/* How a letter of a shape is written, for people: "SIZE", "[xN]". */
const char *ps_step_form(char letter);

#endif
