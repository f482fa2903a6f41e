/* What a process holds of its system: to be compared before and after. */
#ifndef PS_TESTS_SOAK_FOOTPRINT_H
#define PS_TESTS_SOAK_FOOTPRINT_H

#include <stdbool.h>
#include <stddef.h>

struct footprint {
    unsigned descriptors, threads, maps;
    size_t
        bytes; /* allocated and not freed; 0: an allocator that does not tell, a sanitizer's, which
                     also makes maps of its own: they are not compared */
};

/* To be called first by main: starts the program anew with an allocator without caches, so that
 * bytes and maps are exact. Returns at once the second time. */
void footprint_make_exact(char **argv);

struct footprint footprint_now(void);

/* Waits until nothing is more than `before` (threads that are detached leave in their own time), at
 * most 10 s. false: *now says what is left. */
bool footprint_is_back(const struct footprint *before, struct footprint *now);

#endif
