/* A lock for a few nanoseconds of work: one word, spins shortly, then sleeps. Private to engines/.
 *
 * The third mutex of Drepper ("Futexes Are Tricky", 2011): 0 free, 1 held, 2 held and somebody may
 * sleep. Inline, since a call and glibc's kinds of mutexes cost more than the two exchanges. */
#ifndef PS_ENGINES_LOCK_H
#define PS_ENGINES_LOCK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct ps_lock {
    _Atomic uint32_t word;
};

void ps_lock_slowly(struct ps_lock *lock);
void ps_unlock_slowly(struct ps_lock *lock);

static inline void ps_relax(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

static inline void ps_lock(struct ps_lock *lock)
{
    uint32_t open = 0;
    /* acquire, partner: the release of ps_unlock. */
    if (!atomic_compare_exchange_strong_explicit(&lock->word, &open, 1, memory_order_acquire,
                                                 memory_order_relaxed))
        ps_lock_slowly(lock);
}

static inline void ps_unlock(struct ps_lock *lock)
{
    if (atomic_exchange_explicit(&lock->word, 0, memory_order_release) == 2)
        ps_unlock_slowly(lock);
}

/* A thread that has seen what a holder wrote: whether that holder may still be inside. acquire,
 * partner: the release of ps_unlock. */
static inline bool ps_lock_is_held(struct ps_lock *lock)
{
    return atomic_load_explicit(&lock->word, memory_order_acquire) != 0;
}

#endif
