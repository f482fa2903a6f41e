/* The work-stealing deque of Chase and Lev (Dynamic Circular Work-Stealing Deque, SPAA 2005), with
 * a fixed capacity: its owner pushes and pops at the bottom, anybody steals at the top. Indices are
 * 64 bits and never wrap, so there is no ABA. Tasks are not touched, only their addresses. */
#ifndef PS_ENGINES_THREADPOOL_DEQUE_H
#define PS_ENGINES_THREADPOOL_DEQUE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct ps_task;

struct ps_deque {
    _Alignas(128) _Atomic int64_t top;    /* thieves, and the owner for the last task; only grows */
    _Alignas(128) _Atomic int64_t bottom; /* the owner */
    int64_t mask;
    _Atomic(struct ps_task *) *slots;
};

enum ps_steal { PS_STEAL_GOT, PS_STEAL_EMPTY, PS_STEAL_RETRY };

/* capacity: a power of two. PS_ENOMEM. */
enum ps_err ps_deque_init(struct ps_deque *deque, size_t capacity);
void ps_deque_free(struct ps_deque *deque);

/* Owner. false: full. The push is seq_cst: an owner that then reads another seq_cst word and a
 * thief that changes that word and then looks here cannot both miss each other (see idle.c). */
bool ps_deque_push(struct ps_deque *deque, struct ps_task *task);
/* Owner. The newest, or NULL. */
struct ps_task *ps_deque_pop(struct ps_deque *deque);

/* Any thread. The oldest. RETRY: lost a race for it, there may be more. */
enum ps_steal ps_deque_steal(struct ps_deque *deque, struct ps_task **task);
/* Any thread. Exact for the owner while nobody steals; else what it was at some instant or less. */
size_t ps_deque_size(struct ps_deque *deque);

#endif
