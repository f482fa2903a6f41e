/* Timers of one owner: an intrusive 4-ary heap with inline keys. Not thread-safe; its owner (a
 * loop, a worker under its lock) calls everything. Add and cancel are O(log n), the next instant
 * O(1). */
#ifndef PS_ENGINES_COMMON_TIMER_HEAP_H
#define PS_ENGINES_COMMON_TIMER_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* Embedded by what is to be woken; memory is the user's. index 0: in no heap. */
struct ps_timer {
    uint64_t when_ns;
    size_t index; /* place in the heap + 1 */
};

struct ps_timer_entry {
    uint64_t when_ns;
    struct ps_timer *timer;
};

struct ps_timer_heap {
    struct ps_timer_entry *entries;
    size_t count, capacity;
};

void ps_timers_init(struct ps_timer_heap *heap);
void ps_timers_free(struct ps_timer_heap *heap);
/* The timer is in no heap. PS_ENOMEM leaves the heap as it was. */
enum ps_err ps_timers_add(struct ps_timer_heap *heap, struct ps_timer *timer, uint64_t when_ns);
/* Remove; false if it was in no heap. */
bool ps_timers_cancel(struct ps_timer_heap *heap, struct ps_timer *timer);
/* The earliest instant; PS_NEVER when empty. */
uint64_t ps_timers_next(const struct ps_timer_heap *heap);
/* Remove and return the earliest timer if it is due at now_ns, else NULL. */
struct ps_timer *ps_timers_pop(struct ps_timer_heap *heap, uint64_t now_ns);

#endif
