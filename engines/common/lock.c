#include "engines/common/lock.h"

#include "engines/common/parker.h"

enum { SPINS = 100 }; /* about what a critical section takes, times ten */

void ps_lock_slowly(struct ps_lock *lock)
{
    for (unsigned i = 0; i < SPINS; i++) {
        uint32_t open = 0;
        if (atomic_load_explicit(&lock->word, memory_order_relaxed) == 0 &&
            atomic_compare_exchange_strong_explicit(&lock->word, &open, 1, memory_order_acquire,
                                                    memory_order_relaxed))
            return;
        ps_relax();
    }
    while (atomic_exchange_explicit(&lock->word, 2, memory_order_acquire) != 0)
        ps_futex_wait(&lock->word, 2, PS_NEVER);
}

void ps_unlock_slowly(struct ps_lock *lock)
{
    ps_futex_wake(&lock->word, 1);
}
