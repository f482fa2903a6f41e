/* A binary heap of instants, each with something that is due then. Not thread-safe; its owner's. */
#ifndef PS_HOST_DUE_HEAP_H
#define PS_HOST_DUE_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ps_due {
    uint64_t at_ns;
    void *what; /* the user's; may be NULL */
};

/* All zero: empty. */
struct ps_due_heap {
    struct ps_due *entry;
    size_t count, capacity;
};

/* false: no memory, nothing has changed. */
bool ps_due_push(struct ps_due_heap *heap, struct ps_due due);

/* The earliest; of those that are due at the same instant any. The heap is not empty. */
struct ps_due ps_due_pop(struct ps_due_heap *heap);

/* When the earliest is due; UINT64_MAX (PS_NEVER): the heap is empty. */
static inline uint64_t ps_due_next(const struct ps_due_heap *heap)
{
    return heap->count ? heap->entry[0].at_ns : UINT64_MAX;
}

/* Frees the entries' memory, not what they point to. */
void ps_due_free(struct ps_due_heap *heap);

#endif
