/* Protocol. A task lies in slot i for top <= i < bottom.
 *   push    1 slot[bottom] = task; 2 bottom += 1 (seq_cst)
 *   pop     1 bottom -= 1 (seq_cst); 2 reads top (seq_cst); more than one task was there: the
 * newest is the owner's; exactly one: 3 CAS top + 1 decides; 4 bottom is put right steal   1 reads
 * top (seq_cst); 2 reads bottom (seq_cst); 3 reads the slot; 4 CAS top + 1 (seq_cst) Pop stores
 * bottom and then reads top, a thief reads top and then bottom: one order of all seq_cst operations
 * means that either the owner sees the thief's new top, or the thief sees the new bottom, or both
 * meet at the CAS.
 *
 * The slot is read before the CAS, since after it the owner may overwrite it; what was read is used
 * only if the CAS succeeds. The owner overwrites slot i only when top > i - capacity (push reads
 * top with acquire, partner the CAS of a thief), so a thief whose slot was overwritten fails its
 * CAS.
 *
 * Rejected: fences instead of seq_cst operations (Le and others, PPoPP 2013): right, but clang's
 * fence is slower and ThreadSanitizer does not model fences; a CAS that takes several tasks at once
 * (it can overshoot a bottom that the owner lowers meanwhile). */
#include "engines/threadpool/deque.h"

#include <stdlib.h>

enum ps_err ps_deque_init(struct ps_deque *deque, size_t capacity)
{
    deque->slots = calloc(capacity, sizeof *deque->slots);
    if (!deque->slots)
        return PS_ENOMEM;
    deque->mask = (int64_t)capacity - 1;
    atomic_init(&deque->top, 0);
    atomic_init(&deque->bottom, 0);
    return PS_OK;
}

void ps_deque_free(struct ps_deque *deque)
{
    free((void *)deque->slots);
    deque->slots = NULL;
}

bool ps_deque_push(struct ps_deque *deque, struct ps_task *task)
{
    /* relaxed: our own. */
    int64_t bottom = atomic_load_explicit(&deque->bottom, memory_order_relaxed);
    int64_t top = atomic_load_explicit(&deque->top, memory_order_acquire);
    if (bottom - top > deque->mask)
        return false;
    atomic_store_explicit(&deque->slots[bottom & deque->mask], task, memory_order_relaxed);
    atomic_store(&deque->bottom, bottom + 1);
    return true;
}

struct ps_task *ps_deque_pop(struct ps_deque *deque)
{
    int64_t bottom = atomic_load_explicit(&deque->bottom, memory_order_relaxed) - 1;
    atomic_store(&deque->bottom, bottom);
    int64_t top = atomic_load(&deque->top);
    struct ps_task *task = NULL;
    if (top <= bottom)
        task = atomic_load_explicit(&deque->slots[bottom & deque->mask], memory_order_relaxed);
    if (top < bottom)
        return task;
    if (top == bottom && !atomic_compare_exchange_strong(&deque->top, &top, top + 1))
        task = NULL;
    /* relaxed: the deque is empty now, there is nothing that it could publish. */
    atomic_store_explicit(&deque->bottom, bottom + 1, memory_order_relaxed);
    return task;
}

enum ps_steal ps_deque_steal(struct ps_deque *deque, struct ps_task **task)
{
    int64_t top = atomic_load(&deque->top);
    int64_t bottom = atomic_load(&deque->bottom);
    if (top >= bottom)
        return PS_STEAL_EMPTY;
    struct ps_task *oldest =
        atomic_load_explicit(&deque->slots[top & deque->mask], memory_order_relaxed);
    if (!atomic_compare_exchange_strong(&deque->top, &top, top + 1))
        return PS_STEAL_RETRY;
    *task = oldest;
    return PS_STEAL_GOT;
}

size_t ps_deque_size(struct ps_deque *deque)
{
    /* top first: it only grows, so the difference is never more than there was. */
    int64_t top = atomic_load(&deque->top);
    int64_t bottom = atomic_load(&deque->bottom);
    return bottom > top ? (size_t)(bottom - top) : 0;
}
