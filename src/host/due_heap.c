#include "host/due_heap.h"

#include <stdlib.h>

bool ps_due_push(struct ps_due_heap *heap, struct ps_due due)
{
    if (heap->count == heap->capacity) {
        size_t capacity = heap->capacity ? heap->capacity * 2 : 64;
        struct ps_due *entry = realloc(heap->entry, capacity * sizeof *entry);
        if (!entry)
            return false;
        heap->entry = entry;
        heap->capacity = capacity;
    }
    size_t i = heap->count++;
    for (; i > 0 && heap->entry[(i - 1) / 2].at_ns > due.at_ns; i = (i - 1) / 2)
        heap->entry[i] = heap->entry[(i - 1) / 2];
    heap->entry[i] = due;
    return true;
}

struct ps_due ps_due_pop(struct ps_due_heap *heap)
{
    struct ps_due first = heap->entry[0], last = heap->entry[--heap->count];
    size_t i = 0;
    for (;;) {
        size_t child = 2 * i + 1;
        if (child >= heap->count)
            break;
        if (child + 1 < heap->count && heap->entry[child + 1].at_ns < heap->entry[child].at_ns)
            child++;
        if (heap->entry[child].at_ns >= last.at_ns)
            break;
        heap->entry[i] = heap->entry[child];
        i = child;
    }
    heap->entry[i] = last;
    return first;
}

void ps_due_free(struct ps_due_heap *heap)
{
    free(heap->entry);
    *heap = (struct ps_due_heap){0};
}
