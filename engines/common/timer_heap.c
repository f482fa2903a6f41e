/* Four children a node: half the levels of a binary heap, and the keys of a node's children share
 * one cache line. Node i has children 4i+1 .. 4i+4. */
#include "engines/common/timer_heap.h"

#include <stdlib.h>

#include "base/clock.h"

enum { FANOUT = 4, FIRST_CAPACITY = 64 };

static void place(struct ps_timer_heap *heap, size_t at, struct ps_timer_entry entry)
{
    heap->entries[at] = entry;
    entry.timer->index = at + 1;
}

static void sift_up(struct ps_timer_heap *heap, size_t at, struct ps_timer_entry entry)
{
    while (at > 0) {
        size_t parent = (at - 1) / FANOUT;
        if (heap->entries[parent].when_ns <= entry.when_ns)
            break;
        place(heap, at, heap->entries[parent]);
        at = parent;
    }
    place(heap, at, entry);
}

static size_t earliest_child(const struct ps_timer_heap *heap, size_t at)
{
    size_t first = at * FANOUT + 1;
    size_t end = first + FANOUT < heap->count ? first + FANOUT : heap->count;
    size_t best = first;
    for (size_t child = first + 1; child < end; child++)
        if (heap->entries[child].when_ns < heap->entries[best].when_ns)
            best = child;
    return best;
}

static void sift_down(struct ps_timer_heap *heap, size_t at, struct ps_timer_entry entry)
{
    while (at * FANOUT + 1 < heap->count) {
        size_t child = earliest_child(heap, at);
        if (entry.when_ns <= heap->entries[child].when_ns)
            break;
        place(heap, at, heap->entries[child]);
        at = child;
    }
    place(heap, at, entry);
}

static void remove_at(struct ps_timer_heap *heap, size_t at)
{
    heap->entries[at].timer->index = 0;
    struct ps_timer_entry last = heap->entries[--heap->count];
    if (at == heap->count)
        return;
    if (at > 0 && last.when_ns < heap->entries[(at - 1) / FANOUT].when_ns)
        sift_up(heap, at, last);
    else
        sift_down(heap, at, last);
}

void ps_timers_init(struct ps_timer_heap *heap)
{
    *heap = (struct ps_timer_heap){0};
}

void ps_timers_free(struct ps_timer_heap *heap)
{
    free(heap->entries);
    ps_timers_init(heap);
}

enum ps_err ps_timers_add(struct ps_timer_heap *heap, struct ps_timer *timer, uint64_t when_ns)
{
    if (heap->count == heap->capacity) {
        size_t capacity = heap->capacity ? heap->capacity * 2 : FIRST_CAPACITY;
        struct ps_timer_entry *entries = reallocarray(heap->entries, capacity, sizeof *entries);
        if (!entries)
            return PS_ENOMEM;
        heap->entries = entries;
        heap->capacity = capacity;
    }
    timer->when_ns = when_ns;
    sift_up(heap, heap->count++, (struct ps_timer_entry){when_ns, timer});
    return PS_OK;
}

bool ps_timers_cancel(struct ps_timer_heap *heap, struct ps_timer *timer)
{
    if (timer->index == 0)
        return false;
    remove_at(heap, timer->index - 1);
    return true;
}

uint64_t ps_timers_next(const struct ps_timer_heap *heap)
{
    return heap->count ? heap->entries[0].when_ns : PS_NEVER;
}

struct ps_timer *ps_timers_pop(struct ps_timer_heap *heap, uint64_t now_ns)
{
    if (heap->count == 0 || heap->entries[0].when_ns > now_ns)
        return NULL;
    struct ps_timer *timer = heap->entries[0].timer;
    remove_at(heap, 0);
    return timer;
}
